"""Tidy tables: areas add up to the nation, waits are those of the summary, every column is explained, Parquet is typed.

The areas of the made-up study hold every family, so that what they pay must be what the nation pays.
"""

import csv
import importlib
from pathlib import Path

import numpy as np
import pyarrow.parquet
import pytest
import xarray as xr

import sim
from sim.economics.summary import summarise
from sim.errors import ResultError
from sim.exhibits.parquet import export_parquet, typed_columns
from sim.results.dataset import to_dataset
from sim.results.folder.store import staged, write_csv, write_results
from sim.results.meanings import FILES, MEANINGS, NUMBERS, meaning
from sim.results.tables import ledger_rows
from sim.results.tidy import AREAS_COLUMNS, NATION, WAITS_COLUMNS, areas_rows, tidy_sheets, waits_rows
from tests import synthetic
from tests.places import ROOT, TOY


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    made = synthetic.scenario()
    return to_dataset(made, synthetic.layout(made), synthetic.records(made))


def dicts(columns: tuple[str, ...], rows) -> list[dict]:
    return [dict(zip(columns, row, strict=True)) for row in rows]


def test_what_areas_pay_adds_up_to_the_ledger(ds: xr.Dataset) -> None:
    """Prices are constant within each year here, so the mean price of the year is exact."""
    areas = dicts(AREAS_COLUMNS, areas_rows(ds))
    for ledger, agency in (("narrow", "council"), ("narrow", "police"), ("wide", "dwp")):
        for year in ("2011/12", "2012/13", "2013/14"):
            key = ("integrated", "measured", ledger, year, agency)
            paid = sum(row[10] for row in ledger_rows(ds) if row[:5] == key)
            mine = [
                row["mean"] for row in areas
                if (row["regime"], row["effect_set"], row["item"], row["year"], row["agency"]) == key
            ]  # fmt: skip
            assert len(mine) == 2
            assert sum(mine) == pytest.approx(paid, rel=1e-12)


def test_cost_of_an_area_is_that_of_the_dataset_and_its_interval_the_t_interval(ds: xr.Dataset) -> None:
    rows = [r for r in dicts(AREAS_COLUMNS, areas_rows(ds)) if r["what"] == "count" and r["item"] == "calls"]
    row = next(r for r in rows if (r["regime"], r["effect_set"], r["area"], r["year"]) ==
               ("siloed", "no_effect", "south", "2012/13"))  # fmt: skip
    place = {"regime": "siloed", "effect_set": "no_effect", "area": "south", "year": 2012, "meter": "calls"}
    samples = ds["area_meters"].sel(place).values
    assert row["mean"] == pytest.approx(samples.mean())
    half = 3.182446305284263 * samples.std(ddof=1) / np.sqrt(4)  # t, 0.975, three degrees of freedom
    assert (row["low"], row["high"]) == pytest.approx((samples.mean() - half, samples.mean() + half))


def test_waits_are_those_of_the_summary(ds: xr.Dataset) -> None:
    nation = [row for row in dicts(WAITS_COLUMNS, waits_rows(ds)) if row["area"] == NATION]
    assert len(nation) == 4
    for row in nation:
        wait = summarise(ds)["regimes"][f"{row['regime']}/{row['effect_set']}"]["wait_months"][row["service"]]
        assert (row["mean_months"], row["p50_months"], row["p90_months"]) == (wait["mean"], wait["p50"], wait["p90"])
        assert (row["waiting"], row["left"]) == (wait["waiting"], wait["left"])


def test_only_named_areas_are_in_a_table() -> None:
    """The toy has areas north, south and synthetic_1; the last one makes up the numbers."""
    toy = sim.load(TOY, ["units.family.size=200", "replications=1"])
    made = tidy_sheets(sim.simulate(toy))
    for name, columns in (("waits.csv", WAITS_COLUMNS), ("areas.csv", AREAS_COLUMNS)):
        areas = {row[columns.index("area")] for row in made[name][1]}
        assert areas - {NATION} == {"north", "south"}


def test_a_study_without_areas_has_no_table_of_them(ds: xr.Dataset) -> None:
    assert list(tidy_sheets(ds.isel(area=slice(0, 0)))) == ["waits.csv"]
    assert list(tidy_sheets(ds.isel(area=slice(0, 0), service=slice(0, 0)))) == []


def test_the_docs_explain_every_column_of_every_file() -> None:
    page = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    for file, columns in every_column().items():
        part = page.split(f"## {file}")[1].split("\n## ")[0]
        assert FILES[file] in part
        for column in columns:
            assert meaning(file, column), f"{file}: nothing says what {column} is"
            assert f"| `{column}` | {meaning(file, column)} |" in part
    assert set(MEANINGS) >= NUMBERS


def every_column() -> dict[str, tuple[str, ...]]:
    """List the columns of every CSV file that a run may write, from the code that writes them."""
    from sim.economics import rows
    from sim.economics.cash import ledger, shares, staffing
    from sim.results import tables

    source = Path(rows.__file__).read_text(encoding="utf-8")
    found = {"summary.csv": tables.SUMMARY_COLUMNS, "ledger.csv": tables.LEDGER_COLUMNS, "waits.csv": WAITS_COLUMNS,
             "areas.csv": AREAS_COLUMNS, "staffing.csv": staffing.COLUMNS, "sharing.csv": shares.COLUMNS,
             "transfers.csv": shares.TRANSFER_COLUMNS, "ledger_monthly.csv": ledger.COLUMNS}  # fmt: skip
    demo = sim.load("demo", ["units.family.size=100", "replications=2", "units.family.warm_up=1 month"])
    from sim.economics.report import full_appraisal

    made = rows.sheets(full_appraisal(sim.simulate(demo)))
    assert all(f'"{name}"' in source for name in made)
    return {**found, **{name: columns for name, (columns, _) in made.items()}}


def results(ds: xr.Dataset, folder: Path) -> Path:
    with staged(folder) as out:
        write_results(out, ds, summarise(ds), {}, tidy_sheets(ds))
    return folder


def test_parquet_has_the_rows_of_the_csv_with_numbers_as_numbers(ds: xr.Dataset, tmp_path: Path) -> None:
    folder = results(ds, tmp_path / "run")
    names = export_parquet(folder, tmp_path / "tables")
    assert names == ["areas.parquet", "ledger.parquet", "summary.parquet", "waits.parquet"]
    for name in names:
        table = pyarrow.parquet.read_table(tmp_path / "tables" / name)
        with (folder / name.replace("parquet", "csv")).open(encoding="utf-8") as file:
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
    write_csv(tmp_path / "a.csv", ["line", "mean"], [(text, -1.5) for text in texts])
    assert typed_columns(tmp_path / "a.csv") == {"line": texts, "mean": [-1.5] * len(texts)}


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
