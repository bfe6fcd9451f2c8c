"""A phased start: a service that opens area by area; until then nobody is referred to it there and it has no posts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sim.config.check.draft import Draft
from sim.config.check.problems import Key
from sim.config.schema.services import ServicePart
from sim.language.evaluate import Expression, parse
from sim.model.services import product
from sim.model.spec import Areas, Team


def opening(draft: Draft, path: Key, part: ServicePart, areas: Areas) -> dict[str, int]:
    """Give the point at which each area that opens later does so.

    An unknown area, and posts that no area's opening can hold back, are noted.
    """
    found = {}
    for name, start in part.opens.items():
        at = (*path, "opens", name)
        if draft.findings.known(at, name, "area", areas.names, of_key=True):
            found[name] = draft.point(at, start)
    if found and part.team is not None and part.team.extra_workers is not None:
        draft.findings.add(
            (*path, "opens"), "posts of 'extra_workers' are shared among all areas; a service with them opens at once"
        )
    return found


def referred_where_open(when: Expression, opens: Mapping[str, int], step_years: float) -> Expression:
    """Let a condition of referral hold only where the service is open."""
    conditions = []
    for point in sorted(set(opens.values())):
        names = [name for name, start in opens.items() if start == point]
        # Half a step before the point, so that rounding of the time cannot move it.
        conditions.append(_open(names, (point - 0.5) * step_years))
    return product(*conditions, when) if conditions else when


def _open(names: list[str], years: float) -> Expression:
    """Give 1 but in these areas before a time."""
    return parse(f"not (({' or '.join(f'area == {name}' for name in names)}) and time < {years!r})")


def staffed_where_open(team: Team, opens: Mapping[str, int]) -> Team:
    """Fund posts in each area from when it opens."""
    if not opens:
        return team
    levels = [(point, workers) for point, workers in team.funding]
    points = sorted({point for point, _ in levels} | set(opens.values()))

    def at(point: int | None) -> dict[str, float]:
        past = [workers for start, workers in levels if point is not None and start <= point]
        level = past[-1] if past else team.workers
        return {
            name: 0.0 if name in opens and (point is None or point < opens[name]) else posts
            for name, posts in level.items()
        }

    return replace(team, workers=at(None), funding=tuple((point, at(point)) for point in points))
