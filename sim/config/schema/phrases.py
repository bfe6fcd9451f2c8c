"""Short texts of a config that say several things at once: durations, moves, what fires, targets, what a price is per.

Each is a small class with a reader that gives it, or an error that says what is allowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from sim.config.schema.readers import is_number, read_number, refuse
from sim.language.evaluate import Expression, ExpressionError, parse

_DURATION = re.compile(r"(?:([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*)?(step|day|week|month|quarter|year)s?")
_PER = re.compile(r"(.+?)\s*(?:/|per)\s*(step|day|week|month|quarter|year)")
_STATES = r"(\w+|\[[\w\s,]*\])"
_MOVE = re.compile(rf"\s*{_STATES}\s*->\s*{_STATES}\s*")
_FIRE = re.compile(rf"\s*(\w+)\s*:\s*(?:{_STATES}\s*->\s*)?(\w+)\s*(?:with\s+(.+))?")
_TARGET = re.compile(rf"\s*(\w+)\s*(?:\.\s*(worsen|improve|any)\s*|:\s*{_STATES}\s*->\s*{_STATES}\s*)")
_PER_THING = re.compile(r"\s*(\w+)(?:\.(worker|place|case|start|referral))?\s*")
MOST = 1_000_000_000
"""What a duration or a frequency may have of its unit."""
_YEARS = {
    "day": Fraction(4, 1461),
    "week": Fraction(28, 1461),
    "month": Fraction(1, 12),
    "quarter": Fraction(1, 4),
    "year": Fraction(1),
}


@dataclass(frozen=True)
class Duration:
    """A length of time: an amount of a unit, ``step`` for the model's own."""

    amount: float
    unit: str = "step"

    def steps(self, step: Fraction) -> float:
        """Give its number of steps of ``step`` years, exactly where it is whole."""
        if self.unit == "step":
            return self.amount
        return float(Fraction(self.amount).limit_denominator(10**9) * _YEARS[self.unit] / step)

    @property
    def years(self) -> Fraction:
        """Its length in years; a duration in steps has none."""
        return Fraction(self.amount).limit_denominator(10**9) * _YEARS[self.unit]


@dataclass(frozen=True)
class Frequency:
    """How often something happens: a number for each unit of time."""

    amount: float
    unit: str = "step"

    def per_step(self, step: Fraction) -> float:
        """Give the number in a step of ``step`` years."""
        return self.amount * (1.0 / Duration(1.0, self.unit).steps(step))


@dataclass(frozen=True)
class MovePhrase:
    """``source -> target``, either a state or a list of them; ``any`` stands for every other state."""

    sources: tuple[str, ...]
    targets: tuple[str, ...]

    def __str__(self) -> str:
        """Write it as a config does."""
        return f"{_written(self.sources)} -> {_written(self.targets)}"


@dataclass(frozen=True)
class FireText:
    """``chain: [sources ->] target [with probability]``."""

    chain: str
    sources: tuple[str, ...]
    target: str
    probability: Expression
    offset: int = 0


@dataclass(frozen=True)
class TargetPhrase:
    """Moves of a chain: ``chain.worsen`` (or improve, any), or ``chain: source -> target``."""

    chain: str
    word: str = ""
    move: MovePhrase | None = None


@dataclass(frozen=True)
class PerThing:
    """What a price is per: ``service.worker`` and the like, or every row of a unit."""

    name: str
    what: str


def read_duration(value: object) -> Duration:
    """Read a duration; a bare number is steps."""
    if isinstance(value, Duration):
        return value
    if is_number(value):
        amount, unit = read_number(value), "step"
    else:
        match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            raise refuse(
                "must be a duration: a number with step, day, week, month, quarter or year, such as '9 months'"
            )
        amount, unit = float(match.group(1) or 1), match.group(2)
    if not 0 <= amount <= MOST:
        raise refuse(f"must be a duration from 0 to {MOST:,} of its unit")
    return Duration(amount, unit)


def read_mean(value: object) -> Duration | None:
    """Read a mean duration above 0, or the word ``now`` (None): it takes no time."""
    if value == "now":
        return None
    length = read_duration(value)
    if not length.amount:
        raise refuse(
            "must be a duration above 0; write 'now' for what takes no time (patience: now, nobody stays who finds no "
            "place), or leave the key out"
        )
    return length


def read_per_time(value: object) -> Frequency:
    """Read ``2.7 / day``; a bare number is per step."""
    if is_number(value):
        amount, unit = read_number(value), "step"
    else:
        match = _PER.fullmatch(value.strip()) if isinstance(value, str) else None
        try:
            amount, unit = (float(match.group(1)), match.group(2)) if match else (-1.0, "")
        except ValueError:
            amount = -1.0
    if not 0 <= amount <= MOST:
        rule = f"must be a number from 0 to {MOST:,} per step, day, week, month or year"
        raise refuse(f"{rule}, such as '2.7 / day'")
    return Frequency(amount, unit)


def read_move(text: object) -> MovePhrase:
    """Read ``state -> state``."""
    match = _MOVE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise refuse("must be a move 'state -> state' ('any -> state', '[state, state] -> state')")
    return _move(match.group(1), match.group(2))


def _move(sources: str, targets: str) -> MovePhrase:
    return MovePhrase(_listed(sources), _listed(targets))


def _listed(words: str) -> tuple[str, ...]:
    """Read a state, or a list of them in square brackets."""
    states = tuple(state.strip() for state in words.strip("[]").split(","))
    doubled = next((state for state in states if states.count(state) > 1), "")
    if not all(re.fullmatch(r"\w+", state) for state in states) or (len(states) > 1 and "any" in states) or doubled:
        raise refuse(f"'{words}' must be a list of different states, such as '[strained, crisis]'; 'any' stands alone")
    return states


def _written(states: tuple[str, ...]) -> str:
    return states[0] if len(states) == 1 else f"[{', '.join(states)}]"


def read_fire(text: object) -> FireText:
    """Read ``chain: state -> state with probability``."""
    match = _FIRE.fullmatch(text) if isinstance(text, str) else None
    if match is None or not isinstance(text, str):
        raise refuse("must be 'chain: state', 'chain: state -> state', either with ' with probability', in quotes")
    chain, sources, target, probability = match.groups()
    try:
        amount = parse(probability) if probability else parse(1.0)
        return FireText(chain, _listed(sources or "any"), target, amount, max(match.start(4), 0))
    except ExpressionError as error:
        column = error.column + match.start(4)
        raise refuse(f"cannot read the probability: {error}", column=column) from None


def read_target(text: object) -> TargetPhrase:
    """Read ``chain.worsen`` or ``chain: state -> state``."""
    match = _TARGET.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        rule = "must be 'chain.worsen', 'chain.improve', 'chain.any', 'chain: state -> state' or"
        raise refuse(f"{rule} 'chain: [state, state] -> state'")
    chain, word, sources, targets = match.groups()
    return TargetPhrase(chain, word or "", None if word else _move(sources, targets))


def read_targets(value: object) -> tuple[TargetPhrase, ...]:
    """Read one target or a list of them."""
    return tuple(read_target(item) for item in (value if isinstance(value, list | tuple) else [value]))


def read_per_thing(text: object) -> PerThing:
    """Read ``service.worker`` and the like, or a unit."""
    match = _PER_THING.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise refuse("must be 'service.worker', '.place', '.case', '.start' or '.referral', or a unit")
    return PerThing(match.group(1), match.group(2) or "row")
