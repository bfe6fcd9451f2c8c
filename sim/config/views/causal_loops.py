"""Who pushes whom, and which way: the causal links of a model with their polarity, worked out from its own numbers.

A chain counts by how bad its state is, a service by the help it gives. A link is `+` when more of the source makes more
of the target than there would have been, `-` when it makes less, and `+-` where that depends. Signs come from the
values of effects, rates and stocks, tried at many states and totals; nothing is read off names.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sim.config.views.polarity import VariableRead, readings_of_expression, readings_of_factor
from sim.language.evaluate import Expression
from sim.language.functions import of_service
from sim.model.compiled.factors import Factor, effect_factors
from sim.model.compiled.scope import Reader
from sim.model.pathway import DROPPED_OUT, ENTRY, REFUSED, helps
from sim.model.spec import Chain, Model

AGENCIES = "agencies"
TEAM_SIGNS = {"turnover_times": -1, "time_left": 1, "extra_workers": 1}


@dataclass(frozen=True)
class CausalLink:
    """A causal link: sign 1, -1 or 0 (either), and the names of the effects or rates that make it."""

    source: str
    target: str
    sign: int
    why: tuple[str, ...]


@dataclass(frozen=True)
class Loop:
    """A ring of variables, the first repeated at the end; ``kind`` R (reinforcing), B (balancing) or ? (either)."""

    names: tuple[str, ...]
    kind: str


@dataclass
class CausalGraph:
    """The variables of a model by group (family, child, services, feedback ...), and the links between them."""

    groups: dict[str, str] = field(default_factory=dict)
    links: dict[tuple[str, str], CausalLink] = field(default_factory=dict)

    def add(self, source: str, target: str, sign: int, why: str) -> None:
        """Add a link; links between the same two with different signs make one that depends."""
        old = self.links.get((source, target))
        if old is None:
            self.links[source, target] = CausalLink(source, target, sign, (why,))
            return
        both = tuple(dict.fromkeys((*old.why, why)))
        self.links[source, target] = CausalLink(source, target, sign if old.sign == sign else 0, both)

    def after(self, name: str) -> list[str]:
        """List what a variable acts on."""
        return [target for source, target in self.links if source == name]


def causal_graph(model: Model) -> CausalGraph:
    """Work out the causal links of a model.

    Parameters
    ----------
    model
        The model.

    Returns
    -------
        Its variables and signed links. What runs on the clock, parameters and traits are no variables. That a state
        empties the faster the fuller it is (every flow does) is left out.
    """
    graph = CausalGraph()
    gated = _gated(model)
    for chain in model.chains:
        graph.groups[chain.name] = "services" if chain.service else chain.unit
        if chain.name in gated:
            graph.groups[f"{chain.name} waiting"] = graph.groups[f"{chain.name} places"] = "services"
    graph.groups |= {stock.name: "feedback" for stock in model.stocks}
    for chain in model.chains:
        _links_to_chain(graph, model, chain, gated)
    for stock in model.stocks:
        for read in readings_of_expression(stock.expression, model):
            graph.add(_variable(read), stock.name, read.sign, stock.kind)
    for name in gated:
        _links_of_team(graph, model, name)
    if any(AGENCIES in link for link in graph.links):
        graph.groups[AGENCIES] = "services"
        for chain in model.chains:
            if chain.is_gated:
                graph.add(chain.name, AGENCIES, 1, "at work in the family")
    return graph


def _gated(model: Model) -> list[str]:
    """Name the services whose queue or places are part of a loop: read by a stock, or told by a team's expressions."""
    expressions = [stock.expression for stock in model.stocks]
    driven = [c.name for c in model.chains if c.service and c.service.team and c.service.team.driven]
    for chain in model.chains:
        expressions += [move.expression for move in chain.transitions if move.expression is not None]
        expressions += chain.service.team.driven if chain.service and chain.service.team else ()
    asked = {read.name for e in expressions for read in _asked(e, model)}
    return [chain.name for chain in model.chains if chain.name in driven or chain.name in asked]


def _asked(expression: Expression, model: Model) -> Iterator[VariableRead]:
    reads = readings_of_expression(expression, model) if any(map(of_service, expression.nodes())) else []
    return (read for read in reads if read.part)


def _variable(read: VariableRead) -> str:
    """Name the variable that is read."""
    return f"{read.name} {read.part}" if read.part else read.name


