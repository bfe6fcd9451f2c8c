"""The terms of one appraisal: from when, for how long, in which pounds, discounted how; read from a Dataset."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import xarray as xr

from sim.arrays import FloatArray, finite
from sim.intervals import Estimate, over_replications
from sim.model.appraisal import AppraisalSpec
from sim.model.price_series import PriceSeries, prices_aside, prices_of
from sim.model.spec import AS_WRITTEN, Scenario
from sim.money.discounting import factors
from sim.money.money import Basis
from sim.results.facts import facts_of
from sim.results.summary import interval_kind, window_start
from sim.results.tables import year_label
from sim.results.years import first_year_after
from sim.units import MONTHS_PER_YEAR

UNDISCOUNTED = "none"
_HAIR = 1e-9


@dataclass(frozen=True)
class Terms:
    """What holds for every figure of an appraisal.

    ``base_point`` is the point at which the first regime begins; ``steps`` of the horizon follow it, ``all_steps`` to
    the end of the run. ``sampled`` says whether replications are a sample, so that intervals exist.
    """

    spec: AppraisalSpec
    price_year: str
    base_year: str
    base_point: int
    steps: int
    all_steps: int
    step_years: float
    schedule: str
    rates: tuple[tuple[float, float], ...]
    ledger: str
    sampled: bool
    price_series: PriceSeries = field(default_factory=PriceSeries)

    @property
    def prices(self) -> str:
        """Of which year pounds are, in words; says so where its prices are a forecast."""
        return prices_of(self.price_series.stated(self.price_year))

    @property
    def prices_aside(self) -> str:
        """The same, to stand in brackets."""
        return prices_aside(self.price_series.stated(self.price_year))

    @property
    def horizon_years(self) -> float:
        """Years that are counted: those asked for, or what the run has."""
        return self.steps * self.step_years

    @property
    def evidence_steps(self) -> int:
        """Steps after the base point for which evaluations followed families, at most the horizon."""
        return min(self.steps, round(self.spec.evidence_months / MONTHS_PER_YEAR / self.step_years))

    def years(self, *, whole: bool) -> FloatArray:
        """Give the time of each step after the base point, (all_steps,): years begun before it ends, or its end."""
        ends = np.arange(1, self.all_steps + 1) * self.step_years
        return np.asarray(np.ceil(ends - _HAIR) - 1 if whole else ends, dtype=np.float64)

    def factors(self) -> FloatArray:
        """Give the discount factor of each step, (all_steps,); the first year's is 1 when discounted by years."""
        return factors(self.rates, self.years(whole=self.spec.timing == "year"))

    def estimate(self, samples: FloatArray) -> Estimate:
        """Give the mean of samples (replication,), with its interval where replications are a sample."""
        finite("samples", samples)
        return over_replications(samples) if self.sampled else Estimate(float(samples.mean()))

    def basis(self, ledger: str, kind: str, *, discounted: bool = True) -> Basis:
        """Say what amounts of this appraisal are stated in."""
        return Basis(
            self.price_year, self.schedule if discounted else UNDISCOUNTED, self.base_year, ledger, kind
        )  # fmt: skip


def terms_of(
    ds: xr.Dataset, *, horizon_years: float | None = None, schedule: str | None = None, ledger: str | None = None,
    optimism_bias: bool | None = None, income_weight: bool | None = None,
) -> Terms:  # fmt: skip
    """Read the terms that the config states, with changes.

    Parameters
    ----------
    ds
        What ``simulate`` or ``expect`` gave.
    horizon_years
        Years from the first regime's start; the run may be shorter, and then the whole run is counted.
    schedule
        The name of a discount schedule; the default one unless given.
    ledger
        The ledger of the headline.
    optimism_bias
        Whether costs are raised and benefits cut by the table of the config.
    income_weight
        Whether benefit payments are weighed by the weight of the config.

    Raises
    ------
    ValueError
        If a name is unknown, the horizon is not above 0, or bias is to be applied without a table.
    """
    spec = facts_of(ds).appraisal
    if horizon_years is not None:
        spec = replace(spec, horizon_years=horizon_years)
    if optimism_bias is not None:
        spec = replace(spec, optimism_bias=replace(spec.optimism_bias, apply=optimism_bias))
    if income_weight is not None:
        spec = replace(spec, income_weight=replace(spec.income_weight, apply=income_weight))
    _check(spec)
    base = window_start(ds)
    all_steps = ds.sizes["step"] - 1 - base
    step_years = facts_of(ds).step_years
    name, rates = _schedule(ds, schedule)
    return Terms(
        spec=spec, price_year=facts_of(ds).price_year,
        base_year=year_label(ds, first_year_after(ds, base)),
        base_point=base, steps=min(all_steps, max(1, round(spec.horizon_years / step_years))), all_steps=all_steps,
        step_years=step_years, schedule=name, rates=rates, ledger=_ledger(ds, ledger or spec.ledger),
        sampled=interval_kind(ds) == "monte_carlo", price_series=facts_of(ds).price_series,
    )  # fmt: skip


