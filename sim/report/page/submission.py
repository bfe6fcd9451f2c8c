"""The page that prints alone: money by year and kind of budget, posts to recruit, what is no cash, what it rests on."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from sim.config.schema.appraisal import ClaimPart
from sim.economics.cash.budget import READINGS, BudgetImpact
from sim.economics.report import Found, FullAppraisal
from sim.exhibits.numbers import MILLION, MISSING, count, fixed, pounds, share
from sim.exhibits.style import words
from sim.exhibits.titles import titles_of
from sim.model.price_series import PriceSeries
from sim.report.page.claims import prices
from sim.report.page.first import fiscal_view
from sim.report.page.readings import ReadingFigures, headline_ledger, readings, span
from sim.report.page.wording import ledger_words
from sim.results.facts import facts_of
from sim.results.summary import Summary
from sim.results.waits import NATION
from sim.table import Table
from sim.units import financial_year_label

STAFFING = "staffing.csv"
SPEND = {"extra": "less", "equal": "as much", "less": "more"}
"""What the other one spends, by what this one does."""
CONTROLS = {"DEL": "departments (DEL)", "AME": "benefits (AME)", "local": "councils (local)"}


@dataclass(frozen=True)
class Submission:
    """What the page holds: facts as pairs of what and how much, and tables."""

    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]


def submission(
    ds: xr.Dataset, summary: Summary, full: FullAppraisal, folder: Path, claims: Sequence[ClaimPart], rests_on: str
) -> Submission | None:
    """Put the page together; None for a run without accounts."""
    found = readings(summary)
    if not found:
        return None
    lead = found[0]
    compared = next((one for one in full.found if one.compared.world.name == lead.world
                     and one.compared.against.regime == lead.figures["against"]), None)  # fmt: skip
    recruits, series = _recruits(folder / STAFFING, lead), full.terms.price_series
    tables = [
        *([affordability(compared, recruits, series)] if compared is not None and compared.budgets else []),
        prices(summary, claims, facts_of(ds).deflators),
    ]
    facts = [*_verdict(summary, lead), *_cash(summary, full, lead), *_posts(recruits), *_rests(summary, lead, rests_on)]
    return Submission(tuple(facts), tuple(table for table in tables if table.rows))


def affordability(found: Found, recruits: Mapping[str, float], series: PriceSeries) -> Table:
    """Make the table of cash by financial year and kind of budget, freed or needed, with posts to recruit."""
    impact = next(one for one in found.budgets if one.reading == READINGS[1])
    by_kind = -impact.amount.sum(axis=2).mean(axis=0)  # (year, control)
    order = {name: i for i, name in enumerate(CONTROLS)}
    kept = sorted(
        (c for c in range(len(impact.controls)) if by_kind[:, c].any()),
        key=lambda c: order.get(impact.controls[c], len(order)),
    )
    years = [financial_year_label(year) for year in impact.years]
    rows = [
        _year(series.marked(year), [by_kind[y, c] for c in kept], recruits.get(year)) for y, year in enumerate(years)
    ]
    together = _year("all years", [by_kind[:, c].sum() for c in kept], sum(recruits.values()) if recruits else None)
    columns = (
        "financial year", *(f"{CONTROLS.get(impact.controls[c], words(impact.controls[c]))}, £m" for c in kept),
        "together, £m", "posts to recruit",
    )  # fmt: skip
    note = (
        "Cash of each year, not discounted, freed (+) or needed (\N{MINUS SIGN}); savings count where a rule makes "
        f"cash of them. If every saving were cash: {_all_savings(found.budgets)}."
        f"{' A star: the level of prices was a forecast.' if set(years) & set(series.forecast) else ''}"
    )
    return Table("What budgets must find, year by year", columns, (*rows, together), note)


def _year(label: str, kinds: Sequence[float], recruits: float | None) -> tuple[str, ...]:
    """Write a year."""
    told = (_million(x) for x in (*kinds, sum(kinds)))
    return (label, *told, MISSING if recruits is None else count(max(recruits, 0.0)))


def _million(value: float) -> str:
    return fixed(value / MILLION, 0, sign=True, finer_below=10.0)


def _all_savings(budgets: Sequence[BudgetImpact]) -> str:
    """Say what all years come to if every saving were cash."""
    amount = next(one for one in budgets if one.reading == READINGS[0]).amount
    return f"{_million(-float(amount.sum(axis=(1, 2, 3)).mean()))} £m in all"


def _recruits(path: Path, lead: ReadingFigures) -> dict[str, float]:
    """Give the posts to recruit in each financial year, more than without the regime, from the staffing plan."""
    if not path.is_file():
        return {}
    total: dict[str, float] = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            sign = (row["regime"] == lead.regime) - (row["regime"] == lead.figures["against"])
            mine = row["area"] == NATION and lead.effect_set in ("", row["effect_set"])
            if sign and mine and "/" in row["period"]:
                year = row["period"].split(" ")[0]
                total[year] = total.get(year, 0.0) + sign * float(row["recruits"] or 0.0)
    return total


def _verdict(summary: Summary, lead: ReadingFigures) -> list[tuple[str, str]]:
    """Say the verdict in each ledger, and in the other accounts."""
    rows = []
    for ledger in lead.ledgers:
        price = lead.price(ledger)
        ends = f" ({span(price)})" if span(price) else ""
        told = (
            f"{lead.verdict(ledger)}: {pounds(price['mean'])}{ends} a family may be paid for posts, which cost "
            f"{pounds(lead.cost(ledger)['posts'])}; saved less spent {signed_pounds(lead.net(ledger))} a family"
        )
        rows.append((ledger_words(ledger).capitalize(), told))
    return [*rows, *_whole(summary, lead), *_same_money(summary, lead)]


def _same_money(summary: Summary, lead: ReadingFigures) -> list[tuple[str, str]]:
    """Say what it saves more than other ways of spending, in each ledger."""
    titles, rows = titles_of(summary), []
    for one in summary["appraisal"]["comparisons"]:
        if one["name"] == lead.world and one["against_regime"] != lead.figures["against"]:
            nets = ", ".join(
                f"{signed_pounds(held['fiscal']['net']['mean'])} ({ledger_words(ledger)})"
                for ledger, held in one["ledgers"].items() if ledger in lead.ledgers
            )  # fmt: skip
            told = f"whole programme against {titles.regime(one['against_regime'])}, which spends {SPEND[one['spend']]}"
            rows.append(("Other ways to spend", f"{told}: saved less spent {nets}"))
    return rows


def _whole(summary: Summary, lead: ReadingFigures) -> list[tuple[str, str]]:
    """Say what the whole programme comes to in the calendar years of the appraisal."""
    whole, ledger, rows = lead.accounts.get("programme"), headline_ledger(summary), []
    if whole is not None and lead.account != "programme":
        ratio = whole["bcr"][ledger]["mean"]
        net = whole["saved_per_family_helped"][ledger]["mean"] - whole["cost_per_family_helped"][ledger]["mean"]
        back = "" if ratio is None else f"each pound more returns £{fixed(ratio, 2)}; "
        each = (
            f"{count(whole['families'])} families helped {fixed(whole['episodes_per_family'], 1)} times in the "
            f"calendar years of the appraisal: {back}saved less spent {signed_pounds(net)} a family "
            f"({ledger_words(ledger)})"
        )
        rows.append(("Whole programme", each))
    return rows


def signed_pounds(value: float) -> str:
    """Write pounds with their sign."""
    return f"{'+' if value > 0 else ''}{pounds(value)}"


def _cash(summary: Summary, full: FullAppraisal, lead: ReadingFigures) -> list[tuple[str, str]]:
    """Say which part of the saving is no cash."""
    if full.why_no_cash:
        return [("Cash", f"not worked out: {full.why_no_cash}")]
    view = fiscal_view(summary, lead.world, lead.figures["against"])
    if not view or view["gross"]["mean"] <= 0:
        return [("Cash", "nothing is saved, so nothing can be taken out")] if view else []
    no_cash = 1.0 - view["cashable"]["mean"] / view["gross"]["mean"]
    told = (
        f"{share(no_cash, 0)} of the saving is not cash: places and time that are freed but cannot be closed; "
        f"net of what services cost, cash comes to {pounds(view['net_cashable']['mean'])}"
    )
    return [("Not cash", told)]


def _posts(recruits: Mapping[str, float]) -> list[tuple[str, str]]:
    """Say how many posts must be recruited."""
    if not recruits:
        return []
    (year, most), total = max(recruits.items(), key=lambda item: item[1]), sum(recruits.values())
    return [("Posts to recruit", f"{count(total)} in all, {count(most)} of them in {year}; leavers are made up")]


def _rests(summary: Summary, lead: ReadingFigures, rests_on: str) -> list[tuple[str, str]]:
    """Say on what the effect rests, where evidence ends, and what the other readings say."""
    month = f"{summary['appraisal']['terms']['evidence_ends_month']:g}"
    titles, ledger = titles_of(summary), headline_ledger(summary)
    others = "; ".join(
        f"{titles.reading(one.effect_set)}: {signed_pounds(one.net(ledger))}"
        for one in readings(summary) if one.world != lead.world and one.effect_set
    )  # fmt: skip
    rows = [("The effect rests on", rests_on)] if rests_on else []
    rows += [("Not known", f"anything after month {month} of help: what comes later is assumed")]
    if others:
        rows.append(("Other readings", f"saved less spent a family, {ledger_words(ledger)}: {others}"))
    return rows
