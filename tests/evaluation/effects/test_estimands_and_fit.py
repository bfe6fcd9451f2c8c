"""Estimands are read or refused plainly, and the solver finds roots that can be worked out by hand.

Theory: a line is found exactly by one secant; two that influence each other converge when each influences itself more
(Broyden 1965), in as many sweeps as there are unknowns and a few more.
"""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import sim
from sim.errors import ModelError
from sim.evaluation.effects import estimands
from sim.evaluation.effects.estimands import Estimand, digest, estimands_of
from sim.evaluation.effects.fit import EffectFit, _fitted, solve
from sim.evaluation.effects.record import as_record, table
from sim.evaluation.trial.evaluation import ENTRY_MONTHS
from sim.evaluation.trial.trial import MONTHS
from sim.language.evaluate import number
from sim.model.spec import Parameter, Scenario
from sim.runs.replications import with_parameters
from tests.evaluation.trial.small_panels import ENGAGED, LOOKED_AFTER, panel

ENTRY = {
    "quantity": "share of children looked after", "ratio": 0.68, "months": [19, 24],
    "parameter": "parameters.kw_care", "low": -0.3, "high": 0.1, "source": "F4",
}  # fmt: skip


@pytest.fixture(scope="module")
def demo() -> Scenario:
    return sim.load("demo")


def estimand(**changes: object) -> Estimand:
    return replace(estimands_of({"looked_after": ENTRY})[0], **changes)  # type: ignore[arg-type]


