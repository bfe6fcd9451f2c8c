"""What people read of a best use: where the money goes, what it saves, and what it is held against."""

from __future__ import annotations

from sim.exhibits.style import words
from sim.intervals import over_replications
from sim.studies.best_use.answer import PARTS, BestUse, error_of
from sim.table import Table


def use_table(found: BestUse) -> Table:
    """Give the money, the posts at scale and the places used of each service."""
    rows = [
        (words(name), f"{part / PARTS:.0%}", f"{levels[-1][1]:,.0f}", f"{of.used:.0%}",
         f"{of.added_used:.0%}" if of.added > 0 else "")
        for name, part, levels, of in (
            (name, part, found.levels[name], found.places[name])
            for name, part in zip(found.services, found.shares, strict=True)
        )
    ]  # fmt: skip
    (mine, theirs), said = found.spent, found.titles.regime
    note = (
        f"{said(found.regime)} spends £{mine:,.0f} of present value, {said(found.money_of)} £{theirs:,.0f} "
        f"({mine / theirs - 1:+.3%}). {len(found.searched.tried)} ways were tried from several starts, which ended in "
        f"{len(found.searched.ends)}."
    )
    columns = ("service", "of the money", "posts", "places used", "of those added")
    return Table(f"The best use of the money of {said(found.money_of)}", columns, rows, note)


def saved_table(found: BestUse) -> Table:
    """Give what the best use saves, the second best, the money shared as today, and the regime whose money it is."""
    said = found.titles.regime
    names = {"best": said(found.regime), "second": "second best", "pro_rata": "shared as posts are paid today",
             "money": said(found.money_of)}  # fmt: skip
    rows = []
    for key, name in names.items():
        made = over_replications(found.saved[key])
        less = found.saved["best"] - found.saved[key]
        told = ("", "") if key == "best" else (f"{less.mean() / 1e6:,.2f}", f"{error_of(less) / 1e6:,.2f}")
        rows.append((name, f"{made.mean / 1e6:,.2f}", *told))
    columns = ("", "saved, £m", "the best saves more by, £m", "standard error")
    return Table("Saved at equal spending, narrow ledger, present value", columns, rows,
                 "In replications on which nothing was chosen but the best of the last few.")  # fmt: skip
