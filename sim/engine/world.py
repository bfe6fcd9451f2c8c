"""One world in motion: the state of every row in every chain, and the codes that its moves keep up to date.

``World.move`` is the only way in which a state changes. What a change means for others was wired when the model was
compiled: it adds a weight to a code, turns a condition, fires other chains, brings a case to a queue, and is counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.engine.draws import key, uniform
from sim.engine.population import Population, Rows
from sim.model.arrays import BoolArray, FloatArray, IntArray, StateArray
from sim.model.compile import Compiled, Wire
from sim.model.scope import Moment, Source, clock_value
from sim.model.spec import Chain, Memory


@dataclass(frozen=True)
class Firing:
    """A fire in state numbers: ``moves`` (old * n + new,) marks what sets it off; ``sources`` (state,) who moves."""

    number: int
    moves: BoolArray
    chain: str
    sources: BoolArray
    target: int
    probability: float


class World:
    """The rows of one world.

    Attributes
    ----------
    state, entered
        Chain -> state of each row, (row,); step since which it is in it (for chains whose time in state matters).
    codes
        Code number -> value of each row, (row,), in the smallest type that holds it.
    occupancy, flows
        Chain -> active rows by area slot and state, (slot, state); moves of this step, (slot, state, state).
    stocks
        Condition -> active rows for which it holds, by area slot, (slot,).
    """

    def __init__(self, compiled: Compiled, population: Population, area_slot: IntArray, stream: int) -> None:
        self.compiled, self.population, self.stream = compiled, population, stream
        self.slots = {unit: area_slot[rows.area].astype(np.int16) for unit, rows in population.rows.items()}
        model = compiled.model
        self.step = -model.units[0].warm_up
        self.chains = {chain.name: chain for chain in model.chains}
        self.area_slot = area_slot
        self.n_slots = 1 + int(area_slot.max(initial=0))
        root = self.root
        self.state: dict[str, StateArray] = {n: np.zeros(self.rows(n).n, np.uint8) for n in self.chains}
        self.entered: dict[str, IntArray] = {
            name: np.full(self.rows(name).n, self.step, np.int32) for name in compiled.k_chains
        }
        self.memory_bits = {m.name: np.zeros(root.n, _room(m.window)) for m in model.memories}
        self.memory = {m.name: np.zeros(root.n, np.uint8) for m in model.memories}
        gates = [name for name, chain in self.chains.items() if has_gate(chain)]
        self.joined = {name: np.full(root.n, -(1 << 20), np.int32) for name in gates}
        self.queue: dict[str, IntArray] = {name: np.zeros((0, 2), np.int64) for name in gates}
        self.arrivals: dict[str, list[IntArray]] = {name: [] for name in gates}
        self.taken_from_queue: dict[str, float] = {}
        self.adopt(compiled)

    @property
    def root(self) -> Rows:
        """The rows of the root unit."""
        return self.population.rows[self.compiled.model.units[0].name]

    def rows(self, chain: str) -> Rows:
        """Give the rows that a chain lives on."""
        return self.population.rows[self.chains[chain].unit]

    def clear_flows(self) -> None:
        """Start counting the moves of a new step."""
        self.counted[:, self.flow_columns] = 0.0

    def _lay_out_counts(self) -> None:
        """Keep all counts in one array (slot, column), so that a step is written down at once; name its parts."""
        at, place = 0, {}
        for name, chain in self.chains.items():
            place["flow", name] = slice(at, at := at + len(chain.states) ** 2)
        self.flow_columns = slice(0, at)
        for name, chain in self.chains.items():
            place["state", name] = slice(at, at := at + len(chain.states))
        for name in self.compiled.conditions:
            place["condition", name] = slice(at, at := at + 1)
        self.columns: dict[tuple[str, str], slice] = place
        self.counted = np.zeros((self.n_slots, at))
        self.flows: dict[str, FloatArray] = {
            name: self.counted[:, place["flow", name]].reshape(self.n_slots, len(c.states), len(c.states))
            for name, c in self.chains.items()
        }
        self.occupancy: dict[str, FloatArray] = {name: self.counted[:, place["state", name]] for name in self.chains}
        self.stocks: dict[str, FloatArray] = {
            name: self.counted[:, place["condition", name]].reshape(-1) for name in self.compiled.conditions
        }

    def fork(self, compiled: Compiled) -> World:
        """Copy this world to go on under another model with the same chains and states."""
        twin = World.__new__(World)
        twin.__dict__.update(self.__dict__)
        for name in ("state", "entered", "memory_bits", "memory", "joined", "queue"):
            setattr(twin, name, {k: v.copy() for k, v in getattr(self, name).items()})
        twin.taken_from_queue = dict(self.taken_from_queue)
        twin.arrivals = {name: list(parts) for name, parts in self.arrivals.items()}
        for name in compiled.k_chains - set(twin.entered):
            twin.entered[name] = np.full(twin.rows(name).n, self.step, np.int32)
        twin.adopt(compiled)
        return twin

    # What follows from the states: made afresh here, kept up to date by `move`.

    def adopt(self, compiled: Compiled) -> None:
        """Take over a compiled model: work out every code, count and condition from the states."""
        self.compiled = compiled
        self.chains = {chain.name: chain for chain in compiled.model.chains}
        self._lay_out_counts()
        self.pairs = {id(wire): _pairs(wire) for source in compiled.wires for wire in compiled.wires[source]}
        self.turning_ages: dict[str, list[int]] | None = None
        self.firings = {name: _firings(compiled, chain) for name, chain in self.chains.items()}
        self.watched = {c.code: c for c in compiled.conditions.values()}
        self.truth: dict[str, BoolArray] = {}
        self.codes: list[IntArray] = [np.zeros(0, code.dtype) for code in compiled.codes]
        self.counts: dict[str, IntArray] = {}
        self.engaged = {
            name: np.array([s.startswith("engaged") for s in c.states]) for name, c in self.chains.items() if c.service
        }
        helping = [n for n, c in self.chains.items() if c.service and c.service.kind == "discretionary"]
        self.agencies: IntArray = np.zeros(self.root.n, np.uint8)
        for name in helping:
            self.agencies += self.engaged[name][self.state[name]]
        self.busy = {name: self._count_by_area(name, self.engaged[name]) for name in self.joined}
        for name, chain in self.chains.items():
            active, n = self.rows(name).active, len(chain.states)
            place = self.slots[chain.unit][active] * n + self.state[name][active]
            self.occupancy[name][:] = np.bincount(place, minlength=self.n_slots * n).reshape(self.n_slots, n)

    def _count_by_area(self, chain: str, states: BoolArray) -> IntArray:
        chosen = states[self.state[chain]] & self.rows(chain).active
        n_areas = len(self.compiled.model.areas.names)
        return np.bincount(self.rows(chain).area[chosen], minlength=n_areas)

    def index(self, now: Moment) -> None:
        """Work out truths, counts and codes from the states, conditions that are counted over children first."""
        compiled = self.compiled
        for name, condition in compiled.conditions.items():
            self.truth[name] = condition.truth(compiled.codes, now)
        for source, name in compiled.counts.items():
            condition = compiled.conditions[name]
            self.codes[condition.code] = self._full_code(condition.code)
            rows = self.population.rows[condition.reader.unit]
            holds = self.truth[name][self.codes[condition.code]] & rows.active
            self.counts[source] = np.bincount(rows.parent[holds], minlength=self.root.n).astype(np.int8)
        for number in range(len(compiled.codes)):
            self.codes[number] = self._full_code(number)
        for name in compiled.conditions:
            self._recount(name)

    def _recount(self, name: str) -> None:
        condition = self.compiled.conditions[name]
        rows = self.population.rows[condition.reader.unit]
        holds = self.truth[name][self.codes[condition.code]] & rows.active
        self.stocks[name][:] = np.bincount(self.slots[rows.unit.name][holds], minlength=self.n_slots)

    def _full_code(self, number: int) -> IntArray:
        """Work out a code from its sources."""
        code = self.compiled.codes[number]
        rows = self.population.rows[code.unit]
        total = np.zeros(rows.n, np.int64)
        if code.own is not None:
            total += self.state[code.own[0]].astype(np.int64) * code.own[1]
        for axis, stride in code.axes:
            raw = np.minimum(self.raw(axis.source, rows), len(axis.classes) - 1)
            total += axis.classes[raw].astype(np.int64) * stride
        return total.astype(code.dtype)

    def raw(self, source: Source, rows: Rows) -> IntArray:
        """Give the raw value of a source for each row (a child reads its family's)."""
        if source.kind == "age":
            return np.clip(self.step - rows.born, 0, None)
        if source.kind == "area":
            return rows.area
        if source.kind == "trait":
            return rows.traits[source.name]
        by_kind: dict[str, Mapping[str, IntArray]] = {
            "chain": self.state, "memory": self.memory, "count": self.counts,
        }  # fmt: skip
        carried: IntArray = by_kind[source.kind][source.name] if source.kind in by_kind else self.agencies
        return carried if rows is self._home(source) else carried[rows.parent]

    def _home(self, source: Source) -> Rows:
        return self.rows(source.name) if source.kind == "chain" else self.root

    # Changes.

    def move(self, chain: str, rows: IntArray, new: StateArray | int, counted: bool = True) -> None:
        """Move distinct rows of a chain to new states (one each, or one for all) and let everything follow.

        ``counted`` False leaves the move out of the flows: a row that is taken over by somebody else has not moved.
        """
        if not len(rows):
            return
        n = len(self.chains[chain].states)
        old = self.state[chain].take(rows)
        self.state[chain][rows] = new
        pair = old.astype(np.intp)
        pair *= n
        pair += new
        if chain in self.entered:
            self.entered[chain][rows] = self.step + 1
        place = pair
        if self.n_slots > 1:
            place = self.slots[self.chains[chain].unit].take(rows).astype(np.intp)
            place *= n * n
            place += pair
        flow = np.bincount(place, minlength=self.n_slots * n * n).reshape(self.n_slots, n, n)
        self.occupancy[chain] += flow.sum(axis=1) - flow.sum(axis=2)
        if counted:
            self.flows[chain] += flow
        elif chain in self.joined and self.step >= 0:
            waiting = self.chains[chain].states.index("waiting")
            self.taken_from_queue[chain] = self.taken_from_queue.get(chain, 0.0) + float(flow[:, waiting].sum())
        for wire in self.compiled.wires.get(Source("chain", chain), ()):
            self._pass_on(wire, rows, self.pairs[id(wire)].take(pair))
        if chain in self.engaged:
            self._serve(chain, rows, old, self.state[chain].take(rows))
        if counted:
            for firing in self.firings[chain]:
                self._fire(firing, rows[firing.moves[pair]], chain)

    def tell(self, source: Source, rows: IntArray, old: IntArray, new: IntArray) -> None:
        """Let everything follow from a source of some root or child rows that went from old to new raw values."""
        for wire in self.compiled.wires.get(source, ()):
            self.tell_one(wire, rows, old, new)

    def tell_one(self, wire: Wire, rows: IntArray, old: IntArray, new: IntArray) -> None:
        """Let one wire's codes follow from a source of some rows that went from old to new raw values."""
        self._pass_on(wire, rows, wire.classes.take(new) - wire.classes.take(old))

    def _pass_on(self, wire: Wire, rows: IntArray, delta: IntArray) -> None:
        """Add a change of class to all codes of a wire."""
        changed = delta.nonzero()[0]
        if not len(changed):
            return
        if len(changed) < len(rows):
            rows, delta = rows.take(changed), delta.take(changed)
        if wire.to_children:
            rows, owner = self.root.children_of(rows)
            delta = delta.take(owner)
        for number, stride in wire.codes:
            codes = self.codes[number]
            # Unsigned arithmetic wraps round, so a step down is the addition of its complement.
            change = delta.astype(codes.dtype)
            change *= codes.dtype.type(stride)
            old = codes.take(rows)
            change += old
            codes[rows] = change
            if number in self.watched:
                self._turn(self.watched[number].name, rows, old, change)

    def _turn(self, name: str, rows: IntArray, old: IntArray, new: IntArray) -> None:
        truth = self.truth[name]
        diff = truth.take(new).view(np.int8) - truth.take(old).view(np.int8)
        turned = diff.nonzero()[0]
        if len(turned):
            self.add_to_condition(name, rows.take(turned), diff.take(turned))

    def add_to_condition(self, name: str, rows: IntArray, diff: IntArray) -> None:
        """Count rows (active ones) for which a condition begins (+1) or ceases (-1) to hold."""
        home = self.population.rows[self.compiled.conditions[name].reader.unit]
        active = home.active.take(rows)
        if not active.all():
            rows, diff = rows[active], diff[active]
        self.stocks[name] += np.bincount(self.slots[home.unit.name][rows], weights=diff, minlength=self.n_slots)
        if name.startswith("count "):
            source = name.removeprefix("count ")
            theirs = home.parent.take(rows)
            parents = self.root.distinct(theirs)
            before = self.counts[source].take(parents)
            np.add.at(self.counts[source], theirs, diff)
            self.tell(Source("count", source), parents, before, self.counts[source].take(parents))

    def _serve(self, chain: str, rows: IntArray, old: StateArray, new: StateArray) -> None:
        """Keep the numbers of engaged cases and the arrivals of a service's queue."""
        engaged = self.engaged[chain]
        diff = engaged.take(new).view(np.int8) - engaged.take(old).view(np.int8)
        turned = diff.nonzero()[0]
        if len(turned) and self.chains[chain].service.kind == "discretionary":  # type: ignore[union-attr]
            who, by = rows.take(turned), diff.take(turned)
            before = self.agencies.take(who)
            after = before + by.astype(np.uint8)
            self.agencies[who] = after
            self.tell(Source("agencies"), who, before, after)
            if chain in self.busy:
                area = self.rows(chain).area.take(who)
                self.busy[chain] += np.bincount(area, weights=by, minlength=len(self.busy[chain])).astype(np.int64)
        if chain in self.joined:
            waiting = rows[new == self.chains[chain].states.index("waiting")]
            self.joined[chain][waiting] = self.step
            if len(waiting):
                self.arrivals[chain].append(np.stack([waiting, np.full(len(waiting), self.step)], axis=1))

    def _fire(self, firing: Firing, rows: IntArray, chain: str) -> None:
        """Move the other chain of the same row, of the children or of the parent, with the fire's probability."""
        if not len(rows):
            return
        home, target = self.rows(chain), self.rows(firing.chain)
        if home is not target:
            rows = self.root.children_of(rows)[0] if home is self.root else np.unique(home.parent[rows])
        rows = rows[firing.sources[self.state[firing.chain][rows]] & target.active[rows]]
        if firing.probability < 1.0:
            stream = key(self.stream, "fire", chain, firing.number, self.step)
            rows = rows[uniform(stream, target.ids[rows]) < firing.probability]
        self.move(firing.chain, rows, firing.target)

    def look_again(self, name: str, truth: BoolArray) -> None:
        """Take over the new truth of a condition that the clock may turn, and count anew when it did."""
        if np.array_equal(truth, self.truth[name]):
            return
        condition = self.compiled.conditions[name]
        old, self.truth[name] = self.truth[name], truth
        code = self.codes[condition.code]
        diff = truth[code].view(np.int8) - old[code].view(np.int8)
        turned = np.flatnonzero(diff)
        self.add_to_condition(name, turned, diff[turned])

    def shift_memory(self, memory: Memory) -> None:
        """Let a memory forget its oldest step and take in this one."""
        condition = self.compiled.conditions[f"remember {memory.name}"]
        holds = self.truth[condition.name][self.codes[condition.code]]
        bits = self.memory_bits[memory.name]
        bits <<= bits.dtype.type(1)
        bits |= holds
        bits &= bits.dtype.type((1 << memory.window) - 1)
        counts = np.bitwise_count(bits)
        changed = (counts != self.memory[memory.name]).nonzero()[0]
        self.recall(memory.name, changed, counts.take(changed))

    def recall(self, name: str, rows: IntArray, counts: IntArray) -> None:
        """Set a memory's counts for some rows and tell whoever reads it."""
        before = self.memory[name].take(rows)
        self.memory[name][rows] = counts
        self.tell(Source("memory", name), rows, before, counts)


def _room(window: int) -> type[np.unsignedinteger[Any]]:
    """Give the smallest unsigned integer type with a bit for each step of a memory (windows are at most 64 steps)."""
    return next(t for bits, t in ((8, np.uint8), (16, np.uint16), (32, np.uint32), (64, np.uint64)) if window <= bits)


def has_gate(chain: Chain) -> bool:
    """Say whether rows wait in a chain for somebody to let them in."""
    return chain.service is not None and chain.service.kind == "discretionary"


def _pairs(wire: Wire) -> IntArray:
    """Tabulate the change of class in going from old to new (old * n + new)."""
    return np.subtract(wire.classes[None, :], wire.classes[:, None]).reshape(-1).astype(np.int16)


def _firings(compiled: Compiled, chain: Chain) -> list[Firing]:
    """Compile the fires of a chain; none from a service when services are inert."""
    model = compiled.model
    if chain.service is not None and model.services_inert:
        return []
    n, number = len(chain.states), {s: i for i, s in enumerate(chain.states)}
    firings = []
    for i, fire in enumerate(chain.fires):
        moves = np.zeros(n * n, np.bool_)
        for a, b in fire.moves:
            moves[number[a] * n + number[b]] = True
        target = compiled.model.chain(fire.chain)
        sources = np.array([state in fire.sources for state in target.states])
        probability = clock_value(fire.probability, model, 0)
        firings.append(Firing(i, moves, fire.chain, sources, target.states.index(fire.target), probability))
    return firings
