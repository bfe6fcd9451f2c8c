"""What the national pair costs with more families: measured, fitted, and the fit tested by prediction.

``python -m benchmarks.scaling [--slice | --totals] [--families N ...] [--predict N ...] [--steps N]``. Each size is a
run of the command ``families run benchmarks/ten_million.yaml`` in a process of its own, with families and posts set in
proportion. CPU seconds and peak memory are those of the whole command, figures and report included; with ``--totals``
no family is followed. With ``--slice`` it is the engine alone, over the first months without a warm-up, in which
regimes part after a quarter: enough to see how cost grows.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks import jobs
from benchmarks.peers.measure import peak_mb
from benchmarks.textbook import textbook
from sim.model.spec import Unit

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "benchmarks" / "ten_million.yaml"
NATION = 120_000
POSTS = {
    "jobcentre": 600, "substance_treatment": 700, "adult_mental_health": 900, "dv_support": 500, "tenancy_support": 700,
    "probation_asb": 700, "education_welfare": 800, "youth_offending": 600, "family_support": 1800,
}  # fmt: skip
"""Posts of the national config."""
KEY_WORKERS = (3000, 4800, 6000)
"""Those of the integrated regime: at first, from October 2012 and from April 2013."""


@dataclass(frozen=True)
class Cost:
    """What a run took: families, CPU seconds over those of the textbook loop beside it, peak memory in megabytes."""

    families: int
    loops: float
    seconds: float
    peak_mb: float


def settings(families: int, steps: int) -> list[str]:
    """Give the settings that bring the config to a size."""
    times = families / NATION
    sets = [f"units.family.size={families}", f"clock.steps={steps}"]
    sets += [f"services.{name}.team.workers.total={round(posts * times)}" for name, posts in POSTS.items()]
    first, second, third = (round(posts * times) for posts in KEY_WORKERS)
    funding = f"[{{from: 2012-10, workers: {{total: {second}}}}}, {{from: 2013-04, workers: {{total: {third}}}}}]"
    regime = "regimes.integrated.set"
    return [
        *sets,
        f"{regime}={{services.keyworker.team.workers: {{total: {first}}}, services.keyworker.team.funding: {funding}}}",
    ]


def run_slice(families: int, steps: int) -> None:
    """Run the first months of a replication and print its CPU seconds and peak memory; for a process of its own."""
    scenario = jobs.shorter(jobs.larger(jobs.national(), families / NATION), steps)
    first, second = scenario.worlds
    worlds = tuple(
        replace(world, start=start, model=replace(world.model, units=_without_warm_up(world.model.units)))
        for world, start in ((first, 0), (second, 3))
    )
    seconds = jobs.run(replace(scenario, worlds=worlds))
    print(json.dumps([seconds, peak_mb()]))


def _without_warm_up(units: tuple[Unit, ...]) -> tuple[Unit, ...]:
    return tuple(replace(unit, warm_up=0) for unit in units)


def measure_slice(families: int, steps: int) -> Cost:
    """Run the first months at a size."""
    loop = _loop()
    code = f"from benchmarks.scaling import run_slice; run_slice({families}, {steps})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    seconds, peak = json.loads(done.stdout)
    return Cost(families, seconds / loop, seconds, peak)


def _loop() -> float:
    """Give the CPU seconds of the textbook loop now."""
    started = time.process_time()
    textbook()
    return time.process_time() - started


def measure(families: int, steps: int, options: Sequence[str] = ()) -> Cost:
    """Run the command, with further options, at a size."""
    loop = _loop()
    with tempfile.TemporaryDirectory() as folder:
        families_command = str(Path(sys.executable).parent / "families")
        command = [families_command, "run", str(CONFIG), "--quiet", "--out", f"{folder}/out", *options]
        for setting in settings(families, steps):
            command += ["--set", setting]
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise RuntimeError(f"the run with {families:,} families ended with status {status}")
    peak = usage.ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    seconds = usage.ru_utime + usage.ru_stime
    return Cost(families, seconds / loop, seconds, peak)


def fit(families: Sequence[float], cost: Sequence[float]) -> tuple[float, float]:
    """Fit cost = fixed + slope x families by least squares of relative errors; give fixed and slope.

    Raises
    ------
    ValueError
        With fewer than two sizes.
    """
    x, y = np.asarray(families, dtype=np.float64), np.asarray(cost, dtype=np.float64)
    if len(np.unique(x)) < 2:
        raise ValueError(f"{len(np.unique(x))} sizes; a line needs two at least")
    design = np.stack([np.ones_like(x), x], axis=1) / y[:, None]
    fixed, slope = np.linalg.lstsq(design, np.ones_like(y), rcond=None)[0]
    return float(fixed), float(slope)


def main() -> None:
    """Measure, fit, predict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--families", type=int, nargs="*", default=[120_000, 300_000, 600_000, 1_200_000])
    parser.add_argument("--predict", type=int, nargs="*", default=[3_000_000], help="sizes to predict, then measure")
    parser.add_argument("--steps", type=int, default=120)
    parser.add_argument("--slice", action="store_true", help="the engine alone, over the first months")
    parser.add_argument("--totals", action="store_true", help="the command without following any family")
    parser.add_argument("--out", type=Path, default=ROOT / "results" / "scaling.json")
    arguments = parser.parse_args()
    cost = measure_slice if arguments.slice else partial(measure, options=["--totals"] if arguments.totals else [])
    found = []
    for families in arguments.families:
        one = cost(families, arguments.steps)
        print(f"{one.families:12,} families: {one.loops:8.2f} loops, {one.peak_mb:8.0f} MB", flush=True)
        found.append(one)
    sizes = [one.families for one in found]
    time_of, memory_of = fit(sizes, [one.loops for one in found]), fit(sizes, [one.peak_mb for one in found])
    print(f"each million families: {time_of[1] * 1e6:.1f} loops, {memory_of[1] * 1e6:.0f} MB")
    print(f"fixed: {time_of[0]:.1f} loops, {memory_of[0]:.0f} MB")
    for families in arguments.predict:
        loops, memory = time_of[0] + time_of[1] * families, memory_of[0] + memory_of[1] * families
        print(f"{families:12,} families: {loops:8.2f} loops, {memory:8.0f} MB predicted", flush=True)
        found.append(cost(families, arguments.steps))
        print(f"{'':12} measured: {found[-1].loops:8.2f} loops, {found[-1].peak_mb:8.0f} MB", flush=True)
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    arguments.out.write_text(json.dumps([asdict(one) for one in found], indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
