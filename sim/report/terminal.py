"""The headline of a run for a terminal of 80 columns: short tables, a reading of the evidence at a time."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from sim.exhibits.numbers import MINUS, figure, millions, ratio, share, short, signed
from sim.exhibits.terminal import PAGE, width
from sim.report import tables
from sim.report.accounts import doubt_line, short_accounts
from sim.results.shown import looked_after
from sim.results.summary import Summary
from sim.results.worlds import NOT_REFITTED, row_name
from sim.table import Table

_millions = partial(millions, places=0, finer_below=100.0)
MOST_BESIDE = 2
"""Ledgers, or outcomes, whose figures and differences fit beside each other."""


def headline_tables(summary: Summary) -> tuple[Table, ...]:
    """Give the headline as tables that fit 80 columns: costs or outcomes, what they are worth, waits if nothing else.

    The whole headline, with the ends of every interval, is ``tables.headline``.
    """
    title, note = tables.headline(summary).title, tables.headline(summary).note
    figures = next(iter(summary["regimes"].values()))
    measure = "cost_per_family_year" if figures["cost_per_family_year"] else "outcomes"
    made = [table for table in (
        *_compared(summary, measure), _at_the_end(summary), short_accounts(summary), _against(summary),
        *tables.cost_effectiveness(summary), tables.distributions(summary), tables.kept_on(summary),
    ) if table.rows]  # fmt: skip
    if not figures[measure]:
        made.insert(0, tables.waits(summary))
    first, *others = made
    made = [replace(first, title=f"{title}\n{first.title}", note=""), *others]
    doubt = f"Doubt about the inputs of the answer: {doubt_line(summary)}." if summary.get("answer") else ""
    return (*made[:-1], replace(made[-1], note=f"{note} {doubt}".rstrip()))


def _compared(summary: Summary, measure: str) -> list[Table]:
    """Give a measure, two items beside each other where they fit, else one."""
    items = list(next(iter(summary["regimes"].values()))[measure])
    made: list[Table] = []
    for beside in (MOST_BESIDE, 1):
        made = [_of_items(summary, measure, items[i : i + beside]) for i in range(0, len(items), beside)]
        if all(width(table) <= PAGE for table in made):
            break
    return made


def _of_items(summary: Summary, measure: str, items: list[str]) -> Table:
    """Give figures of each regime and their paired difference to the baseline."""
    costs = measure == "cost_per_family_year"
    plain, change = (figure, signed) if costs else (None, None)
    rows = []
    for name, mine in summary["regimes"].items():
        other = summary["differences"].get(name)
        cells: list[str] = []
        for item in items:
            cells.append(short(mine[measure][item], plain))
            cells.append(short(other[measure][item], change) if other and item in other[measure] else "")
        rows.append((name, *cells))
    minus = f"minus {summary['baseline'].replace('_', ' ')}"
    columns = [label for item in items for label in (item.replace("_", " "), minus)]
    unit = summary["unit"]
    what = f"Cost, £ per {unit}-year, by ledger" if costs else f"Outcomes per {unit}"
    return Table(f"{what}; mean ± 95% interval", ("", *columns), _by_set(rows, summary))


def _at_the_end(summary: Summary) -> Table:
    """Give net present value, benefit-cost ratio and children looked after, where the study has them."""
    worth = {
        found["name"]: found["ledgers"][summary["appraisal"]["terms"]["ledger"]]["social"]
        for found in (summary.get("appraisal") or {}).get("comparisons", [])
        if found["against_regime"] == summary["baseline"]
    }
    cared = {name: looked_after(mine) for name, mine in summary["regimes"].items()}
    has_care = any(value is not None for value in cared.values())
    if not worth and not has_care:
        return Table("", (), ())
    rows = []
    for name in summary["regimes"]:
        view = worth.get(name)
        cells = [short(view["net"], _millions), short(view["bcr"], ratio)] if view else ["", ""]
        rows.append((name, *(cells if worth else ()), *((share(cared[name]),) if has_care else ())))
    columns = [*(("net present £m", "benefit/cost") if worth else ()), *(("looked after",) if has_care else ())]
    parts = ["Net present value and benefit-cost ratio"] if worth else []
    parts += ["children looked after at the end"] if has_care else []
    return Table(", ".join(parts), ("", *columns), _by_set(rows, summary))


def _against(summary: Summary) -> Table:
    """Give the difference in cost between regimes that are not the baseline."""
    rows = [
        (f"{name} {MINUS} {against.rpartition('/')[0] or against}",
         *(short(cost, signed) for cost in list(figures["cost_per_family_year"].values())[:MOST_BESIDE]))
        for name, others in summary["comparisons"].items()
        for against, figures in others.items()
        if figures["cost_per_family_year"]
    ]  # fmt: skip
    ledgers = list(next(iter(summary["regimes"].values()))["cost_per_family_year"])[:MOST_BESIDE]
    title = f"Regimes against each other, £ per {summary['unit']}-year"
    return Table(title, ("", *ledgers), tuple(rows))


def _by_set(rows: list[tuple[str, ...]], summary: Summary) -> tuple[tuple[str, ...], ...]:
    """Put REGIME/SET under a heading for each set; leave plain names, but say where effects are from another model."""
    names = summary.get("not_refitted", ())
    if not all("/" in row[0] for row in rows):
        return tuple((row_name(name, names), *cells) for name, *cells in rows)
    sets = {name.rpartition("/")[2] for name in names}
    made: list[tuple[str, ...]] = []
    last = None
    for name, *cells in rows:
        regime, _, effects = name.rpartition("/")
        if effects != last:
            made.append((f"{effects.replace('_', ' ')}:", *[""] * len(cells)))
            if effects in sets:
                made.append((NOT_REFITTED, *[""] * len(cells)))
        made.append((f"  {regime}", *cells))
        last = effects
    return tuple(made)
