"""What a design would have reported, how far that is from the truth, and which parts the difference is made of.

The simulator knows what nobody else does: how the families helped would have fared without help, how the comparison
would have fared had help never reached it, and how frail each family is. So the bias of a design is a sum of parts,
each of them a difference of two measured levels, and nothing is left over.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.evaluation.designs.designs import BEFORE_AFTER, Design, EntryGroup
from sim.evaluation.trial.family_outcomes import Amounts
from sim.evaluation.trial.panel import Panel

BEFORE = 12
"""Months before entry that before is, for designs that look at changes."""

UNMATCHED, FRAILTY, OTHERWISE = "families without a match", "frailty", "other differences"
CENSORING, REGIME = "help reaches the comparison", "the regime reaches everybody"
DRIFT, REGRESSION = "what happens to everybody", "regression to the mean"
CAUSES = (REGRESSION, DRIFT, FRAILTY, OTHERWISE, UNMATCHED, CENSORING, REGIME)
MEANT = {
    REGRESSION: "the families helped without help: their own change from before to after, beyond everybody's",
    DRIFT: "the change of all families over the same months without the regime",
    FRAILTY: "the comparison with the same mix of frailty as the families helped, less the comparison as it is",
    OTHERWISE: "the families helped without help, less a comparison as frail as they are",
    UNMATCHED: "the effect on families who have a match, less the effect on all who were helped",
    CENSORING: "the whole comparison without help, less those who are left once help has reached others, as weighted",
    REGIME: "the comparison, or the time before entry, without the regime, less the same under it",
}  # fmt: skip
"""What each part of a bias is the difference of."""


@dataclass(frozen=True)
class Judged:
    """One design and outcome in one replication: all are differences in the level of the outcome.

    Attributes
    ----------
    reported, truth
        What the design says help did, and what it did to all who were helped.
    causes
        Parts of ``reported - truth``; they add up to it.
    frailty_served, frailty_other
        Mean frailty (1 is the mean of all) of the families helped and of the comparison as weighted.
    matched
        Share of the families helped who count, having somebody to be compared with.
    """

    reported: float
    truth: float
    causes: dict[str, float]
    frailty_served: float
    frailty_other: float
    matched: float = 1.0

    @property
    def bias(self) -> float:
        """Give what is reported less what is true."""
        return self.reported - self.truth


@dataclass(frozen=True)
class Course:
    """The level of an outcome among the families helped in one replication, over time.

    Attributes
    ----------
    earlier, before
        Months 12 to 7 and months 6 to 1 before entry.
    without, after
        The months that are looked at, as they would have been and as they were.
    """

    earlier: float
    before: float
    without: float
    after: float


@dataclass
class Worlds:
    """The families of a replication with help and without, and one outcome of theirs in both.

    ``frailty`` is each family's class, ``values`` what the classes stand for.
    """

    helped: Panel
    baseline: Panel
    frailty: IntArray
    values: FloatArray
    months: range
    seen: dict[bool, Amounts] = field(default_factory=dict)

    def look_at(self, amounts: Callable[[Panel], Amounts]) -> None:
        """Read an outcome in both worlds."""
        self.seen = {True: amounts(self.helped), False: amounts(self.baseline)}


Part = Callable[[EntryGroup], tuple[IntArray, FloatArray]]
"""Families of a group and their weights, (month, family)."""


def _served(group: EntryGroup) -> tuple[IntArray, FloatArray]:
    return group.served, group.served_weight


def _alone(group: EntryGroup) -> tuple[IntArray, FloatArray]:
    return group.other, group.weight


def _followed(group: EntryGroup) -> tuple[IntArray, FloatArray]:
    return group.other, group.followed


def level(worlds: Worlds, groups: Sequence[EntryGroup], part: Part, *, helped: bool) -> float:
    """Give the level over the months that are looked at, of families who are still there."""
    sums = np.zeros(2)
    generation = worlds.helped.generation  # who comes and goes is the same in both worlds
    for group in groups:
        families, weights = part(group)
        for month, weight in zip(worlds.months, weights, strict=True):
            later = group.step + month
            there = weight * (generation[later, families] == generation[group.step, families])
            sums += [float((there * x[later, families]).sum()) for x in worlds.seen[helped]]
    return float(sums[0] / sums[1]) if sums[1] else math.nan


def level_before(
    worlds: Worlds, groups: Sequence[EntryGroup], part: Part, *, helped: bool, months: tuple[int, int] = (1, BEFORE)
) -> float:
    """Give the level in months before entry, of the families of ``level`` with the same weights."""
    sums = np.zeros(2)
    generation = worlds.helped.generation
    for group in groups:
        families, weights = part(group)
        weight = np.zeros(len(families))
        for month, each in zip(worlds.months, weights, strict=True):
            weight += each * (generation[group.step + month, families] == generation[group.step, families])
        for earlier in range(group.step - months[1], group.step - months[0] + 1):
            there = weight * (generation[earlier, families] == generation[group.step, families])
            sums += [float((there * x[earlier, families]).sum()) for x in worlds.seen[helped]]
    return float(sums[0] / sums[1]) if sums[1] else math.nan


def judge(worlds: Worlds, design: Design, groups: Sequence[EntryGroup], truth: float) -> Judged:
    """Say what a design reports of the outcome that ``worlds`` looks at, and why that is not the truth.

    Parameters
    ----------
    worlds
        With an outcome looked at.
    design, groups
        The design and its families, from ``design.groups``.
    truth
        From ``true_effect``.
    """
    frailty = mean_frailty(worlds, groups, _served), mean_frailty(worlds, groups, _alone)
    if design is BEFORE_AFTER:
        return _before_after(worlds, groups, truth, frailty)

    def said(part: Part, *, helped: bool, among: Sequence[EntryGroup] = groups) -> float:
        after = level(worlds, among, part, helped=helped)
        return after - level_before(worlds, among, part, helped=helped) if design.of_changes else after

    served, without = said(_served, helped=True), said(_served, helped=False)
    other, as_frail = said(_alone, helped=False), said(_alone, helped=False, among=equally_frail(worlds, groups))
    dropped, compared = said(_followed, helped=False), said(_followed, helped=True)
    matched = true_effect(worlds, groups)  # on those who have a match
    causes = {
        FRAILTY: as_frail - other, OTHERWISE: without - as_frail, UNMATCHED: matched - truth,
        CENSORING: other - dropped, REGIME: (dropped - compared) + (served - without - matched),
    }  # fmt: skip
    return Judged(served - compared, truth, causes, *frailty, matched_share(groups))


def _before_after(worlds: Worlds, groups: Sequence[EntryGroup], truth: float, frailty: tuple[float, float]) -> Judged:
    """Judge before and after: what the families would have done anyway, and what everybody did."""
    before, before_0 = (level_before(worlds, groups, _served, helped=helped) for helped in (True, False))
    after, after_0 = (level(worlds, groups, _served, helped=helped) for helped in (True, False))
    drift = level(worlds, groups, _alone, helped=False) - level_before(worlds, groups, _alone, helped=False)
    causes = {REGRESSION: after_0 - before_0 - drift, DRIFT: drift, REGIME: before_0 - before}
    return Judged(after - before, truth, causes, *frailty)


def true_effect(worlds: Worlds, groups: Sequence[EntryGroup]) -> float:
    """Give the effect on all who were helped: the same families with and without."""
    return level(worlds, groups, _served, helped=True) - level(worlds, groups, _served, helped=False)


def course(worlds: Worlds, groups: Sequence[EntryGroup]) -> Course:
    """Follow the families helped from before entry to after, with help and without."""
    early, late = (level_before(worlds, groups, _served, helped=True, months=m) for m in ((7, 12), (1, 6)))
    without, after = (level(worlds, groups, _served, helped=helped) for helped in (False, True))
    return Course(early, late, without, after)


def matched_share(groups: Sequence[EntryGroup]) -> float:
    """Give the share of families helped who are compared with somebody; of groups that lost families on the way too."""
    there = sum(float(group.served_weight.mean(axis=0).sum()) for group in groups)
    helped = sum(group.helped for group in groups)
    return there / helped if helped else math.nan


def _mix(worlds: Worlds, groups: Sequence[EntryGroup], part: Part) -> FloatArray:
    """Give the shares of the classes of frailty, (class,)."""
    mix = np.zeros(len(worlds.values))
    for group in groups:
        families, weights = part(group)
        mix += np.bincount(worlds.frailty[families], weights.sum(axis=0), len(mix))
    return np.asarray(mix / mix.sum() if mix.sum() else np.full(len(mix), math.nan))


def mean_frailty(worlds: Worlds, groups: Sequence[EntryGroup], part: Part) -> float:
    """Give mean frailty by the weights of a part."""
    return float(_mix(worlds, groups, part) @ worlds.values)


def equally_frail(worlds: Worlds, groups: Sequence[EntryGroup]) -> list[EntryGroup]:
    """Weight the comparison so that its mix of frailty is that of the served; nothing else of it is touched."""
    mine, theirs = _mix(worlds, groups, _served), _mix(worlds, groups, _alone)
    times = np.divide(mine, theirs, out=np.zeros_like(mine), where=theirs > 0)
    return [replace(g, weight=g.weight * times[worlds.frailty[g.other]]) for g in groups]
