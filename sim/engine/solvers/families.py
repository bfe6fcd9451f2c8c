"""Monte Carlo of one replication: every world on the same draws, chain by chain, one history until regimes part.

Leaves out money (results) and more than one replication (runs.ensemble).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sim.engine.counts.layout import layout_of as layout
from sim.engine.counts.record import Record
from sim.engine.fate.draws import key
from sim.engine.history import Parting
from sim.engine.moves.step import Stepper, make_pass
from sim.engine.people.areas import AreaSpan
from sim.engine.solvers.line import Line
from sim.engine.solvers.parts import check_part
from sim.engine.solvers.run import Run
from sim.engine.teams.meeting import hold_meeting
from sim.errors import ModelError
from sim.model.compiled.accounts import account_plan
from sim.model.compiled.scope import Moment
from sim.model.spec import Scenario

__all__ = ["Line", "Observer", "layout", "replicate"]

SCHEMES = ("bytes", "plain")
Observer = Callable[[int, Line], None]
"""Called after every step (warm-up included) for every history that runs, with the step and the line."""


def why_between_steps(scenario: Scenario) -> str:
    """Say why rows cannot be followed step by step; empty where they can."""
    if any(world.model.queues == "per_family" for world in scenario.worlds):
        return (
            "queues: per_family lives between steps, and this follows rows step by step; use queues: teams (--set "
            "queues=teams)"
        )
    drawn = next((chain for chain in scenario.worlds[0].model.chains if chain.between_steps), None)
    if drawn is not None:
        return (
            f"services.{drawn.name}: {drawn.between_steps} needs time between steps, and this follows rows step by "
            "step; use queues: per_family"
        )
    return ""


def replicate(
    scenario: Scenario,
    replication: int,
    scheme: str = "bytes",
    keep_states: bool = False,
    observe: Observer | None = None,
    at_start: Observer | None = None,
    part: AreaSpan | None = None,
    accounts: bool | None = None,
) -> Record:
    """Simulate one replication of every world of a scenario.

    Parameters
    ----------
    scenario
        What to simulate.
    replication
        Number of the replication; with the seed it fixes every draw.
    scheme
        ``bytes`` (only rows that their byte may move are looked at) or ``plain`` (all are): the same moves.
    keep_states
        Also keep every row's final states (world number, chain).
    observe
        Looks at the rows themselves after each step; must change nothing.
    at_start
        The same before the first step.
    part
        The areas that are run, by default all; records of parts add up to that of all (``added_up``).
    accounts
        Whether to count for the accounts of the answer, where the scenario has them; by default unless somebody looks,
        who would see the further worlds that they take, too.

    Returns
    -------
        The record, its arrays independent of which other worlds were in the scenario.

    Raises
    ------
    ModelError
        When queues are to be lived case by case, and when a part is asked for of what cannot be cut.
    ValueError
        If there is no such scheme.
    """
    if scheme not in SCHEMES:
        raise ValueError(f"there is no scheme '{scheme}'; there are {' and '.join(SCHEMES)}")
    why = why_between_steps(scenario)
    if why:
        raise ModelError(why)
    if part is not None:
        check_part(scenario, part)
    wanted = observe is None and at_start is None if accounts is None else accounts
    plan = account_plan(scenario) if wanted else None
    run = Run(scenario, replication, ChainByChain(scheme), part=part, accounts=plan)
    if at_start is not None:
        for line in run.lines:
            at_start(run.step - 1, line)
    while run.step < run.last:
        run.advance()
        if observe is not None:
            for line in run.lines:
                observe(run.step - 1, line)
    record = run.record()
    if keep_states:
        states = {name: run.timeline.of(name).world.state for name in run.layout.worlds}
        record.final_states = {(w, chain): array for w, s in enumerate(states.values()) for chain, array in s.items()}
    return record


class ChainByChain:
    """Steps one chain after another in all histories at once; who waits is admitted at meetings."""

    whole_steps = True

    def __init__(self, scheme: str = "bytes") -> None:
        self.scheme = scheme
        self.steppers: list[tuple[list[Line], Stepper]] = []

    def line_up(self, run: Run, partings: Sequence[Parting[Line]]) -> None:
        """Line the worlds up chain by chain, in the model's order."""
        del partings
        order = run.scenario.worlds[0].model.order
        turning = {chain: [line for line in run.lines if line.world.compiled.turns(chain)] for chain in order}
        self.steppers = []
        for chain, lines in turning.items():
            if lines:
                passes = [make_pass(line.world, chain, line.now(run.step)) for line in lines]
                self.steppers.append((lines, Stepper(passes, key(run.stream, chain))))

    def move(self, run: Run, moments: Sequence[Moment]) -> None:
        """Step every chain."""
        by_line = dict(zip(run.lines, moments, strict=True))
        for lines, stepper in self.steppers:
            stepper.refresh([by_line[line] for line in lines])
            stepper.run(run.step, self.scheme)

    def meet(self, run: Run, line: Line) -> None:
        """Hold the meeting of every service."""
        world = line.world
        for name in world.joined:
            if not world.compiled.reaches(name, world.chains[name].waiting):
                continue
            present = line.staff.get(name)
            limited = present is not None and world.compiled.model.queues == "teams"
            if present is not None and limited and not present.meets:
                continue
            admission = hold_meeting(world, name, present.places if limited and present else None, run.stream)
            if run.step >= 0:
                line.diary.admit(name, world.slot_of(admission.rows), admission.waits)
