"""A small made-up return to try things with: no real child, area or date is in it; the same bytes each time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from math import log

from sim.engine.fate.draws import key, one_uniform

HEADER = "CHILD,SEX,DOB,ETHNIC,UPN,MOTHER,MC_DOB"
EPISODES = "CHILD,DECOM,RNE,LS,CIN,PLACE,PLACE_PROVIDER,DEC,REC,REASON_PLACE_CHANGE,HOME_POST,PL_POST,URN"
KEY = 903
CHILDREN, YEARS = 2_000, 9
FIRST, LAST = date(2023, 4, 1).toordinal(), date(2025, 3, 31).toordinal()
LEAVE, LEAVE_LATER = 0.6, 0.3
"""Rates a year of leaving in the first year and later, about England's."""
_DAYS = 365.25


def sample_return() -> tuple[str, str]:
    """Give the text of a header file and of an episodes file: children who were looked after between 2023 and 2025."""
    header, episodes = [HEADER], [EPISODES]
    for i in range(CHILDREN):
        draw = [one_uniform(key(KEY, "child", i), n) for n in range(8)]
        begun = LAST - int(draw[0] * YEARS * _DAYS)
        born = begun - int(draw[1] * 17.5 * _DAYS)
        ended = min(begun + max(1, int(_length(draw[2]) * _DAYS)), born + int(18 * _DAYS))
        if ended < FIRST:
            continue
        name = f"SAMPLE{i:05d}"
        header.append(f"{name},{1 + (draw[3] < 0.5)},{_written(born)},WBRI,,,")
        episodes += _episodes(name, begun, ended, born, draw)
    return "\n".join(header) + "\n", "\n".join(episodes) + "\n"


def _length(u: float) -> float:
    """Turn a uniform draw into years looked after, by the inverse of the survival of two rates."""
    still, first = 1.0 - u, 2.718281828459045**-LEAVE
    return -log(still) / LEAVE if still > first else 1.0 - log(still / first) / LEAVE_LATER


def _episodes(name: str, begun: int, ended: int, born: int, draw: list[float]) -> Iterator[str]:
    """Write the episodes of a child: one, or two where it moves to another placement."""
    is_open, at_18 = ended > LAST, ended >= born + int(18 * _DAYS)
    moves = begun + int(draw[4] * (min(ended, LAST) - begun))
    splits = draw[5] < 0.3 and begun < moves < min(ended, LAST)
    reason = "" if is_open else "E8" if at_18 else "E4A" if draw[6] < 0.4 else "E45"
    last = f"{'' if is_open else _written(ended)},{reason}"
    if splits:
        yield f"{name},{_written(begun)},S,C2,N1,U6,PR1,{_written(moves)},X1,OTHER,,,"
    yield f"{name},{_written(moves if splits else begun)},{'P' if splits else 'S'},C2,N1,U6,PR1,{last},,,,"
    if draw[7] < 0.05 and ended + 40 < min(LAST, born + int(18 * _DAYS)):
        yield f"{name},{_written(ended + 30)},S,V4,N2,U6,PR1,{_written(ended + 37)},E8,,,,"


def _written(day: int) -> str:
    """Write a day as dd/mm/yyyy."""
    return date.fromordinal(day).strftime("%d/%m/%Y")
