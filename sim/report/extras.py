"""What a report shows beyond the run itself: checks, single families, a bridge; kept as JSON beside the results."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from sim.errors import ResultError
from sim.results.folder.beside import BRIDGE, CHECKS, EVALUATED, FAMILIES, Answer, Bridge, CheckLine, Verdict
from sim.runs.follow.spread import Spread

ORDER: tuple[Verdict, ...] = ("outside", "within", "reported", "not evaluated")


@dataclass(frozen=True)
class Extras:
    """What was worked out after the run, where it was."""

    checks: tuple[CheckLine, ...] = ()
    spread: Spread | None = None
    answers: tuple[Answer, ...] = ()
    bridge: Bridge | None = None

    def kept_in(self, file: str) -> list[tuple[str, Any]]:
        """Give what a file keeps, each reading of the evidence by itself where it keeps several, with its name."""
        kept: dict[str, list[tuple[str, Any]]] = {
            CHECKS: [("", self.checks)],
            FAMILIES: [] if self.spread is None else [("", self.spread)],
            BRIDGE: [] if self.bridge is None else [("", self.bridge)],
            EVALUATED: [(group[0].effect_set, group) for group in by_set(self.answers)],
        }
        return kept.get(file, [])


def by_set(answers: Sequence[Answer]) -> list[list[Answer]]:
    """Part answers by evidence set, in order."""
    return [list(group) for _, group in groupby(answers, key=lambda answer: answer.effect_set)]


def in_order(checks: Sequence[CheckLine]) -> list[CheckLine]:
    """Put those outside their range first."""
    return sorted(checks, key=lambda check: ORDER.index(check.verdict))


def read_extras(folder: Path) -> Extras:
    """Read what stands in a results folder.

    Raises
    ------
    ResultError
        If a file there cannot be read.
    """
    names = (CHECKS, FAMILIES, EVALUATED, BRIDGE)
    checks, families, answers, bridge = (_read(folder / name) for name in names)
    try:
        return Extras(
            tuple(CheckLine(**line) for line in checks or ()),
            None if families is None else Spread.from_dict(families),
            tuple(Answer.from_dict(answer) for answer in answers or ()),
            None if bridge is None else Bridge.from_dict(bridge),
        )
    except (TypeError, KeyError) as error:
        files = f"{CHECKS}, {FAMILIES}, {EVALUATED} or {BRIDGE}"
        again = "make them anew with families report DIR --checks --families --bridge"
        raise ResultError(f"{folder} holds {files} of another version ({error}); {again}") from error


def _read(path: Path) -> Any:
    """Read JSON where there is any."""
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ResultError(f"{path} is damaged ({error}); make it anew with families report DIR") from error
