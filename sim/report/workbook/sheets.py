"""What stands on the sheets of the workbook: columns with their meaning, rows of plain numbers and text, and notes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import xarray as xr

from sim.config.views.recorded import recorded_register
from sim.config.views.register import Entry
from sim.economics.report import FullAppraisal
from sim.economics.rows import sheets as appraisal_sheets
from sim.exhibits.numbers import plural
from sim.report.tables import INTERVALS
from sim.report.workbook.summary import summary_observations
from sim.results.meanings import FILES, NUMBERS, meaning
from sim.results.summary import Summary
from sim.results.tables import LEDGER_COLUMNS, Row, ledger_rows
from sim.results.tidy import AREAS_COLUMNS, COST, WAITS_COLUMNS, areas_rows, waits_rows

Cell = str | float | None
WIDE = {"line": 34, "item": 34, "measure": 42, "service": 24, "path": 46, "why": 60, "locator": 46, "origin": 40}
STYLES = {"mean_months": "months", "p50_months": "months", "p90_months": "months"}
BY_UNIT = {"share": "share", "months": "months", "ratio": "ratio"}
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


@dataclass(frozen=True)
class Column:
    """A column of a sheet; ``style`` is how its numbers are shown, ``by_unit`` takes it from the row's unit."""

    key: str
    heading: str
    width: float
    style: str
    note: str = ""


@dataclass(frozen=True)
class Sheet:
    """A sheet; the first ``keys`` columns stay in sight, ``notes`` are at (row, column) of the rows."""

    name: str
    file: str
    about: str
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    keys: int = 0
    notes: Mapping[tuple[int, int], str] = field(default_factory=dict)

    def style_of(self, row: Row, column: Column) -> str:
        """Give the style of a cell."""
        if column.style != "by_unit":
            return column.style
        unit = next(i for i, other in enumerate(self.columns) if other.key == "unit")
        return BY_UNIT.get(str(row[unit]), "figure")


def sheets_of(ds: xr.Dataset, summary: Summary, run: Mapping[str, Any], full: FullAppraisal) -> list[Sheet]:
    """Give every sheet after the cover, in order."""
    register = recorded_register(run) if run else []
    return [
        _summary(ds, summary), _ledger(ds, register), _budget(full), _waits(ds), _areas(ds), _assumptions(register),
        _provenance(ds, summary, run),
    ]  # fmt: skip


def columns_of(file: str, names: Sequence[str], style: str = "figure") -> tuple[Column, ...]:
    """Describe the columns of a CSV file; ``style`` is that of its numbers."""
    return tuple(
        Column(name, heading(name), WIDE.get(name, 16),
               STYLES.get(name, style) if name in NUMBERS else "text", meaning(file, name))
        for name in names
    )  # fmt: skip


def heading(name: str) -> str:
    """Write a column's name as people read it."""
    known = {
        "p50_months": "Median, months", "p90_months": "90% within, months", "mean_months": "Mean, months",
        "effect_set": "Evidence set", "row": "Level or difference", "line": "Cost line", "path": "Key",
        "origin": "Set in",
    }  # fmt: skip
    return known.get(name, name.replace("_", " ").capitalize())


def _summary(ds: xr.Dataset, summary: Summary) -> Sheet:
    """Give the headline figures, one a row."""
    about = f"Levels of each regime, and differences on the same random numbers. {INTERVALS[summary['interval']]}."
    notes = {
        "row": "A level of a regime, or a difference: the regime minus the one in the column Against.",
        "measure": "What is measured. Costs of a family-year are undiscounted, in prices of the price year.",
        "mean": "Mean; the figures are those of summary.json.",
    }
    columns = tuple(
        Column(name, heading(name), WIDE.get(name, 18), "by_unit" if name in NUMBERS else "text",
               notes.get(name, meaning("", name)))
        for name in SUMMARY_COLUMNS
    )  # fmt: skip
    return Sheet("Summary", "summary.csv", about, columns, list(summary_observations(ds, summary)), keys=3)


