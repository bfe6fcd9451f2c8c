"""How long people wait, without a regime and with it."""

from __future__ import annotations

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import months
from sim.exhibits.sentences import sentence
from sim.exhibits.style import WIDE, Canvas
from sim.report.defaults import worlds_of_set
from sim.report.figures.waits.services import (
    Shift,
    changed_most,
    draw_changes,
    has_waits,
    other_regimes,
    wait_months,
    waited_for,
    waits_table,
)


def wait_changes(ds: xr.Dataset, services: list[str], effect_set: str | None = None) -> list[Shift]:
    """Give the mean wait of those admitted to each service, months; replications are pooled, so without intervals."""
    means = {
        world: np.array([wait_months(ds, world, name)[3] for name in services], np.float64)
        for world in worlds_of_set(ds, effect_set)
    }
    base, none = means[worlds_of_set(ds, effect_set)[0]], np.full(len(services), np.nan)
    return [Shift(world, base, means[world], none, none) for world in other_regimes(ds, effect_set)]


def plot_waits(
    ds: xr.Dataset, ax: Axes | None = None, effect_set: str | None = None, *, canvas: Canvas = WIDE
) -> Axes:  # fmt: skip
    """Draw the mean wait of those admitted by service, from the baseline's (hollow) to each regime's."""
    services = waited_for(ds, effect_set)
    ax = draw_changes(ds, ax, services, wait_changes(ds, services, effect_set), canvas)
    ax.set_xlabel("← shorter | Months waited, mean of those admitted | longer →" if not canvas.is_narrow else
                  "← shorter | longer →\nMonths waited, mean of those admitted")  # fmt: skip
    return ax


def waits_finding(ds: xr.Dataset) -> str:
    """Say where the last regime makes waits longer and shorter."""
    services = waited_for(ds)
    change = wait_changes(ds, services)[-1]
    told = changed_most(ds, services, change, lambda wait: f"{months(wait)} months", ("longer", "shorter"))
    return sentence(f"the mean wait is {told}")


FIGURE = Exhibit(
    name="waits", title="Who waits longer, and who gets in sooner",
    caption="Mean months that those admitted had waited, replications pooled, under the regime that the others are "
    "held against (hollow) and under each other (full). A service without a hollow mark is new. Waits of those who "
    "gave up or still wait are not in it; how they are spread is in the numbers below.",
    applies=has_waits, draw=plot_waits, table=waits_table, finding=waits_finding, section="services", order=60,
)  # fmt: skip
