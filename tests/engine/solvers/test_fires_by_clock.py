"""A probability of firing that reads the clock is that of the step in which it fires, in every solver.

Theory: rows go x -> y with 0.5 and back for certain, so 0.5, 0.25, 0.375 and 0.3125 of them move x -> y in steps 0 to
3. From step 2 on a move fires with 0.4, and nobody moves in both of steps 2 and 3: the share fired is 0.4 x 0.375 and
then 0.4 x (0.375 + 0.3125), exactly. Simulated shares of 20,000 rows are binomial: an exact tail at 1e-9.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.engine.counts.record import Record
from sim.engine.solvers.by_day.run import replicate_families
from sim.engine.solvers.closure.run import closure_record
from sim.engine.solvers.exact.expect import expect_record
from sim.engine.solvers.families import layout, replicate
from sim.errors import ModelError
from sim.model.spec import Scenario

N = 20_000
CONFIG = """
title: a fire that reads the clock
sources: optional
clock: {step: year, steps: 4, first: 0}
units: {person: {size: 20000, warm_up: WARM_UP}}
chains:
  a:
    states: [x, y]
    start: {x: 1}
    probabilities: {x -> y: 0.5, y -> x: 1}
    fires: {"x -> y": ["b: no -> yes with FIRES"]}
  b: {states: [no, yes], probabilities: {no -> yes: 0}}
"""
WANTED = [0.0, 0.0, 0.0, 0.4 * 0.375, 0.4 * (0.375 + 0.3125)]


def study(folder: Path, fires: str, warm_up: int = 0) -> Scenario:
    """Load the study with a probability of firing."""
    file = folder / "fires.yaml"
    file.write_text(CONFIG.replace("FIRES", fires).replace("WARM_UP", str(warm_up)), encoding="utf-8")
    return sim.load(file)


def fired(scenario: Scenario, record: Record) -> np.ndarray:
    """Give the share of rows in `yes` at each point."""
    axes = layout(scenario)
    return record.stocks[0][:, list(axes.states).index(("person", "b", "yes"))] / N


@pytest.mark.parametrize("solver", [expect_record, closure_record])
def test_expected_shares_are_exact(solver, tmp_path: Path) -> None:
    scenario = study(tmp_path, "0.4 * (cycle >= 2)")
    assert fired(scenario, solver(scenario)) == pytest.approx(WANTED, abs=1e-12)


def test_simulated_shares_are_binomial(tmp_path: Path) -> None:
    scenario = study(tmp_path, "0.4 * (cycle >= 2)")
    found = fired(scenario, replicate(scenario, 0))
    assert found[:3].tolist() == [0.0, 0.0, 0.0]
    for share, p in zip(found[3:], WANTED[3:], strict=True):
        count = round(share * N)
        assert 2 * min(stats.binom.cdf(count, N, p), stats.binom.sf(count - 1, N, p)) > 1e-9


def test_steps_of_the_warm_up_count_from_before_the_first(tmp_path: Path) -> None:
    """A row that is moved in the warm-up alone, at cycle -2, may be fired then and never later."""
    scenario = study(tmp_path, "cycle == -2", warm_up=2)
    assert fired(scenario, expect_record(scenario)) == pytest.approx([0.5] * 5, abs=1e-12)


def test_lived_by_the_day_nobody_fires_before_and_everybody_after(tmp_path: Path) -> None:
    """In continuous time, moves of a step fire by that step's probability: none of 0, all of 1."""
    text = CONFIG.replace("probabilities: {x -> y: 0.5, y -> x: 1}", "rates: {x -> y: 3}")
    text = text.replace("probabilities: {no -> yes: 0}", "rates: {no -> yes: 0}").replace("20000", "500")
    file = tmp_path / "lived.yaml"
    file.write_text(text.replace("FIRES", "cycle >= 2").replace("WARM_UP", "0"), encoding="utf-8")
    scenario = sim.load(file)
    worlds = tuple(replace(w, model=replace(w.model, queues="per_family")) for w in scenario.worlds)
    scenario = replace(scenario, worlds=worlds)
    axes, record = layout(scenario), replicate_families(scenario, 0)
    yes, moved = (
        record.stocks[0][:, list(axes.states).index(("person", *state))] for state in (("b", "yes"), ("a", "y"))
    )
    assert yes[:3].tolist() == [0.0, 0.0, 0.0]
    assert moved[4] > moved[2], "somebody moves in the last steps"
    assert (yes[3:] == moved[3:] - moved[2]).all()


@pytest.mark.parametrize(("fires", "said"), [("0.6 * cycle", r"comes to 1.2 \(cycle 2\)"), ("1 / (3 - cycle)", "inf")])
def test_a_later_step_is_checked_before_anything_runs(fires: str, said: str, tmp_path: Path) -> None:
    scenario = study(tmp_path, fires)
    with pytest.raises(ModelError, match=rf"fires.yaml:11:43: chains.a.fires.*probability of firing.*{said}"):
        expect_record(scenario)
