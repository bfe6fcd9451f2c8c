"""What is known of authorities, and what a fit found, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sim.evaluation.england.expecting import PER, courses, england
from sim.evaluation.england.fit import FREE, FittedPlace
from sim.evaluation.england.funding import funding_of
from sim.evaluation.england.places import BEGINS, IN_PROPORTION, OWN, PUBLISHED
from sim.evaluation.england.published import (
    CARE,
    CARE_2024,
    CARE_CEASED,
    CARE_STARTED,
    CHILDREN,
    COLUMNS,
    COUNT,
    GBP,
    NEED,
    PLAN,
    Authority,
    authorities,
)
from sim.exhibits.numbers import MISSING, digits, fixed, share
from sim.table import Column, Row, Table

CASELOAD, CARE_WEEK = "sw_caseload_fte_2025", "cla_gbp_per_week_2024_25"
YEARS_ON = 6
OWN_PUBLISHED, OWN_FITTED, OF_ENGLAND = "its own, published", "its own, fitted", "England's"
OWN_DATA = "its own data"
OF_ENGLAND_HERE = "England's, for its own level of care"


def rates_per_10000(column: str) -> dict[str, float | None]:
    """Give a count per 10,000 children of every authority, by the name of its area."""
    return {one.area: one.each(column) for one in authorities()}


def all_authorities() -> Table:
    """Give every authority with its levels, staff, price and money."""
    columns = (
        Column("authority", "authority", 30.0), Column("region", "region", 24.0),
        Column("children", "children under 18", style="count"),
        *(Column(name, f"{name.replace('_', ' ')} per 10,000", style="figure")
          for name in ("in_need", "on_plans", "looked_after")),
        Column("cases", "cases a social worker", style="figure"),
        Column("week", "£ a week looked after", style="figure"),
        Column("money", "Supporting Families 2023-24, £", style="money"),
        Column("money_is", "how it is known"), Column("notes", "notes"),
    )  # fmt: skip
    return Table("Local authorities of England, 31 March 2025", columns, [_line(one) for one in authorities()], NOTE)


NOTE = "Blank: suppressed, or not in the return. A sum spread by formula carries its error; families authorities NAME."


def _line(one: Authority) -> Row:
    """Write a line of an authority."""
    money = funding_of(one)
    notes = "; ".join(text for text, _ in one.notes) or one.refusal
    return (
        one.name, one.region, one.figures[CHILDREN], *(one.each(column) for column in (NEED, PLAN, CARE)),
        one.of(CASELOAD), one.of(CARE_WEEK), money.gbp, "published" if money.is_published else "spread by formula",
        notes,
    )  # fmt: skip


def authority_table(one: Authority) -> Table:
    """Give what is published of an authority beside the middle half of all."""
    rows = []
    for column, about in COLUMNS.items():
        value = one.of(column)
        counts = about.kind == COUNT and column != CHILDREN
        of_all = [other.each(column) if counts else other.of(column) for other in authorities()]
        known = [v for v in of_all if v is not None]
        shown = MISSING if value is None else fixed(value) if about.kind in (COUNT, GBP) else digits(value)
        each = one.each(column) if counts else None
        middle = " to ".join(digits(v) for v in np.quantile(known, (0.25, 0.75)))
        rows.append((about.words, shown, "" if each is None else digits(each), middle, about.source))
    money = funding_of(one)
    note = f"Supporting Families 2023-24: £{money.gbp:,.0f}"
    note += f" (£{money.low:,.0f} to £{money.high:,.0f})" if not money.is_published else ""
    note += f", {money.how}."
    columns = ("figure", "published", "per 10,000 children", "half of authorities", "source")
    return Table(one.name, columns, rows, " ".join([note, *(f"{text} ({source})." for text, source in one.notes)]))


def fit_table(found: FittedPlace) -> Table:
    """Give what was fitted to, what came out, and how far the two are apart."""
    children = found.place.children
    rows = []
    for target, value, residual in zip(found.place.targets, found.expected, found.residuals, strict=True):
        off = value / target.value - 1 if target.value else float("nan")
        used, came = (x * children / PER for x in (target.value, float(value)))
        is_rate = isinstance(target.reading, str)
        counts = (share(target.published, 0), "", "") if is_rate else tuple(map(fixed, (target.published, used, came)))
        cells = (*counts, share(off, 1), digits(float(residual), 2))
        rows.append((f"{target.words}, {OWN_DATA}" if target.source == OWN else target.words, *cells))
    of_care = found.place.own & {CARE, CARE_2024, CARE_STARTED, CARE_CEASED}
    counted = "by its own data" if of_care else "as published"
    note = (
        f"Used: without asylum-seeking children ({fixed(found.place.asylum_started)} of who start, an assumption), "
        f"need without plans and looked after. Looked after, {counted}: start + started − ceased − end is "
        f"{fixed(found.place.gap, sign=True)}."
    )
    columns = ("figure", "given", "used", "comes out", "difference", "in standard errors")
    return Table(f"{found.place.name}: published and fitted", columns, rows, note)


def times_england(found: FittedPlace, name: str) -> float:
    """Give how many times England's a fitted parameter is."""
    return found.parameters[name] / england()[name]


