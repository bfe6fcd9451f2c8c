"""The uncertainty statement: each source of doubt with its size, and those to which nobody can give one."""

from __future__ import annotations

from collections.abc import Iterator

from sim.exhibits.numbers import MISSING, pounds
from sim.exhibits.style import words
from sim.report.assumptions import left_out as listed
from sim.report.page.readings import ACCOUNTS, readings, span
from sim.report.page.wording import ledger_words
from sim.studies.assure.answer import Lack, PackPart
from sim.studies.assure.assumptions import DRAW, drawn_name, swing
from sim.studies.assure.finished import FinishedRun
from sim.table import Column, Row, Table

UNKNOWN = "not worked out"


def uncertainty(run: FinishedRun) -> PackPart:
    """Say what each source of doubt does to the answer."""
    lead = run.reading
    lacks = []
    if lead is None or not lead.is_of_inputs:
        held = ((lead.figures.get("doubt") or {}).get("why_not") if lead is not None else "") or ""
        why = f" ({held.partition(';')[0]})" if held else ""
        lacks.append(Lack("draws", f"doubt about the inputs is not worked out{why}", DRAW.format(name=run.run["name"])))
    said = "The price of help up to which it pays for itself, a family helped, and what moves it." if lead else (
        "The run has no account of what each family helped saves, so that no size can be given."
    )  # fmt: skip
    columns = (
        Column("source", "source of doubt", 44, "wrapped"), Column("size", "size", 50, "wrapped"),
        Column("how", "how it is known", 60, "wrapped"),
    )  # fmt: skip
    table = Table("Sources of doubt", columns, [*_sizes(run), *_without_size(run)])
    return PackPart("uncertainty", "Uncertainty statement", (said,), (table,), tuple(lacks))


def _sizes(run: FinishedRun) -> Iterator[Row]:
    """List the sources of doubt whose size a run knows."""
    lead, ledger, titles = run.reading, run.ledger, run.titles
    if lead is None:
        return
    price = lead.price(ledger)
    yield "The answer", f"{pounds(price['mean'])} a family", (
        f"{titles.regime(lead.regime)}, {ACCOUNTS[lead.account]}, {ledger_words(ledger)}"
    )
    chance = (price.get("chance") or {}) if lead.is_of_inputs else price
    told = span(chance) if chance.get("low") is not None else UNKNOWN
    yield "Chance in the simulation", told, f"95% interval over {run.summary['replications']} replications"
    yield "All drawn inputs together", span(price) if lead.is_of_inputs else UNKNOWN, "95% range over draws of them"
    for drawn in run.turns_on:
        yield f"{drawn_name(drawn)}, alone", swing(drawn), "its own 2.5% and 97.5% points, the others as drawn"
    for other in readings(run.summary)[1:]:
        yield f"Reading of the evidence: {titles.reading(other.effect_set)}", pounds(other.price(ledger)["mean"]), (
            "a run of its own on the same families and the same chance"
        )
    for name in lead.ledgers:
        if name != ledger:
            yield f"Ledger: {ledger_words(name)}", pounds(lead.price(name)["mean"]), "the same run, other costs counted"
    for name, figures in lead.accounts.items():
        if name != lead.account:
            yield f"Account: {ACCOUNTS[name]}", pounds(figures["break_even_price"][ledger]["mean"]), "the same run"
    for name, figures in ((lead.figures.get("doubt") or {}).get("beside") or {}).items():
        held = (figures.get("break_even") or {}).get(ledger)
        yield words(name).capitalize(), MISSING if held is None else pounds(held), "nothing drawn; beside the draws"


def _without_size(run: FinishedRun) -> Iterator[Row]:
    """List the sources of doubt that have no number."""
    drawn = len(run.turns_on)
    ranged = sum(entry.is_uncertain for entry in run.register)
    bare = sum(entry.is_assumption and not entry.is_uncertain for entry in run.register)
    yield "Figures with a range that were not drawn", f"{ranged - min(drawn, ranged)} figures", (
        "their ranges are in the register; families switching says at which value of one the answer turns"
    )
    yield "Judgements without a range", f"{bare} figures", "in the register, grade E"
    yield "What the model leaves out", f"{len(listed(run.run))} statements", "listed in the next part; no size is known"


def left_out(run: FinishedRun) -> PackPart:
    """List what the model leaves out."""
    rows = [(str(i), text) for i, text in enumerate(listed(run.run), 1)]
    columns = (Column("n", "no", 6), Column("what", "what is left out", 120, "wrapped"))
    return PackPart("left_out", "What the model leaves out", (), (Table("What it leaves out", columns, rows),))
