"""Families lived one by one, month by month, in several worlds on the same numbers: slow, plain, and on its own.

A family draws one number for each month, chain and member; every world reads the same one, so that worlds part only
where their rules do. Who comes and goes is the same in all of them. Waiting ends in the month in which it begins.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from scipy.special import gammainc, gammaincinv

from tests.theory.rebuild.rules import STEP, Rules, Track
from tests.theory.rebuild.words import figure, months

LONG_RUN = 720
"""Months after which children's ages are what births, birthdays and departures make of them."""
KEYWORKER = "keyworker"


@dataclass
class Child:
    """A child: its states, the months spent in each, and the month in which it was born."""

    born: int
    state: dict[str, int]
    since: dict[str, int]


@dataclass
class Family:
    """A family in one world; ``places`` holds a child or None."""

    traits: dict[str, float]
    state: dict[str, int]
    places: list[Child | None]
    crises: list[bool] = field(default_factory=list)
    helped_in: int | None = None


@dataclass
class Followed:
    """A family from its first start of help on: each month's pounds, with help and of its twin without."""

    world: str
    started: int
    helped: list[float] = field(default_factory=list)
    twin: list[float] = field(default_factory=list)

    def saved(self, months_followed: int, rate: float) -> float:
        """Give what it costs less, discounted by whole years begun since its start."""
        pairs = list(zip(self.helped, self.twin, strict=True))[:months_followed]
        return sum((twin - own) * (1.0 + rate) ** -((m + 12) // 12 - 1) for m, (own, twin) in enumerate(pairs))


@dataclass
class Lived:
    """What one world came to: rows by chain, state and month; the months of all starts of help, and of first ones."""

    counts: list[dict[tuple[str, int], int]]
    starts: list[int] = field(default_factory=list)
    first_starts: list[int] = field(default_factory=list)


class World:
    """The rules of a world applied to a family."""

    def __init__(self, rules: Rules, months_counted: int) -> None:
        self.rules, self.lived = rules, Lived([{} for _ in range(months_counted)])
        self.priced: dict[str, list[tuple[frozenset[int], float]]] = {}
        self.paid_moves: dict[tuple[str, int, int], float] = {}
        for price in rules.prices:
            if price.states:
                self.priced.setdefault(price.chain, []).append((price.states, price.pounds))
            for source, target in price.moves:
                key = (price.chain, source, target)
                self.paid_moves[key] = self.paid_moves.get(key, 0.0) + price.pounds

    def month(self, family: Family, step: int, year: float, numbers: dict[tuple[str, int], float]) -> float:
        """Live a month; give the pounds of it."""
        now = {**family.traits, **family.state, "year": year, self.rules.memory: sum(family.crises)}
        pounds = 0.0
        for track in self.rules.order:
            if not track.of_child:
                pounds += self._move(family, track, None, 0, step, now, numbers)
                continue
            for place, child in enumerate(family.places):
                if child is not None:
                    pounds += self._move(family, track, child, place, step, now, numbers)
        self._admit(family, step)
        now |= family.state
        family.crises = [*family.crises, bool(self.rules.remembered.value(now))][-self.rules.window :]
        return pounds + self._held(family)

    def _move(
        self, family: Family, track: Track, child: Child | None, place: int, step: int,
        now: dict[str, float], numbers: dict[tuple[str, int], float],
    ) -> float:  # fmt: skip
        holder = family.state if child is None else child.state
        state = holder[track.name]
        if child is not None:
            if not track.ages[0] <= step - child.born < track.ages[1]:
                return 0.0
            now |= child.state
            now["k"] = step - child.since[track.name]
        for name in track.names[state]:
            if name == "agencies":
                now[name] = self._agencies(family)
            elif name in self.rules.reader.children:
                chain, counts = self.rules.reader.children[name]
                now[name] = any(one is not None and counts(one.state[chain]) for one in family.places)
        u = numbers[track.name, place]
        for target, up_to in track.chances(state, now):
            if u < up_to:
                return self._go(family, track, child, target, step, now)
        return 0.0

    def _go(
        self, family: Family, track: Track, child: Child | None, target: int, step: int, now: dict[str, float]
    ) -> float:
        """Move, and move what that sets off; give what the moves cost."""
        holder = family.state if child is None else child.state
        source, holder[track.name] = holder[track.name], target
        if child is None:
            now[track.name] = target
        else:
            child.since[track.name] = step + 1
        pounds = self.paid_moves.get((track.name, source, target), 0.0)
        for chain, fired in track.fires.get((source, target), ()):
            if family.state[chain] != fired:
                pounds += self._go(family, self.rules.tracks[chain], None, fired, step, now)
        return pounds

    def _agencies(self, family: Family) -> int:
        tracks = self.rules.tracks
        return sum(tracks[s].states[family.state[s]].startswith("engaged") for s in self.rules.discretionary)

    def _admit(self, family: Family, step: int) -> None:
        """Let in whoever waits: there is a place for everybody."""
        for name in self.rules.discretionary:
            states = self.rules.tracks[name].states
            if states[family.state[name]] == "waiting":
                family.state[name] = next(i for i, state in enumerate(states) if state.startswith("engaged"))
                if name == KEYWORKER and step >= 0:
                    self.lived.starts.append(step)
                    if family.helped_in is None:
                        self.lived.first_starts.append(step)
                        family.helped_in = step

    def _held(self, family: Family) -> float:
        """Give the pounds for the states in which a month ends."""
        pounds = 0.0
        for chain, prices in self.priced.items():
            holders = [family.state] if chain in family.state else [c.state for c in family.places if c is not None]
            for holder in holders:
                pounds += sum(price for states, price in prices if holder[chain] in states)
        return pounds

    def count(self, family: Family, step: int) -> None:
        """Count the states in which a month ends."""
        if step < 0:
            return
        counts = self.lived.counts[step]
        for chain, state in family.state.items():
            counts[chain, state] = counts.get((chain, state), 0) + 1
        for child in family.places:
            for chain, state in child.state.items() if child is not None else ():
                counts[chain, state] = counts.get((chain, state), 0) + 1


class Town:
    """Families of a config in a baseline, and in further worlds from the month on in which a regime begins."""

    def __init__(self, baseline: World, others: dict[str, World], begins: int, seed: int) -> None:
        self.baseline, self.others, self.begins, self.seed = baseline, others, begins, seed
        config = baseline.rules.config
        units = config["units"]
        self.warm_up, self.steps = round(months(units["family"]["warm_up"])), config["clock"]["steps"]
        year, month = (int(part) for part in config["clock"]["start"].split("-"))
        self.began = year + (month - 1) / 12.0
        self.leaves = 1.0 - math.exp(-float(figure(units["family"]["leaves"]["rate"])) * STEP)
        self.births = 1.0 - math.exp(-float(figure(units["child"]["births"])) * STEP)
        self.ages = tuple(units["child"]["age"]["months"])
        self.child_tracks = [track for track in baseline.rules.order if track.of_child]
        self.grown = round(12 * float(str(units["child"]["leaves"]["age"]).split()[0]))
        self.children = {int(number): share for number, share in config["traits"]["children"]["shares"].items()}
        self.lone = float(config["traits"]["lone_parent"]["shares"]["1"])
        self.frailties = _frailties(config["traits"]["frailty"])

    def live(self, number: int) -> list[Followed]:
        """Live one place of the town through; give every family in it that a key worker helped, in each world."""
        dice = random.Random(f"{self.seed} {number}")
        many = dice.choices([*self.children], [*self.children.values()])[0]
        frailty = self.frailties[number % len(self.frailties)]
        traits = {"frailty": frailty, "lone_parent": float(dice.random() < self.lone), "children": float(many)}
        step = -self.warm_up
        families = {"": self._family(traits, self._settled(many, dice), step, dice, opening=True)}
        worlds, followed = {"": self.baseline}, list[Followed]()
        now_followed: dict[str, Followed] = {}
        for step in range(-self.warm_up, self.steps):
            if step == self.begins:
                families |= {name: deepcopy(families[""]) for name in self.others}
                worlds |= self.others
            if self._leaves(families[""].places, dice):
                born = [step - self._age(dice) for _ in range(many)]
                fresh = self._family(traits, born, step, dice)
                families, now_followed = {name: deepcopy(fresh) for name in families}, {}
            else:
                self._children(families.values(), step, dice)
            numbers = {
                (track.name, place): dice.random()
                for track in self.baseline.rules.order
                for place in range(many if track.of_child else 1)
            }
            pounds = {}
            for name, family in families.items():
                pounds[name] = worlds[name].month(family, step, self.began + step * STEP, numbers)
                worlds[name].count(family, step)
                if name and family.helped_in is not None and name not in now_followed:
                    now_followed[name] = Followed(name, step)
                    followed.append(now_followed[name])
            for name, one in now_followed.items():
                one.helped.append(pounds[name])
                one.twin.append(pounds[""])
        return followed

    def _age(self, dice: random.Random) -> int:
        """Draw the age in months of a child that comes with its family."""
        return dice.randint(*self.ages)

    def _leaves(self, places: Sequence[object], dice: random.Random) -> bool:
        """Say whether a family leaves, for reasons of its own or since its last child has grown up."""
        return dice.random() < self.leaves or not any(child is not None for child in places)

    def _settled(self, many: int, dice: random.Random) -> list[int | None]:
        """Give when the children of a family of the long run were born, place by place."""
        born: list[int | None] = [-self._age(dice) for _ in range(many)]
        for step in range(LONG_RUN):
            if self._leaves(born, dice):
                born = [step - self._age(dice) for _ in range(many)]
                continue
            for place, month in enumerate(born):
                if month is None:
                    born[place] = step if dice.random() < self.births else None
                elif step - month >= self.grown:
                    born[place] = None
        shift = LONG_RUN - 1 + self.warm_up  # the last month of the long run is the first of the warm-up
        return [None if month is None else month - shift for month in born]

    def _children(self, families: Iterable[Family], step: int, dice: random.Random) -> None:
        """Let children grow up and be born, the same in every world."""
        together = list(families)
        for place, child in enumerate(together[0].places):
            is_born = child is None and dice.random() < self.births
            for family in together:
                mine = family.places[place]
                if mine is None:
                    family.places[place] = self._child(step, step, None) if is_born else None
                elif step - mine.born >= self.grown:
                    family.places[place] = None
                else:
                    for track in self.child_tracks:
                        if step - mine.born == track.ages[1]:
                            mine.state[track.name] = 0

    def _family(
        self, traits: dict[str, float], born: Sequence[int | None], step: int, dice: random.Random,
        *, opening: bool = False,
    ) -> Family:  # fmt: skip
        """Draw a family's first states; a newborn is in its chains' first ones, unless it is there at the opening."""
        states = {t.name: _drawn(t.start, dice) for t in self.baseline.rules.order if not t.of_child}
        places: list[Child | None] = []
        for month in born:
            apart = month is None or (month == step and not opening)
            places.append(None if month is None else self._child(month, step, None if apart else dice))
        return Family(traits, states, places)

    def _child(self, born: int, step: int, dice: random.Random | None) -> Child:
        """Draw a child's first states; those of a newborn where there are no dice."""
        state, since = {}, {}
        for track in self.child_tracks:
            in_age = track.ages[0] <= step - born < track.ages[1]
            drawn = _drawn(track.start, dice) if dice is not None else 0
            state[track.name] = drawn if in_age else 0
            mean = track.held.get(state[track.name], 0.0)
            stay = int(-math.log(1.0 - dice.random()) / math.log1p(1.0 / mean)) if mean and dice is not None else 0
            since[track.name] = step - min(stay, step - born)
        return Child(born, state, since)


def _drawn(shares: Sequence[float], dice: random.Random) -> int:
    """Draw an index by shares that add up to 1."""
    return dice.choices(range(len(shares)), shares)[0]


def _frailties(trait: Mapping[str, Any]) -> list[float]:
    """Give the means of the classes of a gamma distribution with mean 1 (docs/equations.md, section 5)."""
    shape, n = 1.0 / float(trait["gamma"]["variance"]), int(trait["classes"])
    edges = [float(gammaincinv(shape, j / n)) for j in range(n)]
    up_to = [*(float(gammainc(shape + 1.0, edge)) for edge in edges), 1.0]
    return [n * (high - low) for low, high in pairwise(up_to)]
