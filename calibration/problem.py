"""The types every method of calibration shares: parameters with beliefs, targets with definitions, and the model.

Leaves out how targets are read from files and how the model answers them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Literal, get_args

import numpy as np

from sim.arrays import BoolArray, FloatArray, finite
from sim.runs.beliefs.distributions import Belief

Transform = Literal["linear", "log", "logit"]
Kind = Literal["fit", "held_out", "claim"]
Net = Literal["gross", "net", ""]
Quality = Literal["announced", "estimated", "measured", "compared", "randomised"]
QUALITIES: tuple[Quality, ...] = get_args(Quality)
"""What a figure rests on, the weakest first: said without a method; worked out from assumptions, a projection or
typical cases; counted or followed up, before and after included; held against similar families who were not served;
drawn by lot. After the Maryland scale of scientific methods (Sherman et al. 1997)."""
Predict = Callable[[FloatArray], FloatArray]
"""Points in natural units, (point, parameter), to what the model says, (point, target); same points, same numbers."""


@dataclass(frozen=True)
class FreeParameter:
    """A number of the model that the figures may inform, with hard bounds and what was believed before."""

    name: str
    low: float
    high: float
    transform: Transform
    prior: Belief
    reason: str

    def __post_init__(self) -> None:
        """Refuse bounds that the transform cannot take."""
        if not (isfinite(self.low) and isfinite(self.high) and self.low < self.high):
            raise ValueError(f"{self.name}: bounds {self.low:g} to {self.high:g} must be finite, the low one first")
        if self.transform == "log" and self.low <= 0:
            raise ValueError(f"{self.name}: low {self.low:g}; a log transform needs bounds above 0")
        if self.transform == "logit" and (self.low <= 0 or self.high >= 1):
            raise ValueError(f"{self.name}: {self.low:g} to {self.high:g}; a logit transform needs bounds in (0, 1)")
        if self.prior.is_fixed:
            raise ValueError(f"{self.name}: the prior is a fixed number; give it an interval, or fix it in the config")


@dataclass(frozen=True)
class Definition:
    """What decides whether two figures are one quantity.

    Two figures are *read as one quantity* when ``quantity`` is the same word for word; every other field says in what
    the two may differ all the same. An empty field says that the source is silent, which differs from nothing.
    """

    quantity: str
    """What readers would take it for: "cost of a family", "fall in cost after the programme"."""
    ledger: str = ""
    price_year: int | None = None
    net: Net = ""
    per: str = ""
    """Whom one unit of it is for: family, child, person."""
    population: str = ""
    window: str = ""
    contrast: str = ""
    statistic: str = ""
    """mean, maximum, worst case, share, top quarter."""
    months: float | None = None
    """Months that the value covers (1 a month, 12 a year, the length of an episode); None for what has no duration."""
    count: float = 1.0
    """How many of ``per`` the value is for: 120,000 for a national total, 1 for a value of one family."""
    given: tuple[tuple[str, str], ...] = ()
    """Conditions it was measured under, such as ("caseload", "6"); differing ones are another definition."""

    def __post_init__(self) -> None:
        """Refuse a duration or a count of nothing."""
        if self.months is not None and not self.months > 0:
            raise ValueError(f"{self.quantity}: months {self.months:g}; must be above 0, or left out")
        if not self.count > 0:
            raise ValueError(f"{self.quantity}: count {self.count:g}; must be above 0")


@dataclass(frozen=True)
class Target:
    """A published figure: fitted, held out to be scored, or a claim that is neither."""

    name: str
    kind: Kind
    value: float
    standard_error: float
    """Of the published figure, in its unit; of a claim published without one, its rounding or its stated range."""
    discrepancy: float
    """Standard deviation of what the model leaves out of it, in its unit; stated with a reason by its author."""
    unit: str
    definition: Definition
    source: str
    output: str = ""
    """Key of what the model answers it with; empty when nothing does."""
    answered_by: Literal["expect", "simulate"] = "expect"
    scale: Literal["linear", "log"] = "linear"
    """On the log scale value and prediction are compared as logarithms, and errors are taken relative to the value."""
    label: str = ""
    """Plain words for readers; the name where empty."""
    quality: Quality | Literal[""] = ""
    """What it rests on; empty where nothing is said, see ``standing``."""

    def __post_init__(self) -> None:
        """Refuse a figure that no likelihood can be written for."""
        if not isfinite(self.value):
            raise ValueError(f"{self.name}: value {self.value}; must be a number")
        if not (self.standard_error > 0 and isfinite(self.standard_error)):
            raise ValueError(f"{self.name}: standard_error {self.standard_error}; must be above 0 (a claim's rounding)")
        if not (self.discrepancy >= 0 and isfinite(self.discrepancy)):
            raise ValueError(f"{self.name}: discrepancy {self.discrepancy}; must be 0 or more")
        if self.scale == "log" and self.value <= 0:
            raise ValueError(f"{self.name}: value {self.value:g}; the log scale needs a value above 0")

    @property
    def standing(self) -> Quality:
        """What it rests on: what is said, else announced for a claim and measured for any other figure."""
        return self.quality or ("announced" if self.kind == "claim" else "measured")

    @property
    def words(self) -> str:
        """How it is called in what people read."""
        return self.label or self.name.replace("_", " ")


@dataclass(frozen=True)
class Relation:
    """A truth of arithmetic between two quantities: the part is at most a share of the whole it comes out of."""

    name: str
    part: str
    """Quantity of the part, such as "fall in cost after the programme"."""
    whole: str
    """Quantity of the whole, such as "cost of a family"."""
    at_most: float
    """Share of the whole that the part can be."""
    reason: str
    source: str
    agree: tuple[str, ...] = ("ledger", "population", "statistic")
    """Fields in which a conflict of the two is one of definition."""


@dataclass(frozen=True)
class CalibrationProblem:
    """What a method of calibration is given."""

    parameters: tuple[FreeParameter, ...]
    targets: tuple[Target, ...]
    """Those that ``predict`` answers, one column each, of any kind; methods fit to those of kind ``fit`` alone."""
    predict: Predict
    noise: FloatArray
    """Standard deviation of the model's own Monte Carlo error, (target,), in the target's unit; 0 for ``expect``."""
    claims: tuple[Target, ...] = ()
    """Statements that no output answers; they enter conflicts alone."""
    relations: tuple[Relation, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what no method could fit."""
        for what, names in (("parameter", self.names), ("target", tuple(t.name for t in self.statements))):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what} {', '.join(twice)}: named more than once")
        if not self.parameters:
            raise ValueError("a calibration needs at least one parameter")
        if not any(self.is_fitted):
            raise ValueError("a calibration needs at least one target of kind 'fit'")
        if np.shape(self.noise) != (len(self.targets),) or not np.all(finite("noise", self.noise) >= 0):
            raise ValueError(f"noise of shape {np.shape(self.noise)}: one number of 0 or more for each target")

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(parameter.name for parameter in self.parameters)

    @property
    def statements(self) -> tuple[Target, ...]:
        """All targets and claims."""
        return self.targets + self.claims

    @property
    def is_fitted(self) -> BoolArray:
        """Which targets are fitted, (target,)."""
        return np.array([target.kind == "fit" for target in self.targets])


@dataclass(frozen=True)
class Fit:
    """What a method found: draws of the parameters and what the model says at each, or why not to use them."""

    method: str
    best: FloatArray
    """(parameter,), natural units."""
    draws: FloatArray
    """(draw, parameter), natural units."""
    predicted: FloatArray
    """(draw, target): the model, or its emulator, at the draws."""
    points: FloatArray
    """(point, parameter): where the model itself was run."""
    outputs: FloatArray
    """(point, target): what it said there."""
    refusals: tuple[str, ...] = ()
    """Why these draws must not be reported; empty when nothing speaks against it."""
    measures: tuple[tuple[str, float], ...] = ()
    """What was measured of the method itself: effective sample sizes, R-hat, emulator errors."""
    box: FloatArray | None = None
    """Bounds that are left, (2, parameter), natural units; None where the method does not cut them."""
    caveats: tuple[str, ...] = ()
    """What must be said wherever the draws are reported or used."""

    @property
    def is_usable(self) -> bool:
        """Whether the draws may be reported."""
        return not self.refusals


Method = Callable[[CalibrationProblem, int, int, "Fit | None"], Fit]
"""``fit(problem, seed, runs, start)``: ``runs`` is the most points the model is run at, ``start`` an earlier fit."""
