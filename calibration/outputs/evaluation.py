"""Outputs that a simulated evaluation finds: the level among those served whom it can match with others.

The programme changes nobody in the world that is followed, so that this is in expectation the level in the comparison
group as well, and far less of it is chance.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from calibration.outputs.following import ENTRY_STEPS, History
from sim.arrays import StateArray
from sim.errors import ModelError
from sim.evaluation.trial.trial import MONTHS, OUTCOMES, REPEATABLE, compare, entries
from sim.model.pathway import helps
from sim.runs.follow.panel import Panel


def evaluated(h: History, outcome: str, first: str, last: str) -> float:
    """Level of an outcome among the served whom an evaluation can match, over months after entry, both included.

    It is a mean share, or the risk of a first event where the outcome is one.

    Raises
    ------
    ModelError
        When there is no such outcome, or the model does not have what an evaluation looks at.
    """
    if outcome not in OUTCOMES:
        raise ModelError(f"given '{outcome}'; an evaluation looks at {', '.join(OUTCOMES)}")
    h.names.check(h.model)
    made = panel(h)
    trials = entries(made, range(ENTRY_STEPS[0], min(ENTRY_STEPS[1], h.n_steps - MONTHS)))
    found = compare(made, trials, (outcome,))[outcome]
    return found.levels((int(first), int(last)), first_events=outcome not in REPEATABLE)[0]


def panel(h: History) -> Panel:
    """Give a history as an evaluator with all the registers holds it."""
    child, states, names = h.model.units[1].name, h.states, h.names
    apart = {names.hub, names.custody}
    needs = [c.name for c in h.model.chains if c.unit == h.root and c.service is None and c.name not in apart]
    present: StateArray = sum((states[name] > 0).astype(np.uint8) for name in needs)  # type: ignore[assignment]
    ages = {c.name: c.ages_steps for c in h.model.chains}
    in_years = partial(_years, step_years=h.model.clock.step_years)
    return Panel(
        first=0, parent=h.parent, programme=states[names.programme], hub=states[names.hub], needs=present,
        history=h.memory[names.history], custody=states[names.custody] > 0, well=states[names.mental_health] == 0,
        care=states[names.care], school=states[names.school], offending=states[names.offending],
        generation=h.generation[h.root], child_generation=h.generation[child], here=h.here[child], age=h.age[child],
        engaged=np.array([helps(state) for state in h.chain_states(names.programme)]),
        care_states=h.chain_states(names.care), school_ages=in_years(ages[names.school]),
        youth_ages=in_years(ages[names.offending]), bills=h.bills,
    )  # fmt: skip


def _years(ages: tuple[int, int] | None, step_years: float) -> tuple[int, int]:
    """Give ages in whole years."""
    low, high = ages or (0, 1 << 20)
    return round(low * step_years), round(high * step_years)
