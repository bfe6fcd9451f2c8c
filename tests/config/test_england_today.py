"""Check England today, every authority alike, against what is published of it, and against theory.

The theory: a rate is a flow over the level that it comes from; in a settled population starts times mean length is the
level (Little's law); how long a case lasts follows from its rates in closed form; what is paid for posts and for change
is the money there is; and where help does nothing, every regime is the baseline on the same draws.
"""

from functools import cache

import numpy as np
import pytest
import xarray as xr
from ruamel.yaml import YAML

import sim
from sim.config.loading import tree_of
from sim.model.compiled.readings import clock_value
from sim.model.spec import Scenario, Team
from sim.runs.ensemble import expect
from sim.runs.replications import pared
from tests.places import ROOT

CHILDREN = 12_183_016
"""Of 0 to 17 in England, mid-2024 (T-A1)."""
ASYLUM_STARTS, ASYLUM_LEVEL = 0.22 * 32_270, 6_540
"""Unaccompanied asylum-seeking children who start in care in a year, and who are looked after (T-L2, T-L4)."""
STARTS = {"need": 396_870 - ASYLUM_STARTS, "plan": 61_840, "care": 32_270 - ASYLUM_STARTS}
LEVELS = {"in_need": 402_400 - 49_420 - 81_770, "plan": 49_420, "looked_after": 81_770 - ASYLUM_LEVEL}
NEAR = 0.03
"""Published figures are revised by up to 1%, factors were solved for with three digits, levels drift by under 1%."""
POST = 3925 * 12 / 0.730337 / 1e6
"""A post a year in £m: G SS18.10 of 2013/14 at prices of 2024/25 (T-D1)."""


@cache
def study() -> Scenario:
    """England today as it is shipped."""
    return sim.load("today_alike", ["effect_set=[today_measured, no_effect]"])


def parameter(name: str) -> float:
    """The value of a parameter of today's front doors."""
    model = study().worlds[0].model
    return float(clock_value(model.parameters[name].expression, model, 0))


@cache
def expected() -> xr.Dataset:
    """Thirteen months of today's front doors, all of England, by expectation."""
    return expect(pared(study(), ("separate",), ("no_effect",), 13))


def level(state: str) -> float:
    """Children in a state in April 2025."""
    rows = expected()["occupancy"].sel(regime="separate", effect_set="no_effect")
    return float(rows.sel(state=f"care={state}").isel(step=0))


def year(*moves: str) -> float:
    """Moves in the year from April 2025."""
    flows = expected()["flows"].sel(regime="separate", effect_set="no_effect")
    return float(sum(flows.sel(flow=f"care: {move}").isel(step=slice(1, 13)).sum() for move in moves))


def starts() -> dict[str, float]:
    """Children who begin to be in need, begin a plan and start in care in the year from April 2025."""
    into_care = [f"{state} -> looked_after" for state in ("in_need", "plan", "returned")]
    return {
        "need": year("home -> in_need", "known -> in_need"), "plan": year("in_need -> plan"), "care": year(*into_care)
    }  # fmt: skip


def test_flows_and_levels_are_the_published_ones_over_all_children() -> None:
    published = {
        "referrals": 632_830 - ASYLUM_STARTS, "need_starts": STARTS["need"], "plan_starts": STARTS["plan"],
        "care_starts": STARTS["care"], "in_need_level": LEVELS["in_need"], "plan_level": LEVELS["plan"],
        "care_level": LEVELS["looked_after"],
    }  # fmt: skip
    for name, count in published.items():
        assert parameter(name) == pytest.approx(count / CHILDREN * 10_000, rel=0.003), name  # three or four digits


def test_the_areas_hold_all_children_and_the_rows_are_the_families_within_reach() -> None:
    areas = tree_of("today_alike", []).mapping["units"].mapping["family"].mapping["areas"].mapping
    assert len(areas) == 153
    assert sum(int(area.mapping["value"].value) for area in areas.values()) == CHILDREN
    rows = expected()["occupancy"].sel(regime="separate", effect_set="no_effect").isel(step=0)
    children = float(sum(rows.sel(state=s) for s in rows.state.values if str(s).startswith("care=")))
    assert children == pytest.approx(parameter("reach") * CHILDREN, rel=0.005)


@pytest.mark.parametrize("name", STARTS)
def test_as_many_begin_in_a_year_as_are_published(name: str) -> None:
    assert starts()[name] == pytest.approx(STARTS[name], rel=NEAR)


@pytest.mark.parametrize("state", LEVELS)
def test_levels_follow_from_flows(state: str) -> None:
    """No level is set: everybody began at home eighteen years before."""
    assert level(state) == pytest.approx(LEVELS[state], rel=NEAR)


def test_rereferrals_are_the_published_share() -> None:
    assert year("known -> in_need") / starts()["need"] == pytest.approx(0.226, abs=0.015)


