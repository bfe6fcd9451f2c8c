"""Every figure on a desk and on a phone: text is clear of text and axes, and what is said of it is what was counted."""

import json
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

import sim
from sim.economics.value.accounts import TOTAL, answers
from sim.economics.value.terms import terms_of
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import figure, fixed, share
from sim.exhibits.sentences import pounds_words
from sim.exhibits.style import CANVASES, LEAST_TEXT, NARROW, WIDE, new_axes
from sim.exhibits.svg import LARGEST, draw, inline, svg_of
from sim.intervals import Estimate
from sim.report.defaults import months, worlds_of_set
from sim.report.figures import figures
from sim.report.figures.money import displacement
from sim.report.figures.money.difference import saved_so_far
from sim.report.figures.money.displacement import PARTS, displaced
from sim.report.figures.states.bands import fewer
from sim.report.figures.states.children import in_care
from sim.report.figures.states.flows import moved
from sim.report.figures.waits.queues import levels
from sim.results.dataset import to_dataset
from sim.results.folder.beside import BRIDGE, CHECKS, EVALUATED, FAMILIES, Bridge, CheckLine, Station
from sim.results.worlds import of_world
from sim.runs.beliefs.doubt import read_draws
from tests import synthetic
from tests.clear_text import faults, faults_of
from tests.economics.value.test_accounts import TOY_SETS
from tests.places import ROOT, TOY
from tests.report.test_evaluation_figures import answers as evaluated
from tests.report.test_report_figures import spread

SMALL_NATION = ["units.family.size=900", "replications=2"]
SMALLEST = 360
"""CSS pixels of the narrowest screen on which text has its size."""
OF_NATION = ["budget", "cash_tornado", "fund", "pool"]
MAPPED = ["areas_saved"]
"""Of authorities of today: measured in test_areas_map.py."""
LONG = "a title that is about as long as those of the library: today's services, as they were paid for"


def station(title: str, ratio: float) -> Station:
    return Station(title, *(Estimate(x, 0.9 * x, 1.1 * x) for x in (9000.0, 9000.0 / ratio, ratio)))


def bridge() -> Bridge:
    steps = [station("the whole programme, six families to a post", 0.4), station("one episode of each family", 0.9),
             station("the price of the programme that was evaluated: 15 families to a post", 1.3)]  # fmt: skip
    return Bridge("key_workers", "siloed", "narrow", "2015/16", 2, tuple(steps), tuple(steps[::-1]), 1.51, "F8",
                  "what it counts that this does not")  # fmt: skip


BESIDE = {
    BRIDGE: bridge(), EVALUATED: evaluated(), FAMILIES: spread(),
    CHECKS: [CheckLine("fall", "-1,000", "", "within", key="naive_onset", number=-1000.0)],
}  # fmt: skip


@pytest.fixture(scope="module")
def toy() -> xr.Dataset:
    """Give a small run that holds accounts."""
    return sim.simulate(sim.load(TOY, TOY_SETS))


@pytest.fixture(scope="module")
def made_up() -> xr.Dataset:
    """Give a run of made-up counts, with titles that are hard to fit."""
    scenario = synthetic.scenario()
    ds = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    return ds.assign_attrs(regime_titles=f'{{"siloed": "{LONG}"}}', set_titles=f'{{"measured": "{LONG}"}}')


@pytest.fixture(scope="module")
def drawn(toy: xr.Dataset) -> xr.Dataset:
    """Give a run whose inputs were drawn: with what is kept of the nation's."""
    kept = read_draws(ROOT / "configs" / "draws" / "national.json")["integrated/measured"]
    return toy.assign_attrs(doubt=json.dumps({"integrated": kept}))


@pytest.fixture(scope="module")
def rungs() -> xr.Dataset:
    """Give a run of made-up counts that is a ladder, of rungs with long titles."""
    scenario = synthetic.scenario(sets=("measured",))
    low, high = scenario.worlds
    names = [f"rung_{i}" for i in range(3)]
    scenario = replace(scenario, worlds=(low, *(replace(high, name=f"{n}/measured", regime=n) for n in names)))
    ds = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    return ds.assign_attrs(regime_titles=json.dumps(dict.fromkeys(names, LONG)))


def of_run() -> list[Exhibit]:
    return [figure for figure in figures() if not figure.source]


@pytest.mark.parametrize("exhibit", of_run(), ids=lambda one: one.name)
@pytest.mark.parametrize("run", ["toy", "made_up"])
def test_text_is_clear_of_text_and_axes(exhibit: Exhibit, run: str, request: pytest.FixtureRequest) -> None:
    ds = request.getfixturevalue(run)
    if exhibit.applies(ds):
        assert faults_of(exhibit.draw, ds) == []
        assert re.search(r"\d", exhibit.finding(ds))


