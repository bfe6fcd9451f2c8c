"""Adds replications to a run until its rules are reached or it has as many as it may; those on disk are kept."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import xarray as xr

from sim.results.facts import facts_of
from sim.results.folder.held import LOOK
from sim.results.folder.stream import opened_lazily
from sim.runs.resume import Tell, Work
from sim.runs.until.rule import PrecisionRule
from sim.runs.until.stopping import Limits, needed, next_look
from sim.units import time_in_words

HALF = 4
"""Times as many replications for half the interval."""


@dataclass(frozen=True)
class Look:
    """What a look at some replications finds of one rule; ``needed`` are the replications that would do."""

    rule: PrecisionRule
    replications: int
    mean: float
    half_width: float

    @property
    def wanted(self) -> float:
        """The widest half of an interval that will do."""
        return self.rule.precision.half_width(self.mean)

    @property
    def is_enough(self) -> bool:
        """Whether the interval is narrow enough."""
        return self.half_width <= self.wanted

    @property
    def needed(self) -> float:
        """Replications that would do, by the spread so far."""
        return needed(self.replications, self.half_width, self.wanted)


@dataclass(frozen=True)
class Reached:
    """Every look, each of all rules; ``kept`` replications had been computed before."""

    looks: tuple[tuple[Look, ...], ...]
    limits: Limits
    kept: int

    @property
    def replications(self) -> int:
        """Replications that the run ends with."""
        return self.looks[-1][0].replications

    def records(self) -> tuple[dict[str, Any], ...]:
        """Write what was reached for summary.json, rule by rule."""
        return tuple(self._record(i) for i in range(len(self.looks[0])))

    def _record(self, i: int) -> dict[str, Any]:
        last = self.looks[-1][i]
        rule, share = last.rule, last.rule.precision.amount if last.rule.precision.is_relative else None
        within = last.rule.precision.amount * (abs(last.mean) if share is not None else 1.0)
        return {
            "rule": rule.text, "world": rule.world, "account": rule.account, "figure": rule.figure,
            "ledger": rule.ledger, "reached": last.is_enough, "mean": last.mean,
            "half_width": _plain(last.half_width), "wanted": last.wanted, "within": within, "share": share,
            "replications": self.replications, "kept": self.kept, "at_least": self.limits.floor,
            "at_most": self.limits.ceiling, "needed": _whole(last.needed),
            "looks": [{"replications": one[i].replications, "mean": one[i].mean,
                       "half_width": _plain(one[i].half_width)} for one in self.looks],
        }  # fmt: skip


def _plain(value: float) -> float | None:
    """Give a number for JSON; None where it has no end."""
    return value if math.isfinite(value) else None


def _whole(value: float) -> int | None:
    """Give a number of replications, whole."""
    return math.ceil(value) if math.isfinite(value) else None


def run_until(
    work: Work, rules: Sequence[PrecisionRule], limits: Limits, simulate: Callable[[], None], tell: Tell
) -> Reached:
    """Add replications until every rule is reached at one look, or the ceiling is.

    Parameters
    ----------
    work
        The run; its replications are set to as many as are looked at.
    rules
        What is to be known how closely.
    limits
        The fewest and the most replications.
    simulate
        Runs what is missing of the run (``Work.simulate`` with its options).
    tell
        Given a line at each look.

    Returns
    -------
        What was reached. The looks, and so the number of replications, depend on the config and on what finished
        results were there, on nothing else: not on where an earlier run was interrupted, nor on workers.
    """
    n = max(limits.floor, work.earlier)
    kept = n - len(replace_replications(work, n).missing)
    tell(f"{'; '.join(rule.text for rule in rules)}: {limits.floor:,} replications at least, "
         f"{limits.ceiling:,} at most; what is still needed is told after each look")  # fmt: skip
    looks: list[tuple[Look, ...]] = []
    while True:
        replace_replications(work, n)
        simulate()
        with _put_together(work) as ds:
            looks.append(tuple(Look(rule, n, *rule.found(ds)) for rule in rules))
            took = facts_of(ds).engine_seconds
        seconds = math.nan if took is None else took / n
        wants = max(look.needed for look in looks[-1])
        following = n if all(look.is_enough for look in looks[-1]) else next_look(n, wants, limits)
        tell(said(looks[-1], following, seconds))
        if following == n:
            return Reached(tuple(looks), limits, kept)
        n = following


def replace_replications(work: Work, n: int) -> Work:
    """Set the replications of a run, and give it back."""
    work.scenario = replace(work.scenario, replications=n)
    return work


@contextmanager
def _put_together(work: Work) -> Iterator[xr.Dataset]:
    """Give the results as they would be with the replications so far."""
    if work.earlier == work.scenario.replications:
        with opened_lazily(work.destination / "results.nc") as ds:
            yield ds
        return
    folder = work.folder / LOOK
    folder.mkdir()
    try:
        with work.assembled(folder) as ds:
            yield ds
    finally:
        shutil.rmtree(folder)


def said(looks: Sequence[Look], following: int, seconds: float) -> str:
    """Say what a look found, and what it will take to go on; ``seconds`` of a core a replication, NaN if not known."""
    n = looks[0].replications
    found = "; ".join(
        f"{look.rule.figure} is {look.mean:,.5g}, give or take {look.half_width:,.3g} "
        f"(wanted: {look.wanted:,.3g})" for look in looks
    )  # fmt: skip
    if all(look.is_enough for look in looks):
        return f"after {n:,} replications {found}: close enough"
    if following == n:
        return f"after {n:,} replications {found}: not close enough, and no more may be run"
    wants = max(look.needed for look in looks)
    many = f"about {math.ceil(wants):,} replications are needed" if math.isfinite(wants) else "no number may do"
    time = f", some {time_in_words(seconds * (wants - n))} of a core more" if math.isfinite(seconds * wants) else ""
    return f"after {n:,} replications {found}: {many}{time}; the next look is at {following:,}"
