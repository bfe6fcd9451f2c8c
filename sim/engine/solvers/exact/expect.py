"""Exact expectations of small models: the engine's own hazards applied to cells with weights instead of rows.

Each chain's pass is a sparse matrix over cells, built from the same tables that move rows in ``simulate``. Children of
one family move independently given the cell before the pass, as they do there.
"""

from __future__ import annotations

import numpy as np

from sim.arrays import FloatArray
from sim.engine.counts.layout import area_slots
from sim.engine.counts.record import Record
from sim.engine.feedback import Feedback
from sim.engine.moves.opening import stationary_shares
from sim.engine.moves.step import Pass, make_pass
from sim.engine.moves.world import MovingWorld
from sim.engine.solvers.exact.branching import Branching, FlowKernel
from sim.engine.solvers.exact.cells import Space, cell_world, cells_with, make_space, rows_of, tick
from sim.engine.solvers.expected import expect_worlds
from sim.model.compiled.model import Compiled, compile_model
from sim.model.compiled.program import BETTER, WORSE
from sim.model.compiled.readings import start_shares
from sim.model.compiled.scope import Moment, moment
from sim.model.spec import Chain, Scenario


class Cells:
    """One world solved over its cells."""

    def __init__(self, compiled: Compiled, n_rows: int) -> None:
        self.compiled, self.model, self.n_rows = compiled, compiled.model, n_rows
        self.space: Space = make_space(compiled)
        self.world: MovingWorld = cell_world(self.space, area_slots(self.model), 0)
        self.step = -self.model.root.warm_up
        self.feedback = Feedback.of(self.model)
        self.totals: dict[str, float] = dict.fromkeys(compiled.totals, 0.0)
        self.totals |= {stock.name: self.feedback.levels.get(stock.name, 0.0) for stock in self.model.stocks}
        self._time_codes()
        self.world.index(self.now())
        self.passes: dict[str, Pass] = {name: make_pass(self.world, name, self.now()) for name in compiled.programs}
        self.weights = self._start()
        self.kernels: dict[str, tuple[object, FlowKernel]] = {}
        self.flows: dict[str, FloatArray] = {}
        self._take_totals()

    def now(self) -> Moment:
        """Give the moment of the present step."""
        return moment(self.model, self.step, self.totals)

    def _time_codes(self) -> None:
        """Set the ages and times in state of the cells at this step."""
        self.world.step = self.step
        for (name, member), tunnel in self.space.tunnels.items():
            cells = cells_with(self.world, member)
            k = tunnel.of(self.space.keys[cells]) - 1
            self.world.entered[name][rows_of(self.space, self.world, member)] = self.step - np.maximum(k, 0)

    def _start(self) -> FloatArray:
        """Weigh the cells by the shares of traits and first states; those with time behind them have none."""
        space, model = self.space, self.model
        weights = np.ones(len(space.keys))
        for trait in model.traits:
            shares = np.asarray(trait.shares) / sum(trait.shares)
            weights *= shares[space.traits[trait.name].of(space.keys)]
        for (name, member), place in space.places.items():
            cells = cells_with(self.world, member)
            states = place.of(space.keys[cells])
            chain = model.chain(name)
            if chain.start is None:
                shares = stationary_shares(self.passes[name], rows_of(space, self.world, member))
                weights[cells] *= shares[np.arange(len(cells)), states]
            elif chain.ages_steps is not None and not chain.ages_steps[0] <= self._age(chain) < chain.ages_steps[1]:
                weights[cells] *= states == 0
            else:
                weights[cells] *= start_shares(chain, self.compiled.model)[0, states]
            absent = np.setdiff1d(np.arange(len(space.keys)), cells)
            weights[absent] *= place.of(space.keys[absent]) == 0
        for tunnel in space.tunnels.values():
            weights *= tunnel.of(space.keys) == 1
        return weights

    def advance(self) -> None:
        """Go one step on: every chain in order, the meeting, and time in state."""
        self._time_codes()
        now = self.now()
        if any(axis.source.kind == "age" for code in self.compiled.codes for axis, _ in code.axes):
            self.world.index(now)
        self.world.look_again(now)
        self.flows = {c.name: np.zeros((len(c.states), len(c.states))) for c in self.model.chains}
        for chain in self.model.chains:
            if chain.ages_steps is not None and self._age(chain) == chain.ages_steps[1]:
                self._apply(chain.name, self._grown_out(chain))
        for name in self.model.order:
            self.passes[name].refresh(now)
            self._apply(name, self._kernel(name))
        for chain in self.model.chains:
            if chain.is_gated:
                self._apply(chain.name, self._admit_all(chain))
        ticked = self.space.find(tick(self.space, self.space.keys))
        self.weights = np.bincount(ticked, self.weights, len(self.weights)).astype(np.float64)
        self._take_totals()
        if self.model.stocks:
            self.feedback.advance(self.model, self.now())
            self.totals |= self.feedback.levels
        self.step += 1

    def _take_totals(self) -> None:
        for name, node in self.compiled.totals.items():
            if node.name == "total":
                self.totals[name] = self.n_rows * self.held(name)

    def held(self, condition: str) -> float:
        """Give the expected number of rows a root row for which a condition holds."""
        compiled = self.compiled.conditions[condition]
        rows = self.world.population.rows[compiled.reader.unit]
        return float(self.weights[rows.parent[self.world.holds(condition)]].sum())

    @property
    def size(self) -> int:
        """Rows of the first unit."""
        return self.n_rows

    def stock(self, chain: str) -> FloatArray:
        """Give the rows in each state of a chain, a root row, (state,)."""
        rows, n = self.world.rows(chain), len(self.model.chain(chain).states)
        return np.bincount(self.world.state[chain], self.weights[rows.parent], n).astype(np.float64)

    def moves(self, chain: str) -> FloatArray:
        """Give the moves of the last step, a root row, (old, new)."""
        return self.flows[chain]

    def condition(self, name: str) -> float:
        """Give the rows for which a condition holds, a root row."""
        return self.held(name)

    def rows(self, unit: str) -> float:
        """Give the rows of a unit, a root row."""
        return float(self.weights[self.world.population.rows[unit].parent].sum())

    def waited(self, service: str) -> FloatArray:
        """Give the admissions of the last step, (wait,): nobody waits where there is no limit."""
        chain = self.model.chain(service)
        return np.array([self.flows[service][chain.waiting, list(chain.engaged)].sum()])

    def taken(self, service: str) -> float:
        """Give who left a queue because the row left: nobody does."""
        del service
        return 0.0

    def staff(self, service: str) -> tuple[float, float, float, float, float] | None:
        """Give the staff of a service: none is held here."""
        del service
        return None

    def _apply(self, name: str, kernel: FlowKernel) -> None:
        """Pass the weights through a kernel and count its moves."""
        del name
        passed = self.weights[kernel.cells] * kernel.shares
        for chain, branch, pair in kernel.moves:
            n = self.flows[chain].shape[0]
            self.flows[chain] += np.bincount(pair, passed[branch], n * n).reshape(n, n)
        self.weights = np.bincount(kernel.targets, passed, len(self.weights)).astype(np.float64)

    def _kernel(self, name: str) -> FlowKernel:
        """Give a chain's kernel at this step, kept while its tables stay as they are."""
        one = self.passes[name]
        known = self.kernels.get(name)
        timed = any(axis.source.kind == "age" for code in one.codes for axis, _ in self.compiled.codes[code].axes)
        timed = timed or any(firing.clocked for firings in self.world.firings.values() for firing in firings)
        if known is not None and known[0] is one.tables and not timed:
            return known[1]
        branches = Branching(self.space, self.world)
        for member in self.space.members(name):
            branches.move_member(name, member, self._probabilities(one, member))
        kernel = branches.kernel()
        self.kernels[name] = (one.tables, kernel)
        return kernel

    def _probabilities(self, one: Pass, member: int) -> FloatArray:
        """Give P(to state) of a member in each cell before the pass, (cell, state); the own state holds staying."""
        rows = rows_of(self.space, self.world, member)
        own = self.world.state[one.name][rows].astype(np.intp)
        n = len(one.program.chain.states)
        moved = np.zeros((len(rows), n))  # (row, state)
        codes = one.codes_of(rows)
        for side in (BETTER, WORSE):
            places = [code + side * g.size for code, g in zip(codes, one.program.groups, strict=True)]
            for slot, value in enumerate(one.slots_at(places)):
                np.add.at(moved, (np.arange(len(rows)), one.program.targets[slot, side][own]), value)
        if one.program.chain.kind == "rates":
            hazard = moved.sum(axis=1, keepdims=True)
            moved *= np.divide(-np.expm1(-hazard), hazard, out=np.zeros_like(hazard), where=hazard > 0)
        moved[np.arange(len(rows)), own] = 1.0 - moved.sum(axis=1)
        full = np.zeros((len(self.space.keys), n))  # (cell, state)
        full[cells_with(self.world, member)] = moved
        return full

    def _age(self, chain: Chain) -> int:
        """Give the age in steps that the rows of a chain share at this step."""
        return (self.model.unit(chain.unit).age_steps or (0, 0))[0] + self.step + self.model.root.warm_up

    def _grown_out(self, chain: Chain) -> FlowKernel:
        """Let everyone who has reached the end of a chain's ages leave its states."""
        branches = Branching(self.space, self.world)
        for member in self.space.members(chain.name):
            first = np.zeros((len(self.space.keys), len(chain.states)))
            first[cells_with(self.world, member), 0] = 1.0
            branches.move_member(chain.name, member, first)
        return branches.kernel()

    def _admit_all(self, chain: Chain) -> FlowKernel:
        """Let everyone who waits in (open queues)."""
        branches = Branching(self.space, self.world)
        share = np.zeros((len(self.space.keys), len(chain.states)))
        state = self.space.places[chain.name, -1].of(self.space.keys)
        share[np.arange(len(state)), np.where(state == chain.waiting, chain.engaged[0], state)] = 1.0
        branches.move_member(chain.name, -1, share)
        return branches.kernel()


