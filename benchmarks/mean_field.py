"""Draws how the gap between a fluid queue and counted families closes as there are more of them.

``python -m benchmarks.mean_field [--out FILE]``. One authority with one team near its limit, at 1,000, 10,000 and
100,000 families with posts in proportion: the expected time in the queue leaves out chance arrivals, so it is too short
for few families. Makes docs/images/mean_field.svg.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib import rc_context

import sim
from benchmarks.jobs import ROOT
from sim.exhibits.style import COLOURS, INK, RC, new_axes

CONFIG = ROOT / "tests" / "studies" / "agreement.yaml"
SIZES = {1_000: 400, 10_000: 120, 100_000: 24}
"""Families: replications, so that each point costs about as much."""
POSTS = 0.018
"""Key workers a family: enough on average, but not in every month."""


def settings(families: int, replications: int) -> list[str]:
    """Give the settings of one size."""
    workers = round(POSTS * families)
    return [
        f"units.family.size={families}",
        f"replications={replications}",
        "queues=teams",
        f"services.keyworker.team={{workers: {{total: {workers}}}, caseload: 6, meeting: month}}",
        "services.keyworker.patience={mean: 6 months}",
        "regimes.better=null",
    ]


def waits(ds: xr.Dataset) -> np.ndarray:
    """Give the mean months from joining the queue to leaving it, by replication (Little 1961)."""
    waiting = ds["state_steps"].sel(state="keyworker=waiting").squeeze(["regime", "effect_set"])
    joined = ds["queue"].sel(service="keyworker", queue_count="joined").squeeze(["regime", "effect_set"])
    return np.asarray((waiting / joined).values, dtype=np.float64)


def measure() -> list[tuple[int, float, float, float]]:
    """Give families, simulated mean wait, its standard error and the expected wait, for each size."""
    found = []
    for families, replications in SIZES.items():
        scenario = sim.load(CONFIG, settings(families, replications))
        counted, expected = waits(sim.simulate(scenario)), waits(sim.expect(scenario))
        error = counted.std(ddof=1) / np.sqrt(len(counted))
        found.append((families, float(counted.mean()), float(error), float(expected[0])))
    return found


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "images" / "mean_field.svg")
    out = parser.parse_args().out
    found = measure()
    for families, counted, error, expected in found:
        print(f"{families:8,} families: simulated {counted:.3f} (s.e. {error:.3f}), expected {expected:.3f} months")
    with rc_context(RC):
        ax = new_axes(4.4)
        gaps = [100 * (counted / expected - 1) for _, counted, _, expected in found]
        errors = [196 * error / expected for _, _, error, expected in found]
        ax.errorbar([f for f, *_ in found], gaps, yerr=errors, fmt="o-", color=COLOURS[0], capsize=3)
        ax.axhline(0.0, color=INK, linewidth=0.8, linestyle="--")
        ax.set_xscale("log")
        ax.set_xticks(list(SIZES), [f"{size:,}" for size in SIZES])
        ax.minorticks_off()
        ax.set_xlabel("Families in one authority, posts in proportion")
        ax.set_ylabel("Simulated wait above the fluid one, %")
        ax.figure.savefig(out, metadata={"Date": None, "Creator": None})


if __name__ == "__main__":
    main()