def test_exits_from_care_are_near_the_published_rate() -> None:
    """A prediction: 0.350 left in 2025 while the level fell by 1.7%; here as many leave as start."""
    left = year("looked_after -> returned", "looked_after -> new_home", "looked_after -> home")
    assert left / level("looked_after") == pytest.approx(0.350, rel=0.07)


def stay(bands: dict[int, float], grown_up: float) -> float:
    """Mean length of a stay in years, counted at the ends of months, from yearly rates by months of stay."""
    edges, k = sorted(bands), np.arange(600)
    rate = np.array([bands[max(edge for edge in edges if edge <= month)] for month in k]) + grown_up
    survive = np.concatenate([[1.0], np.exp(-np.cumsum(rate) / 12)[:-1]])
    return float(survive.sum() / 12)


def test_plans_are_starts_times_mean_length() -> None:
    """Little's law with the rates in closed form: lengths of T-L10 by band, children who grow up besides."""
    share = parameter("care_starts") * parameter("starts_from_plan") / parameter("plan_starts")
    times = parameter("plan_ends_times") * (1 - share + share * parameter("care_starts_times"))
    length = stay({0: 0.1 * times, 3: 1.45 * times, 6: 2.0 * times}, year("plan -> home") / level("plan"))
    assert level("plan") == pytest.approx(starts()["plan"] * length, rel=0.01)
    assert length == pytest.approx(0.80, abs=0.03)  # T-L10: level over starts


def test_children_looked_after_are_starts_times_mean_length() -> None:
    times = parameter("care_ends_times")
    grown_up = year("looked_after -> home") / level("looked_after")
    length = stay({0: 0.43 * times, 12: 0.216 * times}, grown_up)
    # 18th birthdays are fewer in the first years of a stay than later, which one rate for all leaves out.
    assert level("looked_after") == pytest.approx(starts()["care"] * length, rel=0.05)


def test_plans_have_lasted_as_long_as_is_published() -> None:
    """T-L10: of plans on 31 March 2025 31.5% began within 3 months, 25.5% 3 to 6 and 26.3% 6 to 12 months before."""
    share = parameter("care_starts") * parameter("starts_from_plan") / parameter("plan_starts")
    times = parameter("plan_ends_times") * (1 - share + share * parameter("care_starts_times"))
    months = np.arange(120)
    rate = times * np.select([months < 3, months < 6], [0.1, 1.45], 2.0)
    there = np.concatenate([[1.0], np.exp(-np.cumsum(rate) / 12)[:-1]])
    there /= there.sum()
    found = [there[:3].sum(), there[3:6].sum(), there[6:12].sum(), there[12:].sum()]
    assert found == pytest.approx([0.315, 0.255, 0.263, 0.166], abs=0.03)


def test_nearly_half_of_all_cases_close_within_three_months() -> None:
    """T-L8: of cases that end 47.0% do so within 3 months, 61.8% within 6; by a cohort of cases, month by month.

    A prediction, held to ten points: these lengths come to some 0.8 years on average, level over flow (T-L7) to 1.07,
    which the model keeps, so that cases are a little longer here.
    """
    plan = parameter("plan_starts") / parameter("in_need_level") * parameter("plan_starts_times")
    other = 1 - parameter("starts_from_plan") - parameter("starts_after_return")
    care = parameter("care_starts") * other / parameter("in_need_level") * parameter("care_starts_times")
    in_need, later, closed = np.zeros(4), 0.0, []
    in_need[0] = 1.0
    for _ in range(
        12
    ):  # who comes to a plan or to care stays there for longer than this follows, but for plans that end
        ends = parameter("need_ends_times") * np.array([2.4, 2.4, 2.4, 1.05])
        out = -np.expm1(-(ends + plan + care) / 12)
        gone = in_need * out
        closed.append(float((gone * ends / (ends + plan + care)).sum()))
        later += float((gone * (plan + care) / (ends + plan + care)).sum())
        stayed = in_need - gone
        in_need = np.array([0.0, stayed[0], stayed[1], stayed[2] + stayed[3]])
    within = np.cumsum(closed)
    assert within[[2, 5]] == pytest.approx([0.470, 0.618], abs=0.1)


def team_of(regime: str, service: str) -> Team:
    """The team of a service in a regime."""
    model = next(w.model for w in study().worlds if w.regime == regime)
    found = next(chain.service for chain in model.chains if chain.name == service)
    assert found is not None
    assert found.team is not None
    return found.team


