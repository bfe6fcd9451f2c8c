"""Measures this program against the textbook loop on this machine, as ratios, and adds a line to the history.

``python -m benchmarks [--quick] [--history FILE]``. CPU seconds of the engine are divided by the CPU seconds that the
frozen loop needs for the reference job in the same process; both are the least of several interleaved runs, since other
work on the machine only ever adds time. ``python -m benchmarks.check`` compares the line with those before it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import jobs
from benchmarks.growth import growth
from benchmarks.history import Line, Metric, append, default_path, this_machine
from benchmarks.textbook import textbook
from sim.model.spec import Scenario

FEW_AREAS, TEN = 16, 10
PEAK = (
    "from benchmarks import jobs; jobs.run(jobs.{job}); "
    "print(next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM')) / 1e3)"
)


def cpu(work: Callable[[], object]) -> float:
    """Give the CPU seconds of some work."""
    started = time.process_time()
    work()
    return time.process_time() - started


def interleaved(rounds: int, works: dict[str, Callable[[], float]]) -> dict[str, float]:
    """Run everything in turn, several times; give the least seconds of each."""
    least = dict.fromkeys(works, float("inf"))
    for _ in range(rounds):
        for name, work in works.items():
            least[name] = min(least[name], work())
    return least


def settled(job: Scenario, runs: int = 4) -> float:
    """Give the least seconds of several runs: those just after the loop find its memory and caches cold."""
    return min(jobs.run(job) for _ in range(runs))


def peak_mb(job: str) -> float:
    """Give the peak resident memory of a job in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", PEAK.format(job=job)], capture_output=True, text=True, check=True, cwd=jobs.ROOT
    )
    return float(done.stdout)


def start_up(rounds: int) -> float:
    """Give the time that `families --help` takes, start to end, over that of importing NumPy."""
    works = {
        "families": [str(Path(sys.executable).parent / "families"), "--help"],
        "numpy": [sys.executable, "-c", "import numpy"],
    }

    def lasting(command: list[str]) -> float:
        started = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        return time.perf_counter() - started

    least = interleaved(rounds, {name: lambda command=command: lasting(command) for name, command in works.items()})  # type: ignore[misc]
    return least["families"] / least["numpy"]


def measure(quick: bool) -> dict[str, Metric]:
    """Measure everything; names say what was divided by what."""
    rounds = 3 if quick else 6
    steps = 12 if quick else 24
    pair = jobs.national()
    small = jobs.shorter(pair, steps)
    few_areas = jobs.merged(small, FEW_AREAS)
    reference = {k: jobs.reference(k) for k in (1, 2, 3)}
    least = interleaved(
        rounds,
        {
            "textbook": lambda: cpu(textbook),
            **{f"reference {k}": lambda job=job: settled(job) for k, job in reference.items()},  # type: ignore[misc]
        },
    )
    nation = interleaved(
        1 if quick else 2,
        {
            "textbook": lambda: cpu(textbook),
            "pair": lambda: jobs.run(pair),
            "small": lambda: jobs.run(small),
            "few areas": lambda: jobs.run(few_areas),
        },
    )
    large = jobs.run(jobs.larger(small, TEN))
    loop = min(least["textbook"], nation["textbook"])
    further = (least["reference 3"] - least["reference 1"]) / 2
    ratios = {
        "reference job: textbook / engine, one regime": Metric(loop / least["reference 1"], "more"),
        "reference job: textbook / engine, each further regime": Metric(loop / further, "more"),
        "national pair: engine / textbook loop on the reference job": Metric(nation["pair"] / loop, "less"),
        "national pair: 152 areas / 16": Metric(nation["small"] / nation["few areas"], "less"),
        "national pair: 1,200,000 families / 120,000": Metric(large / nation["small"], "less"),
        "national pair: peak memory, MB": Metric(peak_mb("national()"), "less"),
        "reference job: peak memory, MB": Metric(peak_mb("reference()"), "less"),
        "families --help / import numpy": Metric(start_up(rounds), "less"),
    }
    exponents = growth(2 if quick else 3, steps)
    return ratios | {f"growth with {name}: exponent": Metric(b, "flatter") for name, b in exponents.items()}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and steps; compared with quick ones alone")
    parser.add_argument("--history", type=Path, default=default_path(), help="where the line is added")
    arguments = parser.parse_args()
    found = measure(arguments.quick)
    for name, metric in found.items():
        print(f"{metric.value:10.2f}  {name}")
    append(arguments.history, Line(f"{this_machine()}{' quick' if arguments.quick else ''}", found))


if __name__ == "__main__":
    main()
