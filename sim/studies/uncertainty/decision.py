"""What a table of draws says about a decision: which regime is best, how sure that is, and what to find out first."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.frontier import acceptability, probability_above
from sim.economics.voi import FOLDS, InformationValue, evpi, evppi_table, expected_loss, fitted, terms_of_fit
from sim.results.quantity import OutputName
from sim.studies.uncertainty.answer import Doubt, doubt, facts_of_draws, net_benefits, samples

RATIOS = (1.0, 1.5, 2.0)
TAILS = (0.025, 0.975)
FEWEST = 80
"""Draws below which nothing is said about single parameters: a fit would follow the noise."""
MOST_GROUPED = 4
"""Parameters of a group that a joint fit takes: those that are worth most alone."""


@dataclass(frozen=True)
class Standing:
    """One regime over the draws.

    ``net`` is its net present value against the baseline (pounds, None for the baseline); ``best`` the probability
    that no regime has a larger one; ``loss`` what choosing it is expected to lose; ``ratio_above`` P(BCR > x) by x,
    over the draws in which it costs more than the baseline.
    """

    regime: str
    net: Doubt | None
    best: float
    gains: float
    loss: float
    ratio_above: dict[float, float]


@dataclass(frozen=True)
class KnowledgeWorth:
    """A parameter or group: what knowing it is worth, and where it takes the net present value of a regime.

    ``at_low`` and ``at_high`` are the fitted means where the parameter is at its 2.5% and 97.5% quantiles; NaN for
    groups.
    """

    name: str
    value: InformationValue
    at_low: float
    at_high: float


@dataclass(frozen=True)
class Decision:
    """All that is said about one ledger."""

    ledger: str
    baseline: str
    draws: int
    standings: tuple[Standing, ...]
    evpi: InformationValue
    parameters: tuple[KnowledgeWorth, ...]
    groups: tuple[KnowledgeWorth, ...]
    leading: str
    """The regime with the highest mean net present value beside the baseline: what the parameters move."""
    terms: str


def terms_of_draws(table: xr.Dataset, ledger: str) -> str:
    """Say what the pounds of a table of draws are, in one ledger."""
    return f"{ledger} ledger, resources alone, {facts_of_draws(table).terms or 'prices of no stated year'}"


def decide(table: xr.Dataset, ledger: str) -> Decision:
    """Weigh the regimes of a table of draws in one ledger.

    Parameters
    ----------
    table
        See ``sim.studies.uncertainty.answer.to_table``.
    ledger
        Whose costs count; resources only.

    Raises
    ------
    ValueError
        If there are fewer than two draws or no regime beside the baseline.
    """
    baseline = facts_of_draws(table).baseline
    regimes, benefit = net_benefits(table, baseline, ledger)
    if len(regimes) < 2 or len(benefit) < 2:
        raise ValueError(f"{len(regimes)} regimes and {len(benefit)} draws: a decision needs two of each at least")
    chances = acceptability(-benefit, np.zeros_like(benefit), [0.0])[0]
    losses = expected_loss(benefit)
    standings = tuple(
        Standing(
            regime,
            doubt(table, str(OutputName("net", regime, ledger, baseline))) if i else None,
            float(chances[i]), probability_above(benefit[:, i], 0.0), float(losses[i]),
            _ratios(table, regime, baseline, ledger) if i else {},
        )
        for i, regime in enumerate(regimes)
    )  # fmt: skip
    leading = max(range(1, len(regimes)), key=lambda i: benefit[:, i].mean())
    worth = _worth(table, benefit, leading) if len(benefit) >= FEWEST else ()
    return Decision(
        ledger, baseline, len(benefit), standings, evpi(benefit), worth, _groups(table, benefit, worth),
        regimes[leading], terms_of_draws(table, ledger),
    )  # fmt: skip


def _ratios(table: xr.Dataset, regime: str, baseline: str, ledger: str) -> dict[float, float]:
    """Give P(BCR > x): gross saving over what intervention costs, in draws in which it costs anything."""
    spent, saved = (
        samples(table, str(OutputName(measure, regime, ledger, baseline))) for measure in ("intervention", "gross")
    )
    costs = spent > 0
    return {x: float((saved[costs] > x * spent[costs]).mean()) for x in RATIOS} if costs.any() else {}


def _worth(table: xr.Dataset, benefit: FloatArray, leading: int) -> tuple[KnowledgeWorth, ...]:
    """Give every parameter's worth, the largest first; those that do not vary are left out."""
    names = [str(name) for name in table["parameter"].values]
    inputs = {name: draws for name, draws in zip(names, table["inputs"].values.T, strict=True) if np.ptp(draws) > 0}
    values = evppi_table(benefit, inputs)
    found = [KnowledgeWorth(name, values[name], *_swing(benefit[:, leading], draws)) for name, draws in inputs.items()]
    return tuple(sorted(found, key=lambda one: (-one.value.value, -abs(one.at_high - one.at_low))))


def _swing(benefit: FloatArray, draws: FloatArray) -> tuple[float, float]:
    """Give the fitted mean net benefit at the two ends of a parameter."""
    fit = fitted(np.stack([np.zeros_like(benefit), benefit], axis=1), draws[:, None])[:, 1]
    order = np.argsort(draws, kind="stable")
    low, high = np.interp(np.quantile(draws, TAILS), draws[order], fit[order])
    return float(low), float(high)


def _groups(table: xr.Dataset, benefit: FloatArray, worth: tuple[KnowledgeWorth, ...]) -> tuple[KnowledgeWorth, ...]:
    """Give the worth of each group of the config, from the few of its members that are worth most.

    A joint fit takes more terms than few draws can bear; groups are then cut down to what fits.
    """
    most = max((k for k in range(1, MOST_GROUPED + 1) if terms_of_fit(k) * FOLDS <= len(benefit)), default=1)
    groups = {name: set(of) for name, of in facts_of_draws(table).groups.items()}
    ranked = [one.name for one in worth]
    chosen = {name: [one for one in ranked if one in of][:most] for name, of in groups.items()}
    chosen = {name: of for name, of in chosen.items() if of}
    inputs = {one: np.asarray(table["inputs"].sel(parameter=one).values) for of in chosen.values() for one in of}
    values = evppi_table(benefit, inputs, chosen)
    found = [KnowledgeWorth(name, values[name], np.nan, np.nan) for name in chosen]
    return tuple(sorted(found, key=lambda one: -one.value.value))
