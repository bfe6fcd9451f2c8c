"""Every table of a run, and those of its appraisal as rows of text and numbers; every row says its terms."""

from __future__ import annotations

import math
from collections.abc import Iterator

import xarray as xr

from sim.economics.cash.budget import BudgetImpact, period_of
from sim.economics.cash.fund import fund_tables
from sim.economics.cash.ledger import ledger_tables
from sim.economics.cash.pooled_budget import pool_tables
from sim.economics.cash.shares import sharing_tables
from sim.economics.cash.staffing import staffing_tables
from sim.economics.report import Found, FullAppraisal
from sim.economics.value.cash_prices import CASH
from sim.economics.value.cohort import cohort_tables
from sim.economics.value.terms import Terms
from sim.intervals import ENDS, Estimate
from sim.model.spec import Scenario
from sim.money.money import Money
from sim.results.columns import table
from sim.results.summary import Summary
from sim.results.tables import ledger_table, summary_table
from sim.results.tidy import tidy_tables
from sim.table import Row, Table, plain
from sim.units import MONTHS_PER_YEAR, financial_year_label

WHO = ("regime", "effect_set", "against")
TERMS = (
    "price_year", "base_year", "schedule", "horizon_years", "evidence_ends_month", "optimism_bias", "income_weight",
)  # fmt: skip
MONEY = ("intervention", "gross", "net", "cashable", "net_cashable", "net_within_evidence")


def run_tables(scenario: Scenario, ds: xr.Dataset, summary: Summary, full: FullAppraisal) -> list[Table]:
    """Give every table of a run, each of which becomes a CSV file."""
    terms = full.terms
    return [
        summary_table(ds, summary), ledger_table(ds), *tidy_tables(ds), *appraisal_tables(full),
        *staffing_tables(scenario, ds, terms), *ledger_tables(ds, terms), *sharing_tables(ds, terms),
        *fund_tables(ds, terms), *pool_tables(ds, terms), *cohort_tables(ds, full.answers, terms),
    ]  # fmt: skip


def appraisal_tables(full: FullAppraisal) -> list[Table]:
    """Give the tables of an appraisal; none for a study without comparisons."""
    if not full.found:
        return []
    unvalued = ("item", "kind", "fiscal_value_counted", "economic_value_published", "social_value_published")
    return [
        table("appraisal.csv", (*WHO, "spend", "ledger", "view", "measure", "unit", *TERMS, *ENDS), _views(full)),
        table("card.csv", (*WHO, "number", "title", "unit", "statistic", *TERMS, *ENDS, "remark"), _cards(full)),
        table("switching.csv", (*WHO, "name", "what", "unit", "now", "npsv_is_zero_at", "remark", *TERMS),
              _switches(full)),
        table("cashability.csv", (*WHO, "varied", "end", "measure", *TERMS, *ENDS), _ranges(full)),
        table("unvalued.csv", unvalued,
              ((u.item, u.kind, *(_yes(x) for x in (u.fiscal, u.economic, u.social))) for u in full.unvalued)),
        *([] if full.why_no_cash else [budget_table(full), _funding(full)]),
    ]  # fmt: skip


def budget_table(full: FullAppraisal) -> Table:
    """Give extra cash by financial year, agency and kind of budget."""
    rows = [row for found in full.found for impact in found.budgets for row in _budget(found, impact, full.terms)]
    names = (*WHO, "ledger", "period", "year", "agency", "control", "savings", "prices", "evidence", *ENDS)
    return table("budget.csv", names, rows, "money")


def _yes(value: bool) -> str:
    """Write a truth."""
    return "yes" if value else "no"


def _who(found: Found) -> tuple[str, str, str]:
    """Say what is compared."""
    return found.compared.world.regime, found.compared.world.effect_set, found.compared.against.regime


def _terms(terms: Terms) -> Row:
    """Say on what terms."""
    bias, income = terms.spec.optimism_bias, terms.spec.income_weight
    return (terms.price_year, terms.base_year, terms.schedule, terms.horizon_years, terms.spec.evidence_months,
            bias.grade if bias.apply else "off", str(income.weight.value) if income.apply else "off")  # fmt: skip


def _views(full: FullAppraisal) -> list[Row]:
    """Give each view: money, ratio, payback."""
    rows: list[Row] = []
    for found in full.found:
        for view in found.compared.views:
            start = (*_who(found), found.compared.spend, view.ledger, view.view)
            for name in MONEY:
                money: Money = getattr(view, name)
                made = money.estimate(sampled=full.terms.sampled)
                rows.append((*start, name, "£", *_terms(full.terms), *made.cells))
            rows.append((*start, "bcr", "ratio", *_terms(full.terms), *view.bcr.cells))
            for name in ("payback_month", "cash_payback_month"):
                month = getattr(view, name)
                value = float(month) if month is not None else None
                rows.append((*start, name, "months", *_terms(full.terms), value, None, None))
    return rows


def _cards(full: FullAppraisal) -> list[Row]:
    """Give each number of the card three ways."""
    rows: list[Row] = []
    for found in full.found:
        for number in found.card:
            start = (*_who(found), number.name, number.title, number.unit)
            for statistic in ("count", "per_million", "cost_of_one"):
                made: Estimate = getattr(number, statistic)
                label = "cost_of_one_year" if statistic == "cost_of_one" and number.unit == "months" else statistic
                why = number.why_no_ratio if math.isnan(made.mean) else ""
                rows.append((*start, label, *_terms(full.terms), *made.cells, why))
    return rows


def _switches(full: FullAppraisal) -> list[Row]:
    """Give each switching value."""
    return [
        (*_who(found), s.name, s.what, s.unit, s.now, plain(s.value), s.note, *_terms(full.terms))
        for found in full.found
        for s in found.switching
    ]


def _ranges(full: FullAppraisal) -> list[Row]:
    """Give net cash at the ends of the rules' ranges."""
    return [
        (*_who(found), r.varied, r.end, "net_cashable", *_terms(full.terms), *r.net_cashable.cells)
        for found in full.found
        for r in found.cash_ranges
    ]


def _budget(found: Found, impact: BudgetImpact, terms: Terms) -> Iterator[Row]:
    """Give cash by year, agency and control; what is never paid is left out."""
    for y, year in enumerate(impact.years):
        months = (year - int(terms.base_year[:4]) + 1) * MONTHS_PER_YEAR
        evidence = "within" if months <= terms.spec.evidence_months else "beyond"
        for a, agency in enumerate(impact.agencies):
            for c, control in enumerate(impact.controls):
                if impact.amount[:, :, a, c].any():
                    yield (*_who(found), impact.ledger, period_of(terms, year), financial_year_label(year), agency,
                           control, impact.reading, CASH, evidence,
                           *terms.estimate(impact.amount[:, y, a, c]).cells)  # fmt: skip


def _funding(full: FullAppraisal) -> Table:
    """Give the deepest needs."""
    names = (*WHO, "area", "agency", "savings", "prices", "low_point_month", "low_point_year",
             *(f"peak_need_{x}" for x in ENDS), *(f"at_end_{x}" for x in ENDS))  # fmt: skip
    rows = (
        (*_who(found), need.area, need.agency, need.reading, CASH, need.month,
         None if need.year is None else financial_year_label(need.year), *need.peak.cells, *need.closing.cells)
        for found in full.found
        for need in found.funding
    )  # fmt: skip
    return table("funding.csv", names, rows)
