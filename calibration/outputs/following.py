"""Follows every row of one world through one replication: the states of all chains and each family's bills, by step.

One pass of the engine with an observer, which changes nothing. What is made of it is in ``outputs``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray, StateArray
from sim.engine.counts.layout import layout_of
from sim.engine.counts.record import Record
from sim.engine.moves.world import World
from sim.engine.solvers.families import Line, replicate
from sim.errors import ModelError
from sim.model.pathway import helps
from sim.model.spec import Model, Scenario
from sim.model.spec import World as Spec
from sim.runs.follow.bills import Bills, price_tables
from sim.runs.follow.panel import AnyArray, Names

ENTRY_STEPS = (13, 24)
"""Who is first helped from the first of these steps to before the second is an entrant: a year is known before it."""


@dataclass(frozen=True)
class History:
    """What one world went through; arrays are (step, row) with the rows that are real, in the order of the engine.

    Attributes
    ----------
    scenario, spec
        What was run and the world of it that was followed.
    states
        Chain to the number of the state of each row after each step.
    unit
        Chain to its unit.
    here
        Unit to whether the row is somebody who is there, (step, row).
    memory
        Memory to what it holds of each root row after each step, (step, row).
    generation
        Unit to a number that goes up when the row is taken over by somebody else, (step, row).
    age
        Unit to whole years since birth, (step, row).
    traits
        Trait to the number of its value of each root row, (row,).
    parent
        The family of each child, (child,); empty where there is one unit alone.
    bills
        Ledger to the cost of each root row in each step, pounds of the price year, (step, row); also ``gross``.
    flows
        Move of the programme, ``source -> target``, to how many made it, those passed through within a step too.
    team
        Posts filled, places, families helped and waiting of the programme, (step, 4); empty where there is none.
    names
        What the programme's chain and the hub are called.
    """

    scenario: Scenario
    spec: Spec
    states: dict[str, StateArray]
    unit: dict[str, str]
    memory: dict[str, StateArray]
    here: dict[str, BoolArray]
    generation: dict[str, StateArray]
    age: dict[str, StateArray]
    traits: dict[str, IntArray]
    parent: IntArray
    bills: dict[str, FloatArray]
    flows: dict[str, float]
    team: FloatArray
    names: Names

    @property
    def model(self) -> Model:
        """The model of the world."""
        return self.spec.model

    @property
    def n_steps(self) -> int:
        """Steps that were followed."""
        return int(next(iter(self.states.values())).shape[0])

    @property
    def root(self) -> str:
        """Name of the root unit."""
        return self.model.units[0].name

    def chain_states(self, chain: str) -> tuple[str, ...]:
        """Names of the states of a chain.

        Raises
        ------
        ModelError
            When the model has no such chain.
        """
        found = next((c.states for c in self.model.chains if c.name == chain), None)
        if found is None:
            there = ", ".join(c.name for c in self.model.chains)
            raise ModelError(f"given '{chain}', which is no chain of the model; it has {there}")
        return found

    def state(self, chain: str, state: str) -> int:
        """Give the number of a state.

        Raises
        ------
        ModelError
            When the chain has no such state.
        """
        names = self.chain_states(chain)
        if state not in names:
            raise ModelError(f"given '{state}', which is no state of '{chain}'; it has {', '.join(names)}")
        return names.index(state)

    @cached_property
    def engaged(self) -> BoolArray:
        """Whether a key worker is with the family at the end of a step, (step, family)."""
        is_help = np.array([helps(state) for state in self.chain_states(self.names.programme)])
        return np.asarray(is_help[self.states[self.names.programme]])

    @cached_property
    def entries(self) -> list[tuple[int, IntArray]]:
        """Steps of ``ENTRY_STEPS`` with the families first helped in each, of whom the year before is known."""
        generation = self.generation[self.root]
        ever = np.zeros(generation.shape[1], np.bool_)
        found: list[tuple[int, IntArray]] = []
        for t in range(min(ENTRY_STEPS[1], self.n_steps)):
            ever &= generation[t] == generation[max(t - 1, 0)]
            if t >= ENTRY_STEPS[0]:
                new = self.engaged[t] & ~ever & (generation[t] == generation[t - 12])
                found.append((t, np.flatnonzero(new)))
            ever |= self.engaged[t]
        return found


def follow(scenario: Scenario, replication: int = 0) -> History:
    """Simulate one replication of a scenario of one world and keep all of it.

    Parameters
    ----------
    scenario
        One world, from point 0 to its last step; the warm-up is run and not kept.
    replication
        Its number: with the seed it fixes every draw.

    Raises
    ------
    ModelError
        When the scenario has several worlds.
    """
    if len(scenario.worlds) != 1:
        raise ModelError(f"'{scenario.name}' has {len(scenario.worlds)} worlds; targets are measured in one")
    spec = scenario.worlds[0]
    book = _Book(scenario, spec)
    record = replicate(scenario, replication, observe=book.write)
    return book.history(record)


@dataclass
class _Book:
    """Writes a world down as it goes."""

    scenario: Scenario
    spec: Spec
    kept: dict[str, dict[str, list[AnyArray]]] = field(default_factory=dict)
    rows: dict[str, IntArray] = field(default_factory=dict)
    parent: IntArray = field(default_factory=lambda: np.zeros(0, np.int64))
    previous: dict[str, StateArray] = field(default_factory=dict)
    traits: dict[str, IntArray] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.bills = Bills(price_tables(self.scenario, self.spec)) if self.spec.model.costs else None

    def write(self, step: int, line: Line) -> None:
        """Write a step down; the observer of ``replicate``."""
        world = line.world
        if step >= 0:
            if not self.rows:
                self._meet(world)
            newcomers = self._newcomers(world, step)
            for chain in world.chains:
                unit = world.chains[chain].unit
                self._keep("states", chain, world.state[chain][self.rows[unit]])
            for i, (unit, rows) in enumerate(self.rows.items()):
                years = np.floor(
                    (step - world.population.rows[unit].born[rows]) * self.spec.model.clock.step_years + 1e-9
                )
                self._keep("age", unit, np.clip(years, 0, 255).astype(np.uint8))
                before = self.kept.get("generation", {}).get(unit)
                last = before[-1] if before else np.zeros(len(rows), np.uint8)
                self._keep("generation", unit, last + newcomers[i][rows].astype(np.uint8))
                self._keep("here", unit, world.population.rows[unit].active[rows])
            root = self.rows[self.spec.model.units[0].name]
            for name, held in world.memory.items():
                self._keep("memory", name, held[root])
            if self.bills is not None:
                for part, amount in self.bills.month(step, line, self.previous, newcomers).items():
                    self._keep("bills", part, amount[root].astype(np.float32))
        if self.bills is not None and step >= -1:
            self.previous = {name: state.copy() for name, state in world.state.items()}

    def _meet(self, world: World) -> None:
        """Number the rows without padding."""
        units = [unit.name for unit in self.spec.model.units]
        for unit in units:
            self.rows[unit] = np.flatnonzero(world.population.rows[unit].ids >= 0)
        self.traits = {name: values[self.rows[units[0]]] for name, values in world.root.traits.items()}
        if len(units) > 1:
            place = np.zeros(world.root.n, np.int64)
            place[self.rows[units[0]]] = np.arange(len(self.rows[units[0]]))
            self.parent = place[world.population.rows[units[1]].parent[self.rows[units[1]]]]

    def _newcomers(self, world: World, step: int) -> list[BoolArray]:
        """Mark rows that somebody else took over in this step, by number of the unit."""
        renewal = world.population.renewals.get(step)
        marks = []
        for unit in self.spec.model.units:
            mark = np.zeros(world.population.rows[unit.name].n, np.bool_)
            if renewal is not None and unit.name in renewal.entering:
                mark[renewal.entering[unit.name]] = True
            marks.append(mark)
        return marks

    def _keep(self, part: str, name: str, array: AnyArray) -> None:
        self.kept.setdefault(part, {}).setdefault(name, []).append(np.array(array))

    def history(self, record: Record) -> History:
        """Put the steps together."""
        scenario, spec, names = self.scenario, self.spec, Names()
        stacked = {
            part: {name: np.stack(arrays) for name, arrays in named.items()} for part, named in self.kept.items()
        }
        layout = layout_of(scenario)
        flows = {
            f"{source} -> {target}": float(record.flows[0, :, i].sum())
            for i, (_, chain, source, target) in enumerate(layout.flows) if chain == names.programme
        }  # fmt: skip
        services = list(layout.services)
        team = record.team[0, :, services.index(names.programme)] if names.programme in services else np.zeros((0, 4))
        units = {chain.name: chain.unit for chain in spec.model.chains}
        return History(
            scenario, spec, stacked["states"], units, stacked.get("memory", {}), stacked["here"],
            stacked["generation"], stacked["age"], self.traits, self.parent, stacked.get("bills", {}), flows, team,
            names,
        )  # fmt: skip
