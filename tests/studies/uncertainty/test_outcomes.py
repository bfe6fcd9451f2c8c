"""Decisions on outcomes against the linear-normal model (Raiffa and Schlaifer 1961), and studies that draw nothing.

`qalys.yaml` is linear in two normal inputs, so that the net monetary benefit of the drug is normal: at £20,000 a QALY
its mean is 50 and its standard deviation sqrt(50^2 + 50^2); knowing a part s of that is worth the unit normal loss.
"""

from __future__ import annotations

import json
from math import hypot
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm
from typer.testing import CliRunner

from sim.cli import app
from sim.errors import ModelError, ResultError
from sim.studies.uncertainty.answer import OUTCOMES, doubt, facts_of_draws, weighed
from sim.studies.uncertainty.conditions import FEWEST
from sim.studies.uncertainty.decision import decide
from sim.studies.uncertainty.exhibits import acceptable, outcomes, why_nothing, worth, write_uncertainty
from sim.studies.uncertainty.inputs import study
from sim.studies.uncertainty.question import run
from tests.places import ROOT

QALYS = ROOT / "tests" / "configs" / "qalys.yaml"
MEAN, DOSE, GAIN = 50.0, 50.0, 50.0


def loss(spread: float) -> float:
    """Give what it is worth to know a part of the benefit with this standard deviation."""
    return float(spread * norm.pdf(MEAN / spread) - MEAN * norm.cdf(-MEAN / spread))


@pytest.fixture(scope="module")
def table() -> xr.Dataset:
    return run(QALYS, draws=240)[1]


def test_outcomes_are_weighed_as_the_closed_form_says(table: xr.Dataset) -> None:
    """Four standard errors of 240 draws, as each value of information states its own."""
    found = decide(table, OUTCOMES)
    spread = hypot(DOSE, GAIN)
    nothing, drug = found.standings
    assert drug.net is not None
    assert abs(drug.net.mean - MEAN) < 4 * spread / np.sqrt(240)
    assert abs(drug.best - norm.cdf(MEAN / spread)) < 4 * np.sqrt(0.25 / 240)
    assert nothing.loss - drug.loss == pytest.approx(drug.net.mean)
    assert abs(found.evpi.value - loss(spread)) < 4 * found.evpi.standard_error
    values = {one.name: one.value for one in (*found.parameters, *found.groups)}
    for name, part in (("parameters.dose.value", DOSE), ("parameters.gain.value", GAIN), ("both", spread)):
        assert abs(values[name].value - loss(part)) < 4 * values[name].standard_error


def test_acceptability_follows_what_a_year_is_worth(table: xr.Dataset) -> None:
    """At m times £20,000 the drug's benefit has mean 200 m - 150 and standard deviation sqrt(50^2 + (50 m)^2)."""
    found = decide(table, OUTCOMES)
    assert [times for times, _ in found.acceptable] == sorted({times for times, _ in found.acceptable})
    for times, best in found.acceptable:
        assert sum(best.values()) == pytest.approx(1.0)
        exact = norm.cdf((200 * times - 150) / hypot(50, 50 * times))
        assert abs(best["drug"] - exact) < 4 * max(np.sqrt(exact * (1 - exact) / 240), 0.01)
    made = acceptable(found)
    assert made is not None
    assert "qalys at £20,000" in made.note


def test_outcomes_themselves_are_told_with_their_ranges(table: xr.Dataset) -> None:
    found = doubt(table, "outcome|drug|qalys")
    assert abs(found.mean - 0.01) < 4 * 0.0025 / np.sqrt(240)
    assert found.high - found.low == pytest.approx(2 * 1.96 * 0.0025, rel=0.25)  # quantiles of 240 draws
    made = outcomes(table)
    assert made is not None
    assert [row[:2] for row in made.rows if row[0] == "drug"] == [("drug", "cost"), ("drug", "qalys")]


def test_a_worth_of_the_config_stands_in_and_nothing_is_solved_again(tmp_path: Path) -> None:
    keep = tmp_path / "draws.jsonl"
    run(QALYS, draws=4, keep=keep)
    before = keep.read_text(encoding="utf-8")
    sets = ["uncertainty.worth={qalys: 30000, cost: -1}"]
    _, dear = run(QALYS, sets, draws=4, keep=keep)
    assert keep.read_text(encoding="utf-8") == before
    assert facts_of_draws(dear).worth == {"qalys": 30000, "cost": -1}
    with pytest.raises(ResultError):
        run(QALYS, [*sets, "units.person.size=10"], draws=4, keep=keep)


def test_tables_that_are_empty_say_why(tmp_path: Path) -> None:
    _, few = run(QALYS, draws=4)
    said = worth(decide(few, OUTCOMES))
    assert said.rows == ()
    too_few = f"4 draws are too few to tell what single inputs are worth: give {FEWEST} or more"
    assert said.note == f"Nothing here: {too_few}."
    worthless = few.assign_attrs(worth="{}")
    assert weighed(worthless) == []
    assert "--set uncertainty.worth.cost=" in why_nothing(worthless)
    assert write_uncertainty(tmp_path, worthless) == []
    assert json.loads((tmp_path / "uncertainty.json").read_text(encoding="utf-8")) == {}
    assert "Nothing is weighed: no cost line is priced" in (tmp_path / "uncertainty.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("uncertainty.groups={prices: [costs.care]}", "no figure that is drawn has a path that begins with costs.care"),
        ("uncertainty.worth={qaly: 20000}", "is no outcome; there are cost, qalys"),
        ("uncertainty.leave_out=[parameters]", "nothing is drawn"),
    ],
)
def test_a_study_that_names_or_draws_nothing_is_refused_before_any_run(
    setting: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(ModelError, match=message):
        study(QALYS, [setting])
    args = ["uncertainty", str(QALYS), "--set", setting, "--out", str(tmp_path / "out"), "--draws", "2", "--quiet"]
    result = CliRunner().invoke(app, args)
    assert (result.exit_code, message in " ".join(result.output.split())) == (2, True)
    assert not (tmp_path / "out" / "draws.jsonl").exists()
