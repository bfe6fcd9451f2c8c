"""A pooled budget of some years: agencies pay in by a rule, services are paid from it, years end with what is left.

In double entry: what agencies pay in, the pool receives, and what it pays for services or gives back reaches agencies,
so that all accounts sum to 0 in every year but for what is carried over, and over all years exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.cash.flows import Flows, flows_against_baseline
from sim.economics.cash.pooling import contributions
from sim.economics.cash.shares import agency_gains, pooled
from sim.economics.value.cash_prices import CASH
from sim.economics.value.terms import Terms
from sim.model.appraisal import PooledBudget
from sim.results.columns import filled, table
from sim.table import Row, Table

POOL = "pool"
PARTS = ("paid_in", "services", "settled", "saved")
COLUMNS = (
    "regime", "effect_set", "against", "ledger", "prices", "rule", "year_end", "year", "account",
    *(f"{part}{end}" for part in (*PARTS, "left") for end in ("", "_low", "_high")),
)  # fmt: skip


@dataclass(frozen=True)
class PoolAccount:
    """What a pool gets and pays by year, cash; arrays by agency have shape (replication, year, agency).

    ``paid_in`` is what agencies pay into it, ``services`` what it pays of what their services cost more, ``settled``
    what it gives back at a year's end (negative: what agencies make up); ``saved`` is the cashable saving that agencies
    keep. ``left`` is what is in the pool after the year, (replication, year).
    """

    flows: Flows
    rules: PooledBudget
    shares: tuple[float, ...]
    paid_in: FloatArray
    services: FloatArray
    settled: FloatArray
    saved: FloatArray
    left: FloatArray


def pool_account(flows: Flows, rules: PooledBudget, by: dict[str, float], step_years: float) -> PoolAccount:
    """Fill and empty a pool.

    Parameters
    ----------
    flows
        Cash of a regime against another one.
    rules
        How agencies share it and what happens at a year's end.
    by
        What each agency's share is in proportion to; negative amounts count as nothing.
    step_years
        Length of a step.

    Raises
    ------
    ValueError
        If a member does not exist, or no member has a positive amount to go by.
    """
    weights = contributions(1.0, {name: by[name] for name in _members(flows, rules)})
    shares = np.array([weights.get(name, 0.0) for name in flows.agencies])
    services, saved = (_by_year(amount, rules.years, step_years) for amount in (flows.spent, flows.saved))
    spent = services.sum(axis=-1)  # (replication, year)
    expected = float(spent.mean(axis=0).sum()) / spent.shape[1]
    budget = expected if rules.a_year is None else rules.a_year
    over = budget - spent
    settled, left = over, np.zeros_like(over)
    if rules.year_end == "carry_over":
        left = np.cumsum(over, axis=1)
        settled = np.concatenate([np.zeros_like(left[:, :-1]), left[:, -1:]], axis=1)
        left = left - settled
    paid_in = np.broadcast_to(budget * shares, services.shape).copy()
    return PoolAccount(
        flows, rules, tuple(shares.tolist()), paid_in, services, settled[..., None] * shares, saved, left
    )


def _by_year(amount: FloatArray, years: int, step_years: float) -> FloatArray:
    """Add up (replication, step, agency) by year from the start, for so many years or those the run has."""
    steps = max(1, round(1.0 / step_years))
    count = max(1, min(years, -(-amount.shape[1] // steps)))
    return np.stack([amount[:, y * steps : (y + 1) * steps].sum(axis=1) for y in range(count)], axis=1)


def pool_accounts(ds: xr.Dataset, terms: Terms, rules: PooledBudget | None = None) -> list[PoolAccount]:
    """Run the pool of the config (or ``rules``) for each regime against the baseline; none where there is no pool.

    A regime under which the rule has nothing to go by (nobody gains) has none.
    """
    rules = terms.spec.pooled_budget if rules is None else rules
    if rules is None:
        return []
    made = []
    for flows in flows_against_baseline(ds, terms):
        by = basis_of(ds, flows, terms, rules)
        if max(by[name] for name in _members(flows, rules)) > 0:
            made.append(pool_account(flows, rules, by, terms.step_years))
    return made


def _members(flows: Flows, rules: PooledBudget) -> tuple[str, ...]:
    """Give who pays in, refusing who is not there."""
    unknown = [name for name in rules.members if name not in flows.agencies]
    if unknown:
        raise ValueError(f"there is no agency '{unknown[0]}' to pay in; there are {', '.join(flows.agencies)}")
    return rules.members or flows.agencies


def basis_of(ds: xr.Dataset, flows: Flows, terms: Terms, rules: PooledBudget) -> dict[str, float]:
    """Give what each agency's share goes by: what it saves, spends or needs, present value, mean over replications."""
    pool = pooled(agency_gains(ds, flows.made, terms))
    of = {"gain": "gross", "spend": "spend", "need": "need"}[rules.by]
    return {one.agency: float(getattr(one, of).mean()) for one in pool.gains}


def pool_tables(ds: xr.Dataset, terms: Terms) -> list[Table]:
    """Give ``pool.csv``: what each agency and the pool pay and receive by year, means with intervals."""
    rows = [row for account in pool_accounts(ds, terms) for row in _rows(account, terms)]
    return filled(table("pool.csv", COLUMNS, rows))


def _rows(account: PoolAccount, terms: Terms) -> list[Row]:
    """Write one pool, year by year; agencies that nothing reaches are left out."""
    world, against = account.flows.world, account.flows.against
    rows: list[Row] = []
    nothing: Row = (None, None, None)
    for year in range(account.left.shape[1]):
        about: Row = (
            world.regime, world.effect_set, against.regime, terms.ledger, CASH, account.rules.by,
            account.rules.year_end, year + 1,
        )  # fmt: skip
        for a, name in enumerate(account.flows.agencies):
            parts = [getattr(account, part)[:, year, a] for part in PARTS]
            if any(part.any() for part in parts):
                rows.append((*about, name, *(x for part in parts for x in terms.estimate(part).cells), *nothing))
        sums = [getattr(account, part)[:, year].sum(axis=-1) for part in PARTS]
        rows.append((
            *about, POOL, *(x for part in (*sums, account.left[:, year]) for x in terms.estimate(part).cells)
        ))  # fmt: skip
    return rows
