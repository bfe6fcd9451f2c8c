"""What a regime saves in each local authority, as a map of squares."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.arrays import FloatArray
from sim.economics.value.terms import terms_of
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.maps.tiles import draw_tiles, tiles
from sim.exhibits.numbers import pounds
from sim.exhibits.sentences import sentence
from sim.exhibits.style import WIDE, Canvas
from sim.exhibits.titles import titles_of
from sim.intervals import many_over_replications
from sim.report.defaults import compares, counterpart, regime_named, worlds_of_set
from sim.results.costs import chosen_lines, cost_of_areas
from sim.results.facts import facts_of
from sim.results.worlds import WorldName, of_world
from sim.table import Table

LEAST = 50
"""Squares below which a map says less than a table: a third of them."""


def placed_areas(ds: xr.Dataset) -> list[str]:
    """List the areas of a run that are local authorities of today, by name; none where any area is another place."""
    names = [str(name) for name in ds["area"].values]
    shares = facts_of(ds).area_shares
    return names if len(names) == len(shares) and set(names) <= set(tiles()) else []


def has_map(ds: xr.Dataset) -> bool:
    """Whether enough areas are authorities, and were counted: expected values give each its share of the whole."""
    return compares(ds) and not facts_of(ds).is_exact and len(placed_areas(ds)) >= LEAST


def saved_by_area(ds: xr.Dataset) -> FloatArray:
    """Give what the last regime saves against the baseline in the whole run, (area, replication).

    Returns
    -------
        Pounds of the price year a family of the area, undiscounted, in the ledger of the headline; help's cost counts.

    Raises
    ------
    ValueError
        If an area is no local authority of today.
    """
    if not placed_areas(ds):
        raise ValueError("some areas of this run are no local authorities of today, so that there is no map of them")
    regime, ledger = regime_named(ds), terms_of(ds).ledger
    world = next(one for one in worlds_of_set(ds) if one.regime == regime)
    families = facts_of(ds).rows * np.array(facts_of(ds).area_shares)
    saved = _cost(ds, counterpart(ds, world, None), ledger) - _cost(ds, world, ledger)
    return np.asarray(saved / families[:, None], dtype=np.float64)


def _cost(ds: xr.Dataset, world: WorldName, ledger: str) -> FloatArray:
    """Give the cost of each area in the whole run, (area, replication)."""
    counts = of_world(ds, world, "area_meters").transpose("area", "replication", "year", "meter").values
    return np.asarray(cost_of_areas(ds, world, counts)[..., chosen_lines(ds, ledger)].sum(axis=(2, 3)))


def unit_of(ds: xr.Dataset) -> str:
    """Say what is mapped."""
    return f"Saved a family by {titles_of(ds).regime(regime_named(ds))}, {terms_of(ds).ledger} ledger, £"


def plot_areas_saved(ds: xr.Dataset, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw what the last regime saves a family in each local authority, one square each."""
    values = dict(zip(placed_areas(ds), map(float, saved_by_area(ds).mean(axis=1)), strict=True))
    return draw_tiles(values, unit_of(ds), ax, canvas=canvas)


def areas_saved_table(ds: xr.Dataset) -> Table:
    """Make the table behind ``plot_areas_saved``: each area with the 95% interval over replications."""
    placed, alone = tiles(), ds.sizes["replication"] == 1
    rows = [
        (placed[area].name, placed[area].code, pounds(mean), *("" if alone else pounds(end) for end in ends))
        for area, mean, *ends in zip(placed_areas(ds), *many_over_replications(saved_by_area(ds)), strict=True)
    ]  # fmt: skip
    return Table(unit_of(ds), ("authority", "square", "saved", "low", "high"), tuple(rows))


def areas_saved_finding(ds: xr.Dataset) -> str:
    """Say where least and most is saved, and between what half of the authorities lie."""
    placed, saved = tiles(), saved_by_area(ds).mean(axis=1)
    names, order = placed_areas(ds), np.argsort(saved, kind="stable")
    first, last = (f"{pounds(float(saved[i]))} in {placed[names[i]].name}" for i in (order[0], order[-1]))
    low, high = (pounds(float(x)) for x in np.quantile(saved, (0.25, 0.75)))
    half = f"half of {len(names)} authorities lie between {low} and {high}"
    return sentence(f"saved for each family: from {first} to {last}; {half}")


FIGURE = Exhibit(
    name="areas_saved", title="Where it saves",
    caption="One square for each local authority, where it roughly lies; a fifth of authorities in each shade. Areas "
    "differ by their size, their posts and chance, and by their rates only where the config says so. 95% intervals "
    "over replications are in the table.",
    applies=has_map, draw=plot_areas_saved, table=areas_saved_table, finding=areas_saved_finding, section="services",
    order=72,
)  # fmt: skip
