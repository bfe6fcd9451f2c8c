"""Check the scenarios of the library small: books that close, worlds that begin alike, and results known by hand.

The theory: everyone is in exactly one state of a chain (conservation); stocks change by flows alone; a regime is the
baseline until it begins; and for each scenario of another population one quantity with a closed form: competing
hazards, products of chances, stationary shares, Little's law, Erlang's delay formula, prices times counts.
"""

import math
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from ruamel.yaml import YAML
from typer.testing import CliRunner

import sim
from sim.cli import app
from sim.config.text import library
from sim.config.views.catalogue import CatalogueEntry, scenarios
from sim.economics.cash.paid_help import posts_kept_on
from sim.errors import ModelError
from sim.model.compiled.readings import clock_value
from sim.model.traits import gamma_classes
from sim.report.markdown.markers import fill
from sim.report.markdown.scenarios import NOT_RUN, table
from sim.results.costs import cost_by_step
from sim.results.summary import window_start
from sim.results.waits import nation_wait
from sim.results.worlds import WorldName, baseline_of, of_world, world_names
from tests.places import ROOT

CONFIGS = ROOT / "configs" / "scenarios"
SMALL = {
    "edge_of_care": ("units.child.size=3000", "clock.steps=24", "replications=2"),
    "short_sentences": ("units.person.size=400", "clock.steps=60", "replications=2"),
    "into_work": ("units.adult.size=4000", "units.adult.warm_up=12 months", "clock.steps=12", "replications=2"),
    "care_at_home": (
        "units.patient.arrive.poisson=4.2 / day",
        "units.patient.warm_up=200 days",
        "clock.steps=200",
        "replications=2",
    ),
    "housing_providers": ("clock.steps=6", "units.home.warm_up=6 months", "replications=2"),
    "telecare": ("clock.steps=26", "replications=2"),
    "drinkers_and_drug_users": (
        "units.adult.size=9000",
        "units.adult.warm_up=6 months",
        "clock.steps=18",
        "replications=2",
    ),
}
OTHER_FAMILIES = {"childrens_mental_health", "today"}
"""Of other models, with tests of their own (test_childrens_mental_health.py, test_england_today.py)."""
FAMILIES = sorted(path.stem for path in CONFIGS.glob("*.yaml") if path.stem not in SMALL.keys() | OTHER_FAMILIES)
DAYS_A_YEAR = 365.25
REGIMES = ("siloed", "integrated")


def ran(name: str, *sets: str) -> xr.Dataset:
    """Simulate a scenario with values laid over it."""
    return sim.simulate(sim.load(CONFIGS / f"{name}.yaml", list(sets)))


@cache
def small(name: str) -> xr.Dataset:
    """Simulate a scenario small, once."""
    return ran(name, *SMALL[name])


def worlds(ds: xr.Dataset) -> dict[str, WorldName]:
    """Worlds by the name that people use."""
    return {world.name: world for world in world_names(ds)}


def stock(ds: xr.Dataset, world: str, state: str) -> np.ndarray:
    """Rows in a state at each point, mean over replications; ``state`` is 'chain=state', stages added up."""
    rows = of_world(ds, worlds(ds)[world], "occupancy")
    return np.asarray(rows.sel(state=state).values)


def flow(ds: xr.Dataset, world: str, move: str) -> float:
    """Moves of one kind over the run, mean over replications."""
    return float(of_world(ds, worlds(ds)[world], "flows").sel(flow=move).sum())


def cost_a_year(ds: xr.Dataset, world: str, line: str) -> float:
    """Pounds a year of one cost line, mean over replications."""
    years = (ds.sizes["step"] - 1) * ds.attrs["step_years"]
    return float(of_world(ds, worlds(ds)[world], "cost").sel(line=line).sum("year").mean("replication")) / years


def outcome(ds: xr.Dataset, world: str, name: str) -> float:
    """An outcome per row, mean over replications."""
    return float(of_world(ds, worlds(ds)[world], "outcomes").sel(outcome=name).mean())


