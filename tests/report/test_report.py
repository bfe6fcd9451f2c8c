"""The report: the same bytes each time, safe from what names may hold, and honest when something is missing."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

import sim.report
from sim.economics.summary import summarise
from sim.exhibits.drawing import spaced
from sim.report.extras import ORDER
from sim.report.gallery import draw_all
from sim.report.html import write_report
from sim.report.tables import costs, headline, outcomes, waits
from sim.results.dataset import to_dataset
from sim.results.folder.beside import CheckLine, Verdict
from sim.results.folder.run_record import run_record
from sim.runs.follow.spread import PERCENTILES, CostSpread, Paired, Spread
from tests import synthetic

FIGURES = [
    "evidence", "states", "bands", "flows", "queues", "waits", "left", "tiers", "cost_by_agency", "payers", "money",
    "difference", "npsv",
]  # fmt: skip
NASTY = '<script>alert("$x$")</script> & \'"'


def dataset(scenario) -> xr.Dataset:
    return to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    return dataset(synthetic.scenario())


def report(folder: Path, ds: xr.Dataset, scenario, checks=(), *, draw=True) -> str:
    folder.mkdir(exist_ok=True)
    drawn = draw_all(ds, folder / "figures") if draw else []
    write_report(folder / "report.html", ds, summarise(ds), run_record(scenario), drawn, checks)
    return (folder / "report.html").read_text(encoding="utf-8")


def test_figures_the_same_bytes_each_time(tmp_path: Path, ds: xr.Dataset) -> None:
    first, second = draw_all(ds, tmp_path / "a"), draw_all(ds, tmp_path / "b")
    assert [item.name for item in first] == FIGURES
    assert first == second
    assert first[1].caption.endswith("Reading of the evidence: measured.")
    assert "Reading of the evidence: " not in first[0].caption  # it shows every reading
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert len(names) == 2 * len(FIGURES)
    for name in names:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_captions_promise_no_interval_that_is_not_there(tmp_path: Path) -> None:
    scenario = synthetic.scenario(replications=1)
    captions = {item.name: item.caption for item in draw_all(dataset(scenario), tmp_path / "one")}
    assert "This run has no such intervals: it has one replication." in captions["bands"]
    assert "no such intervals" not in captions["states"]


@pytest.mark.parametrize("name", ["plot_states", "plot_queues", "plot_cost_by_agency", "plot_difference"])
def test_each_figure_draws_on_axes_that_are_given(ds: xr.Dataset, name: str) -> None:
    plot = getattr(sim.report, name)
    figure_ = Figure()
    FigureCanvasAgg(figure_)
    given = figure_.subplots()
    assert plot(ds, given) is given
    made = plot(ds)
    assert isinstance(made, Axes)
    assert made.get_xlabel()


def test_evidence_ends_is_marked_where_the_run_goes_on(ds: xr.Dataset) -> None:
    """30 months with a start at 6 end where the evidence does; a regime from month 0 goes beyond it."""
    scenario = synthetic.scenario()
    early = replace(scenario, worlds=tuple(replace(world, start=0) for world in scenario.worlds))
    for data, marked in ((ds, False), (dataset(early), True)):
        texts = [text.get_text() for text in sim.report.plot_difference(data).texts]
        assert ("evidence ends at month 24" in texts) is marked


def test_report_is_one_safe_page(tmp_path: Path) -> None:
    """Nothing that a config names becomes markup, and nothing is fetched."""
    scenario = synthetic.scenario()
    scenario = replace(
        scenario, title=NASTY, resolved=NASTY, origins={NASTY: NASTY},
        worlds=tuple(replace(w, name=NASTY + w.name, regime=NASTY + w.regime) for w in scenario.worlds),
        baseline=NASTY + scenario.baseline,
    )  # fmt: skip
    costs = CostSpread(NASTY, (1.0,) * len(PERCENTILES), 1.0, 1.0, 0.01)
    spread = Spread(10, 9.0, NASTY, (costs,), (Paired(NASTY, NASTY, 0.5, 0.25, 0.25),))
    (tmp_path / "families.json").write_text(json.dumps(spread.to_dict()), encoding="utf-8")
    page = report(tmp_path, dataset(scenario), scenario, [CheckLine(NASTY, NASTY, NASTY, "outside", NASTY)])
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "default-src 'none'" in page
    assert page.count("<svg") == 2 * (len(FIGURES) + 2)  # two of single families; each for a desk and a phone
    assert not re.search(r"""(src|href)=["'](?!#)""", page.replace('xlink:href="#', ""))


def test_checks_outside_their_range_come_first(tmp_path: Path, ds: xr.Dataset) -> None:
    """And there is a place for every verdict that there is."""
    assert sorted(ORDER) == sorted(get_args(Verdict))
    checks = [CheckLine(f"of {verdict}", "1", "0-2", verdict) for verdict in get_args(Verdict)]
    page = report(tmp_path, ds, synthetic.scenario(), checks, draw=False)
    places = [page.index(f'role="rowheader">of {verdict}</th>') for verdict in ORDER]
    assert places == sorted(places)
    assert '<tr role="row" class="outside">' in page


def test_a_model_without_money_or_services_has_a_report_too(tmp_path: Path, ds: xr.Dataset) -> None:
    empty = ds.isel(line=[], service=[], agency=[])
    report(tmp_path, empty, synthetic.scenario())
    assert sorted(p.stem for p in (tmp_path / "figures").glob("*.svg")) == ["bands", "flows", "states"]


def test_headline_says_what_its_intervals_are(ds: xr.Dataset) -> None:
    table = headline(summarise(ds))
    assert table.rows[0][0] == "siloed/measured"
    assert len({len(row) for row in table.rows} | {len(table.columns)}) == 1
    assert "over replications" in table.note
    assert "2015/16 prices" in table.note
    assert "with half weight at both ends; the first cycle is 0; discounted a year: crisis months 1.5%." in table.note
    exact = summarise(dataset(synthetic.scenario(replications=1, solver="expect")))
    assert "No interval" in headline(exact).note
    assert "(" not in headline(exact).rows[0][1]


def test_tables_have_a_cell_for_each_column(ds: xr.Dataset) -> None:
    summary = summarise(ds)
    for table in (costs(summary), waits(summary), outcomes(summary)):
        assert table.rows
        assert {len(row) for row in table.rows} == {len(table.columns)}


def test_labels_keep_their_order_and_distance() -> None:
    placed = spaced([0.0, 0.1, 5.0], 1.0)
    assert placed[1] - placed[0] >= 1.0 - 1e-12
    assert placed == sorted(placed)
