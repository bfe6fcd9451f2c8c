"""Where the bias of a matched comparison comes from: the same families under designs one change apart.

Where nothing helps the true ratio is 1, so whatever a design finds is its bias. ``families evaluate --controls`` prints
the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from sim.evaluation.trial.evaluation import (
    OUTCOMES_ASKED,
    QUESTIONS,
    check_before,
    contrast,
    evaluation_scenario,
    first_year,
    follow_pair,
    helped_world,
    helping,
)
from sim.evaluation.trial.matching import EVALUATOR, FRAILTY, YEAR, Matching, followed, matched
from sim.evaluation.trial.panel import Panel
from sim.evaluation.trial.trial import MONTHS, Trial, compare
from sim.intervals import Estimate, over_replications
from sim.model.spec import Scenario
from sim.results.folder.beside import Contrast
from sim.runs.replications import over_replications as replicated
from sim.stages import SILENT, StageListener

NOW = Matching(history=False)
CONTROLS = {
    "all not yet met, matched on the month of entry, followed until helped": replace(NOW, reached="dropped"),
    "... others standing for those whom help reaches": replace(NOW, reached="stood_for"),
    "... followed whether helped or not": NOW,
    "... and matched on the year before (the evaluator)": EVALUATOR,
    "... and on frailty, which no register shows": Matching(frailty=True),
    "those who await a place, matched on the year before": Matching(pool="list"),
    "... followed until helped": Matching(pool="list", reached="dropped"),
    "... on frailty too": Matching(pool="list", frailty=True),
}
"""Designs, each a change or two from its neighbour."""
ASKED = tuple(q for q in QUESTIONS if q.months not in ((7, 12), (13, 18)))


@dataclass(frozen=True)
class Control:
    """What one design finds, over replications.

    ``reached`` is the share of the weighted comparison whom help reaches within ``MONTHS``; ``families`` how many
    equally weighted families would say as much as the comparison (Kish 1965); ``frailty`` its mean less that of the
    served.
    """

    title: str
    found: tuple[Contrast, ...]
    reached: Estimate
    families: Estimate
    frailty: Estimate


def controls(
    scenario: Scenario, effect_set: str, regime: str = "", *, designs: dict[str, Matching] = CONTROLS,
    replications: int = 16, workers: int = 1, at: StageListener = SILENT,
) -> list[Control]:  # fmt: skip
    """Evaluate the same families by each design; arguments are those of ``evaluate``."""
    regime = regime or helping(scenario)
    short = evaluation_scenario(scenario, regime, effect_set)
    world = helped_world(short, regime, effect_set)
    check_before(world, YEAR)
    values = next((trait.values for trait in world.model.traits if trait.name == FRAILTY), None)
    at.stage(f"{effect_set}: {len(designs)} designs; replications")
    task = partial(controls_once, world=world.name, designs=tuple(designs.values()), values=values)
    found = replicated(task, short, replications, workers, at)
    made = []
    for i, title in enumerate(designs):
        levels, about = zip(*(one[i] for one in found), strict=True)
        contrasts = tuple(contrast([of_one[q] for of_one in levels]) for q in range(len(ASKED)))
        made.append(Control(title, contrasts, *(over_replications(np.array(x)) for x in zip(*about, strict=True))))
    return made


Once = tuple[list[tuple[float, float]], tuple[float, float, float]]


def controls_once(
    scenario: Scenario, replication: int, *, world: str, designs: Sequence[Matching], values: Sequence[float] | None
) -> list[Once]:
    """Give the levels that each design finds in one replication, and what its comparison is like."""
    panel = follow_pair(scenario, replication, world, YEAR)[0]
    ever, admitted, found = panel.ever_helped(), first_year(panel), []
    made: dict[Matching, list[Trial]] = {}  # what becomes of those whom help reaches changes no weight at entry
    for matching in designs:
        at_entry = replace(matching, reached="kept")
        trials = made[at_entry] = made.get(at_entry) or matched(panel, admitted, matching)
        results = compare(panel, trials, OUTCOMES_ASKED, partial(followed, panel, ever=ever, matching=matching))
        found.append(([q.levels(results) for q in ASKED], likeness(panel, trials, values)))
    return found


def likeness(panel: Panel, trials: Sequence[Trial], values: Sequence[float] | None) -> tuple[float, float, float]:
    """Say whom help reaches of the comparison, as how many families it counts, and how much less frail it is."""
    ever = panel.ever_helped()
    weight = np.concatenate([trial.weight for trial in trials])
    reached = np.concatenate([ever[trial.step + MONTHS, trial.other] for trial in trials])
    total, frailty = float(weight.sum()), 0.0
    if values is not None:
        of = np.asarray(values)[panel.traits[FRAILTY]]
        served, other = (np.concatenate([of[getattr(t, side)] for t in trials]) for side in ("served", "other"))
        frailty = float(weight @ other) / total - float(served.mean())
    return float(weight @ reached) / total, total**2 / float(weight @ weight), frailty
