"""The sheet of groups of families: who is better or worse off, who waits longest, what each group costs."""

from __future__ import annotations

import xarray as xr

from sim.exhibits.style import words
from sim.model.titles import Titles
from sim.report.page.equity import equity_held, followed, named, one_by_one
from sim.report.workbook.names import REGIME, numbers, texts, who
from sim.results.summary import Summary
from sim.results.worlds import world_names
from sim.table import Row, Table


def groups_sheet(ds: xr.Dataset, summary: Summary, names: Titles) -> Table:
    """Give every measure of every group without and with each regime, and how much less of it there is."""
    worlds, rows = {world.name: world for world in world_names(ds)}, list[Row]()
    equity = equity_held(summary)
    for one in () if equity is None else equity.gains:
        less, high, low = (None if end is None else -end for end in one.difference.cells)
        rows.append((
            *who(ds, names, worlds[one.world]), named(one), words(one.measure).capitalize(), one.families,
            one.baseline, one.baseline + one.difference.mean, less, low, high, one.less, one.more,
        ))  # fmt: skip
    columns = (
        *REGIME, *texts("Group", "What", width=34), *numbers("Families", style="money", width=10),
        *numbers("Without", "With", "Less with it", "Low", "High", style="figure"),
        *numbers("Share with less", "Share with more", style="share", width=10),
    )  # fmt: skip
    note = f"Nothing here: not worked out are {one_by_one(summary)}."
    if equity is not None:
        note = (
            "A family since the regime's start: months, and pounds undiscounted in the ledger "
            f"{words(equity.ledger) or 'of none'}. Positive where there is less of it with the regime. "
            f"{followed(equity)}"
        )
    return Table("Groups of families", columns, rows, note, "gains.csv", 4)
