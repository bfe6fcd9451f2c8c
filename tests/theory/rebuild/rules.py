"""The rules by which one family lives, read off a resolved config: chains, effects, services, what is paid.

From the equations of the docs alone (docs/equations.md, sections 1, 2, 8): hazards compete within a month, effects
multiply them, a stage of a pathway ends in a month with one over its mean.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.theory.rebuild.words import A_YEAR, Expression, Reader, figure, months

SURE = 64.0
"""Hazard a month of what happens at once."""
PATHWAY = ("none", "eligible", "identified", "refused", "waiting", "engaged", "aftercare", "closed", "dropped_out")
STEP = 1.0 / 12.0


@dataclass(frozen=True)
class Move:
    """A move of a chain: from, to, its rate a year, and the effects on it, each with its condition and multiplier."""

    source: int
    target: int
    rate: Expression
    effects: list[tuple[Expression, Expression, str]] = field(default_factory=list)


@dataclass
class Track:
    """A chain: its states and moves, how it starts, whose it is, and what its moves set off."""

    name: str
    states: list[str]
    moves: list[Move]
    start: list[float]
    of_child: bool
    ages: tuple[int, int] = (0, 10**6)
    held: Mapping[int, float] = field(default_factory=dict)
    fires: Mapping[tuple[int, int], list[tuple[str, int]]] = field(default_factory=dict)
    names: list[tuple[str, ...]] = field(default_factory=list)
    """What the moves out of each state read."""
    known: dict[tuple[Any, ...], list[tuple[int, float]]] = field(default_factory=dict)

    def chances(self, state: int, now: dict[str, Any]) -> list[tuple[int, float]]:
        """Give where a month leads from a state, with cumulative chances; worked out once for what it reads."""
        key = (state, *[now[name] for name in self.names[state]])
        if key not in self.known:
            hazards = [(move.target, self._hazard(move, now)) for move in self.moves if move.source == state]
            total = sum(hazard for _, hazard in hazards)
            leave, so_far, found = 1.0 - math.exp(-total), 0.0, []
            for target, hazard in hazards:
                if hazard > 0:
                    so_far += leave * hazard / total
                    found.append((target, so_far))
            self.known[key] = found
        return self.known[key]

    @staticmethod
    def _hazard(move: Move, now: dict[str, Any]) -> float:
        hazard = move.rate.value(now) * STEP
        for when, times, _ in move.effects:
            if when.value(now):
                hazard *= times.value(now)
        return hazard

    def settle(self) -> None:
        """Note what the moves out of each state read."""
        self.names = []
        for state in range(len(self.states)):
            read: set[str] = set()
            for move in self.moves:
                if move.source == state:
                    read |= move.rate.names
                    for when, times, _ in move.effects:
                        read |= when.names | times.names
            self.names.append(tuple(sorted(read)))


@dataclass(frozen=True)
class Price:
    """What a cost line of the narrow ledger is paid for: a chain, its states or moves, and pounds a month or a move."""

    chain: str
    states: frozenset[int]
    moves: frozenset[tuple[int, int]]
    pounds: float


class Rules:
    """All rules of one world; ``once`` where nobody is helped by a key worker a second time."""

    def __init__(self, config: dict[str, Any], *, once: bool = False) -> None:
        self.config = config
        states = {name: list(part["states"]) for name, part in config["chains"].items()}
        states |= {name: _states_of(part) for name, part in config["services"].items()}
        self.reader = Reader(config, states)
        self.tracks = {name: self._chain(name) for name in config["chains"]}
        self.tracks |= {name: self._service(name, once=once) for name in config["services"]}
        for effect in config["effects"]:
            self._lay(effect)
        for track in self.tracks.values():
            track.settle()
        self.order = [self.tracks[name] for name in config["order"]]
        self.discretionary = [name for name, part in config["services"].items() if part["kind"] == "discretionary"]
        self.prices = [price for line in config["costs"] if (price := self._price(line)) is not None]
        ((self.memory, remembered),) = config["remember"].items()
        self.remembered, self.window = self.reader.of(remembered["when"]), round(months(remembered["window"]))

    def _chain(self, name: str) -> Track:
        part = self.config["chains"][name]
        states = part["states"]
        moves = []
        for text, rate in part["rates"].items():
            source, target = (states.index(state.strip()) for state in text.split("->"))
            moves.append(Move(source, target, self.reader.of(figure(rate))))
        start = [float(figure(part["start"].get(state, 0.0))) for state in states]
        start[0] = 1.0 - sum(start[1:])
        ages = tuple(round(12 * age) for age in part["ages"]) if "ages" in part else (0, 10**6)
        fires: dict[tuple[int, int], list[tuple[str, int]]] = {}
        for text, fired in (part.get("fires") or {}).items():
            source, target = (states.index(state.strip()) for state in text.split("->"))
            for each in fired:
                chain, state = (word.strip() for word in each.split(":"))
                fires.setdefault((source, target), []).append((chain, self.reader.states[chain].index(state)))
        held = {states.index(state): months(mean) for state, mean in (part.get("held") or {}).items()}
        return Track(name, states, moves, start, part.get("of") == "child", (ages[0], ages[1]), held, fires)

    def _service(self, name: str, *, once: bool) -> Track:
        part, states = self.config["services"][name], self.reader.states[name]
        at, moves = {state: i for i, state in enumerate(states)}, []
        refer = part["refer"]
        when, rate = self.reader.of(refer["when"]), self.reader.of(figure(refer["rate"]))

        def move(source: str, target: str, *factors: Expression) -> None:
            names = frozenset().union(*(one.names for one in factors))
            value = lambda now, parts=factors: math.prod(one.value(now) for one in parts)  # noqa: E731
            moves.append(Move(at[source], at[target], Expression(value, names)))

        def after(mean: float, source: str, target: str, share: float = 1.0) -> None:
            hazard = -math.log1p(-1.0 / mean) if mean > 1 else SURE
            move(source, target, self.reader.of(hazard / STEP * share))

        if part["kind"] == "statutory":
            ended = Expression(lambda now: SURE / STEP * (not when.value(now)), when.names)
            for source in ("none", "closed"):
                move(source, "engaged", when, rate)
            move("engaged", "closed", ended)
            return Track(name, states, moves, [1.0, *[0.0] * (len(states) - 1)], of_child=False)
        again = self.reader.of(figure(refer.get("again", 1.0)))
        lasting = once and name == "keyworker"
        move("none", "eligible", when, rate)
        for source in ("closed", "dropped_out"):
            if not (lasting and source == "closed"):
                move(source, "eligible", when, rate, again)
        after(months(part["identify"]), "eligible", "identified")
        consent = float(figure(part["consent"]))
        after(months(part["assess"]), "identified", "waiting", consent)
        after(months(part["assess"]), "identified", "refused", 1.0 - consent)
        after(months(part["refused_for"]), "refused", "none")
        engaged = [state for state in states if state.startswith("engaged")]
        following = [*engaged[1:], "aftercare" if "aftercare" in states else "closed"]
        drop = self.reader.of(figure(part["dropout"]["rate"]))
        for source, target in zip(engaged, following, strict=True):
            after(months(part["engaged"]) / len(engaged), source, target)
            move(source, "closed" if lasting else "dropped_out", drop)
        if "aftercare" in states:
            after(months(part["aftercare"]), "aftercare", "closed")
        return Track(name, states, moves, [1.0, *[0.0] * (len(states) - 1)], of_child=False)

    def _lay(self, effect: Mapping[str, Any]) -> None:
        """Lay an effect on the moves that it names."""
        when, times = self.reader.of(effect["when"]), self.reader.of(figure(effect["times"]))
        for text in effect["on"] if isinstance(effect["on"], list) else [effect["on"]]:
            if ":" in text:
                chain, moved = (part.strip() for part in text.split(":"))
                track = self.tracks[chain]
                source, target = (track.states.index(state.strip()) for state in moved.split("->"))
                touched = [move for move in track.moves if (move.source, move.target) == (source, target)]
            else:
                chain, way = text.split(".")
                worse = way == "worsen"
                touched = [move for move in self.tracks[chain].moves if (move.target > move.source) == worse]
            assert touched, text
            for move in touched:
                move.effects.append((when, times, effect["name"]))

    def _price(self, line: Mapping[str, Any]) -> Price | None:
        """Read a line of how families fare, in pounds of the study's price year; None for what services cost."""
        if "narrow" not in line["ledger"] or "per" in line:
            return None
        chain, _, said = (line["on"] if "on" in line else line["while"]).partition(":" if "on" in line else " ")
        if chain not in self.config["chains"]:
            return None  # what a service does, or setting up
        price, index = line["price"], {year: level for year, level in self.config["deflators"]["values"].items()}
        pounds = float(price["value"]) * index[self.config["price_year"]] / index[price["price_year"]]
        times = line.get("times", {"value": 1.0, "unit": "ratio"})
        pounds *= float(times["value"])
        states = self.tracks[chain].states
        if "on" in line:
            source, target = (state.strip() for state in said.split("->"))
            sources = range(len(states)) if source == "any" else [states.index(source)]
            ends = states.index(target)
            return Price(chain, frozenset(), frozenset((s, ends) for s in sources if s != ends), pounds)
        a_year = A_YEAR[price["unit"]] if times["unit"] == "ratio" else 1.0
        held = self.reader.of(line["while"])
        allowed = frozenset(i for i in range(len(states)) if held.value({chain: i}))
        return Price(chain, allowed, frozenset(), pounds * a_year * STEP)


def _states_of(part: Mapping[str, Any]) -> list[str]:
    """List the states of a service's pathway."""
    if part["kind"] == "statutory":
        return ["none", "engaged", "closed"]
    stages = part["engaged"].get("stages", 1)
    engaged = ["engaged"] if stages == 1 else [f"engaged_{i}" for i in range(1, stages + 1)]
    states = [*PATHWAY[:5], *engaged, *PATHWAY[6:]]
    return states if "aftercare" in part else [state for state in states if state != "aftercare"]