def rates_of_all(places: Sequence[FittedPlace]) -> Table:
    """Give the fitted rates of many places, with the spread of each and the largest residual."""
    columns = (
        Column("authority", "authority", 30.0), *(Column(name, name, style="figure") for name in FREE),
        *(Column(f"{name}_sd", f"{name}, sd of its logarithm", style="figure") for name in FREE),
        Column("residual", "largest residual, standard errors", style="figure"),
    )  # fmt: skip
    rows: list[Row] = [
        (one.place.name, *(one.parameters[name] for name in FREE), *(one.spread[name] for name in FREE),
         float(np.abs(one.residuals).max()))
        for one in places
    ]  # fmt: skip
    return Table("Fitted rates of local authorities", columns, rows, file="rates.csv")


def residuals_of_all(places: Sequence[FittedPlace]) -> Table:
    """Give every figure of many places: as published, what was fitted to, what came out, and how far off it is."""
    columns = (
        Column("authority", "authority", 30.0), Column("figure", "figure", 40.0), Column("source", "source"),
        *(Column(name, name.replace("_", " "), style="figure") for name in ("published", "used", "comes_out")),
        Column("residual", "off, in standard errors", style="figure"),
    )  # fmt: skip
    rows: list[Row] = [
        (one.place.name, target.words, target.source, target.published,
         *(x * one.place.children / PER for x in (target.value, float(came))), float(off))
        for one in places
        for target, came, off in zip(one.place.targets, one.expected, one.residuals, strict=True)
    ]  # fmt: skip
    return Table("Figures of authorities and what the fitted rates make of them", columns, rows, file="residuals.csv")


def worst_of_all(places: Sequence[FittedPlace]) -> Table:
    """Give for each figure how far off fits are: half of the places, the worst of them, and which that is."""
    off: dict[str, list[tuple[float, str]]] = {}
    for one in places:
        for target, residual in zip(one.place.targets, map(float, one.residuals), strict=True):
            off.setdefault(target.words, []).append((residual, one.place.name))
    rows = []
    for words, found in off.items():
        worst, name = max(found, key=lambda each: abs(each[0]))
        half = float(np.median([abs(residual) for residual, _ in found]))
        rows.append((words, f"{len(found):,}", digits(half, 2), digits(worst, 2), name))
    columns = ("figure", "authorities", "half are off by at most", "most", "in")
    note = "In standard errors: expected less published, over how far the figure is trusted. residuals.csv has each."
    return Table("How well the rates fit", columns, rows, note)


def rates_table(found: FittedPlace) -> Table:
    """Give every parameter of the chain of a place, and whose it is."""
    of = england()
    return Table(
        f"{found.place.name}: rates and whose they are", ("parameter", "here", "England", "whose"),
        [(name, digits(value, 4), digits(of[name], 4) if name in of else MISSING, whose(name, found))
         for name, value in everything(found).items()],
    )  # fmt: skip


def everything(found: FittedPlace) -> Mapping[str, float]:
    """Give all parameters of the chain that are numbers: a place's own laid over England's."""
    return {**england(), **found.parameters}


def whose(name: str, found: FittedPlace) -> str:
    """Say whose a parameter is."""
    if name in FREE:
        return OWN_FITTED
    if name not in found.parameters:
        return OF_ENGLAND
    column = PUBLISHED.get(name) or BEGINS.get(name, ("",))[0]
    if column in found.place.own:
        return OWN_DATA
    if name in IN_PROPORTION:
        return "in proportion to its own"
    if column == CARE_STARTED:
        less = f"less {found.place.asylum_share:.0%} taken to be asylum-seeking"
        return OF_ENGLAND_HERE if found.place.passes_through else f"{OWN_PUBLISHED}, {less}"
    return OWN_PUBLISHED if name in PUBLISHED or found.place.target(column) else f"{OWN_PUBLISHED}, of a year later"


def ahead_table(found: FittedPlace) -> Table:
    """Give where levels go if the rates of 2024-25 last."""
    course = courses([found.parameters], YEARS_ON + 1)[0]
    scale = found.place.children / PER
    rows = [
        (f"31 March {2024 + i}", *(fixed(float(level) * scale) for level in levels))
        for i, levels in enumerate(course.levels)
    ]
    note = "No forecast: what follows if nothing but time goes on. Without asylum-seeking children."
    columns = ("", "in need", "on a plan", "looked after")
    return Table(f"{found.place.name}: if the rates of 2024-25 last", columns, rows, note)
