"""Outputs that a simulated evaluation finds: the level among those served.

The programme changes nobody in the world that is followed, so that this is in expectation the level in the comparison
group as well, and far less of it is chance.
"""

from __future__ import annotations

from calibration.outputs.following import ENTRY_STEPS, WorldHistory
from sim.errors import ModelError
from sim.evaluation.trial.panel import panel_of
from sim.evaluation.trial.trial import MONTHS, OUTCOMES, REPEATABLE, admissions, compare


def evaluated(h: WorldHistory, outcome: str, first: str, last: str) -> float:
    """Level of an outcome among the served over months after entry, both included.

    It is a mean share, or the risk of a first event where the outcome is one.

    Raises
    ------
    ModelError
        When there is no such outcome, or the model does not have what an evaluation looks at.
    """
    if outcome not in OUTCOMES:
        raise ModelError(f"given '{outcome}'; an evaluation looks at {', '.join(OUTCOMES)}")
    h.names.check(h.model)
    panel = panel_of(h, h.names)
    trials = admissions(panel, range(ENTRY_STEPS[0], min(ENTRY_STEPS[1], h.n_steps - MONTHS)))
    found = compare(panel, trials, (outcome,))[outcome]
    return found.levels((int(first), int(last)), first_events=outcome not in REPEATABLE)[0]
