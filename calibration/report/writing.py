"""Writes what a calibration found: a layer of config that any run can extend, and a summary."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from calibration.chain import Calibrated
from calibration.diagnosis.diagnostics import predictive
from calibration.diagnosis.identifiability import card
from calibration.parameters import multiplied
from calibration.problem import Fit
from calibration.report.posterior import targets_digest
from calibration.study import Study
from sim.arrays import FloatArray
from sim.config.text.merge import NAMED_LISTS, item_at, split_path
from sim.config.text.source import Origin, Tree
from sim.config.text.writing import to_yaml

HERE = Origin("calibration")
SOURCE = "calibration"
HEAD = """# {title}: values found by `families calibrate {name}` ({method}).
#
# A layer: it is no model alone. Lay it over one, the last of its list wins:
#   extends: [../scenarios/national.yaml, THIS FILE]
# `low` and `high` are the 95% range of what was found. A value is one point of a posterior whose parameters go
# together: for doubt about results use the posterior itself (uncertainty: {{posterior: posterior.nc}}).
"""


def calibrated_yaml(made: Study, fit: Fit, targets_sha256: str) -> str:
    """Give the layer as YAML: every value that parameters reach, with its provenance.

    Parameters
    ----------
    made
        The calibration.
    fit
        What was found; its best point is written.
    targets_sha256
        Digest of targets and parameters.
    """
    low, high = np.quantile(fit.draws, [0.025, 0.975], axis=0)
    entries: dict[tuple[str, ...], Tree] = {}
    for path, value, span, name in _values(made, fit.best, low, high):
        told: dict[str, object] = {"value": value}
        if span is not None:
            told |= {"low": span[0], "high": span[1]}
        why = f"{name} in {made.file.name}: {fit.method} over the targets it lists"
        told |= {"source": SOURCE, "why": "; ".join((why, *fit.caveats))}
        steps = split_path(path)
        entries[steps[:-1] if steps[-1] == "value" else steps] = _tree(told if _is_figure(made, path) else value)
    about = {
        "by": "families calibrate", "of": made.file.name, "method": fit.method, "targets": targets_sha256,
        "model": made.meaning, **({"caveats": "; ".join(fit.caveats)} if fit.caveats else {}),
        "parameters": {one.name: float(value) for one, value in zip(made.parameters, fit.best, strict=True)},
    }  # fmt: skip
    tree = Tree({"calibrated": _tree(about), **_nested(entries).mapping}, HERE)
    return HEAD.format(title=made.title, name=made.file.name, method=fit.method) + to_yaml(tree)


def _values(
    made: Study, best: FloatArray, low: FloatArray, high: FloatArray
) -> Iterator[tuple[str, object, tuple[float, float] | None, str]]:
    """Give each path with its value, its 95% range where it is a number, and the parameter."""
    for placed, value, lowest, highest in zip(made.placed, best, low, high, strict=True):
        value_, ends = float(value), (min(float(lowest), float(value)), max(float(highest), float(value)))
        for path in placed.set:
            yield path, value_, ends, placed.name
        for path in placed.multiply:
            there = item_at(made.base.tree, path)
            new = multiplied(there.value if there is not None else None, value_)
            span = None
            if isinstance(new, float) and there is not None and isinstance(there.value, int | float):
                span = (there.value * ends[0], there.value * ends[1])
            yield path, new, span, placed.name


def _is_figure(made: Study, path: str) -> bool:
    """Whether a number with provenance stands at a path, rather than a bare one that takes none."""
    steps = split_path(path)
    above = item_at(made.base.tree, ".".join(f'"{step}"' if "." in step else step for step in steps[:-1]))
    return steps[-1] == "value" and above is not None and "value" in above.mapping


def _tree(value: object) -> Tree:
    """Make a tree of a plain value."""
    if isinstance(value, Mapping):
        return Tree({str(k): _tree(v) for k, v in value.items()}, HERE)
    return Tree(value, HERE)  # type: ignore[arg-type]


def _nested(entries: Mapping[tuple[str, ...], Tree]) -> Tree:
    """Nest values by path; under ``costs`` and ``effects`` items go by their names."""
    below: dict[str, dict[tuple[str, ...], Tree]] = {}
    for path, value in entries.items():
        below.setdefault(path[0], {})[path[1:]] = value
    made: dict[str, Tree] = {}
    for name, inside in below.items():
        if () in inside:
            made[name] = inside[()]
        elif name in NAMED_LISTS:
            items = _nested(inside).mapping
            made[name] = Tree(tuple(Tree({"name": _tree(k), **v.mapping}, HERE) for k, v in items.items()), HERE)
        else:
            made[name] = _nested(inside)
    return Tree(made, HERE)


def summary(found: Calibrated) -> dict[str, Any]:
    """Give what was found as plain data: parameters, targets, contradictions, and what speaks against it."""
    problem, fit = found.problem, found.chosen
    said = predictive(problem, fit.predicted, found.study.settings.seed)
    about = card(problem, fit.draws)
    low, high = np.quantile(fit.draws, [0.025, 0.975], axis=0)
    return {
        "title": found.study.title, "method": fit.method, "usable": fit.is_usable, "refusals": list(fit.refusals),
        "caveats": list(fit.caveats),
        "targets_sha256": targets_digest(problem), "not_informed": list(about.uninformed) if fit.is_usable else None,
        "measures": {one.method: dict(one.measures) for one in found.steps},
        "parameters": {
            one.name: {"best": float(fit.best[i]), "low": float(low[i]), "high": float(high[i]),
                       "contraction": float(about.contraction[i])}
            for i, one in enumerate(problem.parameters)
        },
        "targets": {
            one.name: {"kind": one.kind, "published": one.value, "unit": one.unit, "mean": float(said.model_mean[i]),
                       "low": float(said.model_low[i]), "high": float(said.model_high[i]),
                       "chance": float(said.chance[i]), "inside": bool(said.is_hit[i]),
                       "inside_without_discrepancy": bool(said.is_hit_alone[i]), "source": one.source}
            for i, one in enumerate(problem.targets)
        },
        "longer": {
            one.name: {"kind": one.kind, "published": one.value, "unit": one.unit, "mean": float(values.mean()),
                       "low": float(values.min()), "high": float(values.max()), "source": one.source}
            for one, values in found.longer
        },
        "conflicts": [
            {"between": list(one.names), "over": one.kind, "found_by": one.found_by, "differs": list(one.differs),
             "standard_errors": one.distance, "drop": one.drop, "rule": one.rule, "discrepancy": one.discrepancy,
             "why": one.why}
            for one in found.conflicts
        ],
    }  # fmt: skip


def placement(made: Study) -> str:
    """Say where parameters go, as JSON: what a study of doubt needs to lay a draw over a config."""
    return json.dumps({p.name: {"set": p.set, "multiply": p.multiply} for p in made.placed})


def write_summary(path: Path, found: Calibrated) -> None:
    """Write the summary as JSON; numbers that are none become null."""
    path.write_text(json.dumps(_without_nan(summary(found)), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _without_nan(value: Any) -> Any:
    """Put None in place of what is not a number."""
    if isinstance(value, Mapping):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value
