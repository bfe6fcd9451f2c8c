"""Follows every family of one replication month by month: what an evaluator with all the registers would hold.

One pass of the engine with an observer; nothing is changed and nothing is estimated here (``evaluation`` does that).
Names of chains are those of the default model and are kept in ``Names``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.arrays import BoolArray, FloatArray, IntArray, StateArray
from sim.engine.moves.consequences import engaged_states
from sim.engine.moves.world import World
from sim.engine.solvers.families import Line, replicate
from sim.errors import ModelError
from sim.model.spec import Model, Scenario
from sim.runs.follow.bills import Bills, price_tables

AnyArray = NDArray[Any]


@dataclass(frozen=True)
class Names:
    """What the chains, the memory and the trait that an evaluation needs are called."""

    programme: str = "keyworker"
    hub: str = "crisis"
    custody: str = "custody"
    mental_health: str = "mental_health"
    care: str = "care"
    school: str = "school"
    offending: str = "offending"
    history: str = "months_in_crisis"

    def check(self, model: Model) -> None:
        """Refuse a model that lacks what the evaluation looks at.

        Raises
        ------
        ModelError
            Naming what is missing.
        """
        there = {chain.name for chain in model.chains} | {memory.name for memory in model.memories}
        missing = [n for f in fields(self) if (n := getattr(self, f.name)) not in there]
        if missing or len(model.units) < 2:
            what = ", ".join(missing) or "a unit of children"
            raise ModelError(f"an evaluation follows families through {what}, which the model does not have")


@dataclass
class Panel:
    """One world of one replication from step ``first`` on; arrays are (step, family) or (step, child).

    Families may be followed for longer than children.

    Attributes
    ----------
    programme, hub, needs, history
        State of the key worker's chain and of the hub; number of needs present; months in crisis of the last year.
    custody, well
        An adult is in custody; adults' mental health is good.
    care, school, offending
        States of each child.
    generation, child_generation
        Goes up by one when a row is taken over by somebody else.
    here, age
        The child is there; its age in whole years.
    parent, n_children
        Family of each child, (child,); children at the first step, (family,).
    bills
        Cost of each family and month by ledger, where they were asked for.
    """

    first: int
    parent: IntArray
    programme: StateArray
    hub: StateArray
    needs: StateArray
    history: StateArray
    custody: BoolArray
    well: BoolArray
    care: StateArray
    school: StateArray
    offending: StateArray
    generation: StateArray
    child_generation: StateArray
    here: BoolArray
    age: StateArray
    engaged: BoolArray
    """Which states of the key worker's chain are help, (state,)."""
    care_states: tuple[str, ...]
    school_ages: tuple[int, int] = (5, 16)
    youth_ages: tuple[int, int] = (10, 18)
    bills: dict[str, FloatArray] = field(default_factory=dict)

    @property
    def n_steps(self) -> int:
        """Steps that were followed."""
        return int(self.programme.shape[0])

    @property
    def helped(self) -> BoolArray:
        """Whether a key worker is with the family at the end of a step, (step, family)."""
        return np.asarray(self.engaged[self.programme])

    def ever_helped(self) -> BoolArray:
        """Whether these people have had a key worker by the end of a step, (step, family); a newcomer has not."""
        helped, ever = self.helped, np.zeros(self.programme.shape, np.bool_)
        # A case that was closed or dropped before the first step is not a first admission either.
        ever[0] = helped[0] | (self.programme[0] > int(np.flatnonzero(self.engaged)[-1]))
        for t in range(1, self.n_steps):
            same = self.generation[t] == self.generation[t - 1]
            ever[t] = helped[t] | (ever[t - 1] & same)
        return ever


def follow(
    scenario: Scenario,
    replication: int,
    worlds: Iterable[str],
    first: int,
    last: int,
    *,
    bills: bool = False,
    families_until: int | None = None,
    names: Names | None = None,
) -> dict[str, Panel]:
    """Simulate one replication and keep the months from ``first`` to before ``last`` of some worlds.

    Parameters
    ----------
    scenario
        A scenario of the default model.
    replication
        Its number.
    worlds
        Names of the worlds to follow.
    first, last
        Steps, counted from point 0.
    bills
        Also keep each family's monthly cost.
    families_until
        Follow families, without their children, up to before this step.
    names
        What things are called in the model.

    Returns
    -------
        The panel of each world.

    Raises
    ------
    ModelError
        If the scenario ends earlier, or lacks a world or what an evaluation looks at.
    """
    names = names or Names()
    steps = scenario.worlds[0].model.clock.steps
    if max(last, families_until or last) > steps:
        raise ModelError(
            f"clock.steps is {steps}; following families to the end needs {max(last, families_until or last)}"
        )
    names.check(scenario.worlds[0].model)
    spans = (first, last, max(last, families_until or last))
    books = {world: _Book(scenario, world, names, spans, bills=bills) for world in dict.fromkeys(worlds)}

    def look(step: int, line: Line) -> None:
        for world, book in books.items():
            if world in line.names:
                book.write(step, line)

    replicate(scenario, replication, observe=look)
    return {world: book.panel() for world, book in books.items()}


