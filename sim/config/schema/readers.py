"""Reads single values of a config: names, numbers, expressions and dates.

Each reader gives the value or an error that says what is allowed. Leaves out keys and the schema's types.
"""

from __future__ import annotations

import math
import re
from typing import Any

from pydantic_core import PydanticCustomError

from sim.language.evaluate import Expression, ExpressionError, parse
from sim.language.names import AXES, NO_STATES, is_reserved
from sim.model.spec import AS_WRITTEN

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
AS_PEOPLE_DO = re.compile(r"\s*[£$€]?\s*(\d[\d,]*(?:\.\d+)?)\s*((?:%|/\s*(\d+(?:\.\d+)?))?)\s*")
LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
MISSING_WORDS = frozenset({
    "na", "n/a", "nan", "none", "null", "#n/a", "#n/a n/a", "#na", "<na>", "-nan", "-1.#ind", "-1.#qnan", "1.#ind",
    "1.#qnan",
})  # fmt: skip
"""What R and pandas read as a missing value, in lower case."""
NO_FOLDER = r"/\\:*?\"<>|\x00-\x1f\x7f-\x9f"
"""Characters that no folder may have in its name on some machine."""
FOLDER_NAME = re.compile(rf"[^\W_][^{NO_FOLDER}]{{0,99}}")


def refuse(message: str, **context: Any) -> PydanticCustomError:
    """Make the error of a value; braces in ``message`` are plain text."""
    return PydanticCustomError("config", "{message}", {"message": message, **context})


def is_number(value: object) -> bool:
    """Whether a value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def plainly(text: object) -> str:
    """Say how to write a number that stands there as people write it: with a sign, commas, a per cent, a fraction."""
    match = AS_PEOPLE_DO.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return ""
    number = float(match.group(1).replace(",", ""))
    if match.group(2):
        number /= float(match.group(3) or 100) or math.nan
    return f"; write {number!r}" if number % 1 else f"; write {number:.0f}"


def read_number(value: object) -> float:
    """Read a finite number."""
    if not is_number(value):
        raise refuse(f"must be a number{plainly(value)}")
    result = float(value)  # type: ignore[arg-type]
    if not math.isfinite(result):
        raise refuse("must be a finite number")
    return result


def read_whole(value: object) -> int:
    """Read a whole number."""
    if not is_number(value) or float(value) != math.floor(float(value)):  # type: ignore[arg-type]
        raise refuse("must be a whole number")
    return value if isinstance(value, int) else int(value)  # type: ignore[call-overload]


def read_text(value: object) -> str:
    """Read text, or a number as text."""
    if is_number(value):
        return str(value)
    if not isinstance(value, str):
        raise refuse("must be text (put it in quotes)")
    return value


def read_called(value: object) -> str:
    """Read a name that stands in the cells of tables, where programs read some words as a missing value."""
    if not isinstance(value, str) or not value.strip():
        raise refuse("must be text (put it in quotes)")
    if value.lower() in MISSING_WORDS:
        raise refuse(f"programs that read tables take '{value}' for a missing value; choose another name")
    return value


def read_name(value: object) -> str:
    """Read a name that expressions may use."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise refuse("must be a name: letters, digits and _, not beginning with a digit")
    read_called(value)
    if is_reserved(value):
        raise refuse(f"'{value}' has a meaning of its own in expressions; choose another name")
    return value


def read_label(value: object) -> str:
    """Read a name that stands outside expressions."""
    if not isinstance(value, str) or not LABEL.fullmatch(value):
        raise refuse("must be a name: letters, digits, _ and -, not beginning with a digit")
    return read_called(value)


def read_schedule(value: object) -> str:
    """Read the name of a discount schedule, which may be ``none``."""
    return "none" if value == "none" else read_label(value)


def read_state(value: object) -> str:
    """Read the name of a state."""
    if isinstance(value, bool) or value is None:
        raise refuse("YAML reads this word as something else; put it in quotes or choose another name")
    if not isinstance(value, str) or not NAME.fullmatch(value) or value in NO_STATES:
        raise refuse(
            "must be a name of a state: letters, digits and _, not beginning with a digit, and none of any, rest"
        )
    return value if value == "none" else read_called(value)  # no program reads the word in lower case as missing


def read_folder_name(value: object) -> str:
    """Read a name that a results folder may have on any machine; empty for none."""
    text = read_text(value)
    if text and (not FOLDER_NAME.fullmatch(text) or text[-1] in " ."):
        raise refuse(
            "names the results folder, so it must be at most 100 characters, begin with a letter or digit, not end in "
            'a dot or space, and hold none of / \\ : * ? " < > |'
        )
    return text


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
    if is_number(value):
        return parse(read_number(value))
    if not isinstance(value, str):
        raise refuse("must be a number or an expression")
    try:
        return parse(value)
    except ExpressionError as error:
        hint = plainly(value)
        if not hint and value.count("(") > value.count(")"):
            hint = "; what holds a comma inside braces stands in quotes"
        raise refuse(f"cannot read the expression: {error}{hint}", column=error.column) from None


def read_maybe_rest(value: object) -> Expression | None:
    """Read an expression, or rest as None."""
    return None if value == "rest" else read_expression(value)


def read_date(value: object) -> tuple[int, int]:
    """Read a year and month."""
    match = re.fullmatch(r"(\d{4})-(\d{1,2})", str(value))
    if match is None or not 1 <= int(match.group(2)) <= 12 or match.group(1) == "0000":
        raise refuse("must be a date: a year and month without a day, such as 2011-04")
    return int(match.group(1)), int(match.group(2))


def read_financial_year(value: object) -> str:
    """Read a financial year, April to March."""
    match = re.fullmatch(r"(\d{4})/(\d{2})", value) if isinstance(value, str) else None
    if match is None or (int(match.group(1)) + 1) % 100 != int(match.group(2)):
        example = f"{str(value)[:4]}/{(int(str(value)[:4]) + 1) % 100:02d}" if str(value)[:4].isdigit() else "2015/16"
        raise refuse(f"must be one financial year, April to March, such as {example}")
    return match.group(0)


def read_point(value: object) -> int | tuple[int, int]:
    """Read a date, or a number of steps below 1000."""
    if isinstance(value, int) and not isinstance(value, bool) and value < 1000:
        return value
    return read_date(value)


def read_names(value: object) -> tuple[str, ...]:
    """Read the name of an effect set or a list of them; ``null``, as it was called before, is the config as written."""
    listed = value if isinstance(value, list | tuple) else [value]
    return tuple(AS_WRITTEN if item in (None, "null") else read_label(item) for item in listed)


def read_taken(value: object) -> int | tuple[str, ...]:
    """Read how many areas are taken, or the names of those that are."""
    if isinstance(value, str | list | tuple):
        listed = value if isinstance(value, list | tuple) else [value]
        if not listed:
            raise refuse("names no area")
        return tuple(dict.fromkeys(read_called(item) for item in listed))
    count = read_whole(value)
    if count < 1:
        raise refuse("must be 1 or more, or names of areas")
    return count


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
