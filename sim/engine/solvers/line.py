"""Simulated histories: one that runs, one as it stands when a regime parts from it, and from where to go on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sim.arrays import BoolArray, IntArray
from sim.engine.counts.recorder import Diary
from sim.engine.feedback import Feedback
from sim.engine.history import History
from sim.engine.moves.carried import Carried
from sim.engine.moves.world import MovingWorld
from sim.engine.people.population import Population
from sim.engine.teams.staffing import Staff
from sim.language.evaluate import Node
from sim.model.compiled.scope import Moment, moment


@dataclass(eq=False)
class Line(History):
    """A simulated history: its rows in motion, the stocks of its feedback, its staff now, and what was counted."""

    world: MovingWorld
    feedback: Feedback
    diary: Diary
    staff: Mapping[str, Staff] = field(default_factory=dict)

    def now(self, step: int) -> Moment:
        """Give what expressions may ask of a step."""
        compiled = self.world.compiled
        totals = {stock.name: self.feedback.levels.get(stock.name, 0.0) for stock in compiled.model.stocks}
        totals |= {name: self._total(name, node) for name, node in compiled.totals.items()}
        return moment(compiled.model, step, totals)

    def _total(self, name: str, node: Node) -> float:
        """Answer total(), waiting() or places() from last step's end."""
        if node.name == "total":
            return float(self.world.stocks[name].sum())
        service = node.args[0].name
        if node.name == "waiting":
            return float(self.world.occupancy[service][:, self.world.chains[service].waiting].sum())
        present = self.staff.get(service)
        return float(present.places.sum()) if present is not None else 0.0


@dataclass(frozen=True)
class Parted:
    """A history as it stands when a regime parts from it: all that is needed to let another part from it there.

    Attributes
    ----------
    step
        The last step that it lived through.
    people
        By unit: who is there, and the step of birth of each row, (row,).
    """

    step: int
    people: Mapping[str, tuple[BoolArray, IntArray]]
    carried: Carried
    feedback: Feedback
    diary: Diary
    staff: Mapping[str, Staff]

    @classmethod
    def of(cls, line: Line) -> Parted:
        """Copy a history."""
        world = line.world
        people = {unit: (rows.active.copy(), rows.born.copy()) for unit, rows in world.population.rows.items()}
        feedback, diary = line.feedback.copy(), line.diary.copy()
        return cls(world.step, people, world.carried.copy(), feedback, diary, dict(line.staff))

    def copy(self) -> Parted:
        """Copy what a history that goes on changes."""
        return replace(self, carried=self.carried.copy(), feedback=self.feedback.copy(), diary=self.diary.copy())


@dataclass(frozen=True)
class Begun:
    """From where to go on: the population, and the histories of some baselines, by world, before a step."""

    step: int
    population: Population
    standing: Mapping[str, Parted]

    def people(self) -> Population:
        """Give the population as it was then."""
        then = next(iter(self.standing.values())).people
        rows = {
            unit: replace(rows, active=then[unit][0].copy(), born=then[unit][1].copy())
            for unit, rows in self.population.rows.items()
        }
        return replace(self.population, rows=rows)