def _ledger(ds: xr.Dataset, register: Sequence[Entry]) -> Sheet:
    """Give every cost by payer; the first row of each line says where its price comes from."""
    rows = list(ledger_rows(ds))
    line, notes, seen = LEDGER_COLUMNS.index("line"), {}, set()
    for r, row in enumerate(rows):
        name = str(row[line])
        if name not in seen and (note := sources_of_line(name, register)):
            notes[r, line] = note
        seen.add(name)
    about = FILES["ledger.csv"] + " Pounds of the price year, undiscounted; mean and 95% interval."
    return Sheet("Ledger", "ledger.csv", about, columns_of("ledger.csv", LEDGER_COLUMNS, "money"), rows, 3, notes)


def sources_of_line(line: str, register: Sequence[Entry]) -> str:
    """Say where the figures of a cost line come from."""
    prefix = f'costs."{line}".' if "." in line else f"costs.{line}."
    return "\n".join(
        f"{entry.path.removeprefix(prefix).split('.')[0]}: {entry.written} {entry.unit}".rstrip() + ". " + source(entry)
        for entry in register
        if entry.path.startswith(prefix)
    )


def source(entry: Entry) -> str:
    """Say where a figure comes from in one sentence or two."""
    year = f"{entry.price_year} prices. " if entry.price_year else ""
    told = [f"Source: {entry.source}" if entry.source else "No source", entry.locator, entry.quality, entry.why]
    return year + "; ".join(part for part in told if part) + "."


def _budget(full: FullAppraisal) -> Sheet:
    """Give extra cash by year, agency and kind of budget."""
    columns, rows = appraisal_sheets(full).get("budget.csv", ((), []))
    about = FILES["budget.csv"] + " Cash of each year, not discounted."
    if not rows:
        about = f"Nothing here: {full.why_no_cash or 'no regime changes what anybody pays'}."
    names = columns or ("regime", "effect_set", "against", "year", "agency", "mean", "low", "high")
    return Sheet("Budget impact", "budget.csv", about, columns_of("budget.csv", names, "money"), rows, 3)


def _waits(ds: xr.Dataset) -> Sheet:
    """Give waits by service and place."""
    rows = list(waits_rows(ds))
    about = FILES["waits.csv"] + " Counts are means a replication." if rows else "Nothing here: no service has a queue."
    return Sheet("Waits", "waits.csv", about, columns_of("waits.csv", WAITS_COLUMNS, "count"), rows, 4)


def _areas(ds: xr.Dataset) -> Sheet:
    """Give cost by payer in the named areas."""
    columns = columns_of("areas.csv", AREAS_COLUMNS, "money")
    rows = [row for row in areas_rows(ds) if row[AREAS_COLUMNS.index("what")] == COST]
    about = "Cost by ledger and payer in the areas that a publication names; areas.csv also has every count."
    return Sheet("Areas", "areas.csv", about if rows else "Nothing here: this study names no areas.", columns, rows, 4)


def _assumptions(register: Sequence[Entry]) -> Sheet:
    """Give every figure of the config with where it comes from."""
    rows = [tuple(getattr(entry, name) for name in ASSUMPTION_COLUMNS) for entry in register]
    made = sum(entry.is_assumption for entry in register)
    about = f"{len(rows):,} figures with a source or a range; {made:,} are assumptions, the others published."
    about = about if rows else "Nothing here: no figure has a source."
    columns = tuple(
        Column(name, heading(name), WIDE.get(name, 14), ASSUMPTION_STYLES.get(name, "text"), note)
        for name, note in ASSUMPTION_COLUMNS.items()
    )
    return Sheet("Assumptions", "run.json", about, columns, rows, 1)


def _provenance(ds: xr.Dataset, summary: Summary, run: Mapping[str, Any]) -> Sheet:
    """Say how the run was made and on what terms, but for when and how fast."""
    about = "How to make it again. When it was made and how long it took is in run.json and summary.json."
    columns = (Column("item", "Item", 34, "text"), Column("value", "Value", 90, "left"))
    return Sheet("Provenance", "run.json", about, columns, list(_made_by(ds, summary, run)), 1)


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
