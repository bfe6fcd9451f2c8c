"""What doubt about the inputs makes of the results: many draws of the parameters, each solved, side by side.

Regimes of one draw share it, so that differences between them are paired.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr

from sim.arrays import FloatArray, finite
from sim.economics.value.account_figures import account_figures
from sim.economics.value.appraisal import Appraisal, appraise
from sim.errors import ModelError, Problem
from sim.intervals import Estimate
from sim.model.titles import Titles
from sim.results.facts import JSON, facts_of, read_facts, written
from sim.results.quantity import OutputName
from sim.results.summary import cost_per_family_year
from sim.results.worlds import of_world, world_names
from sim.runs.beliefs.draws import Uncertain
from sim.runs.points import Solved

VIEW = "social"
OUTCOME = "outcome"
OUTCOMES = "outcomes"
"""What stands for a ledger where outcomes are weighed against each other."""
WORTH = {"qalys": 20_000.0, "qaly": 20_000.0, "cost": -1.0, "costs": -1.0}
"""Pounds of one unit of an outcome where the config says nothing: a quality-adjusted life year at the lower end of the
£20,000 to £30,000 within which NICE takes help to be worth its cost (NICE 2022, Health technology evaluations: the
manual, PMG36, chapter 6; £25,000 to £35,000 for medicines since 2026), a pound of cost at minus one. The Green Book (HM
Treasury 2022) values the same year at £70,000 in 2020/21 prices, for society and not for the health service: write it
to use it."""


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
        Of every outcome its mean a row, over its own discounting: ``outcome|regime|name``. Of every account its
        figures, see ``account_figures``.
    """
    values: dict[str, float] = {}
    errors: dict[str, float] = {}
    alone = 0.0 if facts_of(ds).is_exact else float("nan")  # one replication does not say how noisy it is
    for name, samples in outputs(ds, appraise(ds)).items():
        values[name] = float(np.mean(samples))
        errors[name] = float(np.std(samples, ddof=1) / np.sqrt(len(samples))) if len(samples) > 1 else alone
    for named, (mean, error) in account_figures(ds).items():
        values[str(named)], errors[str(named)] = mean, error
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
    for world in world_names(ds):
        for name in (str(one) for one in ds["outcome"].values):
            of_outcome = np.asarray(of_world(ds, world, "outcomes").sel(outcome=name).values, dtype=np.float64)
            found[str(OutputName(OUTCOME, world.regime, name))] = of_outcome
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
    worth: Mapping[str, float] = field(metadata=JSON, default_factory=dict)
    """Pounds that one unit of an outcome is worth, of those that are weighed."""
    unit: str = ""
    """Whom outcomes are a mean over."""
    redrawn: int = 0
    """Draws that made no model and were drawn again."""
    regime_titles: Mapping[str, str] = field(metadata=JSON, default_factory=dict)
    """What people read instead of the names of regimes."""
    set_titles: Mapping[str, str] = field(metadata=JSON, default_factory=dict)
    """The same of evidence sets."""

    @property
    def titles(self) -> Titles:
        """What people read instead of names."""
        return Titles(self.regime_titles, self.set_titles)


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
    return spread_of(output, samples(table, output), np.asarray(table["error"].sel(output=output).values))


def spread_of(output: str, values: FloatArray, error: FloatArray) -> Doubt:
    """Describe values with their standard errors, (draw,) each, as ``doubt`` does; an error of NaN is not known."""
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


def weighed(table: xr.Dataset) -> list[str]:
    """List what regimes can be weighed in: ledgers, and outcomes where some have a worth."""
    ledgers = sorted({one.ledger for one in quantities(table) if one.measure == "net"})
    return [*ledgers, *([OUTCOMES] if len(outcome_regimes(table)) > 1 and facts_of_draws(table).worth else [])]


def outcome_regimes(table: xr.Dataset) -> list[str]:
    """List the regimes that have outcomes, the baseline first."""
    there = dict.fromkeys(one.regime for one in quantities(table) if one.measure == OUTCOME)
    return sorted(there, key=lambda regime: regime != facts_of_draws(table).baseline)


def worth_of(table: xr.Dataset, regime: str, worth: Mapping[str, float]) -> FloatArray:
    """Give what the outcomes of a regime are worth, pounds a row, (draw,)."""
    parts = [each * samples(table, str(OutputName(OUTCOME, regime, name))) for name, each in worth.items()]
    return np.sum(parts, axis=0) if parts else np.zeros(table.sizes["draw"])


def net_output(table: xr.Dataset, regime: str, ledger: str, measure: str = "net") -> tuple[FloatArray, FloatArray]:
    """Give a regime's net, gross or intervention over the baseline in a ledger or in outcomes, with errors, (draw,).

    Of outcomes gross is what those with a positive worth are worth more, intervention what those with a negative one
    cost more, pounds a row; their errors are added as of regimes that were simulated apart, which is at most too much.
    """
    facts = facts_of_draws(table)
    if ledger != OUTCOMES:
        name = str(OutputName(measure, regime, ledger, facts.baseline))
        return samples(table, name), np.asarray(table["error"].sel(output=name).values)
    sign = {"net": 0, "gross": 1, "intervention": -1}[measure]
    worth = {name: each for name, each in facts.worth.items() if sign * each > 0 or not sign}
    more = worth_of(table, regime, worth) - worth_of(table, facts.baseline, worth)
    noise = [np.zeros(len(more))]
    for name, each in worth.items():
        for one in (regime, facts.baseline):
            noise.append(each * np.asarray(table["error"].sel(output=str(OutputName(OUTCOME, one, name))).values))
    return (-more if sign < 0 else more), np.sqrt(np.sum(np.square(noise), axis=0))


def net_benefits(table: xr.Dataset, baseline: str, ledger: str) -> tuple[list[str], FloatArray]:
    """Give the regimes with the baseline first, and their net benefit over it in pounds, (draw, regime).

    In outcomes it is a row's net monetary benefit: what its outcomes are worth (Stinnett and Mullahy 1998).
    """
    if ledger == OUTCOMES:
        others = [regime for regime in outcome_regimes(table) if regime != baseline]
        more = [net_output(table, regime, ledger)[0] for regime in others]
        return [baseline, *others], np.stack([np.zeros(table.sizes["draw"]), *more], axis=1)
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


def target_of(share: str | None, output: str | None) -> tuple[str, float] | None:
    """Read what precision is asked for: ``1%`` or ``0.01`` of the mean of an output.

    Raises
    ------
    ModelError
        When one of the two is missing or the share is none.
    """
    if share is None and output is None:
        return None
    text = (share or "").strip()
    try:
        number = float(text.rstrip("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        number = 0.0
    if output is None or not 0.0 < number < 1.0:
        given = f"given --target-error {share} --on {output}"
        raise ModelError([Problem("", "", f"{given}; write both, such as --target-error 1% --on 'cost|siloed|narrow'")])
    return output, number


def interval_of(found: Doubt) -> Estimate:
    """Give mean and 95% range as results know them."""
    return Estimate(found.mean, found.low, found.high)
