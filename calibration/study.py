"""A calibration as it is written: its model, parameters and targets read and checked, and the problem made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from calibration.parameters import Base, Placed, read_parameters
from calibration.predicting import Runner, Simulator
from calibration.problem import CalibrationProblem, FreeParameter, Relation, Target
from calibration.schema import CalibrationPart, Settings
from calibration.targets import Listed, check_against, found, in_prices, read_part, read_targets
from sim.arrays import FloatArray, finite
from sim.config.check.problems import Findings
from sim.config.loading import scenario_of
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.runs.meaning import digest_of_meaning


@dataclass(frozen=True)
class Study:
    """Everything that a calibration config says.

    Attributes
    ----------
    targets
        Those that the model answers in its own steps, money in its price year.
    longer
        Held-out targets that need more steps, with how many; they are scored at the end.
    claims
        What no output answers.
    published
        All of them as they were published, each in pounds of its own year: what contradictions are sought among.
    """

    file: Path
    part: CalibrationPart
    sets: tuple[str, ...]
    base: Base
    parameters: tuple[FreeParameter, ...]
    placed: tuple[Placed, ...]
    targets: tuple[Target, ...]
    longer: tuple[tuple[int, Target], ...]
    claims: tuple[Target, ...]
    published: tuple[Target, ...]
    relations: tuple[Relation, ...]
    is_backtest: bool = False

    @property
    def title(self) -> str:
        """What it is called."""
        return self.part.title or self.file.stem

    @property
    def settings(self) -> Settings:
        """How much work it may do."""
        return self.part.settings

    @property
    def middle(self) -> FloatArray:
        """The best estimates before, (parameter,)."""
        return np.array([one.prior.value for one in self.parameters])

    @property
    def meaning(self) -> str:
        """Digest of meaning of what is calibrated: the model before any parameter, and where parameters go."""
        return digest_of_meaning(scenario_of(self.base.tree, self.base.file).worlds, self.placed)

    def simulator(self, targets: Sequence[Target], steps: int = 0) -> Simulator:
        """Give what answers some targets, in the model's own steps or in more."""
        longer = (*self.sets, f"clock.steps={steps}")
        base = Base.of(self.part.model, longer, self.file.parent) if steps else self.base
        return Simulator(base, self.placed, tuple(t.output for t in targets))

    def problem(self, runner: Runner, noise: FloatArray) -> CalibrationProblem:
        """Make the problem that methods work on.

        Parameters
        ----------
        runner
            Answers ``targets``.
        noise
            Standard deviation that chance leaves in each answer, (target,).
        """
        return CalibrationProblem(self.parameters, self.targets, runner, noise, self.claims, self.relations)


def study(path: str | Path, sets: Sequence[str] = ()) -> Study:
    """Read a calibration.

    Parameters
    ----------
    path
        A file, or a name in the library such as ``calibration/national``.
    sets
        Settings laid over the model's config.

    Raises
    ------
    ModelError
        With every problem found in it, in its targets and in its model.
    """
    file = found(str(path), Path())
    part, findings = read_part(file, CalibrationPart)
    listed = _listed(part, file, findings)
    base = Base.of(part.model, sets, file.parent)
    scenario = scenario_of(base.tree, base.file)
    parameters, placed = read_parameters(part.parameters, base, findings)
    for i, name in enumerate(part.leave_out):
        if name not in listed.targets:
            findings.add(("leave_out", i), "no target of this name")
    for i, name in enumerate(part.backtest.known if part.backtest is not None else ()):
        if name not in listed.targets or listed.targets[name].kind != "fit":
            findings.add(("backtest", "known", i), "no target of this name that is fitted")
    _check_settings(part, findings)
    if len(scenario.worlds) != 1:
        findings.add(("model",), f"it has {len(scenario.worlds)} worlds; targets are measured in one")
    problems = [*findings.problems, *check_against(listed, scenario)]
    if problems:
        raise ModelError(problems)
    short, longer = _parted(listed, scenario, part.leave_out)
    claims = tuple(one for one in listed.targets.values() if not one.output)
    published, relations = tuple(listed.targets.values()), tuple(listed.relations)
    return Study(file, part, tuple(sets), base, parameters, placed, short, longer, claims, published, relations)


def _check_settings(part: CalibrationPart, findings: Findings) -> None:
    """Refuse too few runs for the number of parameters, before any is made."""
    from calibration.methods.emulator import points_needed  # slow to import
    from calibration.methods.posterior import CHECKED, ROUNDS

    n, settings = len(part.parameters), part.settings
    slopes = 2 * (2 * n + 2)
    least = {"point": slopes, "history": points_needed(n), "least_squares": slopes, "posterior": ROUNDS * CHECKED}
    for name, runs in least.items():
        if getattr(settings, name) < runs:
            findings.add(("settings", name), f"{n} parameters need at least {runs} runs")


def _listed(part: CalibrationPart, file: Path, findings: Findings) -> Listed:
    """Read the files of targets; a file that is missing is a problem of the calibration."""
    files = []
    for i, name in enumerate(part.targets):
        try:
            files.append(found(name, file.parent))
        except ModelError as error:
            findings.add(("targets", i), error.problems[0].message)
    try:
        return read_targets(files)
    except ModelError as error:
        raise ModelError([*findings.problems, *error.problems]) from None


def _parted(
    listed: Listed, scenario: Scenario, leave_out: Sequence[str]
) -> tuple[tuple[Target, ...], tuple[tuple[int, Target], ...]]:
    """Part the targets that are answered into those of the model's own steps and those that need more."""
    short, longer = [], []
    for name, target in listed.targets.items():
        if not target.output:
            continue
        one = in_prices(target, scenario)
        one = replace(one, kind="held_out") if name in leave_out and one.kind == "fit" else one
        if listed.steps[name] > scenario.worlds[0].model.clock.steps:
            longer.append((listed.steps[name], one))
        else:
            short.append(one)
    return tuple(short), tuple(longer)


def measured_noise(made: Study, runner: Runner) -> FloatArray:
    """Measure what chance leaves in each answer: spread over replications at the best estimates, (target,).

    The answer at a point is a mean of ``settings.replications``, so that its variance is that of one over their number.
    """
    several = runner.by_replication(made.middle[None], range(made.settings.noise))[:, 0]
    for target, answers in zip(made.targets, several.T, strict=True):
        finite(f"what the model says of {target.words} at the best estimates, by seed", answers)
    return np.asarray(several.std(axis=0, ddof=1) / np.sqrt(made.settings.replications))
