"""What stands on the sheets of the workbook: columns with their meaning, rows of plain numbers and text, and notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import xarray as xr

from sim.config.views.recorded import recorded_register
from sim.config.views.register import RegisterEntry
from sim.economics.report import FullAppraisal
from sim.economics.rows import budget_table
from sim.exhibits.numbers import plural
from sim.exhibits.xlsx import provenance
from sim.report.tables import INTERVALS
from sim.report.workbook.summary import summary_observations
from sim.results.columns import column, heading, table
from sim.results.summary import Summary
from sim.results.tables import ledger_table
from sim.results.tidy import AREAS_COLUMNS, COST, areas_table, waits_table
from sim.table import Column, Row, Table

SUMMARY_COLUMNS = (
    "row", "regime", "effect_set", "against", "measure", "item", "unit", "mean", "low", "high",
)  # fmt: skip
ASSUMPTION_STYLES = {**dict.fromkeys(("number", "low", "high"), "as_is"), "locator": "wrapped", "why": "wrapped"}
ASSUMPTION_COLUMNS = {
    "path": "Where it stands in the config, as --set takes it.",
    "written": "The value as it is written; an expression is one of the model's formulas.",
    "number": "The value as a number, where it is one.",
    "low": "The lowest value that is plausible.",
    "high": "The highest value that is plausible.",
    "unit": "The unit of the value and of its range.",
    "price_year": "The year in whose prices a price is given.",
    "source": "The source in the register of evidence, or 'assumption' for a judgement.",
    "locator": "Where in the source.",
    "quality": "How sure the source is of it, as the source says.",
    "why": "Why this value, where it is a judgement.",
    "origin": "The file, line and column that set it.",
}


def sheets_of(ds: xr.Dataset, summary: Summary, run: Mapping[str, Any], full: FullAppraisal) -> list[Table]:
    """Give every sheet after the cover, in order."""
    register = recorded_register(run) if run else []
    return [
        _summary(ds, summary), _ledger(ds, register), _budget(full), _waits(ds), _areas(ds), _assumptions(register),
        _provenance(ds, summary, run),
    ]  # fmt: skip


def _summary(ds: xr.Dataset, summary: Summary) -> Table:
    """Give the headline figures, one a row."""
    about = f"Levels of each regime, and differences on the same random numbers. {INTERVALS[summary['interval']]}."
    notes = {
        "row": "A level of a regime, or a difference: the regime minus the one in the column Against.",
        "measure": "What is measured. Costs of a family-year are undiscounted, in prices of the price year.",
        "mean": "Mean; the figures are those of summary.json.",
    }
    columns = tuple(
        replace(typed, meaning=notes.get(typed.name, typed.meaning))
        for typed in (column("", name, "by_unit", 18) for name in SUMMARY_COLUMNS)
    )
    return Table("Summary", columns, list(summary_observations(ds, summary)), about, "summary.csv", keys=3)


def _ledger(ds: xr.Dataset, register: Sequence[RegisterEntry]) -> Table:
    """Give every cost by payer; the first row of each line says where its price comes from."""
    ledger = ledger_table(ds)
    line, comments, seen = ledger.names.index("line"), {}, set()
    for r, row in enumerate(ledger.rows):
        name = str(row[line])
        if name not in seen and (note := sources_of_line(name, register)):
            comments[r, line] = note
        seen.add(name)
    about = f"{ledger.note} Pounds of the price year, undiscounted; mean and 95% interval."
    return replace(ledger, title="Ledger", note=about, keys=3, comments=comments)


def sources_of_line(line: str, register: Sequence[RegisterEntry]) -> str:
    """Say where the figures of a cost line come from."""
    prefix = f'costs."{line}".' if "." in line else f"costs.{line}."
    return "\n".join(
        f"{entry.path.removeprefix(prefix).split('.')[0]}: {entry.written} {entry.unit}".rstrip() + ". " + source(entry)
        for entry in register
        if entry.path.startswith(prefix)
    )


def source(entry: RegisterEntry) -> str:
    """Say where a figure comes from in one sentence or two."""
    year = f"{entry.price_year} prices. " if entry.price_year else ""
    told = [f"Source: {entry.source}" if entry.source else "No source", entry.locator, entry.quality, entry.why]
    return year + "; ".join(part for part in told if part) + "."


def _budget(full: FullAppraisal) -> Table:
    """Give extra cash by year, agency and kind of budget."""
    budget = budget_table(full)
    about = f"{budget.note} Cash of each year, not discounted."
    if full.why_no_cash:
        names = ("regime", "effect_set", "against", "year", "agency", "mean", "low", "high")
        budget = table("budget.csv", names, (), "money")
    if not budget.rows:
        about = f"Nothing here: {full.why_no_cash or 'no regime changes what anybody pays'}."
    return replace(budget, title="Budget impact", note=about, keys=3)


def _waits(ds: xr.Dataset) -> Table:
    """Give waits by service and place."""
    waits = waits_table(ds)
    about = f"{waits.note} Counts are means a replication." if waits.rows else "Nothing here: no service has a queue."
    return replace(waits, title="Waits", note=about, keys=4)


def _areas(ds: xr.Dataset) -> Table:
    """Give cost by payer in the named areas."""
    areas = areas_table(ds)
    rows = [row for row in areas.rows if row[AREAS_COLUMNS.index("what")] == COST]
    about = "Cost by ledger and payer in the areas that a publication names; areas.csv also has every count."
    about = about if rows else "Nothing here: this study names no areas."
    return replace(areas, title="Areas", rows=rows, note=about, keys=4)


def _assumptions(register: Sequence[RegisterEntry]) -> Table:
    """Give every figure of the config with where it comes from."""
    rows = [tuple(getattr(entry, name) for name in ASSUMPTION_COLUMNS) for entry in register]
    made = sum(entry.is_assumption for entry in register)
    about = f"{len(rows):,} figures with a source or a range; {made:,} are assumptions, the others published."
    about = about if rows else "Nothing here: no figure has a source."
    columns = tuple(
        Column(name, heading(name), column("", name, width=14).width, ASSUMPTION_STYLES.get(name, "text"), note)
        for name, note in ASSUMPTION_COLUMNS.items()
    )
    return Table("Assumptions", columns, rows, about, "run.json", 1)


def _provenance(ds: xr.Dataset, summary: Summary, run: Mapping[str, Any]) -> Table:
    """Say how the run was made and on what terms, but for when and how fast."""
    about = "How to make it again. When it was made and how long it took is in run.json and summary.json."
    return provenance(list(_made_by(ds, summary, run)), about, "run.json")


def _made_by(ds: xr.Dataset, summary: Summary, run: Mapping[str, Any]) -> Iterator[Row]:
    """List what made the run."""
    yield "Study", str(summary["title"])
    yield plural(str(summary["unit"])).capitalize(), summary["families"]
    for name in ("steps", "step", "replications", "seed", "baseline", "solver", "price_year"):
        value = summary[name]
        yield heading(name), value if isinstance(value, int | float) else str(value or "")
    yield "Intervals", INTERVALS[summary["interval"]]
    yield "Config (sha256)", run.get("config_sha256", "")
    yield "Commit", run.get("commit") or ""
    yield "Platform", run.get("platform", "")
    for name, version in run.get("versions", {}).items():
        yield f"Version of {name}", version or ""
    for name, value in (summary.get("appraisal") or {}).get("terms", {}).items():
        if isinstance(value, str | int | float):
            yield f"Appraisal: {heading(name).lower()}", value
    yield "Make it again", "Save the text of 'config' in run.json as study.yaml; then: families run study.yaml"
