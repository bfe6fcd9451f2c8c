"""The tidy tables of a finished run as Parquet files, with numbers as numbers; needs pyarrow."""

from __future__ import annotations

import csv
import importlib
from pathlib import Path
from typing import Any

from sim.errors import ResultError
from sim.results.folder.store import FORMULA_SIGNS, staged, verify
from sim.results.meanings import NUMBERS


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
            columns = typed_columns(path)
            kinds = {True: arrow.float64(), False: arrow.string()}
            table = arrow.table({
                name: arrow.array(values, kinds[name in NUMBERS]) for name, values in columns.items()
            })  # fmt: skip
            parquet.write_table(table, out / f"{path.stem}.parquet")
            names.append(f"{path.stem}.parquet")
    return names


def typed_columns(path: Path) -> dict[str, list[Any]]:
    """Read a CSV file of a run: numbers as numbers, None for empty cells of number columns, text as it was.

    Undoes the apostrophe that ``store.write_csv`` puts before text which a spreadsheet would take for a formula.
    """
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return {
        name: [_number(row[i]) if name in NUMBERS else _text(row[i]) for row in rows] for i, name in enumerate(header)
    }


def _number(cell: str) -> float | None:
    """Read a number."""
    return float(cell) if cell else None


def _text(cell: str) -> str:
    """Read text."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_SIGNS) else cell
