"""Cells of the headline tables worked out again from the Dataset under what their headings say.

Plain sums over arrays, beside the code that the tables are made with; text is compared as people read it.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.patches import FancyBboxPatch
from scipy import stats

from sim.config import load
from sim.economics.summary import summarise
from sim.economics.value.card import counted
from sim.economics.value.cashability import cashable_savings
from sim.economics.value.increments import increments, programme_lines
from sim.economics.value.terms import terms_of
from sim.exhibits.numbers import MINUS
from sim.exhibits.style import NARROW, WIDE, Canvas
from sim.exhibits.svg import drawn_figure
from sim.model.appraisal import CardItem
from sim.report import tables
from sim.report.figures.money.sankey import money_flows, money_table
from sim.report.figures.states.model import FIGURE, parts_of
from sim.report.figures.waits.queues import places_table, queues_finding
from sim.report.figures.waits.services import waits_table
from sim.report.terminal import headline_tables
from sim.results.dataset import to_dataset
from sim.results.summary import Summary, agency_cost_per_family_year
from sim.results.waits import area_waits, nation_wait
from sim.results.worlds import WorldName, world_names
from tests import synthetic
from tests.places import ROOT

START = 6
"""The step at which help begins in the made-up study; costs count from there."""
METER = {"police callouts": "calls", "key workers": "workers", "benefits": "in crisis"}


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    made = synthetic.scenario(sets=("measured", "no_effect"))
    return to_dataset(made, synthetic.layout(made), synthetic.records(made))


@pytest.fixture(scope="module")
def summary(ds: xr.Dataset) -> Summary:
    return summarise(ds)


def at(ds: xr.Dataset, world: WorldName) -> xr.Dataset:
    return ds.sel(regime=world.regime, effect_set=world.effect_set)


def costs(ds: xr.Dataset, world: WorldName, ledger: str, programme: bool | None = None) -> np.ndarray:
    """Pounds a family and year by replication: counts after the start x prices, over family-years on the books."""
    mine = at(ds, world).isel(step=slice(START + 1, None))
    years = mine["rows"].sum("step").values / 12
    total = np.zeros(ds.sizes["replication"])
    for line in ds["line"].values:
        one = mine.sel(line=line)
        if one["in_ledger"].sel(ledger=ledger) and programme in (None, bool(one["programme"])):
            counts = one["meters"].sel(meter=METER[str(line)]).transpose("replication", "step").values
            total += (counts * one["price"].values).sum(axis=1)
    return total / years.reshape(-1)


def spread(samples: np.ndarray) -> tuple[float, float, float]:
    """Mean and 95% Student interval over replications."""
    half = stats.t.ppf(0.975, len(samples) - 1) * samples.std(ddof=1) / math.sqrt(len(samples))
    return float(samples.mean()), float(samples.mean() - half), float(samples.mean() + half)


def whole(value: float, *, sign: bool = False) -> str:
    text = f"{abs(value):,.0f}"
    return text if text == "0" else f"{MINUS if value < 0 else '+' if sign else ''}{text}"


def told(samples: np.ndarray, *, sign: bool = False) -> str:
    mean, low, high = (whole(x, sign=sign) for x in spread(samples))
    return f"{mean} ({low} to {high})"


def baseline_of(ds: xr.Dataset, world: WorldName) -> WorldName:
    return next(w for w in world_names(ds) if (w.regime, w.effect_set) == ("siloed", world.effect_set))


def changed(ds: xr.Dataset, world: WorldName, ledger: str) -> str:
    """What a world saves against the baseline, paired, as it is told; nothing for the baseline itself."""
    if world.regime == "siloed":
        return ""
    return told(costs(ds, baseline_of(ds, world), ledger) - costs(ds, world, ledger), sign=True)


def test_every_cell_of_costs(ds: xr.Dataset, summary: Summary) -> None:
    expected = []
    for world in world_names(ds):
        for ledger in ("narrow", "wide"):
            all_of = costs(ds, world, ledger)
            parts = (whole(float(costs(ds, world, ledger, part).mean())) for part in (True, False))
            expected.append((world.name, ledger, *parts, told(all_of), changed(ds, world, ledger)))
    assert [str(c) for c in tables.costs(summary).columns[2:5]] == ["services themselves", "all other costs", "total"]
    assert list(tables.costs(summary).rows) == expected


def test_every_cost_of_the_headline(ds: xr.Dataset, summary: Summary) -> None:
    table = tables.headline(summary)
    place = {str(column): i for i, column in enumerate(table.columns)}
    for world, row in zip(world_names(ds), table.rows, strict=True):
        assert row[0] == world.name
        for ledger in ("narrow", "wide"):
            all_of = costs(ds, world, ledger)
            assert row[place[f"{ledger}, £ a family-year"]] == told(all_of)
            assert row[place[f"saved, {ledger}"]] == changed(ds, world, ledger)


def test_every_cost_on_the_terminal(ds: xr.Dataset, summary: Summary) -> None:
    """Cost to three figures, what is saved (better is positive) ± half the interval, in the other ledger alone."""
    rows = [row for row in headline_tables(summary)[0].rows if row[0].startswith("  ")]
    for world, row in zip(world_names(ds), rows, strict=True):
        assert read(row[1]) == [pytest.approx(costs(ds, world, "narrow").mean(), rel=0.005)]
        if world.regime == "siloed":
            assert row[2:] == ("", "", "")
            continue
        for ledger, cell in zip(("narrow", "wide"), row[2:4], strict=True):
            mean, _, high = spread(costs(ds, baseline_of(ds, world), ledger) - costs(ds, world, ledger))
            figures = [mean, high - mean] if ledger == "narrow" else [mean]
            assert read(cell) == [pytest.approx(figure, rel=0.005, abs=0.51) for figure in figures]


def read(cell: str) -> list[float]:
    """The numbers of a cell such as ``−1,270 ± 540``."""
    return [float(part.replace(",", "").replace(MINUS, "-")) for part in cell.split(" ± ")]


def wait_figures(ds: xr.Dataset, world: WorldName) -> dict[str, float]:
    """Median, ninth decile and mean of the pooled waits, in steps of a month, bin by bin."""
    counts = at(ds, world)["waits"].isel(service=0).values.reshape(-1, ds.sizes["wait"]).sum(axis=0)
    each = np.repeat(np.arange(ds.sizes["wait"]), np.round(counts * 1000).astype(int))
    return {
        "median": float(np.sort(each)[math.ceil(len(each) * 0.5) - 1]),
        "90% within": float(np.sort(each)[math.ceil(len(each) * 0.9) - 1]), "mean": float(each.mean()),
    }  # fmt: skip


def test_every_cell_of_waits(ds: xr.Dataset, summary: Summary) -> None:
    table = tables.waits(summary)
    place = {str(column): i for i, column in enumerate(table.columns)}
    for world, row in zip(world_names(ds), table.rows, strict=True):
        figures = wait_figures(ds, world)
        assert figures["median"] != figures["mean"]  # so that one cannot stand for the other
        assert row[:2] == ("keyworker", world.name)
        for name, value in figures.items():
            assert row[place[name]] == f"{value:.1f}"
        queue = at(ds, world)["queue"].isel(service=0).mean("replication")
        for column, count in (("waiting at end", "waiting"), ("left", "left")):
            assert row[place[column]] == whole(float(queue.sel(queue_count=count)))


def test_every_median_and_mean_behind_the_figure_of_waits(ds: xr.Dataset) -> None:
    table = waits_table(ds)
    place = {str(column).removesuffix(", months"): i for i, column in enumerate(table.columns)}
    worlds = [world for world in world_names(ds) if world.effect_set == "measured"]
    for world, row in zip(worlds, table.rows, strict=True):
        for name, value in wait_figures(ds, world).items():
            assert row[place[name]] == f"{value:.1f}"


def test_services_are_called_by_their_titles_wherever_people_read(ds: xr.Dataset) -> None:
    assert "keyworker" in str(waits_table(ds).rows)  # a name without a title is said in words
    titled = ds.assign_attrs({**ds.attrs, "service_titles": json.dumps({"keyworker": "one worker"})})
    shown = (
        waits_table(titled), places_table(titled), tables.waits(summarise(titled)), queues_finding(titled),
        parts_of(titled),
    )  # fmt: skip
    for one in shown:
        assert "one worker" in str(one)
        assert "keyworker" not in str(one)


@pytest.mark.parametrize("canvas", [WIDE, NARROW])
def test_long_names_stay_within_the_boxes_of_the_model(ds: xr.Dataset, canvas: Canvas) -> None:
    long = {"keyworker": "probation and help against anti-social behaviour, day and night"}
    figure = drawn_figure(FIGURE, ds.assign_attrs({**ds.attrs, "service_titles": json.dumps(long)}), canvas)
    figure.draw_without_rendering()
    ax, = figure.axes
    boxes = [patch.get_window_extent() for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    for text in ax.texts:
        of = text.get_window_extent()
        assert any(box.x0 <= of.x0 and of.x1 <= box.x1 and box.y0 <= of.y0 and of.y1 <= box.y1 for box in boxes)


def test_a_service_takes_its_title_from_the_config(tmp_path: Path) -> None:
    text = (ROOT / "tests" / "configs" / "toy.yaml").read_text(encoding="utf-8")
    (tmp_path / "toy.yaml").write_text(text.replace("  keyworker:\n", "  keyworker:\n    title: one worker\n"), "utf-8")
    titles = load(tmp_path / "toy.yaml").titles
    assert (titles.service("keyworker"), titles.service("need_service")) == ("one worker", "need service")


def test_small_net_present_values_get_a_place(summary: Summary) -> None:
    """Below £100 million one place, from there on none, in the page's table and on the terminal."""
    for pounds, page, terminal in ((-640_000.0, "−0.6", "−0.6"), (99.4e6, "99.4", "99.4"), (123.4e6, "123", "123")):
        made = tables._scaled({"mean": pounds, "low": None, "high": None}, 1e6, 0)
        assert (made, _millions_on_terminal(pounds)) == (page, terminal)


