"""The engine's loops over rows as compiled code: where numba is installed, the same results to the last bit, sooner.

Each kernel stands beside NumPy code that says the same in whole arrays and is what to read; its docstring names it.
Kernels know rows, bytes, codes and tables, and no model. They use no exp, log or power: tables come from NumPy, so
that no result depends on who compiled what. ``FAMILIES_KERNELS=0`` turns them off.

Compiled code is kept beside this file, in NUMBA_CACHE_DIR or in the user's cache folder, whichever can be written;
where none can, every process compiles for itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from sim.arrays import FloatArray, IntArray, StateArray, WordArray


def _compiler() -> Callable[..., Any] | None:
    """Give numba's compiler; None where it is not wanted, not there, or does not suit the NumPy that is there."""
    if os.environ.get("FAMILIES_KERNELS", "1") == "0":
        return None
    try:
        from numba import njit
    except ImportError:
        return None
    return njit


NJIT = _compiler()
ON = NJIT is not None
"""Whether kernels are used: else whoever would call one does the same in NumPy."""
MISSING = not ON and os.environ.get("FAMILIES_KERNELS", "1") != "0"
"""Whether they are wanted and not there."""

CHUNK = 4096
"""Rows that are looked at together, so that what is noted of them stays in the processor's nearest cache."""
MOST_CODES = 1 << 16
"""Kernels keep codes in 16 bits."""
UNSURE = np.uint16(0xFFFF)
"""In a table by byte: the rest of the uniform decides."""
FINE = 2.0**-44
OWN, HOME, BORN, ENTERED = range(4)
"""What a term of a code reads: a byte of the row or of its root row; the step of birth or of entry."""
EVERY = -1
"""As the least value of a term: the amount counts once for each unit of the value."""
NO_BYTES: StateArray = np.zeros(0, np.uint8)
NO_PAIRS: IntArray = np.zeros(0, np.uint16)
NO_STEPS: IntArray = np.zeros(0, np.int32)
NO_ROWS: IntArray = np.zeros(0, np.int64)
GAMMA, MIX_1, MIX_2 = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
"""The constants of ``sim.engine.fate.draws``."""
Kernel = TypeVar("Kernel", bound=Callable[..., object])


def compiled(function: Kernel) -> Kernel:
    """Compile a function when it is first called; keep what was compiled for later processes where that can be."""
    if NJIT is None:
        return function
    try:
        made: Kernel = NJIT(function, cache=True, error_model="numpy")
    except RuntimeError:  # numba has nowhere to keep it
        made = NJIT(function, error_model="numpy")
    return made


@compiled
def mix(word: np.uint64) -> np.uint64:
    """Scramble a word, as ``draws.mix`` does."""
    word ^= word >> np.uint64(30)
    word *= MIX_1
    word ^= word >> np.uint64(27)
    word *= MIX_2
    return word ^ (word >> np.uint64(31))


@compiled
def draw_bytes(counters: WordArray, stream: np.uint64, drawn: WordArray) -> None:
    """Draw the bytes of all rows, eight a word; see ``uniforms.draw``.

    Parameters
    ----------
    counters
        Counter of each word, times GAMMA, (word,).
    stream
        Key of the coarse part.
    drawn
        Where they are written, (word,).
    """
    for i in range(counters.size):
        drawn[i] = mix(counters[i] + stream)


@compiled
def read_codes(codes: IntArray, base: int, terms: IntArray, who: int, carried: StateArray) -> None:
    """Read what bytes contribute to the codes of all rows; see ``CodeReader.of``.

    It is cheaper for all, many at an instruction, than for the few that are asked about.

    Parameters
    ----------
    codes
        Where they are written, (row,) of uint16; added up modulo 2**16.
    base
        What every code begins with.
    terms
        (term, 5): what it reads, which source, the least value or EVERY, the amount, the largest value.
    who
        OWN or HOME: which terms are meant.
    carried
        (source, row).
    """
    for first in range(0, codes.size, CHUNK):
        code = codes[first : first + CHUNK]
        code[:] = np.uint16(base)
        for t in range(terms.shape[0]):
            if terms[t, 0] != who:
                continue
            value = carried[terms[t, 1], first : first + CHUNK]
            least, amount, most = terms[t, 2], np.uint16(terms[t, 3]), np.uint8(terms[t, 4])
            if least == EVERY:
                for i in range(code.size):
                    code[i] += np.uint16(min(value[i], most)) * amount
            else:
                from_here, nothing = np.uint8(least), np.uint16(0)
                for i in range(code.size):
                    code[i] += amount if value[i] >= from_here else nothing


