"""What people read: tables, figures and the report; ``sim.report.plot_*`` are the figures, imported when first used.

``plot_*(ds, ax=None)`` take the Dataset of a run; those of single studies take what that study found.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.report.appraisal_figures import plot_budget, plot_cash_tornado, plot_npsv
    from sim.report.checks import plot_naive
    from sim.report.evaluation_figures import plot_evaluated
    from sim.report.evidence_figures import plot_evidence, plot_ladder
    from sim.report.family_figures import plot_family_costs, plot_paired
    from sim.report.figures import plot_cost_by_agency, plot_difference, plot_queues, plot_states
    from sim.report.gains import plot_gains
    from sim.report.payer_figures import plot_payers, plot_tiers
    from sim.report.service_figures import plot_left, plot_waits
    from sim.report.state_figures import plot_flows, plot_state_bands

_HOMES = {
    "appraisal_figures": ("plot_budget", "plot_cash_tornado", "plot_npsv"),
    "checks": ("plot_naive",),
    "evaluation_figures": ("plot_evaluated",),
    "evidence_figures": ("plot_evidence", "plot_ladder"),
    "family_figures": ("plot_family_costs", "plot_paired"),
    "figures": ("plot_cost_by_agency", "plot_difference", "plot_queues", "plot_states"),
    "gains": ("plot_gains",),
    "payer_figures": ("plot_payers", "plot_tiers"),
    "service_figures": ("plot_left", "plot_waits"),
    "state_figures": ("plot_flows", "plot_state_bands"),
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
            return getattr(import_module(f"sim.report.{module}"), name)
    raise AttributeError(f"module 'sim.report' has no attribute '{name}'; it has {', '.join(__all__)}")


def __dir__() -> list[str]:
    """List the public names."""
    return list(__all__)