def _millions_on_terminal(pounds: float) -> str:
    from sim.report import terminal

    return terminal._millions(pounds)


def test_money_that_flows_is_pounds_a_year(ds: xr.Dataset) -> None:
    """All counts x prices after the start in the headline ledger, over two years of 24 monthly steps."""
    terms = terms_of(ds)
    for world in world_names(ds):
        _, _, flows = money_flows(ds, world, terms)
        mine = at(ds, world).isel(step=slice(START + 1, None))
        pounds = sum(
            float((mine["meters"].sel(meter=METER[str(line)]) * mine["price"].sel(line=line)).sum("step").mean())
            for line in ds["line"].values if mine["in_ledger"].sel(line=line, ledger=terms.ledger)
        )  # fmt: skip
        assert flows.sum() == pytest.approx(pounds / 2.0, rel=1e-9)


def test_every_cell_of_the_flow_of_money(ds: xr.Dataset) -> None:
    """Pounds a year of the last regime, £m to one place: £40,000 is 0.0 and £60,000 is 0.1."""
    table, world = money_table(ds), [w for w in world_names(ds) if w.effect_set == "measured"][-1]
    payers, tiers, flows = money_flows(ds, world, terms_of(ds))
    assert [str(column) for column in table.columns] == ["payer", *tiers]
    assert len(table.rows) == len(payers)
    for row, amounts in zip(table.rows, flows, strict=True):
        assert row[1:] == tuple(f"{pounds / 1e6:.1f}" for pounds in amounts)
    assert any(0.05 < pounds / 1e6 % 1 < 0.95 for pounds in flows.flat), "places tell"


