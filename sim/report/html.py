"""The report as one self-contained page: headline, figures, tables, assumptions and how it was made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import xarray as xr
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from sim.economics.present_value import present_value_per_family, schedule_named
from sim.report.gallery import Drawn
from sim.report.numbers import figure
from sim.report.tables import Table, comparisons, costs, headline, outcomes, waits
from sim.results.summary import Summary
from sim.results.worlds import world_names


@dataclass(frozen=True)
class Check:
    """One line of the panel of checks: what was found, what is allowed, and what to make of it."""

    name: str
    value: str
    allowed: str
    verdict: Literal["within", "outside", "not evaluated"]
    note: str = ""


def write_report(
    path: Path, ds: xr.Dataset, summary: Summary, run: dict[str, Any], drawn: Sequence[Drawn],
    checks: Sequence[Check] = (),
) -> None:  # fmt: skip
    """Write report.html; ``checks`` fill the panel above the headline, those outside their range first."""
    environment = Environment(
        loader=PackageLoader("sim.report"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    order = {"outside": 0, "within": 1, "not evaluated": 2}
    made = (comparisons(summary), costs(summary), present_values(ds), waits(summary), outcomes(summary))
    page = environment.get_template("report.html").render(
        title=summary["title"],
        headline=headline(summary),
        # Our own SVG, in which the drawing library has escaped every text; the only markup that is not escaped here.
        figures=[(item, Markup(item.svg)) for item in drawn],
        tables=[table for table in made if table.rows],
        checks=sorted(checks, key=lambda check: order[check.verdict]),
        origins=sorted(run.get("origins", {}).items()),
        config=run.get("config", ""),
        provenance=_provenance(summary, run),
    )
    path.write_text(page, encoding="utf-8")


def present_values(ds: xr.Dataset) -> Table:
    """Make the table of discounted cost per family over the run, a column for each schedule that the config names."""
    schedules = list(json.loads(ds.attrs["discount"]))
    rows = []
    if schedules and ds.sizes["line"]:
        for world in world_names(ds):
            for ledger in (str(name) for name in ds["ledger"].values):
                values = (present_value_per_family(ds, world, ledger, schedule_named(ds, name)) for name in schedules)
                rows.append((world.name, ledger, *(figure(float(value.mean())) for value in values)))
    columns = ("regime", "ledger", *(name.replace("_", " ") for name in schedules))
    return Table("Cost per family over the whole run, £ at the start, discounted by schedule", columns, tuple(rows))


def _provenance(summary: Summary, run: dict[str, Any]) -> list[tuple[str, str]]:
    """List how the run was made."""
    timing = summary["timing"]
    seconds, peak = timing["engine_seconds"], timing["peak_mb"]
    lines = [
        ("Config (sha256)", run.get("config_sha256")), ("Seed", summary["seed"]), ("Solver", summary["solver"]),
        ("Replications", summary["replications"]), ("Commit", run.get("commit")), ("Made", run.get("time")),
        ("Engine, CPU seconds", None if seconds is None else f"{seconds:.1f}"),
        ("Peak memory, MB", None if peak is None else f"{peak:.0f}"),
        ("Versions", ", ".join(f"{name} {version}" for name, version in run.get("versions", {}).items() if version)),
    ]  # fmt: skip
    return [(name, str(value)) for name, value in lines if value not in (None, "")]
