"""Fails when the program has become slower: the last lines of the history against the recorded ones.

``python -m benchmarks.check [FILE] [--worse 0.15]``. The recorded value of a ratio is the median of up to five earlier
lines of the same kind of machine. Exit code 1 when a ratio is 15% worse than recorded, or an exponent of growth larger
by 0.15; 2 when there is nothing to read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks.history import KERNELS, Line, Metric, default_path, read

WORSE = 0.15
REMEMBERED = 5


@dataclass(frozen=True)
class Finding:
    """One metric now, what was recorded (None: nothing), and whether it is too much worse."""

    name: str
    now: float
    recorded: float | None
    failed: bool

    def __str__(self) -> str:
        before = "nothing recorded" if self.recorded is None else f"recorded {self.recorded:.3g}"
        return f"{'WORSE' if self.failed else 'ok':6} {self.name}: {self.now:.3g} ({before})"


def is_worse(now: Metric, recorded: float, worse: float) -> bool:
    """Say whether a value is worse than the recorded one by more than a share (a ratio) or a difference (growth)."""
    if now.better == "flatter":
        return now.value > recorded + worse
    if now.better == "less":
        return recorded < now.value * (1.0 - worse)
    return now.value < recorded * (1.0 - worse)


def compare(history: Sequence[Line], worse: float = WORSE) -> list[Finding]:
    """Compare the last line with those before it.

    Raises
    ------
    ValueError
        When the history is empty.
    """
    if not history:
        raise ValueError("the history is empty; make bench adds a line")
    *earlier, last = history
    alike = [line for line in earlier if line.machine == last.machine]
    findings = []
    for name, now in sorted(last.metrics.items()):
        values = [line.metrics[name].value for line in alike if name in line.metrics][-REMEMBERED:]
        recorded = median(values) if values else None
        findings.append(
            Finding(
                f"{name}{KERNELS if KERNELS in last.machine else ''}",
                now.value,
                recorded,
                recorded is not None and is_worse(now, recorded, worse),
            )
        )
    gone = {name for line in alike[-1:] for name in line.metrics} - set(last.metrics)
    findings += [Finding(f"{name} (not measured any more)", float("nan"), None, True) for name in sorted(gone)]
    return findings


def by_kind(history: Sequence[Line]) -> list[Sequence[Line]]:
    """Share a history out: up to the last line, and up to the last one of the same machine with or without kernels."""
    if not history:
        return [history]
    machine = history[-1].machine
    other = machine.replace(KERNELS, "") if KERNELS in machine else _with_kernels(machine)
    last = max((i for i, line in enumerate(history) if line.machine == other), default=-1)
    return [history, history[: last + 1]] if last >= 0 else [history]


def _with_kernels(machine: str) -> str:
    name, quick, _ = machine.partition(" quick")
    return f"{name}{KERNELS}{quick}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, print, and give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("history", type=Path, nargs="?", default=default_path())
    parser.add_argument("--worse", type=float, default=WORSE, help="the share that is too much (default 0.15)")
    given = parser.parse_args(arguments)
    if not 0.0 < given.worse < 1.0:
        parser.error(f"--worse is {given.worse}; give a share between 0 and 1")
    try:
        findings = [one for history in by_kind(read(given.history)) for one in compare(history, given.worse)]
    except (OSError, ValueError) as problem:
        print(problem, file=sys.stderr)
        return 2
    print(*findings, sep="\n")
    failed = sum(finding.failed for finding in findings)
    if failed:
        print(f"{failed} of {len(findings)} are worse by more than {given.worse:.0%}; measure again on a quiet machine")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