def test_every_mean_of_the_outcomes(ds: xr.Dataset, summary: Summary) -> None:
    """To three figures, with the paired difference to the baseline."""
    rows = {row[1]: row for row in tables.outcomes(summary).rows}
    for world in world_names(ds):
        mine, other = (at(ds, one)["outcomes"].isel(outcome=0).values for one in (world, baseline_of(ds, world)))
        _, name, mean, change = rows[world.name]
        assert name == world.name
        assert mean.startswith(f"{mine.mean():.3g}")
        assert (change == "") == (world.regime == "siloed")
        if change:
            figure, side = change.split(" ")[:2]
            signed = float(figure) * {"more": 1.0, "fewer": -1.0}[side]
            assert signed == pytest.approx((mine - other).mean(), rel=5e-3)


@pytest.mark.parametrize(("name", "share"), [("p10", 0.1), ("p50", 0.5), ("p90", 0.9)])
def test_quantiles_of_waits_are_those_of_the_sorted_waits(ds: xr.Dataset, name: str, share: float) -> None:
    """Nation and areas, of all replications together: the smallest wait that so many did not exceed, in months."""
    for world in world_names(ds):
        held = at(ds, world).isel(service=0)
        places = {"all areas": held["waits"], **{str(a): held["area_waits"].sel(area=a) for a in ds["area"].values}}
        for wait in (nation_wait(ds, world, "keyworker"), *area_waits(ds, world, "keyworker")):
            counts = places[wait.area].values.reshape(-1, ds.sizes["wait"]).sum(axis=0)
            each = np.sort(np.repeat(np.arange(len(counts)), np.round(counts * 2).astype(int)))  # areas have halves
            assert getattr(wait, name) == each[math.ceil(len(each) * share) - 1]


