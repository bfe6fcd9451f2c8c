"""What draws say of the accounts of the answer, in the form in which it is kept and a run reads it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.value.account_figures import DOT, FIGURES
from sim.economics.voi import evpi
from sim.results.quantity import OutputName
from sim.studies.uncertainty.answer import quantities, samples, spread_of
from sim.studies.uncertainty.conditions import COST, FEWEST, conditions_of, varied
from sim.studies.uncertainty.decision import TAILS, swing
from sim.table import plain

PRICE, RATIO = "break_even", "bcr"
QUANTILES = np.linspace(0.0, 1.0, 41)
"""Shares of draws below each price that is kept: every 2.5%."""


def of_inputs(values: FloatArray, error: FloatArray) -> dict[str, float | None]:
    """Say what draws make of a figure: its mean, the 95% range that the inputs make, and both parts of the spread.

    Parameters
    ----------
    values, error
        The figure of each draw and its standard error, (draw,) each; an error of NaN is not known, and stays in.
    """
    found = spread_of("", values, error)
    low, high = (float(end) for end in np.quantile(without_chance(values, error), TAILS))
    return {
        "mean": found.mean, "low": low, "high": high, "parameter_sd": found.parameter_sd,
        "monte_carlo_sd": plain(found.monte_carlo_sd), "standard_error": found.standard_error,
    }  # fmt: skip


def without_chance(values: FloatArray, error: FloatArray) -> FloatArray:
    """Draw values in about their mean until they vary as much as the inputs alone make them, (draw,).

    Chance in a draw widens the range of draws. Its variance is known from replications and independent from draw to
    draw, so that the inputs' part is what is left of the variance (analysis of variance). Exact where figure and chance
    are normal; skew is kept.
    """
    found, total = spread_of("", values, error), float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return found.mean + (found.parameter_sd / total if total else 0.0) * (values - found.mean)


def accounts_of(
    table: xr.Dataset, regime: str, central: Mapping[str, float],
    beside: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
) -> dict[str, Any]:  # fmt: skip
    """Say what draws of one evidence set make of each account of a regime.

    Parameters
    ----------
    table
        The draws.
    regime
        Which.
    central
        Every output where nothing is drawn, of the families that draws follow.
    beside
        The same under each setting that is told beside the draws, by its name.

    Returns
    -------
        By account: ``figures`` by name and ledger, see ``of_inputs``, with the ``central`` one; ``turns_on``, by ledger
        where each input takes the break-even price, the widest first; ``evpi``, by ledger what it is worth to know all
        inputs before deciding to help, pounds per family helped; ``conditions``, by ledger where it pays, see
        ``sim.studies.uncertainty.conditions``; ``beside``, by setting the central figures by name and ledger;
        ``quantiles``, by ledger the break-even price below which each share of ``QUANTILES`` of the draws lies.
    """
    names = [one for one in quantities(table) if one.regime == regime and DOT in one.measure]
    result: dict[str, Any] = {}
    for name in names:
        account, figure = name.measure.split(DOT)
        empty: dict[str, Any] = {
            "figures": {}, "turns_on": {}, "evpi": {}, "conditions": {}, "beside": {other: {} for other in beside},
            "quantiles": {},
        }  # fmt: skip
        held = result.setdefault(account, empty)
        values, error = samples(table, str(name)), np.asarray(table["error"].sel(output=str(name)).values)
        told = of_inputs(values, error)
        held["figures"].setdefault(figure, {})[name.ledger] = {**told, "central": plain(central.get(str(name)))}
        for other, figures in beside.items():
            held["beside"][other].setdefault(figure, {})[name.ledger] = plain(figures.get(str(name)))
        if figure == PRICE:
            held["turns_on"][name.ledger] = _turns_on(table, values)
            held["quantiles"][name.ledger] = np.round(np.quantile(without_chance(values, error), QUANTILES), 1).tolist()
            _add_ratio(table, name, account, central, held)
    return result


def _add_ratio(
    table: xr.Dataset, name: OutputName, account: str, central: Mapping[str, float], held: dict[str, Any]
) -> None:  # fmt: skip
    """Add savings over cost, draw by draw, and what it is worth to know the inputs before deciding."""
    of = [str(OutputName(f"{account}{DOT}{what}", name.regime, name.ledger, name.against)) for what in FIGURES[:2]]
    saved, cost = (samples(table, one) for one in of)
    if (cost > 0).all():
        # Cost hardly differs by chance beside savings, so that chance in the ratio is that in savings.
        told = of_inputs(saved / cost, np.asarray(table["error"].sel(output=of[0]).values) / cost)
        at = central[of[0]] / central[of[1]] if central.get(of[1]) else np.nan
        held["figures"].setdefault(RATIO, {})[name.ledger] = {**told, "central": plain(at)}
    where = conditions_of(varied(table), saved - cost, {COST: cost})
    if where is not None:
        held["conditions"][name.ledger] = where.to_dict()
    if len(saved) > 1:
        known = evpi(np.stack([np.zeros(len(saved)), saved - cost], axis=1))
        held["evpi"][name.ledger] = {"value": known.value, "standard_error": known.standard_error}


def _turns_on(table: xr.Dataset, values: FloatArray) -> list[dict[str, Any]]:
    """Give where each input takes a figure at its 2.5% and 97.5% points; nothing where draws are too few to tell."""
    if len(values) < FEWEST:
        return []
    found = []
    for name, inputs in zip(table["parameter"].values, table["inputs"].values.T, strict=True):
        if np.ptp(inputs) == 0:
            continue
        at_low, at_high = swing(values, inputs)
        low, high = (float(x) for x in np.quantile(inputs, TAILS))
        found.append({"input": str(name), "low": low, "high": high, "at_low": at_low, "at_high": at_high})
    return sorted(found, key=lambda one: -abs(one["at_high"] - one["at_low"]))
