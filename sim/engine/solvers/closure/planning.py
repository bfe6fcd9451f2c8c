"""Chooses the tables: a core of the chains that most others read, and a small table for each other chain."""

from __future__ import annotations

from math import prod

import numpy as np

from sim.engine.solvers.closure.hazards import Law, law_of
from sim.engine.solvers.closure.naming import add_bands, add_names, lump, lump_memory
from sim.engine.solvers.closure.plan import Options, Plan, TablePlan
from sim.engine.solvers.closure.space import Space
from sim.errors import ModelError
from sim.model.compiled.model import Compiled
from sim.model.compiled.scope import Source, moment
from sim.model.spec import Chain


def make_plan(compiled: list[Compiled], options: Options) -> Plan:
    """Choose the tables of a scenario.

    Raises
    ------
    ModelError
        When its worlds have what the closure cannot hold.
    """
    model = compiled[0].model
    plan = Plan(model, Space(), options)
    laws = [{name: law_of(program) for name, program in one.programs.items()} for one in compiled]
    plan.reads = {c.name: {s: None for one in laws for s in one[c.name].sources()} for c in model.chains}
    add_names(plan, compiled, laws)
    _core(plan, laws)
    for chain in model.chains:
        if chain.unit == model.units[0].name and chain.name not in plan.owner:
            _satellite(plan, chain)
    _mixed(plan)
    _traits(plan)
    _children(plan, laws)
    _owners(plan)
    cells = sum(prod(plan.space.shape(table.names)) for table in plan.tables)
    if cells > 3_000_000:
        raise ModelError(f"its tables would hold {cells:,} cells")
    return plan


def _core(plan: Plan, laws: list[dict[str, Law]]) -> None:
    """Put stratifying traits, the number of children and the chains most read into one table, the hub first."""
    model, space = plan.model, plan.space
    root = {c.name for c in model.chains if c.unit == model.units[0].name and c.service is None}
    readers = {
        name: [c for c, reads in plan.reads.items() if Source("chain", name) in reads and c != name] for name in root
    }
    ranked = sorted((name for name in root if readers[name]), key=lambda n: (-len(readers[n]), model.order.index(n)))
    names = [t.name for t in model.traits if t.stratify]
    counting = any(s.kind == "count" for name in ranked for s in plan.reads[name])
    if plan.number and counting:
        names.append(plan.number)
    chosen: list[str] = []
    for name in ranked:
        if prod(space.shape((*names, *chosen, name))) <= plan.options.core_cells:
            chosen.append(name)
    for trait in model.traits:
        its = [name for name in chosen if Source("trait", trait.name) in plan.reads[name]]
        if trait.name not in names and (len(its) > 1 or (its and len(chosen) == 1)):
            names.append(trait.name)
    if chosen:
        hub = chosen[0]
        chosen[1:] = sorted(chosen[1:], key=lambda name: -_strength(laws, hub, name))
        plan.links = chosen
    if names or chosen:
        plan.tables.append(TablePlan("core", (*names, *chosen)))
        plan.owner.update(dict.fromkeys(chosen, 0))


def _base(plan: Plan, links: int | None = None) -> list[str]:
    """List what every table holds: stratifying traits and the first of the links."""
    names = [t.name for t in plan.model.traits if t.stratify]
    return [*names, *plan.links[: plan.options.links if links is None else links]]


def _strength(laws: list[dict[str, Law]], hub: str, name: str) -> float:
    """Say how much a chain changes the hub's hazards: the largest log ratio."""
    found = 0.0
    source = Source("chain", name)
    for one in laws:
        law = one[hub]
        if source not in law.sources():
            continue
        tables = law.tables(moment(law.program.reader.model, 0, dict.fromkeys(law.program.clock_names, 0.0)))
        for state in law.moves:
            told = law.factor(tables, state, source)
            if told is not None and np.all(told[1] > 0):
                found = max(found, float(np.ptp(np.log(told[1]), axis=1 + told[0].index(source)).max()))
    return found