@compiled
def add_fixed(
    code: IntArray, which: IntArray, first: int, terms: IntArray, born: IntArray, entered: IntArray, by_area: IntArray,
    area: IntArray, step: int,
) -> None:  # fmt: skip
    """Add what ages, times in a state and areas contribute to the codes of some rows ``first + which``."""
    nothing = np.uint16(0)
    if by_area.size:
        for i in which:
            code[i] += by_area[area[first + i]]
    for t in range(terms.shape[0]):
        who, least, amount = terms[t, 0], terms[t, 2], np.uint16(terms[t, 3])
        if who >= BORN:
            since, latest = born if who == BORN else entered, np.int32(step - least)
            for i in which:
                code[i] += amount if since[first + i] <= latest else nothing


@compiled
def list_candidates(
    byte: StateArray, low: StateArray, high: StateArray, may_move: StateArray, which: IntArray
) -> np.uint32:
    """List which rows of a chunk their byte may move, and say how many; see ``Bounds.may_move``."""
    for i in range(byte.size):
        may_move[i] = (byte[i] < low[i]) | (byte[i] > high[i])
    n_words = (byte.size + 7) // 8
    may_move[byte.size : 8 * n_words] = 0
    eights = may_move.view(np.uint64)
    n = np.uint32(0)
    for w in range(n_words):
        if eights[w]:
            for i in range(8 * w, 8 * w + 8):
                which[n] = i
                n += may_move[i]
    return n


@compiled
def sift(
    code: IntArray, byte: StateArray, which: IntArray, n: np.uint32, pair_of: IntArray, by_byte: IntArray,
    code_low: StateArray, code_high: StateArray,
) -> np.uint32:  # fmt: skip
    """Keep those of ``n`` candidates who may move now that their code is known, with their pairs where that decides."""
    kept = np.uint32(0)
    if by_byte.size:
        for i in which[:n]:
            pair = by_byte[(np.uint32(code[i]) << np.uint32(8)) | byte[i]]
            which[kept], pair_of[kept] = i, pair
            kept += np.uint32(pair != 0)
    else:
        for i in which[:n]:
            which[kept], pair_of[kept] = i, UNSURE
            kept += np.uint32((byte[i] < code_low[code[i]]) | (byte[i] > code_high[code[i]]))
    return kept


@compiled
def decide(
    code: IntArray, byte: StateArray, which: IntArray, pair_of: IntArray, counters: WordArray, places: IntArray,
    stream: np.uint64, reach: FloatArray, pair_of_code: IntArray, first: int, rows: IntArray, pairs: IntArray,
    found: int,
) -> int:  # fmt: skip
    """Write down who of a chunk moves and how, after the ``found`` earlier ones; see ``Pass.decide``."""
    last, n_codes = reach.shape[0] - 1, reach.shape[1] // 2
    for j in range(which.size):
        i = np.int64(which[j])
        rows[found], pairs[found] = first + i, pair_of[j]
        if pair_of[j] != UNSURE:
            found += 1
            continue
        # The row's own counter: eight rows a word, both numbered from 1.
        at = places[first + i] if places.size else first + i
        number = np.uint64(8) * counters[at >> 3] + (np.uint64(at & 7) - np.uint64(7)) * GAMMA
        fine = mix(number + stream) >> np.uint64(20)
        u = (fine * FINE + byte[i]) * (1.0 / 256)
        place, position = np.int64(code[i]) + n_codes, u
        moves = u < reach[last, place]
        if not moves:
            place, position = np.int64(code[i]), 1.0 - u
            moves = position <= reach[last, place]
        slot = 0
        for k in range(last):
            slot += position >= reach[k, place]
        pairs[found] = pair_of_code[slot, place]
        found += moves
    return found


