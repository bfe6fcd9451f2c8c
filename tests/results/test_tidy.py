"""Tidy tables: areas add up to the nation, waits are those of the summary, every column is explained, Parquet is typed.

The areas of the made-up study hold every family, so that what they pay must be what the nation pays.
"""

import numpy as np
import pytest
import xarray as xr

import sim
from sim.economics.summary import summarise
from sim.results.columns import FILES, NUMBERS, TEXTS, meaning
from sim.results.dataset import to_dataset
from sim.results.tables import ledger_rows
from sim.results.tidy import AREAS_COLUMNS, DISTRIBUTIONS_COLUMNS, WAITS_COLUMNS, areas_rows, tidy_tables, waits_rows
from sim.results.waits import NATION
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
    made = tidy_tables(sim.simulate(toy))
    assert [table.file for table in made] == ["waits.csv", "areas.csv"]
    for table in made:
        areas = {row[table.names.index("area")] for row in table.rows}
        assert areas - {NATION} == {"north", "south"}


def test_a_study_without_areas_has_no_table_of_them(ds: xr.Dataset) -> None:
    assert [table.file for table in tidy_tables(ds.isel(area=slice(0, 0)))] == ["waits.csv"]
    assert tidy_tables(ds.isel(area=slice(0, 0), service=slice(0, 0))) == []


def test_the_docs_explain_every_column_of_every_file() -> None:
    page = (ROOT / "docs" / "outputs.md").read_text(encoding="utf-8")
    for file, columns in every_column().items():
        part = page.split(f"## {file}")[1].split("\n## ")[0]
        assert FILES[file] in part
        for column in columns:
            assert meaning(file, column), f"{file}: nothing says what {column} is"
            assert f"| `{column}` | {meaning(file, column)} |" in part
    assert not set(TEXTS) & set(NUMBERS), "a column holds text or numbers"


def every_column() -> dict[str, tuple[str, ...]]:
    """List the columns of every CSV file that a run may write, from the code that writes them."""
    from sim.economics.cash import shares
    from sim.economics.report import full_appraisal
    from sim.economics.rows import run_tables
    from sim.economics.value.cohort import COLUMNS as COHORT_COLUMNS
    from sim.studies.gains.answer import GAINS_COLUMNS

    demo = sim.load("demo", ["units.family.size=100", "replications=2", "units.family.warm_up=1 month"])
    run = sim.simulate(demo)
    made = run_tables(demo, run, summarise(run), full_appraisal(run))
    return {"areas.csv": AREAS_COLUMNS, "distributions.csv": DISTRIBUTIONS_COLUMNS, "cohort.csv": COHORT_COLUMNS,
            "gains.csv": GAINS_COLUMNS,
            "transfers.csv": shares.TRANSFER_COLUMNS, **{table.file: table.names for table in made}}  # fmt: skip
