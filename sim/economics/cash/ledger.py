"""The ledger of agencies: who pays more and who less, month by month, in double entry.

Every payment leaves an agency and reaches somebody: families (benefits; taxes flow back) or those who supply what the
money buys (staff, placements, courts). What one account pays another one receives, so that all accounts of a month sum
to zero, and agencies alone sum to the total of the appraisal.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
import xarray as xr

from sim.arrays import BoolArray, FloatArray, finite
from sim.economics.cash.budget import extra_by_line
from sim.economics.value.appraisal import is_appraised, pairs_of
from sim.economics.value.cash_prices import price_index, why_no_cash, year_shares
from sim.economics.value.increments import Increments, counted_lines, increments, programme_lines, to_agencies
from sim.economics.value.terms import Terms
from sim.results.columns import filled, table
from sim.results.facts import facts_of
from sim.table import Row, Table
from sim.units import MONTHS_PER_YEAR, financial_year_label

FAMILIES, SUPPLIERS = "families", "suppliers"
PARTS = ("services", "everything else")
"""What services themselves cost (the intervention), and what they may save."""
COLUMNS = (
    "regime", "effect_set", "against", "ledger", "price_year", "month", "financial_year", "account", "side", "part",
    "tier", "kind", "control", "pays_more", "gross_saving", "cashable_saving",
)  # fmt: skip
PENNY = 0.005


@dataclass(frozen=True)
class PaymentGroup:
    """Payments that belong together."""

    part: str
    tier: str
    kind: str
    control: str


@dataclass(frozen=True)
class Ledger:
    """What each account pays more under a regime than under another one, undiscounted pounds of the price year.

    ``accounts`` are the agencies, then families and suppliers. ``pays_more`` and ``pays_more_in_cash`` have shape
    (replication, step, account, group), negative where an account pays less or receives; they sum to 0 over accounts.
    In cash, a saving counts when capacity closes.
    """

    made: Increments
    accounts: tuple[str, ...]
    groups: tuple[PaymentGroup, ...]
    pays_more: FloatArray
    pays_more_in_cash: FloatArray


def agency_ledger(ds: xr.Dataset, made: Increments, terms: Terms, ledger: str | None = None) -> Ledger:
    """Book a comparison in double entry, from the base point to the end of the run; default the headline ledger."""
    chosen = counted_lines(ds, ledger or terms.ledger, "all")
    named = [(group, mask) for group, mask in _groups(ds) if (mask & chosen).any()]
    cash = extra_by_line(ds, made, terms, "cashable")
    books = [
        np.stack([_booked(ds, cost, mask & chosen, group.kind) for group, mask in named], axis=-1)
        if named else np.zeros((*cost.shape[:2], ds.sizes["agency"] + 2, 0))
        for cost in (made.cost, cash)
    ]  # fmt: skip
    accounts = (*(str(name) for name in ds["agency"].values), FAMILIES, SUPPLIERS)
    return Ledger(made, accounts, tuple(group for group, _ in named), books[0], books[1])


def _groups(ds: xr.Dataset) -> list[tuple[PaymentGroup, BoolArray]]:
    """List the groups with their lines, (line,), in order of first appearance."""
    own = programme_lines(ds)
    told = [[str(name) for name in ds[key].values] for key in ("tier", "kind", "control")]
    of_line = [PaymentGroup(PARTS[0] if o else PARTS[1], *rest) for o, *rest in zip(own, *told, strict=True)]
    return [(group, np.array([one == group for one in of_line])) for group in dict.fromkeys(of_line)]


def _booked(ds: xr.Dataset, cost: FloatArray, lines: BoolArray, kind: str) -> FloatArray:
    """Book costs (..., line) on agencies and, with the other sign, on whom they pay, (..., account)."""
    paid = to_agencies(ds, cost, lines)
    received = -paid.sum(axis=-1)
    other = np.zeros_like(received)
    sides = [other, received] if kind == "resource" else [received, other]  # families, suppliers
    return np.concatenate([paid, np.stack(sides, axis=-1)], axis=-1)


def ledger_tables(ds: xr.Dataset, terms: Terms) -> list[Table]:
    """Give ``ledger_monthly.csv``: each regime against the baseline in the headline ledger, means over replications.

    An account never touched by a group has no rows; a study without comparisons has no file.
    """
    if not is_appraised(ds, terms):
        return []
    baseline = [(w, other) for w, other in pairs_of(ds) if other.regime == facts_of(ds).baseline]
    rows: list[Row] = []
    for pair in baseline:
        rows += ledger_rows(ds, agency_ledger(ds, increments(ds, *pair, terms), terms), terms)
    return filled(table("ledger_monthly.csv", COLUMNS, rows))


def ledger_rows(ds: xr.Dataset, books: Ledger, terms: Terms) -> list[Row]:
    """Write a ledger as rows: a month, an account and a group each; two where the step lies in two financial years."""
    extra, cash = books.pays_more.mean(axis=0), books.pays_more_in_cash.mean(axis=0)
    agencies = len(books.accounts) - 2
    made, (years, shares) = books.made, year_shares(ds, terms)
    in_years = shares if why_no_cash(ds, terms) else shares * price_index(ds, terms, years)
    in_years = in_years / in_years.sum(axis=1, keepdims=True)
    labels = [financial_year_label(year) if facts_of(ds).start else "" for year in years]
    rows: list[Row] = []
    for (a, account), (g, group) in product(enumerate(books.accounts), enumerate(books.groups)):
        if np.abs(extra[:, a, g]).max(initial=0.0) < PENNY:
            continue
        side = "agency" if a < agencies else "receives"
        saves = group.part != PARTS[0]
        for step in range(len(shares)):
            month = round((step + 1) * terms.step_years * MONTHS_PER_YEAR, 6)
            at = np.flatnonzero(shares[step])
            amounts = pennies(float(extra[step, a, g]), shares[step, at])
            amounts_in_cash = pennies(float(cash[step, a, g]), in_years[step, at])
            for y, more, in_cash in zip(at, amounts, amounts_in_cash, strict=True):
                rows.append((
                    made.world.regime, made.world.effect_set, made.against.regime, terms.ledger, terms.price_year,
                    month, labels[y], account, side, group.part, group.tier, group.kind, group.control, more,
                    0.0 - more if saves else 0.0, 0.0 - in_cash if saves else 0.0,
                ))  # fmt: skip
    return rows


def pennies(amount: float, shares: FloatArray) -> list[float]:
    """Share an amount in pounds out to the penny by shares that sum to 1; the last has what the others leave."""
    finite("amount and shares", [amount, *shares])
    whole = round(amount, 2)
    parts = [round(amount * float(share), 2) for share in shares[:-1]]
    return [*parts, round(whole - sum(parts), 2)] if parts else [whole]