@compiled
def find_movers(
    drawn: StateArray, low: StateArray, high: StateArray, counters: WordArray, places: IntArray, stream: np.uint64,
    step: int,
    codes: IntArray, at_home: IntArray, parent: IntArray, terms: IntArray, born: IntArray, entered: IntArray,
    by_area: IntArray, area: IntArray, by_byte: IntArray, code_low: StateArray, code_high: StateArray,
    reach: FloatArray, pair_of_code: IntArray, rows: IntArray, pairs: IntArray,
) -> int:  # fmt: skip
    """Find who moves, and how; see ``Pass.run``.

    Parameters
    ----------
    drawn, low, high
        First bytes of the uniforms, and which of them may move each row: those below and above, (row,).
    counters, places, stream
        Counter of the word of each eight rows, times GAMMA, (word,), from which those of the rows themselves follow
        (``uniforms.Numbered``); where among the bytes of words each row's is, (row,), empty where they stand as the
        rows do; key of the fine part.
    step
        The step.
    codes, at_home, parent
        What bytes of the rows contribute to their codes, (row,) of uint16; what those of root rows do, (root row,),
        empty when nothing; the root row of each row.
    terms, born, entered
        Further terms, as in ``add_fixed``.
    by_area, area
        What each area contributes, (area,) of uint16, empty when nothing; the area of each row.
    by_byte
        Pair by code and byte, 0 to stay, UNSURE where it takes more, (256 x code,); empty when there is none.
    code_low, code_high
        Which bytes may move a code, (code,).
    reach, pair_of_code
        Chances summed up over slots, and what moves they stand for, (slot, 2 x code): to better, then to worse states.
    rows, pairs
        Where the movers, in order, and their moves (old * n + new) are written, (row,).

    Returns
    -------
        How many there are.
    """
    found = 0
    # One place more than there are rows: places are written before it is known whether they count.
    which, pair_of = np.empty(CHUNK + 1, np.uint16), np.empty(CHUNK + 1, np.uint16)
    may_move = np.zeros(CHUNK, np.uint8)
    for first in range(0, drawn.size, CHUNK):
        byte = drawn[first : first + CHUNK]
        n = list_candidates(byte, low[first : first + CHUNK], high[first : first + CHUNK], may_move, which)
        if n == 0:
            continue
        code = codes[first : first + CHUNK]
        add_fixed(code, which[:n], first, terms, born, entered, by_area, area, step)
        if at_home.size:
            for i in which[:n]:
                code[i] += at_home[parent[first + i]]
        n = sift(code, byte, which, n, pair_of, by_byte, code_low, code_high)
        found = decide(
            code, byte, which[:n], pair_of, counters, places, stream, reach, pair_of_code, first, rows, pairs, found
        )
    return found


@compiled
def count_moves(
    rows: IntArray, pairs: IntArray, old_of: StateArray, new_of: StateArray, state: StateArray, slots: IntArray,
    occupancy: FloatArray, flows: FloatArray,
) -> None:  # fmt: skip
    """Move rows to their new states and count that; see ``MovingWorld.follow``.

    Parameters
    ----------
    rows, pairs
        Who moves, and how: old * n + new, (mover,).
    old_of, new_of
        States of each pair, (pair,).
    state, slots
        State and area slot of each row, (row,).
    occupancy, flows
        Rows in each state, (state, slot), and moves, (pair, slot); no flows where they are not to be counted.
    """
    for i in range(rows.size):
        row, pair = np.uint32(rows[i]), np.uint32(pairs[i])
        slot, new = slots[row], new_of[pair]
        state[row] = new
        occupancy[new, slot] += 1.0
        occupancy[old_of[pair], slot] -= 1.0
    if flows.size:
        for i in range(rows.size):
            flows[np.uint32(pairs[i]), slots[np.uint32(rows[i])]] += 1.0


@compiled
def set_bounds(
    rows: IntArray, states: StateArray, low: StateArray, high: StateArray, table_low: StateArray,
    table_high: StateArray, weights: IntArray, fixed: IntArray,
) -> None:  # fmt: skip
    """Set the bounds of rows by their states; see ``Bounds.set`` (``fixed`` is empty where nothing is)."""
    for i in range(rows.size):
        row, place = np.uint32(rows[i]), weights[states[i]]
        if fixed.size:
            place += np.int64(fixed[row])
        low[row], high[row] = table_low[np.uint32(place)], table_high[np.uint32(place)]


@compiled
def add_to_parents(rows: IntArray, added: IntArray, parent: IntArray, counts: IntArray) -> None:
    """Add what moves of children change to a count of their families, (root row,); see ``MovingWorld.follow``."""
    for i in range(rows.size):
        counts[parent[np.uint32(rows[i])]] += added[i]


@compiled
def serve(
    rows: IntArray, events: StateArray, begins: int, ends: int, joins: int, agencies: IntArray, area: IntArray,
    busy: IntArray, waiting: IntArray,
) -> int:  # fmt: skip
    """Keep the numbers of engaged cases, list who joins the queue, and say how many; see ``MovingWorld._serve``.

    Parameters
    ----------
    rows, events
        Who moves, and what that means for help, (mover,): any of the bits ``begins``, ``ends`` and ``joins``.
    agencies, area
        Number of agencies that help each row, and its area, (row,).
    busy
        Engaged cases of each area, (area,).
    waiting
        Where those who join are written, (mover + 1,).
    """
    n = 0
    for i in range(rows.size):
        event, row = events[i], np.uint32(rows[i])
        change = np.int64((event & begins) != 0) - np.int64((event & ends) != 0)
        if change:
            agencies[row] += np.uint8(change)
            busy[np.uint32(area[row])] += change
        waiting[n] = rows[i]
        n += (event & joins) != 0
    return n


