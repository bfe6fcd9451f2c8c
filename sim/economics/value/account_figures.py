"""The figures of the accounts of the answer under names, one number each, so that draws can be held together."""

from __future__ import annotations

import math

import xarray as xr

from sim.economics.value.accounts import Account, answers
from sim.economics.value.terms import terms_of
from sim.intervals import standard_error
from sim.results.quantity import OutputName

FIGURES = ("saved", "cost", "break_even")
"""Pounds of the price year per family helped, by ledger."""
LOOKED_AFTER = ("without", "with")
PER_1000 = "per_1000"
DOT = "."


def account_figures(ds: xr.Dataset) -> dict[OutputName, tuple[float, float]]:
    """Give each figure of each account with its standard error over replications; NaN where it is not known.

    Returns
    -------
        By name: ``one_episode.break_even`` of a regime against another in a ledger, and so on; children in care per
        1,000 are ``one_episode.with`` and ``one_episode.without`` in the ledger ``per_1000``. Figures that are no
        number, since nobody is helped, are left out.
    """
    n, found = ds.sizes["replication"], dict[OutputName, tuple[float, float]]()
    for one in answers(ds, terms_of(ds)):
        for account in one.accounts:
            for (figure, ledger), (mean, error) in _figures(account, n).items():
                if math.isfinite(mean):
                    found[OutputName(f"{account.name}{DOT}{figure}", one.world.regime, ledger, one.against.regime)] = (
                        mean,
                        error,
                    )
    return found


def _figures(account: Account, n: int) -> dict[tuple[str, str], tuple[float, float]]:
    """Give the figures of one account by what and ledger."""
    found = {}
    for ledger, worth in account.worth.items():
        for figure in FIGURES:
            estimate = getattr(worth, figure)
            found[figure, ledger] = estimate.mean, standard_error(estimate, n)
    if account.looked_after is not None:
        told = (account.looked_after.without, account.looked_after.helped)
        found |= {(name, PER_1000): (value, math.nan) for name, value in zip(LOOKED_AFTER, told, strict=True)}
    return found
