"""Which savings turn into cash: a unit of capacity must stand empty, whole and for long enough, before it is closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import xarray as xr
from scipy.ndimage import minimum_filter1d

from sim.arrays import FloatArray, finite
from sim.economics.value.increments import Increments, programme_lines
from sim.economics.value.terms import Terms
from sim.model.appraisal import CashRule
from sim.results.facts import facts_of
from sim.units import MONTHS_PER_YEAR


def cashable_reduction(
    reduction: FloatArray, unit: float, lag_steps: int, shares: Sequence[float] = (1.0,)
) -> FloatArray:
    """Give the part of a reduction that closes whole units of capacity.

    Parameters
    ----------
    reduction
        How many fewer there are at each step, (replication, step, ...); negative where there are more.
    unit
        Smallest capacity that can be closed; 0: any amount.
    lag_steps
        A reduction counts from the step at which it has lasted this many steps: the least of the steps since then.
    shares
        Part of the reduction in each place where units are closed; whole units are counted place by place.

    Returns
    -------
        Same shape: between 0 and the reduction where it is positive. More of something costs cash at once, in full.
    """
    reduction = finite("reduction", reduction)
    finite("unit and shares", [unit, *shares])
    lasting = np.zeros_like(reduction)
    if lag_steps < reduction.shape[1]:
        # `origin` moves the window so that it ends at each step; the steps before a whole window are left out.
        least = minimum_filter1d(reduction, lag_steps + 1, axis=1, origin=lag_steps // 2)
        lasting[:, lag_steps:] = least[:, lag_steps:]
    held = np.maximum(lasting, 0.0)
    if unit > 0:
        whole = np.zeros_like(held)
        peak = held.max(initial=0.0) * (1 + 1e-12)
        for share in (share for share in shares if peak * share >= unit):
            whole += np.floor(held * share / unit * (1 + 1e-12)) * unit
        held = np.minimum(whole, held)
    return np.where(reduction < 0, reduction, held)


def cashable_savings(
    ds: xr.Dataset, made: Increments, terms: Terms, rules: Sequence[CashRule] | None = None,
    lines: Sequence[int] | None = None,
) -> FloatArray:  # fmt: skip
    """Give the cash saved on each line within the horizon, (replication, step, line), undiscounted.

    A line that no rule names saves no cash (but costs cash where there is more of it); what services themselves cost
    is no saving and is 0 here. Changed prices are cash at once. ``rules`` stand in for those of the config; ``lines``
    are worked out, by default all, and the others are 0.
    """
    names = [str(name) for name in ds["line"].values]
    rule_of = {line: rule for rule in (terms.spec.cashability if rules is None else rules) for line in rule.lines}
    shares = facts_of(ds).area_shares
    within = slice(terms.steps)
    result = np.zeros_like(made.cost[:, within])
    by_rule: dict[tuple[str | None, float], list[int]] = {}
    each = _counted_for_one(ds, made)
    for i in np.flatnonzero(~programme_lines(ds)) if lines is None else lines:
        rule = rule_of.get(names[i])
        by_rule.setdefault((rule.name if rule and not rule.never else None, each[i]), []).append(int(i))
    for (name, counted), at in by_rule.items():
        reduction = made.reduction[:, within, at]
        if name is None:
            closed = np.minimum(reduction, 0.0)
        else:
            rule = next(r for r in rule_of.values() if r.name == name)
            lag = round(rule.lag_months.value / MONTHS_PER_YEAR / terms.step_years)
            unit = rule.unit.value * counted
            closed = cashable_reduction(reduction, unit, lag, shares if rule.by_area else (1.0,))
        result[:, :, at] = closed * made.price[within, at] - made.repriced[:, within, at]
    return result


def _counted_for_one(ds: xr.Dataset, made: Increments) -> FloatArray:
    """Give how much each line counts for one row, (line,): the mean over areas where they pay other prices, else 1."""
    held = ds["meter_weight"].values if "meter_weight" in ds.coords else np.ones(ds.sizes["meter"])
    weights = np.asarray(held, np.float64)[made.line_meter]
    return np.where(weights > 0, weights, 1.0)


def without_rule(ds: xr.Dataset, terms: Terms) -> list[str]:
    """List the lines beside services themselves whose savings no rule makes cash."""
    ruled = {line for rule in terms.spec.cashability if not rule.never for line in rule.lines}
    other = ~programme_lines(ds)
    return [str(name) for name, chosen in zip(ds["line"].values, other, strict=True) if chosen and name not in ruled]


def varied_rules(terms: Terms) -> list[tuple[str, str, CashRule]]:
    """Give, for the tornado, each rule at the ends of its ranges: (what is varied, low or high, the rule then)."""
    varied = []
    for rule in terms.spec.cashability:
        for end in ("low", "high"):
            unit, lag = (replace(held, value=getattr(held, end)) for held in (rule.unit, rule.lag_months))
            if unit.value != rule.unit.value:
                varied.append((f"{rule.name}: unit", end, replace(rule, unit=unit)))
            if lag.value != rule.lag_months.value:
                varied.append((f"{rule.name}: lag", end, replace(rule, lag_months=lag)))
    return varied
