"""Follows every family of one replication month by month: what an evaluator with all the registers would hold.

Nothing is estimated here. Names of chains are those of the default model and are kept in ``Names``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple, dataclass, field, fields
from functools import partial

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray, StateArray
from sim.errors import ModelError
from sim.model.pathway import ELIGIBLE, IDENTIFIED, OFFERED, WAITING
from sim.model.spec import Model, Scenario
from sim.runs.follow.track import Track
from sim.runs.follow.tracker import track

LISTED = (ELIGIBLE, IDENTIFIED, OFFERED, WAITING)
"""States of families whom the programme has found and not yet met."""


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

    def needs(self, model: Model) -> list[str]:
        """List the families' chains that are needs: neither a service nor the hub nor custody."""
        apart, root = {self.hub, self.custody}, model.units[0].name
        return [c.name for c in model.chains if c.unit == root and c.service is None and c.name not in apart]

    def all_of(self, model: Model) -> set[str]:
        """Name the chains and the memory that an evaluation looks at."""
        return {*astuple(self), *self.needs(model)}


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
    traits
        What is fixed about each family, by trait the number of its value, (family,).
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
    listed: BoolArray
    """Which of its states are of families on the list, who await a place, (state,)."""
    care_states: tuple[str, ...]
    school_ages: tuple[int, int] = (5, 16)
    youth_ages: tuple[int, int] = (10, 18)
    bills: dict[str, FloatArray] = field(default_factory=dict)
    traits: dict[str, IntArray] = field(default_factory=dict)

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
    model = scenario.worlds[0].model
    names.check(model)
    tracks = track(
        scenario, replication, worlds, first, last,
        roots_until=families_until, only=names.all_of(model), bills=bills,
    )  # fmt: skip
    return {world: panel_of(tracks.pop(world), names) for world in list(tracks)}


def panel_of(track: Track, names: Names) -> Panel:
    """Read a track as an evaluator with all the registers holds it; the model must have what ``names`` names."""
    states, child = track.states, track.model.units[1].name
    needs = [states[name] > 0 for name in names.needs(track.model)]
    ages = {chain.name: chain.ages_steps for chain in track.model.chains}
    in_years = partial(_years, step_years=track.model.clock.step_years)
    return Panel(
        first=track.first, parent=track.parent, programme=states[names.programme], hub=states[names.hub],
        needs=np.sum(needs, axis=0, dtype=np.uint8), history=track.memory[names.history],
        custody=states[names.custody] > 0, well=states[names.mental_health] == 0,
        care=states[names.care], school=states[names.school], offending=states[names.offending],
        generation=track.generation[track.root], child_generation=track.generation[child],
        here=track.here[child], age=track.age[child], engaged=track.engaged_states(names.programme),
        listed=np.isin(track.chain_states(names.programme), LISTED),
        care_states=track.chain_states(names.care), school_ages=in_years(ages[names.school]),
        youth_ages=in_years(ages[names.offending]), bills=track.bills, traits=track.traits,
    )  # fmt: skip


def _years(ages: tuple[int, int] | None, step_years: float) -> tuple[int, int]:
    """Give ages in whole years."""
    low, high = ages or (0, 1 << 20)
    return round(low * step_years), round(high * step_years)
