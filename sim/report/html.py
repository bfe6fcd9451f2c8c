"""The report as one self-contained page: the answer, what it rests on, figures with their numbers, how it was made."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr
from markupsafe import Markup

from sim.economics.report import FullAppraisal, full_appraisal
from sim.economics.value.present_value import present_value_per_family, schedule_named
from sim.exhibits.exhibit import Drawn
from sim.exhibits.html import environment, with_markup
from sim.exhibits.numbers import figure, plural
from sim.report import appraisal_tables as appraisal
from sim.report.accounts import accounts, beside_doubt, break_even, displacement
from sim.report.answer import answer, basis
from sim.report.assumptions import left_out, name_of, parts, span_of
from sim.report.extras import Extras, in_order, read_extras
from sim.report.figures.waits.services import areas_table
from sim.report.gallery import draw_extras
from sim.report.sharing import agencies_table
from sim.report.tables import (
    comparisons,
    cost_effectiveness,
    costs,
    distributions,
    headline,
    kept_on,
    labelled,
    outcomes,
)
from sim.results.facts import facts_of
from sim.results.folder.beside import CheckLine
from sim.results.summary import Summary
from sim.results.worlds import world_names
from sim.table import Table

TITLES = {
    "families": "How families fare",
    "services": "Waiting, places and giving up",
    "cost": "What it costs, and whether it is worth it",
    "payers": "Who pays, and when",
    "ladder": "Money, or working together?",
    "single": "Family by family",
    "naive": "Naive against true effects",
    "sure": "How sure is this?",
}
ASK = {
    "single": "Not worked out for this run: families report DIR --families follows each family under every regime and "
    "shows here how cost is spread, and how many are better and worse off. families gains CONFIG says who they are.",
    "naive": "Not worked out for this run: families report DIR --checks shows here what before and after would have "
    "found where help does nothing (national studies alone).",
}
SURE = (
    "The intervals in this page are chance in the simulation alone: more replications make them narrower. "
    "They say nothing of doubt about the inputs, which is larger.",
    "families uncertainty CONFIG draws every uncertain input from its range (below, under every figure that went in), "
    "runs each regime on each draw and says how often a regime is best and what it would pay to find out.",
)
SURE_BUT = (
    "The intervals of the accounts of the answer are those of the inputs, drawn from their ranges. All other intervals "
    "in this page are chance in the simulation alone: more replications make them narrower."
)


@dataclass(frozen=True)
class Section:
    """A part of the page: its heading, paragraphs, figures and tables."""

    name: str
    title: str
    lead: tuple[str, ...]
    figures: list[tuple[Drawn, Markup]]
    tables: tuple[Table, ...]


def write_report(
    path: Path, ds: xr.Dataset, summary: Summary, run: dict[str, Any], drawn: Sequence[Drawn],
    checks: Sequence[CheckLine] = (), full: FullAppraisal | None = None,
) -> None:  # fmt: skip
    """Write report.html.

    ``checks`` fill the panel, those outside their range first and said above the answer; without them those that stand
    in the folder are taken. ``full`` is the appraisal of the Dataset, where it has been made already.
    """
    extras = read_extras(path.parent)
    if checks:
        extras = Extras(tuple(checks), extras.spread, extras.answers)
    shown = in_order(extras.checks)
    figures = [*drawn, *draw_extras(extras, path.parent / "figures")]
    register = parts(run)
    page = environment("sim.report").get_template("report.html").render(
        title=summary["title"], answer=answer(summary), basis=basis(summary, run),
        headline=labelled(headline(summary), summary), opening=_placed(figures, "answer"), checks=shown,
        outside=sum(check.verdict == "outside" for check in shown),
        sections=_sections(ds, summary, figures, full_appraisal(ds) if full is None else full, extras),
        parts=register, n_entries=sum(len(part.entries) for part in register), name_of=name_of, span_of=span_of,
        left_out=left_out(run), origins=sorted(run.get("origins", {}).items()), config=run.get("config", ""),
        provenance=_provenance(summary, run), commands=_commands(run),
    )  # fmt: skip
    path.write_text(page, encoding="utf-8")


def _placed(figures: Sequence[Drawn], section: str) -> list[tuple[Drawn, Markup]]:
    """Give the figures of a section with their markup."""
    return with_markup([item for item in figures if item.section == section])


def _sections(
    ds: xr.Dataset, summary: Summary, figures: Sequence[Drawn], full: FullAppraisal, extras: Extras
) -> list[Section]:
    """Put together the sections that have something to show or to say."""
    worth, spent = _worth_tables(full), _spending_tables(full)
    tables: dict[str, tuple[Table, ...]] = {
        "families": (outcomes(summary),),
        "services": (*((areas_table(ds), kept_on(summary)) if ds.sizes["service"] else ()), distributions(summary)),
        "cost": (
            accounts(summary),
            break_even(summary),
            displacement(summary),
            *worth,
            *cost_effectiveness(summary),
            comparisons(summary),
            costs(summary),
            present_values(ds),
        ),
        "payers": (agencies_table(ds), *spent),
        "sure": (beside_doubt(summary),),
    }
    compares = bool(summary["differences"]) and facts_of(ds).rows > 0
    chance = SURE[0] if not any("accounts" in kept for kept in facts_of(ds).doubt.values()) else SURE_BUT
    lead: dict[str, tuple[str, ...]] = {"sure": (chance, *SURE[1:]) if not facts_of(ds).is_exact else SURE[1:]}
    lead |= {name: (text,) for name, text in ASK.items() if compares and ds.sizes["service"]}
    made = []
    for name, title in TITLES.items():
        mine = _placed(figures, name)
        shown = tuple(labelled(table, summary) for table in tables.get(name, ()) if table.rows)
        told = () if mine and name in ASK else lead.get(name, ())
        if mine or shown or told:
            unit = plural(summary["unit"])
            made.append(Section(name, title.replace("families", unit), told, mine, shown))
    return made


def _worth_tables(full: FullAppraisal) -> tuple[Table, ...]:
    """Give the tables that say whether it is worth it."""
    if not full.found:
        return ()
    made = (appraisal.worth, appraisal.fiscal, appraisal.cards, appraisal.switching, appraisal.unvalued)
    return tuple(table(full) for table in made)


def _spending_tables(full: FullAppraisal) -> tuple[Table, ...]:
    """Give the tables that say who must find the money."""
    return () if full.why_no_cash or not full.found else (appraisal.budgets(full), appraisal.funding(full))


def appraisal_tables(full: FullAppraisal) -> tuple[Table, ...]:
    """Give the tables of an appraisal; those without rows are left out by the page."""
    return (*_worth_tables(full), *_spending_tables(full))


def present_values(ds: xr.Dataset) -> Table:
    """Make the table of discounted cost per family over the run, a column for each schedule that the config names."""
    schedules = list(facts_of(ds).discount)
    rows = []
    if schedules and ds.sizes["line"]:
        for world in world_names(ds):
            for ledger in (str(name) for name in ds["ledger"].values):
                values = (present_value_per_family(ds, world, ledger, schedule_named(ds, name)) for name in schedules)
                rows.append((world.name, ledger, *(figure(float(value.mean())) for value in values)))
    columns = ("regime", "ledger", *(name.replace("_", " ") for name in schedules))
    return Table("Cost per family over the whole run, £ at the start, discounted by schedule", columns, tuple(rows))


def _commands(run: dict[str, Any]) -> str:
    """Give the commands that make the run again: from the library by name, and from what is kept in the folder."""
    if not run.get("config"):
        return ""
    given = [str(origin).removeprefix("--set ") for origin in run.get("origins", {}).values()]
    sets = [f" --set {shlex.quote(one)}" for one, origin in zip(given, run["origins"].values(), strict=True)
            if str(origin).startswith("--set ")]  # fmt: skip
    direct = f"families run {shlex.quote(str(run['name']))}{''.join(sets)} --out again"
    kept = "import json; open('again.yaml', 'w').write(json.load(open('run.json'))['config'])"
    return (
        f"{direct}\n\n# or, wherever its files are, from the results folder:\n"
        f'python -c "{kept}"\nfamilies run again.yaml --out again'
    )


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
