"""The sheet to read first: signs, prices, intervals, names in the CSV files, and what is in which file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import xarray as xr

from sim.exhibits.numbers import plural
from sim.model.price_series import PriceSeries, prices_of
from sim.model.titles import Titles
from sim.report.answer import basis
from sim.report.tables import INTERVALS
from sim.report.workbook.names import who
from sim.report.workbook.sheets import terms_line
from sim.results.columns import FILES, heading
from sim.results.facts import facts_of
from sim.results.folder.run_record import PACKAGES, REQUIREMENTS
from sim.results.summary import Summary
from sim.results.worlds import world_names
from sim.table import Column, Row, Table

ELSEWHERE = ("ledger.csv", "areas.csv", "cohort.csv", "staffing.csv", "card.csv", "switching.csv", "funding.csv")
"""Files whose rows are too many to print; docs/outputs.md lists every file with its columns."""


def readme_sheet(ds: xr.Dataset, summary: Summary, names: Titles, run: Mapping[str, Any]) -> Table:
    """Say how the workbook is to be read."""
    columns = (Column("about", "About", 34, "wrapped"), Column("told", "What to know", 120, "wrapped"))
    rests = [(what, f"{told[:1].upper()}{told[1:]}") for what, told in basis(summary, run)]
    files = ((file, FILES[file]) for file in ELSEWHERE)
    rows: list[Row] = [*_how(summary), *_named(ds, names), *rests, *files, *_made_by(summary, run)]
    return Table("Read me", columns, rows, "What to know before a figure is quoted.")


def _how(summary: Summary) -> list[Row]:
    """Say how figures are to be read."""
    told = {
        "Signs": "A saving is positive on every sheet, and so is a net value that pays. What is spent stands as a "
        "positive number under a heading that says so. In CSV files a difference is the regime minus the baseline.",
        "Prices and discounting": f"Real pounds in {prices_of(summary)}; Budget impact alone is "
        f"in each year's own pounds. {terms_line(summary)}",
        "Views": "Fiscal counts what budgets pay, benefits and taxes with it. Social counts resources alone: a benefit "
        "costs the payer what it gives the family. Accounts of families are fiscal.",
        "Formulas": "On Calculator alone. All other cells are the run's own numbers; text is never a formula.",
        "Rounding": "Cells are shown rounded and hold every digit.",
    }
    return list(told.items())


def _named(ds: xr.Dataset, names: Titles) -> Iterator[Row]:
    """Say what regimes and readings are called in the files."""
    worlds = world_names(ds)
    for regime in dict.fromkeys(world.regime for world in worlds):
        held = ", against which the others are held" if regime == facts_of(ds).baseline else ""
        yield names.regime(regime), f"Regime; in CSV files and configs: {regime}{held}."
    for world in {world.effect_set: world for world in worlds}.values():
        yield who(ds, names, world)[1], f"Reading of the evidence; in CSV files and configs: {world.effect_set}."


def _made_by(summary: Summary, run: Mapping[str, Any]) -> Iterator[Row]:
    """List what made the run, and on what terms; when it was made and how long it took are left to files."""
    yield "Study", str(summary["title"])
    yield plural(str(summary["unit"])).capitalize(), summary["families"]
    for name in ("steps", "step", "replications", "seed", "baseline", "solver", "price_year"):
        value = summary[name]
        yield heading(name), value if isinstance(value, int | float) else str(value or "")
    yield "Series of prices", PriceSeries(**summary.get("price_series") or {}).title
    yield "Intervals", INTERVALS[summary["interval"]]
    yield "Config (sha256)", run.get("config_sha256", "")
    yield "Commit", run.get("commit") or ""
    yield "Platform", run.get("platform", "")
    versions = run.get("versions", {})
    for name in (name for name in ("python", *PACKAGES) if name in versions):
        yield f"Version of {name}", versions[name] or ""
    yield "All versions", REQUIREMENTS
    for name, value in (summary.get("appraisal") or {}).get("terms", {}).items():
        if isinstance(value, str | int | float):
            yield f"Appraisal: {heading(name).lower()}", value
    yield "Make it again", "families reproduce DIR, DIR being this folder: it also says what differs, and by how much"
