"""The tidy tables of a finished run as Parquet files, with numbers as numbers; needs pyarrow."""

from __future__ import annotations

import importlib
from pathlib import Path

from sim.errors import ResultError
from sim.exhibits.csv import read_csv
from sim.results.folder.held import steadily
from sim.results.folder.manifest import sums_of, verify
from sim.results.folder.store import staged
from sim.table import Table


def export_parquet(folder: Path, destination: Path, *, force: bool = False) -> list[str]:
    """Write every CSV file of a results folder as a Parquet file of the same name.

    Parameters
    ----------
    folder
        A finished results folder.
    destination
        A folder to make; whole or absent.
    force
        Replace an earlier one.

    Returns
    -------
        The names of the files.

    Raises
    ------
    ResultError
        If the folder is no finished result, the destination is there already, or pyarrow is not installed.
    """
    try:
        arrow, parquet = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise ResultError(
            "Parquet files need pyarrow; install it with: pip install 'family-trajectories[parquet]'"
        ) from None
    names = []
    tables = steadily(folder, _tables_of)
    with staged(destination, force=force) as out:
        for name, table in tables:
            arrays = {
                column.name: arrow.array([row[i] for row in table.rows],
                                         arrow.float64() if column.is_number else arrow.string())
                for i, column in enumerate(table.typed)
            }  # fmt: skip
            parquet.write_table(arrow.table(arrays), out / f"{name}.parquet")
            names.append(f"{name}.parquet")
    return names


def _tables_of(folder: Path) -> list[tuple[str, Table]]:
    """Read the tables of a results folder, which are those that its manifest names."""
    verify(folder)
    names = sorted(Path(name).stem for name in sums_of(folder) if "/" not in name and name.endswith(".csv"))
    return [(name, read_csv(folder / f"{name}.csv")) for name in names]
