"""The tables of one world and how a chain moves through them.

A chain is moved first in the table that owns it, by the engine's hazards averaged over whatever the table does not
hold. Every other table that holds the chain moves it in step: by the same hazards where it holds what the owner holds,
else by the owner's flows, tilted by what it alone knows of who moves.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.engine.moves.consequences import Firing, engaged_states, firings_of
from sim.engine.solvers.closure.agencies import AGENCIES, agencies
from sim.engine.solvers.closure.hazards import Law, law_of
from sim.engine.solvers.closure.plan import Plan, TablePlan
from sim.engine.solvers.closure.space import Names, back, divide, first_last, last_first
from sim.model.compiled.model import Compiled
from sim.model.compiled.scope import Source
from sim.model.compiled.tables import Tables


@dataclass
class Chance:
    """Chances of the moves out of some stages: ``p`` (move, *names), names a part of the table's."""

    stages: IntArray
    moves: list[tuple[int, int]]
    p: FloatArray
    names: Names


@dataclass
class Flow:
    """What moved in a table: from one state to another, (*names without the chain); ``stages`` it came from."""

    source: int
    target: int
    amount: FloatArray


@dataclass
class Joint:
    """The tables of one world.

    Attributes
    ----------
    mass
        Expected rows per family in each cell, one array a table.
    flows
        Chain -> moves of this step per family, (old, new).
    """

    plan: Plan
    compiled: Compiled
    mass: list[FloatArray] = field(default_factory=list)
    flows: dict[str, FloatArray] = field(default_factory=dict)
    absent: float = 0.0
    """Places for children, per family, where there is none now."""

    def __post_init__(self) -> None:
        model = self.compiled.model
        self.laws: dict[str, Law] = {name: law_of(program) for name, program in self.compiled.programs.items()}
        self.chains = {chain.name: chain for chain in model.chains}
        self.firings: dict[str, list[Firing]] = {c.name: firings_of(self.compiled, c) for c in model.chains}
        self.engaged: dict[str, BoolArray] = {
            c.name: engaged_states(c) for c in model.chains if c.service and c.service.kind == "discretionary"
        }
        self.static: dict[tuple[str, int, int, int], tuple[Tables, FloatArray, Names, list[Source]]] = {}
        self.taken: dict[str, float] = {}
        self.begun: dict[str, FloatArray] = {}
        self.ended: dict[str, FloatArray] = {}
        self.joined: dict[str, FloatArray] = {}
        self.where = {
            name: [np.flatnonzero(st.state == i) for i in range(int(st.state.max()) + 1)]
            for name, st in self.plan.stages.items()
        }
        self.lonely: dict[str, bool] = {}
        self.tilts: dict[tuple[str, int, int], tuple[Tables, tuple[Names, FloatArray] | None]] = {}
        self.settled: dict[tuple[str, int, int, int], Chance] = {}
        self.place = {table.name: i for i, table in enumerate(self.plan.tables)}
        self.version = [0] * len(self.plan.tables)
        self.answers: dict[tuple[str, bytes, int, int], tuple[int, tuple[FloatArray, Names]]] = {}
        self.counted: dict[tuple[int, str], tuple[int, tuple[Names, FloatArray]]] = {}
        self.found: dict[tuple[Source, str, str], tuple[str, IntArray] | None] = {}
        self.summed: dict[tuple[int, bool, Names], tuple[int, FloatArray]] = {}
        self.newcomers: dict[str, FloatArray] = {}
        self.fresh = {
            name: {int(s): int(i) for i, s in reversed(list(enumerate(st.state)))}
            for name, st in self.plan.stages.items()
        }

    # What a table holds of a driver, and what is known about the others.

    def inside(self, source: Source, table: TablePlan, law: Law) -> tuple[str, IntArray] | None:
        """Give the name in a table that tells a driver, and the driver's class for each of its values."""
        key = (source, table.name, law.program.chain.name)
        if key not in self.found:
            self.found[key] = self._inside(source, table, law.axis(source).classes)
        return self.found[key]

    def _inside(self, source: Source, table: TablePlan, classes: IntArray) -> tuple[str, IntArray] | None:
        """Work out ``inside`` for a driver whose raw values have classes."""
        plan, space = self.plan, self.plan.space
        if source.kind == "chain":
            state = plan.stages[source.name].state
            if source.name in table.names:
                return source.name, classes[state]
            for coarse, told in space.tells.get(source.name, {}).items():
                if coarse in table.names:
                    first = np.array([np.flatnonzero(told == c)[0] for c in range(space.sizes[coarse])])
                    return coarse, classes[state[first]]
        if source.kind == "trait":
            carrier = space.carrier(source.name, table.names)
            if carrier == source.name:
                return source.name, classes
            if carrier is not None:
                return carrier, classes[space.tells[carrier][source.name]]
        if source.kind == "memory" and source.name in table.names:
            return source.name, classes[plan.histories[source.name].count]
        if source.kind == "count":
            mix = next(m for m in plan.mixes.values() if source.name in m.truths)
            if f"{mix.chain}#" in table.names:
                return f"{mix.chain}#", classes[mix.counted(source.name)]
        if source.kind == "age" and table.age:
            width = max(plan.band[table.age], 1)
            return table.age, classes[np.arange(space.sizes[table.age]) * width]
        return None

    def alone(self, chain: str) -> bool:
        """Say whether no other table has anything of a chain, and nothing is fired by it."""
        if chain not in self.lonely:
            coarse = (chain, f"{chain}#", *self.plan.space.tells.get(chain, {}))
            held = sum(any(n in coarse for n in table.names) for table in self.plan.tables)
            self.lonely[chain] = held == 1 and not self.firings[chain]
        return self.lonely[chain]

    def known(self, source: Source, table: TablePlan, law: Law, state: int) -> tuple[Names, FloatArray]:
        """Give the chances of a driver's classes given what a table holds, (*names, class)."""
        axis = law.axis(source)
        if source == AGENCIES:
            names, chances = agencies(self, table, law.program.chain.name, state)
            by_class = np.zeros((*chances.shape[:-1], axis.size))
            for raw in range(chances.shape[-1]):
                by_class[..., axis.classes[min(raw, len(axis.classes) - 1)]] += chances[..., raw]
            return names, by_class
        owner = self.plan.tables[self.plan.owner[self._told_by(source)]]
        found = self.inside(source, owner, law)
        assert found is not None
        marks = np.zeros((len(found[1]), axis.size))
        marks[np.arange(len(found[1])), found[1]] = 1.0
        return self.given(found[0], marks, owner, table)

    def _told_by(self, source: Source) -> str:
        if source.kind == "count":
            mix = next(m for m in self.plan.mixes.values() if source.name in m.truths)
            return f"{mix.chain}#"
        return source.name

    def given(self, name: str, marks: FloatArray, owner: TablePlan, table: TablePlan) -> tuple[Names, FloatArray]:
        """Give the mean marks of a name, given what a table shares with its owner: (*names of the table, mark)."""
        return self.finer(*self.shared_given(name, marks, owner, table), table)

    def shared_given(
        self, name: str, marks: FloatArray, owner: TablePlan, table: TablePlan
    ) -> tuple[FloatArray, Names]:
        """Give the mean marks of a name over what a table shares with its owner: (*shared names, mark)."""
        at = self.place[owner.name]
        wanted = (name, marks.tobytes(), at, self.place[table.name])
        kept = self.answers.get(wanted)
        if kept is not None and kept[0] == self.version[at]:
            return kept[1]
        answer = self._given(name, marks, owner, table)
        self.answers[wanted] = (self.version[at], answer)
        return answer

    def _given(self, name: str, marks: FloatArray, owner: TablePlan, table: TablePlan) -> tuple[FloatArray, Names]:
        """Work out ``given`` anew."""
        space, at = self.plan.space, self.place[owner.name]
        mass, names = self.mass[at], owner.names
        kin = None
        if table.child and not owner.child:
            kin = next((c for c in table.names if f"{c}#" in names), None)
            if kin is None:
                mass = mass * self.weight(names)
        shared = tuple(
            n
            for n in space.shared(names, table.names)
            if space.carrier(n, (name,)) != name or (n != name and name.endswith("#"))
        )
        carriers = tuple(
            dict.fromkeys(c for n in (*shared, name, *((f"{kin}#",) if kin else ())) if (c := space.carrier(n, names)))
        )
        weighed = mass is not self.mass[at]
        summed = self.summed.get((at, weighed, carriers))
        if summed is None or summed[0] != self.version[at]:
            self.summed[at, weighed, carriers] = summed = (self.version[at], space.onto(mass, names, carriers))
        small = summed[1]
        axis = carriers.index(name)
        small = back(small, axis)
        rest = tuple(n for n in carriers if n != name)
        extra: Names = ()
        if kin is not None:
            members = self.plan.mixes[kin].members.astype(np.float64)
            at_mix = [len(members) if n == f"{kin}#" else 1 for n in (*rest, name)]
            spread = members.reshape(*at_mix, members.shape[1])
            small = small[..., None] * spread
            values = last_first(small)  # (class of the child, *rest, name)
            parts = [self._marked(v, rest, name, marks, shared) for v in values]
            extra = (f"{kin}^",)
            top = np.stack([p[0] for p in parts], axis=len(shared))
            whole = np.stack([p[1] for p in parts], axis=len(shared))
        else:
            top, whole = self._marked(small, rest, name, marks, shared)
        chances = divide(top, whole[..., None])
        return chances, (*shared, *extra)

    def _marked(
        self, small: FloatArray, rest: Names, name: str, marks: FloatArray, shared: Names
    ) -> tuple[FloatArray, FloatArray]:
        """Sum a table (*rest, name) down to (*shared, mark), and without marks to (*shared)."""
        space = self.plan.space
        if all(space.carrier(n, rest) is not None for n in shared):
            return (
                space.onto(small @ marks, (*rest, "mark"), (*shared, "mark")),
                space.onto(small.sum(axis=-1), rest, shared),
            )
        names = (*rest, name)
        parts = [space.onto(small * marks[:, m], names, shared) for m in range(marks.shape[1])]
        return np.stack(parts, axis=-1), space.onto(small, names, shared)

    def finer(self, values: FloatArray, names: Names, table: TablePlan) -> tuple[Names, FloatArray]:
        """Write a table over coarser names over the names of a table, (*names, mark)."""
        fine = []
        for axis, name in enumerate(names):
            carrier = self.plan.space.carrier(name, table.names)
            assert carrier is not None
            if carrier != name:
                values = values.take(self.plan.space.tells[carrier][name], axis=axis)
            fine.append(carrier)
        return tuple(fine), values

    def finer_first(self, values: FloatArray, names: Names, table: TablePlan) -> tuple[FloatArray, Names]:
        """Write (move, *coarser names) over the names of a table, in its order."""
        fine, values = self.finer(first_last(values), names, table)
        order = sorted(range(len(fine)), key=lambda i: table.names.index(fine[i]))
        return last_first(values).transpose(0, *(1 + i for i in order)), tuple(fine[i] for i in order)

    def weight(self, names: Names) -> FloatArray:
        """Give the number of children of a family over some names; one where they do not tell it."""
        number, space = self.plan.number, self.plan.space
        if number is None or space.carrier(number, names) is None:
            return np.ones(1)
        values = np.asarray(next(t for t in self.plan.model.traits if t.name == number).values)
        return space.over(values, (number,), names)