def _satellite(plan: Plan, chain: Chain) -> None:
    """Give a chain outside the core a table with what it reads and drives there."""
    core = plan.tables[0].names if plan.tables else ()
    reads = plan.reads[chain.name]
    remembers = any(s.kind == "memory" for s in reads)
    names = _base(plan, plan.options.memory_links if remembers else None)
    own = Source("chain", chain.name)
    drives = [c for c in core if c in plan.reads and own in plan.reads[c]]
    near = [s.name for s in reads if s.kind in ("chain", "trait") and s.name in core]
    near += [s.name for s in reads if s.kind == "trait" and s.name != plan.number]
    near += drives if len(drives) <= 2 else []
    near += [plan.number] if Source("agencies") in reads and plan.number in core and plan.number else []
    mixes = list(dict.fromkeys(_mix_of(plan, s.name) for s in reads if s.kind == "count"))
    others = []
    if Source("agencies") in reads and plan.options.others:
        plan.space.add(f"others {chain.name}", 2)
        others = [f"others {chain.name}"]
    tail = [*others, *(f"{m}#" for m in mixes), *(s.name for s in reads if s.kind == "memory"), chain.name]
    names += [name for name in dict.fromkeys(near) if name not in names and not (mixes and name == plan.number)]
    tail += [name for s in reads if s.kind == "memory" for name in _remembered(plan, s.name) if name not in names]
    for extra in core:
        told = any(plan.space.carrier(extra, (name,)) for name in tail)
        if (
            extra not in names
            and not told
            and prod(plan.space.shape((*names, extra, *tail))) <= plan.options.table_cells
        ):
            names.append(extra)
    first = [name for name in tail if name.endswith("#")]  # mixes lead: their cells are moved whole
    plan.tables.append(TablePlan(chain.name, (*dict.fromkeys([*first, *names, *tail]),)))
    plan.owner[chain.name] = len(plan.tables) - 1


def _remembered(plan: Plan, memory: str) -> list[str]:
    """List the chains that a memory looks at."""
    return [
        c.name
        for c in plan.model.chains
        if c.name in next(m for m in plan.model.memories if m.name == memory).when.text
    ]


def _mix_of(plan: Plan, count: str) -> str:
    return next(name for name, mix in plan.mixes.items() if count in mix.truths)


def _mixed(plan: Plan) -> None:
    """Give a mix that no service's table holds one of its own, with as much of the core as there is room for."""
    core = plan.tables[0].names if plan.tables else ()
    for name in plan.mixes:
        mix = f"{name}#"
        if any(mix in table.names for table in plan.tables):
            continue
        names = [mix, *_base(plan)]
        for extra in core:
            told = extra in names or plan.space.carrier(extra, (mix,))
            if not told and prod(plan.space.shape((*names, extra))) <= plan.options.table_cells:
                names.append(extra)
        plan.tables.append(TablePlan(mix, tuple(names)))


def _traits(plan: Plan) -> None:
    """Give a trait that no table has one with the core chains that read it."""
    core = plan.tables[0].names if plan.tables else ()
    for trait in plan.model.traits:
        readers = [name for name in core if name in plan.reads and Source("trait", trait.name) in plan.reads[name]]
        if readers and not any(trait.name in table.names for table in plan.tables):
            names = dict.fromkeys([*_base(plan), *readers, trait.name])
            plan.tables.append(TablePlan(trait.name, tuple(names)))


def _children(plan: Plan, laws: list[dict[str, Law]]) -> None:
    """Give each set of children's chains that read one another a table of children."""
    model = plan.model
    if len(model.units) < 2:
        return
    mine = [c.name for c in model.chains if c.unit == model.units[1].name]
    sets = [{name} for name in mine]
    for name in mine:
        linked = {name, *(s.name for s in plan.reads[name] if s.kind == "chain" and s.name in mine)}
        joined = [s for s in sets if s & linked]
        sets = [s for s in sets if not s & linked] + [set().union(*joined)]
    for set_ in sets:
        chains = [name for name in mine if name in set_]
        core = plan.tables[0].names if plan.tables else ()
        reads = list(dict.fromkeys(s for name in chains for s in plan.reads[name]))
        names = dict.fromkeys(
            [*_base(plan), *(s.name for s in reads if s.kind in ("chain", "trait") and s.name in core)]
        )
        for source in reads:
            if source.kind == "chain" and source.name not in core and source.name not in mine:
                table = plan.tables[plan.owner[source.name]].names
                if not any(f"{name}#" in table for name in chains):
                    names[lump(plan, source, chains, laws)] = None
                    names |= dict.fromkeys(
                        lump_memory(plan, memory, chains) for memory in table if memory in plan.histories
                    )
        age = f"age {' '.join(chains)}"
        add_bands(plan, age, [model.chain(name) for name in chains])
        plan.tables.append(TablePlan(" ".join(chains), (*names, age, *chains), child=True, age=age))


def _owners(plan: Plan) -> None:
    """Note where everything is read from: the first table that has it."""
    for i, table in enumerate(plan.tables):
        for name in table.names:
            if name not in plan.owner:
                plan.owner[name] = i
