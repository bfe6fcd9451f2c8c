"""Pounds of each year as they are paid: the price index, extended by a stated assumption where published years end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.value.terms import Terms
from sim.results.facts import facts_of
from sim.results.years import step_shares_of
from sim.units import financial_year_label

CASH = "cash"


def price_index(ds: xr.Dataset, terms: Terms, years: Sequence[int]) -> FloatArray:
    """Give the price level of financial years (by the year in which they begin), the study's price year being 1.

    Raises
    ------
    ValueError
        If a year lies before or between the deflators, or after the last one and no inflation is assumed; or if the
        study has no price year.
    """
    table = facts_of(ds).deflators
    if terms.price_year not in table:
        raise ValueError(f"cash needs a deflator for the price year '{terms.price_year}'; take a series that has it")
    last = max(int(label[:4]) for label in table)
    return np.array([_level(table, terms, year, last) for year in years]) / table[terms.price_year]


def _level(table: Mapping[str, float], terms: Terms, year: int, last: int) -> float:
    """Give the index of one year."""
    label = financial_year_label(year)
    if label in table:
        return float(table[label])
    if year < last:
        raise ValueError(f"there is no deflator for {label}; take a series that has it: nothing is interpolated")
    if terms.spec.inflation is None:
        raise ValueError(
            f"deflators end at {financial_year_label(last)} and cash is asked for {label}; "
            "give 'appraisal.inflation', the yearly rise of prices to assume"
        )
    return float(table[financial_year_label(last)] * (1 + terms.spec.inflation.value) ** (year - last))


def why_no_cash(ds: xr.Dataset, terms: Terms) -> str:
    """Say why amounts cannot be given in cash, or nothing."""
    if not facts_of(ds).start:
        return "the clock has no date, so there are no financial years"
    try:
        price_index(ds, terms, year_shares(ds, terms)[0])
    except ValueError as error:
        return str(error)
    return ""


def year_shares(ds: xr.Dataset, terms: Terms) -> tuple[list[int], FloatArray]:
    """Give the years from the base point on, and the share of each step after it that lies in each, (step, year)."""
    shares = step_shares_of(ds)[terms.base_point :]
    there = np.flatnonzero(shares.any(axis=0))
    return [int(year) for year in ds["year"].values[there]], shares[:, there]


def cash_factors_by_year(ds: xr.Dataset, terms: Terms) -> tuple[list[int], FloatArray]:
    """Give the years, and what of a step's pounds of the price year is cash of each, (step, year).

    Errors as ``price_index``.
    """
    years, shares = year_shares(ds, terms)
    return years, shares * price_index(ds, terms, years)


def cash_factors(ds: xr.Dataset, terms: Terms) -> FloatArray:
    """Give what turns pounds of the price year into cash, (all_steps,); errors as ``price_index``."""
    return np.asarray(cash_factors_by_year(ds, terms)[1].sum(axis=1))