def _links_to_chain(graph: CausalGraph, model: Model, chain: Chain, gated: list[str]) -> None:
    """Add what acts on a chain: its own rates that read others, and effects."""
    reader = Reader(model, chain.unit, k_chain=chain.name)
    moves = [(move.source, move.target) for move in chain.transitions]
    factors = [
        (Factor(reader, move.expression, moves=frozenset([i])), "its rates")
        for i, move in enumerate(chain.transitions)
        if move.expression is not None
    ]
    factors += [(factor, _name_of(model, factor)) for factor in effect_factors(model, chain.name, moves)]
    for factor, why in factors:
        towards = {_direction(chain, *moves[i], gated) for i in factor.moves}
        for read in readings_of_factor(factor, model, chain.name):
            for target, sign in towards:
                graph.add(_variable(read), target, read.sign * sign, why)
    for other in model.chains:
        for fire in other.fires:
            if fire.chain == chain.name:
                graph.add(other.name, chain.name, _fired(model, other, fire.moves, chain, fire.target), "fires")


def _name_of(model: Model, factor: Factor) -> str:
    """Name the effect that a factor comes from."""
    return next(e.name for e in model.effects if e.when is factor.when and e.times is factor.times)


def _direction(chain: Chain, source: str, target: str, gated: list[str]) -> tuple[str, int]:
    """Say which variable a move adds to (1) or takes from (-1)."""
    if chain.service is None:
        return chain.name, 1 if chain.states.index(target) > chain.states.index(source) else -1
    queue = f"{chain.name} waiting" if chain.name in gated else chain.name
    if helps(source):
        return chain.name, 0 if helps(target) else -1
    if target in (REFUSED, DROPPED_OUT) or (target in ENTRY and source not in ENTRY):
        return queue, -1
    return queue, 1


def _fired(model: Model, chain: Chain, moves: tuple[tuple[str, str], ...], other: Chain, target: str) -> int:
    """Give the sign of a firing: 1 when a move to the worse sends the other chain to the worse."""
    signs = {_direction(chain, *move, [])[1] for move in moves}
    end = other.states.index(target)
    to = 1 if other.service is not None or end > 0 else -1
    return signs.pop() * to if len(signs) == 1 else 0


def _links_of_team(graph: CausalGraph, model: Model, name: str) -> None:
    """Add what the places of a service depend on and what they do."""
    service = model.chain(name).service
    graph.add(f"{name} places", name, 1, "admission")
    graph.add(f"{name} places", f"{name} waiting", -1, "admission")
    graph.add(f"{name} waiting", name, 1, "admission")
    team = service.team if service else None
    for key, sign in TEAM_SIGNS.items():
        expression = getattr(team, key, None)
        for read in readings_of_expression(expression, model) if expression is not None else ():
            graph.add(_variable(read), f"{name} places", sign * read.sign, key.replace("_", " "))


def loops_of(graph: CausalGraph, longest: int = 6, at_most: int = 40) -> list[Loop]:
    """List feedback loops, those through feedback stocks first, then the shortest.

    Parameters
    ----------
    graph
        The causal links.
    longest
        The largest number of variables in a loop through a stock; other loops have at most three.
    at_most
        How many to list.

    Returns
    -------
        Each loop once.
    """
    order = {name: i for i, name in enumerate(graph.groups)}
    stocks = [name for name, group in graph.groups.items() if group == "feedback"]
    found: dict[tuple[str, ...], Loop] = {}
    for start in [*stocks, *(name for name in graph.groups if name not in stocks)]:
        limit = longest if start in stocks else 3
        for ring in _rings(graph, start, limit):
            turn = ring.index(min(ring, key=lambda name: order[name]))
            key = (*ring[turn:], *ring[:turn])
            if key not in found:
                found[key] = Loop((*ring, ring[0]), _kind(graph, ring))
    through = [loop for loop in found.values() if set(loop.names) & set(stocks)]
    through = [loop for start in stocks for loop in _shortest(through, start)]
    rest = sorted((loop for loop in found.values() if not set(loop.names) & set(stocks)), key=lambda x: len(x.names))
    return list(dict.fromkeys([*through, *rest]))[:at_most]


def _shortest(loops: list[Loop], start: str, n: int = 3) -> list[Loop]:
    """Give the few shortest loops through a variable."""
    return sorted((loop for loop in loops if start in loop.names), key=lambda loop: len(loop.names))[:n]


def _rings(graph: CausalGraph, start: str, limit: int) -> Iterator[tuple[str, ...]]:
    """Walk the simple rings through a variable, shortest first, a few hundred at most."""
    after = {name: graph.after(name) for name in graph.groups}
    paths: list[tuple[str, ...]] = [(start,)]
    given = 0
    for _ in range(limit):
        longer: list[tuple[str, ...]] = []
        for path in paths:
            if start in after[path[-1]]:
                given += 1
                yield path
            longer += [(*path, name) for name in after[path[-1]] if name not in path]
        paths = longer[:20_000]
        if given > 200:
            return


def _kind(graph: CausalGraph, ring: tuple[str, ...]) -> str:
    """Say whether a ring reinforces (an even number of minus signs) or balances."""
    product = 1
    for source, target in zip(ring, (*ring[1:], ring[0]), strict=True):
        product *= graph.links[source, target].sign
    return {1: "R", -1: "B", 0: "?"}[product]
