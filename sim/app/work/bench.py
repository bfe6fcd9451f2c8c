"""What a worker process does: keeps a study's start and baseline, runs positions of the levers, draws what is asked.

Everything heavy of the application happens here and nothing in the server's loop. Leaves out which job comes next: see
``crew``.
"""

from __future__ import annotations

import math
import os
import signal
import time
from collections import OrderedDict
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from sim.app.work.dots import dots
from sim.app.work.grid import Grid, Point
from sim.app.work.headline import figures_of, saved_less_spent
from sim.app.work.job import OF_STUDY, QUICK_REPLICATIONS, BenchStudy, Crossing, Dots, Figures, Job, JobResult
from sim.app.work.repricing import repriced
from sim.config.loading import changed, load
from sim.errors import ModelError, ResultError
from sim.model.compiled.accounts import account_plan
from sim.model.spec import AS_WRITTEN, Scenario
from sim.runs.beliefs.doubt import doubt_of
from sim.runs.kept import Kept, again, keep

if TYPE_CHECKING:  # the server does without what draws
    from sim.exhibits.exhibit import Drawn

MOST_KEPT = 6
"""Positions whose counts stay in memory, some ten megabytes a replication each."""
MOST_LOADED = 16
"""Studies as they are loaded, one for each reading, number of replications, area and price year."""
MOST_POINTS = 1000
"""Points of surfaces, a number each."""


