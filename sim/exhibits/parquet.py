"""The tidy tables of a finished run as Parquet files, with numbers as numbers; needs pyarrow."""

from __future__ import annotations

import importlib
from pathlib import Path

from sim.errors import ResultError
from sim.exhibits.csv import read_csv
from sim.results.folder.store import staged, verify


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
    verify(folder)
    names = []
    with staged(destination, force=force) as out:
        for path in sorted(folder.glob("*.csv")):
            table = read_csv(path)
            arrays = {
                column.name: arrow.array([row[i] for row in table.rows],
                                         arrow.float64() if column.is_number else arrow.string())
                for i, column in enumerate(table.typed)
            }  # fmt: skip
            parquet.write_table(arrow.table(arrays), out / f"{path.stem}.parquet")
            names.append(f"{path.stem}.parquet")
    return names
