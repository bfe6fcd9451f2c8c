"""What rows carry from step to step, by name, so that a world that parts copies it and nothing else."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np

from sim.arrays import IntArray, StateArray
from sim.engine.people.population import Population
from sim.model.compiled.model import Compiled

NEVER = -(1 << 20)
"""A step before all others."""


@dataclass
class Carried:
    """What rows carry from step to step; arrays over the rows of a chain's unit, from ``memory_bits`` on of the root.

    Attributes
    ----------
    state, entered
        Chain -> state of each row; step since which it is in it (for chains whose time in state matters), (row,).
    memory_bits, memory
        Memory -> the steps of its window as bits, and how many are set, (row,).
    joined
        Service -> step in which each row last joined its queue, (row,).
    queue, arrivals
        Service -> its queue in order, (waiting, 2) of row and step of joining; who has come since, in parts.
    """

    state: dict[str, StateArray]
    entered: dict[str, IntArray]
    memory_bits: dict[str, IntArray]
    memory: dict[str, StateArray]
    joined: dict[str, IntArray]
    queue: dict[str, IntArray]
    arrivals: dict[str, list[IntArray]]

    def copy(self) -> Carried:
        """Copy everything."""
        return deepcopy(self)


def open_carried(compiled: Compiled, population: Population) -> Carried:
    """Let every row be in the first state of each chain, remember nothing and wait nowhere."""
    model = compiled.model
    n = {chain.name: population.rows[chain.unit].n for chain in model.chains}
    n_root = population.rows[model.root.name].n
    gates = [chain.name for chain in model.chains if chain.is_gated]
    return Carried(
        state={name: np.zeros(n[name], np.uint8) for name in n},
        entered={name: np.full(n[name], -model.root.warm_up, np.int32) for name in compiled.k_chains},
        memory_bits={memory.name: np.zeros(n_root, _room(memory.window)) for memory in model.memories},
        memory={memory.name: np.zeros(n_root, np.uint8) for memory in model.memories},
        joined={name: np.full(n_root, NEVER, np.int32) for name in gates},
        queue={name: np.zeros((0, 2), np.int64) for name in gates},
        arrivals={name: [] for name in gates},
    )


def _room(window: int) -> type[np.unsignedinteger[Any]]:
    """Give the smallest unsigned integer type with a bit for each step of a memory (windows are at most 64 steps)."""
    return next(t for bits, t in ((8, np.uint8), (16, np.uint16), (32, np.uint32), (64, np.uint64)) if window <= bits)
