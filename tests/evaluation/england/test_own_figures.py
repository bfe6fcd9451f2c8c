"""Figures of a council's own data in a fit: in place of published ones, said to be its own, refused where at odds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from sim.cli import app
from sim.config.loading import load
from sim.errors import ModelError
from sim.evaluation.england import writing
from sim.evaluation.england.answer import OWN_DATA, OWN_PUBLISHED, fit_table, whose
from sim.evaluation.england.expecting import PER, CareCourse
from sim.evaluation.england.fit import FREE, FittedPlace, at, fit
from sim.evaluation.england.places import OWN, place_of
from sim.evaluation.england.published import (
    CARE,
    CHILDREN,
    COLUMNS,
    NEED,
    NEED_STARTED,
    PLAN,
    PLAN_STARTED,
    REFERRALS,
    authority,
)
from sim.evaluation.own_data.kept import OwnData
from sim.evaluation.own_data.need import (
    NEED_BEFORE,
    NEED_BEGAN,
    NEED_LEVEL,
    PLAN_BEFORE,
    PLAN_BEGAN,
    PLAN_LEVEL,
    REFERRED,
)
from sim.evaluation.own_data.rates import ALL, OwnFigure

ONE = authority("Leicestershire")
EACH = ONE.figures[CHILDREN] / PER
RATES = {
    NEED_LEVEL: 200.0, NEED_BEFORE: 190.0, NEED_BEGAN: 210.0, PLAN_LEVEL: 25.0, PLAN_BEFORE: 24.0, PLAN_BEGAN: 30.0,
}  # fmt: skip


def own(rates: dict[str, float | None]) -> OwnData:
    """Make the figures of a census."""
    return OwnData(ONE, 2025, tuple(OwnFigure(name, ALL, rate, "per 10000") for name, rate in rates.items()))


def unfitted(rates: dict[str, float | None]) -> FittedPlace:
    """Give the place at the rates that a fit would begin with, nothing solved."""
    place = place_of(ONE, own(rates))
    nothing = CareCourse(np.ones((2, 3)), np.ones((1, 3)))
    return FittedPlace(place, at(place, np.zeros(len(FREE))), nothing, dict.fromkeys(FREE, 0.1))


def test_need_and_plans_are_the_councils_and_care_stays_as_published() -> None:
    """Those on plans and looked after are taken out of those in need, as of the published figure."""
    place = place_of(ONE, own({**RATES}))
    targets = {target.words: target for target in place.targets}
    need, care = (targets[COLUMNS[column].words] for column in (NEED, CARE))
    assert need.published == pytest.approx(200 * EACH)
    assert need.value == pytest.approx(200 - 25 - ONE.figures[CARE] / EACH)
    assert (need.source, care.source) == (OWN, "T-L1")
    assert care.published == ONE.figures[CARE]
    assert place.given["plan_starts"] == pytest.approx(30)
    assert place.given["plan_begins"] == pytest.approx(24)
    assert sum(target.source == OWN for target in place.targets) == len(place.own) == 6


def test_referrals_are_the_councils_and_no_target() -> None:
    """They are taken as they stand, less those of asylum-seeking children, as the published ones are."""
    published, mine = place_of(ONE), place_of(ONE, own({REFERRED: 450.0}))
    less = ONE.figures[REFERRALS] / EACH - published.given["referrals"]
    assert mine.given["referrals"] == pytest.approx(450.0 - less)
    assert mine.given["reach"] != published.given["reach"]
    assert (mine.own, mine.targets) == ({REFERRALS}, published.targets)
    found = unfitted({REFERRED: 450.0})
    assert f"Of its own return or census, not published: {COLUMNS[REFERRALS].words}." in writing.study_text(
        "here", ONE, found
    )


def test_a_figure_that_was_left_out_is_the_published_one() -> None:
    place = place_of(ONE, own({**RATES, PLAN_BEGAN: None}))
    target = next(target for target in place.targets if target.words == COLUMNS[PLAN_STARTED].words)
    assert (target.published, target.source) == (ONE.figures[PLAN_STARTED], "T-L10")


@pytest.mark.parametrize(
    ("rates", "said"),
    [
        ({NEED_LEVEL: 60.0}, "children in need, 31 March 2025, 885, leaves none"),
        ({NEED_BEGAN: 500.0}, "as many episodes of need start as there are referrals"),
        ({PLAN_BEGAN: 1.0}, "fewer plans start than children on plans are taken to start in care"),
    ],
)
def test_figures_that_cannot_be_right_together_are_refused(rates: dict[str, float], said: str) -> None:
    with pytest.raises(ModelError, match=f"--own: {said}"):
        place_of(ONE, own({**RATES, **rates}))


def test_which_are_its_own_is_said(tmp_path: Path) -> None:
    """In the table of the fit, of the rates, and in the config, whose parameters do not claim a published source."""
    found = unfitted({**RATES})
    words = [str(row[0]) for row in fit_table(found).rows]
    assert [one.endswith(OWN_DATA) for one in words] == [target.source == OWN for target in found.place.targets]
    assert [whose(name, found) for name in ("plan_starts", "need_begins", "care_level")] == [
        OWN_DATA, OWN_DATA, OWN_PUBLISHED,
    ]  # fmt: skip
    text = writing.study_text("here", ONE, found)
    said = " ".join(line.lstrip("# ") for line in text.splitlines() if line.startswith("#"))
    assert "Of its own return or census, not published: children in need, 31 March 2025; episodes of need" in said
    for name, source in (("need_starts", OWN), ("plan_level", OWN), ("care_starts", "T-L2")):
        assert f"source: {source}," in next(line for line in text.splitlines() if line.startswith(f"  {name}: "))
    (tmp_path / "here.yaml").write_text(text, encoding="utf-8")
    assert load(tmp_path / "here.yaml").worlds
    assert "Of its own return" not in writing.study_text("here", ONE, replace(found, place=place_of(ONE)))


@pytest.mark.slow
def test_the_fit_goes_where_the_own_figures_are() -> None:
    """With half as many starts of need as are published, expected starts are half as many, within 5%."""
    rate = 0.5 * ONE.figures[NEED_STARTED] / EACH
    found = fit(place_of(ONE, own({NEED_BEGAN: rate})))
    target = next(target for target in found.place.targets if target.source == OWN)
    assert target.of(found.course, found.parameters) == pytest.approx(target.value, rel=0.05)
    plans = next(target for target in found.place.targets if target.words == COLUMNS[PLAN].words)
    assert plans.published == ONE.figures[PLAN]


@pytest.mark.slow
def test_from_the_sample_to_a_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    files = "--census s/census.xml --header s/header.csv --episodes s/episodes.csv --authority Leicestershire"
    for line in ("import --sample s", f"import {files}", "new here --authority Leicestershire --own own.csv"):
        result = run.invoke(app, line.split())
        assert result.exit_code == 0, result.output
    assert OWN_DATA in result.output
    assert load("here.yaml").worlds
