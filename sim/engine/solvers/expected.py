"""Expected counts of all worlds of a scenario, from any solver that holds expectations instead of rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from sim.engine.counts.expected import Expected, counts_of, expected_arrays, write_down
from sim.engine.counts.layout import layout_of
from sim.engine.counts.reading import record_of
from sim.engine.counts.record import Record
from sim.engine.counts.recorder import Diary
from sim.engine.feedback import Feedback, levels_of
from sim.engine.history import History, Timeline
from sim.model.spec import Scenario, World


class Solution(Expected, Protocol):
    """Expectations in motion."""

    @property
    def feedback(self) -> Feedback:
        """The stocks of feedback."""

    def advance(self) -> None:
        """Go one step on."""


S = TypeVar("S", bound=Solution)


@dataclass(eq=False)
class SolvedHistory(History, Generic[S]):
    """A history that is solved: its expectations now, and those written down so far."""

    solution: S
    diary: Diary


def expect_worlds(
    scenario: Scenario, begin: Callable[[World], S], part: Callable[[S, World], S], afresh: bool = False
) -> Record:
    """Solve every world of a scenario, worlds on one history until regimes part.

    Parameters
    ----------
    scenario
        What to solve.
    begin
        Opens a world at the first step.
    part
        Goes on from a solution under the model of another world.
    afresh
        Whether a regime that starts at the first step begins at first states of its own, not at the baseline's.

    Returns
    -------
        The same arrays as a simulated replication, holding expectations.
    """
    started, layout = time.process_time(), layout_of(scenario)

    def open_history(world: World, names: list[str]) -> SolvedHistory[S]:
        solution = begin(world)
        return SolvedHistory(names, world.regime, solution, Diary.of(layout, counts_of(solution, moved=False)))

    def part_history(old: SolvedHistory[S], world: World, step: int) -> SolvedHistory[S]:
        if afresh and step == timeline.first:
            new = open_history(world, [world.name])
            _begin_diary(new, step)
            return new
        solution = part(old.solution, world)
        return SolvedHistory([world.name], world.regime, solution, old.diary.part(counts_of(solution, moved=False)))

    timeline = Timeline(scenario, open_history, part_history)
    for step in range(timeline.first, timeline.end):
        for history in timeline.histories:
            _begin_diary(history, step)
        timeline.part(step)
        for history in timeline.histories:
            history.solution.advance()
            if step >= 0:
                write_down(history.diary, step, history.solution)
    histories = [timeline.of(world.name) for world in scenario.worlds]
    levels = levels_of([world.model for world in scenario.worlds], [h.solution.feedback for h in histories])
    arrays = [expected_arrays(history.diary, history.solution.compiled) for history in histories]
    return record_of(layout, arrays, levels, 0, started)


def _begin_diary(history: SolvedHistory[S], step: int) -> None:
    """Write point 0 down, when it is now."""
    if step == 0:
        history.diary.begin(counts_of(history.solution, moved=False))
