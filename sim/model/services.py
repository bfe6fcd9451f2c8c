"""A service is also a chain: this turns its description into states and moves; the gate itself is in the engine.

The pathway: none -> (eligible) -> (identified) -> (offered) -> waiting or refused -> engaged (stages) -> aftercare ->
closed, with dropped_out from waiting and from engaged. A step of the pathway that takes no time is left out, so that
nobody waits a step for nothing. A referral after closing, refusing or dropping out is a move like the first one.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from sim.language.evaluate import Expression, Node, number, parse
from sim.model.lengths import Length
from sim.model.pathway import ENTRY, TURNED_AWAY, states_of
from sim.model.spec import Chain, Service, Team, Transition

ALWAYS_AGAIN = number(1.0)
NOW_HAZARD = 64.0
"""Hazard a step of what happens `now`: it fails with probability exp(-64)."""


@dataclass(frozen=True)
class ServiceDescription:
    """How a service takes people in, keeps them and lets them go; durations in steps, rates per year.

    ``refer_rate`` None means `now`; ``identify_steps``, ``assess_steps``, ``offer_steps``, ``refused_steps``,
    ``patience_steps``, ``engaged_steps``, ``aftercare_steps`` are means: 0 is `now`, and None leaves that part of the
    pathway out (patience, engaged and refused then never end by themselves); ``consent`` None is everyone. A statutory
    service takes its case in after ``respond_steps`` and closes it when ``refer_when`` no longer holds, unless
    ``engaged_steps`` says how long. Instead of that, help may last a ``length``, which is drawn when it begins.
    """

    service: Service
    unit: str
    refer_when: Expression
    refer_rate: Expression | None = None
    again: Expression = ALWAYS_AGAIN
    identify_steps: float | None = None
    assess_steps: float | None = None
    offer_steps: float | None = None
    consent: Expression | None = None
    refused_steps: float | None = None
    patience_steps: float | None = None
    engaged_steps: float | None = None
    stages: int = 1
    dropout_rate: Expression | None = None
    aftercare_steps: float | None = None
    respond_steps: float | None = None
    length: Length | None = None
    start: dict[str, Expression] | None = None


def hazard_of_mean(mean_steps: float, stages: int = 1) -> float:
    """Give the hazard a step whose stage has the exact mean ``mean_steps / stages`` in whole steps.

    A stage ends in each step with p = stages / mean, so that its mean is exact; the hazard is -ln(1 - p). A mean of
    one step or less a stage ends in the next step.
    """
    p = stages / mean_steps if mean_steps > 0 else 1.0
    return -math.log1p(-p) if p < 1 else NOW_HAZARD


def rate_in_whole_steps(length: Length, step_years: float) -> Expression:
    """Give the rate a year whose stay has, in whole steps, the mean of an exponential time whose mean reads traits.

    As ``hazard_of_mean``, row by row; 0 for other laws, which whole steps do not keep.
    """
    if length.law != "exponential":
        return number(0.0)
    text = f"min(rate(min(1 / ({length.mean_steps!r} * ({length.times.text})), 1)), {NOW_HAZARD / step_years!r})"
    mean = Node("*", 0, args=(number(length.mean_steps).root, length.times.root))
    chance = call("min", Node("/", 0, args=(number(1.0).root, mean)), number(1.0).root)
    return Expression(text, call("min", call("rate", chance), number(NOW_HAZARD / step_years).root))


def call(function: str, *args: Node) -> Node:
    """Make the node of a call."""
    return Node("call", 0, name=function, args=args)


def service_chain(description: ServiceDescription, step_years: float) -> Chain:
    """Compile a description to the chain of its pathway.

    Parameters
    ----------
    description
        The service as its config says it.
    step_years
        Length of a step; hazards a step become rates per year by dividing by it.

    Returns
    -------
        A rates chain named after the service. States that the description does not use are left out; a number that is
        zero leaves nothing out, so that regimes which differ in numbers share their states.
    """
    build = _Pathway(description, step_years)
    if description.service.kind == "statutory":
        build.statutory()
    else:
        build.discretionary()
    return build.chain()


def referred_while_staffed(when: Expression, team: Team | None, step_years: float) -> Expression:
    """Let a condition of referral hold only where there are posts, now or to come; see ``Team.ends``."""
    ends = team.ends if team is not None else {}
    conditions = []
    for end in sorted({end for end in ends.values() if end < math.inf}):
        areas = [name for name, its in ends.items() if its == end]
        # Half a step before the point, so that rounding of the time cannot move it.
        over = "1" if end == -math.inf else f"time >= {(end - 0.5) * step_years!r}"
        here = "" if len(areas) == len(ends) else f"({' or '.join(f'area == {name}' for name in areas)}) and "
        conditions.append(parse(f"not ({here}{over})") if here or over != "1" else number(0.0))
    return product(*conditions, when) if conditions else when


def with_team(chain: Chain, team: Team, step_years: float) -> Chain:
    """Give the chain of a service another team; where that has no posts, now or to come, nobody is referred."""
    assert chain.service is not None
    moves = tuple(
        replace(move, expression=referred_while_staffed(move.expression, team, step_years))
        if move.source in ENTRY and move.target not in ENTRY and move.expression is not None
        else move
        for move in chain.transitions
    )
    return replace(chain, transitions=moves, service=replace(chain.service, team=team))


class _Pathway:
    """Collects the moves of one service."""

    def __init__(self, description: ServiceDescription, step_years: float) -> None:
        when = referred_while_staffed(description.refer_when, description.service.team, step_years)
        self.d, self.step_years = replace(description, refer_when=when), step_years
        self.moves: list[Transition] = []
        team = description.service.team
        self.has_waiting_room = team is not None and team.waiting_room is not None

    def move(self, source: str, target: str, *factors: Expression) -> None:
        """Let something happen at a rate."""
        self.moves.append(Transition(source, target, product(*factors)))

    def now(self, source: str, target: str, *factors: Expression) -> None:
        """Let something happen at once."""
        rate = number(NOW_HAZARD / self.step_years)
        self.moves.append(Transition(source, target, product(rate, *factors), now=True))

    def after(self, mean_steps: float, source: str, target: str, *factors: Expression, stages: int = 1) -> None:
        """Let something end a stay of a mean length in some stages of which this is one; 0 is at once."""
        if mean_steps == 0:
            self.now(source, target, *factors)
            return
        rate = number(hazard_of_mean(mean_steps, stages) / self.step_years)
        self.moves.append(Transition(source, target, product(rate, *factors), mean_steps / stages))

    def end_of_help(self, source: str, target: str) -> None:
        """Let help, or a stage of it, end when it has lasted as long as it is to; never where nothing says how long."""
        d = self.d
        if d.length is not None:
            self.moves.append(
                Transition(source, target, rate_in_whole_steps(d.length, self.step_years), length=d.length)
            )
        elif d.engaged_steps is not None:
            self.after(d.engaged_steps, source, target, stages=d.stages)

    def referral(self, source: str, target: str, *factors: Expression) -> None:
        """Refer who is due, at the rate that the description gives."""
        rate = self.d.refer_rate
        if rate is None:
            self.now(source, target, *factors)
        else:
            self.move(source, target, rate, *factors)

    def stage(self, i: int) -> str:
        return "engaged" if self.d.stages == 1 else f"engaged_{i}"

    def statutory(self) -> None:
        d = self.d
        first = "identified" if d.respond_steps else "engaged"
        for source in ("none", "closed"):
            self.referral(source, first, d.refer_when)
        if d.respond_steps:
            self.after(d.respond_steps, "identified", "engaged")
        if d.engaged_steps is not None or d.length is not None:
            self.end_of_help("engaged", "closed")
        else:
            self.now("engaged", "closed", negation(d.refer_when))

    def discretionary(self) -> None:
        d = self.d
        gates = [("eligible", d.identify_steps), ("identified", d.assess_steps), ("offered", d.offer_steps)]
        stops = [(state, mean) for state, mean in gates if mean]
        for source in ENTRY if self.has_waiting_room else [state for state in ENTRY if state != TURNED_AWAY]:
            again = () if source == "none" else (d.again,)
            if stops:
                self.referral(source, stops[0][0], d.refer_when, *again)
            else:
                self.offer(self.referral, source, d.refer_when, *again)
        for i, (state, mean) in enumerate(stops):
            ends = partial(self.after, mean)
            if i + 1 < len(stops):
                ends(state, stops[i + 1][0])
            else:
                self.offer(ends, state)
        if d.refused_steps is not None:
            self.after(d.refused_steps, "refused", "none")
        if d.patience_steps is not None:
            self.after(d.patience_steps, "waiting", "dropped_out")
        if self.has_waiting_room:
            self.move("waiting", TURNED_AWAY, number(0.0))  # at the gate, by no rate
        self.help()

    def offer(self, move: Callable[..., None], source: str, *factors: Expression) -> None:
        """Have those who consent wait and others refuse, by a way of moving."""
        consent = self.d.consent
        if consent is None:
            move(source, "waiting", *factors)
        else:
            move(source, "waiting", *factors, consent)
            move(source, "refused", *factors, complement(consent))

    def help(self) -> None:
        d = self.d
        after = "aftercare" if d.aftercare_steps else "closed"
        for i in range(1, d.stages + 1):
            self.end_of_help(self.stage(i), self.stage(i + 1) if i < d.stages else after)
            if d.dropout_rate is not None:
                self.move(self.stage(i), "dropped_out", d.dropout_rate)
        if d.aftercare_steps:
            self.after(d.aftercare_steps, "aftercare", "closed")

    def chain(self) -> Chain:
        used = {state for move in self.moves for state in (move.source, move.target)} | {"none", self.stage(1)}
        states: list[str] = []
        levels: list[int] = []
        for level, name in enumerate(states_of(self.has_waiting_room)):
            stages = [self.stage(i) for i in range(1, self.d.stages + 1)] if name == "engaged" else [name]
            for state in stages:
                if state in used:
                    states.append(state)
                    levels.append(level)
        return Chain(
            name=self.d.service.name,
            unit=self.d.unit,
            states=tuple(states),
            kind="rates",
            transitions=tuple(move for move in self.moves if move.source in used),
            start=dict(self.d.start or {}),
            levels=tuple(levels),
            level_names={name: level for level, name in enumerate(states_of(self.has_waiting_room))},
            service=self.d.service,
        )


def product(*factors: Expression) -> Expression:
    """Multiply expressions; the constant 1 is left out."""
    factors = tuple(f for f in factors if not (f.root.kind == "number" and f.root.value == 1.0)) or (number(1.0),)
    root = factors[0].root
    for factor in factors[1:]:
        root = Node("*", 0, args=(root, factor.root))
    return Expression(" * ".join(f"({factor.text})" for factor in factors), root)


def negation(condition: Expression) -> Expression:
    """Give 1 where a condition does not hold, else 0."""
    return Expression(f"not ({condition.text})", Node("not", 0, args=(condition.root,)))


def complement(share: Expression) -> Expression:
    """Give 1 minus an expression."""
    if share.root.kind == "number":
        return number(1.0 - share.root.value)
    return Expression(f"1 - ({share.text})", Node("-", 0, args=(number(1.0).root, share.root)))
