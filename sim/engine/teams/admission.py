"""Who is admitted when places are free: one pure function for all areas and all allocation meetings.

It knows nothing of services, families or clocks, and draws no random numbers: the caller gives the queue in
order.
"""

from __future__ import annotations

import numpy as np

from sim.arrays import IntArray
from sim.engine import kernels

NONE, MARGINAL, WHOLE = 0, 1, 2


def free_places(places: IntArray, engaged: IntArray) -> IntArray:
    """Give the places that a meeting can fill.

    Parameters
    ----------
    places
        Places of each team now, shape (team,).
    engaged
        Cases that each team holds now, shape (team,).

    Returns
    -------
        places - engaged, never below 0: when staff leave, current cases stay and the team is overloaded.
    """
    free: IntArray = np.maximum(places - engaged, 0)
    return free


def admit(places: IntArray, team: IntArray, rank: IntArray) -> IntArray:
    """Choose who of the waiting is admitted: by priority class, then by place in the queue.

    Parameters
    ----------
    places
        Free places of each team, shape (team,); a negative number counts as none.
    team
        Team (area) of each waiting row, shape (waiting,), in 0 .. teams - 1.
    rank
        Priority class of each waiting row, shape (waiting,), 0 first. Classes are small numbers: the work
        grows with teams x classes.

    Returns
    -------
        Positions in ``team`` of those admitted, ascending. Rows are taken to stand in queue order: earlier
        arrivals first, those of one step already shuffled by a keyed hash.

    Raises
    ------
    ValueError
        If ``team`` and ``rank`` differ in length, or a team or class is outside its range.

    Notes
    -----
    Rows are counted by team and class; classes that fit are admitted whole, and only the one class of each team
    that does not fit is put in order. So the cost is a few passes over the queue, whatever its length or the load.
    """
    if team.shape != rank.shape:
        raise ValueError(f"team has {team.size} rows and rank {rank.size}; give both for every waiting row")
    if team.size == 0:
        return np.zeros(0, dtype=np.intp)
    n_classes = _n_classes(places.size, team, rank)
    if kernels.ON:
        chosen = np.empty(team.size + 1, np.intp)
        return chosen[: kernels.choose(team, rank, np.zeros((places.size, n_classes), np.int64), places, chosen)]
    code = team.astype(np.intp)
    code *= n_classes
    code += rank
    counts = np.bincount(code, minlength=places.size * n_classes).reshape(places.size, n_classes)  # (team, class)
    ahead = np.cumsum(counts, axis=1) - counts  # rows of better classes in the same team
    taken = np.clip(places[:, np.newaxis] - ahead, 0, counts)
    status = np.where(taken == counts, WHOLE, np.where(taken > 0, MARGINAL, NONE)).astype(np.uint8)
    status_of_row = status.ravel()[code]  # (waiting,)
    admitted = status_of_row == WHOLE
    marginal = np.flatnonzero(status_of_row == MARGINAL)
    if marginal.size:
        quota = np.where(status == MARGINAL, taken, 0).sum(axis=1)
        admitted[_first_of_each_team(marginal, team, quota)] = True
    return np.flatnonzero(admitted)


def _n_classes(n_teams: int, team: IntArray, rank: IntArray) -> int:
    """Check the ranges of team and class and give the number of classes."""
    if team.min() < 0 or team.max() >= n_teams:
        raise ValueError(f"a waiting row has team {team.min()} or {team.max()}; teams are 0 to {n_teams - 1}")
    if rank.min() < 0:
        raise ValueError(f"a waiting row has priority class {rank.min()}; classes start at 0, the first")
    return int(rank.max()) + 1


def _first_of_each_team(rows: IntArray, team: IntArray, quota: IntArray) -> IntArray:
    """Give the first ``quota[t]`` rows of each team t; rows ascend, all of them in marginal classes."""
    small = np.uint16 if quota.size <= np.iinfo(np.uint16).max else np.int64  # 16 bits: a stable radix sort
    team_of_row = team[rows].astype(small)
    order = np.argsort(team_of_row, kind="stable")
    lengths = np.bincount(team_of_row, minlength=quota.size)
    starts = np.cumsum(lengths) - lengths
    chosen = np.repeat(starts, quota) + _count_up(quota)
    return np.asarray(rows[order[chosen]], dtype=np.intp)


def _count_up(lengths: IntArray) -> IntArray:
    """Give 0 .. n - 1 for each n of ``lengths``, end to end."""
    ends = np.cumsum(lengths)
    return np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)
