"""What the workbook calls things: regimes and readings by titles that nothing else has, accounts, views and parts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import xarray as xr

from sim.economics.value.yearly import BEFORE, CARE, HER_POSTS, OTHER_COST, OTHER_SAVED
from sim.exhibits.titles import titles_of
from sim.model.titles import Titles
from sim.results.worlds import NOT_REFITTED, WorldName, is_not_refitted, world_names
from sim.table import Column

ACCOUNTS = {
    "one_episode": "One episode", "all_help": "All help", "programme": "Programme",
}  # fmt: skip
VIEWS = {"fiscal": "all payments (fiscal)", "social": "resources alone (social)"}
PARTS = {
    CARE: "saved: children in care", OTHER_SAVED: "saved: everything else", HER_POSTS: "spent: key worker's posts",
    OTHER_COST: "spent: other services", BEFORE: "spent before the first start",
}  # fmt: skip
MILLION = 1e6


def names_of(ds: xr.Dataset) -> Titles:
    """Give titles of regimes and readings, with the name behind those that two of them share."""
    titles, worlds = titles_of(ds), world_names(ds)
    return Titles(
        _apart((world.regime, titles.regime(world.regime)) for world in worlds),
        _apart((world.effect_set, titles.reading(world.effect_set)) for world in worlds),
    )


def _apart(titles: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Tell titles apart; spreadsheets take capitals for small letters."""
    found = dict(titles)
    seen = Counter(title.casefold() for title in found.values())
    return {name: title if seen[title.casefold()] == 1 else f"{title} ({name})" for name, title in found.items()}


def who(ds: xr.Dataset, names: Titles, world: WorldName) -> tuple[str, str]:
    """Give regime and reading of a world, with a word where its effects were solved for in another model."""
    reading = names.reading(world.effect_set)
    return names.regime(world.regime), f"{reading} ({NOT_REFITTED})" if is_not_refitted(ds, world) else reading


def texts(*headings: str, width: float = 22) -> tuple[Column, ...]:
    """Give columns of text."""
    return tuple(Column(heading, heading, width) for heading in headings)


def numbers(*headings: str, style: str, width: float = 13) -> tuple[Column, ...]:
    """Give columns of numbers."""
    return tuple(Column(heading, heading, width, style) for heading in headings)


REGIME = (Column("Regime", "Regime", 26), Column("Reading of the evidence", "Reading of the evidence", 34, "wrapped"))
"""The two columns that tell worlds apart."""
AGAINST = (Column("Against", "Against", 22),)
