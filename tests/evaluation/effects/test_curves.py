"""Effects at several ratios at once: the curve of a study that is a line or a bend is found as it is, else refused.

Theory: where the logarithm of a ratio is a + b p, the parameter at a ratio is (log r - a) / b; the grid is even in
logarithms.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.config.text.source import plain, read
from sim.errors import ModelError
from sim.evaluation.effects.curve_studies import with_curves
from sim.evaluation.effects.curves import REACH, STUDIES, Curve, Learnt, Studies, grid_of, learn
from sim.evaluation.effects.estimands import Estimand
from sim.evaluation.effects.fit import EffectFit, Study, _fitted
from sim.evaluation.effects.question import keep, set_file
from sim.evaluation.effects.record import table
from sim.evaluation.effects.whole import Missed, missed
from sim.model.compiled.readings import clock_value
from sim.model.spec import Bearing, DrawnEffect, Scenario, SetFit, World
from sim.runs.beliefs.distributions import Belief
from sim.runs.beliefs.draws import Uncertain
from sim.runs.beliefs.effects import parameters_at
from tests.evaluation.effects.test_fit_files import SET

CARE = Estimand("care", "looked_after", (19, 24), "ratio", 0.7, "kw_care", -3, 1, interval=(0.5, 0.98))
PLAN = Estimand("plan", "protection_plan", (7, 18), "ratio", 1.1, "kw_plan", -1, 2)


def study(values: np.ndarray) -> np.ndarray:
    """Give what a study with a bias of -0.1 and a slope of 0.4 finds in two replications, and nothing of the plan."""
    found = -0.1 + 0.4 * values[0]
    return np.array([[found - 0.02, 0.0], [found + 0.02, 0.0]])


def curves(study: Study, estimands: list[Estimand], fitted: np.ndarray, points: int) -> dict[str, Curve]:
    """Give the curves alone, of studies that no input moves."""
    return learn(each(lambda values, _: study(values)), estimands, fitted, points).curves


def each(study: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Studies:
    """Give what runs a study after the other, from one that gives (replication, estimand)."""
    return lambda nodes, moved: np.array([study(*one).mean(axis=0) for one in zip(nodes, moved, strict=True)])


def test_a_grid_is_even_in_logarithms() -> None:
    grid = np.log(grid_of(CARE, 5))
    sd = np.log(0.98 / 0.5) / 3.92
    assert np.diff(grid) == pytest.approx(np.full(4, 2 * REACH * sd / 4), rel=1e-3)
    assert grid[2] == pytest.approx(np.log(0.7), abs=1e-9)


def test_a_line_is_found_at_every_ratio() -> None:
    told = []
    made = curves(lambda v: told.append(v) or study(v), [CARE, PLAN], np.array([-0.64, 0.3]), 5)
    assert set(made) == {"care"}  # the other has no interval, and keeps its value
    assert {values[1] for values in told} == {0.3}
    for ratio, value in made["care"]:
        assert value == pytest.approx((np.log(ratio) + 0.1) / 0.4)
    assert len(told) == STUDIES * 5


def test_a_bend_is_followed() -> None:
    def bent(values: np.ndarray) -> np.ndarray:
        return np.array([[0.6 * values[0] + 0.1 * values[0] ** 2]])

    made = curves(bent, [CARE], np.array([-0.6]), 7)
    for ratio, value in made["care"]:
        assert 0.6 * value + 0.1 * value**2 == pytest.approx(np.log(ratio), abs=1e-3)


def test_what_others_do_is_told_apart() -> None:
    """Theory: of log r_plan = 0.3 p - exp(c) the curve in p is that at the fitted c; moved together, it would fall.

    The fitted c is not in the middle of those that are tried, since the ratio found is not in that of its interval.
    """
    care, plan = replace(CARE, interval=(0.6, 0.98)), replace(PLAN, interval=(0.9, 1.3))

    def both(values: np.ndarray) -> np.ndarray:
        return np.array([[0.4 * values[0], 0.3 * values[1] - np.exp(values[0])]])

    made = curves(both, [care, plan], np.array([-0.9, -1.2]), 7)
    for ratio, value in made["plan"]:
        assert value == pytest.approx(np.clip((np.log(ratio) + np.exp(-0.9)) / 0.3, -1, 2), abs=1e-6)
    for ratio, value in made["care"]:
        assert value == pytest.approx(np.log(ratio) / 0.4, abs=1e-6)


def test_a_ratio_that_others_make_is_asked_of_its_own_parameter_too() -> None:
    """Where others leave next to nothing to a parameter, studies move it all the same, so that noise is no slope.

    An error of 1% in each of 18 studies is 0.0125 of the parameter; three times that at the ends of a quadratic.
    """
    care, plan = replace(CARE, interval=(0.6, 0.98)), replace(PLAN, interval=(1.02, 1.25))
    rng = np.random.Generator(np.random.PCG64(5))

    def both(values: np.ndarray) -> np.ndarray:
        return np.array([[0.4 * values[0], 0.095 + 0.8 * values[1]]]) + 0.01 * rng.standard_normal((1, 2))

    made = curves(both, [care, plan], np.array([-0.9, 0.001]), 9)
    for ratio, value in made["plan"]:
        assert value == pytest.approx((np.log(ratio) - 0.095) / 0.8, abs=0.04)


LASTS = Uncertain("services.kw.aftercare.mean", Belief(8.0, 4.0, 24.0, "lognormal"))
LEFT = Uncertain("parameters.aftercare_share.value", Belief(0.5, 0.25, 0.75, "normal"))


def test_what_inputs_do_to_a_value_is_learnt_and_allowed_for(tmp_path: Path) -> None:
    """Theory: of log r = 0.4 v (m / 8)^0.3 (s / 0.5)^0.8 the value at r, m and s is log r / 0.4 over both powers.

    What is learnt is kept in the file of the set, and a draw reads it from there.
    """
    file = tmp_path / "measured.yaml"
    file.write_text(SET, encoding="utf-8")

    def lasting(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        return np.array([[0.4 * values[0] * (inputs[0] / 8) ** 0.3 * (inputs[1] / 0.5) ** 0.8]])

    made = learn(each(lasting), [CARE], np.array([-0.9]), 5, [LASTS, LEFT])
    assert {path: at for path, (at, _) in made.inputs.items()} == {LASTS.name: 8.0, LEFT.name: 0.5}
    assert [power for _, power in made.inputs.values()] == pytest.approx([0.3, 0.8], abs=1e-6)
    effect = DrawnEffect("care", "kw_care", 0.7, 0.5, 0.98, made.curves["care"], made.bearings["care"])
    fit = SetFit("", "", ("kw_care",), drawn=(effect,), inputs=made.inputs)
    for ratio, months, share in ((0.7, 8, 0.5), (0.6, 20, 0.5), (0.8, 5, 0.7), (0.75, 24, 0.75)):
        wanted = np.log(ratio) / 0.4 / (months / 8) ** 0.3 / (share / 0.5) ** 0.8
        drawn = {LASTS.name: float(months), LEFT.name: share, "costs.another": 3.0}
        assert parameters_at(fit, {"estimands.care.ratio": ratio}, drawn)["kw_care"] == pytest.approx(wanted, rel=1e-3)
    with pytest.raises(ModelError, match="above 0"):
        parameters_at(fit, {"estimands.care.ratio": 0.7}, {LEFT.name: -0.1})
    weak = parameters_at(fit, {"estimands.care.ratio": 0.35}, {LASTS.name: 4.0, LEFT.name: 0.25})
    assert weak["kw_care"] == CARE.low  # more than the bounds allow
    solved = _fitted(CARE, -0.9, np.log([0.7, 0.7]), 1.0)
    kept = EffectFit(
        "measured", "integrated", "ab" * 32, 2, 1, (solved,), "", 1.0, {}, made.curves, made.bearings, made.inputs
    )
    keep(kept, file)
    written = plain(read(file))["fit"]
    assert written["others"] == {"care": {}}
    assert written["inputs"] == {LASTS.name: {"at": 8.0, "power": 0.3}, LEFT.name: {"at": 0.5, "power": 0.8}}
    assert "a value counts with the power 0.30 of services.kw.aftercare.mean, 8" in table(kept)


def test_what_effects_do_to_each_other_is_solved_for() -> None:
    """Theory: of log r_care = 0.4 c + 0.1 exp(p) and log r_plan = 0.8 p - 0.2 exp(c) both are solved for."""
    others = {"kw_care": {"kw_plan": 0.1}, "kw_plan": {"kw_care": -0.2}}
    fitted, slopes = {"kw_care": -0.9, "kw_plan": 0.1}, {"kw_care": 0.4, "kw_plan": 0.8}
    constants = {"kw_care": 0.1 * np.exp(fitted["kw_plan"]), "kw_plan": -0.2 * np.exp(fitted["kw_care"])}

    def effect(name: str, parameter: str) -> DrawnEffect:
        curve = tuple((r, (np.log(r) - constants[parameter]) / slopes[parameter]) for r in (0.5, 0.8, 1.0, 1.3))
        return DrawnEffect(
            name, parameter, 0.7, 0.5, 0.98, curve, Bearing(fitted[parameter], (-3.0, 2.0), others[parameter])
        )  # fmt: skip

    fit = SetFit("", "", ("kw_care", "kw_plan"), drawn=(effect("care", "kw_care"), effect("plan", "kw_plan")))
    found = parameters_at(fit, {"estimands.care.ratio": 0.6, "estimands.plan.ratio": 1.2})
    care, plan = found["kw_care"], found["kw_plan"]
    logs = [0.4 * care + 0.1 * np.exp(plan), 0.8 * plan - 0.2 * np.exp(care)]
    assert logs == pytest.approx(np.log([0.6, 1.2]), abs=1e-9)


def test_powers_and_others_are_told_apart_in_one_design() -> None:
    """With an error of 0.02 in each of 27 studies, powers are found within three standard errors, of 0.05 to 0.1."""
    care, plan = replace(CARE, interval=(0.46, 1.0)), replace(PLAN, interval=(1.02, 1.25))
    rng = np.random.Generator(np.random.PCG64(7))

    def both(values: np.ndarray, inputs: np.ndarray) -> np.ndarray:
        counts = values[0] * (inputs[0] / 8) ** 0.3 * (inputs[1] / 0.5) ** 0.8
        told = [0.2 * counts, 0.05 + 0.9 * values[1] - 0.3 * np.exp(counts)]
        return np.array([told]) + 0.02 * rng.standard_normal((1, 2))

    made = learn(each(both), [care, plan], np.array([-1.9, 0.0]), 9, [LASTS, LEFT])
    assert [power for _, power in made.inputs.values()] == pytest.approx([0.3, 0.8], abs=0.25)
    assert made.bearings["plan"].others["kw_care"] == pytest.approx(-0.3, abs=0.06)


def test_studies_are_of_the_model_that_inputs_make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The inputs are those that the study names and no effect; a study is of the model that they make, and by itself.

    With random numbers that all studies share their luck would move the whole curve.
    """
    asked, seeds = {}, []

    def study_of(scenario: Scenario, world: World, *_: object) -> tuple[Study, None]:
        asked["share"] = clock_value(world.model.parameters["aftercare_share"].expression, world.model, 0)
        asked["world"] = (world.regime, world.effect_set)
        seeds.append(scenario.seed)
        return lambda values: values[None], None

    def learnt(studies: Studies, _: object, fitted: np.ndarray, points: int, inputs: Sequence[Uncertain], *__: object):
        asked["inputs"], asked["points"] = [one.name for one in inputs], points
        moved = np.array([{LEFT.name: 0.31}.get(one.name, one.belief.value) for one in inputs])
        asked["found"] = studies(np.tile(fitted, (3, 1)), np.tile(moved, (3, 1)))
        return Learnt({"care": ((0.5, -1.5), (1.0, 0.25))}, {}, {LEFT.name: (0.5, 0.4)})

    monkeypatch.setattr("sim.evaluation.effects.curve_studies.study_of", study_of)
    monkeypatch.setattr("sim.evaluation.effects.curve_studies.learn", learnt)
    fit = EffectFit("measured", "phase_two", "", 2, 1, (_fitted(CARE, -0.64, np.log([0.69, 0.71]), 1.0),))
    made = with_curves(fit, "phase_two", [], [CARE], 7, folder=tmp_path)
    assert asked["inputs"] == [
        "parameters.aftercare_share.value", "parameters.measured_caseload.value", "parameters.lighter.value",
        "services.keyworker.aftercare.mean",
    ]  # fmt: skip
    assert (asked["share"], asked["world"], asked["points"]) == (0.31, ("phase_two", "measured"), 7)
    assert asked["found"].tolist() == 3 * [[-0.64]]
    assert len(set(seeds)) == 3
    assert made.inputs == {LEFT.name: (0.5, 0.4)}
    asked.pop("share")
    with_curves(fit, "phase_two", [], [CARE], 7, folder=tmp_path)
    assert asked["found"].tolist() == 3 * [[-0.64]]
    assert "share" not in asked  # it was kept, and is not run again
    with_curves(replace(fit, regime="integrated"), "demo", [], [CARE], 7)
    assert asked["inputs"] == []  # it names nothing, and its studies are of the model as it stands


