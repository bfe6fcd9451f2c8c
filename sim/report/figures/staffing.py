"""A staffing plan as a figure: posts funded and in place by quarter, and the families who wait meanwhile."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.economics.cash.staffing import NATION, Staffing
from sim.exhibits.style import COLOURS, FAINT, INK, new_axes, words

MOST_TICKS = 12


def plot_staffing(
    plan: Sequence[Staffing], service: str, ax: Axes | None = None, world: str | None = None, area: str = NATION
) -> Axes:
    """Draw posts funded (steps) and in place (line) by period; the gap is vacancies, shaded.

    Raises
    ------
    ValueError
        If the plan has no such service, world or area.
    """
    of_service = [s for s in plan if s.service == service and s.area == area]
    world = of_service[-1].world.name if world is None and of_service else world
    shown = [s for s in of_service if s.world.name == world]
    if not shown:
        there = ", ".join(dict.fromkeys(s.service for s in plan)) or "none"
        raise ValueError(f"the plan has no {service} in {area} under {world}; services are {there}")
    ax = new_axes() if ax is None else ax
    x = np.arange(len(shown), dtype=np.float64)
    funded, paid = (np.array([getattr(s, name) for s in shown]) for name in ("funded", "in_place"))
    ax.fill_between(x, paid, funded, color=FAINT, alpha=0.25, linewidth=0, step=None, label="vacancies")
    ax.plot(x, funded, color=INK, linewidth=1.2, linestyle="--", label="funded")
    ax.plot(x, paid, color=COLOURS[0], linewidth=1.6, label="in place")
    waiting = [s.waiting for s in shown]
    if all(value is not None for value in waiting):
        ax.plot(x, np.array(waiting, dtype=np.float64), color=COLOURS[1], linewidth=1.2, label="families waiting")
    every = max(1, -(-len(shown) // MOST_TICKS))
    ax.set(xticks=x[::every], xlim=(0, max(len(shown) - 1, 1)), ylim=(0, None))
    ax.set_xticklabels([s.period for s in shown[::every]], rotation=40, ha="right")
    ax.set_ylabel(f"{words(service)}, {words(area)}: posts and families")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    ax.legend(loc="upper right", fontsize=8)
    return ax
