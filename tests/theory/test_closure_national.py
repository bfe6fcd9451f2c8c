"""The closure on the national model: what must hold whatever its size, checked on a short run.

Rows are conserved in every table; tables that share something agree on it (else the tilt or a follower leaks); a
queue's arrivals are those admitted, left or waiting; and a Dataset without chance has no intervals.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

import sim
from sim.engine.counts.layout import layout_of
from sim.engine.counts.record import QUEUE_COUNTS, Record
from sim.engine.feedback import Drive
from sim.engine.solvers.closure.plan import Options
from sim.engine.solvers.closure.run import closure_record, prepare
from sim.engine.solvers.closure.solve import ClosureHistory, open_history
from sim.engine.solvers.families import replicate
from sim.engine.teams.posts import Posts
from sim.engine.teams.staffing import TeamPlan, settled_share
from sim.engine.teams.workforce import Workforce
from sim.model.spec import Scenario

NATIONAL = "configs/scenarios/national.yaml"
SHORT = ("units.family.warm_up=3 months", "clock.steps=30", "effect_set=measured")


@cache
def national() -> Scenario:
    whole = sim.load(NATIONAL, SHORT)
    worlds = tuple(world for world in whole.worlds if world.regime in ("siloed", "integrated"))
    return replace(whole, worlds=worlds, solver="expect", replications=1)


@cache
def record() -> Record:
    return closure_record(national())


@cache
def history() -> ClosureHistory:
    """The integrated regime some months after it began: everything moves."""
    plan, compiled = prepare(national(), Options())
    compiled = {name.split("/")[0]: one for name, one in compiled.items()}
    run = open_history(plan, compiled["siloed"])
    while run.step < 3:
        run.advance()
    run = run.fork(compiled["integrated"])
    while run.step < 9:
        run.advance()
    return run


def test_the_national_model_is_solved_by_closure_and_says_why():
    solver = sim.solver_of(national())
    assert solver.kind == "closure"
    assert "history window" in solver.reason


def test_a_model_that_neither_solver_holds_is_refused_with_its_reason():
    arrivals = sim.load("configs/textbook/queue_patience.yaml")
    assert sim.solver_of(arrivals).kind == "refused"
    with pytest.raises(sim.ModelError, match="rows that arrive from outside"):
        sim.expect(arrivals)


def test_rows_are_conserved_in_every_table():
    run = history()
    children = run.ages.shares @ run.ages.present.sum(axis=1)
    for table, cells in zip(run.plan.tables, run.joint.cells, strict=True):
        assert cells.sum() == pytest.approx(children if table.child else 1.0, rel=1e-9), table.name
        assert cells.min() > -1e-12, table.name


def test_tables_agree_on_what_they_share():
    # Families' tables follow the core's flows exactly. Families whose children have all grown up are replaced: a table
    # that holds a mix knows who they are, one that tells the number of children how many, others the average alone.
    run = history()
    margins, core = run.plan.margins, run.plan.core
    for table, cells in zip(run.plan.tables[1:], run.joint.cells[1:], strict=True):
        if table.child:
            continue
        margin = tuple(v for v in margins.shared(core, table.variables) if v is not run.plan.number)
        mine, theirs = margins.onto(cells, table.variables, margin), margins.onto(run.joint.cells[0], core, margin)
        mixed = any(v.kind == "mix" for v in table.variables)
        bound = 2e-3 if mixed else 1e-9 if run.plan.number in table.variables else 1e-4
        assert np.abs(mine - theirs).max() < bound, table.name


def test_waiting_lists_and_staff_balance():
    solved = record()
    queue = {name: solved.queue[..., i] for i, name in enumerate(QUEUE_COUNTS)}
    np.testing.assert_allclose(queue["joined"], queue["admitted"] + queue["left"] + queue["waiting"], atol=1e-6)
    np.testing.assert_allclose(solved.waits.sum(axis=-1), queue["admitted"], rtol=1e-6, atol=1e-6)
    engaged, places = solved.team[:, -1, :, 2], solved.team[:, -1, :, 1]
    assert np.all(engaged <= places * 1.02 + 1.0)
    assert solved.stocks.min() > -1e-6


def test_a_dataset_without_chance_has_no_intervals():
    summary = sim.summarise(sim.to_dataset(national(), layout_of(national()), [record()]))
    assert summary["interval"] is None
    siloed = next(iter(summary["regimes"].values()))["cost_per_family_year"]["narrow"]
    assert siloed["mean"] > 10_000
    assert siloed["low"] is None
    assert siloed["high"] is None


def test_posts_are_the_mean_of_the_workforce():
    # 400 areas of 10 posts: the standard error of the mean over areas is about 0.3% (the binomial share at work), so
    # five of them bound the difference at any of 30 steps.
    areas = 400
    workers, more = np.full(areas, 10.0), np.full(areas, 16.0)
    plan = TeamPlan("help", workers, 6.0, 0.6, 3.5, 1.0, 0.0, schedule=((10, more),))
    posts, force = Posts.of(plan, 1 / 12, 0), Workforce([plan], 1 / 12, 7)
    assert posts.working == pytest.approx(4000 * settled_share(plan, 1 / 12))
    for step in range(30):
        posts.advance(step, Drive())
        staff = force.advance(step)["help"]
        assert posts.working == pytest.approx(staff.working.sum(), rel=0.015), step
        assert posts.paid == pytest.approx(staff.worker_steps.sum(), rel=0.015), step


@pytest.mark.slow
def test_the_national_model_agrees_with_simulate():
    # Two replications. Tolerances are those of docs/solvers.md and the standard error of chance on top (four of them).
    scenario = replace(national(), solver="simulate", replications=2)
    counted = np.stack([replicate(scenario, r).stocks for r in range(2)])
    mean, error = counted.mean(axis=(0, 2)), counted.mean(axis=2).std(axis=0, ddof=1) / np.sqrt(2)
    solved = record().stocks.mean(axis=1)
    layout = layout_of(scenario)
    allowed = {"family": 0.01, "child": 0.03}
    for s, (unit, chain, state) in enumerate(layout.states):
        service = scenario.worlds[0].model.chain(chain).service
        rows = dict(layout.rows)["family"]
        if service is None:
            for w in range(2):
                bound = allowed[unit] * mean[w, s] + 4.0 * error[w, s] + 0.001 * rows
                assert abs(solved[w, s] - mean[w, s]) < bound, (chain, state, layout.worlds[w])
