"""How rough a figure of the application is along each lever: ``python -m benchmarks.roughness [CONFIG] [STOPS]``.

A lever is taken through its published range (where there is none, along its track) in even stops. Positions share
their random numbers, so that a figure moves nearly smoothly; what a cubic through the stops leaves is its roughness, a
standard deviation. Beside it stand how far the figure goes over the range, and the half of its interval of chance,
which is what one position differs by from another seed's. Nothing here is a test.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np

from sim.app.levers.lever import BEHAVIOUR, StudyLever
from sim.app.levers.listed import levers
from sim.app.levers.position import as_sets, position
from sim.app.levers.study import OpenStudy, open_study
from sim.app.work.bench import Bench
from sim.app.work.job import BenchStudy, Job
from sim.arrays import FloatArray
from sim.intervals import over_replications

DEGREE = 3


def stops(lever: StudyLever, many: int) -> FloatArray:
    """Give even stops over the published range of a lever, or along its track."""
    return np.linspace(*lever.span, many)


def along(study: OpenStudy, bench: Bench, lever: StudyLever, many: int) -> list[FloatArray]:
    """Give saved less spent for each family helped at every stop, a replication each."""
    found = []
    for stop in stops(lever, many):
        at = position(levers(study), {lever.name: float(stop)})
        sets = tuple(as_sets(at.settings(levers(study), but=("reading",))))
        held = bench.do(Job("figures", study.readings[0], sets)).found
        found.append(held.each["price"] - held.money("cost_per_family_helped")["posts"])
    return found


def roughness(places: FloatArray, figures: FloatArray) -> float:
    """Give the standard deviation of what a cubic leaves of figures at places."""
    left = figures - np.polynomial.Polynomial.fit(places, figures, DEGREE)(places)
    return float(np.sqrt((left**2).sum() / (len(places) - DEGREE - 1)))


def main(what: str, many: int) -> None:
    """Tell the roughness along every lever of behaviour that is a number."""
    print("| lever | range | saved less spent goes from .. to, £ | roughness, £ | chance, ± £ |\n|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as scratch:
        study = open_study(what, Path(scratch))
        bench = Bench(BenchStudy(study.file, study.quick, study.regime, study.of_whole))
        for lever in levers(study):
            if lever.kind != BEHAVIOUR or lever.is_choice:
                continue
            found, places = along(study, bench, lever, many), stops(lever, many)
            means = np.array([one.mean() for one in found])
            chance = np.mean([one.high - one.mean for one in map(over_replications, found) if one.high is not None])
            print(
                f"| {lever.title} | {places[0]:g} to {places[-1]:g} | {means.min():,.0f} .. {means.max():,.0f} "
                f"| {roughness(places, means):,.0f} | {chance:,.0f} |", flush=True,
            )  # fmt: skip


if __name__ == "__main__":
    asked = sys.argv[1:]
    main(asked[0] if asked else "national", int(asked[1]) if len(asked) > 1 else 9)
