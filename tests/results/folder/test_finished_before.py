"""A folder that the version before finished is read, rebuilt, compared and exported; nothing can be added to it.

``finished_before.tar.xz`` is what ``families run`` of commit b87bca3 wrote, file by file: two regimes of one service
with areas, dates, two price years and two payers, 60 families, 2 replications.
"""

from __future__ import annotations

import csv
import json
import math
import tarfile
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from sim.cli import app
from sim.economics.summary import summarise
from sim.evaluation.checks.totals import ledger_values, narrow_to_wide, payback_values
from sim.report.extras import Extras, read_extras
from sim.results.facts import facts_of
from sim.results.folder.manifest import MANIFEST, verify
from sim.results.folder.store import read_results
from sim.results.worlds import world_names

ARCHIVE = Path(__file__).with_suffix("").with_name("finished_before.tar.xz")
REBUILT = ("figures/", "report.html", "workbook.xlsx")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(tmp_path, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
    return tmp_path / "finished_before"


def families(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def sums(folder: Path) -> dict[str, str]:
    return dict(json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["files"])


def assert_still_said(before: object, now: object) -> None:
    """Every figure that a summary had is still in it; it may have come to say more.

    Ends of intervals are quantiles of SciPy's, whose versions differ in the tenth digit.
    """
    if isinstance(before, dict):
        assert isinstance(now, dict)
        for name, part in before.items():
            assert_still_said(part, now[name])
    elif isinstance(before, float):
        assert now == pytest.approx(before, rel=1e-9, abs=0)
    else:
        assert now == before


def test_its_numbers_are_still_what_they_were(folder: Path) -> None:
    ds, summary, run = read_results(folder)
    facts = facts_of(ds)
    assert (facts.baseline, facts.price_year, facts.rows, facts.solver) == ("today", "2011/12", 60, "simulate")
    assert_still_said(summary, summarise(ds))
    assert run["name"] == facts.name


def test_the_report_is_rebuilt_and_nothing_else_changes(folder: Path) -> None:
    before = sums(folder)
    result = families("report", str(folder))
    assert result.exit_code == 0, result.output
    verify(folder)
    after = sums(folder)
    assert set(before) <= set(after)
    assert {name for name in before if before[name] != after[name]} <= {n for n in before if n.startswith(REBUILT)}


def test_it_is_compared_with_itself(folder: Path) -> None:
    result = families("compare", str(folder), str(folder))
    assert result.exit_code == 0, result.output
    assert "Nothing differs in the configs" in result.output


def test_its_tables_are_exported(folder: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    result = families("export", str(folder), "--out", "tables")
    assert result.exit_code == 0, result.output
    assert {path.stem for path in Path("tables").glob("*.parquet")} == {path.stem for path in folder.glob("*.csv")}
    with (folder / "waits.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    table = parquet.read_table("tables/waits.parquet").to_pydict()
    assert table["mean_months"] == [float(row["mean_months"]) for row in rows]


def test_what_checks_read_is_there(folder: Path) -> None:
    ds, _, _ = read_results(folder)
    helped = world_names(ds)[-1]
    assert ledger_values(ds, helped)["ledger"][0] == pytest.approx(0.0, abs=1e-9)
    assert payback_values(ds, helped, start=12)["payback"][0] == math.inf  # it never pays back
    assert narrow_to_wide(ds, helped) == {}
    assert read_extras(folder) == Extras()


def test_nothing_is_added_to_it_and_the_reason_is_given(folder: Path) -> None:
    before = sums(folder)
    config = Path("one.yaml")
    config.write_text(json.loads((folder / "run.json").read_text(encoding="utf-8"))["config"], encoding="utf-8")
    result = families("run", str(config), "--resume", "--out", str(folder), "--replications", "3")
    assert result.exit_code == 2
    assert "another version of the program" in " ".join(result.output.split())
    assert sums(folder) == before