def expect_record(scenario: Scenario) -> Record:
    """Solve every world of a scenario exactly.

    Returns
    -------
        The same arrays as a simulated replication, holding expectations; teams are empty.

    Raises
    ------
    ModelError
        When a model is too large or has what cells cannot hold; says what.
    """
    size, compiled = scenario.worlds[0].model.root.size, {w.name: compile_model(w.model) for w in scenario.worlds}
    return expect_worlds(
        scenario,
        begin=lambda world: Cells(compiled[world.name], size),
        part=lambda cells, world: _under(cells, compiled[world.name], size),
        afresh=True,
    )


def _under(cells: Cells, compiled: Compiled, size: int) -> Cells:
    """Go on under another model: the same weights on its own cells."""
    other = Cells(compiled, size)
    if not np.array_equal(other.space.keys, cells.space.keys):
        keys = np.union1d(other.space.keys, cells.space.keys)
        other.space.keys = keys
        other.world = cell_world(other.space, area_slots(other.model), 0)
        other.step = cells.step
        other._time_codes()
        other.world.index(other.now())
        other.passes = {name: make_pass(other.world, name, other.now()) for name in compiled.programs}
    weights = np.zeros(len(other.space.keys))
    weights[other.space.find(cells.space.keys)] = cells.weights
    other.weights, other.step = weights, cells.step
    other.feedback = cells.feedback.part(compiled.model, cells.step)
    other._time_codes()
    other.world.index(other.now())
    other._take_totals()
    other.totals |= {stock.name: other.feedback.levels.get(stock.name, 0.0) for stock in other.model.stocks}
    return other
