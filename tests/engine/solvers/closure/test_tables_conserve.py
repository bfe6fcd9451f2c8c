"""Every table of the closure holds all families, or all children, at every step: 200 steps, exact at 1e-12.

Tables of families sum to 1 a family, with the shares of each trait that nobody's fate changes: whoever replaces a
family is drawn like it. (Where a table holds what becomes of a family's children it is not known whose last child has
left; those are taken to be among families with none in trouble, and shares keep to a thousandth.) Tables of children
sum to the children who are there, by age. Families are replaced, children
come of age and are born, rows are fired, services with scarce places end and begin.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.config.loading import load
from sim.engine.solvers.closure.plan import Options
from sim.engine.solvers.closure.run import prepare
from sim.engine.solvers.closure.solve import ClosureHistory, open_history
from tests.places import TOY

ASK = "['keyworker: waiting -> dropped_out', 'need_service: waiting -> dropped_out']"
HELD = (  # what the closure can hold of the toy; both services ask who else helps
    "chains.crisis.start={strained: 0.3}", "chains.care.fires=null", "services.need_service.fires=null",
    "chains.housing.fires={any -> evicted: ['crisis: acute']}", "effects.fading.times=0.8",
    "remember.bad_months.window=3", f"effects.pillar to post.on={ASK}", "clock.steps=188",
)  # fmt: skip
FAST = (  # children grow up within the run, so that families are replaced because the last child has left, too
    "units.child.age={months: [0, 20]}", "units.child.leaves={age: 2 years}",
    "units.family.leaves={rate: 0.6, replace: true}",
    "chains.care.ages=[0, 2]", "chains.school.ages=[1, 2]", "feedback=null",
)  # fmt: skip


def opened(*sets: str) -> ClosureHistory:
    scenario = load(TOY, [*HELD, *sets])
    world = scenario.worlds[0]
    plan, compiled = prepare(replace(scenario, worlds=(world,)), Options())
    return open_history(plan, compiled[world.name])


def assert_whole(history: ClosureHistory) -> None:
    """Sum each table; and each of its traits, which stay as they were."""
    plan, ages = history.plan, history.ages
    children = ages.mean(ages.present)  # by age, per family
    for table in plan.tables:
        cells, onto = history.joint.cells[table.at], plan.margins.onto
        assert cells.min() >= -1e-12
        assert cells.sum() == pytest.approx(children.sum() if table.child else 1.0, abs=1e-11)
        if table.child and table.band and table.age is not None:
            by_band = children.reshape(-1, table.band).sum(axis=1)
            np.testing.assert_allclose(onto(cells, table.variables, (table.age,)), by_band, rtol=0, atol=1e-2)
        for variable in table.variables:
            if variable.kind == "trait" and not table.child:
                trait = history.compiled.model.trait(variable.name)
                shares = np.array(trait.shares) / sum(trait.shares)
                near = 1e-3 if any(v.kind == "mix" for v in table.variables) else 1e-11
                np.testing.assert_allclose(onto(cells, table.variables, (variable,)), shares, rtol=0, atol=near)


def test_tables_hold_everybody() -> None:
    history = opened(*FAST)
    replaced = 0.0
    for _ in range(200):
        before = {name: history.stock(name) for name in history.joint.chains}
        history.advance()
        assert_whole(history)
        for name, chain in history.joint.chains.items():
            stock, unit = history.stock(name), history.rows(chain.unit)
            assert stock.sum() == pytest.approx(unit, abs=1e-11), name
            moved = history.moves(name)
            change = moved.sum(axis=0) - moved.sum(axis=1)  # beside who comes and goes
            assert moved.min() >= 0
            replaced = max(replaced, float(np.abs(stock - before[name] - change).max()))
    assert replaced > 1e-4
