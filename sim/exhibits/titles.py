"""Titles of results, and tables with them in place of names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import xarray as xr

from sim.model.spec import Scenario
from sim.model.titles import Titles
from sim.results.facts import facts_of
from sim.table import Table

NAMED = {"regime": "world", "against": "world", "evidence": "reading", "reading": "reading", "evidence set": "reading"}
"""Columns that hold names of regimes and evidence sets, by their heading, and how these are said."""


def in_words(table: Table, titles: Titles) -> Table:
    """Write a table with titles where its columns hold names of regimes or evidence sets."""
    ways = [getattr(titles, NAMED[str(column)]) if str(column) in NAMED else None for column in table.columns]
    rows = [
        tuple(way(cell) if way and isinstance(cell, str) else cell for cell, way in zip(row, ways, strict=True))
        for row in table.rows
    ]
    return replace(table, rows=rows)


def titles_of(results: xr.Dataset | Mapping[str, Any] | Scenario) -> Titles:
    """Give the titles of a study, or of a run from its Dataset or its summary; results of before have none."""
    if isinstance(results, Scenario):
        return results.titles
    if isinstance(results, xr.Dataset):
        facts = facts_of(results)
        return Titles(facts.regime_titles, facts.set_titles, facts.set_suppositions, facts.service_titles)
    held = results.get("titles", {})
    return Titles(*(held.get(of, {}) for of in ("regimes", "effect_sets", "suppositions", "services")))