@compiled
def line_up(
    rows: IntArray, since: IntArray, state: StateArray, waiting: int, joined: IntArray, area: IntArray, free: IntArray,
    open_: IntArray,
) -> tuple[int, int]:  # fmt: skip
    """Close the ranks of a queue, in place, and list whose team has free places; see ``meeting.line_up``.

    Parameters
    ----------
    rows, since
        Who stands in the queue, in order, and the step in which each joined, (place,).
    state, waiting, joined
        State of each row, that of who waits, and the step in which each row last joined, (row,).
    area, free
        Area of each row, (row,), and its free places, (area,).
    open_
        Where the new places of those whose area has free places are written, (place + 1,).

    Returns
    -------
        How many still stand there, and how many of them have a chance.
    """
    n = n_open = 0
    for i in range(rows.size):
        row = rows[i]
        if state[np.uint32(row)] == waiting and joined[np.uint32(row)] == since[i]:
            rows[n], since[n], open_[n_open] = row, since[i], n
            n_open += free[np.uint32(area[np.uint32(row)])] > 0
            n += 1
    return n, n_open


@compiled
def choose(team: IntArray, rank: IntArray, taken: IntArray, places: IntArray, chosen: IntArray) -> int:
    """Choose who is admitted, and say how many; see ``admission.admit``.

    Parameters
    ----------
    team, rank
        Team and priority class of each waiting row, in order of the queue, (waiting,).
    taken
        Room for numbers by team and class, (team, class), all 0.
    places
        Free places of each team, (team,); below 0 counts as none.
    chosen
        Where their positions in the queue are written, ascending, (waiting + 1,).
    """
    for i in range(team.size):
        taken[np.uint32(team[i]), np.uint32(rank[i])] += 1
    for t in range(places.size):
        left = max(places[t], 0)
        for c in range(taken.shape[1]):
            taken[t, c] = min(taken[t, c], left)
            left -= taken[t, c]
    n = 0
    for i in range(team.size):
        left = taken[np.uint32(team[i]), np.uint32(rank[i])]
        taken[np.uint32(team[i]), np.uint32(rank[i])] = left - (left > 0)
        chosen[n] = i
        n += left > 0
    return n


@compiled
def tally_moves(
    rows: IntArray, flow: IntArray, groups: StateArray, left: IntArray, entered: IntArray, least: int,
    by_column: FloatArray,
) -> None:  # fmt: skip
    """Move rows from a state's column to another's in their groups; see ``Tally.move``.

    Parameters
    ----------
    rows, flow
        Who moves, and how, (move,).
    groups
        Group of each row, (row,); those below ``least`` are not counted.
    left, entered
        Columns of the two states, (flow,).
    by_column
        (column, group).
    """
    for i in range(rows.size):
        group = groups[np.uint32(rows[i])]
        if group >= least:
            by_column[left[flow[i]], group] -= 1.0
            by_column[entered[flow[i]], group] += 1.0


@compiled
def tally_flows(rows: IntArray, flow: IntArray, groups: StateArray, least: int, by_column: FloatArray) -> None:
    """Count moves in their own columns by group; see ``Tally.settle`` and ``tally_moves``."""
    for i in range(rows.size):
        group = groups[np.uint32(rows[i])]
        if group >= least:
            by_column[flow[i], group] += 1.0


@compiled
def tally_groups(
    rows: IntArray, new: StateArray, groups: StateArray, carried: StateArray, lines: IntArray, firsts: IntArray,
    least: int, by_column: FloatArray,
) -> None:  # fmt: skip
    """Count rows in other groups than theirs, in the columns of all their states; see ``Tally.shift``.

    Parameters
    ----------
    rows, new
        Whose groups change, and to what, (change,).
    groups, least, by_column
        As in ``tally_moves``.
    carried, lines, firsts
        (source, row), which of its lines are states, and their first columns, (chain,).
    """
    for c in range(lines.size):
        for i in range(rows.size):
            row = np.uint32(rows[i])
            column = firsts[c] + np.int64(carried[lines[c], row])
            if groups[row] >= least:
                by_column[column, groups[row]] -= 1.0
            if new[i] >= least:
                by_column[column, new[i]] += 1.0


@compiled
def add_waits(
    slot: IntArray, whole: IntArray, waits: FloatArray, by_wait: FloatArray, by_area: FloatArray, sums: FloatArray
) -> None:
    """Count who was let in by how long they waited; see ``Diary.admit``.

    Parameters
    ----------
    slot, whole, waits
        Slot of the area, whole steps waited and steps waited of each, (row,).
    by_wait, by_area
        Admissions by whole steps, (wait,) and (slot, wait).
    sums
        Steps waited, and how many waited at all, (slot, 2).
    """
    for i in range(slot.size):
        by_wait[whole[i]] += 1.0
        by_area[slot[i], whole[i]] += 1.0
        sums[slot[i], 0] += waits[i]
        sums[slot[i], 1] += waits[i] > 0
