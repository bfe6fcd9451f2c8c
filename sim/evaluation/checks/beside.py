"""Holds a finished run against what it must respect, and lays what is found beside it for the report to show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import xarray as xr

from sim.config.views.recorded import recorded_scenario
from sim.evaluation.checks.judging import Check
from sim.evaluation.checks.question import ranges_of
from sim.evaluation.checks.sanity import sanity
from sim.evaluation.trial.naive import three_ways
from sim.exhibits.numbers import MISSING, digits
from sim.results.folder.beside import CHECKS, EVALUATED, CheckLine, Verdict
from sim.results.folder.files import write_json

ASKED_UNDER = ("measured", "no_effect")
"""Evidence sets under which three ways of looking are compared: where help works, and where it does nothing."""
REPLICATIONS = 3
"""Simulated evaluations that are pooled."""
VERDICTS: Mapping[str, Verdict] = {"pass": "within", "fail": "outside", "reported": "reported"}


def write_checks(folder: Path, ds: xr.Dataset, run: Mapping[str, Any]) -> None:
    """Hold a finished national run against what it must respect and write checks.json; takes minutes.

    What before and after, a matched comparison and the truth say of the families helped goes to evaluated.json.

    Raises
    ------
    ModelError
        If the config of the run is no national study.
    """
    ranges, published = ranges_of()
    scenario = recorded_scenario(run)
    lines = panel(sanity(scenario, ranges, published, ds=ds, replications=1))
    write_json(folder / CHECKS, [asdict(line) for line in lines])
    sets = dict.fromkeys(world.effect_set for world in scenario.worlds)
    asked = [three_ways(scenario, name, replications=REPLICATIONS) for name in ASKED_UNDER if name in sets]
    write_json(folder / EVALUATED, [answer.to_dict() for answers in asked for answer in answers])


def panel(checks: Sequence[Check]) -> list[CheckLine]:
    """Write the checks of a national study as lines of the panel."""
    return [
        CheckLine(
            f"{check.number}. {check.title}",
            _none(check) if check.value is None else f"{digits(check.value)} {check.unit}",
            _span(check.low, check.high),
            VERDICTS.get(check.status, "not evaluated"), check.why, check.key, check.value,
            check.source,
        )
        for check in checks
    ]  # fmt: skip


def _none(check: Check) -> str:
    """Write what has no number: what was not looked at, or never comes."""
    return MISSING if check.status == "not evaluated" else "none"


def _span(low: float | None, high: float | None) -> str:
    """Write a range."""
    if low is None and high is None:
        return "no range"
    if low is None or high is None:
        return f"from {digits(low)}" if low is not None else f"to {digits(high or 0.0)}"
    return f"{digits(low)} to {digits(high)}"
