"""Which tables a closure keeps: a core of the chains that most others read, and a small table for each other chain.

All follows from who reads whom in the compiled model; no chain is named here. Every world of a scenario shares one
plan. What the tables hold, and how it moves, is elsewhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain as chained
from math import gcd, prod

import numpy as np

from sim.arrays import BoolArray
from sim.engine.moves.consequences import plain
from sim.engine.solvers.closure.axes import (
    Margin,
    Margins,
    Mix,
    Variable,
    WindowHistories,
    carrier,
    make_histories,
    make_mix,
    shape,
)
from sim.engine.solvers.closure.hazards import Law, Stages, laws_of, linked_sets, unfold
from sim.errors import ModelError
from sim.model.compiled.factors import max_children
from sim.model.compiled.model import Compiled, first_moment
from sim.model.compiled.scope import Source
from sim.model.spec import Chain, Model

AGENCIES = Source("agencies")
MOST_CELLS, MOST_HISTORIES = 3_000_000, 2_000


@dataclass(frozen=True)
class Options:
    """How much the tables may hold, and what they keep.

    Attributes
    ----------
    core_cells
        Cells of the core: the chains most read that fit in are its own.
    table_cells
        Cells up to which a table takes on more of the core than it must.
    age_bands
        Bands into which childhood is cut, at least.
    links
        Chains of the core that every table holds, the most read first.
    memory_links
        The same for tables of a history, in which what lasts matters more.
    tilt
        Whether a table's moves are tilted by what it alone knows of who moves; False is there to show what is lost.
    others
        Whether a service that asks how many agencies help keeps a family's own answer beside it.
    """

    core_cells: int = 20_000
    table_cells: int = 2_500
    age_bands: int = 4
    links: int = 1
    memory_links: int = 2
    tilt: bool = True
    others: bool = True


@dataclass(frozen=True, eq=False)
class TablePlan:
    """One table: its variables, in order; for a table of children their ages, in bands of ``band`` steps (0: none)."""

    at: int
    name: str
    variables: Margin
    age: Variable | None = None
    band: int = 0

    @property
    def child(self) -> bool:
        """Whether its rows are children."""
        return self.age is not None

    def in_window(self, chain: Chain) -> BoolArray:
        """Say for each age band whether a chain moves there, (band,)."""
        assert self.age is not None
        if chain.ages_steps is None or not self.band:
            return np.ones(self.age.size, np.bool_)
        start = np.arange(self.age.size) * self.band
        return np.asarray((start >= chain.ages_steps[0]) & (start < chain.ages_steps[1]))


@dataclass
class ClosurePlan:
    """The structure shared by all worlds of a scenario.

    Attributes
    ----------
    chains, traits, memories, mixes, others
        The variables by the name of what they stand for; ``mixes`` by children's chain, ``others`` by service.
    owner
        Variable -> the table that it is read from (and, for a chain, moved in first).
    links
        The chains of the core, the most read first, then by how much they change its hazards.
    """

    model: Model
    options: Options
    reads: dict[str, dict[Source, None]]
    margins: Margins = field(default_factory=Margins)
    tables: list[TablePlan] = field(default_factory=list)
    chains: dict[str, Variable] = field(default_factory=dict)
    traits: dict[str, Variable] = field(default_factory=dict)
    memories: dict[str, WindowHistories] = field(default_factory=dict)
    mixes: dict[str, Mix] = field(default_factory=dict)
    others: dict[str, Variable] = field(default_factory=dict)
    stages: dict[str, Stages] = field(default_factory=dict)
    owner: dict[Variable, int] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)

    @property
    def cells(self) -> int:
        """The cells of all tables together."""
        return sum(prod(shape(table.variables)) for table in self.tables)

    @property
    def number(self) -> Variable | None:
        """The trait that says how many children a family has."""
        return self.traits.get(self.model.units[1].number or "") if len(self.model.units) > 1 else None

    @property
    def strata(self) -> list[Variable]:
        """The traits by which rows are laid out, which every table holds."""
        return [self.traits[t.name] for t in self.model.traits if t.stratify]

    @property
    def core(self) -> Margin:
        """The variables of the first table."""
        return self.tables[0].variables if self.tables else ()

    def home(self, chain: str) -> TablePlan:
        """Give the table that owns a chain."""
        return self.tables[self.owner[self.chains[chain]]]

    def is_root(self, chain: str) -> bool:
        """Say whether a chain is the families' own."""
        return self.model.chain(chain).unit == self.model.units[0].name

    def mix_of(self, count: str) -> Mix:
        """Give the mix that a count over children counts in."""
        return next(mix for mix in self.mixes.values() if count in mix.truths)

    def base(self, links: int) -> list[Variable]:
        """List what every table holds: stratifying traits and the first of the links."""
        return [*self.strata, *(self.chains[name] for name in self.links[:links])]

    def shared_by_services(self, margin: Margin) -> Margin:
        """List what all services' tables tell of a family: strata, first link, number of children if they do."""
        wanted = [*self.base(1), *([self.number] if self.number else [])]
        return tuple(v for v in wanted if carrier(v, margin) is not None)

    def add_table(self, name: str, variables: list[Variable], age: Variable | None = None, band: int = 0) -> TablePlan:
        """Add a table, each variable once."""
        self.tables.append(TablePlan(len(self.tables), name, (*dict.fromkeys(variables),), age, band))
        return self.tables[-1]

    def fill(self, variables: list[Variable], tail: list[Variable]) -> None:
        """Take on as much of the core as there is room for beside a tail, and as is not decided already."""
        for extra in self.core:
            known = carrier(extra, (*variables, *tail)) is not None
            if not known and prod(shape((*variables, extra, *tail))) <= self.options.table_cells:
                variables.append(extra)


