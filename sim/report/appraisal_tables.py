"""Tables of an appraisal in words and rounded figures: is it worth it, the card, switching values, cash."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.economics.cash.budget import READINGS, BudgetImpact, period_of
from sim.economics.report import Found, FullAppraisal
from sim.economics.value.card import NET_CASH, CardNumber
from sim.economics.value.terms import Terms
from sim.exhibits.numbers import MISSING, digits, interval, millions, ratio
from sim.exhibits.style import words
from sim.intervals import Estimate
from sim.money.money import Money
from sim.results.waits import NATION
from sim.table import Table
from sim.units import financial_year_label


def terms_note(terms: Terms) -> str:
    """Say the terms of every figure of an appraisal in a sentence or two."""
    by = "whole years" if terms.spec.timing == "year" else "steps"
    rates = ", then ".join(f"{100 * rate:.3g}% from year {start:g}" for start, rate in terms.rates)
    bias = terms.spec.optimism_bias
    corrected = f" Corrected for optimism bias, grade {words(bias.grade)}." if bias.apply else ""
    income = terms.spec.income_weight
    corrected += f" A pound of benefit counts {income.weight.value:g} to a family." if income.apply else ""
    short = (
        ""
        if terms.horizon_years >= terms.spec.horizon_years
        else f" (the run ends before {terms.spec.horizon_years:g})"
    )
    intervals = "95% intervals over replications" if terms.sampled else "no intervals"
    prices = terms.prices[0].upper() + terms.prices[1:]
    return (
        f"{prices}, base year {terms.base_year}, {terms.horizon_years:.3g} years{short}, discounted by {by}: "
        f"{words(terms.schedule)} ({rates}). {evidence_note(terms)} {intervals[0].upper()}{intervals[1:]}.{corrected}"
    )


def evidence_note(terms: Terms) -> str:
    """Say where evidence ends."""
    return f"Evidence ends at month {terms.spec.evidence_months:g}: what comes later rests on assumptions."


def worth(full: FullAppraisal) -> Table:
    """Make the table of value for money in the headline ledger, resources only, both comparisons of each regime."""
    rows = tuple(_worth_row(found, full.terms) for found in full.found)
    columns = (
        "regime", "against", "spend", "services cost more, £m", "other costs saved, £m", "net present social value, £m",
        "within the evidence, £m", "benefit-cost ratio", "paid back, month",
    )  # fmt: skip
    note = (
        f"Resources only, {full.terms.ledger} ledger; benefit payments are transfers and are left out. "
        f"{terms_note(full.terms)} A ratio needs extra spend: above 1%, and beyond chance."
    )
    return Table("Is it worth it?", columns, rows, note)


def _worth_row(found: Found, terms: Terms) -> tuple[str, ...]:
    """Write one comparison."""
    view = found.compared.view(terms.ledger, "social")
    parts = (view.intervention, view.gross, view.net, view.net_within_evidence)
    return (
        found.compared.world.name, found.compared.against.regime, found.compared.spend,
        *(_millions(part, terms) for part in parts), interval(view.bcr, ratio), month_text(view.payback_month),
    )  # fmt: skip


def fiscal(full: FullAppraisal) -> Table:
    """Make the table of the exchequer's view: all payments, gross, net of intervention and cashable, by ledger."""
    rows = tuple(
        (found.compared.world.name, found.compared.against.regime, view.ledger,
         *(_millions(part, full.terms) for part in (view.gross, view.net, view.cashable, view.net_cashable)),
         month_text(view.cash_payback_month))
        for found in full.found
        for view in found.compared.views
        if view.view == "fiscal"
    )  # fmt: skip
    columns = ("regime", "against", "ledger", "gross saving, £m", "net of services, £m", "cashable saving, £m",
               "net cash, £m", "cash paid back, month")  # fmt: skip
    never = f" No rule makes cash of {len(full.never_cash)} cost lines." if full.never_cash else ""
    note = f"Transfers and taxes included. Ledgers overlap and are never added. {terms_note(full.terms)}{never}"
    return Table("What the exchequer saves, and what of it is cash", columns, rows, note)


def cards(full: FullAppraisal) -> Table:
    """Make the table of the card for each comparison with extra spend."""
    rows = tuple(
        (found.compared.world.name, found.compared.against.regime, number.title, *_card_cells(number))
        for found in full.found
        for number in found.card
        if not found.compared.why_no_ratio
    )
    columns = ("regime", "against", "what", "in all", "for each £1m of extra spend", "extra spend for one, £")
    note = (
        f"Outcomes are not discounted, spend is. One of what is counted in months is a year. {terms_note(full.terms)}"
    )
    return Table("For each million pounds", columns, rows, note)


def _card_cells(number: CardNumber) -> tuple[str, str, str]:
    """Write a number of the card three ways."""
    one = MISSING if number.name == NET_CASH else interval(number.cost_of_one)
    per = interval(number.per_million) if number.name == NET_CASH else interval(number.per_million, digits)
    return interval(number.count), per, one


