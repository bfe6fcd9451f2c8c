"""England's published series of children's social care, by year; years end on 31 March."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from math import isfinite
from pathlib import Path

from sim.errors import Problem
from sim.evaluation.england.cells import read_cells, refuse
from sim.evaluation.england.published import FOLDER
from sim.places import installed_configs

CARE, STARTED, CEASED = "children looked after 31 March", "started to be looked after", "ceased to be looked after"
ASYLUM, NEED, REFERRALS = "UASC looked after", "children in need per 10,000", "referrals"
PLANS, PLANS_STARTED = "on a child protection plan 31 March", "plans started"
USED = (CARE, STARTED, CEASED, ASYLUM, NEED, REFERRALS, PLANS, PLANS_STARTED)
FIRST, KNOWN, LAST = 2016, 2019, 2025

YearValues = Mapping[int, float]


@lru_cache(maxsize=1)
def england_series() -> Mapping[str, YearValues]:
    """Give the series that are used, from 2016 to 2025."""
    return read_series(installed_configs() / FOLDER / "england_series_lait.csv")


def read_series(path: Path) -> dict[str, YearValues]:
    """Read the series that are used.

    Raises
    ------
    ModelError
        With file, line and column of what is wrong, or with the years that a series lacks.
    """
    problems: list[Problem] = []
    found: dict[str, dict[int, float]] = {name: {} for name in USED}
    for row in read_cells(path, ("measure", "period", "value")):
        name, period, cell = row["measure"].text, row["period"], row["value"]
        if name not in found:
            continue
        try:
            year, value = int(period.text), float(cell.text)
        except ValueError:
            year, value = 0, float("nan")
        if year in found[name]:
            problems.append(Problem(period.where, name, f"the year {year} stands twice"))
        elif not isfinite(value) or value < 0 or not FIRST <= year <= LAST:
            said = f"given '{period.text}' and '{cell.text}'; must be a year from {FIRST} on and a number of 0 or more"
            problems.append(Problem(cell.where, name, said))
        else:
            found[name][year] = value
    for name, values in found.items():
        missing = [str(year) for year in range(FIRST, LAST + 1) if year not in values]
        if missing and not problems:
            problems.append(Problem(str(path), name, f"lacks {', '.join(missing)}"))
    refuse(problems)
    return dict(found)
