"""Payment by results: who is counted as turned around, in which year fees are paid, and who would have counted anyway.

Families that a regime takes on are held against the same months of the same families under every other regime, on the
same fate: a threshold on a history that goes up and down is met by many without any help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.engine.counts.record import Layout
from sim.engine.solvers import families as engine
from sim.engine.solvers.families import Line, replicate
from sim.model.appraisal import PaymentByResults
from sim.model.spec import Scenario, World
from sim.units import MONTHS_PER_YEAR

NEVER = -1
COLUMNS = (
    "regime", "year", "families_attached", "families_turned_around", "counted_under", "of_them_counted",
    "attachment_fees", "result_fees", "prices",
)  # fmt: skip


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


@dataclass
class Histories:
    """What the worlds of one evidence set remember of each family, month by month from the first start on."""

    service: str
    remembered: str
    first: int
    memory: dict[str, list[IntArray]]
    attached: dict[str, IntArray]
    renewed: list[BoolArray]

    def look(self, step: int, line: Line) -> None:
        """Take in a step."""
        if step < self.first:
            return
        world, root = line.world, line.world.root
        for name in line.names:
            if name in self.memory:
                self.memory[name].append(world.memory[self.remembered].copy())
                found = self.attached.setdefault(name, np.full(root.n, NEVER))
                chain = world.state[self.service]
                rows = world.rows(self.service)
                engaged = world.engaged[self.service][chain] & rows.active
                with_help = np.bincount(rows.parent, weights=engaged, minlength=root.n) > 0
                found[(found == NEVER) & with_help] = step - self.first
        if len(self.renewed) <= step - self.first:
            fresh = np.zeros(root.n, np.bool_)
            renewal = world.population.renewals.get(world.step)
            if renewal is not None:
                for part in (renewal.leaving, renewal.entering):
                    fresh[part.get(root.unit.name, np.zeros(0, np.int64))] = True
            self.renewed.append(fresh)


def payment_by_results(
    scenario: Scenario, rules: PaymentByResults | None = None, replications: int = 1
) -> list[FeeYear]:
    """Count results and pay fees under each regime that has the service.

    Parameters
    ----------
    scenario
        The study.
    rules
        The fees; those of the config unless given.
    replications
        How many are followed; numbers are means.

    Returns
    -------
        One entry for each world that attaches families and each year. A family is attached once; one that moves away is
        followed no further.

    Raises
    ------
    ValueError
        If there are no rules, no replication, or the model lacks the service or the memory.
    """
    rules = scenario.appraisal.payment_by_results if rules is None else rules
    if rules is None:
        raise ValueError("there are no fees: the config has no 'appraisal.payment_by_results'")
    if replications < 1:
        raise ValueError(f"replications is {replications}; it must be at least 1")
    model = scenario.worlds[0].model
    there = {c.name for c in model.chains if c.service is not None} | {m.name for m in model.memories}
    missing = [name for name in (rules.service, rules.remembered) if name not in there]
    if missing:
        raise ValueError(f"payment by results follows {', '.join(missing)}, which the model does not have")
    layout = engine.layout(scenario)
    first = min((w.start for w in scenario.worlds if w.regime != scenario.baseline), default=0)
    totals: dict[tuple[str, int], list[FeeYear]] = {}
    for replication in range(replications):
        memory: dict[str, list[IntArray]] = {w.name: [] for w in scenario.worlds}
        seen = Histories(rules.service, rules.remembered, first, memory, {}, [])
        replicate(scenario, replication, observe=seen.look)
        for world in scenario.worlds:
            if (seen.attached[world.name] != NEVER).any():
                for year in _years(scenario, layout, world, seen, rules):
                    totals.setdefault((world.name, year.year), []).append(year)
    return [_mean(years, replications) for years in totals.values()]


def _years(scenario: Scenario, layout: Layout, world: World, seen: Histories, rules: PaymentByResults) -> list[FeeYear]:
    """Count one world of one replication by year."""
    attached = seen.attached[world.name]
    same = [w.name for w in scenario.worlds if w.effect_set == world.effect_set]
    counted = {name: turned_around(seen, name, attached, rules, world.model.clock.step_years) for name in same}
    year_of = np.array(layout.year_of_step[seen.first :])
    result = counted[world.name]
    found = []
    for number, index in enumerate(dict.fromkeys(year_of.tolist())):
        now = (attached != NEVER) & (year_of[attached] == index)
        results = (result != NEVER) & (year_of[result] == index)
        share = rules.attachment_shares[min(number, len(rules.attachment_shares) - 1)]
        paid = rules.maximum * rules.paid_share
        owed = _result_fee(rules, attached[results], year_of)
        found.append(
            FeeYear(
                world.name,
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


def turned_around(
    seen: Histories, name: str, attached: IntArray, rules: PaymentByResults, step_years: float
) -> IntArray:
    """Give the step at which each attached family first counts in a world, ``NEVER`` where it does not, (family,)."""
    memory, n_steps = np.stack(seen.memory[name]), len(seen.memory[name])
    renewed = np.cumsum(np.stack(seen.renewed), axis=0)
    after, within = (round(m / MONTHS_PER_YEAR / step_years) for m in (rules.after_months, rules.within_months))
    rows = np.arange(len(attached))
    result = np.full(len(attached), NEVER)
    for later in range(after, within + 1):
        step = np.minimum(attached + later, n_steps - 1)
        open_ = (attached != NEVER) & (result == NEVER) & (attached + later < n_steps)
        stayed = renewed[step, rows] == renewed[np.maximum(attached, 0), rows]
        met = open_ & stayed & (memory[step, rows] <= rules.at_most)
        result[met] = step[met]
    return result


def _mean(years: list[FeeYear], replications: int) -> FeeYear:
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


def fee_rows(years: Sequence[FeeYear]) -> list[tuple[str | float, ...]]:
    """Write fees as rows under ``COLUMNS``, one for each regime that families are counted under."""
    return [
        (y.world, y.year, y.attached, y.turned_around, name, count, y.attachment_fees, y.result_fees, "cash")
        for y in years
        for name, count in y.under.items()
    ]  # fmt: skip