def test_an_agency_pays_its_own_shares_of_the_lines_of_a_ledger(ds: xr.Dataset) -> None:
    """With a ledger that leaves out the first line, so that a line is not at the place that it has in the ledger."""
    member = ds["in_ledger"].copy()
    member.loc[{"ledger": "narrow", "line": ds["line"].values[0]}] = 0.0
    fewer = ds.assign(in_ledger=member)
    for world in world_names(fewer):
        mine = at(fewer, world).isel(step=slice(START + 1, None))
        years = mine["rows"].sum("step").values.reshape(-1) / 12
        found = agency_cost_per_family_year(fewer, world, "narrow")
        for a, agency in enumerate(fewer["agency"].values):
            paid = sum(
                (mine["meters"].sel(meter=METER[str(line)]) * mine["price"].sel(line=line)).sum("step")
                * float(fewer["payer_share"].sel(line=line, agency=agency))
                for line in fewer["line"].values if member.sel(line=line, ledger="narrow")
            )  # fmt: skip
            assert found[:, a] == pytest.approx(paid.values / years, rel=1e-12), agency


def test_a_change_of_price_alone_is_cash_and_months_are_months_whatever_the_step(ds: xr.Dataset) -> None:
    """Counts alike and prices apart: all that is cheaper is cash, all that is dearer costs it. A card counts months."""
    terms, (baseline, world) = terms_of(ds), world_names(ds)[:2]
    made = increments(ds, world, baseline, terms)
    apart = np.random.default_rng(1).normal(size=made.cost.shape)
    alike = replace(made, cost=apart, repriced=apart, reduction=0.0 * made.reduction, counts=made.other_counts)
    own = programme_lines(ds)
    cash = cashable_savings(ds, alike, terms)
    assert np.allclose(cash[..., ~own], -apart[:, : terms.steps, ~own], rtol=1e-12)
    item = CardItem("months", "Months", ("in crisis",), "averted", in_months=True)
    for step_years in (1 / 12, 7 / 365.25):
        shorter = replace(terms, step_years=step_years)
        months = (
            made.counts[:, : terms.steps, list(ds["meter"].values).index("in crisis")].sum(axis=1) * step_years * 12
        )
        assert counted(ds, item, made.counts, shorter) == pytest.approx(months, rel=1e-12)