class Bench:
    """Runs positions of one study and keeps what it takes to run the next one soon."""

    def __init__(self, source: BenchStudy) -> None:
        self.source = source
        self._unmoved: dict[Path, Scenario] = {}
        self._scenarios: dict[tuple[BenchStudy, str, int], Scenario] = {}
        self._kept: OrderedDict[tuple[BenchStudy, str, tuple[str, ...], int], tuple[Kept, str]] = OrderedDict()
        self._points: dict[tuple[BenchStudy, str, int, Point], float] = {}
        self._whole: dict[str, xr.Dataset] = {}

    def do(self, job: Job) -> JobResult:
        """Do a job; what is wrong with it is said, not raised."""
        began = time.perf_counter()
        try:
            with redirect_stdout(StringIO()):
                found, how = self._do(job)
        except (ModelError, ResultError, ValueError, ArithmeticError) as error:
            return JobResult(job, None, str(error), seconds=time.perf_counter() - began)
        except Exception as error:  # a fault of the program is told as one, and the worker goes on
            if os.environ.get("FAMILIES_DEBUG"):
                raise
            why = f"something went wrong in the program, please report it: {type(error).__name__}: {error}"
            return JobResult(job, None, why, seconds=time.perf_counter() - began)
        return JobResult(job, found, "", how, time.perf_counter() - began)

    def _do(self, job: Job) -> tuple[Any, str]:
        """Do a job and say what was simulated for it."""
        if job.what == "doubt":
            return doubt_of(self.unmoved(job)), ""
        if job.what == "dots":
            return self._dots(job), ""
        if job.grid is not None:
            return self._surface(job, job.grid), ""
        ds, how = self._results(job)
        if job.what == "figures":
            return self._figures(ds, job), how
        from sim.app.work.drawing import drawn, drawn_of_study, names_of, tables

        if job.what == "draw" and job.name in OF_STUDY:
            return drawn_of_study(ds, job.name, self.unmoved(job), job.reading), how
        if job.what == "draw":
            return drawn(ds, job.name), how
        return (names_of(job.name), tables(ds, job.name)), how

    def _results(self, job: Job) -> tuple[xr.Dataset, str]:
        """Give the results that a job is of."""
        if job.folder:
            return repriced(self._of_folder(job.folder), dict(job.factors)), "read from the finished folder"
        kept, how = self.kept(job)
        return repriced(kept.ds, dict(job.factors)), how

    def _figures(self, ds: xr.Dataset, job: Job) -> Figures:
        """Give the six figures and what they come of."""
        source = self.of(job)
        share = 1.0 if job.folder else source.of_whole
        if job.replications == QUICK_REPLICATIONS:
            return figures_of(ds, source.regime, job.reading, share)
        found = figures_of(ds, source.regime, job.reading, share, source.claims)
        return replace(found, breaks_even=self._breaks_even(ds, source, job.reading))

    def _breaks_even(self, ds: xr.Dataset, source: BenchStudy, reading: str) -> dict[str, float]:
        """Give what the price of each line would have to be multiplied by for nothing to be gained or lost.

        What is saved less spent is linear in a price, so that two prices tell; none where it does not hang on it.
        """
        now, found = saved_less_spent(ds, source.regime, reading), {}
        for line in source.lines:
            more = saved_less_spent(repriced(ds, {line: 2.0}), source.regime, reading) - now
            if math.isfinite(now) and more:
                found[line] = 1.0 - now / more
        return found

    def _surface(self, job: Job, grid: Grid) -> Drawn | Crossing | int:
        """Work out a row of a grid, or draw it whole, or say where it crosses; what was worked out before is kept."""
        points = grid.row(int(job.name)) if job.what == "row" else grid.points
        values = [self.saved_less_spent(job, grid, point) for point in points]
        if job.what == "row":
            return len(values)
        from sim.app.work.surface import crossing_of, drawn_surface

        if job.what == "crossing":
            return Crossing(crossing_of(grid, np.array(values, np.float64)))

        return drawn_surface(self.scenario(self.of(job), job.reading, job.replications), grid, values)

    def saved_less_spent(self, job: Job, grid: Grid, point: Point) -> float:
        """Give what help saves less what it costs at a point of a grid, pounds for each family helped.

        All points that differ from it in prices alone are worked out with it, since they are one simulation.
        """
        source = self.of(job)
        of = (source, job.reading, job.replications)
        if (*of, point) not in self._points:
            kept = self._kept_at(replace(job, sets=point.sets))
            for one in dict.fromkeys((point, *(other for other in grid.points if other.sets == point.sets))):
                ds = repriced(kept.ds, dict(one.factors))
                self._points[*of, one] = saved_less_spent(ds, source.regime, job.reading)
            while len(self._points) > MOST_POINTS:
                self._points.pop(next(iter(self._points)))
        return self._points[*of, point]

    def _kept_at(self, job: Job) -> Kept:
        """Run a position for one of its figures alone: it takes no place among those that are kept, if it need not."""
        key = (self.of(job), job.reading, job.sets, job.replications)
        if key in self._kept or self._nearest(job) is None:
            return self.kept(job)[0]
        return self._ran(job)[0]

    def _dots(self, job: Job) -> Dots:
        """Follow families of a position."""
        source = self.of(job)
        unmoved = self.scenario(source, job.reading, QUICK_REPLICATIONS)
        moved = changed(unmoved, job.sets) if job.sets else unmoved
        plan = account_plan(moved)
        assert plan is not None  # a study without accounts is not opened
        world = next(world.name for world in moved.worlds if world.regime == source.regime)
        return dots(moved, source.regime, plan.services[world])

    def _of_folder(self, folder: str) -> xr.Dataset:
        """Read a finished folder once; the last two stay in memory."""
        if folder not in self._whole:
            from sim.results.folder.store import read_results

            if len(self._whole) > 1:
                self._whole.pop(next(iter(self._whole)))
            self._whole[folder] = read_results(Path(folder))[0].load()
        return self._whole[folder]

    def of(self, job: Job) -> BenchStudy:
        """Give the study that a job is of."""
        return job.elsewhere or self.source

    def unmoved(self, job: Job) -> Scenario:
        """Give the whole study as it stands, of which draws and a bridge may be kept."""
        file = self.of(job).file
        if file not in self._unmoved:
            self._unmoved[file] = load(file)
        return self._unmoved[file]

    def scenario(self, source: BenchStudy, reading: str, replications: int) -> Scenario:
        """Load the unmoved study under one reading."""
        key = (source, reading, replications)
        if key not in self._scenarios:
            many = [f"replications={replications}"] if replications else []
            self._scenarios[key] = load(source.file, [*source.quick, *_one_reading(reading), *many])
            while len(self._scenarios) > MOST_LOADED:
                self._scenarios.pop(next(iter(self._scenarios)))
        return self._scenarios[key]

    def kept(self, job: Job) -> tuple[Kept, str]:
        """Run a position, from the nearest that is kept."""
        key = (self.of(job), job.reading, job.sets, job.replications)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        self._kept[key] = self._ran(job)
        if len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return self._kept[key]

    def _ran(self, job: Job) -> tuple[Kept, str]:
        """Run a position from the nearest that is kept, and say what was simulated."""
        unmoved = self.scenario(self.of(job), job.reading, job.replications)
        moved = changed(unmoved, job.sets) if job.sets else unmoved
        nearest = self._nearest(job)
        if nearest is None:
            return keep(moved), "simulated whole"
        run = again(nearest, moved)
        return run.kept, str(run)

    def _nearest(self, job: Job) -> Kept | None:
        """Give what is kept of a reading and its areas: best with the same behaviour, else with most replications."""
        areas = self.of(job).areas
        there = [(key, kept) for key, (kept, _) in self._kept.items() if (key[0].areas, key[1]) == (areas, job.reading)]
        if not there:
            return None
        behaviour = {text for text in job.sets if text.startswith("regimes.")}

        def worth(item: tuple[tuple[BenchStudy, str, tuple[str, ...], int], Kept]) -> tuple[bool, int]:
            (_, _, held, _), kept = item
            return {text for text in held if text.startswith("regimes.")} == behaviour, len(kept.replications)

        return max(there, key=worth)[1]


def _one_reading(reading: str) -> list[str]:
    """Give the settings that leave one reading of the evidence."""
    return [] if reading == AS_WRITTEN else [f"effect_set=[{reading}]"]


def serve(source: BenchStudy, jobs: Connection) -> None:
    """Do jobs as they come until there is nobody to ask for more; the body of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # also where it was not started deaf to it, on Windows
    bench = Bench(source)
    while True:
        try:
            job = jobs.recv()
        except (EOFError, OSError):
            return
        done = bench.do(job)
        try:
            jobs.send(done)
        except (BrokenPipeError, OSError):
            return
