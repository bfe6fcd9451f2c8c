"""The headline of a run for a terminal: one table of six columns in words, then what only some studies have.

The sentences above it are the report's (``sim.report.answer``); the whole headline, with the ends of every interval, is
``tables.headline``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from sim.exhibits.numbers import millions, opposite, share, short
from sim.exhibits.style import words
from sim.exhibits.terminal import PAGE, width
from sim.exhibits.titles import titles_of
from sim.model.price_series import prices_aside
from sim.model.titles import Titles
from sim.report import tables
from sim.report.accounts import doubt_line, short_accounts
from sim.report.told_once import same_ledgers
from sim.results.shown import looked_after
from sim.results.summary import Summary
from sim.results.worlds import NOT_REFITTED, row_name
from sim.table import Table

_millions = partial(millions, places=0, finer_below=100.0)
_saving = partial(short, finest=0, sign=True)
MOST_BESIDE = 2
"""Ledgers whose savings, and outcomes whose changes, stand beside each other."""


def headline_tables(summary: Summary) -> tuple[Table, ...]:
    """Give the headline as tables for 80 columns: costs or outcomes, what help saves, else waits."""
    figures = next(iter(summary["regimes"].values()))
    first = [_costs(summary)] if figures["cost_per_family_year"] else _outcomes(summary)
    made = [*(first if first else [tables.waits(summary)]), *(table for table in (
        short_accounts(summary), *tables.cost_effectiveness(summary), tables.distributions(summary),
        tables.kept_on(summary),
    ) if table.rows)]  # fmt: skip
    doubt = f"Doubt about the inputs of the answer: {doubt_line(summary)}." if summary.get("answer") else ""
    note = " ".join(filter(None, (made[-1].note, tables.headline(summary).note, same_ledgers(summary), doubt)))
    return (*made[:-1], replace(made[-1], note=note))


def _costs(summary: Summary) -> Table:
    """Give cost, what is saved against the baseline in two ledgers, net present value and children looked after."""
    ledgers = _ledgers(summary)
    worth, cared = _worth(summary), {name: looked_after(mine) for name, mine in summary["regimes"].items()}
    has_care = any(value is not None for value in cared.values())
    rows = []
    for name, mine in summary["regimes"].items():
        change = summary["differences"].get(name, {}).get("cost_per_family_year", {})
        cells = [short(_alone(mine["cost_per_family_year"][ledgers[0]]), finest=0)]
        saved = [opposite(change[ledger]) if ledger in change else None for ledger in ledgers]
        cells += ["" if one is None else _saving(one if not i else _alone(one)) for i, one in enumerate(saved)]
        cells += [short(worth[name], _millions) if name in worth else ""] if worth else []
        rows.append((name, *cells, *((share(cared[name]),) if has_care else ())))
    columns = [f"cost, {words(ledgers[0])}", *(f"saved, {words(ledger)}" for ledger in ledgers)]
    columns += [*(("net value, £m",) if worth else ()), *(("in care at end",) if has_care else ())]
    against = titles_of(summary).regime(summary["baseline"])
    prices = f", {prices_aside(summary)}" if summary["price_year"] else ""
    title = f"Cost of a {summary['unit']} a year and what is saved against {against}, £{prices} (± 95% interval)"
    return Table(f"{title}; a saving is positive", ("", *columns), _by_set(rows, summary))


def _ledgers(summary: Summary) -> list[str]:
    """Give the ledger of the headline and the next: both where a verdict is given."""
    all_of = list(next(iter(summary["regimes"].values()))["cost_per_family_year"])
    main = ((summary.get("appraisal") or {}).get("terms") or {}).get("ledger", all_of[0])
    return sorted(all_of, key=lambda ledger: ledger != main)[:MOST_BESIDE]


def _worth(summary: Summary) -> dict[str, Mapping[str, Any]]:
    """Give the net present social value of each world against the baseline, where it is appraised."""
    return {
        found["name"]: found["ledgers"][summary["appraisal"]["terms"]["ledger"]]["social"]["net"]
        for found in (summary.get("appraisal") or {}).get("comparisons", [])
        if found["against_regime"] == summary["baseline"]
    }


def _alone(estimate: Mapping[str, Any]) -> dict[str, float | None]:
    """Give an estimate without its interval."""
    return {"mean": estimate["mean"], "low": None, "high": None}


def _outcomes(summary: Summary) -> list[Table]:
    """Give outcomes and their differences to the baseline, two beside each other where they fit, else one."""
    items = list(next(iter(summary["regimes"].values()))["outcomes"])
    made: list[Table] = []
    for beside in (MOST_BESIDE, 1):
        made = [_of_items(summary, items[i : i + beside]) for i in range(0, len(items), beside)]
        if all(width(table) <= PAGE for table in made):
            break
    return made


def _of_items(summary: Summary, items: list[str]) -> Table:
    """Give some outcomes of each regime and their paired difference to the baseline."""
    rows = []
    for name, mine in summary["regimes"].items():
        other = summary["differences"].get(name)
        cells: list[str] = []
        for item in items:
            cells.append(short(mine["outcomes"][item]))
            cells.append(short(other["outcomes"][item]) if other and item in other["outcomes"] else "")
        rows.append((name, *cells))
    minus = f"minus {titles_of(summary).regime(summary['baseline'])}"
    columns = [label for item in items for label in (words(item), minus)]
    return Table(f"Outcomes per {summary['unit']}; mean ± 95% interval", ("", *columns), _by_set(rows, summary))


def _by_set(rows: list[tuple[str, ...]], summary: Summary) -> tuple[tuple[str, ...], ...]:
    """Put REGIME/SET in words under a heading for each set; say where effects are from another model."""
    names, titles = summary.get("not_refitted", ()), titles_of(summary)
    if not all("/" in row[0] for row in rows):
        return tuple((_row(name, names, titles), *cells) for name, *cells in rows)
    sets = {name.rpartition("/")[2] for name in names}
    made: list[tuple[str, ...]] = []
    last = None
    for name, *cells in rows:
        regime, _, effects = name.rpartition("/")
        if effects != last:
            made.append((f"{titles.reading(effects)}:", *[""] * len(cells)))
            if effects in sets:
                made.append((NOT_REFITTED, *[""] * len(cells)))
        made.append((f"  {titles.regime(regime)}", *cells))
        last = effects
    return tuple(made)


def _row(name: str, names: tuple[str, ...], titles: Titles) -> str:
    """Write a world in words, and whether its effects are from another model."""
    return row_name(name, names).replace(name, titles.world(name), 1)
