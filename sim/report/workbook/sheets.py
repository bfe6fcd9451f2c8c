"""The tables of the workbook: accounts, appraisal, costs and outcomes, budgets, waits, assumptions, provenance.

A saving is positive on every sheet. Each is short enough to print; what is longer is in CSV files.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from sim.config.views.register import RegisterEntry
from sim.economics.report import FullAppraisal
from sim.economics.rows import budget_table
from sim.exhibits.style import words
from sim.intervals import ENDS
from sim.model.price_series import prices_of
from sim.model.titles import Titles
from sim.report.tables import INTERVALS
from sim.report.workbook.names import ACCOUNTS, AGAINST, MILLION, REGIME, VIEWS, numbers, texts, who
from sim.results.columns import heading
from sim.results.facts import facts_of
from sim.results.summary import Summary
from sim.results.tidy import WAITS_COLUMNS, waits_table
from sim.results.waits import NATION
from sim.results.worlds import WorldName, world_names
from sim.table import Cell, Column, Row, Table

EVERYBODY, ALL = "all agencies", "all"
CONTROLS = {"DEL": 0, "AME": 1, "local": 2, ALL: 9}
"""Kinds of budget in the order in which they are shown; others come before the sum of all."""
LESS = ("Less than under the baseline", "Low", "High")


def accounts_sheet(ds: xr.Dataset, summary: Summary, names: Titles) -> Table:
    """Give what each family helped saves and costs in three accounts, in every ledger, with intervals."""
    rows: list[Row] = []
    kinds: dict[str, None] = {}
    for world in world_names(ds):
        for name, account in ((summary.get("answer") or {}).get(world.name) or {}).items():
            if not isinstance(account, dict):
                continue
            kinds.setdefault("inputs" if account["interval"] == "inputs" else INTERVALS[summary["interval"]])
            for ledger in account["saved_per_family_helped"]:
                saved, cost, price, bcr = (account[key][ledger] for key in (
                    "saved_per_family_helped", "cost_per_family_helped", "break_even_price", "bcr"))  # fmt: skip
                rows.append((*who(ds, names, world), ACCOUNTS[name], words(ledger), account["families"],
                             account["episodes_per_family"], account["months"], *_ends(saved), cost["mean"],
                             *_ends(price), *_ends(bcr)))  # fmt: skip
    told = "95% interval over draws of the inputs" if "inputs" in kinds else "".join(k for k in kinds if k)
    note = (
        "Pounds a family helped, present values. One episode: families first helped in the stated year, none taken on "
        "twice, each followed from its first start against its own life without help. All help: the same with every "
        "later episode. Programme: everybody in the years of the appraisal. The break-even price is what a key "
        f"worker's posts may cost a family for nothing to be gained or lost. {told}."
    )
    if not rows:
        note = f"Nothing here: {summary.get('why_no_answer') or 'this study follows no families that are helped'}."
    columns = (
        *REGIME, *texts("Account", "Ledger", width=15), *numbers("Families", style="money", width=10),
        *numbers("Episodes a family", style="ratio", width=10), *numbers("Months followed", style="as_is", width=10),
        *numbers("Saved, £", "Low", "High", "Cost, £", "Break-even price, £", "Low", "High", style="money", width=11),
        *numbers("Saved for each £1", "Low", "High", style="ratio", width=10),
    )  # fmt: skip
    return Table("Accounts", columns, rows, note, "cohort.csv", 4)


def _ends(figures: Mapping[str, Any], factor: float = 1.0) -> tuple[Cell, ...]:
    """Give a mean with its interval; a factor below 0 turns the interval round."""
    low, high = ("low", "high") if factor > 0 else ("high", "low")
    return tuple(None if figures[end] is None else figures[end] * factor for end in ("mean", low, high))


def appraisal_sheet(ds: xr.Dataset, summary: Summary, names: Titles) -> Table:
    """Give what each comparison is worth in every ledger and view, £m."""
    worlds, rows = {world.name: world for world in world_names(ds)}, list[Row]()
    appraisal: Mapping[str, Any] = summary.get("appraisal") or {}
    for found in appraisal.get("comparisons", []):
        named = (*who(ds, names, worlds[found["name"]]), names.regime(found["against_regime"]))
        for ledger, views in found["ledgers"].items():
            for view, told in views.items():
                rows.append((
                    *named, VIEWS[view], words(ledger), *_ends(told["net"], 1 / MILLION),
                    *(_ends(told[part], 1 / MILLION)[0] for part in ("gross", "intervention", "cashable")),
                    *_ends(told["bcr"]), told["payback_month"], found["why_no_ratio"] or "",
                ))  # fmt: skip
    columns = (
        *REGIME, *AGAINST, *texts("View", width=23), *texts("Ledger", width=12),
        *numbers("Net value, £m", "Low", "High", "Saved, £m", "Spent, £m", "Of it cash, £m", style="millions"),
        *numbers("Saved for each £1", "Low", "High", style="ratio"),
        Column("payback", "Payback, month", 12, "as_is", "Months since the first regime began; empty: never."),
        Column("why", "Why no ratio", 84, "indented"),
    )  # fmt: skip
    note = (
        f"{terms_line(summary)} Net value is what is saved less what services cost more. "
        f"{INTERVALS[summary['interval']]}."
    )
    return Table("Appraisal", columns, rows, note if rows else "Nothing here: nothing is compared.", "appraisal.csv", 5)


def terms_line(summary: Summary) -> str:
    """Say on what terms an appraisal is made, in a sentence; nothing without one."""
    terms = (summary.get("appraisal") or {}).get("terms")
    if not terms:
        return ""
    return (
        f"Present values in {prices_of(terms)}, {terms['horizon_years']:g} years from "
        f"{terms['base_year']}, discounted by the schedule {words(terms['schedule'])}; evidence ends at month "
        f"{terms['evidence_ends_month']:g}."
    )


def levels_sheet(ds: xr.Dataset, summary: Summary, names: Titles) -> Table:
    """Give costs and outcomes of each regime, and how much less there is of each than under the baseline."""
    unit, rows = str(summary["unit"]), list[Row]()
    for world in world_names(ds):
        figures, less = summary["regimes"][world.name], summary["differences"].get(world.name, {})
        for measure, told, of in (
            ("cost_per_family_year", "Cost, {} ledger", f"£ per {unit}-year"), ("outcomes", "{}", f"per {unit}"),
        ):  # fmt: skip
            for item, level in figures[measure].items():
                change = less.get(measure, {}).get(item)
                fewer = _ends(change, -1.0) if change else (None, None, None)
                named = (*who(ds, names, world), told.format(words(item)).capitalize(), of)
                rows.append((*named, *(level[end] for end in ENDS), *fewer))
    columns = (
        *REGIME, *texts("What", width=34), *texts("Unit", width=20),
        *numbers("Mean", "Low", "High", style="figure"), *numbers(*LESS, style="figure", width=14),
    )  # fmt: skip
    note = (
        f"Costs in {prices_of(summary)}, undiscounted; outcomes over the whole run. Less than "
        f"under {names.regime(summary['baseline'])} on the same random numbers: positive where a regime costs less or "
        f"has less of it. {INTERVALS[summary['interval']]}."
    )
    return Table("Costs and outcomes", columns, rows, note, "summary.csv", 3)


def budget_sheet(ds: xr.Dataset, full: FullAppraisal, names: Titles) -> Table:
    """Give cash freed against the baseline, years side by side, £m: of everybody by kind of budget, then by agency."""
    content = None if full.why_no_cash else budget_table(full)
    if content is None or not content.rows:
        why = full.why_no_cash or "no regime changes what anybody pays"
        return Table("Budget impact", REGIME, [], f"Nothing here: {why}.", "budget.csv", 2)
    years = list(dict.fromkeys(str(row[content.names.index("year")]) for row in content.rows))
    columns = (
        *REGIME, *texts("Savings", width=16), *texts("Agency", width=24), *texts("Budget", width=10),
        *numbers(*years, style="millions", width=10), *numbers("All years", style="millions", width=11),
    )  # fmt: skip
    rows: list[Row] = [
        (*key, *(amounts.get(year) for year in years), sum(amounts.values()))
        for key, amounts in _freed(ds, content, names).items()
    ]
    note = (
        f"Cash freed against {names.regime(facts_of(ds).baseline)} in each year's own pounds, £m, "
        f"{words(full.terms.ledger)} ledger; negative where more is paid. Everybody first, then each agency. Means; "
        "intervals, periods and other comparisons are in budget.csv, in which the sign is that of what is paid."
    )
    return Table("Budget impact", columns, rows, note, "budget.csv", 5)


def _freed(ds: xr.Dataset, content: Table, names: Titles) -> dict[tuple[str, ...], dict[str, float]]:
    """Give £m freed against the baseline by year: of all agencies by kind of budget and in all, then of each."""
    at = {name: i for i, name in enumerate(content.names)}
    everybody: dict[tuple[str, ...], dict[str, float]] = {}
    agencies: dict[tuple[str, ...], dict[str, float]] = {}
    for row in content.rows:
        regime, reading, against, agency, control, savings, year = (
            str(row[at[name]]) for name in ("regime", "effect_set", "against", "agency", "control", "savings", "year")
        )
        if against == facts_of(ds).baseline:
            start, freed = (*who(ds, names, WorldName("", regime, reading)), savings), -float(row[at["mean"]] or 0.0)
            for key, into in (((*start, EVERYBODY, control), everybody), ((*start, EVERYBODY, ALL), everybody),
                              ((*start, words(agency), control), agencies)):  # fmt: skip
                amounts = into.setdefault(key, {})
                amounts[year] = amounts.get(year, 0.0) + freed / MILLION
    worlds = list(dict.fromkeys(key[:-1] for key in everybody))
    ordered = sorted(everybody, key=lambda key: (worlds.index(key[:-1]), CONTROLS.get(key[-1], len(CONTROLS))))
    return {key: everybody[key] for key in ordered} | agencies


def waits_sheet(ds: xr.Dataset, names: Titles) -> Table:
    """Give waits by service in the whole nation."""
    at = {name: i for i, name in enumerate(WAITS_COLUMNS)}
    shown = [name for name in WAITS_COLUMNS if name not in ("regime", "effect_set", "area")]
    rows: list[Row] = [
        (*who(ds, names, WorldName("", str(row[0]), str(row[1]))), words(str(row[at["service"]])),
         *(row[at[name]] for name in shown[1:]))
        for row in waits_table(ds).rows
        if row[at["area"]] == NATION
    ]  # fmt: skip
    styles = {"waited_share": "share", "mean_months": "months", "p50_months": "months", "p90_months": "months"}
    columns = (
        *REGIME, *texts("Service", width=24),
        *(Column(name, heading(name), 12, styles.get(name, "count")) for name in shown[1:]),
    )  # fmt: skip
    note = "People, a replication, over the whole run; months are of those admitted. waits.csv has each area."
    return Table("Waits", columns, rows, note if rows else "Nothing here: no service has a queue.", "waits.csv", 3)


def assumptions_sheet(register: Sequence[RegisterEntry]) -> Table:
    """Give every figure of the config with where it comes from."""
    rows: list[Row] = [
        (one.path, one.written, f"{one.unit} {one.price_year}".strip(), one.low, one.high,
         one.source, "; ".join(told for told in (one.locator, one.quality, one.standing, one.why) if told))
        for one in register
    ]  # fmt: skip
    made, old = sum(one.is_assumption for one in register), sum(one.is_uprated for one in register)
    uprated = f" Of the prices, {old:,} {'is' if old == 1 else 'are'} uprated, not observed." if old else ""
    note = (
        f"{len(rows):,} figures with a source or a range; {made:,} are assumptions, the others published "
        f"(docs/evidence.md lists the sources). run.json says in which file each was set.{uprated}"
    )
    columns = (
        Column("path", "Key, as --set takes it", 52, "wrapped"), Column("written", "Value", 24, "left"),
        Column("unit", "Unit", 18), *numbers("Low", "High", style="as_is", width=11),
        Column("source", "Source", 14, "indented"), Column("why", "Where in it, or why", 90, "wrapped"),
    )  # fmt: skip
    return Table("Assumptions", columns, rows, note if rows else "Nothing here: no figure has a source.", "run.json", 1)
