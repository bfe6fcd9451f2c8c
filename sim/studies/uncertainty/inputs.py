"""What is uncertain in a config: figures with an interval, effects that were measured, what a calibration found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from sim.arrays import FloatArray
from sim.config.check.problems import Findings
from sim.config.loading import find, scenario_of, tree_of
from sim.config.schema.config import Config
from sim.config.text import library
from sim.config.text.library import nearest
from sim.config.text.source import Tree, read
from sim.config.translate.model import config_of
from sim.config.views.register import RegisterEntry
from sim.economics.value.terms import stated_terms
from sim.errors import ModelError, Problem
from sim.model.spec import SetFit
from sim.runs.beliefs.distributions import belief
from sim.runs.beliefs.doubt import drawn_figures, is_drawn
from sim.runs.beliefs.drawn_together import together
from sim.runs.beliefs.draws import Uncertain, chosen_set, drawn
from sim.runs.beliefs.effects import drawn_ratios, effect_inputs, name_of
from sim.runs.beliefs.joint_draws import JointFigures
from sim.runs.beliefs.posterior import Posterior, read_posterior
from sim.studies.uncertainty.answer import WORTH
from sim.studies.uncertainty.conditions import FEWEST
from sim.studies.uncertainty.taken import taken_inputs

APART = 1 << 40
"""Between the numbers of a draw and of the one that takes its place: more than anybody draws."""


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
    effects: tuple[Uncertain, ...] = ()
    """Measured ratios, from which effects of help follow; they come last."""
    fits: Mapping[str, SetFit] = field(default_factory=dict)
    """Evidence sets with effects that were solved for."""
    resolved: str = ""
    """The config with its evidence sets."""
    for_answer: bool = False
    """Whether a draw is run for the accounts of the answer alone: no other regime, no longer than they need."""
    taken: tuple[str, ...] = ()
    """Figures that are taken evenly over a range for a surface, whatever is believed of them."""

    def drawn(self, draws: Sequence[int], attempt: int = 0) -> FloatArray:
        """Give the values of all inputs in some draws, (draw, input): the one place where draws come from.

        Further attempts are other values under the same evidence set.
        """
        numbers, seed = [draw + attempt * APART for draw in draws], self.config.seed
        parts = [drawn(self.uncertain, seed, numbers, self.joint)]
        if self.posterior is not None:
            parts.append(self.posterior.drawn(seed, numbers))
        sets = [chosen_set(self.weights, seed, draw) for draw in draws]
        return np.concatenate([*parts, drawn_ratios(self.effects, self.fits, seed, numbers, sets)], axis=1)

    @property
    def inputs(self) -> tuple[Uncertain, ...]:
        """All that is drawn: figures by path, parameters of the posterior by name, measured ratios."""
        return (*self.uncertain, *(self.posterior.uncertain if self.posterior is not None else ()), *self.effects)

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


def study(path: str | Path, sets: Sequence[str] = (), surface: str | None = None) -> UncertainConfig:
    """Read a config and find what is uncertain in it, and what a surface is to be taken over.

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
    figures = [one for one in drawn_figures(tree, config.uncertainty) if one.path not in settled]
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
    run = config.effect_set or ("",)
    fits = {name: fit for name, fit in scenario.fits.items() if name in run}
    effects = tuple(
        one for one in effect_inputs(fits) if is_drawn(one.name, config.uncertainty, whatever_only=True)
    )
    made = UncertainConfig(
        file, tree, config, tuple(figures), tuple(uncertain), joint, terms, posterior, effects, fits, scenario.resolved
    )
    for name in config.uncertainty.weights:
        if name not in run:
            there = ", ".join(run) if config.effect_set else "none"
            problems.append(Problem("", f"uncertainty.weights.{name}", f"is no evidence set of this study: {there}"))
    if surface is not None and not problems:
        made = _over_ranges(made, surface)
    problems += [*_without_curve(made), *_empty(made, Findings(tree))]
    if problems:
        raise ModelError(problems)
    return made


def check_enough(made: UncertainConfig, draws: int | None) -> None:
    """Refuse too few draws for a surface over ranges that were asked for.

    Raises
    ------
    ModelError
        With how many it takes.
    """
    number = made.config.uncertainty.draws if draws is None else draws
    if made.taken and number < FEWEST:
        raise ModelError([Problem("", "--draws", f"{number} are too few for a surface; give {FEWEST} or more")])


def _over_ranges(made: UncertainConfig, surface: str) -> UncertainConfig:
    """Take the inputs of a surface that are not drawn as they are evenly over their ranges."""
    drawn_ = [one.name for one in made.inputs]
    own = {one.name for one in made.uncertain} - {name for one in made.joint for name in one.names}
    taken = taken_inputs(surface, made.tree, made.file, drawn_, set(drawn_) - own)
    names = {one.name for _, one in taken}
    return replace(
        made,
        figures=(*(one for one in made.figures if one.path not in names), *(figure for figure, _ in taken)),
        uncertain=(*(one for one in made.uncertain if one.name not in names), *(one for _, one in taken)),
        taken=tuple(one.name for _, one in taken),
    )


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
    for i, start in enumerate(made.config.uncertainty.only):
        if not any(name == start or name.startswith(f"{start}.") for name in drawn_):
            said = f"no figure with an interval has a path that begins so{nearest(start, drawn_)}"
            findings.add(("uncertainty", "only", i), said)
    if not drawn_ and sum(weight > 0 for weight in made.weights.values()) < 2:
        said = "nothing is drawn: no figure outside 'uncertainty.leave_out' has 'low' and 'high'"
        findings.add(("uncertainty",), said, of_key=True)
    return list(findings.problems)


def _without_curve(made: UncertainConfig) -> list[Problem]:
    """Say which evidence sets have intervals and nobody has solved for their effects at several ratios.

    A curve written in the study itself is its author's; one in a file of its own counts where it was solved for.
    """
    found, drawn_ = [], {one.name for one in made.effects}
    for name, fit in made.fits.items():
        file = library.find(f"evidence_sets/{name}.yaml", made.file.parent)
        own = made.tree.mapping.get("effect_sets")
        tree = own.mapping.get(name) if own is not None else None
        guessed = tree is None and not fit.digest
        lacking = [one.name for one in fit.drawn if (guessed or len(one.curve) < 2) and name_of(one) in drawn_]
        if not lacking:
            continue
        tree = read(file) if tree is None and file is not None else tree
        at = tree.mapping["estimands"].mapping[lacking[0]].origin if tree is not None else ""
        solve = f"families fit-effects {made.file.stem} --set 'effect_set=[{name}]' --only {name} --grid 9"
        how = "solved for at one ratio alone" if fit.digest else "never solved for"
        none = "'uncertainty.leave_out: [estimands]' draws none"
        said = f"has an interval, and its effect was {how}; {solve} solves for more, {none}"
        found.append(Problem(str(at), f"estimands.{lacking[0]}.interval", said))
    return found
