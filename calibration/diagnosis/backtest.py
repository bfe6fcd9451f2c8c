"""A backtest: fit to what was known by a year, predict what was published later, and count hits and misses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from calibration.diagnosis.diagnostics import predictive
from calibration.report.numbers import in_unit
from calibration.study import Study
from sim.errors import ModelError, Problem

if TYPE_CHECKING:
    from calibration.chain import Calibrated


def as_known(made: Study) -> Study:
    """Give the calibration as it would have been: targets not known by then are held out.

    Raises
    ------
    ModelError
        When it does not say what was known.
    """
    part = made.part.backtest
    if part is None:
        raise ModelError([Problem(str(made.file), "backtest", "is missing; it lists the targets that were known")])
    targets = tuple(
        replace(one, kind="held_out") if one.kind == "fit" and one.name not in part.known else one
        for one in made.targets
    )
    return replace(made, targets=targets, is_backtest=True)


def backtest_table(found: Calibrated) -> str:
    """Write what was predicted and what came, as a table in Markdown; hits are within the 95% predictive range."""
    problem = found.problem
    said = predictive(problem, found.chosen.predicted, found.study.settings.seed)
    later = np.array([one.kind == "held_out" for one in problem.targets])
    hits = int(said.is_hit[later].sum())
    part = found.study.part.backtest
    year = part.by if part is not None else 0
    lines = [
        f"Fitted to what was known by {year} ({', '.join(part.known) if part is not None else ''}): "
        f"{hits} of {int(later.sum())} later figures lie in the 95% range predicted for them.", "",
        "| figure | predicted (95% range for a figure) | published | | source |", "|---|---|---|---|---|",
    ]  # fmt: skip
    for i in np.flatnonzero(later):
        one = problem.targets[i]
        mean, low, high, value = (
            in_unit(float(x), one.unit) for x in (said.model_mean[i], said.low[i], said.high[i], one.value)
        )
        mark = "hit" if said.is_hit[i] else "**miss**"
        lines.append(f"| {one.words} | {mean} ({low} to {high}) | {value} | {mark} | {one.source} |")
    return "\n".join(lines) + "\n"