def make_plan(compiled: list[Compiled], options: Options) -> ClosurePlan:
    """Choose the tables of a scenario.

    Raises
    ------
    ModelError
        When its worlds have what the closure cannot hold.
    """
    model = compiled[0].model
    laws = [laws_of(world.programs) for world in compiled]
    reads: dict[str, dict[Source, None]] = {
        c.name: {s: None for law in laws for s in law[c.name].axes} for c in model.chains
    }
    plan = ClosurePlan(model, options, reads)
    _add_variables(plan, compiled, laws)
    _add_core(plan, laws)
    for chain in model.chains:
        if plan.is_root(chain.name) and plan.chains[chain.name] not in plan.owner:
            _add_own_table(plan, chain)
    _add_mixes(plan)
    _add_traits(plan)
    if len(model.units) > 1:
        _add_children(plan, laws)
    for table in plan.tables:
        for variable in table.variables:
            plan.owner.setdefault(variable, table.at)
    _check_traits(plan)
    cells = plan.cells
    if cells > MOST_CELLS:
        raise ModelError(f"its tables would hold {cells:,} cells")
    return plan


def _add_variables(plan: ClosurePlan, compiled: list[Compiled], laws: list[dict[str, Law]]) -> None:
    """Register traits, chains with their stages, memories and mixes."""
    model = plan.model
    plan.traits = {trait.name: Variable("trait", trait.name, len(trait.values)) for trait in model.traits}
    plan.stages = {c.name: unfold(c, [world[c.name] for world in laws]) for c in model.chains}
    plan.chains = {name: Variable("chain", name, len(stages.state)) for name, stages in plan.stages.items()}
    for memory in model.memories:
        axes = [a for world in laws for law in world.values() if (a := law.axes.get(Source("memory", memory.name)))]
        if axes:
            bounds = sorted({int(i) + 1 for axis in axes for i in np.flatnonzero(np.diff(axis.classes))})
            histories = make_histories(memory.name, memory.window, bounds, MOST_HISTORIES)
            if histories is None:
                raise ModelError(f"memory {memory.name}: {bounds[-1]} of {memory.window} steps are too many histories")
            plan.memories[memory.name] = histories
    marks: dict[str, dict[str, BoolArray]] = {}
    for source in sorted(s for s in set(chained.from_iterable(plan.reads.values())) if s.kind == "count"):
        chain_name, mark = _counted(compiled, source.name)
        marks.setdefault(chain_name, {})[source.name] = mark
    trait = next((t for t in model.traits if plan.number and t.name == plan.number.name), None)
    numbers = [int(v) for v in trait.values] if trait else [max_children(model)]
    for name, by_count in marks.items():
        plan.mixes[name] = mix = make_mix(name, numbers, by_count, _is_narrow(model, model.chain(name)))
        if plan.number:
            mix.variable.decides(plan.number, mix.number)
        plan.chains[name].decides(mix.member, mix.class_of[plan.stages[name].state])


def _is_narrow(model: Model, chain: Chain) -> bool:
    """Say whether children move in a chain only for part of their lives."""
    life = model.units[1].leaves_age_steps
    return chain.ages_steps is not None and not (chain.ages_steps[0] <= 0 and life and chain.ages_steps[1] >= life)


