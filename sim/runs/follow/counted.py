"""What the meters of a model count of single rows: counts times weights, summed to the rows of the root unit.

A meter on a state or a move is a number in a table (old state, new state) of its chain; what children count is summed
to their family. A post is nobody's in particular: it is shared equally among the cases that its service holds.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.arrays import FloatArray
from sim.engine.people.population import Rows
from sim.model.spec import Meter
from sim.runs.follow.snapshot import Snapshot


def add_up(
    totals: FloatArray, weights: Mapping[str, FloatArray], meters: Mapping[str, Meter], now: Snapshot
) -> None:  # fmt: skip
    """Add to the totals of each root row what meters count of it in a step, times their weights.

    Meters of one chain are looked up together, those that no single chain decides first.

    Parameters
    ----------
    totals
        Added to in place, (total, row).
    weights
        Meter -> what one count adds to each total, (total,).
    meters
        All meters by name.
    now
        The world after the step.
    """
    tables: dict[str, FloatArray] = {}  # (total, old state, new state)
    for name, weight in weights.items():
        meter = meters[name]
        rows = _rows_counted(meter, now)
        if rows is not None:
            totals += weight[:, None] * rows
            continue
        chain, table = _pairs_counted(meter, now)
        tables[chain] = tables.get(chain, 0.0) + weight[:, None, None] * table
    for chain, by_total in tables.items():
        rows_of_chain = now.rows_of(chain)
        for k, table in enumerate(by_total):
            # Most meters are on being in a state, wherever one comes from; states are never out of range.
            is_state = (table == table[0]).all()
            amount = table[0].take(now.states[chain], mode="clip") if is_state else table.take(now.pairs(chain))
            amount *= rows_of_chain.active
            totals[k] += _per_root_row(amount, rows_of_chain, now.root)


def _rows_counted(meter: Meter, now: Snapshot) -> FloatArray | None:
    """Count a meter that no single chain decides, row by row of the root unit; None for the others."""
    if meter.kind == "while" and now.states_counted(meter) is None:
        rows, holds = now.rows_counted(meter)
        return _per_root_row(holds, rows, now.root)
    if meter.kind == "per" and meter.what == "row":
        rows = now.rows(meter.unit)
        return _per_root_row(rows.active.astype(np.float64), rows, now.root)
    return None


def _pairs_counted(meter: Meter, now: Snapshot) -> tuple[str, FloatArray]:
    """Say which moves of which chain a meter counts, and how much each, (old state, new state)."""
    held = now.states_counted(meter) if meter.kind == "while" else None
    if held is not None:
        chain, states_held = held
        return chain, np.tile(states_held.astype(np.float64), (len(states_held), 1))
    states = now.state_names(meter.chain)
    table = np.zeros((len(states), len(states)))
    if meter.kind == "on":
        for a, b in meter.moves:
            table[states.index(a), states.index(b)] = 1.0
    elif meter.what == "start":
        helped = now.engaged(meter.chain)
        table[np.ix_(~helped, helped)] = 1.0
    elif meter.what in ("case", "worker", "place"):
        table[:, now.engaged(meter.chain)] = 1.0 if meter.what == "case" else _posts_a_case(meter, now)
    return meter.chain, table


def _posts_a_case(meter: Meter, now: Snapshot) -> float:
    """Share the posts (or places) of this step among the cases."""
    staff, cases = now.staff(meter.chain), now.cases(meter.chain)
    if staff is None or not cases:
        return 0.0
    return float((staff.worker_steps if meter.what == "worker" else staff.places).sum()) / cases


def _per_root_row(amount: FloatArray, rows: Rows, root: Rows) -> FloatArray:
    """Sum amounts of rows to the root rows that they belong to."""
    if rows is root:
        return amount
    return np.bincount(rows.parent, weights=amount, minlength=root.n).astype(np.float64)
