"""What a run is said to cost: its work is counted beside what a run does, and each term grows as its work grows.

Nothing but the slow test at the end looks at a clock.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import sim
from sim.config.check.cost import RunCost, RunWork, cost_of, pace_here
from sim.config.check.limits import SMALL, work_of
from sim.config.check.problems import Findings
from sim.config.loading import load, tree_of
from sim.config.translate.model import config_of
from sim.engine.counts.layout import layout_of
from sim.engine.solvers.choice import solver_of
from sim.engine.solvers.exact.cells import make_space
from sim.engine.solvers.families import replicate
from sim.model.compiled.model import compile_model
from sim.model.spec import Scenario
from sim.report.gallery import draw_all
from sim.runs.follow import rows
from tests.places import ROOT, VALID

CONFIGS = ("demo", "one_area", "telecare", "short_sentences", "leicestershire", "hip_replacement", "queue_patience")
TEAMS = RunWork(
    way="teams", rows=1e4, chains=5, moves=20, entries=40, worlds=2, points=60.0, history_steps=100.0, replications=10,
    counts=50, figures=6, lines=10,
)  # fmt: skip


def counted(config: str | Path, *sets: str) -> tuple[RunWork, Scenario]:
    """Count the work of a config, and load it."""
    tree = tree_of(config, sets)
    read = config_of(tree, Findings(tree))
    assert read is not None
    return work_of(read), load(config, sets)


@pytest.mark.parametrize("name", CONFIGS)
def test_what_is_counted_is_what_the_model_has(name: str) -> None:
    """Worlds, chains, steps of histories and lines exactly; kinds of move and counts of a step to a third."""
    work, scenario = counted(name)
    model, layout = scenario.worlds[0].model, layout_of(scenario)
    assert (work.worlds, work.chains, work.lines) == (len(scenario.worlds), len(model.chains), len(model.costs))
    assert work.history_steps == model.root.warm_up + sum(model.clock.steps - w.start for w in scenario.worlds)
    moves = sum(len(chain.transitions) for chain in model.chains)
    assert work.moves == pytest.approx(moves, rel=1 / 3)
    assert work.entries == pytest.approx(moves + len(model.effects) + len(model.costs), rel=1 / 3)
    counts = len(layout.states) + len(layout.flows) + len(layout.meters) + 5 * len(layout.services)
    assert work.counts == pytest.approx(counts, rel=1 / 3)


def test_steps_and_rows_are_those_that_a_replication_takes() -> None:
    """Every step of every history is watched; rows of both units are counted at the start."""
    sets = ["units.family.size=400", "replications=1"]
    work, scenario = counted("demo", *sets)
    steps: list[int] = []
    record = replicate(scenario, 0, observe=lambda step, line: steps.append(step))
    assert len(steps) == work.history_steps
    assert float(record.row_counts[0, 0].sum()) == pytest.approx(work.rows, rel=0.2)  # families and their children


def test_cases_of_a_queue_are_those_that_arrive() -> None:
    """Arrivals over warm-up and run in both worlds, within five standard errors of a Poisson number."""
    work, scenario = counted("queue_delay", "queues=per_family")
    assert work.way == "per_family"
    model = scenario.worlds[0].model
    per_world = model.root.arrivals_per_step * (model.root.warm_up + model.clock.steps)
    assert work.cases == pytest.approx(per_world * len(scenario.worlds))
    joined = float(sim.simulate(scenario)["queue"].sel(queue_count="referrals").sum())
    share = model.clock.steps / (model.root.warm_up + model.clock.steps)
    assert abs(joined - work.cases * share) < 5 * (work.cases * share) ** 0.5


def test_cells_are_those_of_the_space_or_of_the_tables() -> None:
    scenario = load("sick_sicker")
    assert solver_of(scenario).cells == len(make_space(compile_model(scenario.worlds[0].model)).keys)
    closed = solver_of(load("demo"))
    assert closed.kind == "closure"
    assert 1e4 < closed.cells < 3e6


@pytest.mark.parametrize(
    ("name", "sets"),
    [
        ("annuity", ["units.person.size=50", "replications=2"]),
        pytest.param("queue_patience", ["clock.steps=60", "replications=1"], marks=pytest.mark.slow),
        pytest.param("demo", ["units.family.size=200", "replications=1"], marks=pytest.mark.slow),
    ],
)
def test_as_many_figures_are_drawn_as_were_counted(name: str, sets: list[str], tmp_path: Path) -> None:
    work, scenario = counted(name, *sets)
    assert len(draw_all(sim.simulate(scenario), tmp_path)) == pytest.approx(work.figures, abs=1)


def test_rows_are_followed_where_the_engine_follows_them() -> None:
    assert rows.SMALL == SMALL
    for sets in (["replications=2"], ["replications=2", "units.family.size=200000"], ["solver=expect"]):
        work, scenario = counted("demo", *sets)
        sampled = scenario.solver == "simulate"
        assert work.followed == (sampled and (scenario.replications == 1 or rows.is_small(scenario)))
    assert counted("demo", "replications=1", "units.family.size=200000")[0].followed


def engine(**changes: object) -> float:
    """Give the engine's seconds with some of the work changed."""
    return cost_of(replace(TEAMS, **changes)).parts["engine"]


