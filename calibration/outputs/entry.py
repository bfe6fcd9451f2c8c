"""Outputs about the programme and those whom it takes on: who they are, their cost, what becomes of them.

Nobody in the world that is followed is changed by the programme, so that what follows entry is what would have
happened anyway, and the comparison group of an evaluation is the entrants themselves.
"""

from __future__ import annotations

import numpy as np

from calibration.outputs.following import WorldHistory
from sim.arrays import BoolArray, FloatArray, IntArray
from sim.errors import ModelError
from sim.evaluation.checks.identities import episode_cost as episode
from sim.evaluation.checks.rows import longest_run, most_complex, relapsed
from sim.evaluation.checks.totals import prices_of_help
from sim.model.spec import Team

YEAR = 12


def entrants_cost(h: WorldHistory, ledger: str) -> float:
    """Mean cost of the entrants' twelve months before entry, pounds."""
    return _mean(_before(h, ledger))


def entrants_top(h: WorldHistory, ledger: str, share: str) -> float:
    """The same of the share of them with most problems at entry, for the most complex."""
    problems = [np.zeros(0, np.int64), *(_problems(h, t)[rows] for t, rows in h.entries)]
    return most_complex(_before(h, ledger), np.concatenate(problems), float(share))


def _problems(h: WorldHistory, t: int) -> IntArray:
    """Count the chains, but for services and the hub, in which each family, or a child of it, is in a worse state."""
    apart = {h.names.hub, *(chain.name for chain in h.model.chains if chain.service is not None)}
    chains = [chain for chain in h.states if chain not in apart]
    found = [_families(h, chain, h.states[chain][t] >= _bad(h, chain), t) for chain in chains]
    return np.asarray(np.sum(found, axis=0, dtype=np.int64))


def _bad(h: WorldHistory, chain: str) -> int:
    """Give the number of the first state of a chain that is a problem; of care it is need, whatever comes before."""
    states = h.chain_states(chain)
    return states.index("in_need") if "in_need" in states else 1


def entrants_largest(h: WorldHistory, ledger: str) -> float:
    """The dearest of them."""
    cost = _before(h, ledger)
    return float(cost.max()) if len(cost) else float("nan")


def _before(h: WorldHistory, ledger: str) -> FloatArray:
    """Cost of each entrant in the twelve months before entry, (entrant,)."""
    parts = [h.bills[ledger][t - YEAR : t, rows].sum(axis=0, dtype=np.float64) for t, rows in h.entries]
    return np.concatenate(parts) if parts else np.zeros(0)


def fall(h: WorldHistory, ledger: str, months: str) -> float:
    """By how much entrants' yearly cost is lower in the months after entry than in the year before, pounds."""
    before, after = _sides(h, ledger, YEAR, int(months))
    return _mean(before) - _mean(after)


def lower_share(h: WorldHistory, ledger: str, months: str) -> float:
    """Share of entrants whose cost is lower in the months after entry than in as many before."""
    before, after = _sides(h, ledger, int(months), int(months))
    return _mean((after < before).astype(np.float64))


def _sides(h: WorldHistory, ledger: str, before: int, after: int) -> tuple[FloatArray, FloatArray]:
    """Yearly cost of each entrant who stays, before and after the month of entry, (entrant,) each."""
    bill, generation = h.bills[ledger], h.generation[h.root]
    sums: tuple[list[FloatArray], list[FloatArray]] = ([np.zeros(0)], [np.zeros(0)])
    for t, rows in h.entries:
        if t + after < h.n_steps:
            kept = rows[generation[t + after, rows] == generation[t, rows]]
            sums[0].append(bill[t - before : t, kept].sum(axis=0, dtype=np.float64) * YEAR / before)
            sums[1].append(bill[t + 1 : t + 1 + after, kept].sum(axis=0, dtype=np.float64) * YEAR / after)
    return np.concatenate(sums[0]), np.concatenate(sums[1])


def at_entry(h: WorldHistory, chain: str, state: str) -> float:
    """Share of entrants who are, or with a child who is, in a state or a later one at entry."""
    number = h.state(chain, state)
    hit = [_families(h, chain, h.states[chain][t] >= number, t)[rows] for t, rows in h.entries]
    return _mean(np.concatenate([np.zeros(0), *hit]))


