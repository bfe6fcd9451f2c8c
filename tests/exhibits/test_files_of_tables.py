"""Tables as files: CSV with every digit and no formula, read back as it was; Parquet with numbers as numbers."""

import codecs
import csv
import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
import xarray as xr

from sim.economics.summary import summarise
from sim.errors import ResultError
from sim.exhibits.csv import read_csv, write_csv, write_tables
from sim.exhibits.numbers import MINUS, MISSING
from sim.exhibits.parquet import export_parquet
from sim.exhibits.terminal import cells_of, width
from sim.results.columns import NUMBERS
from sim.results.dataset import to_dataset
from sim.results.folder.store import staged, write_results
from sim.results.tables import ledger_table, summary_table
from sim.results.tidy import tidy_tables
from sim.table import Column, Table
from tests import synthetic


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    made = synthetic.scenario()
    return to_dataset(made, synthetic.layout(made), synthetic.records(made))


def test_a_terminal_shows_text_as_it_is_and_numbers_by_their_column() -> None:
    columns = ("who", Column("pounds", "cost, £", style="money"), Column("part", "share", style="share"))
    table = Table("", columns, [("families", -1234.6, 0.25), ("nobody", None, None)])
    assert cells_of(table) == [
        ("who", "cost, £", "share"), ("families", f"{MINUS}1,235", "25.00%"), ("nobody", MISSING, MISSING),
    ]  # fmt: skip
    assert width(table) == len("families") + len("cost, £") + len("25.00%") + 4


def results(ds: xr.Dataset, folder: Path) -> Path:
    with staged(folder) as out:
        write_results(out, ds, summarise(ds), {})
        write_tables(out, [summary_table(ds, summarise(ds)), ledger_table(ds), *tidy_tables(ds)])
    return folder


def test_parquet_has_the_rows_of_the_csv_with_numbers_as_numbers(ds: xr.Dataset, tmp_path: Path) -> None:
    folder = results(ds, tmp_path / "run")
    names = export_parquet(folder, tmp_path / "tables")
    assert names == ["areas.parquet", "ledger.parquet", "summary.parquet", "waits.parquet"]
    for name in names:
        table = pyarrow.parquet.read_table(tmp_path / "tables" / name)
        with (folder / name.replace("parquet", "csv")).open(encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
        assert table.num_rows == len(rows)
        for column in table.column_names:
            values = table[column].to_pylist()
            if column in NUMBERS:
                assert values == [float(row[column]) if row[column] else None for row in rows]
            else:
                assert values == [row[column] for row in rows]


def test_the_apostrophe_before_a_formula_sign_is_undone(tmp_path: Path) -> None:
    texts = ["=1+1", "-2", "@x", "plain", "'quoted'", "'tis", ""]
    written = Table("", ("line", "mean"), [(text, -1.5) for text in texts])
    write_csv(tmp_path / "a.csv", written)
    read = read_csv(tmp_path / "a.csv")
    assert (read.names, list(read.rows)) == (written.names, written.rows)
    assert [column.is_number for column in read.typed] == [False, True]


def test_text_is_not_taken_for_a_formula(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", Table("", ("a", "b"), [("=1+1", -2.5), ("@x", None), ("plain", 0.1)]))
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "\ufeffa,b\n'=1+1,-2.5\n'@x,\nplain,0.1\n"


def test_a_file_has_the_mark_that_excel_looks_for_and_one_of_before_is_read(tmp_path: Path) -> None:
    write_csv(tmp_path / "new.csv", Table("", ("regime", "mean"), [("£ by café", 1.5)]))
    new = (tmp_path / "new.csv").read_bytes()
    assert new.startswith(codecs.BOM_UTF8)
    (tmp_path / "old.csv").write_bytes(new.removeprefix(codecs.BOM_UTF8))
    for name in ("new.csv", "old.csv"):
        read = read_csv(tmp_path / name)
        assert (read.names, list(read.rows)) == (("regime", "mean"), [("£ by café", 1.5)])
    assert list(pd.read_csv(tmp_path / "new.csv").columns) == ["regime", "mean"]


def test_numbers_have_every_digit_whoever_made_them(tmp_path: Path) -> None:
    write_csv(tmp_path / "t.csv", Table("", ("a", "b", "c"), [(1 / 3, np.float64(1 / 3), 7)]))
    assert (tmp_path / "t.csv").read_text(encoding="utf-8-sig") == "a,b,c\n0.3333333333333333,0.3333333333333333,7\n"


def test_an_export_is_not_made_of_an_unfinished_run_nor_over_another(ds: xr.Dataset, tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="not a finished results folder"):
        export_parquet(tmp_path, tmp_path / "tables")
    folder = results(ds, tmp_path / "run")
    export_parquet(folder, tmp_path / "tables")
    with pytest.raises(ResultError, match="--force"):
        export_parquet(folder, tmp_path / "tables")
    before = (tmp_path / "tables" / "ledger.parquet").read_bytes()
    export_parquet(folder, tmp_path / "tables", force=True)
    assert (tmp_path / "tables" / "ledger.parquet").read_bytes() == before


def test_without_the_extra_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, *_: object) -> object:
        raise ImportError(name)

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ResultError, match=r"family-trajectories\[parquet\]"):
        export_parquet(tmp_path, tmp_path / "tables")
    assert list(tmp_path.iterdir()) == []
