"""Draws of a config's uncertain figures, each a whole config; ``answer`` says what becomes of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.config.check.problems import Findings
from sim.config.loading import find, scenario_of, tree_of
from sim.config.schema.config import Config
from sim.config.text.library import nearest
from sim.config.text.merge import put, without
from sim.config.text.source import Origin, Tree
from sim.config.text.writing import to_yaml
from sim.config.translate.model import config_of
from sim.config.translate.worlds import ONLY_REGIME
from sim.config.views.register import RegisterEntry, entries
from sim.economics.value.terms import stated_terms
from sim.errors import ModelError, Problem
from sim.model.spec import Scenario
from sim.runs.beliefs.distributions import belief
from sim.runs.beliefs.drawn_together import together
from sim.runs.beliefs.draws import Uncertain, chosen_set, drawn
from sim.runs.beliefs.joint_draws import JointFigures
from sim.runs.beliefs.posterior import Posterior, read_posterior
from sim.runs.ensemble import simulate
from sim.runs.identity import digest_of_points
from sim.runs.points import Points, Solved, Tell, kept_in, store_of_solved
from sim.runs.replications import without_answer
from sim.runs.variants import under_set
from sim.studies.uncertainty.answer import WORTH, DrawFacts, enough, solved, to_table

FIRST_ROUND = 64
"""Draws before a target is looked at for the first time."""
ATTEMPTS = 20
"""How often figures that make no model are drawn again."""
APART = 1 << 40
"""Between the numbers of a draw and of the one that takes its place: more than anybody draws."""
BATCH = 4
"""Draws that a process solves before it hands them over."""


@dataclass(frozen=True)
class UncertainConfig:
    """A config with its uncertain figures."""

    file: Path
    tree: Tree
    config: Config
    figures: tuple[RegisterEntry, ...]
    uncertain: tuple[Uncertain, ...] = field(default=())
    joint: tuple[JointFigures, ...] = field(default=())
    """What is drawn together; all else is drawn figure by figure."""
    terms: str = ""
    """What pounds of its results are, but for their ledger."""
    posterior: Posterior | None = None
    """Parameters that a calibration found together; they come after the figures."""

    def drawn(self, draws: Sequence[int]) -> FloatArray:
        """Give the values of all inputs in some draws, (draw, input): the one place where draws come from."""
        own = drawn(self.uncertain, self.config.seed, draws, self.joint)
        if self.posterior is None:
            return own
        return np.concatenate([own, self.posterior.drawn(self.config.seed, draws)], axis=1)

    @property
    def inputs(self) -> tuple[Uncertain, ...]:
        """All that is drawn: figures by path, then parameters of the posterior by name."""
        return (*self.uncertain, *(self.posterior.uncertain if self.posterior is not None else ()))

    @property
    def weights(self) -> dict[str, float]:
        """How much each evidence set is believed; all alike unless the config says otherwise."""
        sets = self.config.effect_set or ("",)
        return dict(self.config.uncertainty.weights) or dict.fromkeys(sets, 1.0)

    @property
    def worth(self) -> dict[str, float]:
        """Pounds of one unit of each outcome that is weighed: what the config says, else what is usual of its name."""
        return dict(self.config.uncertainty.worth) or {n: WORTH[n] for n in self.config.outcomes if n in WORTH}

    def groups(self) -> dict[str, list[str]]:
        """Give the figures of each group by name."""
        return {
            name: [one.name for one in self.inputs if one.name.startswith(tuple(beginnings))]
            for name, beginnings in self.config.uncertainty.groups.items()
        }


def study(path: str | Path, sets: Sequence[str] = ()) -> UncertainConfig:
    """Read a config and find what is uncertain in it.

    Raises
    ------
    ModelError
        When the config is wrong, a weight is for an evidence set that is not run, a distribution does not suit its
        interval, or figures cannot be drawn together as it says.
    """
    file, tree = find(path), tree_of(path, sets)
    scenario = scenario_of(tree, file)  # every problem of the config itself is found here
    config = config_of(tree, Findings(tree))
    assert config is not None
    named = config.uncertainty.posterior
    posterior = read_posterior(named, tree, file.parent) if named else None
    settled = posterior.paths if posterior is not None else ()
    figures = [
        one for one in entries(tree) if one.is_uncertain and not _left_out(one, config) and one.path not in settled
    ]
    findings = Findings(tree)
    tied = together(config.uncertainty, figures, findings)
    figures += tied.figures
    problems, uncertain = list(findings.problems), []
    for one in figures:
        assert one.number is not None
        try:
            uncertain.append(Uncertain(one.path, belief(one.number, one.low, one.high, one.unit, one.distribution)))
        except ValueError as error:
            problems.append(Problem(one.origin, one.path, str(error)))
    joint, terms = tuple(tied.joint), stated_terms(scenario)
    made = UncertainConfig(file, tree, config, tuple(figures), tuple(uncertain), joint, terms, posterior)
    run = config.effect_set or ("",)
    for name in config.uncertainty.weights:
        if name not in run:
            there = ", ".join(run) if config.effect_set else "none"
            problems.append(Problem("", f"uncertainty.weights.{name}", f"is no evidence set of this study: {there}"))
    problems += _empty(made, Findings(tree))
    if problems:
        raise ModelError(problems)
    return made


def _empty(made: UncertainConfig, findings: Findings) -> list[Problem]:
    """Say which groups and worths name nothing, and whether nothing is drawn at all."""
    drawn_, outcomes = [one.name for one in made.inputs], list(made.config.outcomes)
    for name, of in made.groups().items():
        if not of:
            asked = made.config.uncertainty.groups[name]
            near = nearest(asked[0], drawn_) if asked else ""
            said = f"no figure that is drawn has a path that begins with {' or '.join(asked) or 'nothing'}{near}"
            findings.add(("uncertainty", "groups", name), said, of_key=True)
    for name in made.config.uncertainty.worth:
        if name not in outcomes:
            there = ", ".join(outcomes) or "none"
            said = f"is no outcome; there are {there}{nearest(name, outcomes)}"
            findings.add(("uncertainty", "worth", name), said, of_key=True)
    if not drawn_ and sum(weight > 0 for weight in made.weights.values()) < 2:
        said = "nothing is drawn: no figure outside 'uncertainty.leave_out' has 'low' and 'high'"
        findings.add(("uncertainty",), said, of_key=True)
    return list(findings.problems)


def _left_out(one: RegisterEntry, config: Config) -> bool:
    """Say whether a figure keeps its value."""
    return any(one.path == start or one.path.startswith(f"{start}.") for start in config.uncertainty.leave_out)


def scenario_of_draw(made: UncertainConfig, values: FloatArray, effect_set: str) -> Scenario:
    """Give the study under one draw and one evidence set.

    Raises
    ------
    ModelError
        When the figures drawn make no model, for instance a row of probabilities above 1.
    """
    problems: list[Problem] = []
    tree, here = made.tree, Origin("a draw")
    if made.posterior is not None:
        tree = made.posterior.laid(tree, values[len(made.figures) :], here, problems)
    for one, value in zip(made.figures, values[: len(made.figures)], strict=True):
        key, _, text = one.setting(float(value)).partition("=")
        new = Tree(text if one.is_duration else float(value), here)
        tree = put(tree, key, new, here, problems, "")
    if problems:
        raise ModelError(problems)
    return scenario_of(under_set(tree, effect_set, here), made.file)


def solve_draws(made: UncertainConfig, draws: Sequence[int]) -> list[Solved]:
    """Solve draws by their numbers; raises as ``solve_draw``."""
    return [solve_draw(made, draw) for draw in draws]


def solve_draw(made: UncertainConfig, draw: int) -> Solved:
    """Solve one draw; figures that make no model, such as a rate below 0, are drawn again.

    So draws are of what is believed, given that it is possible (rejection sampling).

    Raises
    ------
    ModelError
        When figures make no model ``ATTEMPTS`` times in a row.
    """
    effect_set = chosen_set(made.weights, made.config.seed, draw)
    for attempt in range(ATTEMPTS):
        values = made.drawn([draw + attempt * APART])[0]
        try:
            scenario = scenario_of_draw(made, values, effect_set)
        except ModelError as error:
            refused = error
            continue
        ds = simulate(without_answer(scenario), rows=False)
        return replace(solved(ds, draw, effect_set, values), redrawn=attempt)
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
    most = made.config.uncertainty.draws if draws is None else draws
    points = Points(partial(solve_draws, made), store_of_solved(keep, partial(_digest, made)), workers, BATCH, tell)
    wanted = min(FIRST_ROUND, most) if target else most
    while True:
        with kept_in(keep):
            found = points.at(range(wanted))
        table = to_table(found, made.inputs, _facts(made))
        if target is None or enough(table, *target)[0] or wanted >= most:
            return made, table
        wanted = min(2 * wanted, most)


def _digest(made: UncertainConfig) -> str:
    """Say what draws are of: the config but for their number and worths of outcomes, the posterior, the program."""
    tree, about = without(made.tree, "replications"), made.tree.mapping.get("uncertainty")
    if about is not None:
        tree = tree.with_entries({**tree.mapping, "uncertainty": without(about, "draws", "worth")}, tree.keys)
    known = made.posterior
    whole = () if known is None else (known.names, known.set, known.multiply, known.relative.tolist())
    rows = sha256(known.draws.tobytes()).hexdigest() if known is not None else ""
    return digest_of_points(*to_yaml(tree).splitlines(), rows, repr(whole))


def _facts(made: UncertainConfig) -> DrawFacts:
    """Say what the draws are of."""
    config = made.config
    regimes = list(config.regimes) or [ONLY_REGIME]
    tied = {name for one in made.joint for name in one.names}
    return DrawFacts(
        title=config.title, seed=config.seed, baseline=config.baseline or regimes[0], price_year=config.price_year,
        weights=made.weights, solver=config.solver, groups=made.groups(), terms=made.terms, worth=made.worth,
        unit=next(iter(config.units)), beliefs={one.name: _belief_of(one, tied) for one in made.inputs},
    )  # fmt: skip


def _belief_of(one: Uncertain, tied: Collection[str]) -> list[object]:
    """Give best estimate, interval and distribution of a figure, and whether it is drawn with others."""
    held = one.belief
    return [held.value, held.low, held.high, held.kind, one.name in tied]
