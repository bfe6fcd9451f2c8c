"""An appraisal as rows of text and numbers, for CSV files; every row says its terms."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.economics.cash.budget import BudgetImpact, period_of
from sim.economics.report import Found, FullAppraisal, estimate
from sim.economics.value.cash_prices import CASH
from sim.economics.value.terms import Terms
from sim.intervals import Estimate
from sim.money.money import Money
from sim.results.summary import plain
from sim.results.tables import Row
from sim.units import MONTHS_PER_YEAR, financial_year_label

Sheet = tuple[tuple[str, ...], list[Row]]
WHO = ("regime", "effect_set", "against")
ESTIMATE = ("mean", "low", "high")
TERMS = (
    "price_year",
    "base_year",
    "schedule",
    "horizon_years",
    "evidence_ends_month",
    "optimism_bias",
    "income_weight",
)
MONEY = ("intervention", "gross", "net", "cashable", "net_cashable", "net_within_evidence")


def sheets(full: FullAppraisal) -> dict[str, Sheet]:
    """Give the tables of an appraisal by file name, each as columns and rows; none for a study without comparisons."""
    if not full.found:
        return {}
    made: dict[str, Sheet] = {
        "appraisal.csv": ((*WHO, "spend", "ledger", "view", "measure", "unit", *TERMS, *ESTIMATE), _views(full)),
        "card.csv": ((*WHO, "number", "title", "unit", "statistic", *TERMS, *ESTIMATE, "remark"), _cards(full)),
        "switching.csv": ((*WHO, "name", "what", "unit", "now", "npsv_is_zero_at", "remark", *TERMS), _switches(full)),
        "cashability.csv": ((*WHO, "varied", "end", "measure", *TERMS, *ESTIMATE), _ranges(full)),
        "unvalued.csv": (
            ("item", "kind", "fiscal_value_counted", "economic_value_published", "social_value_published"),
            [(u.item, u.kind, *(_yes(x) for x in (u.fiscal, u.economic, u.social))) for u in full.unvalued],
        ),
    }  # fmt: skip
    if not full.why_no_cash:
        made["budget.csv"] = (
            (*WHO, "ledger", "period", "year", "agency", "control", "savings", "prices", "evidence", *ESTIMATE),
            [row for found in full.found for impact in found.budgets for row in _budget(found, impact, full.terms)],
        )
        made["funding.csv"] = (
            (*WHO, "area", "agency", "savings", "prices", "low_point_month", "low_point_year",
             *(f"peak_need_{x}" for x in ESTIMATE), *(f"at_end_{x}" for x in ESTIMATE)),
            _funding(full),
        )  # fmt: skip
    return made


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


def figures(made: Estimate) -> Row:
    """Write mean, low and high."""
    return tuple(plain(value) for value in (made.mean, made.low, made.high))


def _views(full: FullAppraisal) -> list[Row]:
    """Give each view: money, ratio, payback."""
    rows: list[Row] = []
    for found in full.found:
        for view in found.compared.views:
            start = (*_who(found), found.compared.spend, view.ledger, view.view)
            for name in MONEY:
                money: Money = getattr(view, name)
                made = money.estimate(sampled=full.terms.sampled)
                rows.append((*start, name, "£", *_terms(full.terms), *figures(made)))
            rows.append((*start, "bcr", "ratio", *_terms(full.terms), *figures(view.bcr)))
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
                rows.append((*start, label, *_terms(full.terms), *figures(made), why))
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
        (*_who(found), r.varied, r.end, "net_cashable", *_terms(full.terms), *figures(r.net_cashable))
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
                           *figures(estimate(impact.amount[:, y, a, c], terms)))  # fmt: skip


def _funding(full: FullAppraisal) -> list[Row]:
    """Give the deepest needs."""
    return [
        (*_who(found), need.area, need.agency, need.reading, CASH, need.month,
         None if need.year is None else financial_year_label(need.year), *figures(need.peak), *figures(need.closing))
        for found in full.found
        for need in found.funding
    ]  # fmt: skip