@pytest.mark.parametrize(
    ("name", "run"),
    [("price_chances", "drawn"), ("price_tornado", "drawn"), ("break_even_surface", "drawn"), ("ladder", "rungs")],
)
def test_text_is_clear_in_what_few_runs_have(name: str, run: str, request: pytest.FixtureRequest) -> None:
    exhibit, ds = next(one for one in of_run() if one.name == name), request.getfixturevalue(run)
    assert exhibit.applies(ds)
    assert faults_of(exhibit.draw, ds) == []
    assert re.search(r"\d", exhibit.finding(ds))


def test_every_figure_of_a_run_is_measured(request: pytest.FixtureRequest) -> None:
    """A figure that no run has would be measured nowhere; a small nation has those of cash, slowly."""
    runs = [request.getfixturevalue(name) for name in ("toy", "made_up", "drawn", "rungs")]
    assert [one.name for one in of_run() if not any(one.applies(ds) for ds in runs)] == MAPPED + OF_NATION


@pytest.mark.parametrize("exhibit", [one for one in figures() if one.source], ids=lambda one: one.name)
def test_text_is_clear_in_what_was_worked_out_later(exhibit: Exhibit) -> None:
    subject = BESIDE[exhibit.source]
    assert exhibit.applies(subject)
    assert faults_of(exhibit.draw, subject) == []
    assert re.search(r"\d", exhibit.finding(subject))


@pytest.mark.slow
def test_text_is_clear_in_a_small_nation() -> None:
    """All figures that a run of the library has, with its titles, services and agencies."""
    ds = sim.simulate(sim.load("tenth", SMALL_NATION))
    shown = [exhibit for exhibit in of_run() if exhibit.applies(ds)]
    named = {one.name for one in shown}
    assert {"children_in_care", "displacement", "model", "money", *OF_NATION} <= named
    for exhibit in shown:
        assert faults_of(exhibit.draw, ds) == [], exhibit.name
        said = exhibit.finding(ds)
        assert re.search(r"\d", said)
        assert "/measured" not in said
        assert "siloed" not in said


def test_the_measure_finds_what_is_wrong() -> None:
    """A measure that finds nothing is of no use: each fault is made once."""
    ax = new_axes(canvas=NARROW)
    ax.text(0.5, 0.5, "one over", fontsize=12)
    ax.text(0.52, 0.5, "another", fontsize=12)
    ax.text(-0.05, 0.8, "over the axis", fontsize=12)
    ax.text(0.9, 0.1, "out at the right edge of the figure", fontsize=12, clip_on=False, in_layout=False)
    ax.text(0.2, 0.2, "small", fontsize=LEAST_TEXT - 1)
    ax.text(0.57, -0.005, "over a tick", fontsize=12, va="top")
    found = "\n".join(faults(ax.figure))
    for fault in ("lies over 'another'", "over the left of an axis", "is cut off", "has 10.0 pixels",
                  "over the tick at 0.6 of the x axis"):  # fmt: skip
        assert fault in found


def test_both_layouts_stand_in_a_page_and_the_style_shows_one(toy: xr.Dataset, tmp_path: Path) -> None:
    """Text is never under 11 pixels: a canvas is shown where its card is as wide as it, and never larger than so."""
    exhibit = next(one for one in figures() if one.name == "children_in_care")
    drawn = draw(exhibit, toy, tmp_path)
    assert drawn.svg.count("<svg") == 2
    assert drawn.finding == exhibit.finding(toy)
    ids = re.findall(r' id="([^"]+)"', drawn.svg)
    assert len(ids) == len(set(ids))
    for canvas in CANVASES:
        assert f'class="drawn-{canvas.name}" role="img" aria-labelledby="children_in_care-title"' in drawn.svg
        assert f"max-width: {LARGEST[canvas.name] * 72 * canvas.width:.0f}px" in drawn.svg
    assert drawn.svg.count('aria-describedby="children_in_care-finding"') == 2
    style = (ROOT / "sim" / "exhibits" / "templates" / "_style.css").read_text(encoding="utf-8")
    (rem,) = re.findall(r"@media \(min-width: (\d+)rem\), print { .card .drawn-wide", style)
    around = 2 * 24 + 2 * 8 + 2  # of the page and of the card
    assert int(rem) * 16 - around >= 72 * WIDE.width
    padding = re.compile(
        r"max-width: 44rem.*?body { padding: \.5rem (\S+)rem; } \.card { padding: (\S+)rem; }", re.DOTALL
    )
    body, card = (float(rem) for rem in padding.findall(style)[0])
    assert SMALLEST - 2 * 16 * (body + card) - 2 >= 72 * NARROW.width


def test_markup_keeps_what_a_drawing_says() -> None:
    """Lines lose what no eye sees, a tenth of a pixel; scales and colours keep every digit."""
    ax = new_axes(canvas=NARROW)
    ax.plot([0, 1 / 3, 1], [0, 2 / 3, 1])
    assert isinstance(ax.figure, Figure)
    svg = svg_of(ax.figure)
    markup = inline(svg, "x", NARROW)
    assert 'id="x-n-' in markup
    scales = re.compile(r"scale\([^)]*\)")
    assert scales.findall(markup) == scales.findall(svg)
    numbers = [[float(x) for path in re.findall(r' d="([^"]*)"', text) for x in re.findall(r"-?\d+\.\d+", path)]
               for text in (svg, markup)]  # fmt: skip
    assert np.allclose(*numbers, atol=0.1)


