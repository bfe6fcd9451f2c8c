"""Which tables a closure keeps: the plain data that every world of a scenario shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sim.arrays import BoolArray, IntArray
from sim.engine.solvers.closure.mixes import History, Mix
from sim.engine.solvers.closure.space import Names, Space
from sim.model.compiled.scope import Source
from sim.model.spec import Chain, Model


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
        Chains of the core that every table holds, the hub first.
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


class Stages(NamedTuple):
    """The values of a chain's axis: its state, and how many steps it has been there (-1: came in this step)."""

    state: IntArray
    steps: IntArray


@dataclass
class TablePlan:
    """One table: its names, in order, and whether its rows are children."""

    name: str
    names: Names
    child: bool = False
    age: str = ""


@dataclass
class Plan:
    """The structure shared by all worlds of a scenario."""

    model: Model
    space: Space
    options: Options
    tables: list[TablePlan] = field(default_factory=list)
    stages: dict[str, Stages] = field(default_factory=dict)
    mixes: dict[str, Mix] = field(default_factory=dict)
    histories: dict[str, History] = field(default_factory=dict)
    owner: dict[str, int] = field(default_factory=dict)
    """Chain, trait, memory or mix -> the table that it is read from (and, for a chain, moved in first)."""
    reads: dict[str, dict[Source, None]] = field(default_factory=dict)
    links: list[str] = field(default_factory=list)
    """The chains of the core, the hub first, then by how much they change its hazards."""
    band: dict[str, int] = field(default_factory=dict)
    """Name of an age axis -> steps of each band."""

    @property
    def number(self) -> str | None:
        """The trait that says how many children a family has."""
        return self.model.units[1].number if len(self.model.units) > 1 else None


def in_window(plan: Plan, table: TablePlan, chain: Chain) -> BoolArray:
    """Say for each age band whether a chain moves there."""
    width, n = plan.band[table.age], plan.space.sizes[table.age]
    if chain.ages_steps is None or not width:
        return np.ones(n, np.bool_)
    start = np.arange(n) * width
    return np.asarray((start >= chain.ages_steps[0]) & (start < chain.ages_steps[1]))