def test_each_term_is_proportional_to_its_work() -> None:
    """Second differences are 0 where a term is linear, and what is doubled doubles."""
    assert engine(replications=20) == pytest.approx(2 * engine())
    for name in ("rows", "history_steps", "moves", "entries"):
        one, two, three = (engine(**{name: n * getattr(TEAMS, name)}) for n in (1, 2, 3))
        assert three - two == pytest.approx(two - one)
        assert two > one
    assert engine(followed=True) > engine()
    assert engine(way="per_family", cases=2e8) == pytest.approx(2 * engine(way="per_family", cases=1e8), rel=1e-3)
    for way in ("exact", "closure"):
        none, one, two = (engine(way=way, cells=cells) for cells in (0.0, 1e5, 2e5))
        assert two - one == pytest.approx(one - none)
        assert engine(way=way, replications=50, cells=1e5) == one  # expected values are worked out once
    assert engine(way="per_family") > 10 * engine()


def test_rows_beyond_the_cache_take_longer() -> None:
    small, large, larger = (engine(rows=rows) - engine(rows=0.0) for rows in (1e5, 1e7, 1e8))
    assert large > 200 * small
    assert 10 * large < larger < 15 * large


def test_what_comes_after_the_engine_does_not_grow_with_rows() -> None:
    after = ("figures", "tables")
    few, many = cost_of(TEAMS), cost_of(replace(TEAMS, rows=1e8))
    assert [few.parts[name] for name in after] == [many.parts[name] for name in after]
    assert cost_of(replace(TEAMS, lines=20)).parts["tables"] > few.parts["tables"]
    assert cost_of(replace(TEAMS, figures=12)).parts["figures"] == pytest.approx(2 * few.parts["figures"])
    assert few.seconds == pytest.approx(sum(few.parts.values()))


def test_memory_and_disk_grow_with_what_is_held_and_kept() -> None:
    def cost(**changes: object) -> RunCost:
        return cost_of(replace(TEAMS, **changes))

    large, larger = cost(rows=1e9), cost(rows=1e10)
    assert larger.memory_mb == pytest.approx(10 * large.memory_mb, rel=0.01)
    a, b, c = (cost(replications=n).disk_mb for n in (10, 20, 30))
    assert c - b == pytest.approx(b - a)
    held = [cost(replications=n, points=1e4, counts=1e4).memory_mb for n in (16, 17, 18)]
    steps = [after - before for before, after in pairwise(held)]
    assert steps == [pytest.approx(0.16)] * 2  # beyond 16 at a time only what appraisal holds of each, 80 kB a world


def test_a_slower_machine_takes_longer_and_holds_as_much() -> None:
    here, slow = cost_of(TEAMS), cost_of(TEAMS, pace=3.0)
    assert slow.seconds == pytest.approx(3 * here.seconds)
    assert (slow.memory_mb, slow.disk_mb) == (here.memory_mb, here.disk_mb)


def test_the_machine_is_timed_by_a_few_milliseconds_of_work() -> None:
    begun = time.process_time()
    assert 0.02 < pace_here() < 50
    assert time.process_time() - begun < 0.5


HELD = {
    "teams": ("demo", []),
    "a queue step by step": ("queue_delay", ["queues=teams", "clock.steps=20000"]),
    "one process a family": ("one_area", ["replications=1", "clock.steps=24"]),
    "exact": ("hiv", ["solver=expect"]),
    "closure": ("demo", ["solver=expect"]),
    "a textbook chain": ("hip_replacement", []),
}


MEASURE = """
import os, subprocess, sys
child = subprocess.Popen(sys.argv[1:])
_, status, used = os.wait4(child.pid, 0)
print(used.ru_utime + used.ru_stime, used.ru_maxrss / 1e3)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Runs a command from a small process: Linux counts what the process that starts one holds among what it held."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", HELD)
def test_estimates_hold_to_a_factor_of_two(kind: str, tmp_path: Path) -> None:
    """CPU seconds of the whole command, memory, and disk (to 3 MB); the machine may stumble, so three tries."""
    config, sets = HELD[kind]
    options = [word for one in sets for word in ("--set", one)]
    for attempt in range(3):
        work, scenario = counted(config, *sets)
        if scenario.solver == "expect":
            solver = solver_of(scenario)
            work = replace(work, way=solver.kind, cells=float(solver.cells * work.worlds))
        said = cost_of(work, pace_here())
        out = tmp_path / f"run_{attempt}"
        command = [sys.executable, "-m", "sim.cli", "run", config, "--quiet", "--out", str(out), *options]
        measured = [sys.executable, "-S", "-c", MEASURE, *command]
        child = subprocess.run(
            measured, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True, check=True
        )
        took, held = (float(figure) for figure in child.stdout.splitlines()[-1].split())
        kept = sum(path.stat().st_size for path in out.rglob("*") if path.is_file()) / 1e6
        ratios = (said.seconds / took, said.memory_mb / held, (said.disk_mb + 3) / (kept + 3))
        if all(0.5 < ratio < 2.0 for ratio in ratios):
            return
    pytest.fail(f"estimate over actual of time, memory and disk: {ratios}; {said}")


def test_a_valid_config_is_counted_without_being_translated() -> None:
    """So that the absurd is refused before anything is allocated."""
    work, _ = counted(VALID)
    assert cost_of(work).seconds < 60