def _counted(compiled: list[Compiled], source: str) -> tuple[str, BoolArray]:
    """Find which states of which chain a count over children counts."""
    for world in compiled:
        if source in world.counts:
            condition = world.conditions[world.counts[source]]
            on_states = plain(world, condition, condition.truth(world.codes, first_moment(world)))
            if on_states is None or condition.clocked:
                raise ModelError(f"count({source}) reads more than the states of one chain")
            return on_states.chain, on_states.states
    raise ModelError(f"count({source}) is not compiled")


def _add_core(plan: ClosurePlan, laws: list[dict[str, Law]]) -> None:
    """Put stratifying traits, the number of children and the chains most read into one table."""
    model = plan.model
    root = {c.name for c in model.chains if plan.is_root(c.name) and c.service is None}
    drivers = [s.name for c, reads in plan.reads.items() for s in reads if s.kind == "chain" and s.name != c]
    read = Counter(drivers)
    readers = {name: read[name] for name in root}
    ranked = sorted((name for name in root if readers[name]), key=lambda n: (-readers[n], model.order.index(n)))
    first = plan.strata
    if plan.number and any(s.kind == "count" for name in ranked for s in plan.reads[name]):
        first.append(plan.number)
    chosen: list[str] = []
    for name in ranked:
        if prod(shape((*first, *(plan.chains[n] for n in (*chosen, name))))) <= plan.options.core_cells:
            chosen.append(name)
    for trait in model.traits:
        n_readers = sum(Source("trait", trait.name) in plan.reads[name] for name in chosen)
        if plan.traits[trait.name] not in first and (n_readers > 1 or (n_readers and len(chosen) == 1)):
            first.append(plan.traits[trait.name])
    chosen[1:] = sorted(chosen[1:], key=lambda name: -_strength(laws, chosen[0], name))
    plan.links = chosen
    if first or chosen:
        plan.add_table("core", [*first, *(plan.chains[name] for name in chosen)])
        plan.owner.update({plan.chains[name]: 0 for name in chosen})


def _strength(laws: list[dict[str, Law]], chain: str, driver: str) -> float:
    """Say how much a driver changes a chain's hazards: the largest log ratio."""
    largest, source = 0.0, Source("chain", driver)
    for world in laws:
        law = world[chain]
        for state in law.moves if source in law.axes else ():
            factor = law.factor(law.first_tables(), state, source)
            if factor is not None and np.all(factor[1] > 0):
                largest = max(largest, float(np.ptp(np.log(factor[1]), axis=1 + factor[0].index(source)).max()))
    return largest


def _add_own_table(plan: ClosurePlan, chain: Chain) -> None:
    """Give a chain outside the core a table with what it reads and drives there."""
    reads = plan.reads[chain.name]
    memories = [s.name for s in reads if s.kind == "memory"]
    mixes = list(dict.fromkeys(plan.mix_of(s.name).variable for s in reads if s.kind == "count"))
    own = Source("chain", chain.name)
    drives = [plan.chains[name] for name in plan.links if own in plan.reads[name]]
    near = _read_from_core(plan, reads)
    near += [v for s in reads if s.kind == "trait" and (v := plan.traits[s.name]) is not plan.number]
    near += drives if len(drives) <= 2 else []
    tail = []
    if AGENCIES in reads:
        near += [plan.number] if plan.number and plan.number in plan.core else []
        if plan.options.others:
            plan.others[chain.name] = Variable("others", chain.name, 2)
            tail.append(plan.others[chain.name])
    tail += [*mixes, *(plan.memories[name].variable for name in memories), plan.chains[chain.name]]
    variables = plan.base(plan.options.memory_links if memories else plan.options.links)
    variables += [v for v in dict.fromkeys(near) if v not in variables and not (mixes and v is plan.number)]
    tail += [v for name in memories for v in _remembered(plan, name) if v not in variables]
    plan.fill(variables, tail)
    # mixes lead: their cells are moved whole
    plan.owner[plan.chains[chain.name]] = plan.add_table(chain.name, [*mixes, *variables, *tail]).at


def _read_from_core(plan: ClosurePlan, reads: Iterable[Source]) -> list[Variable]:
    """List the chains and traits of the core that are read."""
    by_kind = {"chain": plan.chains, "trait": plan.traits}
    return [v for s in reads if s.kind in by_kind and (v := by_kind[s.kind][s.name]) in plan.core]


def _remembered(plan: ClosurePlan, memory: str) -> list[Variable]:
    """List the chains that a memory looks at."""
    text = next(m for m in plan.model.memories if m.name == memory).when.text
    return [variable for name, variable in plan.chains.items() if name in text]


