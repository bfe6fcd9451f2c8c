"""What the chain of social care comes to for given rates: expected levels and flows a year, by the engine's solver.

The chain is that of the model of today, with families' comings, goings and birthdays, and without services, which have
no effect in today's flows. Nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np

from sim.arrays import FloatArray
from sim.config.loading import load
from sim.engine.counts.layout import layout_of
from sim.engine.counts.record import Record
from sim.engine.solvers.choice import solve
from sim.language.tree import number
from sim.model.spec import Model, Parameter, Scenario, World

CONFIG = "areas_2025/flows"
CHAIN = "care"
LEVELS = ("in_need", "plan", "looked_after")
STARTS = (
    (("home", "in_need"), ("known", "in_need")),
    (("in_need", "plan"),),
    (("in_need", "looked_after"), ("plan", "looked_after"), ("returned", "looked_after")),
)
"""Moves that a start of each level is."""
PER = 10_000.0
MONTHS = 12


@dataclass(frozen=True)
class CourseFigure:
    """One figure of a course: its kind, which year (of levels, from the first on) and which of need, plans and care."""

    kind: Literal["level", "started", "ended"]
    year: int
    of: int


@dataclass(frozen=True)
class CareCourse:
    """Children per 10,000 of all children of a place, need, plans and care in this order.

    Attributes
    ----------
    levels
        On each 31 March from the first on, (year + 1, 3).
    started, ended
        In each year, (year, 3); ``ended`` is started less what the level has grown: who left by any way, birthdays too.
    """

    levels: FloatArray
    started: FloatArray

    @property
    def ended(self) -> FloatArray:
        """Give who left each level in each year, (year, 3)."""
        return self.started - np.diff(self.levels, axis=0)

    def read(self, one: CourseFigure) -> float:
        """Give one figure, per 10,000 children."""
        values = {"level": self.levels, "started": self.started, "ended": self.ended}[one.kind]
        return float(values[one.year, one.of])


@lru_cache(maxsize=8)
def base(years: int = 1, before: int | None = None) -> Scenario:
    """Give the chain of today alone, for some years after some months before them, those of the config if None."""
    months = [] if before is None else [f"units.family.warm_up={before} months"]
    return load(CONFIG, [f"clock.steps={MONTHS * years}", *months])


def england() -> Mapping[str, float]:
    """Give the parameters of the chain that are plain numbers, as they are for England."""
    found = {}
    for name, parameter in base().worlds[0].model.parameters.items():
        node = parameter.expression.root
        if node.kind == "number":
            found[name] = float(node.value)
    return found


def courses(points: Sequence[Mapping[str, float]], years: int = 1, before: int | None = None) -> list[CareCourse]:
    """Give what the chain comes to at points: values of parameters laid over England's.

    Parameters
    ----------
    points
        Parameters by name; those that are not named stay as they are for England.
    years
        How many years from the first level on.
    before
        Months before it, in place of those of the config.

    Raises
    ------
    ModelError
        When the rates at a point make no model.
    """
    scenario = base(years, before)
    first = scenario.worlds[0]
    worlds = tuple(
        World(f"{first.regime}/{i}", first.regime, str(i), _with(first.model, point)) for i, point in enumerate(points)
    )
    made = replace(scenario, worlds=worlds)
    record, _ = solve(made)
    return [_course(made, record, i) for i in range(len(points))]


def _with(model: Model, values: Mapping[str, float]) -> Model:
    """Lay values over the parameters of a model."""
    unknown = [name for name in values if name not in model.parameters]
    if unknown:
        raise KeyError(f"the chain has no parameter {', '.join(unknown)}")
    laid = {name: Parameter(name, number(value)) for name, value in values.items()}
    return replace(model, parameters={**model.parameters, **laid})


def _course(scenario: Scenario, record: Record, world: int) -> CareCourse:
    """Read levels and flows of a world."""
    layout, model = layout_of(scenario), scenario.worlds[world].model
    stocks, flows = record.stocks[world], record.flows[world]
    states = {state: i for i, (_, chain, state) in enumerate(layout.states) if chain == CHAIN}
    moves = {(a, b): i for i, (_, chain, a, b) in enumerate(layout.flows) if chain == CHAIN}
    children = stocks[0, list(states.values())].sum()
    scale = PER * _value(model, "reach") / children
    levels = np.stack([stocks[::MONTHS, states[state]] for state in LEVELS], axis=1)
    started = np.stack([flows[:, [moves[move] for move in starts]].sum(axis=1) for starts in STARTS], axis=1)
    return CareCourse(levels * scale, started.reshape(-1, MONTHS, len(STARTS)).sum(axis=1) * scale)


def _value(model: Model, name: str) -> float:
    """Give a parameter that is a plain number."""
    return float(model.parameters[name].expression.root.value)
