"""Validation by kind: face, internal, cross-model, external, predictive, and negative controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sim.config.views.register import ASSUMPTION
from sim.exhibits.numbers import MISSING, digits, ratio
from sim.exhibits.style import words
from sim.report.answer import standing
from sim.report.extras import in_order
from sim.report.figures.evidence.bridge import bridge_table
from sim.results.folder.beside import Answer, CheckLine
from sim.studies.assure.answer import Lack, PackPart
from sim.studies.assure.finished import FinishedRun
from sim.studies.assure.verification import totals_of
from sim.table import Column, Row, Table

NOTHING_WORKS = "no_effect"
"""The reading of the evidence under which help changes nothing: whatever an evaluation finds there is its bias."""
MODELS = "Published models and closed forms"
"""The kind of verification that holds the engine against other people's models; see ``tests/recording.py``."""
CHECKED, BRIDGED = "families report DIR --checks", "appraisal.bridge in its config, then families report DIR --bridge"
CALIBRATED = "families calibrate, and a run on the layer that it writes"


def validation(run: FinishedRun) -> PackPart:
    """Say what was done to see whether the model is one of the world, by kind, and what was found."""
    lines = (
        "Kinds as ISPOR and SMDM name them (2012). What was not done is missing, with the command that does it.",
    )
    tables = (
        Table("Validation by kind", ("kind", "what was done", "what was found"), list(_kinds(run))),
        _checks(run), *_bridge(run), _controls(run), *_calibrated(run), *_backtest(run),
    )  # fmt: skip
    return PackPart("validation", "Validation by kind", lines, tuple(t for t in tables if t.rows), tuple(_lacking(run)))


def _lacking(run: FinishedRun) -> Iterator[Lack]:
    """Say what was not done."""
    checks = run.extras.checks
    bare = [check.name for check in checks if check.verdict == "outside" and not check.note]
    if not checks:
        yield Lack("checks", "it was not held against national totals, evaluations and identities", CHECKED)
    elif bare:
        yield Lack("checks", f"outside their range without a word: {'; '.join(bare)}", "'why' in configs/sanity.yaml")
    if run.extras.bridge is None:
        yield Lack("bridge", "its answer is not led to a published analysis", BRIDGED)
    if not run.calibrated:
        yield Lack("calibration", "its parameters stand on no calibration", CALIBRATED)
    elif run.calibration is None or not _is_ours(run):
        yield Lack("calibration", "what its calibration found is not here", "families assure DIR --calibration FOLDER")
    if run.backtest is None or not _is_ours(run):
        yield Lack("backtest", "it has predicted nothing that was not used to make it",
                   "families calibrate --backtest, then families assure DIR --calibration FOLDER")  # fmt: skip
    if not _where_nothing_works(run):
        yield Lack("controls", "no evaluation was simulated where help changes nothing", CHECKED)


def _is_ours(run: FinishedRun) -> bool:
    """Whether the calibration that was given is the one that the config of the run stands on."""
    return run.calibration is not None and run.calibration["targets_sha256"] == run.calibrated.get("targets")


def _kinds(run: FinishedRun) -> Iterator[Row]:
    """Say of each kind what was done and what was found."""
    face = [check for check in run.extras.checks if check.source == ASSUMPTION]
    outer = [check for check in run.extras.checks if check.source not in ("", ASSUMPTION)]
    yield "face", "figures held against ranges of judgement; reviewers’ own view is asked in the checklist", _said(face)
    tests, models = (_tests(run, kind) for kind in ("", MODELS))
    yield "internal", "the tests of the program (Verification); sums that must close, among the checks", tests
    yield "cross-model", "published models reproduced by the same engine, and closed forms", models
    bridge = run.extras.bridge
    reached = MISSING if bridge is None else (
        f"£{ratio(bridge.forwards[-1].ratio.mean)} for each £1, published £{ratio(bridge.published)} ({bridge.source})"
    )
    yield "cross-model", "the answer led to a published analysis, one change a step", reached
    yield "external", "figures held against published ranges", _said(outer)
    yield "external", "calibration to published figures", _fitted(run)
    found = MISSING if run.backtest is None else _hits(run.backtest, "held_out")
    yield "predictive", "backtest: fitted to what was known, later figures predicted", found
    yield "negative control", "an evaluation simulated where help changes nothing", _bias(run)


def _tests(run: FinishedRun, kind: str) -> str:
    """Count the tests of a kind that passed and failed, where a run of them is recorded."""
    if run.verified is None:
        return MISSING
    return "{passed:,} tests passed, {failed:,} failed".format(**totals_of(run.verified, kind))