def _check(spec: AppraisalSpec) -> None:
    """Refuse terms that mean nothing."""
    if not spec.horizon_years > 0:
        raise ValueError(f"the horizon is {spec.horizon_years} years; it must be above 0")
    bias = spec.optimism_bias
    if bias.apply and bias.grade not in bias.table:
        there = ", ".join(bias.table) or "none"
        raise ValueError(f"optimism bias is to be applied at grade '{bias.grade}'; the table has {there}")


def _schedule(ds: xr.Dataset, name: str | None) -> tuple[str, tuple[tuple[float, float], ...]]:
    """Find a schedule: that of the name, else the first, else no discounting."""
    schedules = facts_of(ds).discount
    if name is None:
        name = next(iter(schedules), UNDISCOUNTED)
    if name not in schedules:
        if name == UNDISCOUNTED:
            return name, ((0.0, 0.0),)
        raise ValueError(f"there is no discount schedule '{name}'; there are {', '.join(sorted(schedules)) or 'none'}")
    return name, tuple((float(start), float(rate)) for start, rate in schedules[name])


def _ledger(ds: xr.Dataset, name: str) -> str:
    """Find a ledger: that of the name, else the first; empty where nothing is priced."""
    ledgers = [str(ledger) for ledger in ds["ledger"].values]
    if name and name not in ledgers:
        raise ValueError(f"there is no ledger '{name}'; there are {', '.join(ledgers) or 'none'}")
    return name or (ledgers[0] if ledgers else "")


def headline_terms(scenario: Scenario, regime: str, view: str) -> str:
    """Say what pounds net present values of a scenario's regime are, in a sentence."""
    lines = scenario.worlds[0].model.costs
    ledger = scenario.appraisal.ledger or next((name for line in lines for name in line.ledgers), "")
    counted = "transfers counted" if view == "fiscal" else "resources alone"
    reading = (
        f" Reading of the evidence: {scenario.worlds[0].effect_set.replace('_', ' ')}." if _has_sets(scenario) else ""
    )
    return f"{view.capitalize()} view ({counted}), {ledger} ledger, {stated_terms(scenario, regime)}.{reading}"


def stated_terms(scenario: Scenario, regime: str | None = None) -> str:
    """Say price year, years counted, discount schedule and where evidence ends; of the first regime unless named."""
    spec, clock = scenario.appraisal, scenario.worlds[0].model.clock
    chosen = [w for w in scenario.worlds if regime in (None, w.regime) and (regime or w.regime != scenario.baseline)]
    years = min(spec.horizon_years, (clock.steps - min((w.start for w in chosen), default=0)) * clock.step_years)
    span = f"{years:.3g} year" + ("s" if years != 1 else "")
    prices = prices_of(scenario.price_series.stated(scenario.price_year))
    schedule = next(iter(scenario.discount), UNDISCOUNTED).replace("_", " ")
    return f"{prices}, {span}, discount schedule {schedule}; evidence ends at month {spec.evidence_months:g}"


def _has_sets(scenario: Scenario) -> bool:
    """Whether evidence sets are named; a study without any is as its config is written."""
    return scenario.worlds[0].effect_set not in ("", AS_WRITTEN)