def test_an_input_that_may_be_nothing_is_refused() -> None:
    wide = Uncertain("parameters.gain.value", Belief(0.1, -0.1, 0.3, "normal"))
    with pytest.raises(ModelError, match=r"'parameters.gain.value' may be 0 or less"):
        learn(each(lambda v, _: study(v)), [CARE], np.array([-0.6]), 5, [wide])


def test_a_study_that_finds_nobody_is_named_and_not_regressed() -> None:
    with pytest.raises(ModelError, match=r"estimands\.plan: nobody has it on one side"):
        curves(lambda v: np.array([[0.4 * v[0], np.nan if v[0] < -1 else 0.0]]), [CARE, PLAN], np.array([-0.6, 0.0]), 5)


def test_noise_is_smoothed_not_followed() -> None:
    """The end of a quadratic through n studies has 3 / sqrt(n) of their error: 0.1 of 0.15 with 21, 0.25 of a value.

    None is off by three of these.
    """
    rng = np.random.Generator(np.random.PCG64(3))
    made = curves(lambda v: study(v) + 0.15 * rng.standard_normal(), [CARE, PLAN], np.array([-0.6, 0.0]), 7)
    for ratio, value in made["care"]:
        assert value == pytest.approx((np.log(ratio) + 0.1) / 0.4, abs=0.75)


