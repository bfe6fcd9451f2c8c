"""An invest-to-save fund: what it is short of, and whether it is paid back."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.economics.cash.fund import FundAccount, fund_accounts
from sim.economics.value.terms import Terms, terms_of
from sim.exhibits.drawing import head_room, line_axes, mark, name_lines, name_y, shade_after, zero_line
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import MILLION, MISSING
from sim.exhibits.sentences import listed, pounds_words, sentence
from sim.exhibits.style import COLOURS, WIDE, Canvas, words
from sim.exhibits.titles import titles_of
from sim.intervals import many_over_replications
from sim.report.appraisal_tables import evidence_note
from sim.report.defaults import agency_words, has_cash
from sim.report.figures.money.amounts import CASH_NOTE, estimate, millions, readings
from sim.results.facts import facts_of
from sim.table import Table
from sim.units import MONTHS_PER_YEAR

MOST_NAMED = 4
SMALLEST = 5e3
"""Pounds below which the table would show nothing."""


def fund_table(ds: xr.Dataset) -> Table:
    """Make the table of the invest-to-save fund: lent, paid back and by whom, when it is whole, what is missing."""
    terms = terms_of(ds)
    accounts = fund_accounts(ds, terms)
    rows = tuple(_fund_row(ds, account, terms) for account in accounts)
    columns = (
        "regime", "fund pays, £m", "paid back, £m", "by whom, £m", "paid back in full by month",
        "replications paid back", "still owed at the end, £m",
    )  # fmt: skip
    note = ""
    if accounts:
        rules, months = accounts[0].rules, accounts[0].months
        whom = ", ".join(f"{agency_words(ds, name)} {share:.0%}" for name, share in rules.repaid_from.items())
        limit = "" if rules.at_most is None else f", £{rules.at_most / MILLION:,.1f}m at most"
        short = "" if months >= rules.within_months else f" (the run ends before {rules.within_months:g})"
        note = (
            f"Against {words(facts_of(ds).baseline)}, {terms.ledger} ledger. For {rules.pays_months:g} months the "
            f"fund pays what services cost more{limit}; from month {rules.after_months:g} it is owed a share of what "
            f"agencies save in cash: {whom}. {_interest(rules.interest)}. Followed for {months:g} months{short}. "
            f"{CASH_NOTE}. {evidence_note(terms)}"
        )
    return Table("Would an invest-to-save fund be paid back?", columns, rows, note)


def _fund_row(ds: xr.Dataset, account: FundAccount, terms: Terms) -> tuple[str, ...]:
    """Write one regime."""
    name = account.flows.world.name
    if not account.lends:
        return (name, "0", *[MISSING] * 4, "0")
    back = account.repaid.sum(axis=1)
    payers = sorted(range(back.shape[1]), key=lambda a: -float(back[:, a].mean()))
    paid = [a for a in payers if back[:, a].mean() >= SMALLEST][:MOST_NAMED]
    whom = ", ".join(f"{agency_words(ds, account.flows.agencies[a])} {millions(back[:, a].mean())}" for a in paid)
    months = account.month_repaid
    came = np.isfinite(months)
    return (
        name, estimate(account.advanced.sum(axis=(1, 2)), terms), estimate(back.sum(axis=1), terms), whom or "nobody",
        f"{months[came].mean():.0f}" if came.any() else "never", f"{came.sum()} of {len(came)}",
        estimate(account.shortfall, terms),
    )  # fmt: skip


def _interest(rate: float) -> str:
    """Say what interest the fund takes."""
    return f"Interest {rate:.1%} a year" if rate else "No interest"


def draw_fund(
    ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None, *, canvas: Canvas = WIDE
) -> Axes:  # fmt: skip
    """Draw what an invest-to-save fund holds month by month, with 95% bands, a line for each evidence set.

    Below 0 it is owed so much.

    Raises
    ------
    ValueError
        If the study has no fund, or no such regime.
    """
    shown = _accounts_shown(ds, regime)
    terms, labels, ends = terms_of(ds), readings(ds, [account.flows.world for account in shown]), []
    ax = line_axes(len(shown), canvas) if ax is None else ax
    for account, label, colour in zip(shown, labels, COLOURS, strict=False):
        months = np.arange(1, account.owed.shape[1] + 1) * account.step_months
        mean, low, high = many_over_replications(-account.owed.T / MILLION)
        ax.plot(months, mean, color=colour, linewidth=1.8, label=label)
        if terms.sampled:
            ax.fill_between(months, low, np.minimum(high, 0.0), color=colour, alpha=0.2, linewidth=0)
        ends.append(float(mean[-1]))
    rules, last = shown[0].rules, shown[0].months
    zero_line(ax)
    ax.set(xlim=(0, last), xlabel=f"Months since the start of {titles_of(ds).regime(shown[0].flows.world.regime)}")
    ax.set_ylim(top=max(0.0, ax.get_ylim()[1]), bottom=min(ax.get_ylim()[0], -1e-3))
    head_room(ax, 0.2)
    mark(ax, rules.pays_months, "fund stops paying")
    said = f"£ million of cash in the fund, not discounted; below 0 it is owed so much ({terms.ledger} ledger, "
    name_y(ax, f"{said}{_interest(rules.interest).lower()})", canvas)
    if last >= 2 * MONTHS_PER_YEAR:
        ax.set_xticks(np.arange(0, last + 1, MONTHS_PER_YEAR * (2 if canvas.is_narrow else 1)))
    shade_after(ax, terms.spec.evidence_months, f"evidence ends at month {terms.spec.evidence_months:g}")
    name_lines(ax, ends, labels, canvas)
    return ax


def _accounts_shown(ds: xr.Dataset, regime: str | None = None) -> list[FundAccount]:
    """Give the accounts of one regime, the last one unless named; errors as for ``draw_fund``."""
    accounts = fund_accounts(ds, terms_of(ds))
    chosen = regime or (accounts[-1].flows.world.regime if accounts else "")
    shown = [account for account in accounts if account.flows.world.regime == chosen]
    if not shown:
        raise ValueError(f"there is no fund for the regime '{chosen}'; give 'appraisal.invest_to_save' and a regime")
    return shown


def fund_finding(ds: xr.Dataset) -> str:
    """Say what the fund is still owed at the end, under each reading, and how much it paid."""
    shown = _accounts_shown(ds)
    labels = readings(ds, [account.flows.world for account in shown])
    sums = [(account.owed[:, -1], account.advanced.sum(axis=(1, 2))) for account in shown]
    written = [tuple(pounds_words(float(amount.mean())) for amount in pair) for pair in sums]
    parts = [f"{owed} of {lent} ({label})"
             for (owed, lent), label in zip(written, labels, strict=True)]  # fmt: skip
    return sentence(f"after {shown[0].months:.0f} months the fund is still owed {listed(parts)}")


def has_fund(ds: xr.Dataset) -> bool:
    """Whether a fund pays anything."""
    return has_cash(ds) and bool(fund_accounts(ds, terms_of(ds)))


FIGURE = Exhibit(
    name="fund", title="Would an invest-to-save fund be paid back?",
    caption="The fund pays what services cost more until the dashed line, and takes a share of what agencies save in "
    "cash until it is whole: mean with 95% bands over replications, a line for each reading of the evidence. Cash, "
    "not discounted. Shaded: beyond the evidence.",
    applies=has_fund, draw=draw_fund, all_sets=True, table=fund_table, finding=fund_finding, section="payers",
    order=170,
)  # fmt: skip
