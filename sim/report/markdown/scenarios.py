"""The table of scenarios, with what came out where they have been run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import xarray as xr

from sim.config.views.catalogue import CatalogueEntry
from sim.intervals import over_replications
from sim.model.spec import AS_WRITTEN
from sim.results.costs import cost_by_step
from sim.results.facts import facts_of
from sim.results.folder.held import is_there
from sim.results.folder.store import read_results
from sim.results.summary import window_start
from sim.results.worlds import WorldName, baseline_of, other_worlds, row_name

NOT_RUN = "not run here"
SAVED = "saved by the joined-up regime, narrow ledger, £m a year"
COLUMNS = ("scenario", "simulated", "what it tests", SAVED, "status")
JOINED_UP = "integrated"


def table(entries: Iterable[CatalogueEntry], results: Path) -> str:
    """Make the table of scenarios in Markdown, with what came out where a finished run is in ``results/NAME``.

    Parameters
    ----------
    entries
        The scenarios.
    results
        A folder with one results folder for each scenario that was run, called like it.

    Returns
    -------
        A Markdown table; a scenario without a finished run says so.

    Raises
    ------
    ResultError
        When a results folder is there and is damaged.
    """
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for entry in entries:
        came_out, status = _came_out(results / entry.name)
        name = f"`{entry.name}`: {entry.title}"
        lines.append("| " + " | ".join((name, entry.population, entry.about, came_out, status)) + " |")
    return "\n".join(lines) + "\n"


def _came_out(folder: Path) -> tuple[str, str]:
    """Give the differences of a finished run and how it was made."""
    if not is_there(folder):
        return "", NOT_RUN
    ds, summary, _ = read_results(folder)
    seconds = summary["timing"]["engine_seconds"]
    taken = f", {seconds:,.0f} s of one core" if seconds else ""
    return "; ".join(_differences(ds)), f"{summary['replications']} replications{taken}"


def _differences(ds: xr.Dataset) -> Iterator[str]:
    """Give what the joined-up regime (or else the last) saves a year, paired, set by set."""
    others = other_worlds(ds)
    regimes = [world.regime for world in others]
    chosen = JOINED_UP if JOINED_UP in regimes else regimes[-1] if regimes else ""
    for world in others:
        if world.regime == chosen and ds.sizes["ledger"]:
            named = "" if world.effect_set == AS_WRITTEN else world.effect_set
            reading = row_name(named, facts_of(ds).not_refitted)
            yield f"{reading} {_difference(ds, world)}".lstrip()


def _difference(ds: xr.Dataset, world: WorldName) -> str:
    """Write what a world saves against its baseline, in millions of pounds a year since the regimes began."""
    first, ledger = window_start(ds) + 1, str(ds["ledger"].values[0])
    years = (ds.sizes["step"] - first) * facts_of(ds).step_years
    cost, base = (cost_by_step(ds, w, ledger)[:, first:].sum(axis=1) for w in (world, baseline_of(ds, world)))
    found = over_replications((base - cost) / years / 1e6)
    if found.low is None or found.high is None:
        return f"{found.mean:+,.2f}"
    return f"{found.mean:+,.2f} ({found.low:+,.2f} to {found.high:+,.2f})"