def check_books(ds: xr.Dataset) -> None:
    """Everyone is somewhere; worlds are the baseline's until they begin; costs are neither negative nor missing."""
    begin = window_start(ds)
    for world in world_names(ds):
        occupancy = of_world(ds, world, "occupancy")
        first = np.asarray(of_world(ds, baseline_of(ds, world), "occupancy").values)[: begin + 1]
        np.testing.assert_array_equal(occupancy.values[: begin + 1], first)
        rows = of_world(ds, world, "rows").mean("replication")
        for chain in dict.fromkeys(ds["chain"].values):
            mine = ds["chain"].values == chain
            unit = str(ds["unit_of_state"].values[mine][0])
            total = occupancy.values[:, mine].sum(axis=1)
            np.testing.assert_allclose(total, rows.sel(unit=unit).values, rtol=1e-12, err_msg=str(chain))
        for ledger in ds["ledger"].values:
            cost = cost_by_step(ds, world, str(ledger))
            assert np.isfinite(cost).all()
            assert (cost >= 0).all()


@pytest.mark.parametrize("name", SMALL)
def test_books_close(name: str) -> None:
    check_books(small(name))


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_books_close_of_families(name: str) -> None:
    ds = ran(
        name,
        "units.family.size=400",
        "units.family.warm_up=6 months",
        "clock.steps=50",
        "replications=1",
        "effect_set=measured",
    )
    check_books(ds)


# Other populations than families: one result known by hand for each.


def test_edge_of_care_competing_hazards() -> None:
    # Of those who leave the edge, the share that comes into care is entry / (entry + settling), whatever the step.
    ds = small("edge_of_care")
    moves = {to: flow(ds, "siloed/trial", f"care: edge -> {to}") for to in ("settled", "foster", "residential")}
    left, expected = sum(moves.values()), 0.20 / (0.20 + 0.95)
    share = (moves["foster"] + moves["residential"]) / left
    # `left` is a mean of two replications: four standard errors of a share of twice as many
    assert share == pytest.approx(expected, abs=4 * math.sqrt(expected * (1 - expected) / (2 * left)))
    assert moves["residential"] / (moves["foster"] + moves["residential"]) == pytest.approx(0.20, abs=0.06)


def test_edge_of_care_help_without_effect_moves_nobody() -> None:
    ds = small("edge_of_care")
    care = ds["chain"].values == "care"
    one, other = (
        of_world(ds, worlds(ds)[w], "occupancy").values[:, care] for w in ("siloed/trial", "integrated/trial")
    )
    np.testing.assert_array_equal(one, other)
    assert outcome(ds, "integrated/phase_two", "entries") < outcome(ds, "siloed/phase_two", "entries")


def test_short_sentences_reproduce_both_published_figures() -> None:
    # Nobody helped: 155 reconvictions per 100 in a year, and 60% reconvicted at all: the mean of 1 - exp(-rate x
    # frailty) over the classes, exact whatever happens after the first reconviction.
    classes = gamma_classes(1.5, 20)
    assert 1 - np.mean(np.exp(-2.0 * np.asarray(classes))) == pytest.approx(0.60, abs=0.01)
    ds = ran("short_sentences", "units.person.size=6000", "clock.steps=52", "replications=1", "effect_set=no_gain")
    assert outcome(ds, "siloed", "reconvictions_first_year") == pytest.approx(1.55, abs=0.06)


def test_eight_agencies_settle_fewer_than_one() -> None:
    # Without reconvictions: each agency is reached before giving up with chance 26 / 28.6 = 10/11, so eight of them
    # with (10/11)^8 = 0.466. With a worker one contact is enough; she begins after the first week, in which a chance
    # q = 1 - exp(-28.6 weeks) of a move has made one agency fewer, or none at all.
    ds = ran(
        "short_sentences", "units.person.size=3000", "services.navigator.team.workers=0", "replications=1",
        "regimes.integrated.set.\"services.navigator.team.workers\"=100", "effect_set=no_gain",
        "parameters.reconviction={value: 0, unit: 1/year, source: J9, low: 0, high: 0}", "clock.steps=120",
    )  # fmt: skip
    one, week = 10 / 11, 1 - math.exp(-28.6 * 7 / DAYS_A_YEAR)
    tolerance = 4 * math.sqrt(0.25 / 3000)
    assert stock(ds, "siloed", "help=settled")[-1] / 3000 == pytest.approx(one**8, abs=tolerance)
    expected = one * (1 - week / 11)
    assert stock(ds, "integrated", "help=settled")[-1] / 3000 == pytest.approx(expected, abs=tolerance)


