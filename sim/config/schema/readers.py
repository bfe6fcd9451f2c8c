"""Reads single values of a config: names, numbers, expressions, durations, moves and dates.

Each reader gives the value or an error that says what is allowed. Leaves out keys and the schema's types.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pydantic_core import PydanticCustomError

from sim.language.evaluate import Expression, ExpressionError, parse
from sim.language.names import AXES, NO_STATES, is_reserved

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_DURATION = re.compile(r"(?:([0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?)\s*)?(step|day|week|month|quarter|year)s?")
_PER = re.compile(r"(.+?)\s*(?:/|per)\s*(step|day|week|month|quarter|year)")
_MOVE = re.compile(r"\s*(\w+)\s*->\s*(\w+)\s*")
_FIRE = re.compile(r"\s*(\w+)\s*:\s*(?:(\w+)\s*->\s*)?(\w+)\s*(?:with\s+(.+))?")
_TARGET = re.compile(r"\s*(\w+)\s*(?:\.\s*(worsen|improve|any)\s*|:\s*(\w+)\s*->\s*(\w+)\s*)")
_PER_THING = re.compile(r"\s*(\w+)(?:\.(worker|place|case|start|referral))?\s*")
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
class Move:
    """``source -> target``; ``any`` stands for every other state."""

    source: str
    target: str


@dataclass(frozen=True)
class FireText:
    """``chain: [source ->] target [with probability]``."""

    chain: str
    source: str
    target: str
    probability: Expression
    offset: int = 0


@dataclass(frozen=True)
class Target:
    """Moves of a chain: ``chain.worsen`` (or improve, any), or ``chain: source -> target``."""

    chain: str
    word: str = ""
    move: Move | None = None


@dataclass(frozen=True)
class PerThing:
    """What a price is per: ``service.worker`` and the like, or every row of a unit."""

    name: str
    what: str


def refuse(message: str, **context: Any) -> PydanticCustomError:
    """Make the error of a value; braces in ``message`` are plain text."""
    return PydanticCustomError("config", "{message}", {"message": message, **context})


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_number(value: object) -> float:
    """Read a finite number."""
    if not _is_number(value):
        raise refuse("must be a number")
    result = float(value)  # type: ignore[arg-type]
    if not math.isfinite(result):
        raise refuse("must be a finite number")
    return result


def read_whole(value: object) -> int:
    """Read a whole number."""
    if not _is_number(value) or float(value) != math.floor(float(value)):  # type: ignore[arg-type]
        raise refuse("must be a whole number")
    return value if isinstance(value, int) else int(value)  # type: ignore[call-overload]


def read_text(value: object) -> str:
    """Read text, or a number as text."""
    if _is_number(value):
        return str(value)
    if not isinstance(value, str):
        raise refuse("must be text (put it in quotes)")
    return value


def read_name(value: object) -> str:
    """Read a name that expressions may use."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise refuse("must be a name: letters, digits and _, not beginning with a digit")
    if is_reserved(value):
        raise refuse(f"'{value}' has a meaning of its own in expressions; choose another name")
    return value


def read_label(value: object) -> str:
    """Read a name that stands outside expressions."""
    if not isinstance(value, str) or not LABEL.fullmatch(value):
        raise refuse("must be a name: letters, digits, _ and -, not beginning with a digit")
    return value


def read_state(value: object) -> str:
    """Read the name of a state."""
    if isinstance(value, bool) or value is None:
        raise refuse("YAML reads this word as something else; put it in quotes or choose another name")
    if not isinstance(value, str) or not NAME.fullmatch(value) or value in NO_STATES:
        raise refuse(
            "must be a name of a state: letters, digits and _, not beginning with a digit, and none of any, rest"
        )
    return value


def read_axis(value: object) -> str:
    """Read the variable of a table."""
    if value not in AXES:
        raise refuse(f"must be {', '.join(AXES[:-1])} or {AXES[-1]}", words=list(AXES))
    return str(value)


def read_flag(value: object) -> bool:
    """Read true or false."""
    if not isinstance(value, bool):
        raise refuse("must be true or false")
    return value


def read_expression(value: object) -> Expression:
    """Read a number or an expression."""
    if isinstance(value, Expression):
        return value
    if _is_number(value):
        return parse(read_number(value))
    if not isinstance(value, str):
        raise refuse("must be a number or an expression")
    try:
        return parse(value)
    except ExpressionError as error:
        raise refuse(f"cannot read the expression: {error}", column=error.column) from None


