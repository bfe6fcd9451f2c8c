"""Children by age in expectation: what births, birthdays and departures of families do to them, where they settle."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

import numpy as np

from sim.arrays import FloatArray
from sim.model.spec import Areas, Clock, Model, Trait, Unit

SETTLED = 1e-9
"""Children of an age, of a family, by which nothing changes any more in a step."""
LONGEST = 100
"""Childhoods after which it is given up that it settles."""


@dataclass
class Change:
    """What a step brings, by class of number of children: per family, (number,), or children by age, (number, age).

    ``replaced`` is the share of families replaced, ``alone`` of those whose last child has grown up; ``born`` and
    ``new`` count the newborn and who comes with a family; ``before`` who was there.
    """

    replaced: FloatArray
    alone: FloatArray
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
    def of(cls, model: Model, number_trait: str | None) -> Ages:
        """Open childhood at the first step; ``number_trait`` says how many places for children a family has."""
        trait = next((t for t in model.traits if t.name == number_trait), None)
        number = np.asarray(trait.values) if trait else np.ones(1) * (len(model.units) > 1)
        shares = np.asarray(trait.shares) / sum(trait.shares) if trait else np.ones(1)
        ages = cls(model, number, shares)
        if len(model.units) > 1:
            ages.present = number[:, None] * ages.entering()
            ages.alone = np.zeros(len(number))
            if model.units[1].settled:
                present, alone = _settled(model.clock, model.units, trait)
                ages.present, ages.alone = present.copy(), alone.copy()
        return ages

    def _settle(self) -> None:
        """Let births, birthdays and departures come and go until the ages stay as they are."""
        for _ in range(LONGEST * self.present.shape[1]):
            before = self.present
            self.advance(False)
            if np.abs(self.present - before).max() < SETTLED:
                return

    @property
    def leave(self) -> float:
        """The chance a step that a family leaves."""
        return float(-np.expm1(-self.model.units[0].leaves_rate * self.model.clock.step_years))

    def entering(self) -> FloatArray:
        """Give the ages of children who come with their family, (age,); one class where nobody grows up or is there."""
        unit = self.model.units[-1]
        if len(self.model.units) < 2 or not unit.leaves_age_steps:
            return np.ones(1)
        low, high = unit.age_steps or (0, 0)
        shares = np.zeros(unit.leaves_age_steps)
        shares[low : high + 1] = 1.0 / (high - low + 1)
        return shares

    def mean(self, children: FloatArray) -> FloatArray:
        """Average over families of all numbers of children, (number, ...)."""
        return np.asarray(self.shares @ children)

    @property
    def absent(self) -> FloatArray:
        """Places without a child, (number,)."""
        if not len(self.present):
            return np.zeros(len(self.number))
        return np.asarray(np.maximum(self.number - self.present.sum(axis=1), 0.0))

    def advance(self, first: bool) -> Change:
        """Let a step begin: who comes of age leaves, families are replaced, empty places are filled."""
        leave = self.leave
        if len(self.model.units) < 2:
            none = np.zeros((1, 1))
            return Change(np.array([leave]), np.zeros(1), none, none, none)
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
        return Change(replaced, (1.0 - leave) * alone, born, new, before)


@lru_cache(maxsize=8)
def _settled(clock: Clock, units: tuple[Unit, ...], number: Trait | None) -> tuple[FloatArray, FloatArray]:
    """Give who is present and who is alone where ages stay as they are; found once for models that are alike in it."""
    young = tuple(replace(unit, settled=False) for unit in units)
    traits = () if number is None else (number,)
    ages = Ages.of(Model(clock, young, Areas(), (), (), traits), None if number is None else number.name)
    ages._settle()
    return ages.present, ages.alone
