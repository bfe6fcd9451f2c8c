"""The chain of a calibration: chance, history matching, least squares, posterior, contradictions, influence."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from calibration.conflicts.arithmetic import Conflict, arithmetic_conflicts
from calibration.conflicts.model import model_conflicts
from calibration.diagnosis.influence import Influence, influence
from calibration.diagnosis.reach import weighed
from calibration.methods import history, least_squares, posterior
from calibration.methods.emulator import build
from calibration.predicting import Runner
from calibration.problem import CalibrationProblem, Fit, Target
from calibration.study import Study, measured_noise
from sim.arrays import FloatArray
from sim.engine.fate.draws import key
from sim.runs.points import Tell

Say = Callable[[str], None]
POINTS, LONGER = "points.jsonl", "points_{steps}.jsonl"
"""Files of a calibration's folder that keep what was run."""


@dataclass(frozen=True)
class Calibrated:
    """A calibration as it came out.

    Attributes
    ----------
    chosen
        What is reported: the posterior, or least squares where no more was asked for.
    steps
        Every method's fit in the order in which they were made.
    longer
        Targets that need more steps with the model's answers at some draws, (draw,).
    """

    study: Study
    problem: CalibrationProblem
    chosen: Fit
    steps: tuple[Fit, ...]
    conflicts: tuple[Conflict, ...] = ()
    influences: tuple[Influence, ...] = ()
    longer: tuple[tuple[Target, FloatArray], ...] = ()


def opened(made: Study, folder: Path | None, workers: int, tell: Tell | None, say: Say) -> CalibrationProblem:
    """Open the store of a calibration, measure chance, and give the problem."""
    keep = folder / POINTS if folder is not None else None
    runner = Runner(made.simulator(made.targets), keep, workers, made.settings.replications, tell)
    if runner.known:
        say(f"{len(runner.known)} runs are kept from before")
    say("chance: the best estimates under several seeds")
    return made.problem(runner, measured_noise(made, runner))


def point(made: Study, folder: Path | None, workers: int = 1, tell: Tell | None = None, say: Say = print) -> Calibrated:
    """Find the best point alone, by least squares from the best estimates."""
    problem = opened(made, folder, workers, tell, say)
    say("least squares")
    found = weighed(problem, least_squares.fit(problem, made.settings.seed, made.settings.point), made.settings.seed)
    return Calibrated(made, problem, found, (found,), arithmetic_conflicts(made.published, problem.relations))


def chain(made: Study, folder: Path | None, workers: int = 1, tell: Tell | None = None, say: Say = print) -> Calibrated:
    """Run the whole chain.

    Parameters
    ----------
    made
        The calibration.
    folder
        Where every run is kept, so that a chain that was stopped goes on; None keeps nothing.
    workers
        Processes; the result does not depend on it.
    tell, say
        Called as runs are done, and with a line at each stage.
    """
    settings = made.settings
    problem = opened(made, folder, workers, tell, say)
    say("history matching: what can be ruled out")
    first = history.fit(problem, key(settings.seed, "history"), settings.history)
    say("least squares: the best point of what is left")
    second = least_squares.fit(problem, key(settings.seed, "point"), settings.least_squares, first)
    say("posterior: emulator, sampler, and a check on the model itself")
    third = posterior.fit(problem, key(settings.seed, "posterior"), settings.posterior, _both(first, second))
    third = weighed(problem, third, settings.seed)
    say("contradictions, and what each figure does")
    emulator = build(problem, third.points, third.outputs)
    conflicts = (
        *arithmetic_conflicts(made.published, problem.relations),
        *model_conflicts(problem, emulator, key(settings.seed, "conflicts")),
    )

    def again(without: CalibrationProblem) -> Fit:
        return posterior.on_emulator(without, emulator, key(settings.seed, "again"))

    influences = influence(problem, third, again)
    longer = scored_longer(made, third, folder, workers, tell, say)
    return Calibrated(made, problem, third, (first, second, third), conflicts, influences, longer)


def _both(first: Fit, second: Fit) -> Fit:
    """Give the history match with the runs of least squares added: they train the emulator where it matters."""
    return replace(
        first, points=np.concatenate([first.points, second.points]),
        outputs=np.concatenate([first.outputs, second.outputs]),
    )  # fmt: skip


def scored_longer(
    made: Study, fit: Fit, folder: Path | None, workers: int, tell: Tell | None, say: Say
) -> tuple[tuple[Target, FloatArray], ...]:
    """Run some draws for longer and answer the targets that need it, (draw,) each."""
    found: list[tuple[Target, FloatArray]] = []
    n = made.settings.longer
    for steps in sorted({steps for steps, _ in made.longer}) if n else ():
        say(f"figures that need {steps} steps")
        targets = [target for needed, target in made.longer if needed == steps]
        keep = folder / LONGER.format(steps=steps) if folder is not None else None
        runner = Runner(made.simulator(targets, steps), keep, workers, 1, tell)
        chosen = np.linspace(0, len(fit.draws) - 1, n).round().astype(np.int64)
        answers = runner(fit.draws[chosen])
        found += [(target, answers[:, i]) for i, target in enumerate(targets)]
    return tuple(found)