def before_entry(h: WorldHistory, chain: str, state: str, months: str) -> float:
    """The same at any time in the months up to entry."""
    number, hit = h.state(chain, state), [np.zeros(0)]
    for t, rows in h.entries:
        span = h.states[chain][t - int(months) + 1 : t + 1] >= number
        hit.append(_families(h, chain, np.asarray(span.any(axis=0)), t)[rows].astype(np.float64))
    return _mean(np.concatenate(hit))


def _families(h: WorldHistory, chain: str, there: BoolArray, t: int) -> BoolArray:
    """Say of each family whether it, or a child of it who is there, is marked, (family,)."""
    if h.unit[chain] == h.root:
        return there
    marked = h.parent[there & h.here[h.unit[chain]][t]]
    return np.asarray(np.bincount(marked, minlength=h.here[h.root].shape[1]) > 0)


def children_at_entry(h: WorldHistory, least: str) -> float:
    """Share of entrants with at least so many children."""
    child, n = h.model.units[1].name, h.here[h.root].shape[1]
    number = [np.bincount(h.parent[h.here[child][t]], minlength=n)[rows] for t, rows in h.entries]
    return _mean((np.concatenate([np.zeros(0), *number]) >= int(least)).astype(np.float64))


def trait_at_entry(h: WorldHistory, trait: str) -> float:
    """Share of entrants with the second value of a trait of two values."""
    return _mean(np.concatenate([np.zeros(0), *(h.traits[trait][rows] == 1 for _, rows in h.entries)]))


def after_entry(h: WorldHistory, chain: str, state: str, first: str, last: str) -> float:
    """Share of entrants (or their children who are there) in a state, over months after entry, both ends included."""
    number, hit, there = h.state(chain, state), 0, 0
    for t, rows in h.entries:
        for later in range(t + int(first), min(t + int(last), h.n_steps - 1) + 1):
            owned = _owned(h, chain, rows, t, later)
            hit += int((h.states[chain][later, owned] == number).sum())
            there += len(owned)
    return hit / there if there else float("nan")


def any_after(h: WorldHistory, chain: str, state: str, months: str) -> float:
    """Share of entrants (or their children of the chain's ages at entry) with any time in a state within the months."""
    number, hit, there = h.state(chain, state), 0, 0
    ages = next(c.ages_steps for c in h.model.chains if c.name == chain)
    for t, rows in h.entries:
        owned = _owned(h, chain, rows, t, t)
        if ages is not None:
            years = h.age[h.unit[chain]][t, owned]
            low, high = (a * h.model.clock.step_years for a in ages)
            owned = owned[(years >= low) & (years < high)]
        window = h.states[chain][t + 1 : t + 1 + int(months), owned] == number
        unit = h.unit[chain]
        window &= h.generation[unit][t + 1 : t + 1 + int(months), owned] == h.generation[unit][t, owned]
        hit, there = hit + int(window.any(axis=0).sum()), there + len(owned)
    return hit / there if there else float("nan")


def adults_any_after(h: WorldHistory, chain: str, state: str, months: str) -> float:
    """The same of families, for each adult: a family has two, or one where a parent is alone."""
    alone = next(t for t in h.model.traits if t.name == "lone_parent")
    adults = 2.0 - float(np.dot(alone.values, alone.shares))
    return any_after(h, chain, state, months) / adults


def _owned(h: WorldHistory, chain: str, rows: IntArray, t: int, later: int) -> IntArray:
    """Rows of a chain's unit that belong to the entrants who are still there."""
    generation = h.generation[h.root]
    kept = np.zeros(generation.shape[1], np.bool_)
    kept[rows] = generation[later, rows] == generation[t, rows]
    if h.unit[chain] == h.root:
        return np.flatnonzero(kept)
    return np.flatnonzero(kept[h.parent] & h.here[h.unit[chain]][later])


def starts(h: WorldHistory, year: str) -> float:
    """Families with whom a key worker starts in a year of the programme (1 the first), as a share of all families."""
    first = YEAR * int(year)
    new = h.engaged[first : first + YEAR] & ~h.engaged[first - 1 : first + YEAR - 1]
    return float(new.sum() / len(new) * YEAR / new.shape[1])


