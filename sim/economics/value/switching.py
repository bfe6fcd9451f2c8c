"""Switching values that one run gives in closed form: where the net present value would be zero.

A price, all prices of one kind and the horizon enter the net present value linearly or not at all; what changes how
families fare (an effect, a caseload, a wait) needs new runs: ``sim.studies.switching.answer``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.economics.value.appraisal import Comparison, payback_step, running_net
from sim.economics.value.card import counted
from sim.economics.value.cash_prices import price_index
from sim.economics.value.increments import Increments, biased, discounted, view_weights
from sim.economics.value.terms import Terms

MOST_LINES = 5


@dataclass(frozen=True)
class Switch:
    """What would have to be ``value`` for the net present value to be zero; None where nothing would do."""

    name: str
    what: str
    now: float
    value: float | None
    unit: str
    note: str = ""


def switching_values(ds: xr.Dataset, compared: Comparison, made: Increments, terms: Terms) -> tuple[Switch, ...]:
    """Give the switching values of a comparison, in the headline ledger, resources only, at mean values."""
    view = compared.view(terms.ledger, "social")
    cost, benefit = float(view.intervention.amount.mean()), float(view.gross.amount.mean())
    values = [
        Switch("cost", "all prices of what services cost, times", 1.0, _over(benefit, cost), "ratio",
               "0 or more; the benefit-cost ratio"),
        Switch("benefit", "all other savings, times", 1.0, _over(cost, benefit), "ratio"),
        _horizon(ds, made, terms),
        *_lines(ds, made, terms, benefit - cost),
    ]  # fmt: skip
    wellbeing = _wellbeing(ds, made, terms, cost - benefit)
    return (*values, *([wellbeing] if wellbeing else []))


def _over(numerator: float, denominator: float) -> float | None:
    """Divide where the answer is a multiplier that makes sense: not negative."""
    if denominator == 0 or not math.isfinite(numerator / denominator) or numerator / denominator < 0:
        return None
    return numerator / denominator


def _horizon(ds: xr.Dataset, made: Increments, terms: Terms) -> Switch:
    """Give the horizon from which the mean net present value stays at zero or above, within the run."""
    running = running_net(ds, made, terms).mean(axis=0)
    step = payback_step(running)
    run = terms.all_steps * terms.step_years
    beyond = f"years beyond month {terms.spec.evidence_months:g} rest on assumptions"
    note = f"none within the {run:g} years of the run" if step is None else beyond
    return Switch("horizon", "years counted", terms.horizon_years, None if step is None else step * terms.step_years,
                  "years", note)  # fmt: skip


def _lines(ds: xr.Dataset, made: Increments, terms: Terms, npsv: float) -> list[Switch]:
    """Give, for the lines that move most, what their price would have to be multiplied by."""
    weights = view_weights(ds, terms.ledger, "social", terms)
    chosen = np.flatnonzero(weights)
    values = discounted(biased(ds, made.cost, terms) * weights, terms).mean(axis=0)
    order = sorted(chosen.tolist(), key=lambda i: -abs(float(values[i])))
    return [
        Switch(
            f"price of {ds['line'].values[i]}", "its price, times", 1.0, _multiplier(npsv, float(values[i])), "ratio"
        )
        for i in order[:MOST_LINES]
        if values[i] != 0
    ]


def _multiplier(npsv: float, extra: float) -> float | None:
    """Solve npsv - (m - 1) x extra = 0 for a multiplier of at least 0."""
    value = 1.0 + npsv / extra
    return value if value >= 0 and math.isfinite(value) else None


def _wellbeing(ds: xr.Dataset, made: Increments, terms: Terms, missing: float) -> Switch | None:
    """Give the wellbeing-years that each family helped would have to gain; no such benefit is counted."""
    wellby, helped = terms.spec.wellby, next((i for i in terms.spec.card if i.name == "families_helped"), None)
    if wellby is None or helped is None:
        return None
    more = counted(ds, helped, made.counts, terms) - counted(ds, helped, made.other_counts, terms)
    families = float(more.mean())
    # The value is of another price year: brought to the study's first, since pounds of two years cannot be divided.
    worth = wellby.value.value / float(price_index(ds, terms, [int(wellby.price_year[:4])])[0])
    value = missing / worth / families if families > 0 else None
    note = f"at £{worth:,.0f} a wellbeing-year in {terms.price_year} prices; no wellbeing is counted as a benefit"
    if value is not None and value < 0:
        return Switch("wellbeing", "wellbeing-years a family helped", 0.0, 0.0, "WELLBY", f"none is needed; {note}")
    return Switch("wellbeing", "wellbeing-years a family helped", 0.0, value, "WELLBY", note)
