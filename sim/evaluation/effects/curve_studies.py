"""Runs the studies from which curves are learnt: of the model that the inputs moved make, each kept as it comes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sim.arrays import FloatArray
from sim.config.check.problems import Findings
from sim.config.loading import load, tree_of
from sim.config.translate.model import config_of
from sim.evaluation.effects.curves import learn
from sim.evaluation.effects.estimands import Estimand
from sim.evaluation.effects.fit import EffectFit, study_of
from sim.evaluation.trial.evaluation import helped_world
from sim.model.spec import Scenario
from sim.runs.identity import digest_of_points
from sim.runs.points import numbered_points
from sim.stages import SILENT, StageListener
from sim.studies.uncertainty.inputs import UncertainConfig
from sim.studies.uncertainty.inputs import study as what_is_drawn
from sim.studies.uncertainty.question import scenario_of_draw


def with_curves(
    fit: EffectFit, path: str | Path, sets: Sequence[str], estimands: Sequence[Estimand], points: int,
    workers: int = 1, at: StageListener = SILENT, folder: Path | None = None,
) -> EffectFit:  # fmt: skip
    """Give a fit with curves through ``points`` ratios; else as for ``fit_effects`` and ``learn``.

    Inputs that the study lists under ``uncertainty.only`` are moved with the effects. Studies are kept in ``folder`` as
    they come, if there is one.
    """
    asked = _Asked(load(path, sets), _drawn_by_name(path, sets, fit.effect_set), fit, tuple(estimands))

    def studies(nodes: FloatArray, moved: FloatArray) -> FloatArray:
        at.stage("Studies for the curves")
        digest = digest_of_points(asked.base.resolved, repr((fit, estimands, nodes.tolist(), moved.tolist())))
        solve, name = partial(_studied, asked, nodes, moved), f"curves_{fit.effect_set}"
        found = numbered_points(solve, len(nodes), folder, name, digest, workers, at)
        return np.array([one["found"] for one in found])

    inputs = () if asked.made is None else asked.made.uncertain
    learnt = learn(studies, estimands, np.array([one.value for one in fit.fitted]), points, inputs, at)
    return replace(fit, curves=learnt.curves, bearings=learnt.bearings, inputs=learnt.inputs)


@dataclass(frozen=True)
class _Asked:
    """What studies for curves are of: ``made`` where the study names inputs, else ``base``."""

    base: Scenario
    made: UncertainConfig | None
    fit: EffectFit
    estimands: tuple[Estimand, ...]


def _studied(asked: _Asked, nodes: FloatArray, moved: FloatArray, numbers: Sequence[int]) -> list[Mapping[str, Any]]:
    """Give what studies find by their numbers, means over replications.

    Each has random numbers of its own: shared ones would move the whole curve by their luck.
    """
    fit, found = asked.fit, list[Mapping[str, Any]]()
    for k in numbers:
        whole = asked.base if asked.made is None else scenario_of_draw(asked.made, moved[k], fit.effect_set)
        scenario = replace(whole, seed=whole.seed + k)
        world = helped_world(scenario, fit.regime, fit.effect_set)
        study, _ = study_of(scenario, world, asked.estimands, fit.replications, fit.share)
        found.append({"found": study(nodes[k]).mean(axis=0).tolist()})
    return found


def _drawn_by_name(path: str | Path, sets: Sequence[str], effect_set: str) -> UncertainConfig | None:
    """Read what a study draws by name, its effects aside; None where it names nothing."""
    tree = tree_of(path, sets)
    config = config_of(tree, Findings(tree))
    if config is None or not config.uncertainty.only:
        return None
    left_out = json.dumps([*config.uncertainty.leave_out, "estimands"])
    alone = [f"effect_set=[{effect_set}]", "uncertainty.weights={}", "solver=simulate"]
    return what_is_drawn(path, [*sets, *alone, f"uncertainty.leave_out={left_out}"])
