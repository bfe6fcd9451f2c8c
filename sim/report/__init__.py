"""What people read: tables, figures and the report; ``sim.report.plot_*`` are the figures, imported when first used.

``plot_*(ds, ax=None)`` take the Dataset of a run; those of single studies take what that study found.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.report.checks import plot_naive
    from sim.report.figures.appraisal import plot_budget, plot_cash_tornado, plot_npsv
    from sim.report.figures.evaluation import plot_evaluated
    from sim.report.figures.evidence import plot_evidence, plot_ladder
    from sim.report.figures.families import plot_family_costs, plot_paired
    from sim.report.figures.overview import plot_cost_by_agency, plot_difference, plot_queues, plot_states
    from sim.report.figures.payers import plot_payers, plot_tiers
    from sim.report.figures.services import plot_left, plot_waits
    from sim.report.figures.states import plot_flows, plot_state_bands
    from sim.studies.gains.exhibits import plot_gains

_HOMES = {
    "report.figures.appraisal": ("plot_budget", "plot_cash_tornado", "plot_npsv"),
    "report.checks": ("plot_naive",),
    "report.figures.evaluation": ("plot_evaluated",),
    "report.figures.evidence": ("plot_evidence", "plot_ladder"),
    "report.figures.families": ("plot_family_costs", "plot_paired"),
    "report.figures.overview": ("plot_cost_by_agency", "plot_difference", "plot_queues", "plot_states"),
    "studies.gains.exhibits": ("plot_gains",),
    "report.figures.payers": ("plot_payers", "plot_tiers"),
    "report.figures.services": ("plot_left", "plot_waits"),
    "report.figures.states": ("plot_flows", "plot_state_bands"),
}

__all__ = [
    "plot_budget",
    "plot_cash_tornado",
    "plot_cost_by_agency",
    "plot_difference",
    "plot_evaluated",
    "plot_evidence",
    "plot_family_costs",
    "plot_flows",
    "plot_gains",
    "plot_ladder",
    "plot_left",
    "plot_naive",
    "plot_npsv",
    "plot_paired",
    "plot_payers",
    "plot_queues",
    "plot_state_bands",
    "plot_states",
    "plot_tiers",
    "plot_waits",
]


def __getattr__(name: str) -> Any:
    """Import a figure when it is first used."""
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"sim.{module}"), name)
    raise AttributeError(f"module 'sim.report' has no attribute '{name}'; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    """List the public names."""
    return list(__all__)
