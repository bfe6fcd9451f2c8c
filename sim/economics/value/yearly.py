"""What accounts save and cost in each year, undiscounted, so that anybody can discount and price them again.

Means over replications. Leaves out intervals, and how sums of years are discounted (``sim.money.discounting``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import BoolArray, FloatArray
from sim.economics.value.accounts import AnswerFound, among_starts
from sim.economics.value.increments import VIEWS, biased, increments, programme_lines, view_weights
from sim.economics.value.terms import Terms
from sim.model.compiled.accounts import ONE_EPISODE, PROGRAMME
from sim.results.accounts import PARTS, POSTS, SAVED
from sim.results.costs import compared_ledgers
from sim.results.worlds import WorldName, baseline_of, of_world, other_worlds
from sim.units import MONTHS_PER_YEAR

CARE, OTHER_SAVED = "children_in_care", "other_saved"
HER_POSTS, OTHER_COST, BEFORE = "posts", "other_cost", "before_start"
SAVINGS, COSTS = (CARE, OTHER_SAVED), (HER_POSTS, OTHER_COST, BEFORE)
_HAIR = 1e-9


@dataclass(frozen=True)
class Stretches:
    """Stretches of time that are discounted alike: years, or steps where a study discounts by step.

    A year is cut where the horizon of the run or the follow-up of families ends. ``ends`` are years after the base
    point (for families: after their first start), ``times`` the years for which each is discounted, (stretch,);
    ``followed`` is when the follow-up ends, ``horizon`` when the run's horizon does, in years.
    """

    ends: FloatArray
    times: FloatArray
    horizon: float
    followed: float
    of_step: FloatArray
    """1 where a step lies in a stretch, (step, stretch)."""

    @classmethod
    def of(cls, ds: xr.Dataset, terms: Terms) -> Stretches:
        """Divide the time after the base point."""
        ends, times = terms.years(whole=False), terms.years(whole=terms.spec.timing == "year")
        followed = float(ds["month"].values[-1]) / MONTHS_PER_YEAR if "month" in ds.coords else 0.0
        cuts = [times, *(ends > limit + _HAIR for limit in (terms.horizon_years, followed))]
        begins = np.concatenate([[True], np.any([np.diff(cut.astype(float)) != 0 for cut in cuts], axis=0)])
        of_step = np.eye(int(begins.sum()))[np.cumsum(begins) - 1]
        last = np.append(np.flatnonzero(begins)[1:] - 1, len(ends) - 1)
        return cls(ends[last], times[last], terms.horizon_years, followed, of_step)


@dataclass(frozen=True)
class YearlySum:
    """One part of an account in one ledger: pounds in each stretch, (stretch,), what is saved and what is spent as > 0.

    ``view`` is fiscal (all payments) or social (resources alone). Pounds are per family helped, those of ``programme``
    of everybody together. ``before_start`` is spent in years of the programme, and always counted.
    """

    world: WorldName
    against: WorldName
    account: str
    view: str
    ledger: str
    part: str
    pounds: FloatArray


def yearly_sums(ds: xr.Dataset, answers: tuple[AnswerFound, ...], terms: Terms) -> Iterator[YearlySum]:
    """Give every sum that is not nothing, of each regime against the baseline."""
    stretches, found = Stretches.of(ds, terms), {one.world.name: one for one in answers}
    for world in other_worlds(ds):
        against = baseline_of(ds, world)
        cost = biased(ds, increments(ds, world, against, terms).cost, terms)  # (replication, step, line)
        held = found[world.name].accounts if world.name in found else ()
        for account in (one.name for one in held if np.isfinite(one.worth[terms.ledger].saved.mean)):  # in every one
            if account != PROGRAMME:
                within, before = _followed(ds, world, account, cost, terms)
                yield from _of_parts(ds, (world, against, account), {"fiscal": within}, stretches, terms, before)
        spent = cost.mean(axis=0)
        yield from _of_parts(ds, (world, against, PROGRAMME), dict.fromkeys(VIEWS, spent), stretches, terms)


def _followed(
    ds: xr.Dataset, world: WorldName, account: str, cost: FloatArray, terms: Terms
) -> tuple[FloatArray, FloatArray]:
    """Give what a family helped costs more by month since its first start, and before it, (step, line) each."""
    before, alone = among_starts(ds, world, account, cost[:, : terms.steps])
    saved = of_world(ds, world, "cohort_saved").sel(account=account).transpose("month", "line").values
    return biased(ds, np.where(alone, 0.0, -saved), terms), before.mean(axis=0)


def _of_parts(
    ds: xr.Dataset, who: tuple[WorldName, WorldName, str], costs: Mapping[str, FloatArray], stretches: Stretches,
    terms: Terms, before: FloatArray | None = None,
) -> Iterator[YearlySum]:  # fmt: skip
    """Sum each part of an account by view, ledger and stretch."""
    parts = _part_lines(ds, who[0], terms)
    for view, cost in costs.items():
        for ledger in compared_ledgers(ds, who[0].effect_set):
            weights = view_weights(ds, ledger, view, terms)
            amounts = {part: cost @ (weights * lines) * (-1 if part in SAVINGS else 1) for part, lines in parts.items()}
            if before is not None:
                amounts[BEFORE] = before @ weights
            for part, by_step in amounts.items():
                pounds = by_step @ stretches.of_step[: len(by_step)] + 0.0
                if pounds.any():
                    yield YearlySum(*who, view, ledger, part, pounds)


def _part_lines(ds: xr.Dataset, world: WorldName, terms: Terms) -> dict[str, BoolArray]:
    """Mark the lines of each part, (line,)."""
    own, care = programme_lines(ds), care_lines(ds, terms)
    posts = np.zeros(len(own), np.bool_)
    if "line_part" in ds:
        told = of_world(ds, world, "line_part").values
        own, posts = told != PARTS.index(SAVED), told == PARTS.index(POSTS)
    return {CARE: ~own & care, OTHER_SAVED: ~own & ~care, HER_POSTS: posts, OTHER_COST: own & ~posts}


def care_lines(ds: xr.Dataset, terms: Terms) -> BoolArray:
    """Mark the lines that price children in care, as the answer counts these, (line,)."""
    spec = terms.spec.answer
    counted = [meter for item in terms.spec.card if spec and item.name == spec.looked_after for meter in item.meters]
    return np.isin(ds["line_meter"].values.astype(str), counted)


def care_year_price(ds: xr.Dataset, world: WorldName, terms: Terms) -> float | None:
    """Give the price of a year in care at the base point; None unless one line prices it."""
    lines = np.flatnonzero(care_lines(ds, terms))
    if len(lines) != 1:
        return None
    return float(of_world(ds, world, "price").values[terms.base_point + 1, lines[0]]) / terms.step_years


def episode_price(found: AnswerFound | None, ledger: str) -> float | None:
    """Give what a key worker's posts cost a family helped in one episode; None where there is no such account."""
    for account in found.accounts if found else ():
        if account.name == ONE_EPISODE and account.families and ledger in account.worth:
            return account.worth[ledger].spent[POSTS].cells[0]
    return None
