"""Is it worth it: net present values, benefit-cost ratios and payback of each regime against each other one.

Two comparisons are made of every regime: with the baseline, whose spend it may exceed (*extra* spend), and with the
regimes before it, one of which may have its money (*equal* spend). Social value counts resources alone, since a
benefit payment costs the payer what it gives the family; the fiscal view counts transfers and taxes too.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import xarray as xr

from sim.arrays import FloatArray, finite
from sim.economics.value.cashability import cashable_savings
from sim.economics.value.increments import (
    VIEWS,
    Increments,
    biased,
    counted_lines,
    discounted,
    increments,
    programme_lines,
    summed,
    view_weights,
)
from sim.economics.value.ratios import ratio
from sim.economics.value.terms import Terms, terms_of
from sim.intervals import Estimate
from sim.money.money import Money
from sim.results.costs import compared_ledgers
from sim.results.facts import facts_of
from sim.results.worlds import WorldName, world_names
from sim.units import MONTHS_PER_YEAR

Spend = Literal["extra", "equal", "less"]
LEAST_EXTRA = 0.01
"""A difference in spend under this share of what services cost without the regime counts as none."""


@dataclass(frozen=True)
class View:
    """Present values over the horizon in one ledger and view; ``net`` is gross saving less intervention.

    ``cashable`` is the part of the gross saving that turns into cash; ``net_cashable`` is that less intervention.
    ``payback_month`` and ``cash_payback_month`` count from the base point, None where not paid back in the horizon.
    """

    ledger: str
    view: str
    intervention: Money
    gross: Money
    net: Money
    cashable: Money
    net_cashable: Money
    net_within_evidence: Money
    bcr: Estimate
    payback_month: int | None
    cash_payback_month: int | None


@dataclass(frozen=True)
class Comparison:
    """A regime against another one under the same evidence set."""

    world: WorldName
    against: WorldName
    spend: Spend
    """Whether its services cost more or less than the other's, beyond chance and 1%; a ratio needs extra spend."""
    why_no_ratio: str
    views: tuple[View, ...]

    def view(self, ledger: str, view: str) -> View:
        """Give one of the views.

        Raises
        ------
        ValueError
            If there is no such ledger or view.
        """
        for one in self.views:
            if (one.ledger, one.view) == (ledger, view):
                return one
        there = ", ".join(f"{one.ledger} {one.view}" for one in self.views)
        raise ValueError(f"there is no {view} view of the ledger '{ledger}'; there are {there or 'none'}")


@dataclass(frozen=True)
class Appraisal:
    """All comparisons of a study on the same terms."""

    terms: Terms
    comparisons: tuple[Comparison, ...]

    def of(self, name: str, against: str | None = None) -> Comparison:
        """Find a comparison by the name of the regime's world, with the baseline unless another one is named.

        Raises
        ------
        ValueError
            If there is none; lists those there are.
        """
        for one in self.comparisons:
            if one.world.name == name and against in (None, one.against.name):
                return one
        there = ", ".join(f"{one.world.name} against {one.against.name}" for one in self.comparisons)
        raise ValueError(f"no comparison of {name} with {against or 'the baseline'}; there are {there or 'none'}")


def appraise(
    ds: xr.Dataset, *, horizon_years: float | None = None, schedule: str | None = None, ledger: str | None = None,
    optimism_bias: bool | None = None, income_weight: bool | None = None,
) -> Appraisal:  # fmt: skip
    """Appraise every regime of a study.

    Parameters
    ----------
    ds
        What ``simulate`` or ``expect`` gave.
    horizon_years, schedule, ledger, optimism_bias, income_weight
        Changes to the terms that the config states; see ``sim.economics.value.terms.terms_of``.

    Returns
    -------
        Each regime against the baseline first, then against the regimes before it; without prices, none.

    Raises
    ------
    ValueError
        If a term is unknown.
    """
    terms = terms_of(
        ds, horizon_years=horizon_years, schedule=schedule, ledger=ledger, optimism_bias=optimism_bias,
        income_weight=income_weight,
    )  # fmt: skip
    pairs = pairs_of(ds) if is_appraised(ds, terms) else []
    return Appraisal(terms, tuple(compare(ds, increments(ds, *pair, terms), terms) for pair in pairs))


def is_appraised(ds: xr.Dataset, terms: Terms) -> bool:
    """Whether there is anything to appraise: prices, rows and time after the first regime's start."""
    return bool(terms.ledger) and facts_of(ds).rows > 0 and terms.all_steps > 0


def pairs_of(ds: xr.Dataset) -> list[tuple[WorldName, WorldName]]:
    """List what is compared: each regime with the baseline, then with the regimes listed before it."""
    worlds = world_names(ds)
    pairs = []
    for i, world in enumerate(worlds):
        if world.regime != facts_of(ds).baseline:
            same = [w for w in worlds if w.effect_set == world.effect_set]
            pairs += [(world, w) for w in same if w.regime == facts_of(ds).baseline]
            pairs += [(world, w) for w in worlds[:i] if w in same and w.regime != facts_of(ds).baseline]
    return pairs