def test_the_envelope_adds_up() -> None:
    """T-P7: £523m a year with £253.5m of old money, £2.4bn over three years; half of what is new is on posts (T-P8)."""
    new = np.array([523 - 253.5, *[523 - 253.5 + 150 + 547 / 3] * 2, 523 - 253.5 + 547 / 3])
    assert new[1:].sum() + 3 * 253.5 == pytest.approx(2416)
    real = new / np.array([1.032388, 1.053095, 1.073546, 1.093571])  # T-D1, 2024/25 = 1
    team, model = team_of("family_help", "lead_practitioner"), study().worlds[0].model
    posts = [sum(level.values()) for level in (team.workers, *(level for _, level in team.funding))]
    assert np.array(posts) * POST == pytest.approx(real / 2, rel=0.001)
    change = np.array(model.tables["change_money"].y) * model.units[0].size / 1e6
    assert change[:4] == pytest.approx(real / 2, rel=0.001)
    assert change[4] == 0
    assert sum(team_of("separate", "early_help").workers.values()) * POST == pytest.approx(253.5 / 1.032388, rel=0.005)


@pytest.mark.parametrize(
    ("regime", "service"), [("family_group_decisions", "family_conference"), ("edge_of_care", "edge_team")]
)
def test_other_regimes_stay_within_the_new_money_of_their_first_year(regime: str, service: str) -> None:
    assert team_of(regime, service).most_posts * POST <= (523 - 253.5) / 1.032388


def test_a_post_costs_what_its_line_says() -> None:
    costs = YAML(typ="safe", pure=True).load((ROOT / "configs/model/today/costs.yaml").read_text(encoding="utf-8"))[
        "costs"
    ]
    posts = [line["price"] for line in costs if line.get("per", "").endswith(".worker")]
    assert len(posts) == 4
    assert {(price["value"], price["unit"], price["price_year"]) for price in posts} == {(3925, "gbp/month", "2013/14")}


def test_a_ratio_of_rates_is_nearly_one_of_shares() -> None:
    """What today_measured.yaml says of 0.81, for a risk of one in five a year."""
    risk = 0.2
    assert (1 - (1 - risk) ** 0.81) / risk == pytest.approx(0.83, abs=0.005)


def test_lead_practitioners_do_what_key_workers_were_found_to_do() -> None:
    """Solved for where key workers were measured, at face value, and carried over as it stands."""
    here, there = (
        YAML(typ="safe", pure=True).load((ROOT / f"configs/evidence_sets/{name}.yaml").read_text(encoding="utf-8"))
        for name in ("today_measured", "measured_face_value")
    )
    assert here["set"]["parameters.lead_care"]["value"] == there["set"]["parameters.kw_care"]["value"]


@cache
def simulated() -> xr.Dataset:
    """A few families for eighteen months, in every regime."""
    sets = ("effect_set=[today_measured, no_effect]", "areas_taken=2", "units.family.size=400000", "replications=1")
    scenario = sim.load("today_alike", [*sets, "units.family.warm_up=24 months"])
    regimes = ("separate", "family_help", "family_group_decisions", "edge_of_care")
    return sim.simulate(pared(scenario, regimes, ("today_measured", "no_effect"), 18))


@pytest.mark.parametrize("regime", ["family_help", "family_group_decisions", "edge_of_care"])
def test_where_help_does_nothing_children_live_the_same_lives(regime: str) -> None:
    """The same draws: every count of every state of care, at every month, and families are helped all the same."""
    found = {name: simulated()["occupancy"].sel(regime=name, effect_set="no_effect") for name in ("separate", regime)}
    care = [str(state) for state in found["separate"].state.values if str(state).startswith("care=")]
    np.testing.assert_array_equal(found["separate"].sel(state=care), found[regime].sel(state=care))
    assert not np.array_equal(found["separate"], found[regime])


@pytest.mark.parametrize("regime", ["family_help", "family_group_decisions", "edge_of_care"])
def test_what_trials_found_keeps_children_out_of_care(regime: str) -> None:
    """Rates into care fall and none rises, on shared draws: as many as in the baseline would be chance alone."""
    into = [f"care: {state} -> looked_after" for state in ("in_need", "plan", "returned")]
    found = {name: simulated()["flows"].sel(regime=name, effect_set="today_measured") for name in ("separate", regime)}
    entries = {name: float(flows.sel(flow=into).sum()) for name, flows in found.items()}
    assert entries[regime] < entries["separate"]


@pytest.mark.slow
def test_simulation_agrees_with_expectation() -> None:
    """A tenth of England, one replication: within 3%, some two standard errors of the fewest (5,000 on plans)."""
    tenth = sim.load("today_alike", ["areas_taken=16", "replications=1"])
    ds = sim.simulate(pared(tenth, ("separate",), ("no_effect",), 1))
    rows = ds["occupancy"].sel(regime="separate", effect_set="no_effect").isel(step=0)
    all_of = [str(state) for state in rows.state.values if str(state).startswith("care=")]
    for state in LEVELS:
        share = float(rows.sel(state=f"care={state}") / rows.sel(state=all_of).sum())
        assert share == pytest.approx(level(state) / (parameter("reach") * CHILDREN), rel=0.03), state
