"""Keeps solved draws as they come, a line of JSON each, so that nothing already computed is lost."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sim.errors import ResultError
from sim.studies.uncertainty.answer import Solved


@dataclass(frozen=True)
class DrawStore:
    """A file of draws: the first line says what they are draws of (``digest``), each further one holds a draw."""

    path: Path
    digest: str

    def known(self) -> dict[int, Solved]:
        """Read the draws that are there; a last line cut short by an interruption does not count.

        Raises
        ------
        ResultError
            If the draws are of another config or program version.
        """
        if not self.path.exists():
            return {}
        lines = self.path.read_text(encoding="utf-8").split("\n")
        if json.loads(lines[0]).get("digest") != self.digest:
            raise ResultError(
                f"{self.path} holds draws of another config or program version; give another --out, or remove the file"
            )
        return {one.draw: one for line in lines[1:-1] if (one := _read(line)) is not None}

    def add(self, solved: Iterable[Solved]) -> None:
        """Write draws down and wait until they are on disk."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        begun = self.path.exists()
        if begun:
            self._mend()
        with self.path.open("a", encoding="utf-8") as file:
            if not begun:
                file.write(json.dumps({"digest": self.digest}) + "\n")
            for one in solved:
                file.write(json.dumps(_plain(one), allow_nan=True) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _mend(self) -> None:
        """Take away a last line that was cut short."""
        text = self.path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            self.path.write_bytes(whole)


def _plain(one: Solved) -> dict[str, object]:
    return {
        "draw": one.draw, "effect_set": one.effect_set, "inputs": one.inputs.tolist(), "values": one.values,
        "errors": one.errors, "redrawn": one.redrawn,
    }  # fmt: skip


def _read(line: str) -> Solved | None:
    """Read a draw; None where the line is damaged, so that the draw is solved again."""
    try:
        told = json.loads(line)
        inputs = np.array(told["inputs"])
        return Solved(told["draw"], told["effect_set"], inputs, told["values"], told["errors"], told["redrawn"])
    except (ValueError, KeyError, TypeError):
        return None
