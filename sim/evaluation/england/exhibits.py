"""Maps of what is published of authorities, one square each, and the page that holds them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from matplotlib.axes import Axes

from sim.evaluation.england.answer import (
    all_authorities,
    rates_of_all,
    rates_per_10000,
    residuals_of_all,
    times_england,
    worst_of_all,
)
from sim.evaluation.england.fit import FittedPlace
from sim.evaluation.england.published import CARE, CARE_STARTED, NEED, PLAN, authorities
from sim.evaluation.england.together import FILE, together_text
from sim.exhibits.csv import write_csv
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.html import write_page
from sim.exhibits.maps.tiles import area_key, draw_tiles, tiles
from sim.exhibits.numbers import digits
from sim.exhibits.sentences import sentence
from sim.exhibits.style import WIDE, Canvas
from sim.exhibits.svg import draw_all
from sim.table import Table

AreaValues = Mapping[str, float | None]
SHOWN = {
    "in_need": (NEED, "Children in need per 10,000 children, 31 March 2025"),
    "on_plans": (PLAN, "Children on protection plans per 10,000 children, 31 March 2025"),
    "looked_after": (CARE, "Children looked after per 10,000 children, 31 March 2025"),
    "care_started": (CARE_STARTED, "Children who started to be looked after per 10,000 children, 2024-25"),
}  # fmt: skip


FITTED = {
    "need_ends_times": "How fast children leave need, times England, fitted",
    "plan_ends_times": "How fast protection plans end, times England, fitted",
    "care_ends_times": "How fast children cease to be looked after, times England, fitted",
}


def plot_authorities(values: AreaValues, unit: str, *, canvas: Canvas = WIDE) -> Axes:
    """Draw values by area as a map of squares."""
    return draw_tiles(values, unit, canvas=canvas)


def map_exhibit(name: str, unit: str) -> Exhibit[AreaValues]:
    """Give the map of one measure."""
    caption = "One square for each local authority, where it roughly lies; a fifth of authorities in each shade."
    return Exhibit(
        name, unit, caption, partial(plot_authorities, unit=unit), table=partial(map_table, unit=unit),
        finding=partial(map_finding, unit=unit),
    )  # fmt: skip


def map_table(values: AreaValues, unit: str) -> Table:
    """Give the numbers behind a map: authority, code of its square, value."""
    placed = tiles()
    rows = [
        (placed[area].name, placed[area].code, "" if value is None else digits(value))
        for area, value in values.items() if area in placed
    ]  # fmt: skip
    return Table(unit, ("authority", "square", unit), rows)


def map_finding(values: AreaValues, unit: str) -> str:
    """Say where a measure is least and most, and between what half of the areas lie."""
    placed = tiles()
    known = sorted((value, placed[area].name) for area, value in values.items() if area in placed and value is not None)
    low, high = known[len(known) // 4][0], known[-1 - len(known) // 4][0]
    (least, first), (most, last) = known[0], known[-1]
    return sentence(
        f"{unit}: from {digits(least)} in {first} to {digits(most)} in {last}; half of {len(known)} authorities lie "
        f"between {digits(low)} and {digits(high)}"
    )


def write_authorities(folder: Path, rates: Sequence[FittedPlace] = ()) -> None:
    """Write authorities.csv and authorities.html with its maps; with fitted places their rates, and residuals.

    These rates stand in ``fitted.yaml`` as a layer over England today, too.
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = all_authorities()
    write_csv(folder / "authorities.csv", table)
    figures = [
        drawn
        for name, (column, unit) in SHOWN.items()
        for drawn in draw_all([map_exhibit(name, unit)], rates_per_10000(column), folder / "figures")
    ]
    if rates:
        write_csv(folder / "rates.csv", rates_of_all(rates))
        write_csv(folder / "residuals.csv", residuals_of_all(rates))
        (folder / FILE).write_text(together_text(rates), encoding="utf-8")
    for name, unit in FITTED.items() if rates else ():
        values: dict[str, float | None] = {area_key(one.place.name): times_england(one, name) for one in rates}
        figures += draw_all([map_exhibit(name, unit)], values, folder / "figures")
    lead = [
        f"What is published of the {len(authorities())} local authorities of England that answer for children's "
        "services. Counts are of children; per 10,000 of all children under 18.",
        "They count different things in one place and another (thresholds, records, who is asked), so that a high rate "
        "is no finding about an authority.",
    ]
    tables = [worst_of_all(rates)] if rates else []
    write_page(folder / "authorities.html", "Local authorities of England", lead, figures, tables)
