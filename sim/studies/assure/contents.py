"""Puts the assurance pack of a finished run together, and says what it lacks."""

from __future__ import annotations

from sim.report.answer import answer
from sim.studies.assure.answer import Pack
from sim.studies.assure.assumptions import assumptions
from sim.studies.assure.data_log import data_log
from sim.studies.assure.doubts import left_out, uncertainty
from sim.studies.assure.finished import FinishedRun
from sim.studies.assure.origin import changes, reproduction
from sim.studies.assure.scope import checklist, roles, scope
from sim.studies.assure.validation import validation
from sim.studies.assure.verification import verification

PARTS = (
    scope, roles, uncertainty, validation, verification, left_out, changes, reproduction, data_log, assumptions,
)  # fmt: skip
"""The parts in their order: what people sign and decide on first, registers last."""


def pack_of(run: FinishedRun) -> Pack:
    """Make the pack of a finished run from what exists; what does not is shown as missing."""
    made = [part(run) for part in PARTS]
    parts = (*made[:2], checklist(made), *made[2:])
    without = {str(key): why for key, why in run.part.without.items()}
    return Pack(str(run.summary["title"]), answer(run.summary), run.part.decision or "", parts, without)
