"""Payment by results as a table and a figure: fees, results, and results that would have come anyway."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from sim.exhibits.numbers import count
from sim.exhibits.style import COLOURS, FAINT, new_axes, words
from sim.model.appraisal import AppraisalSpec
from sim.model.spec import Scenario
from sim.studies.fees.answer import FeeYear, counted_anyway
from sim.table import Table
from sim.units import financial_year_label


def fees_table(years: Sequence[FeeYear], scenario: Scenario) -> Table:
    """Make the table of fees by year, with a line on who would have been counted anyway for each regime."""
    dated = scenario.worlds[0].model.clock.start is not None
    baseline = {w.name: scenario.baseline_of(w).name for w in scenario.worlds}
    rows = tuple(
        (y.world, financial_year_label(y.year) if dated else str(y.year), count(y.attached), count(y.turned_around),
         count(y.under[y.world]), count(y.under[baseline[y.world]]), f"{y.attachment_fees / 1e6:,.1f}",
         f"{y.result_fees / 1e6:,.1f}")
        for y in years
    )  # fmt: skip
    columns = ("regime", "year", "attached", "turned around in the year", "of those attached, ever",
               "the same under the baseline", "attachment fees, £m", "result fees, £m")  # fmt: skip
    shares = [
        f"{name}: {counted_anyway(years, name, baseline[name]):.0%} of those ever counted "
        "would have been counted anyway"
        for name in dict.fromkeys(y.world for y in years)
    ]
    note = f"Cash; a transfer between agencies, in no ledger. {'; '.join(shares)}. {_evidence(scenario.appraisal)}."
    return Table("Payment by results", columns, rows, note)


def _evidence(spec: AppraisalSpec) -> str:
    """Say where evidence ends."""
    return f"Evidence ends at month {spec.evidence_months:g} of the regime"


def plot_fees(
    years: Sequence[FeeYear], baseline: str, ax: Axes | None = None, world: str | None = None,
    spec: AppraisalSpec | None = None,
) -> Axes:  # fmt: skip
    """Draw families attached by year, those ever counted as turned around, and those counted without the regime too.

    Raises
    ------
    ValueError
        If there are no such years.
    """
    world = years[-1].world if world is None and years else world
    shown = [y for y in years if y.world == world]
    if not shown or baseline not in shown[0].under:
        raise ValueError(f"there are no fees of {world} against {baseline}")
    ax = new_axes() if ax is None else ax
    x = np.arange(len(shown), dtype=np.float64)
    bars = (
        ("attached", [y.attached for y in shown], FAINT),
        ("ever counted as turned around", [y.under[str(world)] for y in shown], COLOURS[0]),
        (f"counted under {words(baseline)} too", [y.under[baseline] for y in shown], COLOURS[1]),
    )
    for i, (label, height, colour) in enumerate(bars):
        ax.bar(x + 0.27 * (i - 1), height, 0.27, color=colour, label=label)
    ax.set(xticks=x, ylabel="Families attached in the year")
    ax.set_xticklabels([financial_year_label(y.year) for y in shown], rotation=40, ha="right")
    ax.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    ax.set_xlabel(_evidence(AppraisalSpec() if spec is None else spec))
    ax.legend(loc="upper right", fontsize=8)
    return ax
