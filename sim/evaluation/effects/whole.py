"""Fits draws of the inputs whole, to say what is missed by reading effects off curves of the best estimates.

A curve knows the model at its best estimates; under a draw other inputs have moved too. So some draws are solved in
their own model, from what the curve gave: what the curve's value finds there, what value would have found the ratio
drawn, and what the difference makes of the break-even price.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sim.arrays import FloatArray
from sim.config.translate.fewer_areas import with_areas
from sim.economics.value.account_figures import account_figures
from sim.errors import ModelError
from sim.evaluation.effects.estimands import Estimand, estimands_of
from sim.evaluation.effects.fit import present, solve, study_of
from sim.evaluation.effects.question import estimands_in, set_file
from sim.evaluation.trial.evaluation import helped_world
from sim.model.spec import Scenario
from sim.runs.beliefs.effects import name_of
from sim.runs.ensemble import simulate
from sim.runs.identity import digest_of_points
from sim.runs.points import numbered_points
from sim.runs.replications import for_accounts, scaled, with_parameters
from sim.stages import SILENT, StageListener
from sim.studies.uncertainty.inputs import UncertainConfig, study
from sim.studies.uncertainty.question import scenario_of_draw
from sim.table import Table
from sim.units import digits

PRICE = "one_episode.break_even"


@dataclass(frozen=True)
class Missed:
    """What curves missed, draw by draw.

    ``ratio`` is the logarithm of what the curve's values find over the ratio drawn, ``value`` the parameter of the
    curve less the one fitted whole, both (draw, estimand); ``price`` the break-even price with the curve's values less
    that with those fitted whole, ``prices`` the latter, by ledger, (draw,).
    """

    names: tuple[str, ...]
    ratio: FloatArray
    value: FloatArray
    price: dict[str, FloatArray]
    prices: dict[str, FloatArray]


def run(
    path: str | Path, sets: Sequence[str], only: Sequence[str], draws: int, replications: int, share: float,
    workers: int = 1, at: StageListener = SILENT, folder: Path | None = None,
) -> Missed:  # fmt: skip
    """Fit draws of one evidence set whole.

    Parameters
    ----------
    path, sets
        The study, as for ``load``.
    only
        The evidence set, which has curves.
    draws
        How many.
    replications, share, workers
        As for ``fit_effects``.
    at
        Told where the work stands.
    folder
        Where draws are kept as they are solved; the same call goes on from there.

    Raises
    ------
    ModelError
        When not one set is named, or the config or a draw of it is wrong.
    """
    if len(only) != 1:
        raise ModelError("--whole fits draws of one evidence set: name it by --only")
    name, file = only[0], set_file(only[0])
    made = study(path, [*sets, f"effect_set=[{name}]", "solver=simulate"])
    drawn = {one.name: one for one in made.fits[name].drawn} if name in made.fits else {}
    if file is None or not drawn:
        raise ModelError(f"effect_set: '{name}' has no effects that are drawn")
    estimands = [one for one in estimands_of(estimands_in(file)) if one.name in drawn]
    digest = digest_of_points(made.resolved, repr((made.fits[name], estimands, replications, share)))
    at.stage("Draws solved whole")
    solve_some = partial(_solved, made, name, estimands, replications, share)
    found = numbered_points(solve_some, draws, folder, f"whole_{name}", digest, workers, at)
    ratio, value = (np.array([one[what] for one in found]) for what in ("ratio", "value"))
    prices = {ledger: np.array([one["prices"][ledger] for one in found]) for ledger in found[0]["prices"]}
    off = {ledger: np.array([one["curve_prices"][ledger] for one in found]) - fit for ledger, fit in prices.items()}
    return Missed(tuple(e.name for e in estimands), ratio, value, off, prices)


def _solved(
    made: UncertainConfig, name: str, estimands: Sequence[Estimand], replications: int, share: float,
    draws: Sequence[int],
) -> list[Mapping[str, Any]]:  # fmt: skip
    """Solve draws whole, by their numbers: what the values of curves find, and what both make of the price."""
    drawn, found = {one.name: one for one in made.fits[name].drawn}, list[Mapping[str, Any]]()
    for draw in draws:
        values = made.drawn([draw])[0]
        whole = with_areas(scenario_of_draw(made, values, name), made.config.uncertainty.areas)
        scenario = scaled(replace(whole, seed=made.config.seed + draw, replications=replications), share)
        world = helped_world(scenario, made.fits[name].regime, name)
        told = dict(zip([one.name for one in made.inputs], values, strict=True))
        asked = [replace(e, target=float(told[name_of(drawn[e.name])])) for e in estimands]
        study, _ = study_of(scenario, world, asked, replications, 1.0)
        start = np.array([present(scenario, world.name, e) for e in asked])
        fitted, _ = solve(study, asked, start)
        off = study(start).mean(axis=0) - np.array([e.distance_to_target for e in asked])
        found.append({
            "ratio": off.tolist(), "value": (start - fitted).tolist(),
            "curve_prices": _prices(scenario, asked, start), "prices": _prices(scenario, asked, fitted),
        })  # fmt: skip
    return found


def _prices(scenario: Scenario, asked: Sequence[Estimand], values: FloatArray) -> dict[str, float]:
    """Give the break-even price by ledger at some values of the parameters."""
    named = {e.parameter: float(v) for e, v in zip(asked, values, strict=True)}
    ds = simulate(for_accounts(with_parameters(scenario, named)), rows=False)
    return {one.ledger: mean for one, (mean, _) in account_figures(ds).items() if one.measure == PRICE}


def missed(found: Missed) -> Table:
    """Make the table of what curves missed."""
    rows = [
        (f"{name}: ratio found over ratio drawn, per cent", *_said(100 * np.expm1(found.ratio[:, i])))
        for i, name in enumerate(found.names)
    ]
    rows += [(f"{name}: parameter", *_said(found.value[:, i])) for i, name in enumerate(found.names)]
    for ledger, off in found.price.items():
        rows.append((f"break-even price, {ledger}, £", *_said(off)))
        rows.append(("  the same, spread over draws, £", "", digits(_spread(found.prices[ledger]))))
    note = f"{len(found.ratio)} draws: what the curve gives less what fitting the draw whole gives."
    columns = ("of what", "mean", "root mean square")
    return Table("What is missed by reading effects off curves", columns, tuple(rows), note)


def _said(off: FloatArray) -> tuple[str, str]:
    return digits(float(off.mean()), sign=True), digits(float(np.sqrt(np.mean(off**2))))


def _spread(values: FloatArray) -> float:
    return float(values.std(ddof=1)) if len(values) > 1 else 0.0
