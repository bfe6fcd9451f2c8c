"""A regime joined by some agencies alone: their services work by its rules, those of the others go on as before.

What belongs to a service (its door, assessment, threshold, priority, team, the effects and costs that name it) is taken
from the regime when its agency has joined. A parameter that the regime changes and several services share, such as the
share of time spent face to face, gets its new value for the services that joined and keeps its old one for the others.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sim.language.evaluate import Expression, Node, number
from sim.model.handover import rule_of
from sim.model.parts import Part, expressions, mapped
from sim.model.spec import Chain, CostLine, Meter, Model, Parameter, Scenario, World
from sim.studies.shapley.rewriting import JOINED, renamed

FEWEST = 2
"""Agencies among whom something can be shared."""


@dataclass(frozen=True)
class JoinedRegime:
    """A regime and what it would change: ``changed`` parameters, and the services of each agency that it touches."""

    base: World
    full: World
    changed: frozenset[str]
    services: dict[str, tuple[str, ...]]

    @property
    def agencies(self) -> tuple[str, ...]:
        """The agencies that can join: those that run a service which the regime changes."""
        return tuple(self.services)


def joint_regime(scenario: Scenario, regime: str) -> JoinedRegime:
    """Find what a regime changes, service by service, under the first evidence set.

    Raises
    ------
    ValueError
        If there is no such regime beside the baseline, it changes a table, a service that it changes has no agency, or
        fewer than two agencies run one.
    """
    first = scenario.worlds[0].effect_set
    worlds = {w.regime: w for w in scenario.worlds if w.effect_set == first}
    others = [name for name in worlds if name != scenario.baseline]
    if regime not in others:
        raise ValueError(f"there is no regime '{regime}' to join; there are {', '.join(others) or 'none'}")
    base, full = worlds[scenario.baseline], worlds[regime]
    tables = [name for name, table in full.model.tables.items() if base.model.tables.get(name) != table]
    if tables:
        raise ValueError(
            f"'{regime}' changes the table {', '.join(tables)}, of which nobody can tell who joined; put what differs "
            "into a parameter, such as a factor on it"
        )
    changed = changed_parameters(base.model, full.model)
    touched = [
        chain.name for chain in full.model.chains
        if chain.service is not None and _is_touched(chain.name, base.model, full.model, changed)
    ]  # fmt: skip
    of_agency: dict[str, list[str]] = {}
    for name in touched:
        service = full.model.chain(name).service
        agency = service.agency if service is not None else ""
        if not agency:
            raise ValueError(f"the service '{name}' has no agency; name the one that runs it: services.{name}.agency")
        of_agency.setdefault(agency, []).append(name)
    if len(of_agency) < FEWEST:
        raise ValueError(
            f"the services that '{regime}' changes are run by {', '.join(of_agency) or 'no agency'}; "
            "sharing needs at least two"
        )
    return JoinedRegime(base, full, changed, {name: tuple(run) for name, run in of_agency.items()})


def changed_parameters(base: Model, full: Model) -> frozenset[str]:
    """List the parameters that differ, and those that are made of them."""
    changed = {
        name for name, parameter in full.parameters.items()
        if name not in base.parameters or base.parameters[name].expression != parameter.expression
    }  # fmt: skip
    while True:
        more = {name for name, one in full.parameters.items() if one.expression.names & changed} - changed
        if not more:
            return frozenset(changed)
        changed |= more


def _is_touched(service: str, base: Model, full: Model, changed: frozenset[str]) -> bool:
    """Whether a regime changes a service: its chain, or an effect or a cost that names it."""
    for parts in (_named(base, service), _named(full, service)):
        if any(one.names & changed for part in parts for one in expressions(part)):
            return True
    return _named(base, service) != _named(full, service)


def _named(model: Model, service: str) -> tuple[object, ...]:
    """Give what belongs to a service."""
    every = services_of(model)
    effects = tuple(e for e in model.effects if service in _services_in(e, every) | set(e.on))
    costs = tuple(line for line in model.costs if service in meter_services(meter_of(model, line), every))
    return (model.chain(service), *effects, *costs)


def services_of(model: Model) -> frozenset[str]:
    """Name the services."""
    return frozenset(chain.name for chain in model.chains if chain.service is not None)


def meter_of(model: Model, line: CostLine) -> Meter:
    """Give the meter of a cost line."""
    return next(meter for meter in model.meters if meter.name == line.meter)


def meter_services(meter: Meter, every: Collection[str]) -> frozenset[str]:
    """Name the services that a meter counts."""
    read = {meter.chain} | (set(meter.when.names) if meter.when is not None else set())
    return frozenset(read & set(every))


def _services_in(part: object, every: Collection[str]) -> frozenset[str]:
    """Name the services that the expressions of a part read."""
    return frozenset(name for one in expressions(part) for name in one.names & set(every))


def joined(joint: JoinedRegime, members: Collection[str]) -> Model:
    """Give the model when some agencies join.

    Everybody is the regime itself and nobody the baseline, exactly. In between, the price of a cost that names no
    service, such as setting up the regime, goes from the old one to the new in proportion to the services that join,
    and a service that puts families first elsewhere does so at services that joined.

    Raises
    ------
    ValueError
        If a member is no agency of the regime.
    """
    unknown = [name for name in members if name not in joint.services]
    if unknown:
        raise ValueError(f"{', '.join(unknown)} cannot join; those who can are {', '.join(joint.agencies)}")
    base, full = joint.base.model, joint.full.model
    if not members:
        return base
    if set(members) == set(joint.agencies):
        return full
    return _Blend(joint, frozenset(s for agency in members for s in joint.services[agency])).model()


@dataclass(frozen=True)
class _Blend:
    """The parts of a model in which ``inside`` are the services that joined."""

    joint: JoinedRegime
    inside: frozenset[str]

    def model(self) -> Model:
        """Put the model together."""
        base, full = self.joint.base.model, self.joint.full.model
        return replace(
            self._new(replace(full, parameters={}, chains=(), effects=(), costs=(), meters=())),
            parameters=self._parameters(base, full),
            chains=tuple(self._chain(chain) for chain in full.chains),
            effects=self._picked(base.effects, full.effects, lambda e: _services_in(e, self._every) | set(e.on)),
            meters=self._picked(base.meters, full.meters, lambda m: meter_services(m, self._every)),
            costs=tuple(self._cost(line) for line in full.costs),
        )  # fmt: skip

    @property
    def _every(self) -> frozenset[str]:
        """All services."""
        return services_of(self.joint.full.model)

    def _new(self, part: Part) -> Part:
        """Let a part read the parameters of those who joined."""
        return mapped(part, lambda expression: renamed(expression, self.joint.changed))

    def _parameters(self, base: Model, full: Model) -> dict[str, Parameter]:
        """Give every parameter as it was, and those that differ once more for those who joined."""
        new = (self._new(full.parameters[name]) for name in full.parameters if name in self.joint.changed)
        return {**base.parameters, **{one.name + JOINED: replace(one, name=one.name + JOINED) for one in new}}

    def _chain(self, chain: Chain) -> Chain:
        """Take a chain as it was where it is a service that stayed outside."""
        if chain.service is None:
            return self._new(chain)
        if chain.name not in self.inside:
            return self.joint.base.model.chain(chain.name)
        untouched = self._every - {s for run in self.joint.services.values() for s in run}
        brokers = {s: share for s, share in chain.service.brokers.items() if s in self.inside | untouched}
        return self._new(replace(chain, service=replace(chain.service, brokers=brokers)))

    def _picked(
        self, base: tuple[Any, ...], full: tuple[Any, ...], services: Callable[[Any], Collection[str]]
    ) -> tuple[Any, ...]:
        """Take each part from the regime unless it names a service that stayed outside; then as it was, if it was."""
        before = {part.name: part for part in base}
        return tuple(
            self._new(part) if set(services(part)) & self._every <= self.inside else before[part.name]
            for part in full if part.name in before or set(services(part)) & self._every <= self.inside
        )  # fmt: skip

    def _cost(self, line: CostLine) -> CostLine:
        """Price a line as the services that it names, or the coalition, do."""
        base, full = self.joint.base.model, self.joint.full.model
        before = next(one for one in base.costs if one.name == line.name)
        meter = meter_of(full, line)
        named = meter_services(meter, self._every)
        if named:
            return self._new(line) if named <= self.inside else before
        share = len(self.inside) / sum(len(run) for run in self.joint.services.values())
        if any(one.names & self.joint.changed for one in expressions(meter)):
            return replace(line, price=_between(number(0.0), self._new(line).price, share))  # what the regime brings
        if any(one.names & self.joint.changed for one in expressions(line.price)) or line != before:
            return replace(line, price=_between(before.price, self._new(line).price, share))
        return line


def _between(old: Expression, new: Expression, share: float) -> Expression:
    """Write a price that has gone a share of the way from what it was to what it is."""
    parts = [
        Node("*", 0, args=(price.root, Node("number", 0, value=part)))
        for price, part in ((old, 1 - share), (new, share))
    ]
    return Expression(f"({old.text}) * {1 - share!r} + ({new.text}) * {share!r}", Node("+", 0, args=tuple(parts)))


def coalition_scenario(
    scenario: Scenario, joint: JoinedRegime, coalitions: Mapping[str, Collection[str]]
) -> Scenario:  # fmt: skip
    """Give the baseline and a world for each coalition of agencies, by name, on the same random numbers."""
    worlds = [joint.base] + [
        World(name, name, joint.base.effect_set, joined(joint, members), joint.full.start, *rule_of(joint.full))
        for name, members in coalitions.items()
    ]  # fmt: skip
    return replace(scenario, worlds=tuple(worlds))
