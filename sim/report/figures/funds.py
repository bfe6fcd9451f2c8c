"""An invest-to-save fund and a pooled budget of a run: a table and a figure each."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.arrays import FloatArray
from sim.economics.cash.fund import FundAccount, fund_accounts
from sim.economics.cash.pooled_budget import PoolAccount, pool_accounts
from sim.economics.value.terms import Terms, terms_of
from sim.exhibits.numbers import MINUS, MISSING
from sim.exhibits.style import COLOURS, FAINT, INK, new_axes, shade_after, words
from sim.intervals import Estimate, many_over_replications, over_replications
from sim.report.appraisal_tables import evidence_note
from sim.report.figures.appraisal import agency_words
from sim.table import Table
from sim.units import MONTHS_PER_YEAR

MILLION = 1e6
MOST_NAMED = 4
SMALLEST = 5e3
"""Pounds below which the table would show nothing."""
CASH_NOTE = "Cash of each year, not discounted; transfers and taxes counted; only savings that close capacity"


def fund_table(ds: xr.Dataset) -> Table:
    """Make the table of the invest-to-save fund: lent, paid back and by whom, when it is whole, what is missing."""
    terms = terms_of(ds)
    accounts = fund_accounts(ds, terms)
    rows = tuple(_fund_row(ds, one, terms) for one in accounts)
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
            f"Against {words(str(ds.attrs['baseline']))}, {terms.ledger} ledger. For {rules.pays_months:g} months the "
            f"fund pays what services cost more{limit}; from month {rules.after_months:g} it is owed a share of what "
            f"agencies save in cash: {whom}. {_interest(rules.interest)}. Followed for {months:g} months{short}. "
            f"{CASH_NOTE}. {evidence_note(terms)}"
        )
    return Table("Would an invest-to-save fund be paid back?", columns, rows, note)


def _fund_row(ds: xr.Dataset, one: FundAccount, terms: Terms) -> tuple[str, ...]:
    """Write one regime."""
    name = one.flows.world.name
    if not one.lends:
        return (name, "0", *[MISSING] * 4, "0")
    back = one.repaid.sum(axis=1)
    payers = sorted(range(back.shape[1]), key=lambda a: -float(back[:, a].mean()))
    paid = [a for a in payers if back[:, a].mean() >= SMALLEST][:MOST_NAMED]
    whom = ", ".join(f"{agency_words(ds, one.flows.agencies[a])} {_millions(back[:, a].mean())}" for a in paid)
    months = one.month_repaid
    came = np.isfinite(months)
    return (
        name, _estimate(one.advanced.sum(axis=(1, 2)), terms), _estimate(back.sum(axis=1), terms), whom or "nobody",
        f"{months[came].mean():.0f}" if came.any() else "never", f"{came.sum()} of {len(came)}",
        _estimate(one.shortfall, terms),
    )  # fmt: skip


def pool_table(ds: xr.Dataset) -> Table:
    """Make the table of the pooled budget: what each agency pays in, gets for its services, gets back, and saves."""
    terms, rows, notes = terms_of(ds), [], []
    accounts = pool_accounts(ds, terms)
    for one in accounts:
        name = one.flows.world.name
        parts = [x.sum(axis=1) for x in (one.paid_in, one.services, one.settled, one.saved)]
        net = parts[3] + parts[2] - parts[0]  # services cost the agency as much more as the pool pays
        for a, agency in enumerate(one.flows.agencies):
            if any(part[:, a].any() for part in parts):
                cells = (_estimate(part[:, a], terms) for part in (*parts, net))
                rows.append((name, agency_words(ds, agency), f"{one.shares[a]:.0%}", *cells))
        totals = (part.sum(axis=1) for part in (*parts, net))
        rows.append((name, "all agencies", "100%", *(_estimate(total, terms) for total in totals)))
        left = ", ".join(_millions(float(x)) for x in one.left.mean(axis=0)[:-1])
        notes.append(f"{words(name)}: in the pool after each year but the last, £m: {left or 'nothing'}.")
    columns = (
        "regime", "agency", "share", "pays in, £m", "pool pays of its services, £m", "gets back, £m",
        "saves in cash, £m", "better off than without the regime, £m",
    )  # fmt: skip
    note = ""
    if accounts:
        rules, years = accounts[0].rules, accounts[0].left.shape[1]
        end = "is carried over" if rules.year_end == "carry_over" else "is shared out at once (clawback)"
        note = (
            f"Against {words(str(ds.attrs['baseline']))}, {terms.ledger} ledger, {years} years from the start, shares "
            f"by {rules.by}. What is left or lacking at a year's end {end}; after the last year it is shared out. "
            f"{' '.join(notes)} {CASH_NOTE}. {evidence_note(terms)}"
        )
    return Table("A budget that agencies pool", columns, tuple(rows), note)


def _estimate(samples: FloatArray, terms: Terms) -> str:
    """Write millions with their interval where replications are a sample."""
    made = over_replications(samples) if terms.sampled else Estimate(float(samples.mean()))
    if made.low is None or made.high is None:
        return _millions(made.mean)
    return f"{_millions(made.mean)} ({_millions(made.low)} to {_millions(made.high)})"


def _interest(rate: float) -> str:
    """Say what interest the fund takes."""
    return f"Interest {rate:.1%} a year" if rate else "No interest"


def _millions(pounds: float) -> str:
    """Write millions to one place, two where small."""
    value = pounds / MILLION
    text = f"{abs(value):,.2f}" if abs(value) < 10 else f"{abs(value):,.1f}"
    return f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) else text


def plot_fund(ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None) -> Axes:
    """Draw what an invest-to-save fund is owed month by month, with 95% bands, a line for each evidence set.

    Raises
    ------
    ValueError
        If the study has no fund, or no such regime.
    """
    terms = terms_of(ds)
    accounts = fund_accounts(ds, terms)
    chosen = regime or (accounts[-1].flows.world.regime if accounts else "")
    shown = [one for one in accounts if one.flows.world.regime == chosen]
    if not shown:
        raise ValueError(f"there is no fund for the regime '{chosen}'; give 'appraisal.invest_to_save' and a regime")
    ax = new_axes() if ax is None else ax
    for one, colour in zip(shown, COLOURS, strict=False):
        months = np.arange(1, one.owed.shape[1] + 1) * one.step_months
        mean, low, high = many_over_replications(one.owed.T / MILLION)
        ax.plot(months, mean, color=colour, linewidth=1.6, label=words(one.flows.world.effect_set) or words(chosen))
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


def plot_pool(ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None) -> Axes:
    """Draw, for each agency, what it pays into the pool net of what it gets back, beside what it saves in cash.

    Thin lines are 95% intervals over replications; the first evidence set is shown.

    Raises
    ------
    ValueError
        If the study has no pool, or no such regime.
    """
    terms = terms_of(ds)
    accounts = pool_accounts(ds, terms)
    chosen = regime or (accounts[-1].flows.world.regime if accounts else "")
    one = next((one for one in accounts if one.flows.world.regime == chosen), None)
    if one is None:
        raise ValueError(f"there is no pool for the regime '{chosen}'; give 'appraisal.pooled_budget' and a regime")
    pays, saves = (x.sum(axis=1) / MILLION for x in (one.paid_in - one.settled, one.saved))
    at = [a for a in np.argsort(np.abs(pays).mean(axis=0) + np.abs(saves).mean(axis=0)) if (pays + saves)[:, a].any()]
    ax = new_axes(7.5, 1.4 + 0.42 * len(at)) if ax is None else ax
    for values, label, colour, offset in (
        (pays, "pays in, less what it gets back", COLOURS[1], 0.2), (saves, "saves in cash", COLOURS[0], -0.2),
    ):  # fmt: skip
        mean, low, high = many_over_replications(values[:, at].T)
        errors = np.stack([mean - low, high - mean]) if terms.sampled and len(values) > 1 else None
        ax.barh(np.arange(len(at)) + offset, mean, 0.36, xerr=errors, color=colour, ecolor=INK, label=label)
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set_yticks(range(len(at)), [agency_words(ds, one.flows.agencies[a]) for a in at])
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{MINUS if x < 0 else ''}{abs(x):,.4g}"))
    ax.set_xlabel(
        f"£m of cash, not discounted, in {_years(one)} under {words(one.flows.world.name)} ({terms.ledger} ledger)\n"
        f"evidence ends at month {terms.spec.evidence_months:g}"
    )
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, fontsize=8)
    return ax


def _years(one: PoolAccount) -> str:
    """Say over how many years a pool runs."""
    years = one.left.shape[1]
    return "one year" if years == 1 else f"{years} years"
