"""Two runs side by side, for a terminal and as a page: what differs in their configs and in what came out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xarray as xr

from sim.config.views.recorded import Difference, made_differences
from sim.exhibits.html import write_page
from sim.exhibits.numbers import MISSING, Writer, figure, millions, share, short, span
from sim.exhibits.style import words
from sim.exhibits.titles import titles_of
from sim.intervals import Estimate
from sim.model.titles import Titles
from sim.studies.compare.answer import COST_MINUS, VALUE_AGAINST, Compared, RunsCompared
from sim.table import Table

NO_TITLES = Titles()
MOST_KEYS = 40
"""Keys that a terminal shows; the page has all."""
PAIRED = (
    "B minus A is taken within replications, which live the same fate in both runs: seed, baseline, rows, clock and "
    "replications agree, so the pairing is valid and the interval is that of the paired difference."
)


def said(found: RunsCompared, titles: Titles = NO_TITLES) -> list[str]:
    """Say how the runs were compared, a sentence each."""
    how = PAIRED if not found.why_not_paired else (
        f"The runs cannot be paired ({found.why_not_paired}): where both are samples, the interval of B minus A takes "
        "them as independent; elsewhere there is none."
    )  # fmt: skip
    apart = "Intervals of A and B that overlap do not show that the runs agree: look at B minus A."
    lines = [
        *([how] if found.figures else []),
        *([apart] if any(one.overlap for one in found.figures if one.differs) else []),
        *found.remarks,
    ]
    for name, only, figures in (("A", found.only_a, found.left_out_a), ("B", found.only_b, found.left_out_b)):
        if only:
            lines.append(f"Only {name} has {', '.join(titles.world(one) for one in only)}.")
        if figures:
            told = ", ".join(_in_words(one, titles) for one in figures)
            lines.append(f"Left out, since only {name} has them: {told}.")
    return lines


def verdict(found: RunsCompared) -> str:
    """Say that nothing differs, or that nothing could be compared; nothing where a table of differences says more."""
    if not found.figures:
        return "Nothing could be compared in the results: the runs have no figure of the same world in common."
    return "" if any(one.differs for one in found.figures) else "Nothing differs in the results."


def config_lines(differences: Sequence[Difference]) -> list[str]:
    """Write the keys that differ, three lines each, for a terminal."""
    lines = []
    for one in differences[:MOST_KEYS]:
        lines.append(one.key)
        lines += [f"  {name}: {_held(value)}{f'   ({place})' if place else ''}"
                  for name, value, place in (("A", one.a, one.set_a), ("B", one.b, one.set_b))]  # fmt: skip
    if len(differences) > MOST_KEYS:
        lines.append(f"... and {len(differences) - MOST_KEYS:,} more keys; --html writes all of them")
    return lines


def config_table(differences: Sequence[Difference]) -> Table:
    """Make the table of keys that differ."""
    rows = tuple((one.key, _held(one.a), _held(one.b), one.set_a, one.set_b) for one in differences)
    return Table("What differs in the configs", ("key", "A", "B", "set in A", "set in B"), rows)


def made_table(a: Mapping[str, Any], b: Mapping[str, Any]) -> Table:
    """Make the table of how the runs were made, where that differs."""
    rows = tuple((what, one or MISSING, other or MISSING) for what, one, other in made_differences(a, b))
    return Table("What differs in how they were made", ("", "A", "B"), rows)


def results_table(found: RunsCompared, titles: Titles = NO_TITLES) -> Table:
    """Make the narrow table of figures that differ, by world, for a terminal."""
    rows: list[tuple[str, ...]] = []
    last = None
    for one in (each for each in found.figures if each.differs):
        if one.world != last:
            rows.append((f"{titles.world(one.world)}:", "", "", ""))
        last = one.world
        mark = " *" if one.overlap is False else ""
        cells = (_short(value, one, signs=i == 2) for i, value in enumerate((one.a, one.b, one.difference)))
        rows.append((f"  {_label(one, titles)}", *cells))
        rows[-1] = (*rows[-1][:-1], rows[-1][-1] + mark)
    note = "* the 95% intervals of A and B do not overlap" if any(row[-1].endswith("*") for row in rows) else ""
    return Table("What differs in the results; mean ± 95% interval", ("", "A", "B", "B minus A"), tuple(rows), note)


def page_tables(found: RunsCompared, titles: Titles = NO_TITLES) -> list[Table]:
    """Make a table of the figures that differ for each world, for a page."""
    said_of = {None: MISSING, True: "yes", False: "no"}
    columns = ("figure", "A", "B", "B minus A", "intervals overlap")
    rows: dict[str, list[tuple[str, ...]]] = {}
    for one in (each for each in found.figures if each.differs):
        cells = (_short(value, one, signs=i == 2) for i, value in enumerate((one.a, one.b, one.difference)))
        rows.setdefault(one.world, []).append((_label(one, titles), *cells, said_of[one.overlap]))
    note = "Costs are £ per row of the study and year; mean ± half the 95% interval."
    return [
        Table(f"What differs in the results: {titles.world(world)}", columns, tuple(of), note)
        for world, of in rows.items()
    ]


def write_comparison(
    path: Path, names: tuple[str, str], runs: tuple[Mapping[str, Any], Mapping[str, Any]],
    differences: Sequence[Difference], found: RunsCompared, titles: Titles = NO_TITLES,
) -> None:  # fmt: skip
    """Write the page of a comparison; ``names`` say which folders A and B are."""
    same = [] if differences else ["Nothing differs in the configs."]
    same += filter(None, [verdict(found)])
    lead = [f"A is {names[0]}: {runs[0].get('title', '')}", f"B is {names[1]}: {runs[1].get('title', '')}",
            *same, *said(found, titles)]  # fmt: skip
    tables = (*page_tables(found, titles), config_table(differences), made_table(*runs))
    write_page(path, "Two runs compared", lead, (), tables)


def _held(value: str | None) -> str:
    """Write a value, or that there is none."""
    return "not there" if value is None else value


def _label(one: Compared, titles: Titles) -> str:
    """Name a figure in few words."""
    short_of = {"mean wait": "wait", "outcome": "", "share at the end": "share"}
    measure = _in_words(short_of.get(one.measure, one.measure), titles)
    if one.unit == "£m":
        return f"£m {measure}".replace("present value against", "value from")
    pounds = ", £" if one.unit == "£" else ""
    return " ".join(part for part in (measure, words(one.item)) if part) + pounds


def _in_words(measure: str, titles: Titles) -> str:
    """Write a measure with the title of the regime that it is held against."""
    for against in (COST_MINUS, VALUE_AGAINST):
        if measure.startswith(against):
            regime, _, item = measure.removeprefix(against).partition(" ")
            return f"{against}{titles.regime(regime)} {words(item)}".strip()
    return words(measure)


def titles_of_both(a: xr.Dataset, b: xr.Dataset) -> Titles:
    """Give the titles of two runs; where they give the same name another, that of A."""
    first, second = titles_of(a), titles_of(b)
    return Titles(
        {**second.regimes, **first.regimes}, {**second.sets, **first.sets},
        {**second.suppositions, **first.suppositions},
    )  # fmt: skip


def _short(estimate: Estimate, one: Compared, *, signs: bool = False) -> str:
    """Write an estimate in the unit of its figure; ``signs`` puts one on what is positive too."""
    if math.isnan(estimate.mean):
        return MISSING
    write = _WRITERS.get(one.unit)
    text = short({"mean": estimate.mean, "low": estimate.low, "high": estimate.high}, write)
    return f"+{text}" if signs and estimate.mean > 0 else text


_WRITERS: dict[str, Writer] = {"£": figure, "£m": millions, "months": span, "share": share}
