"""The tilt: how much faster some cells of a table move than others, for reasons that its owner does not hold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.solvers.closure.joint import Joint
from sim.engine.solvers.closure.plan import TablePlan
from sim.engine.solvers.closure.space import Names, divide, front, last_first
from sim.model.compiled.scope import Moment, Source
from sim.model.compiled.tables import Tables

Tilt = tuple[Names, FloatArray]


def tilt_of(
    joint: Joint, chain: str, state: int, pairs: list[tuple[int, int]], at: int, u: int, now: Moment | None
) -> Tilt | None:
    """Give how much faster a table's cells move than others, by drivers that the owner does not hold: (move, *names).

    Parameters
    ----------
    joint
        The tables.
    chain, state, pairs
        The chain, the state that is left and the moves (from, to) out of it.
    at, u
        The table that owns the chain, and the one that follows.
    now
        The moment; None for moves that no hazard makes.
    """
    plan, law = joint.plan, joint.laws[chain]
    if now is None or not plan.options.tilt or state not in law.moves:
        return None
    tables = law.tables(now)
    kept = joint.tilts.get((chain, state, u))
    if kept is not None and kept[0] is tables:
        return kept[1]
    mine, other = plan.tables[at], plan.tables[u]
    siblings = _siblings(joint, chain, mine, other)
    order = [(m.source, m.target) for m in law.moves[state]]
    which = [order.index(pair) if pair in order else 0 for pair in pairs]
    names: Names = ()
    result: FloatArray | None = None
    for its, part in _parts(joint, chain, state, tables, siblings, mine, other):
        joined = tuple(n for n in other.names if n in names or n in its)
        times = line_up(part[which], its, joined)
        result = times if result is None else line_up(result, names, joined) * times
        names = joined
    tilt = None if result is None else (names, result)
    if not siblings:  # what siblings do changes from step to step
        joint.tilts[chain, state, u] = (tables, tilt)
    return tilt


def _siblings(joint: Joint, chain: str, mine: TablePlan, other: TablePlan) -> list[Source]:
    """List the counts over children that a child of the following table is among."""
    if mine.child or not other.child:
        return []
    kin = {count: mix.chain for mix in joint.plan.mixes.values() for count in mix.truths}
    return [s for s in joint.laws[chain].sources() if s.kind == "count" and kin[s.name] in other.names]


def _private(joint: Joint, chain: str, mine: TablePlan, other: TablePlan) -> list[Source]:
    """List the drivers that the following table holds and the owner's does not."""
    law = joint.laws[chain]
    return [
        s
        for s in law.sources()
        if s.kind not in ("k", "age")
        and joint.inside(s, other, law) is not None
        and (joint.inside(s, mine, law) is None or mine.child != other.child)
        and not (s.kind in ("chain", "trait") and s.name in mine.names)
    ]


def _parts(
    joint: Joint, chain: str, state: int, tables: Tables, siblings: list[Source], mine: TablePlan, other: TablePlan
) -> Iterator[Tilt]:
    """Give what each group of private drivers multiplies the moves by, over names of the following table."""
    law = joint.laws[chain]
    seen: list[Source] = []
    for source in (*siblings, *_private(joint, chain, mine, other)):
        found = law.factor(tables, state, source)
        if source in seen or found is None:
            continue
        sources, part = found
        seen += sources
        if source not in siblings:
            yield _held(joint, chain, other, sources, part)
        elif len(sources) == 1:
            names, known = joint.known(source, other, law, state)
            order = sorted(range(len(names)), key=lambda i, names=names: other.names.index(names[i]))  # type: ignore[misc]
            yield tuple(names[i] for i in order), last_first(known @ part.T).transpose(0, *(1 + i for i in order))


def _held(joint: Joint, chain: str, other: TablePlan, sources: list[Source], part: FloatArray) -> Tilt:
    """Write a group's factors, (move, *classes), over the names of a table; the mean over what it does not hold."""
    inside = [joint.inside(s, other, joint.laws[chain]) for s in sources]
    for i in reversed(range(len(inside))):
        if inside[i] is None:
            part = part.mean(axis=1 + i)
    held = [found for found in inside if found is not None]
    names = tuple(n for n in other.names if n in {name for name, _ in held})
    index: list[IntArray] = [
        classes.astype(np.intp).reshape([-1 if n == name else 1 for n in names]) for name, classes in held
    ]
    return names, part[(slice(None), *index)]  # type: ignore[arg-type]


def tilted(
    joint: Joint, chain: str, u: int, stages: IntArray, p: FloatArray, names: Names, tilt_names: Names, tilt: FloatArray
) -> tuple[FloatArray, Names]:
    """Tilt chances in a table and scale them so that on average over what both share they are as they were."""
    plan, space = joint.plan, joint.plan.space
    table = plan.tables[u]
    rest = tuple(n for n in table.names if n != chain)
    here = front(joint.mass[u], table.names.index(chain))[stages].sum(axis=0)
    if chain in tilt_names:
        tilt = np.take(tilt, int(stages[0]), axis=1 + tilt_names.index(chain))
    tilt_names_ = tuple(n for n in tilt_names if n != chain)
    carriers = {space.carrier(n, rest) for n in (*names, *tilt_names_)}
    joined = tuple(n for n in rest if n in carriers)
    small = space.onto(here, rest, joined)
    return scaled(joint, p, names, tilt, tilt_names_, joined, small), joined


def scaled(
    joint: Joint, p: FloatArray, names: Names, tilt: FloatArray, tilt_names: Names, joined: Names, small: FloatArray
) -> FloatArray:
    """Turn chances given ``names`` to hazards, tilt them, and turn them back with the mean over ``names`` kept.

    ``small`` weighs the cells (*joined); the result is (move, *joined).
    """
    space = joint.plan.space
    leave = np.minimum(p.sum(axis=0), 1.0 - 1e-12)
    hazard = p * divide(-np.log1p(-leave), leave)
    whole = space.onto(small, joined, names)
    tilted = []
    for h, t in zip(hazard, tilt, strict=True):
        cells = np.broadcast_to(space.over(t, tilt_names, joined), small.shape)
        mean = divide(space.onto(cells * small, joined, names), whole)
        tilted.append(cells * space.over(divide(h, mean), names, joined))
    total = np.asarray(np.stack(tilted).sum(axis=0))
    share = divide(-np.expm1(-total), total)
    chances = []
    for q, t in zip(p, tilted, strict=True):
        mean = divide(space.onto(t * share * small, joined, names), whole)
        chances.append(np.minimum(t * share * space.over(divide(q, mean), names, joined), 1.0))
    return np.stack(chances)


def line_up(value: FloatArray, names: Names, joined: Names) -> FloatArray:
    """Reshape (move, *names) to broadcast over (move, *joined)."""
    return value.reshape([value.shape[0]] + [value.shape[1 + names.index(n)] if n in names else 1 for n in joined])
