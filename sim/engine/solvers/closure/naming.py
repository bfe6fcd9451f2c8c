"""The names of a plan: stages of chains, memories as histories, mixes of children, bands of age, classes of helpers."""

from __future__ import annotations

from functools import reduce
from math import comb, gcd

import numpy as np

from sim.arrays import BoolArray
from sim.engine.moves.consequences import plain
from sim.engine.solvers.closure.hazards import Law
from sim.engine.solvers.closure.mixes import make_history, make_mix
from sim.engine.solvers.closure.plan import Plan, Stages
from sim.errors import ModelError
from sim.model.compiled.grid import max_children
from sim.model.compiled.model import Compiled, first_moment
from sim.model.compiled.scope import Source, moment
from sim.model.spec import Chain, Model


def add_names(plan: Plan, compiled: list[Compiled], laws: list[dict[str, Law]]) -> None:
    """Register traits, chains with their stages, memories and mixes."""
    model = plan.model
    for trait in model.traits:
        plan.space.add(trait.name, len(trait.values))
    for chain in model.chains:
        plan.stages[chain.name] = _stages(chain, [one[chain.name] for one in laws])
        plan.space.add(chain.name, len(plan.stages[chain.name].state))
    sources = {source for reads in plan.reads.values() for source in reads}
    for memory in model.memories:
        axes = [
            one[c].axis(s) for one in laws for c in one for s in one[c].sources() if s == Source("memory", memory.name)
        ]
        if axes:
            most = max(int(np.flatnonzero(np.diff(axis.classes)).max()) + 1 for axis in axes)
            if sum(comb(memory.window, k) for k in range(most + 1)) > 2_000:
                raise ModelError(f"memory {memory.name}: {most} of {memory.window} steps are too many histories")
            plan.histories[memory.name] = make_history(memory.name, memory.window, most)
            plan.space.add(memory.name, plan.histories[memory.name].size)
    marks: dict[str, dict[str, BoolArray]] = {}
    for source in sorted(s for s in sources if s.kind == "count"):
        chain_name, mark = _counted(compiled, source.name)
        marks.setdefault(chain_name, {})[source.name] = mark
    for name, its in marks.items():
        chain = model.chain(name)
        numbers = _numbers(model)
        plan.mixes[name] = mix = make_mix(name, numbers, its, _narrow(model, chain))
        plan.space.add(f"{name}#", len(mix.number))
        if plan.number:
            plan.space.add_coarser(f"{name}#", plan.number, mix.number)
        plan.space.add_coarser(name, f"{name}^", mix.class_of[plan.stages[name].state])


def _numbers(model: Model) -> list[int]:
    number = model.units[1].number
    trait = next((t for t in model.traits if t.name == number), None)
    return [int(v) for v in trait.values] if trait else [max_children(model)]


def _narrow(model: Model, chain: Chain) -> bool:
    """Say whether children move in a chain only for part of their lives."""
    life = model.units[1].leaves_age_steps
    return chain.ages_steps is not None and not (chain.ages_steps[0] <= 0 and life and chain.ages_steps[1] >= life)


def _counted(compiled: list[Compiled], source: str) -> tuple[str, BoolArray]:
    """Find which states of which chain a count over children counts."""
    for one in compiled:
        if source in one.counts:
            condition = one.conditions[one.counts[source]]
            told = plain(one, condition, condition.truth(one.codes, first_moment(one)))
            if told is None or condition.clocked:
                raise ModelError(f"count({source}) reads more than the states of one chain")
            return told.chain, told.states
    raise ModelError(f"count({source}) is not compiled")


def _stages(chain: Chain, laws: list[Law]) -> Stages:
    """Unfold the states in which the time spent there matters."""
    states, steps = [], []
    own_k = Source("k", chain.name)
    for i in range(len(chain.states)):
        last = 0
        for law in laws:
            if own_k in law.sources() and i in law.moves:
                classes = law.axis(own_k).classes
                last = max(last, int(np.flatnonzero(np.diff(classes)).max(initial=-1)) + 1) if _times(law, i) else last
        unfolded = range(-1, last + 1) if last else range(1)
        states += [i] * len(unfolded)
        steps += list(unfolded)
    return Stages(np.array(states), np.array(steps))


def _times(law: Law, state: int) -> bool:
    """Say whether the time in a state matters for its moves."""
    k = Source("k", law.program.chain.name)
    now = moment(law.program.reader.model, 0, dict.fromkeys(law.program.clock_names, 0.0))
    found = law.factor(law.tables(now), state, k)
    if found is None:
        return False
    mine, part = found
    axis = 1 + mine.index(k)
    return not np.all(part == part.take([0], axis=axis))


def lump(plan: Plan, source: Source, chains: list[str], laws: list[dict[str, Law]]) -> str:
    """Name the classes of a family's chain that these chains of children tell apart."""
    coarse = f"{source.name} for {' '.join(chains)}"
    axes = [one[name].axis(source) for one in laws for name in chains if source in one[name].sources()]
    rows = np.stack([axis.classes[plan.stages[source.name].state] for axis in axes], axis=1)
    _, classes = np.unique(rows, axis=0, return_inverse=True)
    plan.space.add_coarser(source.name, coarse, classes.reshape(-1))
    return coarse


def lump_memory(plan: Plan, memory: str, chains: list[str]) -> str:
    """Name what a history that decides about helpers comes to: whether it is as long as it matters."""
    coarse = f"{memory} for {' '.join(chains)}"
    count = plan.histories[memory].count
    plan.space.add_coarser(memory, coarse, (count == count.max()).astype(np.intp))
    return coarse


def add_bands(plan: Plan, name: str, chains: list[Chain]) -> None:
    """Cut childhood into bands that start and end with the chains' ages."""
    life = plan.model.units[1].leaves_age_steps
    if not life:
        if any(c.ages_steps for c in chains) or any(s.kind == "age" for c in chains for s in plan.reads[c.name]):
            raise ModelError("children who grow older without an age at which they leave")
        plan.space.add(name, 1)
        plan.band[name] = 0
        return
    edges = [life, *(e for c in chains if c.ages_steps for e in c.ages_steps if 0 < e < life)]
    width = reduce(gcd, edges)
    while life // width < plan.options.age_bands and width % 2 == 0:
        width //= 2
    plan.space.add(name, life // width)
    plan.band[name] = width
