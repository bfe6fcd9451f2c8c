"""The six figures of a run, the report's sentence above them, and what was claimed, from its accounts and appraisal."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import xarray as xr

from sim.config.schema.appraisal import ClaimPart
from sim.economics.summary import summarise
from sim.economics.value.accounts import PROGRAMME, answers
from sim.economics.value.answer_block import answer_figures
from sim.economics.value.appraisal import appraise
from sim.economics.value.terms import Terms
from sim.exhibits.numbers import figure, millions, pounds, share
from sim.model.compiled.accounts import ACCOUNTS
from sim.report.accounts import PARTS
from sim.report.page.claims import claim_rows
from sim.report.page.first import Said, sentence
from sim.results.summary import Summary, run_figures
from sim.results.worlds import WorldName, baseline_of, of_world, world_names

ONE_EPISODE, _ = ACCOUNTS
FISCAL = "fiscal"
*DISPLACED, _ = PARTS  # all but the total


@dataclass(frozen=True)
class Figures:
    """What a run says of one regime under one reading, in plain numbers.

    ``answer`` is the block of summary.json; money is in pounds of ``price_year`` in ``ledger``; ``yearly`` is what help
    costs the whole study a year, ``net`` what the programme saves less what it costs, by the regime it is held against,
    and ``displaced`` what each class of families comes to in it. ``told`` is the report's sentence, ``claims`` what was
    claimed and measured beside what the run finds.
    """

    reading: str
    ledger: str
    price_year: str
    horizon_years: float
    answer: dict[str, Any]
    gave_up: tuple[float, float]
    waiting: tuple[float, float]
    cash: float
    yearly: float
    payback_month: int | None
    net: dict[str, float]
    displaced: dict[str, float]
    told: str
    claims: tuple[tuple[str, str, str, str], ...] = ()

    @property
    def account(self) -> Mapping[str, Any]:
        """The account that is shown: families followed, or the programme where none can be."""
        found = self.answer.get(ONE_EPISODE) or self.answer[PROGRAMME]
        return dict(found)

    def money(self, what: str) -> Mapping[str, Any]:
        """Give a figure of the account in the ledger."""
        return dict(self.account[what][self.ledger])


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
    block = answer_figures(ds, answers(ds, terms), terms).get("answer")
    if world is None or not isinstance(block, dict) or world.name not in block:
        raise ValueError(f"the run has no account of {regime} under {reading}")
    baseline = baseline_of(ds, world)
    net, view = {}, None
    for compared in found.comparisons:
        if compared.world == world:
            held = compared.view(terms.ledger, FISCAL)
            net[compared.against.regime] = float(held.net.amount.mean()) / of_whole
            view = held if compared.against == baseline else view
    if view is None:
        raise ValueError(f"{world.name} is held against nothing")
    gross = float(view.gross.amount.mean())
    shares = block[world.name][PROGRAMME].get("displacement", {})
    displaced = {name: shares[name]["mean"] / of_whole for name in DISPLACED if name in shares}
    return Figures(
        reading, terms.ledger, terms.price_year, terms.horizon_years, block[world.name],
        (_of_joined(ds, baseline, "left"), _of_joined(ds, world, "left")),
        (_mean_waiting(ds, baseline), _mean_waiting(ds, world)),
        float(view.cashable.amount.mean()) / gross if gross > 0 else math.nan,
        float(view.intervention.amount.mean()) / terms.horizon_years / of_whole, view.payback_month, net,
        displaced, sentence(_leading(ds, world, block[world.name], terms)), _claims(ds, world, claims),
    )  # fmt: skip


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


def _of_joined(ds: xr.Dataset, world: WorldName, what: str) -> float:
    """Give the share of those who joined a queue of whom something is true."""
    told = of_world(ds, world, "queue").sum(["replication", "service"])
    joined = float(told.sel(queue_count="joined"))
    return float(told.sel(queue_count=what)) / joined if joined else math.nan


def _mean_waiting(ds: xr.Dataset, world: WorldName) -> float:
    """Give how many wait on average over the run."""
    return float(of_world(ds, world, "team").sel(team_series="waiting").sum("service").mean("step"))


def six(held: Figures) -> tuple[tuple[str, str, str], ...]:
    """Give the six figures: what it is, the figure, and what to know about it."""
    care = held.account["looked_after_per_1000"]
    saved, price = held.money("saved_per_family_helped"), held.money("break_even_price")
    chance = _chance(saved), _chance(price)
    month = held.payback_month
    at = "" if care is None else f", month {care['month']:.0f}"
    back = "does not pay back in the years counted" if month is None else f"pays back in month {month}"
    return (
        ("saved for each family helped", pounds(saved["mean"]), chance[0]),
        ("her posts break even at, a family", pounds(price["mean"]), chance[1]),
        (
            f"children in care per 1,000{at}",
            "–" if care is None else f"{care['without']:.1f} → {care['with']:.1f}", "without → with, families helped",
        ),
        ("give up waiting", f"{share(held.gave_up[0], 1)} → {share(held.gave_up[1], 1)}",
         "of those who joined a queue, without → with; on average "
         f"{figure(held.waiting[0])} → {figure(held.waiting[1])} wait"),
        ("of the saving is cash", share(held.cash, 0), f"{held.horizon_years:.3g} years, whole programme"),
        ("help costs a year, at full scale", f"£{millions(held.yearly, 0)}m", back),
    )  # fmt: skip


def _chance(estimate: Mapping[str, Any]) -> str:
    """Say the interval of a figure and what it is."""
    if estimate["low"] is None or estimate["high"] is None:
        return "one replication: chance not told"
    return f"{pounds(estimate['low'])} to {pounds(estimate['high'])}"
