"""What a table of draws says about a decision: which regime is best, how sure that is, and what to find out first."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.frontier import acceptability, probability_above
from sim.economics.voi import FOLDS, InformationValue, evpi, evppi_table, expected_loss, fitted, terms_of_fit
from sim.model.titles import Titles
from sim.studies.uncertainty.answer import (
    OUTCOMES,
    Doubt,
    facts_of_draws,
    net_benefits,
    net_output,
    outcome_regimes,
    spread_of,
    worth_of,
)
from sim.studies.uncertainty.conditions import FEWEST, Conditions, conditions_of, pair_of, varied

RATIOS = (1.0, 1.5, 2.0)
TIMES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 3.5)
"""Times the worth of outcomes at which acceptability is given: £0 to £70,000 a QALY at the default."""
TAILS = (0.025, 0.975)
EVEN = "uniform"
"""What is believed of an input that is taken over a range; no config can say it of a figure."""
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
    why_no_worth: str = ""
    """Why nothing is said of single inputs and groups, if so."""
    conditions: Conditions | None = None
    """Where the leading regime is worth its cost; None where draws are too few."""
    acceptable: tuple[tuple[float, dict[str, float]], ...] = ()
    """Where outcomes are weighed: times their worth (costs stay), and the probability that each regime is best then."""
    titles: Titles = field(default_factory=Titles)
    """What people read instead of names."""

    def says(self, regime: str) -> str:
        """Say which regime."""
        return self.titles.regime(regime)

    @property
    def what(self) -> str:
        """What is weighed, in words."""
        return "net monetary benefit" if self.ledger == OUTCOMES else "net present value"


def terms_of_draws(table: xr.Dataset, ledger: str) -> str:
    """Say what the pounds of a table of draws are, in one ledger or in outcomes."""
    facts = facts_of_draws(table)
    if ledger == OUTCOMES:
        worths = ", ".join(
            f"{name.replace('_', ' ')} at {'minus ' if each < 0 else ''}£{abs(each):,g}"
            for name, each in facts.worth.items()
        )
        return f"a {facts.unit or 'row'} over the run, {worths}, each discounted as its outcome is"
    return f"{ledger} ledger, resources alone, {facts.terms or 'prices of no stated year'}"


def decide(table: xr.Dataset, ledger: str, surface: str | None = None) -> Decision:
    """Weigh the regimes of a table of draws in one ledger.

    Parameters
    ----------
    table
        See ``sim.studies.uncertainty.answer.to_table``.
    ledger
        Whose costs count, resources only; ``outcomes`` weighs outcomes at what one unit of each is worth.
    surface
        Two inputs with a comma between, of the break-even surface; by default those that move the result most.

    Raises
    ------
    ValueError
        If there are fewer than two draws or no regime beside the baseline.
    ModelError
        If ``surface`` names no two inputs that are drawn.
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
            spread_of("net", *net_output(table, regime, ledger)) if i else None,
            float(chances[i]), probability_above(benefit[:, i], 0.0), float(losses[i]),
            _ratios(table, regime, ledger) if i else {},
        )
        for i, regime in enumerate(regimes)
    )  # fmt: skip
    leading = max(range(1, len(regimes)), key=lambda i: benefit[:, i].mean())
    why = _why_no_worth(table)
    worth = () if why else _worth(table, benefit, leading)
    inputs = varied(table)
    pair = pair_of(surface, inputs) if surface else None
    where = conditions_of(inputs, benefit[:, leading], pair=pair, ends=taken_over(table))
    return Decision(
        ledger, baseline, len(benefit), standings, evpi(benefit), worth, _groups(table, benefit, worth),
        regimes[leading], terms_of_draws(table, ledger), why, where, _acceptable(table) if ledger == OUTCOMES else (),
        facts_of_draws(table).titles,
    )  # fmt: skip


def taken_over(table: xr.Dataset) -> dict[str, tuple[float, float]]:
    """Give the ranges of inputs that were taken evenly over one for a surface, whatever is believed of them."""
    told = facts_of_draws(table).beliefs
    return {name: (float(str(low)), float(str(high))) for name, (_, low, high, kind, _) in told.items() if kind == EVEN}


def _why_no_worth(table: xr.Dataset) -> str:
    """Say why nothing can be said of single inputs, or nothing."""
    if table.sizes["draw"] < FEWEST:
        return f"{table.sizes['draw']:,} draws are too few to tell what single inputs are worth: give {FEWEST} or more"
    if not table.sizes["parameter"] or not np.ptp(table["inputs"].values, axis=0).any():
        return "no input differs from draw to draw"
    return ""


def _acceptable(table: xr.Dataset) -> tuple[tuple[float, dict[str, float]], ...]:
    """Give how likely each regime is to be best as outcomes with a positive worth are worth less or more."""
    worth, regimes = facts_of_draws(table).worth, outcome_regimes(table)
    parts = ({n: w for n, w in worth.items() if w < 0}, {n: w for n, w in worth.items() if w >= 0})
    less, more = (np.stack([worth_of(table, regime, part) for regime in regimes], axis=1) for part in parts)
    best = [dict(zip(regimes, map(float, row), strict=True)) for row in acceptability(-less, more, TIMES)]
    return tuple(zip(TIMES, best, strict=True))


def _ratios(table: xr.Dataset, regime: str, ledger: str) -> dict[float, float]:
    """Give P(BCR > x): gross saving over what intervention costs, in draws in which it costs anything."""
    spent, saved = (net_output(table, regime, ledger, measure)[0] for measure in ("intervention", "gross"))
    costs = spent > 0
    return {x: float((saved[costs] > x * spent[costs]).mean()) for x in RATIOS} if costs.any() else {}


def _worth(table: xr.Dataset, benefit: FloatArray, leading: int) -> tuple[KnowledgeWorth, ...]:
    """Give every parameter's worth, the largest first; those that do not vary are left out."""
    names = [str(name) for name in table["parameter"].values]
    inputs = {name: draws for name, draws in zip(names, table["inputs"].values.T, strict=True) if np.ptp(draws) > 0}
    values = evppi_table(benefit, inputs)
    found = [KnowledgeWorth(name, values[name], *swing(benefit[:, leading], draws)) for name, draws in inputs.items()]
    return tuple(sorted(found, key=lambda one: (-one.value.value, -abs(one.at_high - one.at_low))))


def swing(benefit: FloatArray, draws: FloatArray) -> tuple[float, float]:
    """Give the fitted mean of what draws came to, (draw,), at the 2.5% and 97.5% points of a parameter, (draw,)."""
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
