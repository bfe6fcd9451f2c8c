"""The report as one self-contained page: the answer, a page for a submission, figures with their numbers, making."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xarray as xr
from markupsafe import Markup

from sim.config.views.recorded import names_bridge
from sim.economics.report import FullAppraisal, full_appraisal
from sim.exhibits.exhibit import Drawn
from sim.exhibits.html import environment, pieces, with_markup
from sim.exhibits.numbers import plural
from sim.report.answer import answer, basis
from sim.report.assumptions import left_out, name_of, parts, span_of
from sim.report.extras import Extras, in_order, read_extras
from sim.report.gallery import draw_extras
from sim.report.page.beneath import tables_by_section
from sim.report.page.claims import claim_rows, claims_of
from sim.report.page.equity import one_by_one
from sim.report.page.first import SIGNS, doubt, posts_cost, ranges_note, reading_rows, stamp, tiles
from sim.report.page.submission import Submission, submission
from sim.report.page.wording import in_words
from sim.report.reliance import reliance
from sim.report.tables import headline
from sim.results.facts import facts_of
from sim.results.folder.beside import CheckLine
from sim.results.folder.run_record import PACKAGES, REQUIREMENTS, flags_of
from sim.results.summary import Summary
from sim.table import Table

TITLES = {
    "payers": "Who pays and who gains",
    "families": "How families fare",
    "services": "Waiting, places and giving up",
    "ladder": "Money, or working together?",
    "sure": "How sure is this?",
}
WITHIN = {"cost": "payers", "single": "families", "naive": "sure"}
"""Sections of figures that stand within another one."""
FEW = 8
"""Rows up to which a table is open."""


Placed = tuple[Drawn, Markup, tuple[Table, ...]]
"""A figure, its markup, and its numbers in the pieces that fit."""


@dataclass(frozen=True)
class Section:
    """A part of the page: its heading, figures, and tables, each in the pieces that fit."""

    name: str
    title: str
    figures: list[Placed]
    tables: tuple[tuple[Table, ...], ...]


def write_report(
    path: Path, ds: xr.Dataset, summary: Summary, run: dict[str, Any], drawn: Sequence[Drawn],
    checks: Sequence[CheckLine] = (), full: FullAppraisal | None = None,
) -> None:  # fmt: skip
    """Write report.html.

    ``checks`` fill the panel, those outside their range first and said above the answer; without them those that stand
    in the folder are taken. ``full`` is the appraisal of the Dataset, where it has been made already.
    """
    extras, made = read_extras(path.parent), full_appraisal(ds) if full is None else full
    shown, register = in_order(checks or extras.checks), parts(run)
    figures = [*drawn, *draw_extras(extras, path.parent / "figures")]
    page = environment("sim.report").get_template("report.html").render(
        **_first(ds, summary, run, made, path.parent), checks=shown, opening=_placed(figures, summary, "answer"),
        outside=sum(check.verdict == "outside" for check in shown), basis=basis(summary, run), few=FEW,
        sections=_sections(ds, summary, figures, made), parts=register,
        missing=_missing(ds, summary, extras, run),
        n_entries=sum(len(part.entries) for part in register), name_of=name_of, span_of=span_of,
        left_out=left_out(run), origins=sorted(run.get("origins", {}).items()), config=run.get("config", ""),
        provenance=_provenance(summary, run), commands=commands(run), reliance=reliance(run),
    )  # fmt: skip
    path.write_text(page, encoding="utf-8")


def _first(ds: xr.Dataset, summary: Summary, run: dict[str, Any], full: FullAppraisal, folder: Path) -> dict[str, Any]:
    """Give what the page says first, and the page for a submission."""
    claims, rests_on = claims_of(run)
    ledgers, rows = reading_rows(summary)
    alone: Submission | None = submission(ds, summary, full, folder, claims, rests_on)
    return {
        "title": summary["title"], "answer": answer(summary), "stamp": stamp(summary), "doubt": doubt(summary),
        "signs": SIGNS, "tiles": tiles(ds, summary), "posts_cost": posts_cost(summary), "ledgers": ledgers,
        "ranges": ranges_note(summary),
        "readings": rows, "claims": claim_rows(summary, claims), "submission": alone,
        "headline": () if rows else _shown(headline(summary), summary),
    }  # fmt: skip


def _shown(table: Table, summary: Summary) -> tuple[Table, ...]:
    """Give a table in words, cut to what fits."""
    return tuple(pieces(in_words(table, summary)))


def _placed(figures: Sequence[Drawn], summary: Summary, *sections: str) -> list[Placed]:
    """Give the figures of sections with their markup, their tables in words."""
    mine = with_markup([item for item in figures if item.section in sections])
    return [(item, svg, () if item.table is None else _shown(item.table, summary)) for item, svg in mine]


def _sections(ds: xr.Dataset, summary: Summary, figures: Sequence[Drawn], full: FullAppraisal) -> list[Section]:
    """Put together the sections that have something to show."""
    tables, made = tables_by_section(ds, summary, full), []
    for name, title in TITLES.items():
        mine = _placed(figures, summary, name, *(inner for inner, outer in WITHIN.items() if outer == name))
        shown = tuple(_shown(table, summary) for table in tables.get(name, ()) if table.rows)
        if mine or shown or name == "sure":
            made.append(Section(name, title.replace("families", plural(summary["unit"])), mine, shown))
    return made


def _missing(ds: xr.Dataset, summary: Summary, extras: Extras, run: Mapping[str, Any]) -> str:
    """Say in a line what is not worked out for this run, and the commands that do; nothing where nothing is missing."""
    if not (summary["differences"] and facts_of(ds).rows and ds.sizes["service"]):
        return ""
    told = [
        *(() if extras.spread else (one_by_one(summary),)),
        *(() if extras.checks else ("checks of a national study, and before and after held against the truth "
                                    "(families report DIR --checks)",)),
        *(("the answer led to a published one, one change a step (families report DIR --bridge)",)
          if extras.bridge is None and names_bridge(run) else ()),
    ]  # fmt: skip
    return f"Not in this page, since it takes longer than the run: {'; '.join(told)}." if told else ""


def commands(run: Mapping[str, Any]) -> str:
    """Give the commands that make the run again: from the library by name, and from what is kept in the folder."""
    if not run.get("config"):
        return ""
    given = [str(origin).removeprefix("--set ") for origin in run.get("origins", {}).values()]
    sets = [word for one, origin in zip(given, run["origins"].values(), strict=True) for word in ("--set", one)
            if str(origin).startswith("--set ")]  # fmt: skip
    words = ["families", "run", str(run["name"]), *sets, *flags_of(run), "--out", "again"]
    direct = " ".join(shlex.quote(word) for word in words)
    return f"{direct}\n\n# or, wherever its files are, with what then differs and by how much:\nfamilies reproduce DIR"


def _versions(run: dict[str, Any]) -> str:
    """Name the versions of the libraries that a reader asks about, and the file with the others."""
    held = run.get("versions", {})
    told = [f"{name} {held[name]}" for name in ("python", *PACKAGES) if held.get(name)]
    more = f", and {len(held) - len(told)} more in {REQUIREMENTS}" if len(held) > len(PACKAGES) + 1 else ""
    return ", ".join(told) + more


def _provenance(summary: Summary, run: dict[str, Any]) -> list[tuple[str, str]]:
    """List how the run was made."""
    timing = summary["timing"]
    seconds, peak = timing["engine_seconds"], timing["peak_mb"]
    lines = [
        ("Config (sha256)", run.get("config_sha256")), ("Seed", summary["seed"]), ("Solver", summary["solver"]),
        ("Replications", summary["replications"]), ("Commit", run.get("commit")), ("Made", run.get("time")),
        ("Engine, CPU seconds", None if seconds is None else f"{seconds:.1f}"),
        ("Peak memory, MB", None if peak is None else f"{peak:.0f}"),
        ("Versions", _versions(run)),
    ]  # fmt: skip
    return [(name, str(value)) for name, value in lines if value not in (None, "")]
