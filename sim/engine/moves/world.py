"""One world in motion: the state of every row in every chain, and what follows when one changes.

``World.follow`` is the only way in which a state changes. What a move means was tabulated when the world took over its
model (consequences.py): it is counted, fires other chains, begins or ends help, brings a case to a queue, changes a
count over children. Codes and conditions are not kept: whoever needs them reads them off the states (codes.py).
"""

from __future__ import annotations

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray, StateArray
from sim.engine import kernels
from sim.engine.fate.draws import key, uniform
from sim.engine.fate.uniforms import Bounds
from sim.engine.moves.carried import Carried, open_carried
from sim.engine.moves.codes import code_of
from sim.engine.moves.consequences import (
    HELP_BEGINS,
    HELP_ENDS,
    JOINS_QUEUE,
    Consequences,
    Firing,
    Plain,
    engaged_states,
    link,
    plain,
)
from sim.engine.moves.sheet import Sheet
from sim.engine.moves.tally import Logged, Tally
from sim.engine.people.population import Population, Rows
from sim.model.compiled.model import Compiled
from sim.model.compiled.readings import start_shares
from sim.model.compiled.scope import Moment
from sim.model.spec import Chain, Memory

__all__ = ["Firing", "MovingWorld"]


def columns_of(compiled: Compiled) -> dict[tuple[str, str], slice]:
    """Lay all counts of a model out in one line: moves of each chain (old * n + new), then states, then conditions."""
    at, columns = 0, {}
    for chain in compiled.model.chains:
        columns["flow", chain.name] = slice(at, at := at + len(chain.states) ** 2)
    for chain in compiled.model.chains:
        columns["state", chain.name] = slice(at, at := at + len(chain.states))
    for name in compiled.conditions:
        columns["condition", name] = slice(at, at := at + 1)
    return columns


