"""Cash of a comparison month by month and agency by agency: what services cost more, and what of the rest is saved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import BoolArray, FloatArray
from sim.economics.cash.budget import READINGS, extra_by_line
from sim.economics.value.appraisal import is_appraised, pairs_of
from sim.economics.value.cash_prices import cash_factors, why_no_cash
from sim.economics.value.increments import Increments, biased, counted_lines, increments, programme_lines, to_agencies
from sim.economics.value.terms import Terms, terms_of
from sim.results.facts import facts_of
from sim.results.worlds import WorldName


@dataclass(frozen=True)
class Flows:
    """Cash that a regime moves against another one, (replication, step, agency), from the base point on.

    ``spent`` is what services cost more, ``saved`` the cashable saving on everything else (negative: more is paid);
    headline ledger, transfers and taxes counted, of each year as it is paid.
    """

    made: Increments
    agencies: tuple[str, ...]
    spent: FloatArray
    saved: FloatArray

    @property
    def world(self) -> WorldName:
        """The regime."""
        return self.made.world

    @property
    def against(self) -> WorldName:
        """What it is held against."""
        return self.made.against


def cash_flows(ds: xr.Dataset, made: Increments, terms: Terms) -> Flows:
    """Give the cash flows of a comparison.

    Raises
    ------
    ValueError
        If amounts cannot be given in cash; see ``sim.economics.value.cash_prices``.
    """
    extra = biased(ds, extra_by_line(ds, made, terms, READINGS[1]), terms) * cash_factors(ds, terms)[:, None]
    counted, own = counted_lines(ds, terms.ledger, "all"), programme_lines(ds)
    agencies = tuple(str(name) for name in ds["agency"].values)
    return Flows(made, agencies, to_agencies(ds, extra, counted & own), -to_agencies(ds, extra, counted & ~own))


def why_no_funds(ds: xr.Dataset) -> str:
    """Say why no cash moves between agencies in a study, or nothing."""
    terms = terms_of(ds)
    if not is_appraised(ds, terms) or not ds.sizes["agency"] or ds.sizes["regime"] < 2:
        return "no regime is priced and held against a baseline, or no agency pays"
    return why_no_cash(ds, terms)


def flows_against_baseline(ds: xr.Dataset, terms: Terms) -> list[Flows]:
    """Give the flows of each regime against the baseline; none where nothing is appraised or there is no cash."""
    if why_no_funds(ds):
        return []
    baseline = [(one, other) for one, other in pairs_of(ds) if other.regime == facts_of(ds).baseline]
    return [cash_flows(ds, increments(ds, *pair, terms), terms) for pair in baseline]


def first_for_good(settled: BoolArray) -> FloatArray:
    """Give, by row, the number of steps after which a condition holds to the end; NaN where it does not, (row,)."""
    failed = ~settled
    last = failed.shape[1] - np.argmax(failed[:, ::-1], axis=1)
    steps = np.where(failed.any(axis=1), last + 1.0, 1.0)
    return np.where(failed[:, -1], np.nan, steps)