def test_into_work_is_stationary_where_help_changes_nothing() -> None:
    # Two states and monthly steps: claiming = p(on) / (p(on) + p(off)), by group, p = 1 - exp(-rate / 12).
    ds = small("into_work")
    p = {rate: -math.expm1(-rate / 12) for rate in (1.1, 2.04, 0.72, 0.75)}
    expected = 0.59 * p[1.1] / (p[1.1] + p[2.04]) + 0.41 * p[0.72] / (p[0.72] + p[0.75])
    claiming = stock(ds, "siloed/no_gain", "job=claiming").mean() / 4000
    assert claiming == pytest.approx(expected, abs=0.03)  # groups are drawn: 4 sd of the share of the sick x 0.15
    months = [outcome(ds, f"integrated/{name}", "months_claiming") for name in ("no_gain", "modest", "strong")]
    assert months[0] > months[1] > months[2]


def test_into_work_splits_the_money_as_the_document_does() -> None:
    # At full size: 93% of 650 million on benefits and 7% on help, by the sizes chosen for it.
    benefits, posts = 0.93 * 650e6, 0.07 * 650e6
    help_cost = 793 * 31_174 * 2 * 175.06 / 190.03
    assert help_cost == pytest.approx(posts, rel=0.01)
    ds = ran("into_work", "units.adult.size=20000", "clock.steps=6", "replications=1", "effect_set=no_gain")
    paid = sum(cost_a_year(ds, "siloed", line) for line in ("benefits of the unemployed", "benefits of sick claimants"))
    assert paid * 360_000 / 20_000 == pytest.approx(benefits, rel=0.02)


def test_care_at_home_keeps_littles_law() -> None:
    # The number ill is arrivals a day x mean days counted, (1 - p) / p at the ends of days, p = 1 - exp(-26.1 / year).
    ds = small("care_at_home")
    p = -math.expm1(-26.1 / DAYS_A_YEAR)
    expected = 4.2 * (1 - p) / p
    # Poisson stock in steady state; with a memory of two weeks, 200 days x 2 replications are about 20 looks at it
    assert stock(ds, "siloed", "hospital=ill").mean() == pytest.approx(expected, abs=4 * math.sqrt(expected / 16))
    started = [cost_a_year(ds, world, "hospital") for world in ("siloed", "integrated")]
    assert started[0] == started[1]  # what happens before care at home is the same to the last patient


def test_one_list_uses_the_empty_places_of_others() -> None:
    # Everyone is Bournemouth's: 1.5 a day x 42 days need 63 places, and Bournemouth has 46 of the 181. Its queue grows
    # towards (1.5 - 46 / 42) a day; one list for all places has none at all.
    ds = ran(
        "care_at_home", "traits.council.shares={1: 1.0, 2: 0.0, 3: 0.0}", "units.patient.arrive.poisson=1.5 / day",
        "units.patient.warm_up=150 days", "clock.steps=60", "replications=2",
    )  # fmt: skip
    waiting = stock(ds, "siloed", "home_care_bournemouth=waiting")
    # 60 days, and the sum of two replications' arrivals (90 each) and ends of care (66 each) varies with sd 9
    assert waiting[-1] - waiting[0] == pytest.approx(60 * (1.5 - 46 / 42), abs=3 * 9)
    assert waiting[-1] > 10
    assert stock(ds, "integrated", "home_care=waiting")[1:].max() == 0


@pytest.mark.slow
def test_care_at_home_waits_as_erlang_says() -> None:
    # One council alone, a quarter of a patient a day, 20 days of care, 7 places: M/M/7 with a load of 5. The engine
    # meets once a day, so waits are whole days; the tolerance is three standard errors of a queue with a memory of
    # about 120 days (4,000 days, 3 replications) and half a day for the meeting.
    ds = ran(
        "care_at_home", "traits.council.shares={1: 1.0, 2: 0.0, 3: 0.0}", "units.patient.arrive.poisson=0.25 / day",
        "replications=3",
        "units.patient.warm_up=400 days", "clock.steps=4000", "regimes.more_places=null", "regimes.integrated=null",
        "services.home_care_bournemouth.engaged={mean: 20 days, low: 20 days, high: 20 days}",
        "services.home_care_bournemouth.team.workers=7",
    )  # fmt: skip
    places, load = 7, 0.25 * 20
    blocked = 1.0
    for k in range(1, places + 1):  # Erlang B by its recursion, then C (Kleinrock 1975, "Queueing Systems" 1, 3.5)
        blocked = load * blocked / (k + load * blocked)
    delayed = blocked / (1 - load / places * (1 - blocked))
    wait = nation_wait(ds, worlds(ds)["siloed"], "home_care_bournemouth").mean * 365.25 / 12
    assert wait == pytest.approx(delayed * 20 / (places - load), abs=1.4)