def switching(full: FullAppraisal) -> Table:
    """Make the table of switching values."""
    rows = tuple(
        (found.compared.world.name, found.compared.against.regime, switch.what if switch.name[:8] != "price of" else
         f"price of {switch.name[9:]}, times", digits(switch.now), digits(switch.value), switch.note)
        for found in full.found
        for switch in found.switching
    )  # fmt: skip
    columns = ("regime", "against", "what", "now", "net present value is zero at", "remark")
    note = f"One thing at a time, at mean values, {full.terms.ledger} ledger. {terms_note(full.terms)}"
    return Table("What would have to be different for the net present social value to be zero", columns, rows, note)


def budgets(full: FullAppraisal) -> Table:
    """Make the table of cash freed by agency and spending-review period, both readings, against the baseline."""
    impacts = [impact for found in full.found for impact in found.budgets]
    periods = list(dict.fromkeys(period_of(full.terms, year) for impact in impacts for year in impact.years))
    rows = []
    for impact in impacts:
        of_period = np.array([periods.index(period_of(full.terms, year)) for year in impact.years])
        for a, agency in enumerate(impact.agencies):
            if impact.amount[:, :, a].any():
                cells = [_period_cell(impact, of_period == p, a, full.terms) for p in range(len(periods))]
                rows.append((impact.world.name, impact.against.regime, words(agency), impact.reading, *cells))
    columns = ("regime", "against", "agency", "savings counted", *(f"{words(period)}, £m" for period in periods))
    note = (
        "Cash of each year, not discounted, freed (+) or needed more (\N{MINUS SIGN}). Years after the last deflator "
        f"assume a rise of prices.{_forecasts(full, impacts)} {evidence_note(full.terms)}"
    )
    return Table("Cash freed, by agency and spending-review period", columns, tuple(rows), note)


def _forecasts(full: FullAppraisal, impacts: Sequence[BudgetImpact]) -> str:
    """Say of which years of budgets the level of prices was a forecast when its series was published."""
    years = sorted({financial_year_label(year) for impact in impacts for year in impact.years})
    told = [year for year in years if year in full.terms.price_series.forecast]
    return f" The deflators of {', '.join(told)} are forecasts." if told else ""


def _period_cell(
    impact: BudgetImpact, years: np.ndarray[tuple[int], np.dtype[np.bool_]], agency: int, terms: Terms
) -> str:
    """Write the cash that an agency frees in a period."""
    return interval(terms.estimate(-impact.amount[:, years, agency].sum(axis=(1, 2))), millions)


def funding(full: FullAppraisal) -> Table:
    """Make the table of the deepest need for cash by agency and place, for the regimes against the baseline."""
    rows = tuple(
        (found.compared.world.name, found.compared.against.regime, words(need.area), words(need.agency), need.reading,
         interval(_turned(need.peak), millions), _when(need.month, need.year),
         interval(_turned(need.closing), millions))
        for found in full.found
        for need in found.funding
        if need.area == NATION or need.reading == READINGS[0]
    )  # fmt: skip
    columns = ("regime", "against", "place", "agency", "savings counted", "at its lowest, £m", "when", "at the end, £m")
    note = (
        "Cash since the start, not discounted, freed (+) or needed (\N{MINUS SIGN}). Areas are followed by year. "
        f"{evidence_note(full.terms)}"
    )
    return Table("How deep the money must go, and when", columns, rows, note)


def _turned(estimate: Estimate) -> Estimate:
    """Turn what is needed into what is freed."""
    low, high = (None if end is None else -end for end in (estimate.high, estimate.low))
    return Estimate(-estimate.mean, low, high)


def unvalued(full: FullAppraisal) -> Table:
    """Make the table of what has no economic or social value; it counts at its fiscal cost or not at all."""
    rows = tuple(
        (item.item, item.kind, *("yes" if has else "no" for has in (item.fiscal, item.economic, item.social)))
        for item in full.unvalued
    )
    without = sum(not (item.economic or item.social) for item in full.unvalued)
    note = f"{without} of {len(full.unvalued)} items have neither an economic nor a social value; none is counted."
    columns = ("item", "kind", "fiscal cost counted", "economic value published", "social value published")
    return Table("What has no economic or social value", columns, rows, note)


def _when(month: float | None, year: int | None) -> str:
    """Write a month of the regime, or a year."""
    if year is None:
        return MISSING
    return financial_year_label(year) + ("" if month is None else f", month {month:.0f}")


def month_text(month: int | None) -> str:
    """Write a payback month, or that it never comes within the run."""
    return "never in the run" if month is None else str(month)


def _millions(money: Money, terms: Terms) -> str:
    """Write money in millions with its interval."""
    return interval(money.estimate(sampled=terms.sampled), millions)
