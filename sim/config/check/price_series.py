"""Checks of the series of prices: one vintage from end to end, every price year in it, and which file has others."""

from __future__ import annotations

from functools import lru_cache

from sim.config.check.problems import Findings
from sim.config.text import library
from sim.config.text.merge import SERIES
from sim.config.text.source import Tree, read
from sim.errors import ModelError

_ROOM = "costs"


def one_vintage(tree: Tree, findings: Findings) -> None:
    """Check that every year of a series with a named index was written where the index was: nothing is spliced."""
    series = tree.mapping.get(SERIES)
    index = series.mapping.get("index") if series is not None else None
    if series is None or index is None:
        return
    for key in ("values", "derived", "forecast"):
        held = series.mapping.get(key)
        for year, place in _years(held) if held is not None else ():
            if place.origin.file != index.origin.file:
                findings.add(
                    (SERIES, key) if key != "values" else (SERIES, key, year),
                    f"{year} is laid into the series of another file ({_named(index)}, named at {index.origin}), and a "
                    f"series is of one vintage from end to end. {_what_would_do(year)}",
                    of_key=key == "values",
                )


def _years(held: Tree) -> list[tuple[str, Tree]]:
    """List years with their place."""
    return list(held.mapping.items()) or [(str(item.value), item) for item in held.items]


def _named(index: Tree) -> str:
    """Name an index."""
    told = [str(index.mapping[key].value) for key in ("name", "vintage", "base") if key in index.mapping]
    return ", ".join(told) or str(index.value)


def year_unknown(year: str, known: list[str]) -> str:
    """Say which years have a deflator, and which files of the library have the one that was asked for."""
    rule = f"must be a year with a deflator: {', '.join(known)}{library.nearest(year, known)}"
    files = series_with(year)
    return f"{rule}; {_what_would_do(year)}" if files else rule


def _what_would_do(year: str) -> str:
    """Say which series of the library has a year, and how a study takes it."""
    files = series_with(year)
    if not files:
        return "Write a series of your own: 'index' and 'values' in one file"
    return (
        f"{' and '.join(files)} {'have' if len(files) > 1 else 'has'} {year}: "
        f"write a study of your own that ends its 'extends' with it, as in extends: [national, {files[-1]}]"
    )


@lru_cache(maxsize=256)
def series_with(year: str) -> tuple[str, ...]:
    """List the series of the library that have a deflator for a year."""
    found = []
    for name in library.names(_ROOM):
        path = library.find(f"{_ROOM}/{name}.yaml")
        try:
            series = read(path, (SERIES,)).mapping.get(SERIES) if path is not None and name.startswith(SERIES) else None
        except ModelError:
            series = None
        if series is not None and "values" in series.mapping and year in series.mapping["values"].mapping:
            found.append(f"{_ROOM}/{name}")
    return tuple(found)
