"""Children by age, families that are replaced, births and birthdays, in expectation."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.arrays import FloatArray
from sim.engine.solvers.closure.plan import Plan
from sim.model.spec import Model


@dataclass
class Change:
    """What a step brings, per family by class of number of children, (number,), children by age in steps (number, age).

    ``replaced`` is the share of families replaced; ``stay``, ``aged``, ``born`` and ``new`` count children.
    """

    replaced: FloatArray
    alone: FloatArray
    aged: FloatArray
    born: FloatArray
    new: FloatArray
    before: FloatArray


@dataclass
class Ages:
    """Children by age for each number of children, per family: (number, age); and the places without a child."""

    model: Model
    number: FloatArray
    shares: FloatArray
    present: FloatArray = field(default_factory=lambda: np.zeros((0, 0)))
    alone: FloatArray = field(default_factory=lambda: np.zeros(0))

    @classmethod
    def of(cls, plan: Plan) -> Ages:
        """Open childhood at the first step."""
        model = plan.model
        trait = next((t for t in model.traits if t.name == plan.number), None)
        number = np.asarray(trait.values) if trait else np.ones(1) * (len(model.units) > 1)
        shares = np.asarray(trait.shares) / sum(trait.shares) if trait else np.ones(1)
        ages = cls(model, number, shares)
        if len(model.units) > 1:
            ages.present = number[:, None] * ages.entering()
            ages.alone = np.zeros(len(number))
        return ages

    def entering(self) -> FloatArray:
        """Give the ages of children who come with their family, (age,); one class where nobody grows up."""
        unit = self.model.units[1]
        if not unit.leaves_age_steps:
            return np.ones(1)
        low, high = unit.age_steps or (0, 0)
        shares = np.zeros(unit.leaves_age_steps)
        shares[low : high + 1] = 1.0 / (high - low + 1)
        return shares

    @property
    def absent(self) -> FloatArray:
        """Places without a child, (number,)."""
        return np.asarray(np.maximum(self.number - self.present.sum(axis=1), 0.0))

    def advance(self, first: bool) -> Change:
        """Let a step begin: who comes of age leaves, families are replaced, empty places are filled."""
        root = self.model.units[0]
        leave = -np.expm1(-root.leaves_rate * self.model.clock.step_years)
        if len(self.model.units) < 2:
            none = np.zeros((1, 1))
            return Change(np.array([leave]), np.zeros(1), none, none, none, none)
        child = self.model.units[1]
        before, absent = self.present, self.absent
        grown, aged = before, np.zeros(len(self.number))
        if child.leaves_age_steps and not first:
            grown = np.concatenate([np.zeros((len(before), 1)), before[:, :-1]], axis=1)
            aged = before[:, -1]
        alone = self.alone if child.leaves_age_steps else 0.0 * self.number
        replaced = leave + (1.0 - leave) * alone
        new = (replaced * self.number)[:, None] * self.entering()
        born = np.zeros_like(grown)
        born[:, 0] = -np.expm1(-child.births_rate * self.model.clock.step_years) * np.maximum(
            absent * (1.0 - leave) - alone * self.number, 0.0
        )
        self.present = grown * (1.0 - leave) + new + born
        # the last child of a family comes of age: the others were gone already
        empty = np.divide(absent, self.number, out=np.zeros_like(absent), where=self.number > 0)
        self.alone = aged * (1.0 - leave) * empty ** np.maximum(self.number - 1.0, 0.0)
        return Change(replaced, (1.0 - leave) * alone, aged, born, new, before)
