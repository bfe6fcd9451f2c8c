"""The checks that a national run of families must respect, one by one, each with its value and range.

Ranges come from ``configs/sanity.yaml``. A value outside its range is shown, never hidden; what cannot be looked at
says why. Several figures may belong to one check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from textwrap import wrap

import xarray as xr

from sim.evaluation.checks.drift import drift
from sim.evaluation.checks.judging import Check, Published, Range, deflated, in_prices, judge
from sim.evaluation.checks.rows import (
    claimed_once,
    contrasts,
    demography,
    measured_once,
    no_effect_once,
    pooled,
)
from sim.evaluation.checks.totals import (
    Values,
    bridge_values,
    ledger_values,
    level_values,
    line_costs,
    narrow_to_wide,
    paid_values,
    payback_values,
    prices_of_help,
    saved_values,
    staff_values,
    world_of,
)
from sim.evaluation.trial.evaluation import helping
from sim.evaluation.trial.panel import Names
from sim.evaluation.trial.trial import Results
from sim.model.spec import Quantity, Scenario
from sim.results.costs import fullest
from sim.results.facts import facts_of
from sim.runs.ensemble import simulate
from sim.runs.replications import over_replications, pared
from sim.studies.bridge.keeping import kept_of
from sim.units import digits


def sanity(
    scenario: Scenario,
    ranges: Mapping[str, Range],
    published: Published,
    *,
    ds: xr.Dataset | None = None,
    regime: str = "",
    replications: int = 2,
    workers: int = 1,
) -> list[Check]:
    """Check a national scenario.

    Parameters
    ----------
    scenario
        Regimes and evidence sets of the default model; the sets ``measured``, ``no_effect`` and ``claimed_bound`` are
        looked at where they are there.
    ranges, published
        What is allowed, and what it is compared with.
    ds
        Results of a run of the scenario; without it one is made, of the baseline and the regime alone.
    regime
        Where families are helped; default ``helping``.
    replications
        For what follows single families, and for the run if one is made.
    workers
        Processes.

    Returns
    -------
        The checks in order of the ranges.
    """
    regime = regime or helping(scenario)
    names, sets = Names(), {w.effect_set for w in scenario.worlds if w.regime == regime}
    for world in scenario.worlds:
        if world.regime == regime:
            names.check(world.model)
    known: Values = {key: (value, "") for key, value in demography(scenario).items()}  # refuses other models
    known["drift"] = drift(scenario, workers=workers)
    steps = scenario.worlds[0].model.clock.steps
    if ds is None:
        both = pared(scenario, (scenario.baseline, regime), sorted(sets), steps, priced=True)
        ds = simulate(replace(both, appraisal=scenario.appraisal, replications=replications), workers)
    values = known
    missing: dict[str, str] = {}
    for name, look in (("measured", _measured), ("no_effect", _no_effect), ("claimed_bound", _claimed)):
        if name in sets:
            values |= look(_Looked(scenario, ds, regime, name, replications, workers, published, names))
        else:
            lacks = f"the scenario lacks '{regime}' under one of measured, no_effect, claimed_bound"
            missing |= dict.fromkeys(ranges, lacks)
    bridge = kept_of(scenario)
    missing["bridge"] = "no bridge is kept of this study; families bridge CONFIG --keep makes one"
    values |= {} if bridge is None else bridge_values(bridge)
    return judge(ranges, in_prices(ranges, values, scenario), missing, {w.regime for w in scenario.worlds})


@dataclass(frozen=True)
class _Looked:
    """What the three looks need."""

    scenario: Scenario
    ds: xr.Dataset
    regime: str
    effect_set: str
    replications: int
    workers: int
    published: Published
    names: Names

    @property
    def money(self) -> dict[str, float]:
        """Return the published amounts in the price year of the study."""
        found = {}
        for name in ("episode", "claim"):
            amount: Quantity = getattr(self.published, name)
            factor = deflated(self.scenario, amount.price_year or "", self.scenario.price_year)
            found[name] = amount.value * (1.0 if factor is None else factor)
        return found

    @property
    def short(self) -> Scenario:
        """Return the two worlds of the set with their prices."""
        regimes = (self.scenario.baseline, self.regime)
        return pared(self.scenario, regimes, (self.effect_set,), self.scenario.worlds[0].model.clock.steps, priced=True)


def _measured(look: _Looked) -> Values:
    """Checks 1 to 10 and 13 to 15, under the set that was measured."""
    ds, names, published = look.ds, look.names, look.published
    spec = next(w for w in look.short.worlds if w.regime == look.regime)
    helped, baseline = world_of(ds, look.regime, "measured"), world_of(ds, facts_of(ds).baseline, "measured")
    england = (published.looked_after.value, published.care_entries.value)
    figures = {"hours_week": published.hours_week.value, "episode": look.money["episode"]}
    values = level_values(ds, baseline, spec.start, england, names)
    values |= paid_values(ds)
    values |= staff_values(ds, helped, spec, prices_of_help(look.scenario, spec, names), figures, names)
    values |= payback_values(ds, helped, spec.start) | ledger_values(ds, helped)
    task = partial(measured_once, world=spec.name)
    answers = over_replications(task, look.short, look.replications, look.workers)
    rows = pooled([answer[0] for answer in answers])
    values |= {key: (rows[key], "") for key in ("entrants_narrow", "entrants_quarter", "relapse", "care_reentry")}
    values["saving_beyond_cost"] = (rows["saving_beyond_cost"], "")
    values |= {key: (rows[key], EVERY_EPISODE) for key in ("gross_24", "gross_60")} | saved_values(ds, helped)
    values["narrow_below_entrants"] = (values["narrow_all"][0] / rows["entrants_narrow"], "")
    parts = narrow_to_wide(ds, baseline)
    values["wide_all"] = (values["wide_all"][0], "; ".join(f"{name} {gbp:,.0f}" for name, gbp in parts.items()))
    claim = look.money["claim"] * facts_of(ds).rows
    wide = float(line_costs(ds, baseline)[ds["in_ledger"].sel(ledger=fullest(ds["ledger"].values)).values > 0].sum())
    values["claim_possible"] = (claim / (wide / (ds.sizes["year"])), f"{claim / 1e9:.1f} bn gbp a year")
    return values | _ratios([answer[1] for answer in answers], [answer[2] for answer in answers], rows["children"])


EVERY_EPISODE = "every later episode, undiscounted: this run follows no family through one episode"
EVALUATED = {
    "looked_after": "children looked after, months 19-24",
    "adult_custody": "any custody of an adult within 24 months",
    "youth_custody": "any custody of a juvenile within 24 months",
    "plan_7_18": "children on a protection plan, months 7-18",
    "plan_19_24": "children on a protection plan, months 19-24",
    "attending": "children attending school, months 19-24",
    "well": "good mental health of adults, months 19-24",
}
"""What checks 6 and 16 ask of the evaluation, by the ends of their keys."""


def _ratios(evaluated: list[Results], true: list[Results], children: float) -> Values:
    """Checks 4, 6 and 7: what the evaluation finds, with the truth beside it."""
    found, truth = contrasts(evaluated), contrasts(true)
    values: Values = {}
    for key, name in EVALUATED.items():
        f, t = found[name], truth[name]
        values[f"ratio_{key}"] = (f.ratio, f"{f.served:.2%} against {f.other:.2%}; true ratio {t.ratio:.2f}")
    looked_after = EVALUATED["looked_after"]
    values["looked_after_unserved"] = (found[looked_after].other, "the comparison group of the evaluation")
    fewer = -truth[looked_after].difference
    values["fewer_looked_after"] = (fewer * children, f"{fewer:.2%} of {children:,.0f} children, from the twin")
    return values


def _no_effect(look: _Looked) -> Values:
    """Checks 12 and 16, where nothing helps."""
    spec = next(w for w in look.short.worlds if w.regime == look.regime)
    task = partial(no_effect_once, world=spec.name)
    answers = over_replications(task, look.short, look.replications, look.workers)
    rows = pooled([answer[0] for answer in answers])
    falls = [rows[key] for key in ("naive_onset", "naive_in_crisis", "naive_accumulated")]
    values: Values = {key: (rows[key], "") for key in rows if key != "naive_served"}
    served = f"families served: {rows['naive_served']:,.0f}"
    values["naive_sign"] = (float(len({fall > 0 for fall in falls})), served)
    return values | _controls([answer[1] for answer in answers])


def _controls(evaluated: list[Results]) -> Values:
    """Check 16: what the evaluation finds where nothing helps, with its interval."""
    found, n = contrasts(evaluated), len(evaluated)
    values: Values = {}
    for key, name in EVALUATED.items():
        f = found[name]
        span = "no interval" if f.ratio_low is None else f"95% interval {f.ratio_low:.3f} to {f.ratio_high:.3f}"
        values[f"control_{key}"] = (f.ratio, f"{span}, {n} replication{'s' * (n > 1)}; the truth is 1")
    return values


def _claimed(look: _Looked) -> Values:
    """Check 11, beside what was claimed."""
    spec = next(w for w in look.short.worlds if w.regime == look.regime)
    rows = pooled(over_replications(partial(claimed_once, world=spec.name), look.short, 1))
    remark = f"at the bound the true wide saving is {rows['claimed_true']:,.0f} a family and year"
    return {"claimed_saving": (rows["claimed_true"] / look.money["claim"], remark)}


WIDE, INDENT = 80, "   "


def table(checks: Sequence[Check]) -> str:
    """Write the checks as plain text, the reds first in a line of their own."""
    red = sorted({check.number for check in checks if check.status == "fail"})
    lines = [f"outside their range: {', '.join(map(str, red)) or 'none'}", ""]
    for check in checks:
        value = "" if check.value is None else digits(check.value)
        none = "not known" if check.status == "not evaluated" else "none"
        low, high = (digits(bound) if bound is not None else "" for bound in (check.low, check.high))
        span = f"{low} to {high}" if low and high else f"from {low}" if low else f"to {high}" if high else "no range"
        found = f"{value} {check.unit}" if value else none
        lines += wrap(f"{check.number:>2} {check.title}", WIDE, subsequent_indent=INDENT)
        told = f"{check.status}: {found}; {span}" + (f". {check.why}" if check.why else "")
        lines += wrap(told, WIDE, initial_indent=INDENT, subsequent_indent=INDENT)
    return "\n".join(lines) + "\n"
