"""The sheet of yearly undiscounted sums, and the prices behind them: what the calculator works from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.report import FullAppraisal
from sim.economics.value.terms import Terms
from sim.economics.value.yearly import Stretches, care_year_price, episode_price, yearly_sums
from sim.exhibits.style import words
from sim.model.compiled.accounts import PROGRAMME
from sim.model.titles import Titles
from sim.report.workbook.names import ACCOUNTS, PARTS, REGIME, VIEWS, numbers, texts, who
from sim.results.costs import compared_ledgers
from sim.results.worlds import WorldName, baseline_of, other_worlds
from sim.table import Row, Table

YEARLY = "Yearly sums"
Key = tuple[str, str, str, str, str]
"""Regime, reading, account, ledger and part as the sheet names them."""


@dataclass(frozen=True)
class Choice:
    """A world that the calculator can show: its titles, and the run's prices of an episode and of a year in care."""

    regime: str
    reading: str
    against: str
    episode: float | None
    care_year: float | None


@dataclass(frozen=True)
class Yearly:
    """What the calculator works from: the terms, the worlds, and pounds of each part in each stretch."""

    terms: Terms
    stretches: Stretches
    choices: tuple[Choice, ...]
    ledgers: tuple[str, ...]
    """Those in which every reading is compared."""
    pounds: Mapping[Key, FloatArray]

    def of(self, choice: Choice, account: str, ledger: str, part: str) -> FloatArray:
        """Give the pounds of one part; none where the run has no such sum."""
        none: FloatArray = np.zeros(len(self.stretches.ends))
        return self.pounds.get((choice.regime, choice.reading, account, words(ledger), part), none)

    @property
    def regimes(self) -> list[str]:
        """List the regimes that can be chosen."""
        return list(dict.fromkeys(one.regime for one in self.choices))

    @property
    def readings(self) -> list[str]:
        """List the readings that can be chosen."""
        return list(dict.fromkeys(one.reading for one in self.choices))

    @property
    def leading(self) -> Choice:
        """Give what the calculator opens with: the last regime that helps families, under the first reading."""
        last = [one for one in self.choices if one.episode is not None] or self.choices
        return next(one for one in self.choices if one.regime == last[-1].regime)


def yearly_of(ds: xr.Dataset, full: FullAppraisal, names: Titles) -> Yearly | None:
    """Work out what the calculator works from; None for a study that compares nothing, or prices nothing."""
    if not full.found:
        return None
    answers, terms = {one.world.name: one for one in full.answers}, full.terms
    worlds = [world for world in other_worlds(ds) if any(one.compared.world.name == world.name for one in full.found)]
    compared = [compared_ledgers(ds, world.effect_set) for world in worlds]
    ledgers = [name for name in compared[0] if all(name in others for others in compared)]
    pounds = {
        (*who(ds, names, one.world), account_of(one.account, one.view), words(one.ledger), PARTS[one.part]): one.pounds
        for one in yearly_sums(ds, full.answers, terms)
        if one.ledger in ledgers
    }
    return None if not pounds else Yearly(
        terms, Stretches.of(ds, terms),
        tuple(
            _choice(ds, names, world, episode_price(answers.get(world.name), terms.ledger), terms) for world in worlds
        ),
        tuple(ledgers), pounds,
    )  # fmt: skip


def _choice(ds: xr.Dataset, names: Titles, world: WorldName, episode: float | None, terms: Terms) -> Choice:
    """Describe one world."""
    against = names.regime(baseline_of(ds, world).regime)
    return Choice(*who(ds, names, world), against, episode, care_year_price(ds, world, terms))


def account_of(account: str, view: str) -> str:
    """Name an account of the sheet; the programme is counted in both views."""
    return f"{ACCOUNTS[account]}, {VIEWS[view]}" if account == PROGRAMME else f"{ACCOUNTS[account]}, a family helped"


def stretch_names(stretches: Stretches) -> list[str]:
    """Head the stretches: years, and what a year is cut into."""
    whole = [round(float(end), 9) for end in stretches.ends]
    return [f"Year {end:g}" if end == int(end) else f"to year {end:.4g}" for end in whole]


def yearly_sheet(yearly: Yearly | None) -> Table:
    """Give the yearly sums of every regime, a row for each part of each account."""
    columns = (*REGIME, *texts("Account", width=40), *texts("Ledger", width=10), *texts("Part", width=30))
    if yearly is None:
        return Table(YEARLY, columns, [], "Nothing here: nothing is compared.")
    rows: list[Row] = [(*key, *map(float, pounds)) for key, pounds in yearly.pounds.items()]
    note = (
        f"Pounds, undiscounted, in {yearly.terms.prices}: of accounts of families, a family "
        "helped, in years since its first start; of the programme, everybody, in years of the appraisal. Means over "
        "replications. What is spent before a first start is in years of the programme. What is nothing is left out."
    )
    stretches = numbers(*stretch_names(yearly.stretches), style="money", width=14)
    return Table(YEARLY, (*columns, *stretches), rows, note, "", 5)
