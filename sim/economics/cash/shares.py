"""Which agencies gain and lose, the transfers that would leave none worse off, and who might pay in how much."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.cash.pooling import NotEnoughError, Transfer, contributions, losers, smallest_transfers
from sim.economics.value.appraisal import is_appraised, pairs_of
from sim.economics.value.cashability import cashable_savings
from sim.economics.value.increments import (
    Increments,
    biased,
    counted_lines,
    discounted,
    increments,
    programme_lines,
    to_agencies,
)
from sim.economics.value.terms import Terms
from sim.results.columns import filled, table
from sim.table import Row, Table

RULES = ("gain", "spend", "need")
"""What agencies pay in by: their gross saving, all they spend without the regime, what reactive help costs them."""
NEED = "reactive"
_TERMS = ("ledger", "price_year", "base_year", "schedule", "horizon_years", "evidence_ends_month")
COLUMNS = (
    "regime", "effect_set", "against", "agency", *_TERMS, "intervention", "gross", "cashable", "net", "net_low",
    "net_high", "loses", *(f"pays_in_by_{rule}" for rule in RULES), *(f"net_paying_by_{rule}" for rule in RULES),
)  # fmt: skip
TRANSFER_COLUMNS = ("regime", "effect_set", "against", *_TERMS, "giver", "taker", "pounds", "remark")


@dataclass(frozen=True)
class AgencyGain:
    """What a regime means for one agency: present values over the horizon, transfers counted, (replication,) each.

    ``net`` is gross saving less what the agency pays of the services; ``spend`` and ``need`` are what it pays under the
    other regime, of everything and of reactive help.
    """

    agency: str
    intervention: FloatArray
    gross: FloatArray
    cashable: FloatArray
    spend: FloatArray
    need: FloatArray

    @property
    def net(self) -> FloatArray:
        """Gross saving less intervention."""
        return self.gross - self.intervention


@dataclass(frozen=True)
class Pool:
    """A pooled budget of what the services cost more, and how it might be shared.

    ``pays_in`` maps rule and agency to pounds (empty where a rule has nothing to go by); ``transfers`` leave nobody
    worse off, empty with ``why_none`` where that is impossible.
    """

    budget: float
    gains: tuple[AgencyGain, ...]
    loses: tuple[str, ...]
    transfers: tuple[Transfer, ...]
    why_none: str
    pays_in: dict[str, dict[str, float]]


def agency_gains(
    ds: xr.Dataset, made: Increments, terms: Terms, ledger: str | None = None
) -> tuple[AgencyGain, ...]:  # fmt: skip
    """Share a comparison among agencies; their net gains sum to the fiscal net present value of the appraisal."""
    counted, own = counted_lines(ds, ledger or terms.ledger, "all"), programme_lines(ds)
    reactive = np.array([str(tier) == NEED for tier in ds["tier"].values])
    cost, cash = biased(ds, made.cost, terms), biased(ds, cashable_savings(ds, made, terms), terms)
    spent, saved, cashed, spend, need = (
        to_agencies(ds, discounted(amount, terms), counted & lines)
        for amount, lines in (
            (cost, own), (-cost, ~own), (cash, ~own), (made.other_cost, np.ones_like(own)),
            (made.other_cost, reactive & ~own),
        )
    )  # fmt: skip
    return tuple(
        AgencyGain(str(name), spent[:, a], saved[:, a], cashed[:, a], spend[:, a], need[:, a])
        for a, name in enumerate(ds["agency"].values)
    )


def pooled(gains: tuple[AgencyGain, ...]) -> Pool:
    """Find who loses, the smallest transfers, and what each agency would pay into one budget by each rule (means)."""
    net = {one.agency: float(one.net.mean()) for one in gains}
    budget = float(sum(one.intervention.mean() for one in gains))
    try:
        transfers, why = tuple(smallest_transfers(net)), ""
    except NotEnoughError as error:
        transfers, why = (), str(error)
    by = {
        "gain": {one.agency: float(one.gross.mean()) for one in gains},
        "spend": {one.agency: float(one.spend.mean()) for one in gains},
        "need": {one.agency: float(one.need.mean()) for one in gains},
    }
    pays_in = {rule: contributions(budget, amounts) for rule, amounts in by.items() if max(amounts.values()) > 0}
    return Pool(budget, gains, tuple(losers(net)), transfers, why, pays_in)


def pools(ds: xr.Dataset, terms: Terms) -> list[tuple[Increments, Pool]]:
    """Pool every comparison of a study, in the order of its appraisal; none where nothing is appraised."""
    if not is_appraised(ds, terms) or not ds.sizes["agency"]:
        return []
    made = [increments(ds, *pair, terms) for pair in pairs_of(ds)]
    return [(one, pooled(agency_gains(ds, one, terms))) for one in made]


def sharing_tables(ds: xr.Dataset, terms: Terms) -> list[Table]:
    """Give ``sharing.csv`` (an agency a row) and ``transfers.csv``; none where nothing is appraised."""
    sharing: list[Row] = []
    moved: list[Row] = []
    about: Row = (
        terms.ledger, terms.price_year, terms.base_year, terms.schedule, terms.horizon_years,
        terms.spec.evidence_months,
    )  # fmt: skip
    for made, pool in pools(ds, terms):
        who: Row = (made.world.regime, made.world.effect_set, made.against.regime)
        for one in pool.gains:
            paid = [pool.pays_in.get(rule, {}).get(one.agency) for rule in RULES]
            gross = float(one.gross.mean())
            sharing.append((
                *who, one.agency, *about, *(float(x.mean()) for x in (one.intervention, one.gross, one.cashable)),
                *terms.estimate(one.net).cells, "yes" if one.agency in pool.loses else "no",
                *paid, *(None if x is None else gross - x for x in paid),
            ))  # fmt: skip
        moved += [(*who, *about, t.giver, t.taker, t.pounds, "") for t in pool.transfers]
        if pool.why_none:
            moved.append((*who, *about, "", "", None, pool.why_none))
    return filled(table("sharing.csv", COLUMNS, sharing), table("transfers.csv", TRANSFER_COLUMNS, moved))
