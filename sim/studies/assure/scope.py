"""What the study is for, who answers for it, what they sign, and what a reviewer goes through."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from sim.config.schema.assurance import ROLES
from sim.exhibits.numbers import MISSING, count, plural
from sim.exhibits.style import words
from sim.model.price_series import prices_of
from sim.report.answer import answer
from sim.report.page.wording import ledger_words, years_words
from sim.studies.assure.answer import Lack, PackPart
from sim.studies.assure.finished import FinishedRun
from sim.table import Column, Row, Table

BLANK = ""
"""A cell that somebody fills in."""


@cache
def forms() -> dict[str, Any]:
    """Read what each role does, what is signed at each stage, and the reviewer's questions."""
    held: dict[str, Any] = json.loads((files("sim.studies.assure") / "forms.json").read_text(encoding="utf-8"))
    return held


def scope(run: FinishedRun) -> PackPart:
    """Say what is asked, for which decision, and of what."""
    asked = run.part
    lacks = []
    if asked.purpose is None:
        lacks.append(Lack("purpose", "nobody has written what the study is for", "assurance.purpose in its config"))
    if asked.review_by is None:
        text = "no day is named after which it is not to be used without review"
        lacks.append(Lack("review", text, "assurance.review_by in its config, or --set"))
    table = Table("Purpose and scope", ("", "what is recorded"), list(_said(run)))
    return PackPart("scope", "Purpose and scope", (), (table,), tuple(lacks))


def _said(run: FinishedRun) -> Iterator[Row]:
    """List purpose and scope."""
    asked, summary, titles = run.part, run.summary, run.titles
    yield "Study", str(summary["title"])
    yield "Question", asked.purpose or MISSING
    yield "Decision that it is to inform", asked.decision or "none: it is not a study for decision"
    yield "Not to be used after", asked.review_by or MISSING
    yield "What it found", " ".join(answer(summary))
    for text in asked.not_for:
        yield "Not to be used for", text
    regimes = dict.fromkeys(name.rpartition("/")[0] or name for name in summary["regimes"])
    sets = dict.fromkeys(name.rpartition("/")[2] for name in summary["regimes"] if "/" in name)
    yield "Ways of organising help", "; ".join(titles.regime(name) for name in regimes)
    yield "Held against", titles.regime(str(summary["baseline"]))
    if sets:
        yield "Readings of the evidence", "; ".join(titles.reading(name) for name in sets)
    families = f"{count(summary['families'])} {plural(str(summary['unit']))}"
    yield "Population", f"{families}, {summary['replications']} times over" if summary["replications"] > 1 else families
    yield "Time", f"{summary['steps']} steps of a {summary['step']}" if summary["step"] else f"{summary['steps']} steps"
    yield from _terms(run)


def _terms(run: FinishedRun) -> Iterator[Row]:
    """List the terms of the appraisal, where there is one."""
    terms = (run.summary.get("appraisal") or {}).get("terms")
    if terms:
        yield "Prices", f"{prices_of(terms)}; discounted by {words(terms['schedule'])}"
        yield "Years counted", f"{terms['horizon_years']:.3g} from {terms['base_year']}"
        yield "Evidence ends", f"{terms['evidence_ends_month']:g} months after help begins; what is later is assumed"
        yield "Ledger of the headline", ledger_words(terms["ledger"])
    if run.reading is not None:
        yield "Followed for", years_words(run.reading.figures["months"])


def roles(run: FinishedRun) -> PackPart:
    """Make the table of roles and the sheet that is signed at each stage."""
    named = {role: getattr(run.part, role) for role in ROLES}
    nobody = [role for role, who in named.items() if who is None]
    text = f"nobody is named as {', '.join(nobody)}"
    lacks = (Lack("roles", text, f"--set assurance.{nobody[0]}=NAME"),) if nobody else ()
    rows = [(role.capitalize(), does, named[role] or BLANK, BLANK) for role, does in forms()["roles"].items()]
    table = Table("Roles", ("role", "what the role does", "name", "organisation"), rows)
    sheets = [_sign_off(f"Sign-off {i}", stage, signed, named) for i, (stage, signed) in enumerate(
        forms()["stages"].items(), 1)]  # fmt: skip
    lines = (
        "The four roles and four stages are those of the Aqua Book (revised 2025). Analyst and assurer are never the "
        "same person. What is blank is filled in by hand, here or in the workbook.",
    )
    return PackPart("roles", "Roles and sign-off", lines, (table, *sheets), lacks)


def _sign_off(title: str, stage: str, signed: Sequence[tuple[str, str]], named: dict[str, str | None]) -> Table:
    """Make the sheet that is signed at a stage."""
    columns = (
        Column("who", "who signs", 16), Column("what", "what is confirmed", 70, "wrapped"), Column("name", "name", 24),
        Column("signature", "signature", 24), Column("date", "date", 14),
    )  # fmt: skip
    rows = [(who.capitalize(), what, named[who] or BLANK, BLANK, BLANK) for who, what in signed]
    return Table(f"{title}: {stage}", columns, rows)


def checklist(parts: Sequence[PackPart]) -> PackPart:
    """Make the reviewer's checklist: each question with the part that answers it and what that part lacks."""
    by_name = {part.name: part for part in parts}
    rows = [(f"{i}. {question}", _stands(by_name[name]), BLANK, BLANK)
            for i, (name, question) in enumerate(forms()["checklist"], 1)]  # fmt: skip
    columns = (
        Column("question", "question", 60, "wrapped"), Column("where", "see", 40, "wrapped"),
        Column("answer", "yes or no", 12), Column("comment", "comment and initials", 40),
    )  # fmt: skip
    return PackPart("checklist", "Reviewer’s checklist", (), (Table("Reviewer’s checklist", columns, rows),))


def _stands(part: PackPart) -> str:
    """Name a part, and say how much of it is missing."""
    n = len(part.lacks)
    return f"{part.title} ({n} missing)" if n else part.title
