"""The cover of the workbook: what was run, the headline as numbers, and what to know before quoting one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import xarray as xr

from sim.intervals import ENDS
from sim.report.tables import INTERVALS, size_of
from sim.results.summary import Summary
from sim.results.worlds import WorldName, world_names
from sim.table import Column, Row, Table

_WORLD: tuple[Column | str, ...] = ("Regime", "Evidence set")


def cover_lines(summary: Summary) -> list[str]:
    """Give the title and what to know, a line each."""
    prices = f"Pounds are of {summary['price_year']}. " if summary["price_year"] else ""
    return [
        str(summary["title"]), size_of(summary), f"{INTERVALS[summary['interval']]}.",
        f"{prices}A difference is the regime minus {summary['baseline']} on the same random numbers; a saving is "
        "negative.",
        "The figures follow from published figures and stated assumptions; they are not observations of families.",
    ]  # fmt: skip


def cover_blocks(ds: xr.Dataset, summary: Summary) -> Iterator[Table]:
    """Give the headline: costs in each ledger, what it is worth, and outcomes where nothing is priced."""
    worlds = world_names(ds)
    unit = summary["unit"]
    ledgers = list(next(iter(summary["regimes"].values()))["cost_per_family_year"])
    for ledger in ledgers:
        title = f"Cost, £ per {unit}-year, undiscounted: {ledger} ledger"
        yield _compared(summary, worlds, "cost_per_family_year", ledger, title)
    if (summary.get("appraisal") or {}).get("comparisons"):
        yield _worth(summary, {world.name: world for world in worlds})
    for outcome in next(iter(summary["regimes"].values()))["outcomes"] if not ledgers else ():
        yield _compared(summary, worlds, "outcomes", outcome, f"Outcome per {unit}: {outcome.replace('_', ' ')}")


def _compared(summary: Summary, worlds: list[WorldName], measure: str, item: str, title: str) -> Table:
    """Give a measure of each world and its difference to the baseline."""
    rows: list[Row] = []
    comments = {}
    for r, world in enumerate(worlds):
        mine = summary["regimes"][world.name][measure][item]
        other = summary["differences"].get(world.name, {}).get(measure, {}).get(item, {})
        rows.append((world.regime, world.effect_set, *(mine[end] for end in ENDS), *(other.get(end) for end in ENDS)))
        comments[r, 2] = f"summary.json: regimes > {world.name} > {measure} > {item}"
        if other:
            comments[r, 5] = f"summary.json: differences > {world.name} > {measure} > {item}"
    style = "money" if measure == "cost_per_family_year" else "figure"
    columns = (*_WORLD, *_numbers(("Mean", "Low", "High", "Difference", "Low", "High"), style))
    return Table(title, columns, rows, comments=comments)


def _worth(summary: Summary, worlds: Mapping[str, WorldName]) -> Table:
    """Give net present social value, ratio and payback of each comparison in the headline ledger."""
    terms: Mapping[str, Any] = summary["appraisal"]["terms"]
    rows: list[Row] = []
    comments = {}
    for r, found in enumerate(summary["appraisal"]["comparisons"]):
        view, world = found["ledgers"][terms["ledger"]]["social"], worlds[found["name"]]
        named = (world.regime, world.effect_set, found["against_regime"])
        rows.append((*named, *(view["net"][end] for end in ENDS), *(view["bcr"][end] for end in ENDS),
                     view["payback_month"]))  # fmt: skip
        comments[r, 3] = found["why_no_ratio"] or "Gross saving less what the services cost; resources alone."
    title = (
        f"Net present social value, £: {terms['ledger']} ledger, {terms['price_year']} prices, "
        f"{terms['horizon_years']:g} years from {terms['base_year']}, discounted by "
        f"{str(terms['schedule']).replace('_', ' ')}; evidence ends at month {terms['evidence_ends_month']:g}"
    )
    columns = (
        *_WORLD, "Against", *_numbers(("Net", "Low", "High"), "money"),
        *_numbers(("Benefit-cost ratio", "Low", "High"), "ratio"), *_numbers(("Payback, month",), "as_is"),
    )  # fmt: skip
    return Table(title, columns, rows, comments=comments)


def _numbers(headings: Sequence[str], style: str) -> tuple[Column | str, ...]:
    """Give columns of numbers."""
    return tuple(Column(heading, heading, style=style) for heading in headings)
