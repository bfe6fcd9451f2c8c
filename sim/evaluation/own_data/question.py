"""What a council's return says of its looked-after children in a year, and a made-up return to try it with."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from sim.config.text.writing import write_new
from sim.errors import ModelError, Problem
from sim.evaluation.england.published import CHILDREN, authority
from sim.evaluation.own_data.kept import OwnData
from sim.evaluation.own_data.rates import own_figures
from sim.evaluation.own_data.returns import OPEN, CarePeriods, read_return
from sim.evaluation.own_data.sample import sample_return
from sim.units import financial_year


def own_data(header: Path, episodes: Path, name: str, year: int | None = None) -> OwnData:
    """Read a return and make its figures.

    Parameters
    ----------
    header, episodes
        Files of the return.
    name
        The authority: its children under 18 are those of mid-2024.
    year
        Whose 31 March ends the year; without it the newest date of the file is in the year.

    Raises
    ------
    ModelError
        When the authority is not known, a file is wrong, or nothing in the files is as new as the year.
    """
    place = authority(name)
    periods = read_return(header, episodes)
    newest = _newest(periods)
    if year is None:
        year = financial_year(newest.year, newest.month) + 1
    if newest < date(year, 1, 1):
        said = f"its newest date is {newest:%d/%m/%Y}: the year to 31 March {year} is not whole; give --year {year - 1}"
        raise ModelError([Problem(str(episodes), "", said)])
    return OwnData(place, year, own_figures(periods, year, place.figures[CHILDREN]))


def _newest(periods: CarePeriods) -> date:
    """Give the newest day of the files."""
    ended = periods.ended[periods.ended != OPEN]
    return date.fromordinal(int(np.concatenate([periods.begun, ended]).max()))


def write_sample(folder: Path) -> None:
    """Write a made-up return to a folder, which is made where need be.

    Raises
    ------
    ModelError
        When a file of that name is there already.
    """
    for name, text in zip(("header.csv", "episodes.csv"), sample_return(), strict=True):
        write_new(folder / name, text, "folder")
