"""An invest-to-save fund: it pays for a programme first and is paid back from cash that named agencies save.

Pure arithmetic on cash flows in double entry: what the fund pays the agencies receive, and the other way round, so that
all accounts of a month sum to 0. A programme without an effect saves nothing, and its fund is never paid back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.cash.flows import Flows, first_for_good, flows_against_baseline
from sim.economics.value.cash_prices import CASH
from sim.economics.value.terms import Terms
from sim.model.appraisal import InvestToSave
from sim.results.columns import filled, table
from sim.table import Row, Table
from sim.units import MONTHS_PER_YEAR, financial_year_label

FUND = "invest-to-save fund"
PENNY = 0.005
COLUMNS = (
    "regime", "effect_set", "against", "ledger", "prices", "month", "financial_year", "account", "pays", "receives",
    "owed_after",
)  # fmt: skip


@dataclass(frozen=True)
class FundAccount:
    """What a fund pays, gets back and is owed, cash.

    ``advanced`` and ``repaid`` are by agency, (replication, step, agency); ``owed`` is after each step, with
    interest, (replication, step). Steps count from the regime's start to the end of the horizon or of the run.
    """

    flows: Flows
    rules: InvestToSave
    advanced: FloatArray
    repaid: FloatArray
    owed: FloatArray
    step_months: float

    @property
    def shortfall(self) -> FloatArray:
        """What is still owed at the end, (replication,)."""
        return np.asarray(self.owed[:, -1])

    @property
    def lends(self) -> bool:
        """Whether the fund pays anything."""
        return bool((self.advanced.sum(axis=(1, 2)) > PENNY).any())

    @property
    def month_repaid(self) -> FloatArray:
        """The month after which nothing is owed any more, (replication,); NaN where that never comes."""
        months = first_for_good(np.asarray(self.owed <= PENNY)) * self.step_months
        return np.where(self.advanced.sum(axis=(1, 2)) > PENNY, months, np.nan)

    @property
    def months(self) -> float:
        """The months that are followed."""
        return float(self.owed.shape[1] * self.step_months)


def fund_account(flows: Flows, rules: InvestToSave, step_years: float) -> FundAccount:
    """Lend and pay back, month by month.

    In each month of ``rules.pays_months`` the fund pays what services cost more in all agencies together, to those
    whose services cost more, in proportion. Each named agency then owes its share of what it saved in cash that month;
    where that is more than is still owed, all pay less in proportion.

    Raises
    ------
    ValueError
        If an agency that is to pay back does not exist; names those there are.
    """
    unknown = [name for name in rules.repaid_from if name not in flows.agencies]
    if unknown:
        raise ValueError(f"there is no agency '{unknown[0]}' to pay back; there are {', '.join(flows.agencies)}")
    step_months = step_years * MONTHS_PER_YEAR
    pays, after, within = (round(m / step_months) for m in (rules.pays_months, rules.after_months, rules.within_months))
    steps = max(1, min(within, flows.spent.shape[1]))
    shares = np.array([rules.repaid_from.get(name, 0.0) for name in flows.agencies])
    offered = np.maximum(flows.saved[:, :steps], 0.0) * shares
    offered[:, :after] = 0.0
    advanced = _advanced(flows.spent[:, :steps], pays, rules.at_most)
    repaid, owed = np.zeros_like(advanced), np.zeros(advanced.shape[:2])
    debt = np.zeros(len(advanced))
    for step in range(steps):
        debt = debt * (1.0 + rules.interest) ** step_years + advanced[:, step].sum(axis=1)
        whole = offered[:, step].sum(axis=1)
        taken = np.minimum(whole, debt)
        part = np.divide(taken, whole, out=np.zeros_like(whole), where=whole > 0)
        repaid[:, step] = offered[:, step] * part[:, None]
        debt = np.maximum(debt - taken, 0.0)
        owed[:, step] = debt
    return FundAccount(flows, rules, advanced, repaid, owed, step_months)


def _advanced(spent: FloatArray, pays: int, at_most: float | None) -> FloatArray:
    """Give what the fund pays to each agency, (replication, step, agency)."""
    within = (np.arange(spent.shape[1]) < pays)[:, None]
    whole = np.maximum(spent.sum(axis=-1, keepdims=True), 0.0) * within
    if at_most is not None:
        reached = np.minimum(np.cumsum(whole, axis=1), at_most)
        whole = np.diff(reached, axis=1, prepend=0.0)
    more = np.maximum(spent, 0.0)
    total = more.sum(axis=-1, keepdims=True)
    return np.asarray(whole * np.divide(more, total, out=np.zeros_like(more), where=total > 0))


def fund_accounts(ds: xr.Dataset, terms: Terms, rules: InvestToSave | None = None) -> list[FundAccount]:
    """Run the fund of the config (or ``rules``) for each regime against the baseline; none where there is no fund."""
    rules = terms.spec.invest_to_save if rules is None else rules
    if rules is None:
        return []
    return [fund_account(flows, rules, terms.step_years) for flows in flows_against_baseline(ds, terms)]


def fund_tables(ds: xr.Dataset, terms: Terms) -> list[Table]:
    """Give ``fund.csv``: what the fund and each agency pay and receive by month, means over replications."""
    rows = [row for account in fund_accounts(ds, terms) for row in _rows(ds, account, terms)]
    return filled(table("fund.csv", COLUMNS, rows))


def _rows(ds: xr.Dataset, account: FundAccount, terms: Terms) -> list[Row]:
    """Write one account by month; agencies that never pay nor receive are left out."""
    world, against = account.flows.world, account.flows.against
    advanced, repaid = account.advanced.mean(axis=0), account.repaid.mean(axis=0)
    owed, years = account.owed.mean(axis=0), ds["financial_year"].values[terms.base_point + 1 :]
    rows: list[Row] = []
    for step in range(len(owed)):
        about: Row = (
            world.regime, world.effect_set, against.regime, terms.ledger, CASH,
            round((step + 1) * account.step_months, 6), financial_year_label(int(years[step])),
        )  # fmt: skip
        rows.append((*about, FUND, float(advanced[step].sum()), float(repaid[step].sum()), float(owed[step])))
        rows += [
            (*about, name, float(repaid[step, a]), float(advanced[step, a]), None)
            for a, name in enumerate(account.flows.agencies)
            if advanced[:, a].any() or repaid[:, a].any()
        ]
    return rows
