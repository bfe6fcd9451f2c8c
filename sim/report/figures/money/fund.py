"""An invest-to-save fund: what it would be owed, and whether it is paid back."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.economics.cash.fund import FundAccount, fund_accounts
from sim.economics.value.terms import Terms, terms_of
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import MILLION, MISSING
from sim.exhibits.style import COLOURS, FAINT, INK, new_axes, shade_after, words
from sim.intervals import many_over_replications
from sim.report.appraisal_tables import evidence_note
from sim.report.defaults import agency_words, has_cash
from sim.report.figures.money.amounts import CASH_NOTE, estimate, millions
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


def draw_fund(ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None) -> Axes:
    """Draw what an invest-to-save fund is owed month by month, with 95% bands, a line for each evidence set.

    Raises
    ------
    ValueError
        If the study has no fund, or no such regime.
    """
    terms = terms_of(ds)
    accounts = fund_accounts(ds, terms)
    chosen = regime or (accounts[-1].flows.world.regime if accounts else "")
    shown = [account for account in accounts if account.flows.world.regime == chosen]
    if not shown:
        raise ValueError(f"there is no fund for the regime '{chosen}'; give 'appraisal.invest_to_save' and a regime")
    ax = new_axes() if ax is None else ax
    for account, colour in zip(shown, COLOURS, strict=False):
        months = np.arange(1, account.owed.shape[1] + 1) * account.step_months
        mean, low, high = many_over_replications(account.owed.T / MILLION)
        ax.plot(months, mean, color=colour, linewidth=1.6, label=words(account.flows.world.effect_set) or words(chosen))
        if terms.sampled:
            ax.fill_between(months, np.maximum(low, 0.0), high, color=colour, alpha=0.2, linewidth=0)
    rules = shown[0].rules
    ax.axhline(0, color=INK, linewidth=0.8)
    ax.axvline(rules.pays_months, color=FAINT, linestyle="--", linewidth=0.9)
    ax.annotate("fund stops paying", (rules.pays_months, 0), (3, 4), xycoords=("data", "axes fraction"), fontsize=7.5,
                textcoords="offset points")  # fmt: skip
    ax.set(xlim=(0, shown[0].months), xlabel=f"Months since the start of {words(chosen)}")
    ax.set_ylim(bottom=min(0.0, ax.get_ylim()[0]), top=max(ax.get_ylim()[1], 1e-3) * 1.06)
    ax.set_ylabel(
        f"Owed to the fund, £m of cash, not discounted\n({terms.ledger} ledger, {_interest(rules.interest).lower()})"
    )
    if shown[0].months >= 2 * MONTHS_PER_YEAR:
        ax.set_xticks(np.arange(0, shown[0].months + 1, MONTHS_PER_YEAR))
    shade_after(ax, terms.spec.evidence_months, f"evidence ends at month {terms.spec.evidence_months:g}")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), fontsize=8)
    return ax


def has_fund(ds: xr.Dataset) -> bool:
    """Whether a fund pays anything."""
    return has_cash(ds) and bool(fund_accounts(ds, terms_of(ds)))


FIGURE = Exhibit(
    name="fund", title="What an invest-to-save fund would be owed",
    caption="The fund pays what services cost more until the dashed line, and takes a share of what agencies save in "
    "cash until it is whole: mean with 95% bands over replications, a line for each reading of the evidence. Cash, "
    "not discounted. Shaded: beyond the evidence.",
    applies=has_fund, draw=lambda ds: draw_fund(ds, new_axes(7.5, 4.2)), all_sets=True, table=fund_table,
    section="payers", order=170,
)  # fmt: skip
