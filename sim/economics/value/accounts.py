"""The three accounts of the answer: what public spending falls by for each family that a key worker helps.

``one_episode`` and ``all_help`` follow families first helped in a stated year, each for the same number of months from
its first start, against its own life without help; ``programme`` is the whole population over the horizon, whose
displacement says whose spending changed. Transfers and taxes count: it is what budgets see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import BoolArray, FloatArray, finite
from sim.economics.value.increments import biased
from sim.economics.value.ratios import ratio
from sim.economics.value.terms import Terms
from sim.intervals import Estimate
from sim.model.compiled.accounts import PROGRAMME
from sim.results.accounts import ASSESSMENTS, BROKERED, PARTS, POSTS, SAVED, SET_UP, SHARES
from sim.results.costs import chosen_lines
from sim.results.tables import year_label
from sim.results.worlds import WorldName, baseline_of, of_world, other_worlds
from sim.results.years import first_year_after
from sim.units import MONTHS_PER_YEAR

TOTAL = "total"
SHOWN = (BROKERED, ASSESSMENTS, SET_UP)
"""What a break-even price is after, each shown in it."""


@dataclass(frozen=True)
class Worth:
    """One ledger of an account, pounds of the price year per family helped.

    ``saved`` is what families cost less, ``cost`` what help costs, ``spent`` its parts (posts, brokered places,
    assessments, setting up), ``break_even`` the price of a key worker's posts per family at which nothing is gained or
    lost: all that is saved and spent but for her posts. ``bcr`` is saved over cost.
    """

    saved: Estimate
    cost: Estimate
    break_even: Estimate
    bcr: Estimate
    spent: Mapping[str, Estimate]


@dataclass(frozen=True)
class PerThousand:
    """Children in care per 1,000 at the end of a month: without help, with it, and of whom."""

    without: float
    helped: float
    month: float
    of: str
    children: float


@dataclass(frozen=True)
class Account:
    """One account of a regime; ``displacement`` is by ledger and part, pounds saved, of ``programme`` alone."""

    name: str
    base_year: str
    discounted_to: str
    months: float
    families: float
    episodes: float
    worth: Mapping[str, Worth]
    looked_after: PerThousand | None
    displacement: Mapping[str, Mapping[str, Estimate]]


@dataclass(frozen=True)
class AnswerFound:
    """The accounts of one regime against its baseline."""

    world: WorldName
    against: WorldName
    accounts: tuple[Account, ...]


def has_answer(ds: xr.Dataset) -> bool:
    """Whether a run holds accounts of the answer."""
    return "class_value" in ds


def answers(ds: xr.Dataset, terms: Terms) -> tuple[AnswerFound, ...]:
    """Give the accounts of every regime that has a key worker; none where a run has none."""
    if not has_answer(ds):
        return ()
    found = []
    for world in other_worlds(ds):
        if float(of_world(ds, world, "class_value").sel(side="with").sum()) != 0:
            found.append(_answer(ds, world, terms))
    return tuple(found)


def _answer(ds: xr.Dataset, world: WorldName, terms: Terms) -> AnswerFound:
    """Give the accounts of one regime."""
    kept = [str(name) for name in ds["account"].values] if "month" in ds.coords else []
    programme = _programme(ds, world, terms)
    return AnswerFound(world, baseline_of(ds, world), (*(_cohort(ds, world, name, terms) for name in kept), programme))


def extra_by_line(ds: xr.Dataset, values: xr.DataArray, terms: Terms) -> FloatArray:
    """Give what a regime costs more than its baseline, (..., line), with optimism bias where it is on."""
    extra = values.sel(side="with") - values.sel(side="without")
    return biased(ds, np.asarray(extra.transpose(..., "line").values, np.float64), terms)


def before_start(ds: xr.Dataset, world: WorldName, account: str, terms: Terms) -> tuple[FloatArray, BoolArray]:
    """Give what comes before a first start, per family helped of an account, and the lines that stand there alone.

    Setting up is shared among all families helped within the horizon. Referral to a key worker and her assessments are
    shared among all starts, since some who are assessed never start; each episode has its share.

    Returns
    -------
        Pounds, (replication, line), 0 for other lines; and which lines, (line,).
    """
    return among_starts(ds, world, account, extra_by_line(ds, of_world(ds, world, "class_value").sum("share"), terms))


def among_starts(ds: xr.Dataset, world: WorldName, account: str, extra: FloatArray) -> tuple[FloatArray, BoolArray]:
    """Share what a regime costs more, (replication, ..., line), as ``before_start`` says; gives the same of it.

    Raises
    ------
    ValueError
        If a cost is NaN or infinite.
    """
    finite("extra", extra)
    values = of_world(ds, world, "class_value")
    families, starts = _helped(ds, world).T
    people = of_world(ds, world, "cohort_families").sel(account=account).transpose("replication", "people").values
    set_up = _lines_of(ds, world, SET_UP) & ds["nobodys"].values.astype(bool)
    hers = _lines_of(ds, world, ASSESSMENTS) & (values.sel(side="without").sum(["replication", "share"]).values == 0)
    episodes = _each(people[:, 1], people[:, 0]).reshape(-1, *([1] * (extra.ndim - 1)))
    pounds = np.where(set_up, _each(extra, families), np.where(hers, _each(extra, starts) * episodes, 0.0))
    return pounds, set_up | hers


def _helped(ds: xr.Dataset, world: WorldName) -> FloatArray:
    """Give the families first helped within the horizon and all starts, (replication, 2)."""
    return np.asarray(of_world(ds, world, "helped_families").transpose("replication", "people").values)


def _each(pounds: FloatArray, families: FloatArray) -> FloatArray:
    """Share (replication, ...) among families (replication,); NaN where nobody is helped."""
    apart = np.where(families > 0, families, np.nan)
    return pounds / apart.reshape(-1, *([1] * (pounds.ndim - 1)))


def _lines_of(ds: xr.Dataset, world: WorldName, part: str) -> BoolArray:
    """Mark the cost lines of a part of an account, (line,)."""
    return np.asarray(of_world(ds, world, "line_part").values == PARTS.index(part), np.bool_)


def _cohort(ds: xr.Dataset, world: WorldName, name: str, terms: Terms) -> Account:
    """Give an account of families followed from their first start."""
    people = of_world(ds, world, "cohort_families").sel(account=name).transpose("replication", "people").values
    extra = extra_by_line(ds, of_world(ds, world, "cohort_value").sel(account=name), terms)
    before, alone = before_start(ds, world, name, terms)
    extra = np.where(alone, np.where(people[:, :1] > 0, before * people[:, :1], 0.0), extra)
    children = of_world(ds, world, "cohort_children").sel(account=name)
    spec = terms.spec.answer
    assert spec is not None
    first = int(of_world(ds, world, "start")) + round(spec.after_months / MONTHS_PER_YEAR / terms.step_years)
    return Account(
        name, year_label(ds, first_year_after(ds, max(first, 0))), "each family's first start",
        float(ds["month"].values[-1]), *_of_people(people), _worths(ds, world, extra, people[:, 0], terms),
        _per_thousand(ds, children, "children of the families helped"), {},
    )  # fmt: skip


def _programme(ds: xr.Dataset, world: WorldName, terms: Terms) -> Account:
    """Give the account of the whole population."""
    values, people = of_world(ds, world, "class_value"), _helped(ds, world)
    extra = extra_by_line(ds, values.transpose("replication", "side", "share", "line"), terms)
    ledgers = {}
    for ledger in (str(name) for name in ds["ledger"].values):
        saved = -extra[..., chosen_lines(ds, ledger)].sum(axis=-1)  # (replication, share)
        parts = {share: terms.estimate(saved[:, i]) for i, share in enumerate(SHARES)}
        ledgers[ledger] = {**parts, TOTAL: terms.estimate(saved.sum(axis=1))}
    return Account(
        PROGRAMME, terms.base_year, f"the start of {terms.base_year}", terms.horizon_years * MONTHS_PER_YEAR,
        *_of_people(people), _worths(ds, world, extra.sum(axis=1), people[:, 0], terms),
        _per_thousand(ds, of_world(ds, world, "all_children"), "children of all families"), ledgers,
    )  # fmt: skip


def _of_people(people: FloatArray) -> tuple[float, float]:
    """Give the mean number of families, and episodes a family, of (replication, people)."""
    families, episodes = people.mean(axis=0)
    return float(families), float(episodes / families) if families else float("nan")


def _worths(
    ds: xr.Dataset, world: WorldName, extra: FloatArray, families: FloatArray, terms: Terms
) -> dict[str, Worth]:
    """Give what extra cost by line, (replication, line), comes to per family helped, by ledger."""
    return {
        ledger: _worth(
            {p: extra[:, chosen_lines(ds, ledger) & _lines_of(ds, world, p)].sum(axis=1) for p in PARTS},
            families,
            terms,
        )
        for ledger in (str(name) for name in ds["ledger"].values)
    }


def _worth(extra: Mapping[str, FloatArray], families: FloatArray, terms: Terms) -> Worth:
    """Give one ledger from what each part costs more, (replication,)."""

    def each(pounds: FloatArray) -> Estimate:
        shared = _each(pounds, families)
        return terms.estimate(shared) if np.isfinite(shared).all() else Estimate(float("nan"))

    saved, other = -extra[SAVED] + 0.0, sum((extra[part] for part in SHOWN), np.zeros(len(families)))
    cost = extra[POSTS] + other
    bcr = ratio(saved, cost, sampled=terms.sampled) if (cost.mean() > 0) else Estimate(float("nan"))
    return Worth(
        each(saved), each(cost), each(saved - other), bcr, {part: each(extra[part]) for part in (POSTS, *SHOWN)}
    )


def _per_thousand(ds: xr.Dataset, children: xr.DataArray, of: str) -> PerThousand | None:
    """Give children in care per 1,000, replications pooled; None where none are counted."""
    if "children_month" not in ds:
        return None
    told = children.sum("replication")
    care, there = (told.sel(counted=what) for what in ("looked_after", "there"))
    if not float(there.min()):
        return None
    per = {str(side): 1000.0 * float(care.sel(side=side) / there.sel(side=side)) for side in ds["side"].values}
    mean = float(children.sel(side="with", counted="there").mean())
    return PerThousand(per["without"], per["with"], float(ds["children_month"]), of, mean)
