"""The card: families helped, outcomes averted and net cash for each million pounds; what one outcome averted costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import FloatArray, finite
from sim.economics.value.appraisal import Comparison
from sim.economics.value.increments import Increments
from sim.economics.value.ratios import ratio
from sim.economics.value.terms import Terms
from sim.intervals import Estimate, over_replications
from sim.model.appraisal import CardItem
from sim.units import MONTHS_PER_YEAR

MILLION = 1e6
NET_CASH = "net_cash"


@dataclass(frozen=True)
class CardNumber:
    """One number of the card over the horizon, undiscounted.

    ``count`` is how many more (gained) or fewer (averted) there are; ``per_million`` the same for each million pounds
    of extra spend; ``cost_of_one`` the extra spend for each one, of a year for what is counted in months. The last two
    are NaN, with the reason in ``why_no_ratio``, where spend is equal or nothing is averted.
    """

    name: str
    title: str
    unit: str
    count: Estimate
    per_million: Estimate
    cost_of_one: Estimate
    why_no_ratio: str = ""


def card(ds: xr.Dataset, compared: Comparison, made: Increments, terms: Terms) -> tuple[CardNumber, ...]:
    """Give the numbers that the config names, then net cash; the spend is that of the services, discounted."""
    spend = compared.view(terms.ledger, "social").intervention.amount
    numbers = [_number(ds, item, compared, made, terms, spend) for item in terms.spec.card]
    cash = compared.view(terms.ledger, "fiscal").net_cashable.amount
    none = Estimate(math.nan)
    per = none if compared.why_no_ratio else _scaled(ratio(cash, spend, sampled=terms.sampled), MILLION)
    total = over_replications(cash) if terms.sampled else Estimate(float(cash.mean()))
    title = "Net cash, £: cashable savings less what services cost"
    return (*numbers, CardNumber(NET_CASH, title, "£", total, per, none, compared.why_no_ratio))


def counted(ds: xr.Dataset, item: CardItem, counts: FloatArray, terms: Terms) -> FloatArray:
    """Add up an item over the horizon, (replication,): events, or months in a state.

    Parameters
    ----------
    ds
        Names the meters.
    item
        What is counted.
    counts
        Of one world after the base point, (replication, step, meter), as ``Increments`` holds them.
    terms
        The terms of the appraisal.

    Raises
    ------
    ValueError
        If the Dataset has no such meter.
    """
    names = [str(name) for name in ds["meter"].values]
    missing = [meter for meter in item.meters if meter not in names]
    if missing:
        raise ValueError(f"the card counts '{missing[0]}', which these results do not hold; run the config again")
    at = [names.index(meter) for meter in item.meters]
    total = finite(f"counts of {item.name}", counts[:, : terms.steps][:, :, at]).sum(axis=(1, 2))
    return np.asarray(total * (terms.step_years * MONTHS_PER_YEAR if item.in_months else 1.0))


def _number(
    ds: xr.Dataset, item: CardItem, compared: Comparison, made: Increments, terms: Terms, spend: FloatArray
) -> CardNumber:
    """Make one number."""
    gained = counted(ds, item, made.counts, terms) - counted(ds, item, made.other_counts, terms)
    amount = gained if item.sense == "gained" else -gained
    count = over_replications(amount) if terms.sampled else Estimate(float(amount.mean()))
    per, one, why = Estimate(math.nan), Estimate(math.nan), compared.why_no_ratio
    if not why:
        per = _scaled(ratio(amount, spend, sampled=terms.sampled), MILLION)
        if not count.mean > 0 or (count.low is not None and count.low <= 0):
            why = f"nothing is {item.sense} beyond chance"
        else:
            year = MONTHS_PER_YEAR if item.in_months else 1.0
            one = _scaled(ratio(spend, amount, sampled=terms.sampled), year)
    return CardNumber(item.name, item.title, "months" if item.in_months else "number", count, per, one, why)


def _scaled(estimate: Estimate, factor: float) -> Estimate:
    """Multiply an estimate by a positive number."""
    low = None if estimate.low is None else estimate.low * factor
    high = None if estimate.high is None else estimate.high * factor
    return Estimate(estimate.mean * factor, low, high)
