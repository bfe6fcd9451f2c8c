"""Units of time and money as people write them; what a year holds, and which financial year a month falls into."""

from __future__ import annotations

MONTHS_PER_YEAR = 12
WEEKS_PER_YEAR = 365.25 / 7
DAYS_PER_YEAR = 365.25
FIRST_MONTH_OF_FINANCIAL_YEAR = 4

STEPS_PER_YEAR = {"day": DAYS_PER_YEAR, "week": WEEKS_PER_YEAR, "month": 12.0, "quarter": 4.0, "year": 1.0}
"""How many of each step a year holds."""


def add_months(start: tuple[int, int], months: int) -> tuple[int, int]:
    """Give the (year, month) that lies ``months`` after ``start``."""
    count = start[0] * MONTHS_PER_YEAR + start[1] - 1 + months
    return count // MONTHS_PER_YEAR, count % MONTHS_PER_YEAR + 1


def financial_year(year: int, month: int) -> int:
    """Give the calendar year in which the financial year of a month began (April to March)."""
    return year if month >= FIRST_MONTH_OF_FINANCIAL_YEAR else year - 1


def financial_year_label(first: int) -> str:
    """Write a financial year as people do: 2011 becomes ``2011/12``."""
    return f"{first}/{(first + 1) % 100:02d}"
