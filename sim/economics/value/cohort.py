"""cohort.csv: what each family first helped in the stated year saves, by payer, cost line and month since its start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt

import numpy as np
import xarray as xr
from scipy.special import stdtrit

from sim.arrays import FloatArray
from sim.economics.value.accounts import AnswerFound, before_start
from sim.economics.value.terms import Terms
from sim.intervals import UPPER_TAIL
from sim.results.accounts import PARTS
from sim.results.columns import table
from sim.results.facts import facts_of
from sim.results.worlds import of_world
from sim.table import Row, Table, plain

COLUMNS = (
    "regime", "effect_set", "against", "account", "month", "agency", "tier", "kind", "control", "line", "ledgers",
    "part", "price_year", "mean", "low", "high",
)  # fmt: skip


def cohort_tables(ds: xr.Dataset, found: Sequence[AnswerFound], terms: Terms) -> list[Table]:
    """Give cohort.csv; none for a run that follows nobody from a first start.

    The rows of an account add up, line by line, to its saving less its cost before discounting; what comes before a
    start (setting up, a key worker's assessments) stands at month 0, discounted as the account has it. Optimism bias is
    not in it.
    """
    if "cohort_saved" not in ds:
        return []
    rows = (row for one in found for row in _rows(ds, one, terms))
    return [table("cohort.csv", COLUMNS, rows, "money")]


def _rows(ds: xr.Dataset, found: AnswerFound, terms: Terms) -> Iterator[Row]:
    """Give the rows of one regime; months and lines in which nothing ever differs are left out."""
    shares = ds["payer_share"].values
    agencies, described = [str(name) for name in ds["agency"].values], _lines(ds, found)
    for account in (str(name) for name in ds["account"].values):
        before, alone = before_start(ds, found.world, account, terms)  # (replication, line)
        mean, half = (np.where(alone, 0.0, part) for part in _saved(ds, found, account, terms))
        months: list[tuple[float, FloatArray, FloatArray]] = [(0.0, -before.mean(axis=0), _half(before, terms))]
        months += list(zip(ds["month"].values.tolist(), mean, half, strict=True))
        for month, amount, around in months:
            for line in np.flatnonzero((amount != 0) | (around > 0)):
                for agency in np.flatnonzero(shares[line] > 0):
                    share = float(shares[line, agency])
                    ends = (amount[line], amount[line] - around[line], amount[line] + around[line])
                    yield (
                        found.world.regime, found.world.effect_set, found.against.regime, account, month,
                        agencies[agency], *described[line], *(plain(float(x) * share) for x in ends),
                    )  # fmt: skip


def _saved(ds: xr.Dataset, found: AnswerFound, account: str, terms: Terms) -> tuple[FloatArray, FloatArray]:
    """Give what is saved in each month on each line, and half its interval, (month, line) each."""
    mean, variance = (
        of_world(ds, found.world, name).sel(account=account).transpose("month", "line").values
        for name in ("cohort_saved", "cohort_saved_var")
    )
    return mean, _t(ds.sizes["replication"], terms) * np.sqrt(variance)


def _half(samples: FloatArray, terms: Terms) -> FloatArray:
    """Give half the interval of each column of (replication, line)."""
    n = len(samples)
    spread = samples.std(axis=0, ddof=1) if n > 1 else np.full(samples.shape[1], np.nan)
    return _t(n, terms) * spread


def _t(n: int, terms: Terms) -> float:
    """Give half the interval of a mean of n replications for a standard deviation of 1; NaN where there is none."""
    return float(stdtrit(n - 1, UPPER_TAIL)) / sqrt(n) if terms.sampled and n > 1 else float("nan")


def _lines(ds: xr.Dataset, found: AnswerFound) -> list[tuple[str, ...]]:
    """Describe each cost line: tier, kind, control, name, ledgers, part, price year."""
    parts = of_world(ds, found.world, "line_part").values.astype(int)
    described = [ds[name].values.tolist() for name in ("tier", "kind", "control", "line", "ledgers")]
    year = facts_of(ds).price_year
    return [(*(str(x) for x in one), PARTS[part], year) for *one, part in zip(*described, parts, strict=True)]