def _said(checks: list[CheckLine]) -> str:
    """Count checks by what became of them."""
    told = {verdict: sum(check.verdict == verdict for check in checks) for verdict in (
        "within", "outside", "reported", "not evaluated")}  # fmt: skip
    return ", ".join(f"{n} {verdict}" for verdict, n in told.items() if n) or MISSING


def _fitted(run: FinishedRun) -> str:
    """Say on what calibration parameters stand, and how its targets are met."""
    if not run.calibrated:
        return standing("")
    told = f"calibrated by {run.calibrated.get('of', 'a calibration')} ({run.calibrated.get('method', '')})"
    caveats = f"; to be said with it: {run.calibrated['caveats']}" if run.calibrated.get("caveats") else ""
    met = f"; {_hits(run.calibration, 'fit')}" if run.calibration is not None and _is_ours(run) else ""
    return f"{told}{met}{caveats}"


def _hits(found: Mapping[str, Any], kind: str) -> str:
    """Say how many figures of a kind lie in the range predicted for them."""
    asked = [one for one in found["targets"].values() if one["kind"] == kind]
    return f"{sum(one['inside'] for one in asked)} of {len(asked)} figures lie in the 95% range found for them"


def _where_nothing_works(run: FinishedRun) -> list[Answer]:
    """List what evaluations found where help changes nothing."""
    return [answer for answer in run.extras.answers if answer.effect_set == NOTHING_WORKS]


def _bias(run: FinishedRun) -> str:
    """Say how far off the evaluations are where nothing works; the true ratio is 1."""
    found = _where_nothing_works(run)
    if not found:
        return MISSING
    off = max(found, key=lambda answer: abs(answer.evaluated.ratio - 1.0))
    return (
        f"of {len(found)} outcomes, where the true ratio is 1, the matched comparison is furthest off with "
        f"{ratio(off.evaluated.ratio)} ({off.question})"
    )


def _checks(run: FinishedRun) -> Table:
    """List the checks, those outside their range first."""
    checks = in_order(run.extras.checks)
    rows = [
        (check.name, check.value, check.allowed, check.verdict,
         "judgement" if check.source == ASSUMPTION else check.source or MISSING, check.note)
        for check in checks
    ]  # fmt: skip
    columns = (
        Column("check", "check", 60, "wrapped"), Column("value", "found", 20), Column("allowed", "allowed", 20),
        Column("verdict", "verdict", 14), Column("source", "range from", 14), Column("note", "note", 60, "wrapped"),
    )  # fmt: skip
    return Table("Checks", columns, rows, "National totals, evaluations and identities: docs/checks.md.")


def _bridge(run: FinishedRun) -> list[Table]:
    """Show the bridge to a published analysis, where one was made."""
    if run.extras.bridge is None:
        return []
    made = bridge_table(run.extras.bridge)
    rows: list[Row] = []
    for row in made.rows:  # what repeats is said again, since each row is read by its first cell
        rows.append((row[0] or rows[-1][0], *row[1:]))
    return [Table("Bridge", made.columns, rows, " ".join((made.title, made.note)))]


def _controls(run: FinishedRun) -> Table:
    """Show what before and after, a matched comparison and the truth say where help changes nothing."""
    rows = [
        (answer.question, *(f"{ratio(way.ratio)}" for way in (answer.naive, answer.evaluated, answer.true)))
        for answer in _where_nothing_works(run)
    ]  # fmt: skip
    note = "Ratios of the families helped to what they are held against, where help changes nothing."
    columns = (Column("outcome", "outcome", 50), "before and after", "matched comparison", "truth")
    return Table("Negative controls", columns, rows, note)


def _calibrated(run: FinishedRun) -> list[Table]:
    """Show how the targets of a calibration are met."""
    if run.calibration is None:
        return []
    note = "" if _is_ours(run) else "This is not the calibration that the run stands on."
    return [_targets("Calibration", run.calibration, note)]


def _backtest(run: FinishedRun) -> list[Table]:
    """Show what a backtest predicted."""
    if run.backtest is None:
        return []
    return [_targets("Backtest", run.backtest, "Fitted to what was known by a date; held out is what came later.")]


def _targets(title: str, found: Mapping[str, Any], note: str) -> Table:
    """List targets with what was published and found."""
    rows = [
        (words(name), words(one["kind"]), f"{digits(one['published'])} {one['unit']}",
         f"{digits(one['mean'])} ({digits(one['low'])} to {digits(one['high'])})",
         "inside" if one["inside"] else "outside", one["source"])
        for name, one in found["targets"].items()
    ]  # fmt: skip
    columns = (Column("figure", "figure", 40), "used for", "published", Column("found", "found (95% range)", 30),
               "in the range predicted", "source")  # fmt: skip
    return Table(title, columns, rows, note)
