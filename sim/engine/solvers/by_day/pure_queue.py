"""Pure queueing models (one service, arrivals from outside, nothing else) case by case, in the form of a ``Record``."""

from __future__ import annotations

import time

import numpy as np

from sim.engine.counts.layout import layout_of
from sim.engine.counts.record import QUEUE_COUNTS, TEAM_SERIES, WAIT_DAYS, Layout, Record, empty_record
from sim.engine.fate.draws import key
from sim.engine.solvers.by_day.queue import Queue, QueueResult, simulate_queue
from sim.errors import ModelError
from sim.model.pathway import DROPPED_OUT, ENTRY, WAITING, helps
from sim.model.spec import Chain, Model, Scenario, Transition
from sim.units import DAYS_PER_YEAR


def replicate_queue(scenario: Scenario, replication: int) -> Record:
    """Simulate one replication of every world of a pure queueing model in continuous time.

    Returns
    -------
        A record with waits (whole steps), queue counts of those who arrived after the warm-up, and mean places, cases
        and queue at every step. Stocks and moves are NaN: a queue in continuous time has none at points.

    Raises
    ------
    ModelError
        When a world is more than a pure queue; says what a pure queue has.
    """
    started = time.process_time()
    layout = layout_of(scenario)
    record = empty_record(layout)
    record.stocks[:], record.flows[:], record.row_counts[:] = np.nan, np.nan, np.nan
    stream, days = key(scenario.seed, "replication", replication), []
    for w, world in enumerate(scenario.worlds):
        queue, warm_up = queue_of(world.model), float(world.model.root.warm_up)
        horizon = warm_up + world.model.clock.steps
        result = simulate_queue(queue, horizon, warm_up, stream)
        _fill(record, layout, w, queue, result)
        in_days = (result.waits * world.model.clock.step_years * DAYS_PER_YEAR).astype(np.int64)
        days.append(np.bincount(np.minimum(in_days, WAIT_DAYS - 1), minlength=WAIT_DAYS)[None].astype(np.float64))
    record.wait_days = np.stack(days)
    record.replication, record.engine_seconds = replication, time.process_time() - started
    return record


def is_pure_queue(model: Model) -> bool:
    """Say whether a model is nothing but a queue: arrivals, places for good, one length of help, perhaps patience."""
    chains = [chain for chain in model.chains if chain.is_gated]
    if len(model.chains) != 1 or not chains or model.root.arrivals_per_step <= 0 or model.effects:
        return False
    chain = chains[0]
    assert chain.service is not None
    team, states = chain.service.team, {state for state in chain.states if not helps(state)}
    drops_out = any(helps(move.source) and move.target == DROPPED_OUT for move in chain.transitions)
    return (
        states <= {*ENTRY, WAITING}
        and not drops_out
        and len(model.areas.names) == 1
        and team is not None
        and not (team.turnover_per_year or team.absence or team.funding)
    )


def queue_of(model: Model) -> Queue:
    """Read a model as a queue: arrivals, places, mean time of help and patience, in steps; a case comes once."""
    if not is_pure_queue(model):
        raise ModelError(
            "this is more than a queue: a pure queue has one discretionary service with a team of fixed size, arrivals "
            "from outside (arrive), help and patience of a plain length, and no other chains or effects"
        )
    chain = model.chains[0]
    assert chain.service is not None
    assert chain.service.team is not None
    team = chain.service.team
    stages = [chain.states[i] for i in chain.engaged]
    patience = [t for t in chain.transitions if (t.source, t.target) == (WAITING, DROPPED_OUT)]
    stage = _mean_steps(chain, next(t for t in chain.transitions if t.source == stages[0]), model)
    return Queue(
        arrival_rate=model.root.arrivals_per_step,
        places=round(sum(team.workers.values()) * team.caseload),
        service_mean=stage * len(stages),
        stages=len(stages),
        patience_mean=_mean_steps(chain, patience[0], model) if patience else None,
    )


def _mean_steps(chain: Chain, move: Transition, model: Model) -> float:
    """Give the mean time to a move in steps: its hazard was set so that 1 / (1 - exp(-hazard)) is that mean."""
    if move.expression is None or move.expression.root.kind != "number":
        raise ModelError(f"services.{chain.name}: queues: per_family needs plain durations")
    return float(-1.0 / np.expm1(-move.expression.root.value * model.clock.step_years))


def _fill(record: Record, layout: Layout, w: int, queue: Queue, result: QueueResult) -> None:
    """Write what became of the cases into one world's arrays."""
    bins = np.minimum(result.waits.astype(np.int64), layout.wait_bins - 1)
    record.waits[w, 0] = np.bincount(bins, minlength=layout.wait_bins)
    counts = dict.fromkeys(QUEUE_COUNTS, 0.0) | {
        "referrals": result.arrived,
        "refused": result.refused,
        "joined": result.arrived - result.refused,
        "admitted": result.admitted,
        "left": result.left,
        "waiting": result.waiting,
    }
    record.queue[w, 0] = [counts[name] for name in QUEUE_COUNTS]
    series = {"workers": np.nan, "places": queue.places, "engaged": result.occupancy * queue.places}
    series["waiting"] = result.mean_queue
    record.team[w, :, 0] = [series[name] for name in TEAM_SERIES]