def test_what_does_not_move_one_way_is_refused() -> None:
    with pytest.raises(ModelError, match=r"estimands\.care: what studies find does not rise with kw_care"):
        curves(lambda v: np.array([[-0.3 * v[0]]]), [CARE], np.array([-0.6]), 5)
    with pytest.raises(ModelError, match="an 'interval'"):
        curves(study, [PLAN], np.array([0.1]), 5)


def test_curves_are_kept_with_the_fit_and_printed(tmp_path: Path) -> None:
    file = tmp_path / "measured.yaml"
    file.write_text(SET, encoding="utf-8")
    fitted = _fitted(CARE, -0.64, np.log([0.69, 0.71]), 1.0)
    fit = EffectFit("measured", "integrated", "ab" * 32, 2, 1, (fitted,), curves={"care": ((0.5, -1.5), (1.0, 0.25))})
    keep(fit, file)
    assert plain(read(file))["fit"]["curves"] == {"care": [[0.5, -1.5], [1.0, 0.25]]}
    assert "care, other ratios: 0.50 at -1.500, 1.00 at +0.250" in table(fit)
    keep(replace(fit, curves={}), file)
    assert "curves" not in plain(read(file))["fit"]  # those of another fit are not left behind


@pytest.mark.parametrize("name", ["measured", "measured_face_value", "weighed"])
def test_curves_of_the_library_were_solved_for(name: str) -> None:
    """Nine ratios each, a value that never falls as its ratio rises, and the fitted value where its ratio was reached.

    Within two standard errors of the ratio that the fit reached, and 2% for the curve, which has other studies.
    """
    file = set_file(name)
    assert file is not None
    held = plain(read(file))
    fit = held["fit"]
    assert fit["digest"]
    assert set(fit["curves"]) == {k for k, one in held["estimands"].items() if "interval" in one}
    for estimand, curve in fit["curves"].items():
        ratios, values = np.array(curve).T
        assert len(ratios) == 9
        assert (np.diff(ratios) > 0).all()
        assert (np.diff(values) >= 0).all()
        solved = fit["estimands"][estimand]
        rises = np.append(np.diff(values) > 0, True)
        told = np.interp(solved["value"], values[rises], np.log(ratios[rises]))
        chance = 2 * solved["standard_error"] / solved["reached"] + 0.02
        assert told == pytest.approx(np.log(solved["reached"]), abs=chance)


def test_what_curves_miss_is_told_beside_the_spread() -> None:
    off = np.array([[0.01], [-0.01]])
    found = Missed(("care",), off, off, {"narrow": np.array([30.0, -30.0])}, {"narrow": np.array([1000.0, 3000.0])})
    said = {row[0]: row[1:] for row in missed(found).rows}
    assert said["break-even price, narrow, £"][1] == "30"
    assert said["  the same, spread over draws, £"][1] == "1,414"
