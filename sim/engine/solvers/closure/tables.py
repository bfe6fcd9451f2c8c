"""The joint tables of one world, and what one table knows of a driver that another holds.

A table gives the expected rows per family in each cell. What it does not hold of a driver is taken as the *conditional
distribution* of the driver given what both tables share. Services are taken to be independent given that, so that the
number of agencies with a family is a sum of theirs. How chains move is elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.engine.moves.consequences import Firing, engaged_states, firings_of
from sim.engine.solvers.closure.axes import (
    REST,
    Margin,
    Variable,
    back,
    carrier,
    divide,
    in_order,
    last_first,
    one_hot,
    without,
)
from sim.engine.solvers.closure.hazards import Law, laws_of
from sim.engine.solvers.closure.plan import AGENCIES, ClosurePlan, TablePlan
from sim.model.compiled.model import Compiled
from sim.model.compiled.scope import Source
from sim.model.compiled.tables import Tables
from sim.model.spec import Chain

Over = tuple[FloatArray, Margin]
"""An array and the variables of its axes; moves may come first or marks last."""


@dataclass
class Chance:
    """Chances of the moves out of some stages: ``p`` (move, *margin), a part of the table's variables."""

    stages: IntArray
    moves: list[tuple[int, int]]
    p: FloatArray
    margin: Margin


@dataclass
class Flow:
    """What moved in a table: from one state to another, (*variables without the chain)."""

    source: int
    target: int
    amount: FloatArray


@dataclass
class OpenChance:
    """Chances over a table's variables and then over the drivers outside it; ``settled`` where there are none."""

    tables: Tables
    value: FloatArray
    margin: Margin
    outside: list[Source]
    settled: Chance | None = None


