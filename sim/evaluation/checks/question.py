"""Reads the ranges of the sanity checks and runs them on a config; the checks are in ``sanity`` beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import xarray as xr

from sim.config.loading import load
from sim.config.text import library
from sim.config.text.source import plain, read
from sim.errors import ModelError
from sim.evaluation.checks.judging import Check, Published, Range
from sim.evaluation.checks.sanity import sanity
from sim.model.spec import Quantity

FILE = "sanity.yaml"


def run(
    path: str, sets: Sequence[str] = (), *, ds: xr.Dataset | None = None, replications: int = 2, workers: int = 1
) -> list[Check]:
    """Check a national config.

    Parameters
    ----------
    path, sets
        As for ``load``.
    ds
        Results of a run of it; without them one is made.
    replications, workers
        As for ``sim.evaluation.checks.sanity.sanity``.

    Returns
    -------
        The checks.

    Raises
    ------
    ModelError
        When the config or the ranges cannot be read.
    """
    ranges, published = ranges_of()
    return sanity(load(path, sets), ranges, published, ds=ds, replications=replications, workers=workers)


def ranges_of() -> tuple[dict[str, Range], Published]:
    """Read the ranges and the published figures.

    Raises
    ------
    ModelError
        When the file is missing or an entry lacks something.
    """
    file = library.find(FILE)
    if file is None:
        raise ModelError(library.not_found(FILE))
    content: Mapping[str, Any] = plain(read(file))
    try:
        ranges = {key: _range(entry) for key, entry in content["checks"].items()}
        return ranges, Published(**{key: _published(entry) for key, entry in content["published"].items()})
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{file}: an entry is wrong or incomplete ({error})") from error


def _published(entry: Mapping[str, Any]) -> Quantity:
    """Read a published figure."""
    return Quantity(float(entry["value"]), price_year=entry.get("price_year"))


def _range(entry: Mapping[str, Any]) -> Range:
    """Read one entry."""
    further = {"price_year", "scored_in"}
    unknown = set(entry) - {"number", "title", "unit", "low", "high", "source", "why", *further}
    if unknown:
        raise ValueError(f"'{entry['title']}' has '{min(unknown)}', which is not known")
    low, high = (float(entry[key]) if key in entry else None for key in ("low", "high"))
    if low is None and high is None and entry.get("scored_in") != "none":
        raise ValueError(f"'{entry['title']}' has neither low nor high; what is only reported says 'scored_in: none'")
    more = {key: str(entry[key]) for key in further if key in entry}
    return Range(
        int(entry["number"]), entry["title"], entry["unit"], low, high, entry["source"], entry.get("why", ""), **more
    )
