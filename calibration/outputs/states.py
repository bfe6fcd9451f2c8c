"""Outputs about everybody in the world: levels, flows, spells and costs, for any chain of any model."""

from __future__ import annotations

import numpy as np

from calibration.outputs.following import WorldHistory
from sim.arrays import BoolArray

YEAR = 12


def share(h: WorldHistory, chain: str, state: str) -> float:
    """Share of those there who are in a state, over the first year."""
    return _share(h, chain, h.states[chain][:YEAR] == h.state(chain, state))


def share_from(h: WorldHistory, chain: str, state: str) -> float:
    """The same of a state and all later ones of its chain."""
    return _share(h, chain, h.states[chain][:YEAR] >= h.state(chain, state))


def _share(h: WorldHistory, chain: str, there: BoolArray) -> float:
    here = h.here[h.unit[chain]][:YEAR]
    return float((there & here).sum() / here.sum())


def _moves(h: WorldHistory, chain: str, source: BoolArray, target: BoolArray) -> BoolArray:
    """Mark moves from some states (by number) to others by people who are there before and after, (step - 1, row)."""
    states, unit = h.states[chain], h.unit[chain]
    same = h.generation[unit][1:] == h.generation[unit][:-1]
    return np.asarray(source[states[:-1]] & target[states[1:]] & same & h.here[unit][1:] & h.here[unit][:-1])


def _only(h: WorldHistory, chain: str, state: str) -> BoolArray:
    return np.asarray(np.arange(len(h.chain_states(chain))) == h.state(chain, state))


def _leave(h: WorldHistory, chain: str, inside: BoolArray) -> BoolArray:
    """Mark who leaves some states (by number), (step - 1, row): by a move, or coming of age in a family that stays."""
    unit = h.unit[chain]
    there = inside[h.states[chain][:-1]] & h.here[unit][:-1]
    moved = _moves(h, chain, inside, ~inside)
    age = next(u.leaves_age_steps for u in h.model.units if u.name == unit)
    if age is None:
        return moved
    last = int(age * h.model.clock.step_years) - 1
    gone = (h.generation[unit][1:] != h.generation[unit][:-1]) | ~h.here[unit][1:]
    stays = (h.generation[h.root][1:] == h.generation[h.root][:-1])[:, h.parent]
    return np.asarray(moved | (there & gone & stays & (h.age[unit][:-1] >= last)))


def exit_rate(h: WorldHistory, chain: str, state: str) -> float:
    """Rows that leave a state for each year spent in it; children who come of age there leave it."""
    inside = _only(h, chain, state)
    years = (inside[h.states[chain][:-1]] & h.here[h.unit[chain]][:-1]).sum() * h.model.clock.step_years
    return _ratio(_leave(h, chain, inside).sum(), years)


def exit_share(h: WorldHistory, chain: str, state: str, target: str) -> float:
    """Share of those who leave a state who go to another one; children who come of age there leave it."""
    inside = _only(h, chain, state)
    return _ratio(_moves(h, chain, inside, _only(h, chain, target)).sum(), _leave(h, chain, inside).sum())


def episode_years(h: WorldHistory, chain: str, state: str) -> float:
    """Mean length of an episode in a state or a later one, years: those inside for each who comes in a year."""
    beyond = np.arange(len(h.chain_states(chain))) >= h.state(chain, state)
    years = (beyond[h.states[chain][:-1]] & h.here[h.unit[chain]][:-1]).sum() * h.model.clock.step_years
    return _ratio(years, _moves(h, chain, ~beyond, beyond).sum())


def leavers_within(h: WorldHistory, chain: str, state: str, months: str) -> float:
    """Share of those who leave a state, by a move or by coming of age, who have been in it for at most so many months.

    Leavers count from when a spell that began before the first step would be longer than that.
    """
    limit, inside = int(months), _only(h, chain, state)
    length = np.zeros(h.states[chain].shape[1])
    left = short = 0
    gone = _leave(h, chain, inside)
    unit = h.unit[chain]
    for t in range(1, h.n_steps):
        if t > limit + 1:
            left += int(gone[t - 1].sum())
            short += int((gone[t - 1] & (length <= limit)).sum())
        same = h.generation[unit][t] == h.generation[unit][t - 1]
        length = np.where(inside[h.states[chain][t]] & same, length + 1, 0)
    return _ratio(short, left)


