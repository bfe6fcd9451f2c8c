"""Check that the default model of England says what docs/model.md says it does.

The theory is accounting: hours given cannot exceed hours worked, the same money is the same money, each rung of the
swap ladder keeps all that the rung below it changed, and starts a year = posts x caseload x occupancy x 12 / months
engaged (Little's law). Nothing here runs the simulation.
"""

from functools import cache
from itertools import combinations, pairwise
from typing import Any

import pytest
from ruamel.yaml import YAML

from sim.config import load
from sim.model.compiled.readings import clock_value
from sim.model.spec import Model, Scenario, Service
from tests.places import ROOT

SCENARIOS = ROOT / "configs" / "scenarios"
RUNGS = (
    "siloed_same_money", "smaller_caseloads", "one_assessment", "one_queue", "several_needs",
)  # fmt: skip
EQUAL = ("hours_month", "help_per_hour", "aftercare_share")
POST_2012_13 = {
    "jobcentre": 30_526,
    "substance_treatment": 53_806,
    "adult_mental_health": 56_884,
    "probation_asb": 46_756,
    "youth_offending": 49_645,
}
CASELOADS = (
    ("kw_caseload", 3), ("caseload_jobcentre", 9), ("caseload_substance_treatment", 4.5),
    ("caseload_adult_mental_health", 5), ("caseload_dv_support", 3.5), ("caseload_tenancy_support", 3.25),
    ("caseload_probation_asb", 6), ("caseload_education_welfare", 4.5), ("caseload_youth_offending", 2.5),
    ("caseload_family_support", 3.7),
)  # fmt: skip
SUPPORT_POST = 46_121
OTHER_COSTS = 22.1e6


@cache
def scenario(name: str) -> Scenario:
    return load(SCENARIOS / f"{name}.yaml")


def model(regime: str) -> Model:
    return next(world.model for world in scenario("ladder").worlds if world.regime == regime)


def number(of: Model, name: str) -> float:
    return clock_value(of.parameters[name].expression, of, 0)


def helping(of: Model) -> list[Service]:
    return [c.service for c in of.chains if c.service is not None and c.service.kind == "discretionary"]


def posts(of: Model, name: str) -> float:
    """Posts at scale, all areas."""
    team = next(s for s in helping(of) if s.name == name).team
    assert team is not None
    return sum((team.funding[-1][1] if team.funding else team.workers).values())


def overlay(regime: str) -> dict[str, Any]:
    text = (ROOT / "configs" / "model" / "regimes" / f"{regime}.yaml").read_text(encoding="utf-8")
    settings: dict[str, Any] = YAML(typ="safe", pure=True).load(text)["regimes"][regime]["set"]
    return settings


@pytest.mark.parametrize("name", ["national", "ladder", "sceptic", "advocate", "demo"])
def test_every_scenario_loads(name: str) -> None:
    made = scenario(name)
    assert made.baseline == "siloed"
    assert made.baseline in {world.regime for world in made.worlds}


@pytest.mark.parametrize("name", ["ladder", "sceptic", "advocate"])
def test_contact_hours_given_are_those_worked(name: str) -> None:
    # A worker's face-to-face hours a month, shared among the families held, are each family's contact hours.
    for world in scenario(name).worlds:
        for service in helping(world.model):
            assert service.team is not None
            share = "kw_face_share" if service.name == "keyworker" else "face_share"
            worked = number(world.model, "hours_month") * number(world.model, share)
            assert service.contact_hours_month * service.team.caseload == pytest.approx(worked, rel=1e-9)


def test_places_and_contact_hours_follow_from_one_caseload() -> None:
    usual = model("integrated").chains
    halved = load(SCENARIOS / "national.yaml", [f"parameters.{name}.value={value}" for name, value in CASELOADS])
    for chain in next(w.model for w in halved.worlds if w.regime == "integrated").chains:
        if chain.service is not None and chain.service.team is not None:
            before = next(c.service for c in usual if c.name == chain.name)
            assert before is not None
            assert before.team is not None
            assert chain.service.team.caseload == pytest.approx(before.team.caseload / 2)
            ratio = chain.service.contact_hours_month / before.contact_hours_month
            assert ratio == pytest.approx(2)


def test_nine_hours_a_week_for_six_families_is_not_promised() -> None:
    # D10's 54 hours of contact do not fit a post of 37 hours: the model's key worker gives what one post can.
    keyworker = next(s for s in helping(model("integrated")) if s.name == "keyworker")
    weekly = keyworker.contact_hours_month * 12 / 52
    assert keyworker.team is not None
    assert keyworker.team.caseload * weekly < 37
    assert keyworker.team.caseload * 9 > 37


def test_services_of_the_silo_are_not_clones() -> None:
    chains = [c for c in model("siloed").chains if c.service in helping(model("siloed")) and c.name != "keyworker"]
    assert len({c.service.agency for c in chains if c.service is not None}) >= 8
    for a, b in combinations(chains, 2):
        # Who is referred, and how fast, differs between any two; so does the length of help or the caseload.
        assert a.transitions[0].expression != b.transitions[0].expression
        assert a.transitions != b.transitions


def test_what_is_no_difference_is_equal_in_all_regimes() -> None:
    for world in scenario("ladder").worlds:
        for name in EQUAL:
            assert number(world.model, name) == number(model("siloed"), name)
        for service in helping(world.model):
            assert service.team is not None
            assert (service.team.turnover_per_year, service.team.hire_steps, service.team.absence) == (0.15, 4, 0.04)


def test_each_rung_keeps_what_the_rung_below_changed() -> None:
    for lower, upper in pairwise(RUNGS):
        assert overlay(lower).items() <= overlay(upper).items(), upper
        assert len(overlay(upper)) > len(overlay(lower))
    mechanisms = {k: v for k, v in overlay("several_needs").items() if k not in overlay("smaller_caseloads")}
    assert mechanisms.items() <= overlay("integrated").items()


def test_same_money_is_the_money_of_integrated() -> None:
    # Posts x price a year (2012/13) of S1 = payroll of S0 + key workers + the other costs of integration, within 0.5%.
    services = [s.name for s in helping(model("siloed")) if s.name != "keyworker"]

    def payroll(regime: str) -> float:
        return sum(posts(model(regime), name) * POST_2012_13.get(name, SUPPORT_POST) for name in services)

    integrated = payroll("integrated") + posts(model("integrated"), "keyworker") * SUPPORT_POST + OTHER_COSTS
    for rung in RUNGS:
        assert payroll(rung) == pytest.approx(integrated, rel=0.005)


def test_staff_identity_at_programme_scale() -> None:
    # Mean months engaged: three stages of four months, each left for good at the drop-out rate, months discrete.
    drop, stage = 1 - pow(2.718281828, -0.38 / 12), 1 / 4
    stay = 1 / (stage + drop)
    months = stay * (1 + (stage * stay) + (stage * stay) ** 2)
    n = posts(model("integrated"), "keyworker")
    present = (1 / (1 + 0.15 * 4 / 12)) * (1 - 0.04)
    starts = n * 6 * present * 12 / months
    assert 3_500 <= n <= 8_000
    assert 35_000 <= starts <= 45_000
    completed = (stage * stay) ** 3
    assert 0.60 <= completed <= 0.80


def test_areas_get_all_posts() -> None:
    assert posts(model("siloed"), "keyworker") == 0
    assert sum(posts(model("siloed"), s.name) for s in helping(model("siloed"))) == pytest.approx(7_300)
    assert posts(model("integrated"), "keyworker") == pytest.approx(6_000)
