"""From a model's services to the plans that the workforce runs on."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from itertools import pairwise

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.feedback import Drive, drive_of
from sim.engine.people.areas import AreaSpan
from sim.engine.teams.staffing import Staff, TeamPlan, among_all
from sim.engine.teams.workforce import Workforce
from sim.model.compiled.scope import Moment
from sim.model.spec import Model, Scenario


def team_plans(model: Model, part: AreaSpan | None = None) -> list[TeamPlan]:
    """Give the plan of every service that has a team, for all areas or a part of them."""
    plans, areas = [], slice(None) if part is None else part.slice
    for chain in model.chains:
        team = chain.service.team if chain.service else None
        if team is None:
            continue
        plans.append(
            TeamPlan(
                service=chain.name,
                workers=_by_area(model, team.workers)[areas],
                caseload=team.caseload,
                turnover_per_year=team.turnover_per_year,
                hire_steps=team.hire_steps,
                training_steps=team.training_steps,
                absence=team.absence,
                meeting_steps=team.meeting_steps,
                schedule=tuple((step, _by_area(model, workers)[areas]) for step, workers in team.funding),
            )
        )
    return plans


def _by_area(model: Model, workers: Mapping[str, float]) -> FloatArray:
    return np.array([workers.get(area, 0.0) for area in model.areas.names])


@dataclass
class Teams:
    """The teams of every world; worlds that give a service the same plans share its team, whose fate is the same.

    Teams that read totals or keep posts on for open cases are each world's own, since histories differ.
    """

    forces: list[Workforce] = field(default_factory=list)
    where: dict[str, dict[str, int]] = field(default_factory=dict)
    """World -> service -> which of the forces has its team."""
    driven: frozenset[str] = frozenset()
    """Services whose team reads totals in some world."""
    falling: dict[str, frozenset[str]] = field(default_factory=dict)
    """World -> services whose posts become fewer, so that some are kept on until cases end."""
    part: AreaSpan | None = None
    """The areas whose teams these are; None for all."""
    n_areas: int = 1

    def advance(self, step: int) -> dict[str, dict[str, Staff]]:
        """Run to the meeting at the end of a step; give the staff of each service by world, in all areas."""
        staff = [force.advance(step) for force in self.forces]
        if self.part is not None:
            areas, n = self.part.slice, self.n_areas
            staff = [{name: among_all(own, areas, n) for name, own in services.items()} for services in staff]
        return {
            world: {service: staff[i][service] for service, i in services.items()}
            for world, services in self.where.items()
        }

    def heed(self, worlds: Sequence[str], model: Model, now: Moment, cases: Mapping[str, IntArray]) -> None:
        """Tell the teams of worlds that share a history what last step's totals, and open cases, do to them.

        ``cases`` are those that each service has in each area, (area,).
        """
        own = slice(None) if self.part is None else self.part.slice
        for world in worlds:
            for service in self.falling.get(world, ()):
                self.forces[self.where[world][service]].hold(service, cases[service][own])
        for service in self.driven:
            spec = model.chain(service).service
            assert spec is not None
            drive = Drive() if spec.team is None else drive_of(model, service, spec.team, now)
            shares = np.array(model.areas.weights) / sum(model.areas.weights)
            for world in worlds:
                force = self.forces[self.where[world][service]]
                force.drive(service, drive.turnover_times, drive.time_left, drive.extra_workers * shares)


def open_teams(
    scenario: Scenario, stream: int, only: Collection[str] | None = None, part: AreaSpan | None = None
) -> Teams:
    """Open the teams of every world: those of the baseline until its regime starts.

    Parameters
    ----------
    scenario
        Whose teams.
    stream
        Key of the replication.
    only
        The worlds whose teams are wanted; by default all. A team's fate does not depend on what others there are.
    part
        The areas whose teams are wanted; by default all.
    """
    n_areas = len(scenario.worlds[0].model.areas.names)
    teams = Teams(driven=driven_services(scenario), part=part, n_areas=n_areas)
    area_ids = None if part is None else part.ids
    known: dict[tuple[object, ...], int] = {}
    for world in scenario.worlds:
        if only is not None and world.name not in only:
            continue
        base = scenario.baseline_of(world)
        first = -base.model.root.warm_up
        start = max(world.start, first)
        later = {plan.service: plan for plan in team_plans(world.model, part)} if world.regime != base.regime else {}
        mine = {plan.service: (plan, later.get(plan.service, plan)) for plan in team_plans(base.model, part)}
        told = {name: _told(before, after, start) for name, (before, after) in mine.items()}
        falling = frozenset(name for name, (before, after) in mine.items() if _falls(before, after, start))
        teams.falling[world.name] = falling | (teams.driven & mine.keys())
        told |= {name: (*told[name], world.name) for name in teams.falling[world.name]}
        new = [name for name in mine if told[name] not in known]
        if new:
            force = Workforce([mine[name][0] for name in new], base.model.clock.step_years, stream, first, area_ids)
            for name in new:
                if name in later:
                    force.change(start, later[name])
                known[told[name]] = len(teams.forces)
            teams.forces.append(force)
        teams.where[world.name] = {name: known[told[name]] for name in mine}
    return teams


def driven_services(scenario: Scenario) -> frozenset[str]:
    """Name the services whose team reads totals in some world."""
    chains = [chain for world in scenario.worlds for chain in world.model.chains]
    return frozenset(c.name for c in chains if c.service and c.service.team and c.service.team.driven)


def _falls(before: TeamPlan, after: TeamPlan, start: int) -> bool:
    """Say whether posts become fewer anywhere, at a step or when a second plan takes over at ``start``."""
    steps = sorted({start, *(step for plan in (before, after) for step, _ in plan.schedule)})
    levels = [before.workers, *((before if step < start else after).funded(step) for step in steps)]
    return any(bool((later < earlier).any()) for earlier, later in pairwise(levels))


def _told(before: TeamPlan, after: TeamPlan, start: int) -> tuple[object, ...]:
    """Give what two successive plans say, to be compared with others; equal ones have no start."""
    first, second = (_contents(plan) for plan in (before, after))
    return (first,) if first == second else (first, second, start)


def _contents(plan: TeamPlan) -> tuple[object, ...]:
    schedule = tuple((step, workers.tobytes()) for step, workers in plan.schedule)
    plainly = {"workers": plan.workers.tobytes(), "schedule": schedule}
    return tuple(plainly.get(f.name, getattr(plan, f.name)) for f in fields(plan))
