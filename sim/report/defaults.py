"""What figures and tables of a run show unless asked for another, whether it has them, and how agencies are named."""

from __future__ import annotations

import textwrap

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.value.appraisal import is_appraised
from sim.economics.value.cash_prices import why_no_cash
from sim.economics.value.increments import Increments, increments
from sim.economics.value.terms import Terms, terms_of
from sim.exhibits.style import words
from sim.results.facts import facts_of
from sim.results.shown import MAIN_CHAIN
from sim.results.worlds import WorldName, world_names
from sim.units import MONTHS_PER_YEAR


def evidence_months(ds: xr.Dataset) -> float:
    """Give how long after a family's start evaluations followed them; beyond it a figure shows assumptions."""
    return facts_of(ds).appraisal.evidence_months


def months(ds: xr.Dataset) -> FloatArray:
    """Give the time of each point in months from the start of the run."""
    return np.asarray(ds["step"].values * facts_of(ds).step_years * MONTHS_PER_YEAR, dtype=np.float64)


def worlds_of_set(ds: xr.Dataset, effect_set: str | None = None) -> list[WorldName]:
    """List the worlds under one evidence set, the first one unless named."""
    chosen = str(ds["effect_set"].values[0]) if effect_set is None else effect_set
    return [world for world in world_names(ds) if world.effect_set == chosen]


def is_evaluated(ds: xr.Dataset) -> bool:
    """Whether the run has services, of whose effects evaluations know up to ``evidence_months``."""
    return ds.sizes["service"] > 0 and ds.sizes["regime"] > 1


def main_chain(ds: xr.Dataset) -> str:
    """Name the chain to show: ``crisis`` where there is one, else the first."""
    chains = [str(name) for name in ds["chain"].values]
    return MAIN_CHAIN if MAIN_CHAIN in chains else chains[0]


def first_ledger(ds: xr.Dataset) -> str:
    """Name the ledger that is shown unless another is asked for."""
    return str(ds["ledger"].values[0])


def regime_named(ds: xr.Dataset, regime: str | None = None) -> str:
    """Give the regime to show: the last one unless named.

    Raises
    ------
    ValueError
        If there is no such regime, or none beside the baseline.
    """
    regimes = [str(name) for name in ds["regime"].values if name != facts_of(ds).baseline]
    if not regimes or (regime is not None and regime not in regimes):
        raise ValueError(f"there is no regime '{regime or ''}' to compare; there are {', '.join(regimes) or 'none'}")
    return regime or regimes[-1]


def worlds_of_regime(ds: xr.Dataset, regime: str | None = None) -> list[WorldName]:
    """List the worlds of a regime, the last one unless named, one for each evidence set."""
    chosen = regime_named(ds, regime)
    return [world for world in world_names(ds) if world.regime == chosen]


def counterpart(ds: xr.Dataset, world: WorldName, against: str | None) -> WorldName:
    """Find the world that one is compared with, by regime; the baseline unless named."""
    wanted = facts_of(ds).baseline if against is None else against
    return next(w for w in world_names(ds) if w.regime == wanted and w.effect_set == world.effect_set)


def increments_of(
    ds: xr.Dataset, terms: Terms, regime: str | None = None, against: str | None = None, effect_set: str | None = None
) -> Increments:
    """Hold a regime, the last one unless named, against another one, under the first evidence set unless named."""
    chosen = regime_named(ds, regime)
    world = next(world for world in worlds_of_set(ds, effect_set) if world.regime == chosen)
    return increments(ds, world, counterpart(ds, world, against), terms)


def has_costs(ds: xr.Dataset) -> bool:
    """Whether anything is priced."""
    return ds.sizes["line"] > 0 and ds.sizes["ledger"] > 0 and facts_of(ds).rows > 0


def compares(ds: xr.Dataset) -> bool:
    """Whether a regime can be held against another one in money."""
    return has_costs(ds) and ds.sizes["regime"] > 1 and is_appraised(ds, terms_of(ds))


def has_cash(ds: xr.Dataset) -> bool:
    """Whether amounts can be given in cash."""
    return compares(ds) and not why_no_cash(ds, terms_of(ds))


def agency_label(ds: xr.Dataset, agency: str) -> str:
    """Give an agency's full name without what stands in brackets, on short lines."""
    names = facts_of(ds).agencies
    return textwrap.fill(names.get(agency, words(agency)).split(" (")[0], 30)


def agency_words(ds: xr.Dataset, agency: str) -> str:
    """Give an agency's full name without what stands in brackets, short enough for a legend."""
    names = facts_of(ds).agencies
    return names.get(agency, words(agency)).split(" (")[0].split(",")[0]
