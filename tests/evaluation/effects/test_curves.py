"""Effects at several ratios at once: the curve of a study that is a line or a bend is found as it is, else refused.

Theory: where the logarithm of a ratio is a + b p, the parameter at a ratio is (log r - a) / b; the grid is even in
logarithms.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sim.config.text.source import plain, read
from sim.errors import ModelError
from sim.evaluation.effects.curves import REACH, curves, grid_of
from sim.evaluation.effects.estimands import Estimand
from sim.evaluation.effects.fit import EffectFit, _fitted
from sim.evaluation.effects.question import keep, set_file
from sim.evaluation.effects.record import table
from sim.evaluation.effects.whole import Missed, missed
from sim.runs.beliefs.effects import at_ratio
from tests.evaluation.effects.test_fit_files import SET

CARE = Estimand("care", "looked_after", (19, 24), "ratio", 0.7, "kw_care", -3, 1, interval=(0.5, 0.98))
PLAN = Estimand("plan", "protection_plan", (7, 18), "ratio", 1.1, "kw_plan", -1, 2)


def study(values: np.ndarray) -> np.ndarray:
    """Give what a study with a bias of -0.1 and a slope of 0.4 finds in two replications, and nothing of the plan."""
    found = -0.1 + 0.4 * values[0]
    return np.array([[found - 0.02, 0.0], [found + 0.02, 0.0]])


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
    assert len(told) == 10  # the first guesses reach too far and too near, so that a second round is asked


def test_a_bend_is_followed() -> None:
    def bent(values: np.ndarray) -> np.ndarray:
        return np.array([[0.6 * values[0] + 0.1 * values[0] ** 2]])

    made = curves(bent, [CARE], np.array([-0.6]), 7)
    for ratio, value in made["care"]:
        assert 0.6 * value + 0.1 * value**2 == pytest.approx(np.log(ratio), abs=1e-3)


def test_what_others_do_is_told_apart() -> None:
    """Theory: of log r_plan = 0.3 p - 0.5 c the curve in p is that at the fitted c; moved together, it would fall.

    The fitted c is not in the middle of those that are tried, since the ratio found is not in that of its interval.
    """
    care, plan = replace(CARE, interval=(0.6, 0.98)), replace(PLAN, interval=(0.9, 1.3))

    def both(values: np.ndarray) -> np.ndarray:
        return np.array([[0.4 * values[0], 0.3 * values[1] - 0.5 * values[0]]])

    made = curves(both, [care, plan], np.array([-0.9, -1.2]), 7)
    for ratio, value in made["plan"]:
        assert value == pytest.approx(np.clip((np.log(ratio) - 0.45) / 0.3, -1, 2), abs=1e-6)
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


def test_noise_is_smoothed_not_followed() -> None:
    """With an error of 0.15 in each of 14 studies a line is told to some 0.04: no value is off by more than 0.4."""
    rng = np.random.Generator(np.random.PCG64(3))
    made = curves(lambda v: study(v) + 0.15 * rng.standard_normal(), [CARE, PLAN], np.array([-0.6, 0.0]), 7)
    for ratio, value in made["care"]:
        assert value == pytest.approx((np.log(ratio) + 0.1) / 0.4, abs=0.4)


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
    """Nine ratios each, a value that never falls as its ratio rises, and the fitted value on the curve within 0.15.

    The fit has a tenth of the curve's studies, and the curve is that of all effects at their fitted values.
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
        assert at_ratio(curve, solved["reached"]) == pytest.approx(solved["value"], abs=0.15)


def test_what_curves_miss_is_told_beside_the_spread() -> None:
    off = np.array([[0.01], [-0.01]])
    found = Missed(("care",), off, off, {"narrow": np.array([30.0, -30.0])}, {"narrow": np.array([1000.0, 3000.0])})
    said = {row[0]: row[1:] for row in missed(found).rows}
    assert said["break-even price, narrow, £"][1] == "30"
    assert said["  the same, spread over draws, £"][1] == "1,414"
