"""The command ``families explain``: what a figure is, where it comes from, what it moves, and what a run made of it."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sim.console.arguments import Sets
from sim.console.printing import say_notes

if TYPE_CHECKING:
    from sim.config.views.explained import Explained
    from sim.config.views.register import RegisterEntry
    from sim.model.titles import Titles

EXAMPLES = ("families explain kw_caseload", "families explain services.keyworker.engaged.mean phase_two")
MOST_LISTED = 12
"""Things of a kind that are listed by name."""


def command(
    name: Annotated[str, typer.Argument(help="A figure: its path, or the last part of it.")],
    config: Annotated[str, typer.Argument(help="The config that has it, or a name in the library.")] = "national",
    sets: Sets = None,
    results: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A finished results folder: what a run made of it.")
    ] = None,
) -> None:
    """Say what a figure is: its value, range, source, why it is so, what it moves, and what a run made of it."""
    from sim.config.views.explained import explain
    from sim.exhibits.titles import titles_of

    found = explain(config, name, sets or [])
    say_notes("\n".join(figure_lines(found, titles_of(found.scenario))))
    if results is not None:
        say_notes("\n".join(["", f"In {results}", *(f"  {line}" for line in result_lines(found, results))]))


def figure_lines(found: Explained, titles: Titles) -> Iterator[str]:
    """Say what a figure is and what it moves."""
    one = found.entry
    yield one.path
    yield f"  value    {told(one)}"
    if one.low is not None and one.high is not None:
        shape = f", {one.distribution}" if one.distribution else ""
        yield f"  range    {_number(one.low)} to {_number(one.high)}{_unit(one)}{shape}"
    if one.source:
        assumed = "an assumption" if one.is_assumption else f"{one.source} (docs/evidence.md)"
        yield f"  source   {', '.join(filter(None, (assumed, one.locator, one.quality)))}"
    else:
        yield "  source   none is given"
    if one.why:
        yield f"  why      {one.why}"
    yield f"  set in   {normpath(one.origin)}"
    if found.through:
        yield f"  enters   {_listed(found.through)}"
    for section, labels in found.moves.items():
        yield f"  moves    {section}: {_listed(labels)}"
    if not found.moves:
        yield "  moves    nothing that a run counts"
    for regime, value in found.regimes.items():
        yield f"  but      {titles.regime(regime)}: {value}"
    for reading, value in found.readings.items():
        yield f"  but      {titles.reading(reading)}: {value}"


def told(one: RegisterEntry) -> str:
    """Write the value of a figure with its unit and the year of its prices."""
    year = f", {one.price_year} prices" if one.price_year else ""
    return f"{_number(one.number)}{_unit(one)}{year}" if one.number is not None else f"{one.written}{year}"


def _unit(one: RegisterEntry) -> str:
    """Write the unit of a figure after a blank."""
    return f" {one.unit}" if one.unit else ""


def _number(value: float) -> str:
    """Write a number as its config has it, with separators."""
    from sim.exhibits.numbers import digits

    return digits(value, 9)


def _listed(names: tuple[str, ...]) -> str:
    """List names, or say how many more there are."""
    more = f", and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more


def result_lines(found: Explained, folder: Path) -> Iterator[str]:
    """Say what a finished run had for a figure and which of its results say what it does; never more than is there."""
    from sim.config.views.explained import recorded
    from sim.config.views.recorded import recorded_register
    from sim.exhibits.titles import titles_of
    from sim.results.folder.store import read_results

    _, summary, record = read_results(folder)
    mine = recorded(recorded_register(record), found.entry)
    if mine is None:
        yield "the run has no such figure"
        return
    same = (
        "as here"
        if (mine.written, mine.unit) == (found.entry.written, found.entry.unit)
        else f"here {told(found.entry)}"
    )
    yield f"value {told(mine)} ({same}; from {mine.origin})"
    titles, ledger = titles_of(summary), ((summary.get("appraisal") or {}).get("terms") or {}).get("ledger", "")
    known = [*_turns_on(summary, found.entry, ledger, titles), *_bought(found, folder, ledger, titles)]
    yield from known or ["no result of this run says what it does alone; run it again with --set and compare the two, "
                         "or see families uncertainty"]  # fmt: skip


def _turns_on(summary: Mapping[str, Any], one: RegisterEntry, ledger: str, titles: Titles) -> Iterator[str]:
    """Say where draws of the figure take the break-even price of a regime, where they were made."""
    from sim.exhibits.numbers import digits, pounds

    path = one.path.removesuffix(".value")
    for world, accounts in (summary.get("answer") or {}).items():
        account = accounts.get("one_episode") if isinstance(accounts, dict) else None
        doubt = (account or {}).get("doubt") or {}
        for drawn in (doubt.get("turns_on") or {}).get(ledger, ()):
            if drawn["input"].removesuffix(".value") == path:
                yield (
                    f"break-even price of {titles.world(world)}: {pounds(drawn['at_low'])} at {digits(drawn['low'])}, "
                    f"{pounds(drawn['at_high'])} at {digits(drawn['high'])} ({doubt['draws']:,} draws)"
                )


def _bought(found: Explained, folder: Path, ledger: str, titles: Titles) -> Iterator[str]:
    """Say what the cost lines that name the figure came to in all years, regime by regime."""
    from sim.exhibits.numbers import pounds
    from sim.model.spec import AS_WRITTEN

    lines, path = found.moves.get("costs", ()), folder / "ledger.csv"
    if not lines or not path.is_file():
        return
    totals: dict[tuple[str, str], float] = {}
    year = ""
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if row["line"] in lines and row["ledger"] == ledger:
                world = row["regime"] if row["effect_set"] == AS_WRITTEN else f"{row['regime']}/{row['effect_set']}"
                totals[row["line"], world] = totals.get((row["line"], world), 0.0) + float(row["mean"])
                year = row["price_year"]
    for (line, world), total in totals.items():
        yield f"{line}, {titles.world(world)}: {pounds(total)} over the run ({ledger} ledger, {year} prices)"