class MovingWorld:
    """The rows of one world.

    Attributes
    ----------
    state, entered
        Chain -> state of each row, (row,); step since which it is in it (for chains whose time in state matters).
    bounds
        Chain -> what draws may move each row, for chains that are being stepped.
    occupancy, flows
        Chain -> active rows by area slot and state, (slot, state); moves of this step, (slot, state, state).
    stocks
        Condition -> active rows for which it holds, by area slot, (slot,), as of the last ``settle``.
    tallies, log, held
        Counts by other groups than areas; where there are any, the moves of this step, and condition -> for which
        rows that are there it held at the last ``settle``, (row,), those on the states of one chain apart.
    handed
        Whether cases were handed over at the start of this step.
    counts, agencies
        Count over children -> number of each root row, (row,); number of services that help each root row, (row,).
    """

    def __init__(
        self,
        compiled: Compiled,
        population: Population,
        area_slot: IntArray,
        stream: int,
        past: tuple[int, Carried] | None = None,
    ) -> None:
        """Open a world, or go on from a ``past``: a step, and what the rows carry then."""
        self.compiled, self.population, self.stream = compiled, population, stream
        small = np.uint8 if area_slot.max(initial=0) < 1 << 8 else np.uint16
        self.slots: dict[str, IntArray] = {
            unit: area_slot[rows.area].astype(small) for unit, rows in population.rows.items()
        }
        self.area_slot = area_slot
        self.n_slots = 1 + int(area_slot.max(initial=0))
        self.step, self.carried = past or (-compiled.model.root.warm_up, open_carried(compiled, population))
        self.state, self.entered = self.carried.state, self.carried.entered
        self.memory_bits, self.memory = self.carried.memory_bits, self.carried.memory
        self.joined, self.queue, self.arrivals = self.carried.joined, self.carried.queue, self.carried.arrivals
        self.taken_from_queue: dict[str, float] = {}
        self.tallies: list[Tally] = []
        self.log: list[Logged] = []
        self.held: dict[str, BoolArray] = {}
        self.handed = False
        self.adopt(compiled)

    @property
    def root(self) -> Rows:
        """The rows of the root unit."""
        return self.population.rows[self.compiled.model.root.name]

    def rows(self, chain: str) -> Rows:
        """Give the rows that a chain lives on."""
        return self.population.rows[self.chains[chain].unit]

    def clear_flows(self) -> None:
        """Start counting the moves of a new step."""
        self.counted[:, self.flow_columns] = 0.0
        self.taken_from_queue.clear()

    def slot_of(self, rows: IntArray) -> IntArray:
        """Give the area slot of some root rows, (row,)."""
        return np.asarray(self.slots[self.root.unit.name].take(rows), np.intp)

    def present(self) -> list[int]:
        """Give the rows that are there, by unit."""
        return [int(np.count_nonzero(rows.active)) for rows in self.population.rows.values()]

    def _lay_out_counts(self) -> None:
        """Keep all counts in one array (slot, column), so that a step is written down at once; name its parts."""
        self.columns = place = columns_of(self.compiled)
        self.flow_columns = slice(0, sum(len(chain.states) ** 2 for chain in self.chains.values()))
        by_column = np.zeros((max((column.stop for column in place.values()), default=0), self.n_slots))
        self.counted = by_column.T  # what one chain counts in all slots lies together
        self.flows: dict[str, FloatArray] = {
            name: np.moveaxis(by_column[place["flow", name]].reshape(len(c.states), len(c.states), self.n_slots), 2, 0)
            for name, c in self.chains.items()
        }
        self.occupancy: dict[str, FloatArray] = {name: self.counted[:, place["state", name]] for name in self.chains}
        self.stocks: dict[str, FloatArray] = {
            name: by_column[place["condition", name].start] for name in self.compiled.conditions
        }

    def start_shares(self, chain: str) -> FloatArray:
        """Give the shares of a chain's first states, summed up from the first state on, (1 or area, state)."""
        if chain not in self._starts:
            self._starts[chain] = np.cumsum(start_shares(self.chains[chain], self.compiled.model), axis=1)
        return self._starts[chain]

    def fork(self, compiled: Compiled) -> MovingWorld:
        """Copy this world to go on under another model with the same chains and states."""
        carried = self.carried.copy()
        for name in compiled.k_chains - carried.entered.keys():
            carried.entered[name] = np.full(self.rows(name).n, self.step, np.int32)
        return MovingWorld(compiled, self.population, self.area_slot, self.stream, (self.step, carried))

    # What follows from the states: made afresh here, kept up to date by `follow`.

    def adopt(self, compiled: Compiled) -> None:
        """Take over a compiled model: tabulate what moves set off and count everyone from the states."""
        self.compiled = compiled
        self.chains: dict[str, Chain] = {chain.name: chain for chain in compiled.model.chains}
        self._lay_out_counts()
        self._lay_out_rows()
        self.links: dict[str, Consequences] = {name: link(compiled, chain) for name, chain in self.chains.items()}
        self.firings = {name: one.firings for name, one in self.links.items()}
        self.bounds: dict[str, Bounds] = {}
        self._starts: dict[str, FloatArray] = {}
        self.truth: dict[str, BoolArray] = {}
        self.plain: dict[str, Plain | None] = {}
        self.engaged = {name: engaged_states(c) for name, c in self.chains.items() if c.service}
        for name, one in self.links.items():
            if one.service is not None:
                self.agencies += self.engaged[name][self.state[name]]
        self.busy = {name: self._count_by_area(name, self.engaged[name]) for name in self.joined}
        for name, chain in self.chains.items():
            active, n = self.rows(name).active, len(chain.states)
            place = self.slots[chain.unit][active].astype(np.intp) * n + self.state[name][active]
            self.occupancy[name][:] = np.bincount(place, minlength=self.n_slots * n).reshape(
                self.n_slots, n
            )  # (slot, state)

    def _lay_out_rows(self) -> None:
        """Put all that rows carry in a byte on sheets, and go on with its lines."""
        self.sheets: dict[str, Sheet] = {}
        for unit, rows in self.population.rows.items():
            names = [("chain", name) for name, chain in self.chains.items() if chain.unit == unit]
            if rows is self.root:
                names += [("memory", name) for name in self.memory] + [("agencies", "")]
                names += [("count", name) for name in self.compiled.counts]
            self.sheets[unit] = sheet = Sheet.of(rows, names)
            for carried, kind in ((self.state, "chain"), (self.memory, "memory")):
                for name in [name for which, name in names if which == kind]:
                    sheet[kind, name][:] = carried[name]
                    carried[name] = sheet[kind, name]
        root = self.sheets[self.root.unit.name]
        self.agencies: IntArray = root["agencies", ""]
        self.counts: dict[str, IntArray] = {name: root["count", name].view(np.int8) for name in self.compiled.counts}

    def _count_by_area(self, chain: str, states: BoolArray) -> IntArray:
        chosen = states[self.state[chain]] & self.rows(chain).active
        return np.bincount(self.rows(chain).area[chosen], minlength=len(self.area_slot))

    def index(self, now: Moment) -> None:
        """Take over the truth of every condition at a moment and count anew."""
        for one in self.links.values():
            one.counts.clear()
        for name, condition in self.compiled.conditions.items():
            self.truth[name] = condition.truth(self.compiled.codes, now)
            self.plain[name] = plain(self.compiled, condition, self.truth[name])
        for source, name in self.compiled.counts.items():
            self.recount(source)
            told = self.plain[name]
            if told is not None:
                n = len(told.states)
                added = np.subtract(told.states[None, :], told.states[:, None], dtype=np.int8)
                self.links[told.chain].counts.append((source, added.reshape(n * n)))
        self.settle()

    def look_again(self, now: Moment) -> None:
        """Take over the new truth of conditions that the clock may turn."""
        for condition in self.compiled.conditions.values():
            if condition.clocked:
                truth = condition.truth(self.compiled.codes, now)
                if not np.array_equal(truth, self.truth[condition.name]):
                    self.index(now)
                    return

    def settle(self) -> None:
        """Count the rows for which each condition holds, each as much as its area says where areas differ in that."""
        for name, condition in self.compiled.conditions.items():
            told, by_area = self.plain[name], name in self.compiled.weights
            if told is not None and not by_area:
                self.stocks[name][:] = self.occupancy[told.chain] @ told.states  # (slot, state) to (slot,)
            else:
                rows = self.population.rows[condition.reader.unit]
                holds = self.holds(name) & rows.active
                weights = self.weights(name, holds) if by_area else None
                slots = self.slots[rows.unit.name][holds]
                self.stocks[name][:] = np.bincount(slots, weights, self.n_slots)
                if self.tallies:
                    self.held[name] = holds

    def weights(self, name: str, holds: BoolArray) -> FloatArray:
        """Give how much each row for which a condition holds counts by its area, (row that holds,)."""
        rows = self.population.rows[self.compiled.conditions[name].reader.unit]
        return self.compiled.weights[name].take(rows.area[holds])

    def holds(self, name: str) -> BoolArray:
        """Say for each row of its unit, whether there or not, if a condition holds."""
        told = self.plain[name]
        if told is not None:
            return told.holds(self.state[told.chain])
        condition = self.compiled.conditions[name]
        rows = self.population.rows[condition.reader.unit]
        return self.truth[name].take(code_of(self, self.compiled.codes[condition.code], rows))

    def recount(self, source: str) -> None:
        """Count the children for which something holds afresh."""
        name = self.compiled.counts[source]
        rows = self.population.rows[self.compiled.conditions[name].reader.unit]
        holds = self.holds(name) & rows.active
        self.counts[source][:] = np.bincount(rows.parent[holds], minlength=self.root.n)  # (root row,)

    # Changes.

    def move(self, chain: str, rows: IntArray, new: StateArray | int, counted: bool = True) -> None:
        """Move distinct rows of a chain to new states, one each or one for all; see ``follow``."""
        if len(rows):
            pairs = self.state[chain].take(rows).astype(np.uint16)
            pairs *= np.uint16(self.links[chain].n)
            pairs += np.asarray(new, np.uint16)
            self.follow(chain, rows, pairs, counted)

    def follow(self, chain: str, rows: IntArray, pairs: IntArray, counted: bool = True) -> None:
        """Move distinct rows of a chain from old to new states (pair: old * n + new) and let everything follow.

        ``counted`` False leaves the move out of the flows: a row that is taken over by somebody else has not moved.
        """
        if not len(rows):
            return
        one = self.links[chain]
        new = one.new.take(pairs)
        if kernels.ON:
            self._count_compiled(chain, rows, pairs, counted)
        else:
            self.state[chain][rows] = new
            self._count(chain, rows, pairs, counted)
        if self.tallies:
            self.log.append((chain, rows.copy(), pairs.astype(np.intp) + self.columns["flow", chain].start, counted))
        if chain in self.entered:
            self.entered[chain][rows] = self.step + 1
        if chain in self.bounds:
            self.bounds[chain].set(rows, new)
        for source, added in one.counts:
            self._add_to_parents(source, self.rows(chain).parent, rows, added.take(pairs))
        if one.service is not None:
            self._serve(chain, rows, one.service.take(pairs))
        if not counted and chain in self.joined and self.step >= 0:
            left = float(np.count_nonzero(one.old.take(pairs) == self.chains[chain].waiting))
            self.taken_from_queue[chain] = self.taken_from_queue.get(chain, 0.0) + left
        if counted:
            for firing in one.firings:
                self._fire(firing, rows[firing.moves[pairs]], chain)

    def _count(self, chain: str, rows: IntArray, pairs: IntArray, counted: bool) -> None:
        """Keep flows and occupancy."""
        one = self.links[chain]
        n_pairs = one.n * one.n
        place = pairs
        if self.n_slots > 1:
            place = self.slots[self.chains[chain].unit].take(rows).astype(np.intp)
            place *= n_pairs
            place += pairs
        flow = np.bincount(place, minlength=self.n_slots * n_pairs).reshape(self.n_slots, n_pairs)  # (slot, pair)
        self.occupancy[chain] += flow @ one.change  # (slot, state)
        if counted:
            self.flows[chain] += flow.reshape(self.flows[chain].shape)  # (slot, old, new)

    def _count_compiled(self, chain: str, rows: IntArray, pairs: IntArray, counted: bool) -> None:
        """Do as ``_count``, and move the rows."""
        one, by_column = self.links[chain], self.counted.T
        flow, state = self.columns["flow", chain], self.columns["state", chain]
        kernels.count_moves(
            rows, pairs, one.old, one.new, self.state[chain], self.slots[self.chains[chain].unit], by_column[state],
            by_column[flow if counted else slice(0)],
        )  # fmt: skip

    def _add_to_parents(self, source: str, parent: IntArray, rows: IntArray, diff: IntArray) -> None:
        """Keep a count over children, given what the move of each row adds to it."""
        if kernels.ON:
            kernels.add_to_parents(rows, diff, parent, self.counts[source])
            return
        turned = diff.nonzero()[0]
        np.add.at(self.counts[source], parent.take(rows.take(turned)), diff.take(turned))

    def _serve(self, chain: str, rows: IntArray, events: StateArray) -> None:
        """Keep the numbers of engaged cases and the arrivals of a service's queue."""
        if kernels.ON:
            waiting: IntArray = np.empty(len(rows) + 1, np.int64)
            bits, area = (HELP_BEGINS, HELP_ENDS, JOINS_QUEUE), self.rows(chain).area
            n = kernels.serve(rows, events, *bits, self.agencies, area, self.busy[chain], waiting)
            waiting = waiting[:n]
        else:
            helped = (events & (HELP_BEGINS | HELP_ENDS)).nonzero()[0]
            if len(helped):
                who = rows.take(helped)
                diff = np.array([0, 1, -1], np.int8).take(events.take(helped) & (HELP_BEGINS | HELP_ENDS))
                self.agencies[who] += diff.view(np.uint8)  # wraps round: a step down adds its complement
                by_area = np.bincount(self.rows(chain).area.take(who), weights=diff, minlength=len(self.busy[chain]))
                self.busy[chain] += by_area.astype(np.int64)
            waiting = rows.compress(events & JOINS_QUEUE)
        if len(waiting):
            self.joined[chain][waiting] = self.step
            joined = np.stack([waiting, np.full(len(waiting), self.step)], axis=1)  # (row, 2)
            self.arrivals[chain].append(joined)

    def _fire(self, firing: Firing, rows: IntArray, chain: str) -> None:
        """Move the other chain of the same row, of the children or of the parent, with the fire's probability."""
        if not len(rows):
            return
        home, target = self.rows(chain), self.rows(firing.chain)
        if home is not target:
            rows = self.root.children_of(rows)[0] if home is self.root else np.unique(home.parent[rows])
        rows = rows[firing.sources[self.state[firing.chain][rows]] & target.active[rows]]
        probability = firing.probability(self.step)
        if probability < 1.0:
            stream = key(self.stream, "fire", chain, firing.number, self.step)
            rows = rows[uniform(stream, target.ids[rows]) < probability]
        self.move(firing.chain, rows, firing.target)

    def shift_memory(self, memory: Memory) -> None:
        """Let a memory forget its oldest step and take in this one."""
        bits = self.memory_bits[memory.name]
        bits <<= bits.dtype.type(1)
        bits |= self.holds(f"remember {memory.name}")
        bits &= bits.dtype.type((1 << memory.window) - 1)
        np.bitwise_count(bits, out=self.memory[memory.name])
