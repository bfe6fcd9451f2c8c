"""Measurements as lines of JSON, one a run of the benchmark: added to by `make bench`, read by `make bench-check`."""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Better = Literal["more", "less", "flatter"]
"""More or less of it is better; ``flatter``: an exponent of growth, compared by difference."""

KERNELS = ", compiled kernels"
"""In the name of a machine: the engine's loops ran as compiled code."""


@dataclass(frozen=True)
class Metric:
    """A ratio or an exponent, and which way is better."""

    value: float
    better: Better

    def __post_init__(self) -> None:
        """Refuse what cannot be compared."""
        if self.better not in ("more", "less", "flatter"):
            raise ValueError(f"better is {self.better!r}; it is more, less or flatter")
        if not math.isfinite(self.value) or (self.better != "flatter" and self.value <= 0.0):
            raise ValueError(f"{self.value} is no ratio; it must be a finite number above 0")


@dataclass(frozen=True)
class Line:
    """What was measured once, on what kind of machine."""

    machine: str
    metrics: Mapping[str, Metric]


def default_path() -> Path:
    """Give the file: BENCH_HISTORY, or history.jsonl beside this module."""
    return Path(os.environ.get("BENCH_HISTORY") or Path(__file__).with_name("history.jsonl"))


def this_machine() -> str:
    """Name what ratios depend on: system, kind of processor, versions of Python and NumPy, compiled kernels."""
    import numpy as np

    from sim.engine import kernels

    python, numpy = (".".join(version.split(".")[:2]) for version in (platform.python_version(), np.__version__))
    name = f"{platform.system()} {platform.machine()}, {_processor()}, Python {python}, NumPy {numpy}"
    return f"{name}{KERNELS}" if kernels.ON else name


def _processor() -> str:
    """Give the model of the processor where the system says it (Linux), else what Python knows."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        for text in cpuinfo.read_text(encoding="utf-8").splitlines():
            if text.startswith("model name"):
                return text.split(":", 1)[1].strip()
    return platform.processor() or "unknown processor"


def append(path: Path, line: Line) -> None:
    """Add a line; earlier ones stay as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(asdict(line), sort_keys=True) + "\n")


def read(path: Path) -> list[Line]:
    """Read all lines, the oldest first.

    Raises
    ------
    FileNotFoundError
        When there is no history yet.
    ValueError
        When a line is not one: says which.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is not there; make bench writes it (BENCH_HISTORY names another file)")
    lines = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not text.strip():
            continue
        try:
            found = json.loads(text)
            metrics = {name: Metric(float(one["value"]), one["better"]) for name, one in found["metrics"].items()}
            lines.append(Line(str(found["machine"]), metrics))
        except (ValueError, KeyError, TypeError, AttributeError) as problem:
            raise ValueError(f"{path}, line {number}: not a measurement ({problem}); take the line out") from problem
    return lines
