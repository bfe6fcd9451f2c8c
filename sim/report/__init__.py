"""What people read of a run: tables, figures and the report; ``sim.report.plot_*`` are imported when first used.

``plot_*(ds, ax=None)`` take the Dataset of a run; those of single studies take what that study found.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from sim.report.figures import plots

OF_STUDIES = {
    "plot_frontier": "sim.studies.optimise.exhibits",
    "plot_gains": "sim.studies.gains.exhibits",
    "plot_net_benefit": "sim.studies.uncertainty.figures",
    "plot_settings": "sim.studies.optimise.exhibits",
    "plot_shares": "sim.studies.shapley.exhibits",
    "plot_swings": "sim.studies.uncertainty.figures",
    "plot_worth": "sim.studies.uncertainty.figures",
}
"""Figures of studies that are public here too, by name, since studies stand above the report."""


def __getattr__(name: str) -> Any:
    """Import a figure when it is first used; list the public names."""
    homes = {**plots(), **OF_STUDIES}
    if name == "__all__":
        return sorted(homes)
    if name in homes:
        return getattr(import_module(homes[name]), name)
    raise AttributeError(f"module 'sim.report' has no attribute '{name}'; it has {', '.join(sorted(homes))}")


def __dir__() -> list[str]:
    """List the public names."""
    return list(__getattr__("__all__"))