class _Book:
    """Writes down one world as it goes."""

    def __init__(
        self, scenario: Scenario, world: str, names: Names, spans: tuple[int, int, int], *, bills: bool
    ) -> None:
        spec = next((w for w in scenario.worlds if w.name == world), None)
        if spec is None:
            there = ", ".join(w.name for w in scenario.worlds)
            raise ModelError(f"there is no world '{world}'; the scenario has {there}")
        self.model, self.names = spec.model, names
        self.first, self.children_until, self.last = spans
        self.kept: dict[str, list[AnyArray]] = {}
        self.bills = Bills(price_tables(scenario, spec)) if bills else None
        self.previous: dict[str, StateArray] = {}
        self.family = self.child = self.parent = np.zeros(0, np.int64)
        self.generation = self.child_generation = np.zeros(0, np.uint8)

    def write(self, step: int, line: Line) -> None:
        """Write down a step, if it is one of those wanted."""
        world = line.world
        if self.first <= step < self.last:
            if not len(self.family):
                self._meet(world)
            newcomers = self._newcomers(world, step)
            self._write_families(world, newcomers[0])
            if step < self.children_until:
                self._write_children(world, newcomers[1], step)
            if self.bills is not None:
                for part, amount in self.bills.month(step, line, self.previous, newcomers).items():
                    self._keep(f"bill {part}", amount[self.family].astype(np.float32))
        if self.bills is not None and self.first - 1 <= step < self.last:
            self.previous = {name: state.copy() for name, state in world.state.items()}

    def _write_families(self, world: World, newcomers: BoolArray) -> None:
        """Write down the families of a step."""
        names, state, family = self.names, world.state, self.family
        self.generation = self.generation + newcomers[family]
        self._keep("generation", self.generation)
        self._keep("programme", state[names.programme][family])
        self._keep("hub", state[names.hub][family])
        self._keep("needs", np.array([state[n][family] > 0 for n in self._needs()]).sum(axis=0).astype(np.uint8))
        self._keep("history", world.memory[names.history][family])
        self._keep("custody", state[names.custody][family] > 0)
        self._keep("well", state[names.mental_health][family] == 0)

    def _write_children(self, world: World, newcomers: BoolArray, step: int) -> None:
        """Write down the children of a step."""
        rows, child = world.population.rows[self.model.units[1].name], self.child
        self.child_generation = self.child_generation + newcomers[child]
        self._keep("child_generation", self.child_generation)
        for chain in ("care", "school", "offending"):
            self._keep(chain, world.state[getattr(self.names, chain)][child])
        self._keep("here", rows.active[child])
        years = np.floor((step - rows.born[child]) * self.model.clock.step_years + 1e-9)
        self._keep("age", np.clip(years, 0, 255).astype(np.uint8))

    def _meet(self, world: World) -> None:
        """Number families and children without padding, by their row."""
        rows = world.population.rows[self.model.units[1].name]
        self.family, self.child = np.flatnonzero(world.root.ids >= 0), np.flatnonzero(rows.ids >= 0)
        place = np.zeros(world.root.n, np.int64)
        place[self.family] = np.arange(len(self.family))
        self.parent = place[rows.parent[self.child]]
        self.generation = np.zeros(len(self.family), np.uint8)
        self.child_generation = np.zeros(len(self.child), np.uint8)

    def _newcomers(self, world: World, step: int) -> list[BoolArray]:
        """Mark rows that somebody else took over in this step, by number of the unit."""
        marks = []
        renewal = world.population.renewals.get(step)
        for unit in self.model.units:
            mark = np.zeros(world.population.rows[unit.name].n, np.bool_)
            if renewal is not None and unit.name in renewal.entering:
                mark[renewal.entering[unit.name]] = True
            marks.append(mark)
        return marks

    def _needs(self) -> list[str]:
        """List the families' chains that are needs: neither a service nor the hub nor custody."""
        apart = {self.names.hub, self.names.custody}
        root = self.model.units[0].name
        return [c.name for c in self.model.chains if c.unit == root and c.service is None and c.name not in apart]

    def _keep(self, name: str, array: AnyArray) -> None:
        self.kept.setdefault(name, []).append(np.array(array))

    def panel(self) -> Panel:
        """Put the months together."""
        stacked = {name: np.stack(parts) for name, parts in self.kept.items()}
        for name in stacked:
            self.kept[name] = []
        bills = {n.removeprefix("bill "): stacked.pop(n) for n in list(stacked) if n.startswith("bill ")}
        chains = {c.name: c for c in self.model.chains}
        return Panel(
            first=self.first,
            parent=self.parent,
            engaged=engaged_states(chains[self.names.programme]),
            care_states=chains[self.names.care].states,
            school_ages=self._years(chains[self.names.school].ages_steps),
            youth_ages=self._years(chains[self.names.offending].ages_steps),
            bills=bills,
            **stacked,
        )

    def _years(self, ages: tuple[int, int] | None) -> tuple[int, int]:
        """Give ages in whole years."""
        low, high = ages or (0, 1 << 20)
        return round(low * self.model.clock.step_years), round(high * self.model.clock.step_years)