def test_housing_overheads_by_hand() -> None:
    # Another 22 streams cost a quarter of a clerk each; money alone differs, to the last digit.
    ds = small("housing_providers")
    stream = 31_174 * 0.25 * 175.06 / 190.03
    line = "accounting for another funding stream"
    assert cost_a_year(ds, "siloed/no_gain", line) == pytest.approx(47 * stream, rel=1e-9)
    assert cost_a_year(ds, "one_pot/no_gain", line) == pytest.approx(25 * stream, rel=1e-9)
    other = "running another provider"
    assert cost_a_year(ds, "siloed/no_gain", other) == pytest.approx(34 * 19_000 * 175.06 / 190.03, rel=1e-9)
    assert cost_a_year(ds, "integrated/no_gain", other) == pytest.approx(17 * 19_000 * 175.06 / 190.03, rel=1e-9)
    assert outcome(ds, "one_pot/helps", "evictions") == outcome(ds, "siloed/helps", "evictions")
    assert outcome(ds, "integrated/helps", "months_at_risk") < outcome(ds, "siloed/helps", "months_at_risk")


def test_a_pound_of_treatment_saves_what_the_reading_says() -> None:
    # A place-year ends (times - 1) x stops more spells; each saves 1 / (stops x (1 + relapses)) years of misuse in the
    # long run. Relapses come as fast as use stops, so that half of all misuse; eight to one shares the same 15.3 posts.
    scenario = sim.load(CONFIGS / "drinkers_and_drug_users.yaml", ["effect_set=at_their_word"])
    model = next(w.model for w in scenario.worlds if w.regime == "siloed")
    value = {n: clock_value(p.expression, model, 0) for n, p in model.parameters.items() if n != "stops"}
    for times, clients, year, gives in (
        ("alcohol_helps", "clients_alcohol", "drinker_year", 5.0), ("drugs_help", "clients_drugs", "user_year", 2.5),
    ):  # fmt: skip
        saved = (value[times] - 1) / (1 + value["relapses"]) * value[year]
        assert saved / (value["post_year"] / value[clients]) == pytest.approx(gives)
    ds = small("drinkers_and_drug_users")
    for reading in ("no_gain", "at_their_word"):
        cost = [sum(cost_a_year(ds, f"{r}/{reading}", f"{s} treatment") for s in ("alcohol", "drug")) for r in REGIMES]
        beyond = sum(one["pounds"] for one in posts_kept_on(ds) if one["name"] == f"integrated/{reading}")
        years = (ds.sizes["step"] - 1) * ds.attrs["step_years"]
        assert cost[0] + beyond / years == pytest.approx(cost[1], rel=0.02)  # but for the first step
    start = stock(ds, "siloed/no_gain", "use=misusing")
    assert start[0] == pytest.approx(4500, abs=4 * math.sqrt(9000 / 4 / 2))  # a mean of two replications
    np.testing.assert_array_equal(start, stock(ds, "integrated/no_gain", "use=misusing"))


def test_telecare_breaks_even_where_it_should() -> None:
    # In hospital: p(in) / (p(in) + 1 / 1.19 weeks) of the time. A kit that takes a share s of admissions away saves
    # s x that time x 365 a day, less what it delays; the trial's 14% pay for less than kit and watching, 98% for more.
    ds = small("telecare")
    p = -math.expm1(-0.68 * 7 / DAYS_A_YEAR)
    inside = p / (p + 1 / 1.19)
    days_a_year = inside * DAYS_A_YEAR
    assert days_a_year == pytest.approx(5.68, abs=0.15)  # the bed days a head of the trial, by the week
    seen = stock(ds, "integrated/no_gain", "stay=hospital").mean() / 3994
    assert seen == pytest.approx(inside, abs=4 * math.sqrt(inside / (3994 * 2 * 27)))
    kit_year = 5 * DAYS_A_YEAR / 7
    assert 0.143 * days_a_year * 365 > kit_year  # watching alone would pay ...
    assert 0.143 * days_a_year * 365 - kit_year < 450 / 3  # ... but not for the kit as well, over three years
    net = {name: sum(cost_a_year(ds, f"integrated/{name}", str(line)) for line in ds["line"].values)
           - sum(cost_a_year(ds, f"siloed/{name}", str(line)) for line in ds["line"].values)
           for name in ("trial", "no_gain", "claim")}  # fmt: skip
    assert net["claim"] < 0 < net["trial"] < net["no_gain"]