def test_an_estimand_is_read() -> None:
    made = estimand()
    assert (made.outcome, made.months, made.scale, made.target) == ("looked_after", (19, 24), "ratio", 0.68)
    assert (made.parameter, made.low, made.high) == ("kw_care", -0.3, 0.1)
    assert made.natural(made.distance_to_target) == pytest.approx(0.68)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quantity": "happiness"}, "given 'happiness'; it may be one of: share of children looked after"),
        ({"months": [19, 36]}, "given 19 to 36; months run from 1 to 24"),
        ({"parameter": "chains.care"}, "must be a parameter"),
        ({"low": 0.2}, "low must be below high"),
        ({"ratio": -1}, "a ratio above 0"),
        ({"by": "luck"}, r"looked_after\.by: given 'luck'; it may be one of: evaluation, truth"),
        ({"by": "truth", "quantity": "wide cost a family and year"}, "before and after finds; it cannot be the truth"),
    ],
)
def test_a_wrong_estimand_says_what_is_allowed(change: dict[str, object], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        estimands_of({"looked_after": ENTRY | change})


def test_an_incomplete_estimand_says_what_is_lacking() -> None:
    with pytest.raises(ModelError, match=r"estimands\.x: give months, low as well"):
        estimands_of({"x": {k: v for k, v in ENTRY.items() if k not in ("months", "low")}})
    with pytest.raises(ModelError, match="as 'ratio' or as 'difference'"):
        estimands_of({"x": {k: v for k, v in ENTRY.items() if k != "ratio"}})


def test_two_roots_that_influence_each_other_are_found() -> None:
    first, second = estimand(), estimand(name="other", target=0.9)

    def study(values: np.ndarray) -> np.ndarray:
        return np.array([[8 * values[0] + 1.0 * values[1], 0.5 * values[0] - 6 * values[1]]])

    values, samples = solve(study, [first, second], np.zeros(2))
    assert np.abs(samples[0] - np.log([0.68, 0.9])).max() < 0.02
    exact = np.linalg.solve([[8, 1], [0.5, -6]], np.log([0.68, 0.9]))
    assert values == pytest.approx(exact, abs=0.02 / 6)


def test_what_is_out_of_reach_stops_at_its_bound() -> None:
    claimed = estimand(scale="difference", target=-70_000.0, low=-0.15, high=0.0)
    values, samples = solve(lambda v: np.array([[100_000 * v[0]]]), [claimed], np.array([-0.15]))
    assert values[0] == pytest.approx(-0.15)
    made = _fitted(claimed, float(values[0]), samples[:, 0], 10.0)
    assert not made.reachable
    assert made.shortfall == pytest.approx(-55_000)
    fit = EffectFit("claimed", "integrated", "0" * 64, 1, 1, (made,))
    assert "not reachable: short by 55,000" in table(fit)
    assert as_record(fit)["reachable"] is False


@pytest.mark.parametrize(("value", "is_reached"), [(-0.2, True), (-0.3, False), (0.1, False)])
def test_at_the_end_of_a_range_one_standard_error_is_no_two(value: float, is_reached: bool) -> None:
    """0.709 for 0.68, 1.7 standard errors of the logarithm: within the range a search may come nearer."""
    off = math.log(0.709)
    made = _fitted(estimand(), value, np.array([off - 0.024, off + 0.024]), 10.9)
    assert made.standard_error == pytest.approx(0.024)
    assert made.reachable is is_reached
    assert made.shortfall == pytest.approx(0.0 if is_reached else -0.029)


def test_nothing_is_sought_closer_than_one_standard_error() -> None:
    """Two replications 0.2 apart have a standard error of 0.1: a miss of 0.05 is left alone."""
    calls = []

    def study(values: np.ndarray) -> np.ndarray:
        calls.append(values)
        return np.log(0.68) + 0.05 + np.array([[0.1], [-0.1]])

    solve(study, [estimand()], np.zeros(1))
    assert len(calls) == 1


def test_the_multiplier_is_not_the_estimand() -> None:
    made = _fitted(estimand(), -0.06, np.log([0.68, 0.68]), 10.9)
    assert made.reachable
    assert made.multiplier == pytest.approx(math.exp(-0.654))
    record = as_record(EffectFit("measured", "integrated", "0" * 64, 2, 1, (made,)))
    assert record["estimands"] == {
        "looked_after": {
            "value": -0.06, "multiplier": 0.52, "target": 0.68, "reached": 0.68, "reachable": True,
            "standard_error": 0.0,
        }
    }  # fmt: skip


def test_the_digest_knows_the_model_and_not_the_answer(demo: Scenario) -> None:
    solved = ["kw_care"]
    before = digest(demo, "integrated", "measured", solved)
    assert digest(with_parameters(demo, {"kw_care": -0.2}), "integrated", "measured", solved) == before
    assert digest(replace(demo, replications=99, seed=5), "integrated", "measured", solved) == before
    assert digest(with_parameters(demo, {"help_per_hour": 0.9}), "integrated", "measured", solved) != before
    assert digest(demo, "integrated", "measured", []) != before


def test_the_truth_is_the_twin_and_the_evaluation_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four families await a place and two are helped; help keeps the children of both at home.

    Two of the four others' children are in care: 0 against 1/2 by evaluation, 0 against 1 by truth. No fit is needed.
    """
    entry = 15
    helped, alone = panel(6, 12 + ENTRY_MONTHS + MONTHS), panel(6, 12 + ENTRY_MONTHS + MONTHS)
    for one in (helped, alone):
        one.care[entry + 1 :, :4] = LOOKED_AFTER
    helped.programme[entry:, :2] = ENGAGED
    helped.care[entry + 1 :, :2] = 0
    world = SimpleNamespace(name="helped", start=12)
    monkeypatch.setattr(estimands, "follow_pair", lambda *given, **more: (helped, alone))
    both = [estimand(), replace(estimand(name="true"), by="truth", base=0.025)]
    found = estimands.measure_once(SimpleNamespace(worlds=(world,)), 0, world="helped", estimands=both)  # type: ignore[arg-type]
    assert found["looked_after"] == pytest.approx((0.0, 0.5))
    assert found["true"] == (0.0, 1.0)


def test_a_ratio_is_read_on_the_base_of_the_model_and_on_the_published_one() -> None:
    """0.68 takes 1.6 points off 5% and 0.8 off 2.5%."""
    made = _fitted(replace(estimand(), by="truth", base=0.025), -0.06, np.log([0.68]), 10.9, 0.05)
    text = table(EffectFit("measured_face_value", "integrated", "0" * 64, 1, 1, (made,)))
    assert "by truth; level of those helped, without help: 5.00%; help adds -1.60 points" in text
    assert "on the published base of 2.5% it would be -0.80" in text


def test_a_parameter_that_is_not_there_is_named(demo: Scenario) -> None:
    with pytest.raises(ModelError, match=r"parameters\.kw_hope: the model has no parameter of that name"):
        with_parameters(demo, {"kw_hope": 1.0})
    changed = with_parameters(demo, {"kw_care": -0.2})
    assert all(w.model.parameters["kw_care"] == Parameter("kw_care", number(-0.2)) for w in changed.worlds)


def test_a_cost_is_of_the_wide_ledger_in_the_year_before_and_the_months_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family first helped 15 months into the panel: £1 a month before, £4 after, and nothing narrow."""
    entry, months = 15, 24
    made = panel(1, 12 + ENTRY_MONTHS + MONTHS)
    made.programme[entry : entry + 3, 0] = ENGAGED
    bill = np.where(np.arange(made.n_steps) < entry, 1.0, 4.0)[:, None]
    made = replace(made, bills={"wide": bill, "narrow": 0.0 * bill})
    world = SimpleNamespace(name="helped", start=12)
    monkeypatch.setattr(estimands, "follow", lambda *given, **more: {"helped": made})
    asked = estimand(outcome=estimands.COST, months=(1, months))
    found = estimands.measure_once(SimpleNamespace(worlds=(world,)), 0, world="helped", estimands=[asked])  # type: ignore[arg-type]
    assert found == {asked.name: (48.0, 12.0)}
