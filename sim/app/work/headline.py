"""The six figures of a run, the report's sentence above them, and what was claimed, from its accounts and appraisal.

Leaves out how they are written: see ``six``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import xarray as xr

from sim.app.work.job import Figures
from sim.arrays import FloatArray
from sim.config.schema.appraisal import ClaimPart
from sim.economics.summary import summarise
from sim.economics.value.accounts import Account, AnswerFound, answers
from sim.economics.value.answer_block import answer_figures
from sim.economics.value.appraisal import appraise
from sim.economics.value.terms import Terms, terms_of
from sim.model.compiled.accounts import ONE_EPISODE, PROGRAMME
from sim.report.accounts import PARTS
from sim.report.page.claims import claim_rows
from sim.report.page.first import Said, sentence
from sim.results.summary import Summary, run_figures
from sim.results.waits import joined_in_both, left_of_joined
from sim.results.worlds import WorldName, baseline_of, of_world, world_names

FISCAL = "fiscal"
*DISPLACED, _ = PARTS  # all but the total


def figures_of(
    ds: xr.Dataset, regime: str, reading: str, of_whole: float = 1.0, claims: Sequence[ClaimPart] = ()
) -> Figures:
    """Give the figures of a regime under a reading; ``of_whole`` is the share of the study's families that were run.

    ``claims`` are set beside what the run finds, which takes its whole summary.

    Raises
    ------
    ValueError
        When the run has no such world, or no accounts.
    """
    found = appraise(ds)
    terms = found.terms
    world = next((w for w in world_names(ds) if (w.regime, w.effect_set) == (regime, reading)), None)
    accounts = answers(ds, terms)
    block = answer_figures(ds, accounts, terms).get("answer")
    if world is None or not isinstance(block, dict) or world.name not in block:
        raise ValueError(f"the run has no account of {regime} under {reading}")
    baseline = baseline_of(ds, world)
    against = {one.against: one.view(terms.ledger, FISCAL) for one in found.comparisons if one.world == world}
    if baseline not in against:
        raise ValueError(f"{world.name} is held against nothing")
    view, helped = against[baseline], _of_each(of_world(ds, world, "helped_families").sel(people="families"))
    gross = float(view.gross.amount.mean())
    shares = block[world.name][PROGRAMME].get("displacement", {})
    displaced = {name: shares[name]["mean"] / of_whole for name in DISPLACED if name in shares}
    yearly = view.intervention.amount / terms.horizon_years / of_whole
    return Figures(
        reading, terms.ledger, terms.price_year, terms.horizon_years, block[world.name],
        _give_up(ds, baseline, world, [str(name) for name in ds["service"].values]),
        _give_up(ds, baseline, world, joined_in_both(ds, baseline, world)),
        (_mean_waiting(ds, baseline), _mean_waiting(ds, world)),
        float(view.cashable.amount.mean()) / gross if gross > 0 else math.nan,
        float(yearly.mean()), view.payback_month,
        {one.regime: float(held.net.amount.mean()) / of_whole for one, held in against.items()},
        displaced, sentence(_leading(ds, world, block[world.name], terms)),
        {
            **_account_of_each(ds, world, terms, accounts),
            "left": _left_of_each(ds, world) - _left_of_each(ds, baseline),
            "cash": _divided(view.cashable.amount, view.gross.amount), "yearly": yearly,
        },
        {one.regime: _divided(held.net.amount, helped) for one, held in against.items()},
        _claims(ds, world, claims),
    )  # fmt: skip


def saved_less_spent(ds: xr.Dataset, regime: str, reading: str) -> float:
    """Give what help saves less what it costs, pounds for each family helped, of the account that is shown.

    Raises
    ------
    ValueError
        When the run has no account of the regime.
    """
    terms = terms_of(ds)
    for one in answers(ds, terms):
        if (one.world.regime, one.world.effect_set) == (regime, reading):
            worth = _shown(one).worth[terms.ledger]
            return worth.saved.mean - worth.cost.mean
    raise ValueError(f"the run has no account of {regime} under {reading}")


def _shown(found: AnswerFound) -> Account:
    """Give the account that is shown: families followed, or the programme where none can be."""
    accounts = {account.name: account for account in found.accounts}
    return accounts.get(ONE_EPISODE) or accounts[PROGRAMME]


def _account_of_each(
    ds: xr.Dataset, world: WorldName, terms: Terms, whole: Sequence[AnswerFound]
) -> dict[str, FloatArray]:  # fmt: skip
    """Give pounds saved, break-even price and children in care of the account that is shown, in every replication."""
    rows, many = [], ds.sizes["replication"]
    for number in range(many):
        found = whole if many == 1 else answers(ds.isel(replication=[number]), terms)
        account = _shown(next(one for one in found if one.world == world))
        worth, care = account.worth[terms.ledger], account.looked_after
        rows.append((worth.saved.mean, worth.break_even.mean, math.nan if care is None else care.helped - care.without))
    return dict(zip(("saved", "price", "per_1000"), np.array(rows).T, strict=True))


def _leading(ds: xr.Dataset, world: WorldName, account: object, terms: Terms) -> Summary:
    """Give as much of a summary as the first sentence takes, in which one reading leads."""
    told = {"terms": {"ledger": terms.ledger}}
    return {**run_figures(ds), "answer": {world.name: account}, "appraisal": told, "differences": {}}


def _claims(ds: xr.Dataset, world: WorldName, claims: Sequence[ClaimPart]) -> tuple[tuple[str, str, str, str], ...]:
    """Set what was claimed and measured beside what the run finds under a reading."""
    if not claims:
        return ()
    summary = summarise(ds)
    summary["answer"] = {world.name: summary["answer"][world.name]}
    rows = claim_rows(summary, claims)
    return tuple((row.title, _cell(row.claimed), _cell(row.measured), _cell(row.modelled)) for row in rows)


def _cell(said: Said) -> str:
    """Write a cell in a line."""
    return f"{said.main} ({said.small})" if said.small else said.main


def _give_up(ds: xr.Dataset, baseline: WorldName, world: WorldName, services: Sequence[str]) -> tuple[float, float]:
    """Give the shares of those who joined some queues who gave up, without help and with it."""
    return left_of_joined(ds, baseline, services), left_of_joined(ds, world, services)


def _left_of_each(ds: xr.Dataset, world: WorldName) -> FloatArray:
    """Give the share of those who joined a queue who gave up, in every replication."""
    told = of_world(ds, world, "queue").sum("service")
    left, joined = (_of_each(told.sel(queue_count=what)) for what in ("left", "joined"))
    return _divided(left, joined)


def _of_each(told: xr.DataArray) -> FloatArray:
    """Give a figure of every replication."""
    return np.asarray(told.transpose("replication").values, np.float64)


def _divided(over: FloatArray, under: FloatArray) -> FloatArray:
    """Divide replication by replication; NaN where there is nothing to divide by."""
    return np.divide(over, under, out=np.full_like(over, np.nan), where=under > 0)


def _mean_waiting(ds: xr.Dataset, world: WorldName) -> float:
    """Give how many wait on average over the run."""
    return float(of_world(ds, world, "team").sel(team_series="waiting").sum("service").mean("step"))
