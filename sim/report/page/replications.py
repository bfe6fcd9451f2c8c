"""What was reached of a run that went on until figures of its answer were known closely enough, in sentences."""

from __future__ import annotations

from typing import Any

from sim.exhibits.numbers import count, digits, pounds
from sim.exhibits.style import words
from sim.exhibits.titles import titles_of
from sim.report.page.readings import ACCOUNTS
from sim.results.summary import Summary

RATIO = "bcr"


def reached(summary: Summary) -> tuple[str, ...]:
    """Say of each figure how closely it is known and what that took; nothing for a run that had no such rule."""
    return tuple(_said(one, summary) for one in summary.get("until") or ())


def _said(record: dict[str, Any], summary: Summary) -> str:
    figure = f"{words(record['figure'])} ({titles_of(summary).world(record['world'])}, {ACCOUNTS[record['account']]}, "
    figure += f"{words(record['ledger'])} ledger)"
    write = digits if record["figure"] == RATIO else pounds
    width, held = record["half_width"], write(record["mean"])
    share = f", {100 * width / abs(record['mean']):.2g}%" if width is not None and record["mean"] else ""
    known = "its interval has no end" if width is None else f"give or take {write(width)}{share}"
    asked = f"{100 * record['share']:g}%" if record["share"] is not None else write(record["within"])
    cost = f"{count(record['replications'])} replications, {count(record['kept'])} of them computed before"
    if record["reached"]:
        return (
            f"Known closely enough: {figure} is {held}, {known}, after {cost}; within {asked} was asked. Half of that "
            "takes about four times as many."
        )
    more = "no number may do" if record["needed"] is None else f"about {count(record['needed'])} are needed"
    return f"Not known closely enough: {figure} is {held}, {known}, after {cost}; for {asked} {more}."
