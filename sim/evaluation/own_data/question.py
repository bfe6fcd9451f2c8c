"""What a council's return and census say of its children in a year, and made-up ones to try it with."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import numpy as np

from sim.config.text.writing import taken, write_new
from sim.errors import ModelError, Problem
from sim.evaluation.england.cells import refuse
from sim.evaluation.england.published import CHILDREN, authority
from sim.evaluation.own_data.census import read_census
from sim.evaluation.own_data.kept import OwnData
from sim.evaluation.own_data.need import need_figures
from sim.evaluation.own_data.rates import OwnFigure, own_figures
from sim.evaluation.own_data.returns import OPEN, CarePeriods, read_return
from sim.evaluation.own_data.sample import sample_return
from sim.evaluation.own_data.sample_census import sample_census
from sim.units import financial_year

SAMPLE = ("header.csv", "episodes.csv", "census.xml")
"""Files of the made-up return and census."""


def own_data(
    header: Path | None, episodes: Path | None, name: str, year: int | None = None, census: Path | None = None
) -> OwnData:
    """Read a return, a census, or both, and make their figures.

    Parameters
    ----------
    header, episodes
        Files of the return on looked-after children (SSDA903), both or neither.
    name
        The authority: its children under 18 are those of mid-2024.
    year
        Whose 31 March ends the year; without it that of the census or, without one, that of the newest date of the
        return.
    census
        File of the children in need census.

    Raises
    ------
    ModelError
        When the authority is not known or too little is published of it, no file is given, a file is wrong or the
        census of another year or authority, or nothing in the return is as new as the year.
    """
    place = authority(name)
    if place.refusal:
        raise ModelError([Problem("", "--authority", place.refusal)])
    children = place.figures[CHILDREN]
    need = None if census is None else read_census(census, place.dfe_code, year)
    figures: tuple[OwnFigure, ...] = ()
    if header is not None and episodes is not None:
        periods = read_return(header, episodes)
        year = _year(periods, episodes, year if need is None else need.year)
        figures = own_figures(periods, year, children)
    elif need is not None and header is episodes:
        year = need.year
    else:
        raise ModelError("give header and episodes of a return, a census, or all three")
    return OwnData(place, year, (*figures, *(() if need is None else need_figures(need, children))))


def _year(periods: CarePeriods, episodes: Path, year: int | None) -> int:
    """Give the year that figures of a return are of."""
    newest = _newest(periods)
    if year is None:
        year = financial_year(newest.year, newest.month) + 1
    if newest < date(year, 1, 1):
        said = f"its newest date is {newest:%d/%m/%Y}: the year to 31 March {year} is not whole; give --year {year - 1}"
        raise ModelError([Problem(str(episodes), "", said)])
    return year


def _newest(periods: CarePeriods) -> date:
    """Give the newest day of the files."""
    ended = periods.ended[periods.ended != OPEN]
    return date.fromordinal(int(np.concatenate([periods.begun, ended]).max()))


def write_sample(folder: Path) -> None:
    """Write a made-up return and census to a folder, which is made where need be.

    Raises
    ------
    ModelError
        When a file of such a name is there already; then none is written.
    """
    texts = dict(zip(SAMPLE, (*sample_return(), sample_census()), strict=True))
    refuse(taken(folder / name, "folder") for name in texts if os.path.lexists(folder / name))
    for name, text in texts.items():
        write_new(folder / name, text, "folder")
