"""First states: how the cells of each table are filled at the start, and what newcomers bring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray
from sim.engine.solvers.closure.mixes import Mix
from sim.engine.solvers.closure.plan import Plan, TablePlan, in_window
from sim.model.compiled.scope import clock_value
from sim.model.spec import Chain, Model


@dataclass
class Opening:
    """First states: shares of each chain's stages, and of each table's cells per family."""

    plan: Plan
    model: Model
    fresh: bool

    def stages(self, chain: Chain) -> FloatArray:
        """Give the shares of a chain's stages for a newcomer, within the chain's ages, (stage,)."""
        start = chain.start or {}
        shares = np.array([clock_value(start[s], self.model, 0) if s in start else 0.0 for s in chain.states])
        shares[0] += 1.0 - shares.sum()
        unfolded = self.plan.stages[chain.name]
        wanted = -1 if self.fresh else 0
        at = np.zeros(len(unfolded.state))
        for state, share in enumerate(shares):
            mine = np.flatnonzero(unfolded.state == state)
            at[mine[0] if len(mine) == 1 else mine[unfolded.steps[mine] == wanted][0]] = share
        return at

    def table(self, table: TablePlan, ages: FloatArray) -> FloatArray:
        """Give the cells of a table for one newcomer (one child, at given shares of ages, of a family)."""
        space = self.plan.space
        result = np.ones(space.shape(table.names))
        for name in table.names:
            part = self._part(name, table)
            if part is not None:
                result = result * space.over(part, (name,), table.names)
        for name in table.names:
            if name.endswith("#"):
                result = result * space.over(self.mix(self.plan.mixes[name[:-1]], ages), (name,), table.names)
        if table.child:
            result = result * self._aged(table, ages)
        return result

    def _part(self, name: str, table: TablePlan) -> FloatArray | None:
        """Give the shares of one name."""
        space = self.plan.space
        if name in self.plan.stages:
            chain = self.model.chain(name)
            return None if table.child and chain.unit != self.model.units[0].name else self.stages(chain)
        trait = next((t for t in self.model.traits if t.name == name), None)
        if trait is not None:
            return np.asarray(trait.shares) / sum(trait.shares)
        if name in self.plan.histories or name.startswith("others "):
            return np.asarray(np.eye(1, space.sizes[name])[0])
        for fine, tells in space.tells.items():
            if name in tells and fine in self.plan.histories:
                return np.asarray(np.eye(1, space.sizes[name])[0])
            if name in tells and fine in self.plan.stages:
                one_hot = np.eye(space.sizes[name])[tells[name]]
                return np.asarray(self.stages(self.model.chain(fine)) @ one_hot)
        return None

    def _aged(self, table: TablePlan, ages: FloatArray) -> FloatArray:
        """Give a child's states by age band, over a table's names."""
        space = self.plan.space
        shares = banded(self.plan, table, ages)
        result = space.over(shares, (table.age,), table.names)
        for name in table.names:
            if name in self.plan.stages and self.model.chain(name).unit != self.model.units[0].name:
                chain = self.model.chain(name)
                within = in_window(self.plan, table, chain)
                states = np.where(within[:, None], self.stages(chain), np.eye(1, space.sizes[name]))
                result = result * space.over(states, (table.age, name), table.names)
        return result

    def mix(self, mix: Mix, ages: FloatArray) -> FloatArray:
        """Give the shares of mixes for a newcomer, (mix,): children alike and apart, given how many there are."""
        chance = class_shares(self, mix, ages)
        number, members = mix.number, mix.members
        log = np.array([_multinomial(row) for row in members]) * np.prod(chance**members, axis=1)
        shares = np.asarray(next((t.shares for t in self.model.traits if t.name == self.plan.number), (1.0,)))
        return np.asarray(log * (shares / shares.sum())[number])


def class_shares(opening: Opening, mix: Mix, ages: FloatArray) -> FloatArray:
    """Give the shares of a mix's classes of states among children of given ages, (class,)."""
    chain = opening.model.chain(mix.chain)
    states = opening.plan.stages[mix.chain].state
    by_state = np.bincount(states, opening.stages(chain), len(chain.states))
    inside = np.bincount(mix.class_of, by_state, mix.n_classes)
    low, high = chain.ages_steps or (0, len(ages))
    age = np.arange(len(ages))
    within = float(ages[(age >= low) & (age < high)].sum() / ages.sum())
    return np.asarray(within * inside + (1.0 - within) * np.eye(1, mix.n_classes)[0])


def _multinomial(row: FloatArray) -> float:
    total, result = 0, 1.0
    for k in row:
        for i in range(1, int(k) + 1):
            total += 1
            result *= total / i
    return result


def banded(plan: Plan, table: TablePlan, ages: FloatArray) -> FloatArray:
    """Sum ages in steps up to a table's bands, (band,)."""
    width, n = plan.band[table.age], plan.space.sizes[table.age]
    return np.array([ages.sum()]) if not width else np.asarray(ages.reshape(n, width).sum(axis=1))
