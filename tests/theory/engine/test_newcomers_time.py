"""Time in state and memory of whoever takes a place: they begin when they come, and are not of who left the place.

Two thirds of all rows are replaced within half a year, and nobody leaves the first state in the first half year there.
The closure, which holds no rows and so has nobody's time to inherit, gives the expected numbers; the simulated ones are
held to it within four standard errors over replications.
"""

from __future__ import annotations

from math import sqrt
from pathlib import Path

import numpy as np
import pytest

from sim.config.loading import load
from sim.engine.solvers.choice import solve
from sim.engine.solvers.families import layout, replicate

MODEL = """
title: Time in state and newcomers
sources: optional
clock: {step: month, steps: 24}
units: {case: {size: 3000, leaves: {rate: 2, replace: true}}}
chains: {a: {states: [in, out], rates: {in -> out: "if(k >= 6, 6, 0)"}}}
"""


def test_a_newcomer_begins_at_no_time_in_state(tmp_path: Path) -> None:
    path = tmp_path / "study.yaml"
    path.write_text(MODEL, encoding="utf-8")
    scenario = load(path)
    expected, solver = solve(scenario)
    assert solver.kind == "closure"
    runs = [replicate(scenario, r).stocks[0][:, 1] for r in range(8)]
    for point in (8, 12, 18, 24):
        found = [run[point] for run in runs]
        assert abs(np.mean(found) - expected.stocks[0][point, 1]) < 4 * np.std(found, ddof=1) / sqrt(8), point


REMEMBERED = """
title: Memory and newcomers
sources: optional
clock: {step: month, steps: 12}
units: {case: {size: 300, leaves: {rate: 5000, replace: true}, warm_up: 3}}
chains:
  trouble: {states: [no, yes], start: {yes: 1}, rates: {yes -> no: 0}}
  a: {states: [in, out], rates: {in -> out: 1000000 * (past >= 1)}}
remember: {past: {when: trouble == yes, window: 6}}
"""


@pytest.mark.parametrize("share_replaced", ["all", "none"])
def test_a_newcomer_remembers_nothing(share_replaced: str, tmp_path: Path) -> None:
    """All are replaced in every step, and whoever has been in trouble for a step moves: newcomers have not yet been."""
    path = tmp_path / "study.yaml"
    path.write_text(REMEMBERED if share_replaced == "all" else REMEMBERED.replace("5000", "0"), encoding="utf-8")
    record = replicate(load(path), 0)
    out = [state for _, _, state in layout(load(path)).states].index("out")
    assert record.stocks[0][:, out].tolist() == [0.0 if share_replaced == "all" else 300.0] * 13