def finding(name: str, ds: xr.Dataset) -> str:
    return next(one for one in figures() if one.name == name).finding(ds)


def test_what_is_said_of_children_is_what_was_counted(toy: xr.Dataset) -> None:
    account = answers(toy, terms_of(toy))[-1].accounts[0]
    said = finding("children_in_care", toy)
    assert account.looked_after is not None
    told = account.looked_after
    assert f"{fixed(told.helped, 0)} of 1,000 {told.of} are in care at month {told.month:.0f}" in said
    assert f"against {fixed(told.without, 0)} without" in said
    world = worlds_of_set(toy)[0]
    at = {"regime": world.regime, "effect_set": world.effect_set}
    counted = toy["meters"].sel(at).sel(meter="care == looked_after").values[:, 1:]
    children = toy["rows"].sel(at).sel(unit="child").values[:, 1:]
    np.testing.assert_allclose(in_care(toy, world), (1000 * counted / children).T)


def test_the_picture_of_displacement_is_of_the_last_regime_under_the_first_reading(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    several = [
        (SimpleNamespace(world=SimpleNamespace(regime=regime, effect_set=effects)), {})
        for effects in ("first", "second") for regime in ("some", "all")
    ]  # fmt: skip
    monkeypatch.setattr(displacement, "displaced", lambda _: several)
    assert displacement._first(xr.Dataset()) == several[1]


def test_the_parts_of_displacement_are_those_of_the_accounts_and_add_up(toy: xr.Dataset) -> None:
    found, parts = displaced(toy)[-1]
    assert sum(parts[name].mean for name in PARTS if name != TOTAL) == pytest.approx(parts[TOTAL].mean)
    said = finding("displacement", toy)
    helped = parts["helped"].mean
    assert f"families helped cost {pounds_words(abs(helped))}" in said
    assert said.index("less" if helped >= 0 else "more") > said.index("families helped")
    assert found.against.regime != found.world.regime


def test_a_saving_is_above_nothing_in_every_figure_of_one(toy: xr.Dataset) -> None:
    """A regime that costs more lies below 0 in money, whatever the figure: the sign of all is that of what is saved."""
    world = worlds_of_set(toy)[-1]
    saved = saved_so_far(toy, world, "narrow")[-1].mean()
    said = finding("difference", toy)
    assert f"£{figure(abs(saved))} {'saved' if saved >= 0 else 'spent on top'}" in said
    lines = {line.get_label(): line for line in sim.report.plot_difference(toy).lines}
    assert any(line.get_ydata()[-1] == pytest.approx(saved) for line in lines.values() if len(line.get_ydata()) > 2)


def test_what_regimes_change_is_the_difference_of_shares(made_up: xr.Dataset) -> None:
    base, other = worlds_of_set(made_up)
    change, half = fewer(made_up, other, "crisis")
    counts = [of_world(made_up, world, "occupancy").values[:, :4] for world in (base, other)]
    expected = 1000 * (counts[0] - counts[1]) / counts[0].sum(axis=1, keepdims=True)
    np.testing.assert_allclose(change, expected, atol=1e-9)
    assert (half[change == 0] == 0).all()
    np.testing.assert_allclose(change.sum(axis=1), 0.0, atol=1e-9)  # who is not here is there


def test_where_they_went_adds_up(toy: xr.Dataset) -> None:
    world = worlds_of_set(toy)[-1]
    shares, after = moved(toy, world, "crisis")
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert 0 < after <= months(toy)[-1]
    assert share(float(shares[-1, -1]), 1) in finding("flows", toy)


def test_places_and_waiting_are_means_of_the_last_year(toy: xr.Dataset) -> None:
    services, waiting = levels(toy, "waiting")
    world = worlds_of_set(toy)[-1]
    team = of_world(toy, world, "team").sel(service=services, team_series="waiting")
    last = team.transpose("step", "service").values[-12:].mean(axis=0)
    there = np.isfinite(waiting[-1])
    np.testing.assert_allclose(waiting[-1][there], last[there])
    assert figure(float(np.nansum(waiting[-1]))) in finding("queues", toy)


def test_a_regime_without_places_and_one_in_which_nobody_waits_are_said_so(toy: xr.Dataset) -> None:
    """Where no service is offered its level is no number, of which there is no largest."""
    team, worlds = toy["team"].copy(), worlds_of_set(toy)
    bare, idle = ({"regime": one.regime, "effect_set": one.effect_set} for one in (worlds[0], worlds[-1]))
    team.loc[bare] = 0.0
    team.loc[{**idle, "team_series": "waiting"}] = 0.0
    said = finding("queues", toy.assign(team=team)).lower()
    assert "there are no places under" in said
    assert "nobody waits for" in said
