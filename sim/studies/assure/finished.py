"""Reads a finished results folder and whatever else a pack is made of; nothing is worked out here."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sim.config.schema.assurance import AssurancePart
from sim.config.views.evidence import DataFile, EvidenceRow, data_files, evidence_rows
from sim.config.views.explained import moved_by
from sim.config.views.recorded import recorded_assurance, recorded_register, recorded_tree
from sim.config.views.register import RegisterEntry
from sim.errors import ResultError
from sim.exhibits.titles import titles_of
from sim.model.titles import Titles
from sim.places import CHANGES, installed_configs, page_of
from sim.report.extras import Extras, read_extras
from sim.report.page.readings import ReadingFigures, headline_ledger, readings
from sim.results.folder.beside import PACK, REPRODUCED, Reproduced
from sim.results.folder.manifest import sums_of
from sim.results.folder.store import read_results
from sim.results.summary import Summary

VERIFIED = ("assurance", "verification.json")
"""Where the library has what a run of the tests found; ``make verification`` writes it."""
SUMMARY = "summary.json"


@dataclass(frozen=True)
class FinishedRun:
    """A finished run with all that is known of it.

    ``moves`` says what each entry of ``register`` moves; ``reading`` is the account that leads, None where the run has
    none; ``calibration`` and ``backtest`` are summaries as ``families calibrate`` writes them, ``verified`` the record
    of a run of the tests.
    """

    folder: Path
    summary: Summary
    run: Mapping[str, Any]
    part: AssurancePart
    register: tuple[RegisterEntry, ...]
    moves: tuple[Mapping[str, tuple[str, ...]], ...]
    sums: Mapping[str, str]
    extras: Extras
    reproduced: Reproduced | None
    calibrated: Mapping[str, Any]
    calibration: Mapping[str, Any] | None
    backtest: Mapping[str, Any] | None
    verified: Mapping[str, Any] | None
    evidence: Mapping[str, EvidenceRow]
    files: tuple[DataFile, ...]
    changes: str

    @property
    def titles(self) -> Titles:
        """Titles of regimes and readings."""
        return titles_of(self.summary)

    @property
    def reading(self) -> ReadingFigures | None:
        """The reading of the evidence and the account that lead."""
        return next(iter(readings(self.summary)), None)

    @property
    def ledger(self) -> str:
        """The ledger of the headline; nothing without an appraisal."""
        return headline_ledger(self.summary) if self.summary.get("appraisal") else ""

    @property
    def turns_on(self) -> Sequence[Mapping[str, Any]]:
        """Where each drawn input takes the break-even price, the widest first; nothing where none were drawn."""
        doubt = (self.reading.figures.get("doubt") or {}) if self.reading else {}
        found: Sequence[Mapping[str, Any]] = (doubt.get("turns_on") or {}).get(self.ledger, ())
        return found


def finished_run(folder: Path, sets: Sequence[str] = (), calibration: Path | None = None) -> FinishedRun:
    """Read what a pack is made of.

    Parameters
    ----------
    folder
        A finished results folder.
    sets
        Settings of the section ``assurance`` laid over the config of the run.
    calibration
        The folder of a calibration, as ``families calibrate`` writes it; with its backtest where there is one.

    Raises
    ------
    ResultError
        If the folder is no finished result or something in it cannot be read.
    ModelError
        When a setting is wrong.
    """
    _, summary, run = read_results(folder)
    tree, register = recorded_tree(run), recorded_register(run)
    told = tree.mapping.get("calibrated")
    page = page_of(CHANGES)
    return FinishedRun(
        folder, summary, run, recorded_assurance(run, sets), tuple(register), tuple(moved_by(tree, register)),
        {name: total for name, total in sums_of(folder).items() if name not in PACK}, read_extras(folder),
        _reproduced(folder), {} if told is None else {key: one.value for key, one in told.mapping.items()},
        None if calibration is None else _json(calibration / SUMMARY, needed=True),
        None if calibration is None else _json(calibration / "backtest" / SUMMARY),
        _json(installed_configs().joinpath(*VERIFIED)), evidence_rows(), tuple(data_files()),
        page.read_text(encoding="utf-8") if page.is_file() else "",
    )  # fmt: skip


def _reproduced(folder: Path) -> Reproduced | None:
    """Read what making the run again has found, where that was kept."""
    held = _json(folder / REPRODUCED)
    try:
        return None if held is None else Reproduced.from_dict(held)
    except (TypeError, KeyError, ValueError) as error:
        raise ResultError(f"{folder / REPRODUCED} is of another version; families reproduce DIR --keep") from error


def _json(path: Path, *, needed: bool = False) -> Mapping[str, Any] | None:
    """Read JSON where there is any."""
    if not path.is_file():
        if needed:
            raise ResultError(f"{path} is missing: {path.parent} is no finished calibration")
        return None
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ResultError(f"{path} cannot be read ({error})") from error
