"""Figures that no parameter value of the model satisfies together: smallest sets, which to drop, what would reconcile.

A set cannot hold together when at every point of the box some figure of it is more than three standard deviations away
(its error, its stated discrepancy, Monte Carlo noise and the emulator's error). Sets of one, two and three are searched
first; a set that holds nowhere but has no small culprit is whittled down to one from which nothing can be spared.
The search is on the emulator: what it finds is put to the model itself where it comes nearest, and let go if it holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations
from math import comb
from typing import Literal

import numpy as np
from scipy import optimize

from calibration.conflicts.arithmetic import THRESHOLD, Conflict, differences, first_to_go, silences
from calibration.likelihood import observed, residuals, run, spread
from calibration.methods.emulator import Emulator
from calibration.problem import QUALITIES, CalibrationProblem, Target
from calibration.space import from_box, latin_hypercube
from sim.arrays import BoolArray, FloatArray

SAMPLED = 8000
LARGEST = 3
"""Largest sets that are all searched."""
STARTS = 3
CLOSE = 1e-3
STEP = 1e-4
REFUTED_BY = 8
"""Runs of the model itself that every set found has to withstand."""
MOST_CHECKED = 400
"""Most sets of one size that are searched one by one; what the sampled points hold together needs no search."""


@dataclass
class _Search:
    """Points of the box at which standardised residuals are known; every search adds what it found."""

    problem: CalibrationProblem
    emulator: Emulator
    errors: FloatArray
    points: FloatArray
    gaps: FloatArray = field(init=False)

    def __post_init__(self) -> None:
        """Evaluate the first points."""
        self.gaps = self.at(self.points)

    @property
    def ends(self) -> FloatArray:
        """Where the emulator was trained, (2, parameter) of the transformed box: nothing is said beyond it."""
        centre, width = self.emulator.centre, self.emulator.width
        return np.clip(np.stack([centre - width, centre + width]), 0.0, 1.0)

    def at(self, box: FloatArray) -> FloatArray:
        """Give signed residuals in standard deviations, (point, target)."""
        return np.asarray((self.emulator.scaled(box) - observed(self.problem.targets)) / self.errors)

    def holds(self, some: Sequence[int]) -> bool:
        """Whether some point is within three standard deviations of all of a set; searched for where none is known."""
        columns = list(some)
        worst = np.abs(self.gaps[:, columns]).max(axis=1)
        if worst.min() <= THRESHOLD:
            return True
        for start in np.argsort(worst, kind="stable")[:STARTS]:
            self.add(self.nearest(columns, self.points[start]))
            if np.abs(self.gaps[-1, columns]).max() <= THRESHOLD:
                return True
        return False

    def add(self, point: FloatArray) -> None:
        """Keep a point that was found."""
        self.points = np.concatenate([self.points, point[None]])
        self.gaps = np.concatenate([self.gaps, self.at(point[None])])

    def nearest(self, columns: list[int], start: FloatArray, pulled: int | None = None) -> FloatArray:
        """Search for a point that all of a set allow; ``pulled`` is brought as near as the others let it."""

        def misses(box: FloatArray) -> FloatArray:
            gaps = self.at(np.atleast_2d(box))
            over = np.maximum(np.abs(gaps[:, columns]) - THRESHOLD + CLOSE, 0.0)
            return over if pulled is None else np.concatenate([over, 1e-2 * gaps[:, [pulled]]], axis=1)

        def slopes(box: FloatArray) -> FloatArray:
            steps = np.where(box > self.ends.mean(axis=0), -STEP, STEP)
            moved = misses(box + np.diag(steps))
            return ((moved - misses(box)) / steps[:, None]).T

        low, high = self.ends
        room = high - low
        found = optimize.least_squares(
            lambda box: misses(box)[0],
            np.clip(start, low + 1e-6 * room, high - 1e-6 * room),
            slopes,
            bounds=(low, high),
            max_nfev=60,
        )
        return np.asarray(found.x)


def model_conflicts(
    problem: CalibrationProblem, emulator: Emulator, seed: int, kinds: Sequence[str] = ("fit",)
) -> tuple[Conflict, ...]:
    """Find the smallest sets of figures that the model cannot give together.

    Parameters
    ----------
    problem, emulator
        What is calibrated and its stand-in, trained over the box.
    seed
        Key of the points that are searched first.
    kinds
        Which kinds of target must hold together; add "claim" to ask what the claims would need.

    Returns
    -------
        Minimal sets, the smallest first; none when some point satisfies all. Of each: which to drop (so that as few as
        possible go in all), and the discrepancy that would reconcile it with the others of its set.
    """
    chosen = [i for i, target in enumerate(problem.targets) if target.kind in kinds]
    sampled = latin_hypercube(seed, "conflicts", SAMPLED, len(problem.parameters))
    inside = emulator.centre + emulator.width * (2 * sampled - 1)
    search = _Search(problem, emulator, np.hypot(spread(problem), emulator.error), np.clip(inside, 0.0, 1.0))
    if not chosen or search.holds(chosen):
        return ()
    sets = _small_sets(search, chosen)
    dropped = _fewest(problem, sets)
    rest = [i for i in chosen if i not in dropped]
    while rest and not search.holds(rest):
        sets.append(_whittled(search, rest))
        dropped = _fewest(problem, sets)
        rest = [i for i in chosen if i not in dropped]
    stand = [some for some in sets if not _refuted(search, some)]
    dropped = _fewest(problem, stand) if stand else ()
    return tuple(_described(search, some, dropped, stand) for some in stand)


def _refuted(search: _Search, some: tuple[int, ...]) -> bool:
    """Run the model itself where a set comes nearest to holding by the emulator; say whether it holds there."""
    worst = np.abs(search.gaps[:, list(some)]).max(axis=1)
    nearest = search.points[np.argsort(worst, kind="stable")[:REFUTED_BY]]
    gaps = residuals(search.problem, run(search.problem, from_box(search.problem.parameters, nearest)))
    return bool((np.abs(gaps[:, list(some)]).max(axis=1) <= THRESHOLD).any())


def _small_sets(search: _Search, chosen: Sequence[int]) -> list[tuple[int, ...]]:
    """Find every minimal set of up to three; the most doubtful first where there are too many to search."""
    found: list[tuple[int, ...]] = []
    for size in range(1, LARGEST + 1):
        allowed = np.abs(search.gaps) <= THRESHOLD
        doubtful = [
            some for some in combinations(chosen, size)
            if not any(set(smaller) <= set(some) for smaller in found) and not _together(allowed, some)
        ]  # fmt: skip
        if len(doubtful) > MOST_CHECKED:
            worst = [np.abs(search.gaps[:, list(some)]).max(axis=1).min() for some in doubtful]
            doubtful = [doubtful[i] for i in np.argsort(worst)[::-1][:MOST_CHECKED]]
        found += [some for some in doubtful if not search.holds(some)]
    return found


def _together(allowed: BoolArray, some: Sequence[int]) -> bool:
    """Whether a known point allows all of a set."""
    return bool(np.logical_and.reduce([allowed[:, i] for i in some]).any())


def _whittled(search: _Search, some: Sequence[int]) -> tuple[int, ...]:
    """Take out of a set that holds nowhere whatever can be spared, so that it still holds nowhere."""
    left = list(some)
    for one in some:
        fewer = [other for other in left if other != one]
        if fewer and not search.holds(fewer):
            left = fewer
    return tuple(left)


def _fewest(problem: CalibrationProblem, sets: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    """Choose the fewest targets that leave no set whole, none that rests on better evidence than it takes."""
    order = _order(problem, sets)
    for best in range(len(QUALITIES)):
        may_go = [i for i in order if QUALITIES.index(problem.targets[i].standing) <= best]
        if not all(set(may_go) & set(one) for one in sets):
            continue
        for size in range(1, len(may_go) + 1):
            if comb(len(may_go), size) > 50_000:
                return _greedy(sets, may_go)
            for some in combinations(may_go, size):
                if all(set(some) & set(one) for one in sets):
                    return some
    return tuple(order)


def _order(problem: CalibrationProblem, sets: Sequence[tuple[int, ...]]) -> list[int]:
    """List the targets of some sets, the first to go first."""
    names = [target.name for target in problem.targets]
    order: list[int] = []
    while left := [i for i in sorted({i for some in sets for i in some}) if i not in order]:
        order.append(names.index(_first(problem, left, sets)[0].name))
    return order


def _first(problem: CalibrationProblem, some: Sequence[int], sets: Sequence[tuple[int, ...]]) -> tuple[Target, str]:
    """Choose which of some targets to drop, and say by which rule; errors are relative to the figures."""
    degrees = Counter(problem.targets[i].name for one in sets for i in one)
    errors = spread(problem) / np.maximum(np.abs(observed(problem.targets)), 1e-12)
    return first_to_go([problem.targets[i] for i in some], degrees, [float(errors[i]) for i in some])


def _greedy(sets: Sequence[tuple[int, ...]], order: Sequence[int]) -> tuple[int, ...]:
    """Drop whatever is in most of the sets still whole, one after the other."""
    whole, gone = list(sets), []
    while whole:
        most = max(order, key=lambda i: sum(i in some for some in whole))
        gone.append(most)
        whole = [some for some in whole if most not in some]
    return tuple(gone)


def _described(
    search: _Search, some: tuple[int, ...], dropped: Sequence[int], sets: Sequence[tuple[int, ...]]
) -> Conflict:
    """Say of a set how far apart it is, which to drop, what would reconcile it, and over what it is."""
    problem = search.problem
    targets = [problem.targets[i] for i in some]
    drop = next(i for i in dropped if i in some)
    others = [i for i in some if i != drop]
    worst = np.abs(search.gaps[:, list(some)]).max(axis=1)
    outside = np.abs(search.gaps[:, others]).max(axis=1) if others else np.zeros(len(worst))
    starts = np.argsort(np.abs(search.gaps[:, drop]) + 1e3 * np.maximum(outside - THRESHOLD, 0), kind="stable")
    for start in starts[:STARTS]:
        search.add(search.nearest(others, search.points[start], drop))
    within = np.ones(len(search.gaps), bool)
    if others:
        within = np.abs(search.gaps[:, others]).max(axis=1) <= THRESHOLD + CLOSE
    least = float(np.abs(search.gaps[within, drop]).min()) if within.any() else float(worst.min())
    needed = float(search.errors[drop]) * np.sqrt(max((least / THRESHOLD) ** 2 - 1, 0.0))
    target = problem.targets[drop]
    first, rule = _first(problem, some, sets)
    if first != target:
        rule = "number of conflicts: without it fewest figures have to go in all"
    unit = target.value if target.scale == "log" else 1.0
    alike = [(a, b) for a, b in combinations(targets, 2) if a.definition.quantity == b.definition.quantity]
    differs = tuple(dict.fromkeys(text for a, b in alike for text in differences(a.definition, b.definition)))
    silent = tuple(dict.fromkeys(text for a, b in alike for text in silences(a.definition, b.definition)))
    kind: Literal["definition", "fact"] = "definition" if differs else "fact"
    why = (
        f"nowhere in the box does the model come within {THRESHOLD:g} standard deviations of "
        f"{'it' if len(some) == 1 else f'all {len(some)}'}; with the others held, {target.words} stays {least:.1f} away"
    )
    return Conflict(
        tuple(one.name for one in targets), kind, "model", float(np.abs(search.gaps[:, list(some)]).max(axis=1).min()),
        differs, silent, target.name, rule, float(needed * unit), why,
    )  # fmt: skip
