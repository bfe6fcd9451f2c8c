"""What one world went through in one replication, row by row and step by step; ``tracker`` makes it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray, StateArray
from sim.engine.counts.record import Record
from sim.errors import ModelError
from sim.model.pathway import helps
from sim.model.spec import Model, Scenario, World


@dataclass(frozen=True)
class Track:
    """What one world went through; arrays are (step, row) with the rows that are real, in the order of the engine.

    Attributes
    ----------
    scenario, spec
        What was run and the world of it that was followed.
    first
        The step that comes first in the arrays.
    states
        Chain to the number of the state of each row after each step.
    memory
        Memory to what it holds of each root row after each step.
    here
        Unit to whether the row is somebody who is there.
    generation
        Unit to a number that goes up when the row is taken over by somebody else.
    age
        Unit to whole years since birth.
    traits
        Trait to the number of its value of each root row, (row,).
    parent
        The family of each child, (child,); empty where there is one unit alone.
    bills
        Ledger to the cost of each root row in each step, pounds of the price year; also ``gross``; empty if not asked.
    record
        What the replication counted, in all worlds.
    """

    scenario: Scenario
    spec: World
    first: int
    states: dict[str, StateArray]
    memory: dict[str, StateArray]
    here: dict[str, BoolArray]
    generation: dict[str, StateArray]
    age: dict[str, StateArray]
    traits: dict[str, IntArray]
    parent: IntArray
    bills: dict[str, FloatArray]
    record: Record

    @property
    def model(self) -> Model:
        """The model of the world."""
        return self.spec.model

    @property
    def n_steps(self) -> int:
        """Steps that were followed."""
        return len(self.here[self.root])

    @property
    def root(self) -> str:
        """Name of the root unit."""
        return self.model.units[0].name

    @cached_property
    def unit(self) -> dict[str, str]:
        """Chain to its unit."""
        return {chain.name: chain.unit for chain in self.model.chains}

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

    def engaged_states(self, service: str) -> BoolArray:
        """Mark the states in which a service helps, (state,)."""
        return np.array([helps(state) for state in self.chain_states(service)])
