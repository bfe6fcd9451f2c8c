"""What doubt about the inputs makes of the results: many draws of the parameters, each solved, side by side.

Regimes of one draw share it, so that differences between them are paired.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr

from sim.arrays import FloatArray, finite
from sim.economics.value.appraisal import Appraisal, appraise
from sim.intervals import Estimate
from sim.results.facts import JSON, facts_of, read_facts, written
from sim.results.quantity import OutputName
from sim.results.summary import cost_per_family_year
from sim.results.worlds import world_names
from sim.runs.beliefs.draws import Uncertain
from sim.runs.points import Solved

VIEW = "social"


def solved(ds: xr.Dataset, draw: int, effect_set: str, inputs: FloatArray) -> Solved:
    """Keep what decisions rest on of one draw.

    Parameters
    ----------
    ds
        The study under this draw, one evidence set.
    draw, effect_set, inputs
        The draw's number, its evidence set and its parameters, (parameter,).

    Returns
    -------
        For every regime the cost per family-year by ledger, and against the baseline and each other regime the net
        present value, gross saving and intervention cost (resources, pounds); named ``what|regime[|against]|ledger``.
    """
    values: dict[str, float] = {}
    errors: dict[str, float] = {}
    alone = 0.0 if facts_of(ds).is_exact else float("nan")  # one replication does not say how noisy it is
    for name, samples in outputs(ds, appraise(ds)).items():
        values[name] = float(np.mean(samples))
        errors[name] = float(np.std(samples, ddof=1) / np.sqrt(len(samples))) if len(samples) > 1 else alone
    return Solved(draw, effect_set, inputs, values, errors)


def outputs(ds: xr.Dataset, appraisal: Appraisal) -> dict[str, FloatArray]:
    """Give every output by replication, (replication,)."""
    found = {}
    for world in world_names(ds):
        for ledger in (str(name) for name in ds["ledger"].values):
            found[str(OutputName("cost", world.regime, ledger))] = cost_per_family_year(ds, world, ledger)
    for compared in appraisal.comparisons:
        regime, against = compared.world.regime, compared.against.regime
        for view in compared.views:
            if view.view == VIEW:
                for what in ("net", "gross", "intervention", "cashable"):
                    found[str(OutputName(what, regime, view.ledger, against))] = getattr(view, what).amount
    return found


@dataclass(frozen=True)
class DrawFacts:
    """What a table of draws is of; its attributes, read by ``facts_of_draws``."""

    title: str = ""
    seed: int = 0
    baseline: str = ""
    price_year: str = ""
    weights: Mapping[str, float] = field(metadata=JSON, default_factory=dict)
    """How much each evidence set is believed."""
    solver: str = ""
    groups: Mapping[str, list[str]] = field(metadata=JSON, default_factory=dict)
    """Inputs by name of their group."""
    terms: str = ""
    """What pounds are, but for their ledger."""
    beliefs: Mapping[str, list[object]] = field(metadata=JSON, default_factory=dict)
    """Of each input: best estimate, low, high, distribution, whether drawn with others."""
    redrawn: int = 0
    """Draws that made no model and were drawn again."""


def facts_of_draws(table: xr.Dataset) -> DrawFacts:
    """Give what a table of draws is of."""
    return read_facts(DrawFacts, table)


def to_table(solved: Iterable[Solved], uncertain: Sequence[Uncertain], facts: DrawFacts) -> xr.Dataset:
    """Put draws together in their order.

    Returns
    -------
        ``inputs`` (draw, parameter), ``outputs`` and ``error`` (draw, output), ``effect_set`` (draw,); the facts as
        attributes.

    Raises
    ------
    ValueError
        If there is none.
    """
    rows = sorted(solved, key=lambda one: one.draw)
    if not rows:
        raise ValueError("there is no draw to make results of")
    names = list(rows[0].values)
    return xr.Dataset(
        {
            "inputs": (("draw", "parameter"), np.stack([one.inputs for one in rows])),
            "outputs": (("draw", "output"), np.array([[one.values[name] for name in names] for one in rows])),
            "error": (("draw", "output"), np.array([[one.errors[name] for name in names] for one in rows])),
            "effect_set": ("draw", np.array([one.effect_set for one in rows], dtype=np.str_)),
        },
        {
            "draw": [one.draw for one in rows],
            "parameter": np.array([one.name for one in uncertain], dtype=np.str_),
            "output": np.array(names, dtype=np.str_),
        },
        written(replace(facts, redrawn=sum(one.redrawn for one in rows))),
    )


@dataclass(frozen=True)
class Doubt:
    """How sure one output is: mean and 95% range over draws, and how much of the spread is mere simulation noise.

    ``parameter_sd`` is the spread that the inputs make, ``monte_carlo_sd`` what too few replications add to it;
    ``standard_error`` is that of the mean over draws. With one replication a draw the noise is not known, NaN, and is
    part of ``parameter_sd``.
    """

    output: str
    mean: float
    low: float
    high: float
    parameter_sd: float
    monte_carlo_sd: float
    standard_error: float


def doubt(table: xr.Dataset, output: str) -> Doubt:
    """Describe one output of a table of draws.

    The variance over draws is that of the inputs plus the mean squared standard error of a draw; what is left of it
    after taking the latter off is the inputs' part (law of total variance; O'Hagan, Stevenson and Madan 2007).
    """
    values, error = samples(table, output), np.asarray(table["error"].sel(output=output).values)
    total, noise = float(np.var(values, ddof=1)) if len(values) > 1 else 0.0, float(np.mean(error**2))
    low, high = (float(q) for q in np.quantile(values, [0.025, 0.975]))
    return Doubt(
        output, float(values.mean()), low, high, max(total - np.nan_to_num(noise), 0.0) ** 0.5, noise**0.5,
        (total / len(values)) ** 0.5,
    )  # fmt: skip


def samples(table: xr.Dataset, output: str) -> FloatArray:
    """Give one output of every draw, (draw,).

    Raises
    ------
    ValueError
        If there is no such output, naming those there are; if it is no finite number in some draws.
    """
    there = [str(name) for name in table["output"].values]
    if output not in there:
        raise ValueError(f"there is no output '{output}'; there are {', '.join(there)}")
    return finite(f"draws of {output}", table["outputs"].sel(output=output).values)


def quantities(table: xr.Dataset) -> list[OutputName]:
    """List the outputs of a table of draws, taken apart."""
    return [OutputName.parse(str(name)) for name in table["output"].values]


def net_benefits(table: xr.Dataset, baseline: str, ledger: str) -> tuple[list[str], FloatArray]:
    """Give the regimes with the baseline first, and their net benefit over it in pounds, (draw, regime)."""
    regimes = [
        one.regime for one in quantities(table)
        if (one.measure, one.against, one.ledger) == ("net", baseline, ledger)
    ]  # fmt: skip
    columns = [samples(table, str(OutputName("net", regime, ledger, baseline))) for regime in regimes]
    return [baseline, *regimes], np.stack([np.zeros(table.sizes["draw"]), *columns], axis=1)


def enough(table: xr.Dataset, output: str, target: float) -> tuple[bool, float]:
    """Say whether the mean of an output is known to a share of itself, and what share was reached (95%).

    ``target`` 0.01 asks that 1.96 standard errors be at most 1% of the mean.
    """
    found = doubt(table, output)
    reached = 1.96 * found.standard_error / abs(found.mean) if found.mean else np.inf
    return bool(reached <= target), float(reached)


def interval_of(found: Doubt) -> Estimate:
    """Give mean and 95% range as results know them."""
    return Estimate(found.mean, found.low, found.high)
