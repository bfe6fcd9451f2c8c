"""Payment by results: who is counted as turned around, in which year fees are paid, and who would have counted anyway.

Families that a regime takes on are held against the same months of the same families under every other regime, on the
same fate: a threshold on a history that goes up and down is met by many without any help.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.engine.counts.record import Layout
from sim.model.appraisal import PaymentByResults
from sim.model.spec import World
from sim.runs.follow.track import Track
from sim.table import Table
from sim.units import MONTHS_PER_YEAR

NEVER = -1


@dataclass(frozen=True)
class FeeYear:
    """One year of a regime: families attached, and counted as turned around in it, per replication.

    ``under`` maps every regime of the same evidence set to how many of the families attached in this year are ever
    counted when they live under that regime instead; fees are cash.
    """

    world: str
    year: int
    attached: float
    turned_around: float
    under: dict[str, float]
    attachment_fees: float
    result_fees: float


def fee_years(layout: Layout, tracks: Mapping[str, Track], name: str, rules: PaymentByResults) -> list[FeeYear]:
    """Count one world of one replication by year; nothing where the service takes on nobody."""
    attached = first_helped(tracks[name], rules.service)
    if (attached == NEVER).all():
        return []
    counted = {
        other: turned_around(lives, attached, rules)
        for other, lives in tracks.items() if lives.spec.effect_set == tracks[name].spec.effect_set
    }  # fmt: skip
    year_of = np.array(layout.year_of_step[tracks[name].first :])
    result = counted[name]
    found = []
    for number, index in enumerate(dict.fromkeys(year_of.tolist())):
        now = (attached != NEVER) & (year_of[attached] == index)
        results = (result != NEVER) & (year_of[result] == index)
        share = rules.attachment_shares[min(number, len(rules.attachment_shares) - 1)]
        paid = rules.maximum * rules.paid_share
        owed = _result_fee(rules, attached[results], year_of)
        found.append(
            FeeYear(
                name,
                layout.years[index],
                float(now.sum()),
                float(results.sum()),
                {name: float((steps[now] != NEVER).sum()) for name, steps in counted.items()},
                paid * share * float(now.sum()),
                float(owed.sum()),
            )
        )
    return found


def _result_fee(rules: PaymentByResults, attached: IntArray, year_of: IntArray) -> FloatArray:
    """Give the fee for each result: what attachment in its own year left of the maximum, (family,)."""
    number = year_of[attached] - year_of[0]
    shares = np.array(rules.attachment_shares)
    left = 1.0 - shares[np.minimum(number, len(shares) - 1)]
    return np.asarray(rules.maximum * rules.paid_share * left)


def first_helped(lives: Track, service: str) -> IntArray:
    """Give the step of a track at which a service first helps each family, or a child of it, (family,); else NEVER."""
    unit = lives.unit[service]
    helped = lives.engaged_states(service)[lives.states[service]] & lives.here[unit]  # (step, row)
    n = lives.here[lives.root].shape[1]
    owner = np.arange(n) if unit == lives.root else lives.parent
    result = np.full(n, NEVER)
    for step in reversed(range(lives.n_steps)):
        result[owner[helped[step]]] = step
    return result


def turned_around(lives: Track, attached: IntArray, rules: PaymentByResults) -> IntArray:
    """Give the step at which each attached family first counts in a world, ``NEVER`` where it does not, (family,)."""
    memory, generation, here = lives.memory[rules.remembered], lives.generation[lives.root], lives.here[lives.root]
    step_years = lives.model.clock.step_years
    after, within = (round(m / MONTHS_PER_YEAR / step_years) for m in (rules.after_months, rules.within_months))
    rows = np.arange(len(attached))
    result = np.full(len(attached), NEVER)
    for later in range(after, within + 1):
        step = np.minimum(attached + later, lives.n_steps - 1)
        open_ = (attached != NEVER) & (result == NEVER) & (attached + later < lives.n_steps)
        stayed = here[step, rows] & (generation[step, rows] == generation[np.maximum(attached, 0), rows])
        met = open_ & stayed & (memory[step, rows] <= rules.at_most)
        result[met] = step[met]
    return result


def mean_of(years: list[FeeYear], replications: int) -> FeeYear:
    """Average the replications of one world and year."""

    def over(name: str) -> float:
        return sum(float(getattr(year, name)) for year in years) / replications

    under = {name: sum(year.under[name] for year in years) / replications for name in years[0].under}
    return FeeYear(
        years[0].world, years[0].year, over("attached"), over("turned_around"), under, over("attachment_fees"),
        over("result_fees"),
    )  # fmt: skip


def counted_anyway(years: Sequence[FeeYear], world: str, baseline: str) -> float:
    """Give, of a world's families that are ever counted, the share counted under another one too; NaN without any."""
    mine = [year for year in years if year.world == world]
    here, there = (sum(year.under[name] for year in mine) for name in (world, baseline))
    return there / here if here else float("nan")


def fees_by_year(years: Sequence[FeeYear], worlds: Sequence[World]) -> Table:
    """Give fees as a table, with a row for each regime that families are counted under, in the same reading.

    ``worlds`` are those of the scenario.
    """
    named = {world.name: (world.regime, world.effect_set) for world in worlds}
    names = ("regime", "effect_set", "year", "families_attached", "families_turned_around", "counted_under",
             "of_them_counted", "attachment_fees", "result_fees", "prices")  # fmt: skip
    rows = [
        (*named[y.world], y.year, y.attached, y.turned_around, named[name][0], count,
         y.attachment_fees, y.result_fees, "cash")
        for y in years
        for name, count in y.under.items()
    ]  # fmt: skip
    return Table("Payment by results", names, rows)
