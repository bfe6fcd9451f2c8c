"""What is asked of a worker process, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.app.work.grid import Grid
from sim.arrays import FloatArray
from sim.config.schema.appraisal import ClaimPart
from sim.model.compiled.accounts import ONE_EPISODE, PROGRAMME
from sim.model.spec import AS_WRITTEN

QUICK_REPLICATIONS = 1
"""Of what is seen first."""
OF_STUDY = ("price_chances", "price_tornado", "break_even_surface", "bridge")
"""Figures of what is kept of the unmoved study, wherever the levers stand."""


@dataclass(frozen=True)
class BenchStudy:
    """Where the studies of a bench come from: a config, its quick settings, and its regime.

    ``of_whole`` is the share of the study's families that the quick settings run, ``lines`` are the cost lines whose
    price a lever moves.
    """

    file: Path
    quick: tuple[str, ...]
    regime: str
    of_whole: float = 1.0
    claims: tuple[ClaimPart, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def areas(self) -> str:
        """The setting that says which areas are run; empty for all."""
        return next((text for text in self.quick if text.startswith("areas_taken=")), "")


@dataclass(frozen=True)
class Job:
    """One thing to do.

    Attributes
    ----------
    what
        ``figures``; ``draw`` a figure; ``screen``: its figures' names and its tables; ``dots``; ``doubt``; ``row`` of a
        grid, by its number; ``surface``; or the ``crossing`` along a lever, by its name.
    reading, sets
        The reading of the evidence, and settings as ``--set`` takes them.
    replications
        How many; 0 for those of the quick settings.
    name
        Of the figure or the screen.
    folder
        A finished folder that it is of; empty for a simulation.
    factors
        What the price of a cost line is multiplied by.
    elsewhere
        Another study than that of the bench; None for its own.
    grid
        Of a surface, of a lever's track, and of one of their rows.
    """

    what: str
    reading: str = AS_WRITTEN
    sets: tuple[str, ...] = ()
    replications: int = 0
    name: str = ""
    folder: str = ""
    factors: tuple[tuple[str, float], ...] = ()
    elsewhere: BenchStudy | None = None
    grid: Grid | None = None


@dataclass(frozen=True)
class JobResult:
    """What came of a job: ``found`` hangs on what it was, or None with ``why``; ``how`` says what was simulated."""

    job: Job
    found: Any
    why: str = ""
    how: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Figures:
    """What a run says of one regime under one reading, in plain numbers.

    ``answer`` is the block of summary.json; money is in pounds of ``price_year`` in ``ledger``. ``gave_up`` are
    shares of those who joined a queue, without help and with it, ``gave_up_in_both`` those of services that both
    have, NaN where no queue is one world's alone. ``yearly`` is what help costs the whole study a year, ``net`` what
    the programme saves less what it costs, by the regime it is held against, and ``displaced`` what each class of
    families comes to in it. ``each`` has the six figures of every replication by name, of two worlds what they differ
    by; ``net_each`` the same of ``net`` for each family helped, by regime. ``breaks_even`` has what the price of a
    line would be multiplied by for nothing to be gained or lost. ``told`` is the report's sentence, ``claims`` what
    was claimed and measured beside what the run finds.
    """

    reading: str
    ledger: str
    price_year: str
    horizon_years: float
    answer: dict[str, Any]
    gave_up: tuple[float, float]
    gave_up_in_both: tuple[float, float]
    waiting: tuple[float, float]
    cash: float
    yearly: float
    payback_month: int | None
    net: dict[str, float]
    displaced: dict[str, float]
    told: str
    each: Mapping[str, FloatArray]
    net_each: Mapping[str, FloatArray]
    claims: tuple[tuple[str, str, str, str], ...] = ()
    breaks_even: Mapping[str, float] = field(default_factory=dict)

    @property
    def account(self) -> Mapping[str, Any]:
        """The account that is shown: families followed, or the programme where none can be."""
        return dict(self.answer.get(ONE_EPISODE) or self.answer[PROGRAMME])

    def money(self, what: str) -> Mapping[str, Any]:
        """Give a figure of the account in the ledger."""
        return dict(self.account[what][self.ledger])


@dataclass(frozen=True)
class Crossing:
    """Where along a lever's range nothing is gained or lost; None where that is nowhere."""

    value: float | None


@dataclass(frozen=True)
class Dots:
    """Families in two worlds.

    Attributes
    ----------
    places
        Where a family can be, from best to worst, then waiting, with a key worker, moved away.
    worlds
        Names of the two worlds, without and with the regime.
    where
        By world, a text for each month with a letter for each family: the place's number from ``a`` on.
    again
        By world, the same with how often the family has come back into crisis so far, at most 9.
    start
        The month at which the regime begins.
    """

    places: tuple[str, ...]
    worlds: tuple[str, str]
    where: tuple[tuple[str, ...], tuple[str, ...]]
    again: tuple[tuple[str, ...], tuple[str, ...]]
    start: int
