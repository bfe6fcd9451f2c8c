"""Turns measurements into ratios, the tables of docs/benchmarks.md and its figure. Bare times are in neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.peers.job import cost_z, worst_z
from benchmarks.peers.listing import (
    FORMS,
    FURTHER,
    OURS,
    QUEUE_FORMS,
    REGIMES,
    REPLICATIONS,
    SHRINKING,
    STRONGEST_NEWORDER,
    Form,
)
from benchmarks.peers.queue_job import PLACES, REQUESTS, fluid_admitted

LABEL = {"facecolor": "white", "edgecolor": "none", "pad": 0.5}
Measured = Mapping[str, Sequence[dict[str, Any]]]
"""By form (and ``/`` and by how much it was shrunk, for the queue): one report of ``measure`` for each round."""


@dataclass(frozen=True)
class Ratio:
    """Median and range over rounds."""

    middle: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{short(self.middle)} ({short(self.low)}–{short(self.high)})"


def short(value: float) -> str:
    """Write a ratio with two or three figures."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2g}"


def ratio(above: Sequence[float], below: Sequence[float]) -> Ratio:
    """Divide round by round.

    Raises
    ------
    ValueError
        When the rounds are not as many, or there are none.
    """
    if len(above) != len(below) or not above:
        raise ValueError(f"{len(above)} rounds against {len(below)}: measure both in every round")
    each = [a / b for a, b in zip(above, below, strict=True)]
    return Ratio(median(each), min(each), max(each))


def rates(measured: Measured, form: Form) -> list[float]:
    """Give person-months (of one regime) a CPU second in each round."""
    return [form.size[0] * form.size[1] / report["cpu"] for report in measured[form.name]]


def all_rates(measured: Measured) -> dict[str, list[float]]:
    """Give the rates of all forms that were measured, and that of each further regime."""
    found = {form.name: rates(measured, form) for form in FORMS if form.name in measured}
    if REGIMES in found and REPLICATIONS in found:
        one, three = measured[REPLICATIONS], measured[REGIMES]
        size = next(form.size for form in FORMS if form.name == REGIMES)
        found[FURTHER] = [2 * size[0] * size[1] / (b["cpu"] - a["cpu"]) for a, b in zip(one, three, strict=True)]
        del found[REGIMES]
    return found


def labels() -> dict[str, str]:
    """Give what forms are called in table and figure."""
    return {form.name: form.label for form in FORMS} | {FURTHER: "this program, each further regime"}


def job_table(measured: Measured) -> str:
    """Write the table of the reference job, fastest first."""
    by_form, named = all_rates(measured), labels()
    textbook, neworder = by_form["numpy_textbook"], by_form[STRONGEST_NEWORDER]
    lines = [
        "| form | version | people x months | against textbook NumPy | against neworder's strongest | memory, MB "
        "| worst \\|z\\|: counts, cost |",
        "|---|---|--:|--:|--:|--:|--:|",
    ]
    forms = {form.name: form for form in FORMS}
    for name in sorted(by_form, key=lambda one: -median(by_form[one])):
        form = forms[REGIMES if name == FURTHER else name]
        reports = measured[form.name]
        worst = max(worst_z(np.array(one["counts"])) for one in reports)
        money = max(abs(cost_z(np.array(one["counts"]), one["cost"])) for one in reports)
        memory = median(one["peak_mb"] - one["base_mb"] for one in reports)
        lines.append(
            f"| {named[name]} | {form.version} | {form.size[0]:,} x {form.size[1]} "
            f"| {ratio(by_form[name], textbook)} | {ratio(by_form[name], neworder)} "
            f"| {memory:.0f} | {worst:.1f}, {money:.1f} |"
        )
    return "\n".join(lines)


def queue_table(measured: Measured) -> str:
    """Write the table of the queue: requests a CPU second against SimPy at the same size."""
    sizes = [f"{REQUESTS // k:,} requests, {PLACES // k:,} places" for k in SHRINKING]
    lines = [
        "| form | version | " + " | ".join(sizes) + " | let in, against the limit of many places |",
        "|---|---|" + "--:|" * (len(sizes) + 1),
    ]
    for form in QUEUE_FORMS:
        cells, gap = [], "–"
        for k in SHRINKING:
            reports = measured.get(f"{form.name}/{k}")
            if not reports:
                cells.append("not run")
                continue
            speeds = [one["joined"] / one["cpu"] for one in reports]
            simpy = [one["joined"] / one["cpu"] for one in measured[f"queue_simpy/{k}"]]
            cells.append(str(ratio(speeds, simpy)))
            share = np.mean([one["admitted"] for one in reports]) / fluid_admitted(REQUESTS // k, PLACES // k) - 1.0
            gap = f"{round(100 * share, 1) + 0.0:+.1f}%"  # + 0.0 takes the sign off a zero
        lines.append(f"| {form.label} | {form.version} | " + " | ".join(cells) + f" | {gap} |")
    return "\n".join(lines)


def draw(measured: Measured, out: Path) -> None:
    """Draw the ratios to neworder's strongest form, with their ranges."""
    from matplotlib import rc_context

    from sim.exhibits.style import COLOURS, INK, RC, new_figure

    by_form, named = all_rates(measured), labels()
    order = sorted(by_form, key=lambda name: median(by_form[name]))
    found = [ratio(by_form[name], by_form[STRONGEST_NEWORDER]) for name in order]
    with rc_context(RC):
        ax = new_figure(10.0, 5.4).subplots()
        ours = [name.startswith(OURS) for name in order]
        ax.barh(
            range(len(order)),
            [one.middle for one in found],
            color=[COLOURS[0] if mine else "#b8bcc2" for mine in ours],
            xerr=[[one.middle - one.low for one in found], [one.high - one.middle for one in found]],
            error_kw={"elinewidth": 0.9, "ecolor": INK, "capsize": 2},
            height=0.7,
        )
        for at, one in enumerate(found):
            ax.text(one.high * 1.12, at, short(one.middle), va="center", fontsize="small", bbox=LABEL)
        ax.axvline(1.0, color=INK, linewidth=0.8, linestyle="--")
        ax.set_xscale("log")
        ax.set_xlim(right=max(one.high for one in found) * 2.5)
        shown = [10.0**k for k in range(-3, 4) if ax.get_xlim()[0] <= 10.0**k <= ax.get_xlim()[1]]
        ax.set_xticks(shown, [f"{tick:g}" for tick in shown])
        ax.set_yticks(range(len(order)), [named[name] for name in order])
        ax.set_xlabel("Person-months a CPU second, against neworder's strongest form (log scale)")
        ax.grid(visible=False, axis="y")
        ax.figure.savefig(out, metadata={"Date": None, "Creator": None}, bbox_inches="tight")