# The files and their list.


def figures(tree: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every mapping with a number as its value, and where it stands."""
    found = []
    if isinstance(tree, dict):
        if isinstance(tree.get("value"), int | float):
            found.append((path, tree))
        for key, value in tree.items():
            found += figures(value, f"{path}.{key}")
    elif isinstance(tree, list):
        for i, value in enumerate(tree):
            found += figures(value, f"{path}[{i}]")
    return found


@pytest.mark.parametrize("name", SMALL)
def test_assumptions_have_a_range(name: str) -> None:
    tree = YAML(typ="safe", pure=True).load((CONFIGS / f"{name}.yaml").read_text(encoding="utf-8"))
    for where, figure in figures(tree):
        exempt = (figure.get("unit") in ("switch", "share") and figure["value"] in (0, 1)) or ".areas." in where
        if figure.get("source") == "assumption" and not exempt:
            assert figure["low"] <= figure["value"] <= figure["high"], where
            assert figure["low"] < figure["high"], where


@pytest.mark.parametrize("name", SMALL)
def test_each_has_a_page_that_names_its_documents(name: str) -> None:
    page = (ROOT / "docs" / "scenarios" / f"{name}.md").read_text(encoding="utf-8")
    for heading in ("What the document says", "What is modelled", "What came out", "What cannot be known"):
        assert f"## {heading}" in page
    assert f"families run configs/scenarios/{name}.yaml" in page
    evidence = (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")
    cited = set(re.findall(r"\b((?:T-)?[A-KPS]\d{1,2})\b", page))
    assert cited
    assert all(f'<a id="{one}"></a>' in evidence for one in cited)


def test_the_list_says_what_each_scenario_is_about() -> None:
    listed = {entry.name: entry for entry in scenarios()}
    assert set(listed) >= set(SMALL) | {"national"}
    assert listed["telecare"].population == "3,994 x person"
    assert listed["care_at_home"].population == "patient, 4 / day arriving"
    assert all(entry.title and entry.about.endswith((".", ",")) for entry in listed.values())


def test_the_table_goes_between_the_markers(tmp_path: Path) -> None:
    entry = CatalogueEntry("toy", "A toy", "3 x person", "Nothing.")
    made = table([entry], tmp_path)
    assert made.splitlines()[-1] == f"| `toy`: A toy | 3 x person | Nothing. |  | {NOT_RUN} |"
    page = tmp_path / "page.md"
    page.write_text("before\n<!-- scenarios -->\nold\n<!-- end -->\nafter\n", encoding="utf-8")
    for _ in range(2):
        assert fill(page, {"scenarios": lambda: made, "answer": lambda: None}) == (["scenarios"], [])
    assert page.read_text(encoding="utf-8") == f"before\n<!-- scenarios -->\n{made}<!-- end -->\nafter\n"
    for text in ("nothing", "<!-- end --> <!-- scenarios -->"):
        page.write_text(text, encoding="utf-8")
        with pytest.raises(ModelError, match="needs "):
            fill(page, {"scenarios": lambda: made})
    with pytest.raises(ModelError, match="cannot be read"):
        fill(tmp_path / "none.md", {"scenarios": lambda: made})


def test_the_list_shows_what_came_out(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- scenarios -->\n<!-- end -->\n", encoding="utf-8")
    quick = ["--set", "clock.steps=4", "--set", "effect_set=no_gain", "--replications", "2", "--quiet"]
    for arguments in (
        ["run", str(CONFIGS / "telecare.yaml"), "--out", str(tmp_path / "telecare"), *quick],
        ["list", "--results", str(tmp_path), "--into", str(page)],
    ):
        result = CliRunner().invoke(app, arguments)
        assert result.exit_code == 0, result.output
    rows = {row.split("`")[1]: row for row in page.read_text(encoding="utf-8").splitlines() if "`" in row}
    assert re.search(r"\| no_gain -[\d.]+ \(-[\d.]+ to -[\d.]+\) \| 2 replications", rows["telecare"])
    assert NOT_RUN in rows["into_work"]
    (tmp_path / "telecare" / "results.nc").write_bytes(b"damaged")
    assert CliRunner().invoke(app, ["list", "--results", str(tmp_path)]).exit_code == 2


def test_scenarios_are_found_in_the_library() -> None:
    assert {f"scenarios/{name}" for name in SMALL} <= set(library.names())