def _add_mixes(plan: ClosurePlan) -> None:
    """Give a mix that no chain's table holds one of its own, with as much of the core as there is room for."""
    for name, mix in plan.mixes.items():
        if not any(mix.variable in table.variables for table in plan.tables):
            variables = [mix.variable, *plan.base(plan.options.links)]
            plan.fill(variables, [])
            plan.add_table(f"mix of {name}", variables)


def _add_traits(plan: ClosurePlan) -> None:
    """Give a trait that no table has one with the core chains that read it."""
    for name, variable in plan.traits.items():
        readers = [v for v in plan.core if v.kind == "chain" and Source("trait", name) in plan.reads[v.name]]
        if readers and not any(variable in table.variables for table in plan.tables):
            plan.add_table(name, [*plan.base(plan.options.links), *readers, variable])


def _check_traits(plan: ClosurePlan) -> None:
    """Refuse a trait that is read and in no table: one that children's chains alone read and that makes no strata."""
    for chain, reads in plan.reads.items():
        for trait in sorted(source.name for source in reads if source.kind == "trait"):
            variable, table = plan.traits[trait], plan.tables[plan.owner[plan.chains[chain]]]
            if variable not in plan.owner and carrier(variable, table.variables) is None:
                raise ModelError(
                    f"{chain} reads the trait {trait}, which no table holds; 'stratify: true' gives it strata"
                )


def _add_children(plan: ClosurePlan, laws: list[dict[str, Law]]) -> None:
    """Give each set of children's chains that read one another a table of children."""
    chains = [c.name for c in plan.model.chains if not plan.is_root(c.name)]
    links = [{name, *(s.name for s in plan.reads[name] if s.kind == "chain" and s.name in chains)} for name in chains]
    for together in sorted(linked_sets(chains, links), key=lambda names: max(map(chains.index, names))):
        own = [name for name in chains if name in together]
        reads = list(dict.fromkeys(s for name in own for s in plan.reads[name]))
        variables = plan.base(plan.options.links) + _read_from_core(plan, reads)
        lasting: dict[Variable, Variable] = {}
        for source in reads:
            if source.kind == "chain" and source.name not in chains and plan.chains[source.name] not in plan.core:
                table = plan.home(source.name).variables
                if not any(name in plan.mixes and plan.mixes[name].variable in table for name in own):
                    variables.append(_classes(plan, source, own, laws))
                    for v in (v for v in table if v.kind == "memory"):
                        lasting[v] = lasting.get(v) or _long_enough(plan.memories[v.name])
                        variables.append(lasting[v])
        n_bands, band = _bands(plan, [plan.model.chain(name) for name in own])
        age = Variable("age", " ".join(own), n_bands)
        plan.add_table(" ".join(own), [*variables, age, *(plan.chains[name] for name in own)], age, band)


def _classes(plan: ClosurePlan, source: Source, chains: list[str], laws: list[dict[str, Law]]) -> Variable:
    """Make the classes of a family's chain that these chains of children tell apart a variable."""
    axes = [world[name].axes[source] for world in laws for name in chains if source in world[name].axes]
    rows = np.stack([axis.classes[plan.stages[source.name].state] for axis in axes], axis=1)
    _, classes = np.unique(rows, axis=0, return_inverse=True)
    coarse = Variable("classes", source.name, int(classes.max()) + 1)
    plan.chains[source.name].decides(coarse, classes.reshape(-1))
    return coarse


def _long_enough(memory: WindowHistories) -> Variable:
    """Make what a history that decides about helpers comes to a variable: whether it is as long as it matters."""
    coarse = Variable("classes", memory.variable.name, 2)
    memory.variable.decides(coarse, memory.count == memory.count.max())
    return coarse


def _bands(plan: ClosurePlan, chains: list[Chain]) -> tuple[int, int]:
    """Cut childhood into bands that start and end with the chains' ages: how many, and the steps of each."""
    life = plan.model.units[1].leaves_age_steps
    if not life:
        if any(c.ages_steps for c in chains) or any(s.kind == "age" for c in chains for s in plan.reads[c.name]):
            raise ModelError("children who grow older without an age at which they leave")
        return 1, 0
    width = reduce(gcd, [life, *(e for c in chains if c.ages_steps for e in c.ages_steps if 0 < e < life)])
    while life // width < plan.options.age_bands and width % 2 == 0:
        width //= 2
    return life // width, width