def read_maybe_rest(value: object) -> Expression | None:
    """Read an expression, or rest as None."""
    return None if value == "rest" else read_expression(value)


def read_duration(value: object) -> Duration:
    """Read a duration; a bare number is steps."""
    if isinstance(value, Duration):
        return value
    if _is_number(value):
        amount, unit = read_number(value), "step"
    else:
        match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None:
            raise refuse(
                "must be a duration: a number with step, day, week, month, quarter or year, such as '9 months'"
            )
        amount, unit = float(match.group(1) or 1), match.group(2)
    if amount < 0 or not math.isfinite(amount):
        raise refuse("must be a duration of 0 or more")
    return Duration(amount, unit)


def read_per_time(value: object) -> Frequency:
    """Read ``2.7 / day``; a bare number is per step."""
    if _is_number(value):
        amount, unit = read_number(value), "step"
    else:
        match = _PER.fullmatch(value.strip()) if isinstance(value, str) else None
        try:
            amount, unit = (float(match.group(1)), match.group(2)) if match else (-1.0, "")
        except ValueError:
            amount = -1.0
    if amount < 0 or not math.isfinite(amount):
        raise refuse("must be a number of 0 or more per step, day, week, month or year, such as '2.7 / day'")
    return Frequency(amount, unit)


def read_move(text: object) -> Move:
    """Read ``state -> state``."""
    match = _MOVE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise refuse("must be a move 'state -> state' (or 'any -> state')")
    return Move(match.group(1), match.group(2))


def read_fire(text: object) -> FireText:
    """Read ``chain: state -> state with probability``."""
    match = _FIRE.fullmatch(text) if isinstance(text, str) else None
    if match is None or not isinstance(text, str):
        raise refuse("must be 'chain: state', 'chain: state -> state', either with ' with probability', in quotes")
    chain, source, target, probability = match.groups()
    try:
        return FireText(
            chain, source or "any", target, parse(probability) if probability else parse(1.0), max(match.start(4), 0)
        )
    except ExpressionError as error:
        column = error.column + match.start(4)
        raise refuse(f"cannot read the probability: {error}", column=column) from None


def read_target(text: object) -> Target:
    """Read ``chain.worsen`` or ``chain: state -> state``."""
    match = _TARGET.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise refuse("must be 'chain.worsen', 'chain.improve', 'chain.any' or 'chain: state -> state'")
    chain, word, source, target = match.groups()
    return Target(chain, word or "", None if word else Move(source, target))


def read_targets(value: object) -> tuple[Target, ...]:
    """Read one target or a list of them."""
    return tuple(read_target(item) for item in (value if isinstance(value, list | tuple) else [value]))


def read_per_thing(text: object) -> PerThing:
    """Read ``service.worker`` and the like, or a unit."""
    match = _PER_THING.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise refuse("must be 'service.worker', '.place', '.case', '.start' or '.referral', or a unit")
    return PerThing(match.group(1), match.group(2) or "row")


def read_date(value: object) -> tuple[int, int]:
    """Read a year and month."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-\d{1,2})?", str(value)) if not isinstance(value, bool) else None
    if match is None or not 1 <= int(match.group(2) or 1) <= 12:
        raise refuse("must be a date: a year and month, such as 2011-04")
    return int(match.group(1)), int(match.group(2) or 1)


def read_point(value: object) -> int | tuple[int, int]:
    """Read a date, or a number of steps below 1000."""
    if isinstance(value, int) and not isinstance(value, bool) and value < 1000:
        return value
    return read_date(value)


def read_names(value: object) -> tuple[str, ...]:
    """Read one name or a list of them."""
    return tuple(read_label(item) for item in (value if isinstance(value, list | tuple) else [value]))


def read_keyed_by_number(value: object) -> object:
    """Read the keys of a mapping as numbers."""
    if not isinstance(value, dict):
        return value
    result = {}
    for key, item in value.items():
        try:
            number = float(key)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise refuse(f"the key '{key}' must be a number", key=key)
        if number in result:
            raise refuse(f"the key {number:g} is given twice", key=key)
        result[number] = item
    return result