def compare(ds: xr.Dataset, made: Increments, terms: Terms) -> Comparison:
    """Compare two worlds on given terms."""
    cost = biased(ds, made.cost, terms)
    cash = biased(ds, cashable_savings(ds, made, terms), terms)
    spend, why = kind_of_spend(ds, made, terms)
    ledgers = compared_ledgers(ds, made.world.effect_set)
    views = tuple(
        _view(ds, cost, cash, terms, ledger, view, why) for ledger in ledgers for view in VIEWS
    )  # fmt: skip
    return Comparison(made.world, made.against, spend, why, views)


def kind_of_spend(ds: xr.Dataset, made: Increments, terms: Terms) -> tuple[Spend, str]:
    """Say whether a regime's services cost more than the other's, and if a ratio makes no sense, why.

    Spend is looked at over the horizon, discounted, and over the whole run, undiscounted: the same money paid earlier
    is the same money, and a ratio to what the horizon cuts out of it would mean nothing.
    """
    lines = programme_lines(ds) & counted_lines(ds, terms.ledger, "resource")
    if not lines.any():
        return "equal", (
            f"no cost line of the {terms.ledger} ledger is what a service or a programme costs; "
            "'programme: true' marks one that is"
        )
    more = summed(made.cost, lines)
    spent = summed(made.other_cost, lines)
    extra = Money(discounted(more, terms), terms.basis(terms.ledger, "resource"))
    estimate = extra.estimate(sampled=terms.sampled)
    if abs(estimate.mean) <= LEAST_EXTRA * float(discounted(spent, terms).mean()):
        return "equal", f"the difference in spend is under {LEAST_EXTRA:.0%} of what services cost without the regime"
    if abs(float(more.sum(axis=1).mean())) <= LEAST_EXTRA * float(spent.sum(axis=1).mean()):
        return (
            "equal",
            f"over the whole run the difference in spend is under {LEAST_EXTRA:.0%}: it is paid earlier or later",
        )
    if estimate.low is not None and estimate.high is not None and estimate.low <= 0 <= estimate.high:
        return "equal", "the interval of the difference in spend includes 0"
    if estimate.mean < 0:
        return "less", "services cost less than without the regime"
    return "extra", ""


def _view(
    ds: xr.Dataset, cost: FloatArray, cash: FloatArray, terms: Terms, ledger: str, view: str, why_no_ratio: str
) -> View:  # fmt: skip
    """Add up one view; sums keep the order of the lines."""
    weights, own = view_weights(ds, ledger, view, terms), programme_lines(ds)
    basis = terms.basis(ledger, VIEWS[view])
    worth = cost * weights
    spent, saved = summed(worth, own), -summed(worth, ~own)
    cashed = summed(cash, counted_lines(ds, ledger, VIEWS[view]) & ~own)
    intervention, gross, cashable = (Money(discounted(x, terms), basis) for x in (spent, saved, cashed))
    early = Money(discounted(saved - spent, terms, terms.evidence_steps), basis)
    bcr = Estimate(math.nan) if why_no_ratio else ratio(gross.amount, intervention.amount, sampled=terms.sampled)
    return View(
        ledger=ledger, view=view, intervention=intervention, gross=gross, net=gross - intervention, cashable=cashable,
        net_cashable=cashable - intervention, net_within_evidence=early, bcr=bcr,
        payback_month=_payback(saved - spent, terms),
        cash_payback_month=_payback(cashed - spent[:, : terms.steps], terms),
    )  # fmt: skip


def _payback(net: FloatArray, terms: Terms) -> int | None:
    """Give the payback month of a mean net saving by step within the horizon, discounted."""
    running = np.cumsum(net[:, : terms.steps].mean(axis=0) * terms.factors()[: terms.steps])
    step = payback_step(running)
    return None if step is None else round(step * terms.step_years * MONTHS_PER_YEAR)


def payback_step(running: Sequence[float] | FloatArray) -> int | None:
    """Give the number of steps after which a running total is at 0 or above for good; 0 if it never falls below.

    None if it ends below 0: what was spent has not come back.
    """
    below = np.flatnonzero(finite("running total", running) < 0)
    if not below.size:
        return 0
    return None if below[-1] == len(running) - 1 else int(below[-1]) + 2


def running_net(
    ds: xr.Dataset, made: Increments, terms: Terms, view: str = "social", ledger: str | None = None
) -> FloatArray:
    """Give the net present value as it builds up over the whole run, (replication, all_steps)."""
    weights = view_weights(ds, ledger or terms.ledger, view, terms)
    net = -(biased(ds, made.cost, terms) * weights).sum(axis=-1) * terms.factors()
    return np.asarray(np.cumsum(net, axis=1))
