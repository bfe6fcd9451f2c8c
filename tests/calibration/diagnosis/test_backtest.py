"""A backtest fits what was known and predicts the rest: with one figure of four known, less doubt is gone.

The toy's figures are what the model says at one point, so that the figures held back must mostly be hit.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from calibration.chain import point
from calibration.diagnosis.backtest import as_known, backtest_table
from calibration.study import study
from sim.errors import ModelError
from tests.places import CALIBRATION, ROOT

TOY = CALIBRATION


def test_what_was_not_known_is_held_out_and_nothing_else_changes() -> None:
    made = study(TOY / "toy.yaml")
    known = as_known(made)
    assert {t.name for t in known.targets if t.kind == "fit"} == {"worried"}
    assert [t.value for t in known.targets] == [t.value for t in made.targets]
    assert known.is_backtest


def test_later_figures_of_the_toy_are_hit_with_more_doubt_than_when_they_are_fitted(tmp_path: Path) -> None:
    made = study(TOY / "toy.yaml")
    before, after = (point(one, tmp_path, say=lambda line: None) for one in (as_known(made), made))
    table = backtest_table(before)
    assert table.count("| hit |") >= 2
    assert "of 3 later figures" in table
    assert "worried |" not in table
    assert before.chosen.draws.std(axis=0)[1] > 2 * after.chosen.draws.std(axis=0)[1]


def test_a_calibration_that_does_not_say_what_was_known_is_refused() -> None:
    made = study(TOY / "toy.yaml")
    part = made.part.model_copy(update={"backtest": None})
    with pytest.raises(ModelError, match="lists the targets that were known"):
        as_known(replace(made, part=part))


def test_the_national_backtest_knows_nothing_published_later() -> None:
    """Every target with a source of section C, F or B was published after 2011."""
    made = as_known(study(ROOT / "configs" / "calibration" / "national.yaml"))
    known = [target for target in made.targets if target.kind == "fit"]
    assert known
    assert {target.source[0] for target in known} <= {"D", "H"}
    assert not [target for target in made.targets if target.kind == "claim" and target in known]
