"""Draws of a config's uncertain figures, each a whole config; ``answer`` says what becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import xarray as xr

from sim.arrays import FloatArray
from sim.config.check.problems import Findings
from sim.config.loading import scenario_of
from sim.config.text.merge import put, without
from sim.config.text.source import Origin, Tree, parse
from sim.config.text.writing import to_yaml
from sim.config.translate.effect_sets import effect_sets
from sim.config.translate.fewer_areas import with_areas
from sim.config.translate.worlds import ONLY_REGIME
from sim.errors import ModelError, Problem
from sim.model.spec import Scenario
from sim.runs.beliefs.draws import Uncertain, chosen_set
from sim.runs.beliefs.effects import parameters_at
from sim.runs.ensemble import simulate
from sim.runs.identity import digest_of_points
from sim.runs.points import Points, Solved, Tell, kept_in, store_of_solved
from sim.runs.replications import for_accounts, with_parameters, without_answer
from sim.runs.variants import under_set
from sim.studies.uncertainty.answer import DrawFacts, enough, solved, to_table
from sim.studies.uncertainty.inputs import UncertainConfig, study

FIRST_ROUND = 64
"""Draws before a target is looked at for the first time."""
ATTEMPTS = 20
"""How often figures that make no model are drawn again."""
BATCH = 4
"""Draws that a process solves before it hands them over."""


def scenario_of_draw(made: UncertainConfig, values: FloatArray, effect_set: str) -> Scenario:
    """Give the study under one draw and one evidence set.

    Raises
    ------
    ModelError
        When the figures drawn make no model, for instance a row of probabilities above 1.
    """
    problems: list[Problem] = []
    n = len(made.inputs) - len(made.effects)
    own, ratios = values[:n], dict(zip([one.name for one in made.effects], map(float, values[n:]), strict=True))
    tree, here = made.tree, Origin("a draw")
    if made.posterior is not None:
        tree = made.posterior.laid(tree, own[len(made.figures) :], here, problems)
    for one, value in zip(made.figures, own[: len(made.figures)], strict=True):
        key, _, text = one.setting(float(value)).partition("=")
        new = Tree(text if one.is_duration else float(value), here)
        tree = put(tree, key, new, here, problems, "")
    if problems:
        raise ModelError(problems)
    scenario = scenario_of(under_set(tree, effect_set, here), made.file)
    fit = made.fits.get(effect_set)
    inputs = dict(zip([one.name for one in made.inputs[:n]], map(float, own), strict=True))
    return scenario if fit is None else with_parameters(scenario, parameters_at(fit, ratios, inputs))


def solve_draws(made: UncertainConfig, draws: Sequence[int]) -> list[Solved]:
    """Solve draws by their numbers; raises as ``solve_draw``."""
    return [solve_draw(made, draw) for draw in draws]


def solve_draw(made: UncertainConfig, draw: int) -> Solved:
    """Solve one draw; figures that make no model, such as a rate below 0, are drawn again.

    So draws are of what is believed, given that it is possible (rejection sampling). Each draw has random numbers of
    its own, shared by its regimes: chance is then independent from draw to draw, as taking its variance off needs.

    Raises
    ------
    ModelError
        When figures make no model ``ATTEMPTS`` times in a row.
    """
    effect_set = chosen_set(made.weights, made.config.seed, draw)
    for attempt in range(ATTEMPTS):
        values = made.drawn([draw], attempt)[0]
        try:
            scenario = scenario_of_draw(made, values, effect_set)
        except ModelError as error:
            refused = error
            continue
        asked = for_accounts(scenario) if made.for_answer else without_answer(scenario)
        own = replace(with_areas(asked, made.config.uncertainty.areas), seed=scenario.seed + draw)
        return replace(solved(simulate(own, rows=False), draw, effect_set, values), redrawn=attempt)
    refused.add_note(f"Draw {draw} and {ATTEMPTS - 1} others in its place make no model: see the intervals given.")
    raise refused


def run(
    path: str | Path,
    sets: Sequence[str] = (),
    *,
    draws: int | None = None,
    workers: int = 1,
    keep: Path | None = None,
    target: tuple[str, float] | None = None,
    tell: Tell | None = None,
) -> tuple[UncertainConfig, xr.Dataset]:
    """Solve the draws of a study.

    Parameters
    ----------
    path, sets
        As for ``load``.
    draws
        How many, in place of the config's; the most, with a target.
    workers
        Processes; the results are the same whatever their number.
    keep
        A file in which draws are kept as they come; those that are there already are not solved again.
    target
        An output and the share of its mean to which the mean is to be known (95%): draws are made in rounds, each
        doubling their number, until it is.
    tell
        Called with draws done and wanted.

    Returns
    -------
        The study and its table of draws, see ``sim.studies.uncertainty.answer.to_table``.

    Raises
    ------
    ModelError
        When the config is wrong, or a draw of it is.
    ResultError
        When ``keep`` holds draws of something else.
    """
    made = study(path, sets)
    return made, solve_study(made, draws, workers, keep, target, tell)


def solve_study(
    made: UncertainConfig, draws: int | None = None, workers: int = 1, keep: Path | None = None,
    target: tuple[str, float] | None = None, tell: Tell | None = None,
) -> xr.Dataset:  # fmt: skip
    """Solve the draws of a study that was read; arguments and errors as for ``run``."""
    most = made.config.uncertainty.draws if draws is None else draws
    points = Points(partial(solve_draws, made), store_of_solved(keep, partial(_digest, made)), workers, BATCH, tell)
    wanted = min(FIRST_ROUND, most) if target else most
    while True:
        with kept_in(keep):
            found = points.at(range(wanted))
        table = to_table(found, made.inputs, _facts(made))
        if target is None or enough(table, *target)[0] or wanted >= most:
            return table
        wanted = min(2 * wanted, most)


def _digest(made: UncertainConfig) -> str:
    """Say what draws are of: the config but for their number and worths of outcomes, the posterior, the program."""
    tree = without(parse(made.resolved, "the config"), "replications")
    about = tree.mapping.get("uncertainty")
    if about is not None:
        tree = tree.with_entries({**tree.mapping, "uncertainty": without(about, "draws", "worth")}, tree.keys)
    known = made.posterior
    whole = () if known is None else (known.names, known.set, known.multiply, known.relative.tolist())
    rows = sha256(known.draws.tobytes()).hexdigest() if known is not None else ""
    taken = [one for one in made.uncertain if one.name in made.taken]
    how = (*whole, made.for_answer, made.config.replications, *taken)
    return digest_of_points(*to_yaml(tree).splitlines(), rows, repr(how))


def _facts(made: UncertainConfig) -> DrawFacts:
    """Say what the draws are of."""
    config = made.config
    regimes = list(config.regimes) or [ONLY_REGIME]
    sets = effect_sets(made.tree, config, made.file, Findings(made.tree))
    tied = {name for one in made.joint for name in one.names}
    return DrawFacts(
        title=config.title, seed=config.seed, baseline=config.baseline or regimes[0], price_year=config.price_year,
        weights=made.weights, solver=config.solver, groups=made.groups(), terms=made.terms, worth=made.worth,
        unit=next(iter(config.units)),
        regime_titles={name: part.title for name, part in config.regimes.items() if part.title},
        set_titles={one.name: one.title for one in sets if one.title},
        beliefs={one.name: _belief_of(one, tied) for one in made.inputs},
    )  # fmt: skip


def _belief_of(one: Uncertain, tied: Collection[str]) -> list[object]:
    """Give best estimate, interval and distribution of a figure, and whether it is drawn with others."""
    held = one.belief
    return [held.value, held.low, held.high, held.kind, one.name in tied]
