"""First states of newcomers, by age and by time in state, and what fires: closed forms and agreement of all tables.

A child's chain without moves holds its share at the start within its ages, and nobody outside them, whoever comes,
grows up or is born. A row that takes a place has been in its state for no time. A table that holds a chain holds the
shares of the chain's own table, fired moves included. All at rounding, but for families of several children: whose last
child has left is not known and taken to be those with none in trouble, which is off by a thirteenth of those in it.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.config.loading import load
from sim.engine.solvers.choice import solve
from sim.engine.solvers.closure.axes import Variable
from sim.engine.solvers.closure.plan import Options, TablePlan
from sim.engine.solvers.closure.run import prepare
from sim.engine.solvers.closure.solve import ClosureHistory, open_history
from sim.engine.solvers.exact.expect import expect_record
from sim.engine.solvers.families import layout

CHILDREN = """
title: Children who grow out of trouble
sources: optional
clock: {step: month, steps: 60}
units:
  family: {size: 1000, leaves: {rate: 0.5, replace: true}}
  child: {of: family, number: children, age: {months: [0, 23]}, leaves: {age: 2 years}, births: BIRTHS}
traits: {children: NUMBERS}
chains:
  worry: {states: [calm, worried], rates: {calm -> worried: "0.2 + any(trouble == on)", worried -> calm: 1}}
  trouble: {of: child, ages: [0, 1], states: [off, on], start: {on: 0.3}, rates: {on -> off: 0}}
"""
SHARE, GROWN_OUT = 0.3, 12


def opened(path: Path) -> ClosureHistory:
    scenario = load(path)
    (world,) = scenario.worlds
    plan, compiled = prepare(scenario, Options())
    return open_history(plan, compiled[world.name])


def margin(history: ClosureHistory, table: TablePlan, variable: Variable) -> np.ndarray:
    """Sum a table to one of its variables."""
    return history.plan.margins.onto(history.joint.cells[table.at], table.variables, (variable,))


@pytest.mark.parametrize(
    ("numbers", "births", "near"),
    [("{1: 1}", "0", 1e-12), ("{2: 0.5, 3: 0.5}", "0", 0.08), ("{2: 0.5, 3: 0.5}", "4.0", 0.08)],
    ids=["one child", "several", "several, and born"],
)
def test_within_its_ages_a_chain_keeps_its_share_at_the_start(
    numbers: str, births: str, near: float, tmp_path: Path
) -> None:
    """By the table of children to rounding; by families' mixes of children as near as is said, of those inside."""
    path = tmp_path / "children.yaml"
    path.write_text(CHILDREN.replace("NUMBERS", numbers).replace("BIRTHS", births), encoding="utf-8")
    history = opened(path)
    (mix,) = history.plan.mixes.values()
    for _ in range(60):
        inside = history.ages.mean(history.ages.present)[:GROWN_OUT].sum()  # children per family
        assert history.stock("trouble")[1] == pytest.approx(SHARE * inside, rel=1e-11)
        (table,) = [t for t in history.plan.tables if mix.variable in t.variables]
        in_trouble = margin(history, table, mix.variable) @ mix.members[:, mix.class_of[1]]
        assert in_trouble == pytest.approx(SHARE * inside, rel=near)
        history.advance()


TENURE = """
title: Time in state of newcomers
sources: optional
clock: {step: month, steps: 30}
units: {case: {size: 1000, leaves: {rate: 2, replace: true}}}
chains: {a: {states: [in, out], probabilities: {in -> out: k == 3}}}
"""


def test_a_newcomer_has_been_in_its_state_for_no_time(tmp_path: Path) -> None:
    """Time in state counts from the end of the step of coming, as for who moves: who is in it came in the last four."""
    path = tmp_path / "tenure.yaml"
    path.write_text(TENURE, encoding="utf-8")
    record, solver = solve(load(path))
    assert solver.kind == "closure"
    inside = record.stocks[0][:, [name[2] for name in layout(load(path)).states].index("in")] / 1000
    q = -np.expm1(-2 / 12)
    assert inside[:4] == pytest.approx(1.0)
    assert inside[8:] == pytest.approx(1 - (1 - q) ** 4, rel=1e-12)


FIRES = """
title: Evictions that bring a crisis
sources: optional
clock: {step: month, steps: 60}
units: {family: {size: 1000}}
chains:
  housing:
    states: [secure, at_risk, evicted]
    start: {at_risk: 0.2}
    rates: {secure -> at_risk: 0.4, "[secure, at_risk] -> evicted": 0.3, evicted -> secure: 2}
    fires: {any -> evicted: ["crisis: acute with 0.2 + 0.4 * (cycle < 30)"]}
  crisis:
    states: [stable, strained, acute]
    start: {strained: 0.3}
    rates: {stable -> strained: 0.6, strained -> stable: 0.8, strained -> acute: 0.8, acute -> strained: 1.5}
  drink: {states: [no, yes], rates: {no -> yes: 0.2, yes -> no: 0.7}}
  quarrel: {states: [no, yes], rates: {no -> yes: 0.2, yes -> no: 0.7}}
effects:
  - {name: trouble, on: [drink.worsen, quarrel.worsen], when: crisis >= strained, times: 2}
order: [drink, quarrel, housing, crisis]
"""
HOMELESS = "effects:\n  - {name: homeless, on: drink.worsen, when: housing == evicted, times: 3}"


@pytest.mark.parametrize(("effects", "with_both", "with_crisis"), [("effects:", 1, 3), (HOMELESS, 3, 0)])
def test_every_table_follows_what_fires(effects: str, with_both: int, with_crisis: int, tmp_path: Path) -> None:
    """Also tables without what set it off: a chain has one stock, and the stock changes by the moves that are counted.

    Two moves set off the same fire, with a probability, and nobody comes or goes; against exact cells, what does not
    depend on tables that hold less.
    """
    path = tmp_path / "fires.yaml"
    path.write_text(FIRES.replace("effects:", effects), encoding="utf-8")
    history = opened(path)
    plan, joint, exact = history.plan, history.joint, expect_record(load(path))
    crisis, housing = plan.chains["crisis"], plan.chains["housing"]
    assert sum(crisis in t.variables and housing in t.variables for t in plan.tables) == with_both
    assert sum(crisis in t.variables and housing not in t.variables for t in plan.tables) == with_crisis
    names = [name[1] for name in layout(load(path)).states]
    for point in range(1, 60):
        before = {name: history.stock(name) for name in joint.chains}
        history.advance()
        for name in joint.chains:
            moved = history.moves(name)
            change = moved.sum(axis=0) - moved.sum(axis=1)
            np.testing.assert_allclose(history.stock(name) - before[name], change, rtol=0, atol=1e-12)
        for table in plan.tables:
            for variable in (v for v in table.variables if v.kind == "chain"):
                shares = margin(history, table, variable)
                np.testing.assert_allclose(shares, history.stock(variable.name), rtol=0, atol=1e-12)
        for name in ("housing", "crisis"):
            cells = exact.stocks[0, point, [i for i, own in enumerate(names) if own == name]] / 1000
            np.testing.assert_allclose(history.stock(name), cells, rtol=0, atol=1e-12)