def starts_by(h: WorldHistory, months: str) -> float:
    """Share of families with whom a key worker has started within so many months of the programme's beginning."""
    last = YEAR + int(months)
    if h.n_steps < last:
        return float("nan")
    return float((h.engaged[YEAR:last] & ~h.engaged[YEAR - 1 : last - 1]).sum() / h.engaged.shape[1])


def consent(h: WorldHistory) -> float:
    """Share of those asked who agree."""
    yes, no = (h.flows.get(f"identified -> {to}", 0.0) for to in ("waiting", "refused"))
    return _divided(yes, yes + no)


def completion(h: WorldHistory) -> float:
    """Share of ended episodes that were completed."""
    ended = h.engaged[:-1] & ~h.engaged[1:] & _same(h)
    after = h.states[h.names.programme][1:] == h.state(h.names.programme, "aftercare")
    return _divided(float((ended & after).sum()), float(ended.sum()))


def engaged_months(h: WorldHistory) -> float:
    """Mean months of a completed episode, from those whose start is known."""
    length, found = np.zeros(h.engaged.shape[1]), [np.zeros(0)]
    after = h.state(h.names.programme, "aftercare")
    for t in range(1, h.n_steps):
        done = h.engaged[t - 1] & (h.states[h.names.programme][t] == after)
        found.append(length[done])
        length = np.where(h.engaged[t], length + 1, 0)
    return _mean(np.concatenate(found))


def relapse(h: WorldHistory, state: str, months: str) -> float:
    """Share of those who completed who are in a state of the hub or a later one so many months later."""
    after, bad = h.state(h.names.programme, "aftercare"), h.state(h.names.hub, state)
    completed = h.states[h.names.programme] == after
    return relapsed(h.engaged, completed, h.states[h.names.hub] >= bad, h.generation[h.root], int(months))


def calm(h: WorldHistory, state: str, run: str, months: str) -> float:
    """Share of entrants out of a state of the hub for so many months in a row, within so many months of entry."""
    bad, hit, there = h.state(h.names.hub, state), 0, 0
    for t, rows in h.entries:
        calm_months = h.states[h.names.hub][t + 1 : t + 1 + int(months), rows] < bad
        hit, there = hit + int((longest_run(calm_months) >= int(run)).sum()), there + len(rows)
    return _divided(hit, there)


def episode_cost(h: WorldHistory) -> float:
    """What an episode costs: a post's month times mean months engaged, over families in a post, and what it brings in.

    Months are those of Little's law over the last two years, so that dropping out counts.
    """
    prices = prices_of_help(h.scenario, h.spec, h.names)
    span = slice(-2 * YEAR, None)
    places, engaged = float(h.team[span, 1].mean()), float(h.team[span, 2].mean())
    begun = float((h.engaged[1:] & ~h.engaged[:-1])[span].sum() / (2 * YEAR))
    months, occupancy = _divided(engaged, begun), _divided(engaged, places)
    return episode(prices["post"], months, caseload(h), occupancy, prices["start"])


def caseload(h: WorldHistory) -> float:
    """Families that a key worker holds, as the model has it."""
    return _team(h).caseload


def turnover(h: WorldHistory) -> float:
    """Share of key workers who leave in a year, as the model has it."""
    return _team(h).turnover_per_year


def _team(h: WorldHistory) -> Team:
    """Give the programme's team.

    Raises
    ------
    ModelError
        When it has none.
    """
    found = next((c.service.team for c in h.model.chains if c.name == h.names.programme and c.service), None)
    if found is None:
        raise ModelError(f"the model has no team of '{h.names.programme}'")
    return found


def _same(h: WorldHistory) -> BoolArray:
    generation = h.generation[h.root]
    return np.asarray(generation[1:] == generation[:-1])


def _mean(values: FloatArray | BoolArray) -> float:
    return float(values.mean(dtype=np.float64)) if len(values) else float("nan")


def _divided(a: float, b: float) -> float:
    return a / b if b else float("nan")
