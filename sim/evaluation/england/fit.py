"""Fits the chain of social care to a place by weighted least squares on expected levels and flows; nothing is drawn.

Looked for are starts and ends of need, plans and care since April 2024, and how many times those starts were before, as
multiples of England's; beside them stand some ten published figures. What is known beforehand of each is that places
differ by so much: it counts as a further residual, so that what is not published leaves a rate at England's. Levels and
flows that do not close leave residuals; no steady state is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from scipy.optimize import least_squares

from sim.arrays import FloatArray
from sim.errors import ModelError
from sim.evaluation.england.expecting import CareCourse, courses, england
from sim.evaluation.england.places import LocalPlace, PlaceTarget

OF = ("need", "plan", "care")
SINCE, ENDS, BEFORE = (tuple(f"{of}_{what}" for of in OF) for what in ("since", "ends_times", "before"))
FREE = (*SINCE, *ENDS, *BEFORE)
DIFFER = {**dict.fromkeys((*SINCE, *ENDS), 0.5), **dict.fromkeys(BEFORE, 0.2)}
"""Standard deviation of the logarithm of each before a place's figures are seen: rates of most places lie within a
factor of 2.7 of England's, starts before April 2024 within 1.5 of those since; assumptions that figures outweigh."""
MOST_POINTS = 60
SLOPE = 1e-3
"""Difference of logarithms over which slopes are taken."""
SHORT = 12
"""Months before the first level with which England's slopes are found: enough to begin with."""
SETTLED = 1e-2
"""Relative change of the sum of squares, and of the point, below which least squares stop."""


@dataclass(frozen=True)
class FittedPlace:
    """A place and the rates found for it.

    Attributes
    ----------
    parameters
        Parameters of the chain, published and fitted.
    course
        The years that were fitted, from the first level on.
    spread
        Standard deviation of the logarithm of each fitted parameter, given the figures, what is known beforehand, and
        how far each is trusted.
    """

    place: LocalPlace
    parameters: Mapping[str, float]
    course: CareCourse
    spread: Mapping[str, float] = field(default_factory=dict)

    @property
    def expected(self) -> FloatArray:
        """Give what the chain comes to for each target, in its unit, (target,)."""
        return np.array([one.of(self.course, self.parameters) for one in self.place.targets])

    @property
    def residuals(self) -> FloatArray:
        """Give expected less published over its standard error, (target,)."""
        values, errors = _values(self.place.targets)
        return (self.expected - values) / errors


def _values(targets: tuple[PlaceTarget, ...]) -> tuple[FloatArray, FloatArray]:
    """Give values and standard errors of targets."""
    return np.array([one.value for one in targets]), np.array([one.se for one in targets])


def at(place: LocalPlace, logs: FloatArray) -> dict[str, float]:
    """Give the parameters of the chain at logarithms of the free ones over England's."""
    of = england()
    return {**place.given, **{name: float(np.exp(log)) * of[name] for name, log in zip(FREE, logs, strict=True)}}


@lru_cache(maxsize=4)
def england_and_beside(years: int) -> tuple[CareCourse, ...]:
    """Give England's course of some years, and one with each free parameter a little larger."""
    of = england()
    points = [{}, *({name: of[name] * float(np.exp(SLOPE))} for name in FREE)]
    return tuple(courses(points, years, SHORT))


def elasticities(place: LocalPlace) -> FloatArray:
    """Give by how much each target of a place would change, relatively, with each free parameter, were it England.

    Returns
    -------
        (target, parameter)
    """
    first, *beside = england_and_beside(place.years)
    of = england()
    raised = [{**of, name: of[name] * np.exp(SLOPE)} for name in FREE]
    here = np.array([one.of(first, of) for one in place.targets])
    there = np.array([[one.of(*pair) for pair in zip(beside, raised, strict=True)] for one in place.targets])
    return np.asarray((there / here[:, None] - 1) / SLOPE)


class _Misfit:
    """Residuals of a place, and slopes: England's at first, corrected by Broyden's rule at each further point."""

    def __init__(self, place: LocalPlace) -> None:
        self.place = place
        self.values, self.errors = _values(place.targets)
        self.sds = np.array([DIFFER[name] for name in FREE])
        self.points: list[tuple[FloatArray, FloatArray, CareCourse]] = []
        self.jacobian = np.zeros((0, 0))

    def expected(self, logs: FloatArray) -> FloatArray:
        """Give what every target comes to at a point."""
        if len(self.points) >= MOST_POINTS:
            raise ModelError(f"the rates of {self.place.name} did not settle in {MOST_POINTS} points")
        parameters = at(self.place, logs)
        course = courses([parameters], self.place.years)[0]
        found = np.array([one.of(course, parameters) for one in self.place.targets])
        if not self.points:
            self.jacobian = elasticities(self.place) * found[:, None]
        else:
            before, was, _ = self.points[-1]
            step = logs - before
            if step @ step > 0:
                self.jacobian = self.jacobian + np.outer(found - was - self.jacobian @ step, step) / (step @ step)
        self.points.append((logs.copy(), found, course))
        return found

    def residuals(self, logs: FloatArray) -> FloatArray:
        """Give standardised residuals of targets and of what is known beforehand."""
        return np.concatenate([(self.expected(logs) - self.values) / self.errors, logs / self.sds])

    def slopes(self, _: FloatArray) -> FloatArray:
        """Give the slopes of ``residuals`` by all points so far."""
        return np.concatenate([self.jacobian / self.errors[:, None], np.diag(1 / self.sds)])


def guess(place: LocalPlace) -> FloatArray:
    """Give where to begin: ends as its starts over its levels are to England's, starts before as the first level is."""
    of, own = england(), place.given
    logs = dict.fromkeys(FREE, 0.0)
    for name, level in zip(OF, ("in_need_level", "plan_level", "care_level"), strict=True):
        begun = own[f"{name}_starts"] / own[level] * of[level] / of[f"{name}_starts"]
        logs[f"{name}_ends_times"] = float(np.log(begun))
        logs[f"{name}_before"] = float(np.log(own[f"{name}_begins"] / own[level]))
    return np.array(list(logs.values()))


def fit(place: LocalPlace) -> FittedPlace:
    """Fit a place.

    Raises
    ------
    ModelError
        When least squares do not settle.
    """
    misfit = _Misfit(place)
    found = least_squares(
        misfit.residuals, guess(place), misfit.slopes, method="lm", xtol=SETTLED, ftol=SETTLED
    )  # fmt: skip
    if not found.success:
        raise ModelError(f"the rates of {place.name} did not settle: {found.message}")
    best = min(misfit.points, key=lambda one: float(np.abs(one[0] - found.x).max()))
    slopes = misfit.slopes(best[0])
    spread = np.sqrt(np.diag(np.linalg.inv(slopes.T @ slopes)))
    return FittedPlace(place, at(place, best[0]), best[2], dict(zip(FREE, map(float, spread), strict=True)))
