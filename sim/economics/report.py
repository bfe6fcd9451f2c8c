"""Everything that an appraisal finds, once: comparisons, card, switching values and cash, for files and reports."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.economics.cash.budget import EVERYBODY, READINGS, BudgetImpact, area_running, budget_impact, deepest
from sim.economics.value.accounts import AnswerFound, answers
from sim.economics.value.appraisal import Appraisal, Comparison, compare, is_appraised, pairs_of
from sim.economics.value.card import CardNumber, card
from sim.economics.value.cash_prices import why_no_cash, year_shares
from sim.economics.value.cashability import cashable_savings, varied_rules, without_rule
from sim.economics.value.increments import (
    Increments,
    biased,
    counted_lines,
    discounted,
    increments,
    programme_lines,
    summed,
)
from sim.economics.value.switching import Switch, switching_values
from sim.economics.value.terms import Terms, terms_of
from sim.intervals import Estimate
from sim.results.waits import NATION
from sim.units import MONTHS_PER_YEAR


@dataclass(frozen=True)
class FundingNeed:
    """The deepest need for cash of an agency in a place: how much, in which month or year, and the total at the end."""

    area: str
    agency: str
    reading: str
    peak: Estimate
    month: float | None
    year: int | None
    closing: Estimate


@dataclass(frozen=True)
class CashRange:
    """Net cashable saving, fiscal, with one number of one rule moved to the end of its range."""

    varied: str
    end: str
    net_cashable: Estimate


@dataclass(frozen=True)
class Found:
    """What is found of one comparison."""

    compared: Comparison
    card: tuple[CardNumber, ...]
    switching: tuple[Switch, ...]
    budgets: tuple[BudgetImpact, ...]
    funding: tuple[FundingNeed, ...]
    cash_ranges: tuple[CashRange, ...]


@dataclass(frozen=True)
class Unvalued:
    """A cost line or an outcome and which wider values are published for it; none of them is counted."""

    item: str
    kind: str
    fiscal: bool
    economic: bool
    social: bool


@dataclass(frozen=True)
class FullAppraisal:
    """An appraisal with all that hangs on it; ``why_no_cash`` says why there are no budgets, if so."""

    appraisal: Appraisal
    found: tuple[Found, ...]
    unvalued: tuple[Unvalued, ...]
    never_cash: tuple[str, ...]
    why_no_cash: str
    answers: tuple[AnswerFound, ...] = ()

    @property
    def terms(self) -> Terms:
        """The terms of the appraisal."""
        return self.appraisal.terms


def full_appraisal(ds: xr.Dataset) -> FullAppraisal:
    """Appraise a study on the terms of its config and work out all that a report prints."""
    terms = terms_of(ds)
    pairs = pairs_of(ds) if is_appraised(ds, terms) else []
    why = why_no_cash(ds, terms) if pairs else "nothing is compared"
    found = tuple(_found(ds, increments(ds, *pair, terms), terms, cash=not why) for pair in pairs)
    return FullAppraisal(
        Appraisal(terms, tuple(one.compared for one in found)),
        found,
        unvalued(ds, terms),
        tuple(without_rule(ds, terms)),
        why,
        answers(ds, terms) if pairs else (),
    )


def _found(ds: xr.Dataset, made: Increments, terms: Terms, *, cash: bool) -> Found:
    """Work out one comparison."""
    compared = compare(ds, made, terms)
    budgets = tuple(budget_impact(ds, made, terms, reading) for reading in READINGS) if cash else ()
    return Found(
        compared, card(ds, compared, made, terms), switching_values(ds, compared, made, terms), budgets,
        tuple(funding_needs(ds, budgets, terms)), tuple(cash_ranges(ds, made, terms)),
    )  # fmt: skip


def funding_needs(ds: xr.Dataset, budgets: tuple[BudgetImpact, ...], terms: Terms) -> list[FundingNeed]:
    """Find the deepest need of each agency, by month for the nation and by year for areas that are named."""
    needs = []
    years, shares = year_shares(ds, terms)
    for impact in budgets:
        for a, agency in enumerate([*impact.agencies, EVERYBODY]):
            running = impact.running[:, :, a]
            if running.any():
                peak, step, closing = deepest(running)
                month = None if step is None else (step + 1) * terms.step_years * MONTHS_PER_YEAR
                year = None if step is None else years[int(np.flatnonzero(shares[step])[-1])]
                made = (terms.estimate(peak), month, year, terms.estimate(closing))
                needs.append(FundingNeed(NATION, agency, impact.reading, *made))
    if budgets:
        needs += _area_needs(ds, budgets[0], terms)
    return needs


def _area_needs(ds: xr.Dataset, impact: BudgetImpact, terms: Terms) -> list[FundingNeed]:
    """Find the deepest need of each agency in each named area, by year."""
    running, years = area_running(ds, impact.world, impact.against, terms)
    needs = []
    for i, area in enumerate(str(name) for name in ds["area"].values):
        for a, agency in enumerate([*impact.agencies, EVERYBODY]):
            if running[:, i, :, a].any():
                peak, year, closing = deepest(running[:, i, :, a])
                made = (terms.estimate(peak), None, None if year is None else years[year], terms.estimate(closing))
                needs.append(FundingNeed(area, agency, READINGS[0], *made))
    return needs


def cash_ranges(ds: xr.Dataset, made: Increments, terms: Terms) -> list[CashRange]:
    """Give net cashable saving, fiscal, with each unit and lag at the ends of its range, one at a time."""
    counted, own = counted_lines(ds, terms.ledger, "all"), programme_lines(ds)
    cash = discounted(biased(ds, cashable_savings(ds, made, terms), terms), terms)  # (replication, line)
    spent = discounted(summed(biased(ds, made.cost, terms), counted & own), terms)
    names = [str(name) for name in ds["line"].values]
    result = []
    for varied, end, rule in varied_rules(terms):
        moved = [i for i, name in enumerate(names) if name in rule.lines and counted[i] and not own[i]]
        other = discounted(biased(ds, cashable_savings(ds, made, terms, [rule], moved), terms), terms)
        total = summed(cash, counted & ~own) + (other - cash)[:, moved].sum(axis=-1) - spent
        result.append(CashRange(varied, end, terms.estimate(total)))
    return result


def unvalued(ds: xr.Dataset, terms: Terms) -> tuple[Unvalued, ...]:
    """List every cost line and outcome with what is published of its value; all count at fiscal cost."""
    known = terms.spec.valued_elsewhere
    names = [str(name) for name in ds["line"].values[np.flatnonzero(~programme_lines(ds))]]
    wider = {name: known.get(name, ()) for name in names}
    lines = [Unvalued(n, "cost line", True, "economic" in wider[n], "social" in wider[n]) for n in names]
    return (*lines, *(Unvalued(str(name), "outcome", False, False, False) for name in ds["outcome"].values))
