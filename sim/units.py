"""Units of time and money, and numbers, as people write them; what a year holds, and which financial year it is."""

from __future__ import annotations

from math import ceil, floor, isinf, isnan

MISSING, MINUS = "–", "−"
"""What stands for a number that is not known, and before one below 0."""
MONTHS_PER_YEAR = 12
WEEKS_PER_YEAR = 365.25 / 7
DAYS_PER_YEAR = 365.25
FIRST_MONTH_OF_FINANCIAL_YEAR = 4
_ROUNDING = 1e-6
"""Years by which the sum of steps may miss a whole number: half a minute."""

STEPS_PER_YEAR = {"day": DAYS_PER_YEAR, "week": WEEKS_PER_YEAR, "month": 12.0, "quarter": 4.0, "year": 1.0}
"""How many of each step a year holds."""


def add_months(start: tuple[int, int], months: int) -> tuple[int, int]:
    """Give the (year, month) that lies ``months`` after ``start``."""
    count = start[0] * MONTHS_PER_YEAR + start[1] - 1 + months
    return count // MONTHS_PER_YEAR, count % MONTHS_PER_YEAR + 1


def financial_year(year: int, month: int) -> int:
    """Give the calendar year in which the financial year of a month began (April to March)."""
    return year if month >= FIRST_MONTH_OF_FINANCIAL_YEAR else year - 1


def financial_year_shares(start: tuple[int, int], step_years: float, step: int) -> dict[int, float]:
    """Share a step of a clock among the financial years in which it lies, by time.

    Parameters
    ----------
    start
        Year and month of point 0; a month is a twelfth of a year.
    step_years
        Length of a step in years.
    step
        Number of the step, from 0.

    Returns
    -------
        By the calendar year in which a financial year began, in order: its share of the step. They sum to 1.
    """
    begins = start[0] + (start[1] - FIRST_MONTH_OF_FINANCIAL_YEAR) / MONTHS_PER_YEAR + step * step_years
    ends = begins + step_years
    first, last = floor(begins + _ROUNDING), ceil(ends - _ROUNDING) - 1
    shares = {year: (min(ends, year + 1) - max(begins, year)) / step_years for year in range(first, last)}
    return {**shares, max(first, last): 1.0 - sum(shares.values())}


def financial_year_label(first: int) -> str:
    """Write a financial year as people do: 2011 becomes ``2011/12``."""
    return f"{first}/{(first + 1) % 100:02d}"


_SPANS = (
    (120.0, 1.0, "second"), (7_200.0, 60.0, "minute"), (172_800.0, 3_600.0, "hour"), (63e6, 86_400.0, "day"),
    (float("inf"), 31_557_600.0, "year"),
)  # fmt: skip
"""Below how many seconds a unit is used, its seconds, and its name."""


def steps_of(name: str) -> str:
    """Say how long steps are, such as `` of a month``; nothing where a length has no name."""
    return "" if name == "step" else f" of a {name}"


def time_in_words(seconds: float) -> str:
    """Say a length of time in the unit that suits it, to three figures at most."""
    size, name = next((size, name) for limit, size, name in _SPANS if seconds < limit)
    amount = seconds / size
    if amount > 1e6:
        return "more than a million years"
    text = f"{amount:.1f}".removesuffix(".0") if amount < 10 else f"{amount:,.0f}"
    return f"{text} {name}" + ("" if text == "1" else "s")


TINY = 1e-9
"""What no reader tells from nothing."""


def digits(value: float | None, n: int = 3, *, sign: bool = False) -> str:
    """Write so many significant figures, whole numbers in full; ``sign`` puts one on what is positive too."""
    if value is None or isnan(value):
        return MISSING
    size = abs(value)
    if isinf(size) or size == 0:
        return signed_text(value, "∞" if size else "0", sign=sign)
    if size < TINY:
        return f"less than {TINY:.9f}" if value > 0 else f"less than {TINY:.9f} below nothing"
    places = n - 1 - int(f"{size:.{n - 1}e}".partition("e")[2])  # as many as the rounded number needs
    text = f"{size:,.{max(places, 0)}f}"
    return signed_text(value, text.rstrip("0").rstrip(".") if places > 0 else text, sign=sign)


def signed_text(value: float, text: str, *, sign: bool = False) -> str:
    """Put the sign of a value before its text."""
    if not any(digit in text for digit in "123456789∞"):
        return text
    return f"{MINUS if value < 0 else '+' if sign else ''}{text}"