def ended_within(h: WorldHistory, chain: str, state: str, months: str) -> float:
    """Share of the spells that begin which have ended so many months later."""
    inside = _only(h, chain, state)
    return _reached(h, chain, _moves(h, chain, ~inside, inside), ~inside, int(months))


def back_within(h: WorldHistory, chain: str, state: str, target: str, months: str) -> float:
    """Share of those who leave a state for another one who are in it again within so many months."""
    inside = _only(h, chain, state)
    return _reached(h, chain, _moves(h, chain, inside, _only(h, chain, target)), inside, int(months))


def _reached(h: WorldHistory, chain: str, begun: BoolArray, target: BoolArray, months: int) -> float:
    """Share of those who began who are in the target states at some step of the months that follow."""
    unit, hit, all_ = h.unit[chain], 0, 0
    for t in range(1, h.n_steps - months):
        rows = np.flatnonzero(begun[t - 1])
        rows = rows[
            h.here[unit][t + months, rows] & (h.generation[unit][t + months, rows] == h.generation[unit][t, rows])
        ]
        seen = target[h.states[chain][t + 1 : t + months + 1, rows]].any(axis=0)
        hit, all_ = hit + int(seen.sum()), all_ + len(rows)
    return _ratio(hit, all_)


def moves_into(h: WorldHistory, chain: str, state: str, year: str = "1") -> float:
    """Moves into a state a year for 1,000 root rows, in the first year or a later one."""
    inside = _only(h, chain, state)
    first = (int(year) - 1) * YEAR
    span = _moves(h, chain, ~inside, inside)[max(first - 1, 0) : first + YEAR - 1]
    return float(span.sum() / len(span) * YEAR / h.here[h.root].shape[1] * 1000)


def first_moves(h: WorldHistory, chain: str, year: str) -> float:
    """Moves out of the first state of a chain for 1,000 root rows in a year."""
    first = np.arange(len(h.chain_states(chain))) == 0
    at = (int(year) - 1) * YEAR
    span = _moves(h, chain, first, ~first)[max(at - 1, 0) : at + YEAR - 1]
    return float(span.sum() / len(span) * YEAR / h.here[h.root].shape[1] * 1000)


def trend(h: WorldHistory, chain: str, year: str) -> float:
    """First moves of a chain in a year, as a ratio to those of the first year."""
    return _ratio(first_moves(h, chain, year), first_moves(h, chain, "1"))


def stock(h: WorldHistory, chain: str, state: str) -> float:
    """Rows in a state on average over the first year, for 1,000 root rows."""
    inside = (h.states[chain][:YEAR] == h.state(chain, state)) & h.here[h.unit[chain]][:YEAR]
    return float(inside.sum() / YEAR / h.here[h.root].shape[1] * 1000)


def cost(h: WorldHistory, ledger: str) -> float:
    """Cost of a root row and year in a ledger, over the first year, pounds of the price year."""
    return float(h.bills[ledger][:YEAR].mean(dtype=np.float64) / h.model.clock.step_years)


def top_cost(h: WorldHistory, ledger: str, share_: str) -> float:
    """Mean cost of the dearest share of root rows over the first year, pounds."""
    yearly = np.sort(h.bills[ledger][:YEAR].sum(axis=0, dtype=np.float64))
    return float(yearly[-max(1, int(len(yearly) * float(share_))) :].mean())


def largest_cost(h: WorldHistory, ledger: str) -> float:
    """Cost of the dearest root row over the first year, pounds."""
    return float(h.bills[ledger][:YEAR].sum(axis=0, dtype=np.float64).max())


def _ratio(a: float, b: float) -> float:
    return float(a) / float(b) if b else float("nan")
