"""From a model's services to the plans that the workforce runs on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.engine.staffing import TeamPlan
from sim.model.arrays import FloatArray
from sim.model.spec import Model


def team_plans(model: Model) -> list[TeamPlan]:
    """Give the plan of every service that has a team."""
    plans = []
    for chain in model.chains:
        team = chain.service.team if chain.service else None
        if team is None:
            continue
        plans.append(
            TeamPlan(
                service=chain.name,
                workers=_by_area(model, team.workers),
                caseload=team.caseload,
                turnover_per_year=team.turnover_per_year,
                hire_steps=team.hire_steps,
                training_steps=team.training_steps,
                absence=team.absence,
                meeting_steps=team.meeting_steps,
                schedule=tuple((step, _by_area(model, workers)) for step, workers in team.funding),
            )
        )
    return plans


def _by_area(model: Model, workers: Mapping[str, float]) -> FloatArray:
    return np.array([workers.get(area, 0.0) for area in model.areas.names])
