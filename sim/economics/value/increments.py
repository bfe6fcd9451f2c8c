"""What a regime costs more than another one, by replication, step and cost line: what every appraisal is made of.

Savings are negative increments. Real pounds of the price year; discounting, kinds and agencies come afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import BoolArray, FloatArray, IntArray, finite
from sim.economics.value.terms import Terms
from sim.money.bill import among_payers, bill
from sim.results.costs import chosen_lines, line_meters
from sim.results.worlds import WorldName, of_world

VIEWS = {"social": "resource", "fiscal": "all"}
"""The kinds of payment that each view counts."""


@dataclass(frozen=True)
class Increments:
    """A regime minus another one, after the base point.

    Attributes
    ----------
    cost
        Pounds of the price year, undiscounted, (replication, step, line).
    reduction
        How many fewer of what each line counts, (replication, step, line).
    price
        The other regime's price of one, (step, line).
    repriced
        The part of ``cost`` that comes of a changed price alone, (replication, step, line).
    counts, other_counts
        What the regime and the other one count, (replication, step, meter): read once, since files may be large.
    """

    world: WorldName
    against: WorldName
    cost: FloatArray
    reduction: FloatArray
    price: FloatArray
    repriced: FloatArray
    counts: FloatArray
    other_counts: FloatArray
    line_meter: IntArray
    """Index of the meter that each line counts with, (line,)."""

    @property
    def other_cost(self) -> FloatArray:
        """What the other regime costs, (replication, step, line)."""
        return bill(self.other_counts, self.line_meter, self.price)


def growth_factors(ds: xr.Dataset, terms: Terms) -> FloatArray:
    """Give what real growth makes of each line's price, (all_steps, line); 1 in the base year.

    Raises
    ------
    ValueError
        If growth is stated for a line that does not exist.
    """
    lines = [str(name) for name in ds["line"].values]
    unknown = [name for name in terms.spec.growth if name not in lines]
    if unknown:
        raise ValueError(f"growth is stated for {', '.join(unknown)}, which is no cost line")
    rates = np.array([terms.spec.growth.get(name, 0.0) for name in lines])
    return np.asarray((1.0 + rates) ** terms.years(whole=True)[:, None])


def increments(ds: xr.Dataset, world: WorldName, against: WorldName, terms: Terms) -> Increments:
    """Compare two worlds line by line, within each replication, from the base point to the end of the run.

    Raises
    ------
    ValueError
        If a count or a price is not a finite number, or growth is stated for a line that does not exist.
    """
    at, after = line_meters(ds), slice(terms.base_point + 1, None)
    grown = growth_factors(ds, terms)
    counts, other = (_of(ds, w, "meters")[:, after] for w in (world, against))
    price, other_price = (_of(ds, w, "price")[after] * grown for w in (world, against))
    return Increments(
        world, against, bill(counts, at, price) - bill(other, at, other_price), other[..., at] - counts[..., at],
        other_price, bill(counts, at, price - other_price), counts, other, at,
    )  # fmt: skip


def _of(ds: xr.Dataset, world: WorldName, what: str) -> FloatArray:
    """Read counts or prices of a world, all of which are numbers."""
    values = of_world(ds, world, what).values
    finite(f"{what} of {world.name}", values)
    return np.asarray(values)


def biased(ds: xr.Dataset, cost: FloatArray, terms: Terms) -> FloatArray:
    """Raise programme spend and cut everything else by the optimism-bias table, where the switch is on."""
    finite("cost", cost)
    bias = terms.spec.optimism_bias
    if not bias.apply:
        return cost
    more, less = bias.table[bias.grade]
    return cost * np.where(programme_lines(ds), 1.0 + more, 1.0 - less)


def programme_lines(ds: xr.Dataset) -> BoolArray:
    """Mark the lines of what services themselves cost, (line,)."""
    return np.asarray(ds["programme"].values.astype(bool))


def view_weights(ds: xr.Dataset, ledger: str, view: str, terms: Terms) -> FloatArray:
    """Give what a pound on each line counts in a view, (line,).

    ``fiscal`` counts every line of the ledger; ``social`` resources alone, and with income weights on a benefit payment
    as minus (weight - 1): it costs 1 and is worth the weight to the family.

    Raises
    ------
    ValueError
        If there is no such view.
    """
    if view not in VIEWS:
        raise ValueError(f"there is no view '{view}'; there are {', '.join(VIEWS)}")
    weights = counted_lines(ds, ledger, VIEWS[view]).astype(np.float64)
    if view == "social" and terms.spec.income_weight.apply:
        weights -= counted_lines(ds, ledger, "transfer") * (terms.spec.income_weight.weight.value - 1.0)
    return weights


def counted_lines(ds: xr.Dataset, ledger: str, kind: str) -> BoolArray:
    """Mark the lines of a ledger: ``resource`` ones, or ``all``, (line,)."""
    chosen = chosen_lines(ds, ledger)
    return chosen if kind == "all" else np.asarray(chosen & (ds["kind"].values == kind))


def summed(per_line: FloatArray, lines: BoolArray) -> FloatArray:
    """Sum the last axis over chosen lines."""
    total: FloatArray = finite("amounts", per_line[..., np.flatnonzero(lines)]).sum(axis=-1)
    return total


def discounted(per_step: FloatArray, terms: Terms, steps: int | None = None) -> FloatArray:
    """Give the present value over the horizon (or ``steps``) of amounts (replication, step, ...)."""
    n = terms.steps if steps is None else steps
    factor = terms.factors()[:n].reshape(-1, *([1] * (per_step.ndim - 2)))
    total: FloatArray = (finite("amounts", per_step[:, :n]) * factor).sum(axis=1)
    return total


def to_agencies(ds: xr.Dataset, per_line: FloatArray, lines: BoolArray) -> FloatArray:
    """Share amounts (..., line) of chosen lines among those who pay, (..., agency); they sum to the lines' total."""
    at = np.flatnonzero(lines)
    return among_payers(finite("amounts", per_line[..., at]), ds["payer_share"].values[at])
