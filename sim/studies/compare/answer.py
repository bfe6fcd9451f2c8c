"""Two finished runs held against each other: which headline figures differ, by how much, and how sure that is.

Random numbers are keyed by seed, replication and family, so replication r of one run lives the same fate as replication
r of the other where seed and population agree. Then the difference is taken within replications and its interval is the
paired one, which is valid and narrower. Otherwise the runs count as independent and the interval is Welch's.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from scipy.special import stdtrit

from sim.arrays import FloatArray
from sim.economics.report import full_appraisal
from sim.economics.value.terms import terms_of
from sim.errors import ResultError
from sim.intervals import UPPER_TAIL, Estimate, over_replications
from sim.results.costs import compared_ledgers
from sim.results.facts import facts_of
from sim.results.shown import looked_after
from sim.results.summary import Summary, cost_per_family_year, window_start
from sim.results.worlds import WorldName, baseline_of, of_world, world_names

ROUNDING = 1e-9
COST_MINUS, VALUE_AGAINST = "cost minus ", "net present value against "
"""How measures begin that hold a regime against its baseline, whose name follows."""
Key = tuple[str, str, str]
"""World, measure and item of a figure."""


@dataclass(frozen=True)
class SampledFigure:
    """A figure of one run: its estimate, and its value in each replication where that is known."""

    estimate: Estimate
    unit: str
    samples: FloatArray | None = None


@dataclass(frozen=True)
class Compared:
    """A figure of two runs, and B minus A; ``overlap`` is None where a run has no interval."""

    world: str
    measure: str
    item: str
    unit: str
    a: Estimate
    b: Estimate
    difference: Estimate
    overlap: bool | None

    @property
    def differs(self) -> bool:
        """Whether the two runs say different things, beyond what the order of additions makes."""
        if math.isnan(self.a.mean) or math.isnan(self.b.mean):
            return math.isnan(self.a.mean) != math.isnan(self.b.mean)
        ends = zip((self.a.mean, self.a.low, self.a.high), (self.b.mean, self.b.low, self.b.high), strict=True)
        return not all(_same(a, b) for a, b in ends)


def _same(a: float | None, b: float | None) -> bool:
    """Whether two figures are the same but for rounding in the last digits."""
    return a == b if a is None or b is None else math.isclose(a, b, rel_tol=ROUNDING, abs_tol=ROUNDING)


@dataclass(frozen=True)
class RunsCompared:
    """Every figure that both runs have; ``why_not_paired`` is empty where the pairing of replications is valid.

    ``only_a`` and ``only_b`` are the worlds of one run alone, ``left_out_a`` and ``left_out_b`` the figures that one
    run alone has of a world that both have (of any world where no figure is in both).
    """

    figures: tuple[Compared, ...]
    only_a: tuple[str, ...]
    only_b: tuple[str, ...]
    left_out_a: tuple[str, ...]
    left_out_b: tuple[str, ...]
    why_not_paired: str
    remarks: tuple[str, ...]


def compare_runs(a: tuple[xr.Dataset, Summary], b: tuple[xr.Dataset, Summary]) -> RunsCompared:
    """Compare the headline figures of two runs.

    Parameters
    ----------
    a, b
        Dataset and summary of each, as ``sim.results.folder.store.read_results`` gives them.

    Returns
    -------
        B minus A of each figure that both have, in the order of A.

    Raises
    ------
    ResultError
        If both are priced, in pounds of different years.
    """
    years = [facts_of(ds).price_year for ds, _ in (a, b) if ds.sizes["line"]]
    if len(set(years)) > 1:
        raise ResultError(
            f"pounds are of {years[0] or 'no stated year'} in A and of {years[1] or 'no stated year'} in B, and cannot "
            "be taken from each other; run one again with --set price_year=..."
        )
    left, right = dict(_figures(*a)), dict(_figures(*b))
    why = why_not_paired(a[0], b[0])
    worlds = [[world.name for world in world_names(ds)] for ds, _ in (a, b)]
    return RunsCompared(
        tuple(_compared(key, left[key], right[key], paired=not why) for key in left if key in right),
        tuple(name for name in worlds[0] if name not in worlds[1]),
        tuple(name for name in worlds[1] if name not in worlds[0]),
        _left_out(left, right, worlds[1]),
        _left_out(right, left, worlds[0]),
        why,
        tuple(_remarks(a[0], b[0])),
    )


def _left_out(mine: Iterable[Key], theirs: Collection[Key], worlds: Collection[str]) -> tuple[str, ...]:
    """Name figures that the other run lacks, once each: those of worlds that it has, of all where it shares none."""
    mine = list(mine)
    shares = any(key in theirs for key in mine)
    lacking = [key for key in mine if key not in theirs and (key[0] in worlds or not shares)]
    return tuple(dict.fromkeys(f"{measure} {item}".strip() for _, measure, item in lacking))


def why_not_paired(a: xr.Dataset, b: xr.Dataset) -> str:
    """Say why replications of two runs do not belong together; nothing where they do."""
    same = {
        "the seeds differ": facts_of(a).seed == facts_of(b).seed,
        "the baselines differ": facts_of(a).baseline == facts_of(b).baseline,
        "the numbers of rows differ": facts_of(a).rows == facts_of(b).rows,
        "the clocks differ": _clock(a) == _clock(b),
        "the replications differ": np.array_equal(a["replication"].values, b["replication"].values),
        "there is one replication only": min(a.sizes["replication"], b.sizes["replication"]) > 1,
        "expected values have no replications": not (facts_of(a).is_exact or facts_of(b).is_exact),
    }
    return "; ".join(reason for reason, holds in same.items() if not holds)


def _clock(ds: xr.Dataset) -> tuple[Any, ...]:
    """Give what makes the steps of a run."""
    return facts_of(ds).step, facts_of(ds).step_years, facts_of(ds).start, ds.sizes["step"]


def _remarks(a: xr.Dataset, b: xr.Dataset) -> Iterator[str]:
    """Say what makes figures of two runs hard to compare."""
    mine, theirs = terms_of(a), terms_of(b)
    for name in ("schedule", "base_year", "ledger"):
        if (x := getattr(mine, name)) != (y := getattr(theirs, name)):
            yield f"Net present values have the {name.replace('_', ' ')} {x} in A and {y} in B."
    if window_start(a) != window_start(b):
        yield f"Costs count from step {window_start(a)} in A and from step {window_start(b)} in B."
    if facts_of(a).step_years * a.sizes["step"] != facts_of(b).step_years * b.sizes["step"]:
        yield "The runs are not of the same length."


def _figures(ds: xr.Dataset, summary: Summary) -> Iterator[tuple[Key, SampledFigure]]:
    """Give the headline figures of a run."""
    for world in world_names(ds):
        base = baseline_of(ds, world)
        yield from _costs(ds, summary, world, base)
        for outcome in (str(name) for name in ds["outcome"].values):
            samples = np.asarray(of_world(ds, world, "outcomes").sel(outcome=outcome).values, dtype=np.float64)
            estimate = _read(summary["regimes"][world.name]["outcomes"][outcome])
            yield (world.name, "outcome", outcome), SampledFigure(estimate, "", samples)
        for service, wait in summary["regimes"][world.name]["wait_months"].items():
            if wait["mean"] is not None:
                yield (world.name, "mean wait", service), SampledFigure(Estimate(wait["mean"]), "months")
        care = looked_after(summary["regimes"][world.name])
        if care is not None:
            yield (world.name, "share at the end", "looked after"), SampledFigure(Estimate(care), "share")
    yield from _worth(ds)


def _costs(ds: xr.Dataset, summary: Summary, world: WorldName, base: WorldName) -> Iterator[tuple[Key, SampledFigure]]:
    """Give cost per row and year, and its difference to the baseline of the same run."""
    for ledger in (str(name) for name in ds["ledger"].values):
        samples = cost_per_family_year(ds, world, ledger)
        estimate = _read(summary["regimes"][world.name]["cost_per_family_year"][ledger])
        yield (world.name, "cost", ledger), SampledFigure(estimate, "£", samples)
        if world != base and ledger in compared_ledgers(ds, world.effect_set):
            change = _read(summary["differences"][world.name]["cost_per_family_year"][ledger])
            less = samples - cost_per_family_year(ds, base, ledger)
            yield (world.name, f"{COST_MINUS}{base.regime}", ledger), SampledFigure(change, "£", less)


def _worth(ds: xr.Dataset) -> Iterator[tuple[Key, SampledFigure]]:
    """Give net present social value of each comparison in the headline ledger."""
    full = full_appraisal(ds)
    for found in full.found:
        net = found.compared.view(full.terms.ledger, "social").net
        against = found.compared.against.regime
        key = (found.compared.world.name, f"{VALUE_AGAINST}{against}", full.terms.ledger)
        yield (
            key,
            SampledFigure(net.estimate(sampled=full.terms.sampled), "£m", np.asarray(net.amount, dtype=np.float64)),
        )


def _read(figures: dict[str, Any]) -> Estimate:
    """Read an estimate of a summary; NaN where there is no mean."""
    mean = figures["mean"]
    return Estimate(math.nan if mean is None else mean, figures["low"], figures["high"])


def _compared(key: Key, a: SampledFigure, b: SampledFigure, *, paired: bool) -> Compared:
    """Compare one figure."""
    return Compared(
        *key, a.unit, a.estimate, b.estimate, difference(a, b, paired=paired), overlap(a.estimate, b.estimate)
    )


def overlap(a: Estimate, b: Estimate) -> bool | None:
    """Whether two intervals have a value in common; None where one has no ends."""
    if a.low is None or a.high is None or b.low is None or b.high is None:
        return None
    return a.low <= b.high and b.low <= a.high


def difference(a: SampledFigure, b: SampledFigure, *, paired: bool) -> Estimate:
    """Give B minus A with its 95% interval: paired within replications, else as of independent runs.

    Of runs with one replication, whose intervals come from the variance between families, the half widths add up as
    independent ones do. There is none where a run is no sample.
    """
    mean = b.estimate.mean - a.estimate.mean
    if a.estimate.high is None or b.estimate.high is None or a.samples is None or b.samples is None:
        return Estimate(mean)
    if paired:
        return over_replications(b.samples - a.samples)
    if min(a.samples.size, b.samples.size) > 1:
        return welch(a.samples, b.samples)
    half = math.hypot(a.estimate.high - a.estimate.mean, b.estimate.high - b.estimate.mean)
    return Estimate(mean, mean - half, mean + half)


def welch(a: FloatArray, b: FloatArray) -> Estimate:
    """Give the mean of b minus that of a with Welch's interval for independent samples, of two or more each."""
    mean = float(b.mean() - a.mean())
    parts = [float(x.var(ddof=1)) / x.size for x in (a, b)]
    variance = sum(parts)
    if not variance > 0:
        return Estimate(mean, mean, mean)
    freedom = variance**2 / sum(part**2 / (x.size - 1) for part, x in zip(parts, (a, b), strict=True))
    half = float(stdtrit(freedom, UPPER_TAIL)) * math.sqrt(variance)
    return Estimate(mean, mean - half, mean + half)
