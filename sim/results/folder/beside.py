"""What may lie as JSON beside a run once it has been worked out: checks, families, a bridge, that it was made again.

Here are names of files and forms of what they hold, so that the report can read what an evaluation wrote; the form of
single families is ``sim.runs.follow.spread.Spread``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

from sim.intervals import Estimate

CHECKS, FAMILIES, EVALUATED, BRIDGE = "checks.json", "families.json", "evaluated.json", "bridge.json"
REPRODUCED = "reproduced.json"
PACK = ("assurance.html", "assurance.xlsx")
"""The assurance pack, which ``families assure`` makes of all that stands there; it goes when that changes."""
WAITING = "months waiting"
PLAIN, WEIGHTED = "cost to society", "cost to society, benefits weighted"
"""Measures of a gain: resources alone, and with a pound of benefit counting as the income weight says."""
Verdict = Literal["within", "outside", "reported", "not evaluated"]


@dataclass(frozen=True)
class CheckLine:
    """One line of the panel of checks: what was found, what is allowed, and what to make of it."""

    name: str
    value: str
    allowed: str
    verdict: Verdict
    note: str = ""
    key: str = ""
    number: float | None = None
    source: str = ""


@dataclass(frozen=True)
class Gain:
    """What a regime changes for a group of families, against the baseline.

    ``baseline`` is the mean without the regime and ``difference`` the mean change with its 95% interval over families;
    ``less`` and ``more`` are the shares of families with less and with more of the measure.
    """

    world: str
    by: str
    group: str
    families: int
    measure: str
    baseline: float
    difference: Estimate
    less: float
    more: float

    def to_dict(self) -> dict[str, Any]:
        """Write as plain figures for JSON."""
        return {**asdict(self), "difference": self.difference.as_dict()}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Gain:
        """Read what ``to_dict`` wrote."""
        return cls(**{**content, "difference": Estimate(**content["difference"])})


@dataclass(frozen=True)
class Equity:
    """Who is better or worse off, of families followed one by one under one reading of the evidence, in one ledger.

    Attributes
    ----------
    families
        Families that were followed and stayed: on the books throughout, in one replication.
    areas, of_areas
        In how many areas they live, each whole, and how many the study has.
    gains
        Every regime, grouping, group and measure.
    """

    effect_set: str
    ledger: str
    families: int
    areas: int
    of_areas: int
    gains: tuple[Gain, ...]

    def to_dict(self) -> dict[str, Any]:
        """Write as plain figures for JSON, without waits for single services, which are in gains.csv."""
        told = [one.to_dict() for one in self.gains if not one.measure.startswith(f"{WAITING},")]
        return {**asdict(self), "gains": told}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Equity:
        """Read what ``to_dict`` wrote."""
        return cls(**{**content, "gains": tuple(Gain.from_dict(one) for one in content["gains"])})


@dataclass(frozen=True)
class Contrast:
    """Two levels, their ratio with a 95% interval, and their difference with one; None where it cannot be said."""

    served: float
    other: float
    ratio: float
    ratio_low: float | None
    ratio_high: float | None
    difference: float
    difference_low: float | None
    difference_high: float | None


@dataclass(frozen=True)
class Answer:
    """What three ways of looking find for one outcome of the served; ``other`` is before, the comparison, the twin."""

    question: str
    effect_set: str
    naive: Contrast
    evaluated: Contrast
    true: Contrast

    def to_dict(self) -> dict[str, Any]:
        """Write as plain figures for JSON; what cannot be said is None."""
        return {
            name: {k: v if v is None or math.isfinite(v) else None for k, v in part.items()}
            if isinstance(part, dict) else part
            for name, part in asdict(self).items()
        }  # fmt: skip

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Answer:
        """Read what ``to_dict`` wrote."""
        ways = {way: _contrast(content[way]) for way in ("naive", "evaluated", "true")}
        return cls(str(content["question"]), str(content["effect_set"]), **ways)


def _contrast(content: Mapping[str, Any]) -> Contrast:
    """Read a contrast; a level or ratio that could not be said is NaN again."""
    always = ("served", "other", "ratio", "difference")
    return Contrast(**{k: math.nan if v is None and k in always else v for k, v in content.items()})


@dataclass(frozen=True)
class Station:
    """Where a bridge has come to: pounds saved and spent for each family helped, and saved for each pound spent."""

    title: str
    saved: Estimate
    cost: Estimate
    ratio: Estimate


@dataclass(frozen=True)
class Bridge:
    """A study led to a published ratio, one change a step, in both orders.

    Changes act on each other, so that what a step brings depends on the order; both end in the same place, and
    ``remains`` names what may lie between it and what was published.
    """

    regime: str
    against: str
    ledger: str
    price_year: str
    replications: int
    forwards: tuple[Station, ...]
    backwards: tuple[Station, ...]
    published: float
    source: str
    remains: str

    @property
    def unexplained(self) -> float:
        """What was published less what the last step comes to."""
        return self.published - self.forwards[-1].ratio.mean

    def to_dict(self) -> dict[str, Any]:
        """Write as plain figures for JSON; what cannot be said is None."""
        orders = {way: [_told(one) for one in getattr(self, way)] for way in ("forwards", "backwards")}
        return {**asdict(self), **orders}

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Bridge:
        """Read what ``to_dict`` wrote; a mean that could not be said is NaN again."""
        orders = {way: tuple(_station(one) for one in content[way]) for way in ("forwards", "backwards")}
        return cls(**{**content, **orders})


@dataclass(frozen=True)
class Reproduced:
    """That a run was made again: whether its results were the same, how far apart, and what differed in the making.

    ``verdict`` is ``same``, ``rounding`` or ``other``; ``largest`` the largest gap as a share, None where something
    other than a number differs; ``made`` lists what, then and now.
    """

    verdict: str
    largest: float | None
    identical: int
    files: int
    replications: int
    of: int
    made: tuple[tuple[str, str | None, str | None], ...]
    commit: str
    platform: str
    python: str
    time: str

    def to_dict(self) -> dict[str, Any]:
        """Write as plain figures for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Reproduced:
        """Read what ``to_dict`` wrote."""
        return cls(**{**content, "made": tuple((what, then, now) for what, then, now in content["made"])})


def _told(one: Station) -> dict[str, Any]:
    """Write a station of a bridge."""
    return {"title": one.title, **{name: getattr(one, name).as_dict() for name in ("saved", "cost", "ratio")}}


def _station(content: Mapping[str, Any]) -> Station:
    """Read a station of a bridge."""
    told = {name: content[name] for name in ("saved", "cost", "ratio")}
    return Station(
        str(content["title"]),
        **{k: Estimate(math.nan if v["mean"] is None else v["mean"], v["low"], v["high"]) for k, v in told.items()},
    )
