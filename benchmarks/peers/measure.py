"""Measures one form once, in the interpreter that runs this, and prints JSON: seconds, memory, and what came out.

``python -m benchmarks.peers.measure FORM SIZE SIZE [SIZE] SEED``. A short run first takes imports, compilation and
first-time setting up out of the seconds; building the model is within them.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from dataclasses import asdict, is_dataclass
from importlib import import_module

SMALL = {2: (1000, 3), 3: (500, 40, 36)}
"""What is run first, by number of sizes: people and months, or requests, places and months."""


def peak_mb() -> float:
    """Give the peak resident memory so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1e6 if sys.platform == "darwin" else 1e3)


def measure(name: str, sizes: tuple[int, ...], seed: int) -> dict[str, object]:
    """Run a form; ``cpu`` and ``wall`` are seconds of one run where it makes several."""
    form = import_module(f"benchmarks.peers.forms.{name}")
    form.run(*SMALL[len(sizes)], seed)
    before, runs = peak_mb(), getattr(form, "RUNS", 1)
    wall, cpu = time.perf_counter(), time.process_time()
    found = form.run(*sizes, seed)
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    report: dict[str, object] = {"cpu": cpu / runs, "wall": wall / runs, "base_mb": before, "peak_mb": peak_mb()}
    if is_dataclass(found) and not isinstance(found, type):
        return report | asdict(found)
    counts, cost = found
    return report | {"counts": counts.tolist(), "cost": cost}


if __name__ == "__main__":
    *numbers, last = map(int, sys.argv[2:])
    print(json.dumps(measure(sys.argv[1], tuple(numbers), last)))
