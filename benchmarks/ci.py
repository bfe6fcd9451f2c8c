"""Says within a minute whether the program has become much slower: three small jobs as ratios to the textbook loop.

``python -m benchmarks.ci [--out FILE] [--record]``. Processor seconds of each job are divided by those of the frozen
loop in the same process, taking turns; what is kept is the best of up to three tries, since other work on the machine
only ever slows down. Exit code 1 where a ratio is still below 60% of the recorded one (``benchmarks/ci.json``), with
kernels or without: this is for a fall that no machine explains. ``make bench-check`` is the finer measure.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import sim
from benchmarks import jobs
from benchmarks.__main__ import cpu
from benchmarks.history import this_machine
from benchmarks.textbook import textbook
from sim.engine import kernels
from sim.model.spec import Scenario

RECORDED = Path(__file__).with_name("ci.json")
QUEUE = jobs.ROOT / "benchmarks" / "peers" / "queue_job.yaml"
TRIES, ROUNDS = 3, 2
LEAST = 0.6
"""The share of the recorded ratio below which a job fails."""
LOOP = 120_000 * 120
"""Family-months of the textbook loop."""


@dataclass(frozen=True)
class Speed:
    """What one job did: family-months a second of processor time, and the textbook loop's seconds over its own."""

    family_months_per_second: float
    ratio: float


def small_jobs() -> dict[str, Scenario]:
    """Give the jobs: with everything (a tenth of the nation, 84 months), without anything, and with a queue alone."""
    return {
        "national pair, a tenth": jobs.shorter(jobs.larger(jobs.national(), 0.1), 84),
        "reference job": jobs.reference(),
        "one queue": sim.load(QUEUE),
    }


def family_months(scenario: Scenario) -> int:
    """Count the months that the families of all worlds live through, warm-up included where worlds part after it."""
    total = 0
    for world in scenario.worlds:
        root, clock = world.model.root, world.model.clock
        families = root.size + round(root.arrivals_per_step * clock.steps)
        warm_up = root.warm_up if world.regime == scenario.baseline else 0
        total += families * (clock.steps + warm_up)
    return total


def measure(works: Mapping[str, Scenario], run: Callable[[Scenario], float] = jobs.run) -> dict[str, Speed]:
    """Run each job and the loop in turn; give the speed of each from its least seconds."""
    least = dict.fromkeys(["loop", *works], float("inf"))
    for _ in range(ROUNDS):
        least["loop"] = min(least["loop"], cpu(textbook))
        for name, work in works.items():
            least[name] = min(least[name], run(work))
    return {name: Speed(family_months(work) / least[name], least["loop"] / least[name]) for name, work in works.items()}


def slow(found: Mapping[str, Speed], recorded: Mapping[str, float]) -> list[str]:
    """List the jobs below the share of what is recorded that is enough."""
    return [name for name, speed in found.items() if speed.ratio < LEAST * recorded.get(name, 0.0)]


def best(one: Mapping[str, Speed], other: Mapping[str, Speed]) -> dict[str, Speed]:
    """Give the better speed of each job."""
    return {name: max(speed, other.get(name, speed), key=lambda s: s.ratio) for name, speed in one.items()}


def table(found: Mapping[str, Speed], recorded: Mapping[str, float]) -> str:
    """Write a table for people."""
    lines = [f"{'job':<24} {'family-months a second':>24} {'textbook / job':>15} {'recorded':>9}"]
    for name, speed in found.items():
        before = f"{recorded[name]:9.2f}" if name in recorded else f"{'none':>9}"
        lines.append(f"{name:<24} {speed.family_months_per_second:>24,.0f} {speed.ratio:>15.2f} {before}")
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write, and give the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=jobs.ROOT / "build" / "bench-ci.json", help="where JSON is written")
    parser.add_argument("--record", action="store_true", help="write what was measured down as the recorded ratios")
    given = parser.parse_args(arguments)
    kind = "with kernels" if kernels.ON else "NumPy alone"
    every = json.loads(RECORDED.read_text(encoding="utf-8"))
    recorded = every.get(kind, {})
    works = small_jobs()
    for work in works.values():
        jobs.run(work)  # what is compiled or read once counts for nothing
    found: dict[str, Speed] = {}
    for _ in range(TRIES):
        found = best(measure(works), found)
        if given.record or not slow(found, recorded):
            break
    failed = [] if given.record else slow(found, recorded)
    print(f"{this_machine()} ({kind}), processor time", table(found, recorded), sep="\n")
    report = {
        "machine": this_machine(),
        "kernels": kernels.ON,
        "jobs": {name: vars(speed) | {"recorded": recorded.get(name)} for name, speed in found.items()},
        "failed": failed,
    }
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    if given.record:
        every[kind] = {name: round(speed.ratio, 2) for name, speed in found.items()}
        RECORDED.write_text(json.dumps(every, indent=2) + "\n", encoding="utf-8")
    for name in failed:
        print(f"SLOW: {name} is below {LEAST:.0%} of what is recorded, {TRIES} times", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
