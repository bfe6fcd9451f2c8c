"""A budget that agencies pool: what each would pay into it, and what each saves."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.arrays import FloatArray
from sim.economics.cash.pooled_budget import PoolAccount, pool_accounts
from sim.economics.value.terms import terms_of
from sim.exhibits.drawing import bar_height, key, margins_for, name_rows, places, row_axes, zero_line
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import MILLION, digits
from sim.exhibits.sentences import listed, pounds_words, sentence
from sim.exhibits.style import COLOURS, INK, WIDE, Canvas, words
from sim.exhibits.titles import titles_of
from sim.intervals import many_over_replications
from sim.report.appraisal_tables import evidence_note
from sim.report.defaults import agency_words, has_cash
from sim.report.figures.money.amounts import CASH_NOTE, estimate, millions
from sim.results.facts import facts_of
from sim.table import Table


def pool_table(ds: xr.Dataset) -> Table:
    """Make the table of the pooled budget: what each agency pays in, gets for its services, gets back, and saves."""
    terms, rows, notes = terms_of(ds), [], []
    accounts = pool_accounts(ds, terms)
    for account in accounts:
        name = account.flows.world.name
        parts = [x.sum(axis=1) for x in (account.paid_in, account.services, account.settled, account.saved)]
        net = parts[3] + parts[2] - parts[0]  # services cost the agency as much more as the pool pays
        for a, agency in enumerate(account.flows.agencies):
            if any(part[:, a].any() for part in parts):
                cells = (estimate(part[:, a], terms) for part in (*parts, net))
                rows.append((name, agency_words(ds, agency), f"{account.shares[a]:.0%}", *cells))
        totals = (part.sum(axis=1) for part in (*parts, net))
        rows.append((name, "all agencies", "100%", *(estimate(total, terms) for total in totals)))
        left = ", ".join(millions(float(x)) for x in account.left.mean(axis=0)[:-1])
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
            f"Against {words(facts_of(ds).baseline)}, {terms.ledger} ledger, {years} years from the start, shares "
            f"by {rules.by}. What is left or lacking at a year's end {end}; after the last year it is shared out. "
            f"{' '.join(notes)} {CASH_NOTE}. {evidence_note(terms)}"
        )
    return Table("A budget that agencies pool", columns, tuple(rows), note)


def draw_pool(
    ds: xr.Dataset, ax: Axes | None = None, regime: str | None = None, *, canvas: Canvas = WIDE
) -> Axes:  # fmt: skip
    """Draw, for each agency, what it pays into the pool net of what it gets back, beside what it saves in cash.

    What is paid lies left of 0, what is saved right. Thin lines are 95% intervals over replications; the first evidence
    set is shown.

    Raises
    ------
    ValueError
        If the study has no pool, or no such regime.
    """
    terms, account = terms_of(ds), _account_shown(ds, regime)
    pays, saves = _flows(account)
    size = np.abs(pays).mean(axis=0) + np.abs(saves).mean(axis=0)
    at = [a for a in np.argsort(-size) if (pays + saves)[:, a].any()]
    ax = row_axes(len(at), canvas, key=2 if canvas.is_narrow else 1) if ax is None else ax
    spans: list[FloatArray] = []
    for i, (values, label, colour) in enumerate((
        (pays, "pays in, less what it gets back", COLOURS[1]), (saves, "saves in cash", COLOURS[0]),
    )):  # fmt: skip
        mean, low, high = many_over_replications(values[:, at].T)
        errors = np.stack([mean - low, high - mean]) if terms.sampled and len(values) > 1 else None
        y = places(len(at), canvas, i, 2)
        ax.barh(y, mean, 0.9 * bar_height(canvas, 2), xerr=errors, color=colour, ecolor=INK, label=label)
        spans += [mean, low, high]
    zero_line(ax, upright=True)
    margins_for(ax, *spans)
    name_rows(ax, [agency_words(ds, account.flows.agencies[a]) for a in at], canvas)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: digits(x)))
    ax.xaxis.set_major_locator(MaxNLocator(4))
    label = (
        f"← pays into the pool | saves →\n£ million of cash, not discounted, in {_years(account)} under "
        f"{titles_of(ds).world(account.flows.world.name)} ({terms.ledger} ledger); evidence ends at month "
        f"{terms.spec.evidence_months:g}"
    )
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    key(ax, canvas)
    return ax


def _account_shown(ds: xr.Dataset, regime: str | None = None) -> PoolAccount:
    """Give the account of a regime, the last one unless named; errors as for ``draw_pool``."""
    accounts = pool_accounts(ds, terms_of(ds))
    chosen = regime or (accounts[-1].flows.world.regime if accounts else "")
    account = next((account for account in accounts if account.flows.world.regime == chosen), None)
    if account is None:
        raise ValueError(f"there is no pool for the regime '{chosen}'; give 'appraisal.pooled_budget' and a regime")
    return account


def _flows(account: PoolAccount) -> tuple[FloatArray, FloatArray]:
    """Give what each agency pays in net, below 0, and what it saves, £m, (replication, agency)."""
    pays, saves = (x.sum(axis=1) / MILLION for x in (account.settled - account.paid_in, account.saved))
    return pays, saves


def pool_finding(ds: xr.Dataset) -> str:
    """Say who pays most into the pool, and what each of the largest payers saves."""
    account = _account_shown(ds)
    pays, saves = (flow.mean(axis=0) for flow in _flows(account))
    parts = [
        f"{agency_words(ds, account.flows.agencies[a])} pays {pounds_words(-MILLION * pays[a])} and "
        f"{'saves' if saves[a] >= 0.0 else 'spends'} {pounds_words(MILLION * abs(saves[a]))}"
        f"{' in cash' if saves[a] >= 0.0 else ' more'}"
        for a in np.argsort(pays)[:3]
    ]
    return sentence(f"in {_years(account)}, {listed(parts, ';')}")


def _years(account: PoolAccount) -> str:
    """Say over how many years a pool runs."""
    years = account.left.shape[1]
    return "one year" if years == 1 else f"{years} years"


def has_pool(ds: xr.Dataset) -> bool:
    """Whether agencies pool a budget."""
    return has_cash(ds) and bool(pool_accounts(ds, terms_of(ds)))


FIGURE = Exhibit(
    name="pool", title="What agencies would pay into a pool, and what they save",
    caption="Paid in less what comes back (left of 0), by the rule of the config, beside the cash that each agency "
    "saves in the same years; thin lines are 95% intervals over replications. Cash, not discounted.",
    applies=has_pool, draw=draw_pool, table=pool_table, finding=pool_finding, section="payers", order=180,
)  # fmt: skip
