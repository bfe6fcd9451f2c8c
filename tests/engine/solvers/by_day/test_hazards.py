"""Hazards as lists: a rate is a hazard as it stands, a duration's hazard is 1 / mean however short, `now` is at once.

By hand, a month a step: 9 months in 3 stages end a stage with 1/3 a month; 0.6 a year is 0.05 a month; 3.04375 days are
a tenth of a month.
"""

from __future__ import annotations

from math import inf

import numpy as np
import pytest

import sim
from sim.engine.solvers.by_day.hazards import Hazards, in_continuous_time
from sim.model.compiled.model import compile_model, first_moment

MODEL = """
title: Durations and rates
sources: optional
queues: per_family
clock: {step: month, steps: 12, first: 0}
units: {family: {size: 10}}
chains:
  need: {states: [no, yes], rates: {no -> yes: 0.6, yes -> no: 1.2}}
services:
  visitor: {kind: statutory, refer: {when: need == yes, rate: 12}, respond: 3 months}
  court: {kind: statutory, refer: {when: need == yes, rate: now}, engaged: {mean: 5 months}}
  lawyer: {kind: statutory, refer: {when: need == yes, rate: now}, respond: 6.0875 days}
  desk:
    kind: discretionary
    refer: {when: need == yes, rate: now, again: 0}
    consent: 0.75
    patience: now
    engaged: {mean: 1 month}
    team: {workers: 1, caseload: 1}
  clinic:
    kind: discretionary
    refer: {when: need == yes, rate: 2.4, again: 0.5}
    identify: {mean: 4 months}
    consent: 0.75
    refused_for: {mean: 6 months}
    patience: {mean: 10 months}
    engaged: {mean: 9 months, stages: 3}
    dropout: {rate: 0.6}
    aftercare: {mean: 3.04375 days}
    team: {workers: 1, caseload: 1, meeting: month}
regimes: {only: {}}
"""


@pytest.fixture(scope="module")
def hazards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Hazards]:
    path = tmp_path_factory.mktemp("hazards") / "model.yaml"
    path.write_text(MODEL, encoding="utf-8")
    compiled = compile_model(in_continuous_time(sim.load(path)).worlds[0].model)
    made = {name: Hazards(program, 0) for name, program in compiled.programs.items()}
    for name, one in made.items():
        assert one.take(compiled.programs[name].tables(first_moment(compiled)))
        assert not one.take(compiled.programs[name].tables(first_moment(compiled)))
    return made


def moves(one: Hazards, state: str, need: int = 1) -> dict[str, float]:
    """Give the hazards out of a state, a month, while there is need or not."""
    states, group = one.program.chain.states, one.program.groups[0]
    own = states.index(state)
    code = own * group.strides[0] + (need * group.strides[1] if len(group.strides) > 1 else 0)
    view = np.array([code]).data
    assert one.of_all([np.array([code])] * one.n_groups)[0] == one.of(view, 0)
    if one.of(view, 0) == inf:
        return {states[one.pick_now(view, 0, own, share)]: inf for share in np.linspace(0.0, 0.999, 20)}
    found = {states[m.targets[own]]: m.hazards[0][code] for m in one.timed if m.hazards[0][code] > 0}
    assert one.of(view, 0) == pytest.approx(sum(found.values()))
    level = 0.0
    for m in one.timed:  # laid end to end, each target is picked in the middle of its hazard
        if m.hazards[0][code] > 0:
            assert one.pick(view, 0, own, level + m.hazards[0][code] / 2) == m.targets[own]
            level += m.hazards[0][code]
    return found


def test_rates_are_hazards(hazards: dict[str, Hazards]):
    assert moves(hazards["need"], "no") == pytest.approx({"yes": 0.05})
    assert moves(hazards["clinic"], "none") == pytest.approx({"eligible": 0.2})
    assert moves(hazards["clinic"], "closed") == pytest.approx({"eligible": 0.1})
    assert moves(hazards["clinic"], "none", need=0) == {}


def test_durations_keep_their_mean(hazards: dict[str, Hazards]):
    clinic = hazards["clinic"]
    assert moves(clinic, "eligible") == pytest.approx({"waiting": 0.75 / 4, "refused": 0.25 / 4})
    assert moves(clinic, "refused") == pytest.approx({"none": 1 / 6})
    assert moves(clinic, "waiting") == pytest.approx({"dropped_out": 1 / 10})
    assert moves(clinic, "engaged_2") == pytest.approx({"engaged_3": 1 / 3, "dropped_out": 0.05})
    assert moves(clinic, "aftercare") == pytest.approx({"closed": 10.0})
    assert moves(hazards["lawyer"], "identified") == pytest.approx({"engaged": 5.0})
    assert moves(hazards["visitor"], "identified") == pytest.approx({"engaged": 1 / 3})
    assert moves(hazards["court"], "engaged") == pytest.approx({"closed": 1 / 5})


def test_now_is_at_once(hazards: dict[str, Hazards]):
    """No hazard, however large, and where it may lead to either side a choice in the ratio of their factors."""
    assert moves(hazards["court"], "none") == {"engaged": inf}
    assert moves(hazards["visitor"], "engaged", need=0) == {"closed": inf}
    assert moves(hazards["visitor"], "engaged", need=1) == {}
    assert moves(hazards["desk"], "waiting") == {"dropped_out": inf}
    assert moves(hazards["desk"], "none") == {"waiting": inf, "refused": inf}
    assert moves(hazards["desk"], "closed") == {}
    one = hazards["desk"]
    state = one.program.chain.states.index("none")
    view = np.array([state * one.program.groups[0].strides[0] + one.program.groups[0].strides[1]]).data
    chosen = [one.program.chain.states[one.pick_now(view, 0, state, share)] for share in (np.arange(100) + 0.5) / 100]
    assert chosen.count("waiting") == 75