@dataclass
class JointTables:
    """The tables of one world.

    Attributes
    ----------
    cells
        Expected rows per family in each cell, one array a table.
    absent
        Places for children, per family, where there is none now.
    laws, chains, firings, engaged
        How chains move, what they set off, and in which states services help, by chain.
    flows
        Chain -> moves of this step per family, (old, new).
    taken, joined, help_changes
        Service -> who left its queue with the family; who joined it, (*variables of its table but its own); help that
        began (1) and ended (-1) in this step.
    step
        The step that is being made.
    version
        How often each table has changed: what was worked out from it holds until then.
    """

    plan: ClosurePlan
    compiled: Compiled
    cells: list[FloatArray] = field(default_factory=list)
    absent: float = 0.0
    laws: dict[str, Law] = field(init=False)
    chains: dict[str, Chain] = field(init=False)
    firings: dict[str, list[Firing]] = field(init=False)
    engaged: dict[str, BoolArray] = field(init=False)
    flows: dict[str, FloatArray] = field(default_factory=dict)
    taken: dict[str, float] = field(default_factory=dict)
    joined: dict[str, FloatArray] = field(default_factory=dict)
    help_changes: dict[str, dict[int, FloatArray]] = field(default_factory=dict)
    newcomers: dict[int, FloatArray] = field(default_factory=dict)
    step: int = 0
    version: list[int] = field(init=False)
    open_chances: dict[tuple[str, int, int, int], OpenChance] = field(default_factory=dict)
    tilts: dict[tuple[str, int, int], tuple[Tables, Over | None]] = field(default_factory=dict)
    _alone: dict[str, bool] = field(default_factory=dict)
    _inside: dict[tuple[Source, int, str], tuple[Variable, IntArray] | None] = field(default_factory=dict)
    _given: dict[tuple[Variable, bytes, int, int], tuple[int, Over]] = field(default_factory=dict)
    _summed: dict[tuple[int, bool, Margin], tuple[int, FloatArray]] = field(default_factory=dict)
    _agencies: dict[tuple[int, str], tuple[int, Over]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        chains = self.compiled.model.chains
        self.laws = laws_of(self.compiled.programs)
        self.chains = {chain.name: chain for chain in chains}
        self.firings = {chain.name: firings_of(self.compiled, chain) for chain in chains}
        self.engaged = {c.name: engaged_states(c) for c in chains if c.is_gated}
        self.version = [0] * len(self.plan.tables)

    def stage(self, chain: str, state: str) -> int:
        """Give the stage in which one arrives in a state."""
        return self.plan.stages[chain].entry[self.chains[chain].states.index(state)]

    def marks(self, service: str) -> FloatArray:
        """Give 1 for the stages in which a service helps, (stage,)."""
        return self.engaged[service][self.plan.stages[service].state].astype(np.float64)

    def inside(self, source: Source, table: TablePlan, chain: str) -> tuple[Variable, IntArray] | None:
        """Give the variable in a table that decides a chain's driver, and the driver's class for each of its values."""
        key = (source, table.at, chain)
        if key not in self._inside:
            self._inside[key] = decided_by(self.plan, source, table, self.laws[chain].axes[source].classes)
        return self._inside[key]

    def is_alone(self, chain: str) -> bool:
        """Say whether no other table has anything of a chain, and nothing is fired by it."""
        if chain not in self._alone:
            variable, mix = self.plan.chains[chain], self.plan.mixes.get(chain)
            tied = {variable, *variable.coarser, *([mix.variable] if mix else ())}
            n_tables = sum(not tied.isdisjoint(table.variables) for table in self.plan.tables)
            self._alone[chain] = n_tables == 1 and not self.firings[chain]
        return self._alone[chain]

    def weight(self, margin: Margin) -> FloatArray:
        """Give the number of children of a family over a margin; one where it does not decide it."""
        number = self.plan.number
        if number is None or carrier(number, margin) is None:
            return np.ones(1)
        values = np.asarray(next(t for t in self.plan.model.traits if t.name == number.name).values)
        return self.plan.margins.over(values, (number,), margin)

    def given(self, variable: Variable, marks: FloatArray, owner: TablePlan, table: TablePlan) -> Over:
        """Give the mean marks of a variable, given what a table shares with its owner: (*shared variables, mark)."""
        wanted = (variable, marks.tobytes(), owner.at, table.at)
        kept = self._given.get(wanted)
        if kept is None or kept[0] != self.version[owner.at]:
            self._given[wanted] = kept = (self.version[owner.at], self._mean_marks(variable, marks, owner, table))
        return kept[1]

    def _mean_marks(self, variable: Variable, marks: FloatArray, owner: TablePlan, table: TablePlan) -> Over:
        """Work out ``given`` anew."""
        own, mix, weighed = owner.variables, None, False
        if table.child and not owner.child:
            mixes = (self.plan.mixes.get(v.name) for v in table.variables if v.kind == "chain")
            mix = next((mix for mix in mixes if mix is not None and mix.variable in own), None)
            weighed = mix is None and self.plan.number is not None and carrier(self.plan.number, own) is not None
        is_mix = variable.kind == "mix"
        shared = tuple(
            v
            for v in self.plan.margins.shared(own, table.variables)
            if carrier(v, (variable,)) is None or (is_mix and v is not variable)
        )
        wanted = (*shared, variable, *((mix.variable,) if mix else ()))
        carriers = tuple(dict.fromkeys(c for v in wanted if (c := carrier(v, own))))
        small = back(self._sum(owner, carriers, weighed), carriers.index(variable))  # (*rest, variable)
        rest = without(carriers, variable)
        if mix is None:
            top, whole = self._marked(small, rest, variable, marks, shared)
            return divide(top, whole[..., None]), shared
        # a child is one of its family's: by class of the child
        lengths = [v.size if v is mix.variable else 1 for v in (*rest, variable)]
        members = mix.members.astype(np.float64).reshape(*lengths, mix.n_classes)
        by_class = last_first(small[..., None] * members)  # (class of the child, *rest, variable)
        parts = [self._marked(part, rest, variable, marks, shared) for part in by_class]
        top, whole = (np.stack(side, axis=len(shared)) for side in zip(*parts, strict=True))
        return divide(top, whole[..., None]), (*shared, mix.member)

    def _sum(self, owner: TablePlan, margin: Margin, weighed: bool) -> FloatArray:
        """Sum a table, weighed by numbers of children or not, to a margin."""
        kept = self._summed.get((owner.at, weighed, margin))
        if kept is None or kept[0] != self.version[owner.at]:
            cells = self.cells[owner.at] * self.weight(owner.variables) if weighed else self.cells[owner.at]
            kept = (self.version[owner.at], self.plan.margins.onto(cells, owner.variables, margin))
            self._summed[owner.at, weighed, margin] = kept
        return kept[1]

    def _marked(
        self, small: FloatArray, rest: Margin, variable: Variable, marks: FloatArray, shared: Margin
    ) -> tuple[FloatArray, FloatArray]:
        """Sum a table (*rest, variable) down to (*shared, mark), and without marks to (*shared)."""
        onto = self.plan.margins.onto
        if all(carrier(v, rest) is not None for v in shared):
            return onto(small @ marks, (*rest, REST), (*shared, REST)), onto(small.sum(axis=-1), rest, shared)
        both = (*rest, variable)
        parts = [onto(small * marks[:, m], both, shared) for m in range(marks.shape[1])]
        return np.stack(parts, axis=-1), onto(small, both, shared)


def decided_by(
    plan: ClosurePlan, source: Source, table: TablePlan, classes: IntArray
) -> tuple[Variable, IntArray] | None:
    """Give the variable in a table that decides a driver whose raw values have classes, and the class of its values."""
    if source.kind == "chain":
        variable, state = plan.chains[source.name], plan.stages[source.name].state
        if variable in table.variables:
            return variable, classes[state]
        for coarse, by_stage in variable.coarser.items():
            if coarse in table.variables:
                first = np.array([np.flatnonzero(by_stage == c)[0] for c in range(coarse.size)])
                return coarse, classes[state[first]]
    if source.kind == "trait":
        variable = plan.traits[source.name]
        fine = carrier(variable, table.variables)
        if fine is not None:
            return fine, classes if fine is variable else classes[fine.coarser[variable]]
    if source.kind == "memory":
        memory = plan.memories.get(source.name)
        if memory is not None and memory.variable in table.variables:
            return memory.variable, classes[memory.count]
    if source.kind == "count":
        mix = plan.mix_of(source.name)
        if mix.variable in table.variables:
            return mix.variable, classes[mix.counted(source.name)]
    if source.kind == "age" and table.age is not None:
        return table.age, classes[np.arange(table.age.size) * max(table.band, 1)]
    return None


def finer(values: FloatArray, margin: Margin, table: TablePlan) -> Over:
    """Write (*margin, ...) over the variables of a table that decide those of the margin."""
    fine = []
    for axis, v in enumerate(margin):
        carried = carrier(v, table.variables)
        assert carried is not None
        if carried is not v:
            values = values.take(carried.coarser[v], axis=axis)
        fine.append(carried)
    return values, tuple(fine)


def finer_moves(values: FloatArray, margin: Margin, table: TablePlan) -> Over:
    """Write (move, *margin) over the variables of a table, in its order."""
    fine, over = finer(back(values, 0), margin, table)
    return in_order(last_first(fine), over, table.variables)


def known(joint: JointTables, source: Source, table: TablePlan, chain: str, state: int) -> Over:
    """Give the chances of the classes of a chain's driver given what a table holds, (*margin, class)."""
    axis = joint.laws[chain].axes[source]
    if source == AGENCIES:
        chances, margin = n_agencies(joint, table, chain, state)
        by_class = np.zeros((*chances.shape[:-1], axis.size))
        for raw in range(chances.shape[-1]):
            by_class[..., axis.classes[min(raw, len(axis.classes) - 1)]] += chances[..., raw]
        return by_class, margin
    owner = joint.plan.tables[joint.plan.owner[_variable(joint.plan, source)]]
    held = joint.inside(source, owner, chain)
    assert held is not None
    return finer(*joint.given(held[0], one_hot(held[1], axis.size), owner, table), table)


def _variable(plan: ClosurePlan, source: Source) -> Variable:
    """Give the variable that a driver is read from."""
    if source.kind == "count":
        return plan.mix_of(source.name).variable
    if source.kind == "memory":
        return plan.memories[source.name].variable
    return plan.chains[source.name] if source.kind == "chain" else plan.traits[source.name]


def n_agencies(joint: JointTables, table: TablePlan, chain: str, state: int) -> Over:
    """Give the chances of how many services help a family whose ``chain`` is in a state, (*margin, number)."""
    own = chain in joint.engaged and bool(joint.engaged[chain][state])
    key, version = (table.at, chain), sum(joint.version)
    kept = joint._agencies.get(key)
    if kept is None or kept[0] != version:
        joint._agencies[key] = kept = (version, _n_others(joint, table, chain, state))
    total, margin = kept[1]
    return (np.concatenate([np.zeros_like(total[..., :1]), total], axis=-1) if own else total), margin


def _n_others(joint: JointTables, table: TablePlan, chain: str, state: int) -> Over:
    """Give the number of other services."""
    others = joint.plan.others.get(chain)
    parts = [_helped(joint, name, table, chain, state) for name in joint.engaged if name != chain]
    margin: Margin = tuple(dict.fromkeys(v for _, over in parts for v in over if v is not others))
    most = max((len(law.axes[AGENCIES].classes) for law in joint.laws.values() if AGENCIES in law.axes), default=1)
    total: FloatArray = np.ones([1] * len(margin) + [1])
    for chances, over in parts:
        total = _add_one(total, joint.plan.margins.over(chances, over, margin)[..., None], min(most - 1, len(parts)))
    if others is not None and others in table.variables:  # given that somebody else helps: how many they are
        some: FloatArray = total.copy()
        some[..., 0] = 0.0
        nobody = np.broadcast_to(np.eye(1, total.shape[-1])[0], some.shape)
        total = np.stack([nobody, divide(some, some.sum(axis=-1, keepdims=True))], axis=-2)
        margin = (*margin, others)
    return finer(total, margin, table)


def _helped(joint: JointTables, service: str, table: TablePlan, chain: str, state: int) -> Over:
    """Give the chance that a service helps a family, (*margin)."""
    variable, marks = joint.plan.chains[service], joint.marks(service)
    if variable in table.variables:
        return marks, (variable,)
    chances, margin = joint.given(variable, marks[:, None], joint.plan.home(service), table)
    own = joint.plan.chains[chain]
    stated = next((v for v in margin if carrier(v, (own,)) is not None), None)
    if stated is not None:  # given the state that the chain is in
        stage = joint.plan.stages[chain].entry[state]
        value = stage if stated is own else int(own.coarser[stated][stage])
        return np.take(chances[..., 0], value, axis=margin.index(stated)), without(margin, stated)
    return np.asarray(chances[..., 0]), margin


def _add_one(total: FloatArray, chance: FloatArray, last: int) -> FloatArray:
    """Add one service to a number whose largest value stands for that and more."""
    kept = total.shape[-1]
    after = np.zeros((*np.broadcast_shapes(total.shape[:-1], chance.shape[:-1]), min(kept + 1, last + 1)))
    after[..., :kept] = total * (1.0 - chance)
    up = total * chance
    after[..., 1:] += up[..., : after.shape[-1] - 1]
    if after.shape[-1] == kept:
        after[..., -1:] += up[..., -1:]
    return after
