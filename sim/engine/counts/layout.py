"""Axes of what is recorded, worked out from a scenario: which states, moves, meters, areas and years there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.counts.record import Layout
from sim.engine.people.areas import AreaSpan
from sim.errors import ModelError
from sim.model.handover import all_handed
from sim.model.pathway import IDLE, WAITING
from sim.model.spec import Chain, Clock, Model, Scenario
from sim.units import financial_year_shares

FEWEST_WAIT_BINS = 121
"""Ten years of months and what is longer."""
MOST_WAITS = 1 << 21
"""Numbers that waits may take in a record, 16 MB; only where that is too little is a long wait not told apart."""


def layout_of(scenario: Scenario) -> Layout:
    """Give the axes of the records of a scenario.

    Raises
    ------
    ModelError
        When the worlds do not share chains, states and meters.
    """
    model = scenario.worlds[0].model
    for world in scenario.worlds[1:]:
        _same_structure(world.name, world.model, model)
    ending = {
        name
        for world in scenario.worlds
        for handed in all_handed(scenario.baseline_of(world).model, world).values()
        for name in handed.ending
    }
    shares = [shares_of_years(model.clock, step) for step in range(model.clock.steps)]
    distinct = sorted({year for shared in shares for year in shared})
    services, areas = tuple(c.name for c in model.chains if c.is_gated), tuple(kept_areas(model))
    return Layout(
        worlds=tuple(world.name for world in scenario.worlds),
        n_steps=model.clock.steps,
        rows=tuple((unit.name, unit.size) for unit in model.units),
        states=tuple((c.unit, c.name, state) for c in model.chains for state in c.states),
        flows=tuple(
            (c.unit, c.name, a, b) for c in model.chains for a, b in possible_moves(model, c, c.name in ending)
        ),
        meters=tuple(meter.name for meter in model.meters),
        services=services,
        areas=areas,
        years=tuple(distinct),
        year_of_step=tuple(distinct.index(max(shared)) for shared in shares),
        wait_bins=wait_bins(model, len(scenario.worlds) * (1 + len(areas)) * len(services)),
        ledgers=tuple(dict.fromkeys(name for line in model.costs for name in line.ledgers)),
    )


def wait_bins(model: Model, histograms: int) -> int:
    """Give the bins of a histogram of whole steps waited: one for each wait that the run can hold, and an empty one.

    Parameters
    ----------
    model
        A wait is shorter than its run, warm-up included.
    histograms
        How many there are in a record; where they would take more than ``MOST_WAITS`` numbers, the last bin holds that
        or longer, and no mean is given of waits that reach it.
    """
    run = model.root.warm_up + model.clock.steps
    return max(min(run + 1, MOST_WAITS // max(histograms, 1)), FEWEST_WAIT_BINS)


def _same_structure(name: str, model: Model, first: Model) -> None:
    """Refuse worlds that could not be compared state by state."""
    mine = {c.name: (c.unit, c.states) for c in model.chains}
    theirs = {c.name: (c.unit, c.states) for c in first.chains}
    if mine != theirs:
        differ = sorted(k for k in mine.keys() | theirs.keys() if mine.get(k) != theirs.get(k))
        raise ModelError(
            f"regimes.{name}: regimes share chains and states and differ in numbers; {', '.join(differ)} differ(s). "
            "Put the states into the base model and switch them by a parameter"
        )
    if [m.name for m in model.meters] != [m.name for m in first.meters] or model.order != first.order:
        raise ModelError(
            f"regimes.{name}: regimes share costs, values and order; differ in prices and parameters instead"
        )


def possible_moves(model: Model, chain: Chain, ends: bool = False) -> list[tuple[str, str]]:
    """List the moves that can be seen in a chain: its transitions, what is fired at it, admission, and at its end."""
    moves = [(t.source, t.target) for t in chain.transitions]
    for other in model.chains:
        moves += [(source, f.target) for f in other.fires if f.chain == chain.name for source in f.sources]
    if chain.has_queue:
        moves.append((WAITING, chain.states[chain.engaged[0]]))
    moves += handovers(chain, ends)
    if chain.ages_steps is not None:  # growing out of it
        moves += [(state, chain.states[0]) for state in chain.states]
    return list(dict.fromkeys(move for move in moves if move[0] != move[1]))


def handovers(chain: Chain, ends: bool) -> list[tuple[str, str]]:
    """List the moves by which the cases of a service may be handed over (see handover.py); more where it ends."""
    if not chain.has_queue:
        return []
    states = chain.states
    door = chain.door if ends else (chain.waiting,)
    closed = [(states[i], states[chain.end]) for i in sorted((*door, *chain.engaged))]
    return closed + [(state, WAITING) for state in IDLE if state in states]


def kept_areas(model: Model, part: AreaSpan | None = None) -> list[str]:
    """Name the areas kept apart, in all or among those of a part: those that a publication names."""
    areas = model.areas
    if len(areas.names) == 1:
        return []
    among = slice(None) if part is None else part.slice
    named = zip(areas.names[among], areas.synthetic[among], strict=True)
    return [name for name, synthetic in named if not synthetic]


def area_slots(model: Model, part: AreaSpan | None = None) -> IntArray:
    """Give the slot of each area, (area,): areas kept apart first, all others share the last slot.

    In a part the areas kept apart are its own; areas outside it, where nobody is, have the slot 0.
    """
    kept = {name: slot for slot, name in enumerate(kept_areas(model, part))}
    slots = np.array([kept.get(name, len(kept)) for name in model.areas.names])
    return slots if part is None else np.where(part.holds(np.arange(len(slots))), slots, 0)


def layout_of_part(layout: Layout, model: Model, part: AreaSpan) -> Layout:
    """Give the axes of what is counted in a part: those of all, with its own areas kept apart."""
    return replace(layout, areas=tuple(kept_areas(model, part)))


def among_all_areas(arrays: Mapping[str, FloatArray], whole: Layout, part: Layout) -> dict[str, FloatArray]:
    """Put what is by area in the arrays of a part, (area of the part, ...), at its place among all; 0 elsewhere."""
    first = whole.areas.index(part.areas[0]) if part.areas else 0
    placed = {}
    for name, array in arrays.items():
        placed[name] = array
        if name.startswith("area_"):
            placed[name] = np.zeros((len(whole.areas), *array.shape[1:]))
            placed[name][first : first + len(array)] = array
    return placed


def shares_of_years(clock: Clock, step: int) -> dict[int, float]:
    """Give the financial years (by their first calendar year) that a step lies in with their shares of it.

    Without dates it lies wholly in its model year. Counts belong to the last of them, in which the step ends.
    """
    if clock.start is None:
        return {clock.first + int(step * clock.step_years + 1e-9): 1.0}
    return financial_year_shares(clock.start, clock.step_years, step)
