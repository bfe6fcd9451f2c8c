"""Runs of today's services with more posts, beside their baseline and the regime whose money is spent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.value.increments import biased, discounted, increments, programme_lines, summed
from sim.economics.value.terms import terms_of
from sim.model.spec import Chain, Model, Scenario, World
from sim.results.costs import chosen_lines
from sim.results.worlds import WorldName, of_world, world_names
from sim.runs.ensemble import simulate
from sim.runs.replications import pared, scaled
from sim.studies.best_use.answer import Places

TOGETHER = 12
"""Ways to spend the money that run beside one baseline."""
Posts = Mapping[str, float]
"""Service -> posts at scale, in all areas together."""


@dataclass(frozen=True)
class Came:
    """What a regime came to against the baseline over the horizon, present pounds, (replication,).

    ``saved`` is what families cost less, transfers counted, ``spent`` what services cost more, in the headline ledger.
    ``places`` says by service how many there are and how many are used.
    """

    saved: FloatArray
    spent: FloatArray
    places: Mapping[str, Places]


@dataclass(frozen=True)
class Trials:
    """A scenario of a baseline and one regime, whose money is spent, under one evidence set; see ``trials``."""

    scenario: Scenario
    today: Posts
    ramp: tuple[tuple[int, float], ...]
    share: float = 1.0
    workers: int = 1

    @property
    def money(self) -> World:
        """The world whose money is spent."""
        return next(world for world in self.scenario.worlds if world.regime != self.scenario.baseline)

    @cached_property
    def target(self) -> Came:
        """What the regime comes to whose money is spent."""
        return self._came([self.money])[0]

    def came(self, posts: Sequence[Posts]) -> list[Came]:
        """Run today's services with other posts at scale."""
        base = self.scenario.baseline_of(self.money)
        return self._came([
            replace(self.money, name=f"use {i}", regime=f"use {i}", model=self.staffed(base.model, one),
                    handover="finish", receivers=())
            for i, one in enumerate(posts)
        ])  # fmt: skip

    def _came(self, worlds: Sequence[World]) -> list[Came]:
        """Run worlds, some beside one baseline at a time."""
        base, found = self.scenario.baseline_of(self.money), []
        for i in range(0, len(worlds), TOGETHER):
            here = scaled(replace(self.scenario, worlds=(base, *worlds[i : i + TOGETHER])), self.share)
            ds = simulate(here, self.workers, rows=False)
            found += [_came(ds, world, tuple(self.today)) for world in world_names(ds)[1:]]
        return found

    def staffed(self, model: Model, posts: Posts) -> Model:
        """Give services so many posts at scale, areas in the proportions they have, when the money comes."""
        chains = tuple(self._staffed(c, posts[c.name]) if c.name in posts else c for c in model.chains)
        return replace(model, chains=chains)

    def _staffed(self, chain: Chain, posts: float) -> Chain:
        service = chain.service
        assert service is not None
        assert service.team is not None
        levels = self.levels(chain.name, posts)
        today = service.team.workers
        (_, first), *later = [
            (point, {area: n * level / self.today[chain.name] for area, n in today.items()}) for point, level in levels
        ]
        return replace(chain, service=replace(service, team=replace(service.team, workers=first, funding=tuple(later))))

    def levels(self, service: str, posts: float) -> list[tuple[int, float]]:
        """Give the posts of a service from each point on, from the regime's start."""
        today = self.today[service]
        return [(point, today + part * (posts - today)) for point, part in self.ramp]


def trials(
    scenario: Scenario, effect_set: str, money_of: str, *, share: float, replications: int, workers: int
) -> Trials:  # fmt: skip
    """Make the runs of a scenario, as long as the horizon of its appraisal.

    Raises
    ------
    ValueError
        If the regime adds no posts, or no service has posts that stay the same today.
    """
    money = next(w for w in scenario.worlds if (w.regime, w.effect_set) == (money_of, effect_set))
    base = scenario.baseline_of(money)
    years = scenario.appraisal.horizon_years / base.model.clock.step_years
    short = pared(scenario, (base.regime, money_of), (effect_set,), money.start + round(years), priced=True)
    today = {}
    for chain in base.model.chains:
        team = chain.service.team if chain.service is not None else None
        if team is not None and team.most_posts > 0:
            if team.funding:
                raise ValueError(f"services.{chain.name}: its posts of today change by 'funding', so that it is not "
                                 "told what more posts are; give it a number of posts alone")  # fmt: skip
            today[chain.name] = team.most_posts
    ramp = _ramp(base.model, money.model, money.start)
    if not today or not ramp:
        raise ValueError(f"'{money_of}' adds no posts to the baseline, so that there is no money of it to spend"
                         if today else "no service has posts today that money could add to")  # fmt: skip
    return Trials(replace(short, replications=replications), today, ramp, share, workers)


def _ramp(base: Model, money: Model, start: int) -> tuple[tuple[int, float], ...]:
    """Say which part of the posts that a regime adds is there from which point; nothing where it adds none."""

    def extra(at: int) -> float:
        return sum(max(posts_at(m, at) - posts_at(b, at), 0.0) for b, m in zip(base.chains, money.chains, strict=True))

    points = {start}
    for chain in money.chains:
        if chain.service is not None and chain.service.team is not None:
            points |= {point for point, _ in chain.service.team.funding if point > start}
    levels = [(point, extra(point)) for point in sorted(points)]
    most = max(level for _, level in levels)
    ramp = [(point, level / most) for point, level in levels] if most > 0 else []
    return tuple(one for i, one in enumerate(ramp) if i == 0 or one[1] != ramp[i - 1][1])


def posts_at(chain: Chain, at: int) -> float:
    """Give the posts of a service from a point on."""
    team = chain.service.team if chain.service is not None else None
    if team is None:
        return 0.0
    return sum(next((level for point, level in reversed(team.funding) if point <= at), team.workers).values())


def _came(ds: xr.Dataset, world: WorldName, services: Sequence[str]) -> Came:
    """Say what a regime came to."""
    terms, base = terms_of(ds), world_names(ds)[0]
    lines, own = chosen_lines(ds, terms.ledger), programme_lines(ds)
    cost = biased(ds, increments(ds, world, base, terms).cost, terms)
    spent, more = (discounted(summed(cost, lines & chosen), terms) for chosen in (own, ~own))
    after = slice(terms.base_point + 1, terms.base_point + 1 + terms.steps)
    places = {name: Places(*_use(ds, world, name, after), *_use(ds, base, name, after)) for name in services}
    return Came(-more, spent, places)


def _use(ds: xr.Dataset, world: WorldName, service: str, after: slice) -> tuple[float, float]:
    """Give the mean places of a service, and of them those that are used."""
    team = of_world(ds, world, "team").sel(service=service).isel(step=after)
    places, engaged = (np.asarray(team.sel(team_series=name).values) for name in ("places", "engaged"))
    return float(places.mean()), float(engaged.mean())
