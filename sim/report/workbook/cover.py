"""The cover of the workbook: the answer in a sentence, the headline in £m, two charts, and what to know first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr

from sim.economics.value.yearly import COSTS, SAVINGS
from sim.exhibits.board import Board, Cells, Chart, Series, block, merged
from sim.exhibits.style import COLOURS, words
from sim.model.compiled.accounts import ONE_EPISODE, PROGRAMME
from sim.model.titles import Titles
from sim.report.answer import answer
from sim.report.tables import INTERVALS, size_of
from sim.report.workbook.names import MILLION, PARTS, VIEWS, numbers, texts, who
from sim.report.workbook.plan import HAIR
from sim.report.workbook.sheets import levels_sheet, terms_line
from sim.report.workbook.yearly import Yearly, account_of, stretch_names
from sim.results.summary import Summary
from sim.results.worlds import world_names
from sim.table import Cell, Column, Row, Table

WIDTHS = (50, *[12] * 10)
TOP = 5
"""The row at which tables begin."""


def cover_sheet(ds: xr.Dataset, summary: Summary, names: Titles, yearly: Yearly | None) -> Board:
    """Lay the cover out; a study that compares nothing has its costs and outcomes there."""
    lead = answer(summary)
    lines = {
        0: (str(summary["title"]), "title"), 1: (lead[0], "lead"), 2: (" ".join(lead[1:]), "wrapped"),
        3: (f"{size_of(summary)}. {INTERVALS[summary['interval']]}. Figures follow from published figures and stated "
            "assumptions; they are not observations of families.", "about"),
    }  # fmt: skip
    if yearly is None:
        return Board("Cover", "", block(TOP, levels_sheet(ds, summary, names)), (26, 30, 34, 20, *[13] * 6), lines)
    worth, years = _worth(ds, summary, names, yearly), _by_year(yearly)
    below = TOP + 4 + len(worth.rows)
    lines[TOP + 2 + len(worth.rows)] = (worth.note, "about")
    charts = below + 3 + len(years.rows)
    cells: Cells = merged((block(TOP, worth), block(below, years)))
    return Board(
        "Cover", "", cells, WIDTHS, lines, one_page=True,
        charts=(_net_chart(worth, charts, yearly), _year_chart(years, below, charts)),
    )  # fmt: skip


def _worth(ds: xr.Dataset, summary: Summary, names: Titles, yearly: Yearly) -> Table:
    """Give net value of the leading regime by reading and ledger, £m, and the price of help at which it breaks even."""
    rows: list[Row] = []
    comparisons: Mapping[tuple[str, str], Any] = {
        (one["name"], one["against_regime"]): one for one in summary["appraisal"]["comparisons"]
    }
    view, ledger = "social", yearly.terms.ledger
    for world in world_names(ds):
        found = comparisons.get((world.name, summary["baseline"]))
        if found is None or who(ds, names, world)[0] != yearly.leading.regime:
            continue
        one = ((summary.get("answer") or {}).get(world.name) or {}).get(ONE_EPISODE) or {}
        price = (one.get("break_even_price") or {}).get(ledger) or {}
        net = [
            told["net"][end] if told["net"][end] is None else told["net"][end] / MILLION
            for told in (found["ledgers"][name][view] for name in yearly.ledgers)
            for end in ("mean", "low", "high")
        ]
        rows.append((who(ds, names, world)[1], *net, *(price.get(end) for end in ("mean", "low", "high"))))
    columns = (
        *texts("Reading of the evidence"),
        *(column for name in yearly.ledgers
          for column in numbers(f"{words(name).capitalize()} ledger", "Low", "High", style="millions")),
        *numbers("Break-even price, £", "Low", "High", style="money"),
    )  # fmt: skip
    note = f"{terms_line(summary)} Net present social value: saved less what services cost more, resources alone."
    title = f"{yearly.leading.regime} against {yearly.leading.against}: net value, £m"
    if any(row[-3] is not None for row in rows):
        title += ", and break-even price, £"
        note += (
            " Break-even price: what a key worker's posts may cost a family helped once for budgets neither to gain "
            f"nor to lose ({words(ledger)} ledger; benefits counted)."
        )
    else:
        columns, rows = columns[:-3], [row[:-3] for row in rows]
    return Table(title[:1].upper() + title[1:], columns, rows, note)


def _by_year(yearly: Yearly) -> Table:
    """Give what the leading world saves and spends in each year of the programme, £m, and the running sum."""
    account, ledger, world = account_of(PROGRAMME, "social"), yearly.terms.ledger, yearly.leading
    counted = yearly.stretches.ends <= yearly.stretches.horizon + float(HAIR)
    saved, spent = (
        np.sum([yearly.of(world, account, ledger, PARTS[part])[counted] for part in parts], axis=0) / MILLION
        for parts in (SAVINGS, COSTS)
    )
    running = (saved - spent).cumsum()
    heads = [name for name, within in zip(stretch_names(yearly.stretches), counted, strict=True) if within]
    told = {"Saved": saved, "Spent": spent, "Running sum of the net": running}
    columns = (Column("what", "£m", 34), *numbers(*heads, style="millions"))
    rows: list[tuple[Cell, ...]] = [(label, *map(float, values)) for label, values in told.items()]
    return Table(f"By year, £m undiscounted: {world.reading}, {ledger} ledger, {VIEWS['social']}", columns, rows)


def _net_chart(worth: Table, at: int, yearly: Yearly) -> Chart:
    """Draw net value by reading, a bar for each ledger."""
    first, last = TOP + 2, TOP + 1 + len(worth.rows)
    series = tuple(
        Series((TOP + 1, c), (first, c, last, c), COLOURS[i])
        for i, c in enumerate(range(1, 1 + 3 * len(yearly.ledgers), 3))
    )
    best = [f"{row[0]}: £{row[1]:,.0f}m" for row in worth.rows if isinstance(row[1], float)]
    says = f"Net value in the {yearly.ledgers[0]} ledger by reading: {'; '.join(best)}."
    title = "Net present social value, £m, by reading of the evidence"
    values = tuple(v for row in worth.rows for v in row[1 : 1 + 3 * len(yearly.ledgers) : 3] if isinstance(v, float))
    return Chart("bar", title, says, "£m", (first, 0, last, 0), series, (at, 0), values)


def _year_chart(years: Table, at: int, place: int) -> Chart:
    """Draw what is saved and spent by year, and the running sum."""
    last = len(years.columns) - 1
    series = tuple(
        Series((at + 2 + i, 0), (at + 2 + i, 1, at + 2 + i, last), COLOURS[colour], is_line=i == 2)
        for i, colour in enumerate((0, 1, 6))
    )
    end, values = years.rows[2][last], tuple(v for row in years.rows for v in row[1:] if isinstance(v, float))
    says = f"Saved and spent by year; the running sum ends at £{end:,.0f}m." if isinstance(end, float) else "By year."
    return Chart("column", "Saved and spent by year, £m, undiscounted", says, "£m", (at + 1, 1, at + 1, last), series,
                 (place, 5), values)  # fmt: skip
