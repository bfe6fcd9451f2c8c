"""A calibration as one labelled table on disk: draws in natural units, and all that is said of them, with digests.

Figures and the page are drawn from this alone, so that they can be made again years later without the model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from calibration.conflicts.arithmetic import Conflict
from calibration.diagnosis.diagnostics import predictive
from calibration.diagnosis.identifiability import card
from calibration.diagnosis.influence import Influence
from calibration.likelihood import spread
from calibration.problem import CalibrationProblem, Fit
from calibration.space import prior_draws
from sim.arrays import FloatArray
from sim.errors import ResultError
from sim.results.facts import JSON, read_facts, written

PRIOR_DRAWS = 1000
KIND = "calibration"
UNTOLD = "What the figures say of the parameters cannot be told from it."
NEEDED = ("draws", "predicted", "prior", "value", "contraction")


@dataclass(frozen=True)
class CalibrationFacts:
    """What is said of a whole calibration; its attributes, read by ``facts_of_calibration``."""

    kind: str = ""
    title: str = ""
    method: str = ""
    targets_sha256: str = ""
    refusals: Sequence[str] = field(metadata=JSON, default=())
    """Why it must not be used, if so."""
    caveats: Sequence[str] = field(metadata=JSON, default=())
    """What must be said wherever it is used."""
    measures: Sequence[tuple[str, float]] = field(metadata=JSON, default=())
    """What was measured of the method itself, by name."""
    uninformed: Sequence[str] = field(metadata=JSON, default=())
    """Parameters of which the figures say nothing."""
    tied: Sequence[tuple[str, str, float]] = field(metadata=JSON, default=())
    """Pairs of parameters that are known together better than apart, with their correlation."""
    said_first: str = ""


def facts_of_calibration(ds: xr.Dataset) -> CalibrationFacts:
    """Give what is said of a whole calibration."""
    return read_facts(CalibrationFacts, ds)


def targets_digest(problem: CalibrationProblem) -> str:
    """Give the sha256 of all that is said of targets, claims, relations and parameters, whatever classes hold it."""
    parts = (problem.parameters, problem.targets, problem.claims, problem.relations)
    said = [[asdict(thing) for thing in part] for part in parts]
    return sha256(json.dumps(said, sort_keys=True, default=repr).encode()).hexdigest()


def to_dataset(
    problem: CalibrationProblem, fit: Fit, conflicts: Sequence[Conflict] = (), influences: Sequence[Influence] = (), *,
    seed: int = 1, attributes: Mapping[str, str | int | float] | None = None,
) -> xr.Dataset:  # fmt: skip
    """Put a calibration together.

    Parameters
    ----------
    problem, fit
        What was calibrated, and what was found.
    conflicts, influences
        What contradicts what, and what each figure does to the posterior.
    seed
        Key of prior draws and predictive errors.
    attributes
        What else identifies it: title, digest of the model.

    Returns
    -------
        ``draws`` (draw, parameter) and ``predicted`` (draw, target) in natural units, ``prior`` (prior_draw,
        parameter); by parameter bounds, contraction, shift and correlation; by target figures, errors, the model's
        range, predictive range and chance; by conflict and by left-out figure what was found.
    """
    about = card(problem, fit.draws)
    conflicts = sorted(conflicts, key=lambda one: one.found_by != "model")  # the model's are few and come first
    ds = xr.Dataset(
        {
            "draws": (("draw", "parameter"), fit.draws),
            "predicted": (("draw", "target"), fit.predicted),
            "prior": (("prior_draw", "parameter"), prior_draws(problem.parameters, seed, PRIOR_DRAWS)),
            "best": ("parameter", fit.best),
            "bounds": (("end", "parameter"), np.array([[p.low for p in problem.parameters],
                                                       [p.high for p in problem.parameters]])),
            "reason": ("parameter", np.array([p.reason for p in problem.parameters], dtype=np.str_)),
            "contraction": ("parameter", about.contraction), "shift": ("parameter", about.shift),
            "correlation": (("parameter", "other"), about.correlation),
            **_by_target(problem, fit.predicted, seed), **_by_conflict(problem, conflicts), **_by_left_out(influences),
        },
        {"parameter": np.array(problem.names, dtype=np.str_), "other": np.array(problem.names, dtype=np.str_),
         "target": np.array([target.name for target in problem.targets], dtype=np.str_),
         "end": np.array(["low", "high"], dtype=np.str_)},
    )  # fmt: skip
    facts = CalibrationFacts(
        kind=KIND, title="Calibration", method=fit.method, targets_sha256=targets_digest(problem),
        refusals=fit.refusals, caveats=fit.caveats, measures=fit.measures, uninformed=about.uninformed,
        tied=about.tied, said_first=about.sentence if fit.is_usable else UNTOLD,
    )  # fmt: skip
    return ds.assign_attrs(written(facts) | dict(attributes or {}))


def write_posterior(path: Path, ds: xr.Dataset) -> None:
    """Write a calibration as netCDF (posterior.nc)."""
    ds.to_netcdf(path, engine="netcdf4")


def read_posterior(path: Path, *, refused: bool = False) -> xr.Dataset:
    """Read a calibration.

    Parameters
    ----------
    path
        A posterior.nc.
    refused
        Read one that must not be reported, too.

    Raises
    ------
    ResultError
        If there is none, it is something else, or its own diagnostics speak against using it.
    """
    if not path.is_file():
        raise ResultError(f"{path} is not there; 'families calibrate' writes a posterior.nc")
    try:
        with xr.open_dataset(path, engine="netcdf4") as opened:
            ds = opened.load()
    except (OSError, ValueError) as error:
        raise ResultError(f"{path} cannot be read as netCDF ({error}); calibrate again") from None
    missing = [name for name in NEEDED if name not in ds]
    facts = facts_of_calibration(ds)
    if facts.kind != KIND or missing:
        raise ResultError(f"{path} is no calibration: {', '.join(missing) or 'its kind'} is missing")
    if facts.refusals and not refused:
        raise ResultError(f"{path} must not be used: {'; '.join(facts.refusals)}")
    return ds


Variable = tuple[str | tuple[str, ...], NDArray[Any]]


def _text(dimension: str, values: Sequence[str]) -> Variable:
    """Make a variable of texts; an empty one keeps the type."""
    return dimension, np.array(list(values), dtype=np.str_)


def _by_target(problem: CalibrationProblem, predicted: FloatArray, seed: int) -> dict[str, Variable]:
    """Give what is known of each target."""
    said = predictive(problem, predicted, seed)
    targets = problem.targets
    return {
        "value": ("target", np.array([target.value for target in targets])),
        "standard_error": ("target", np.array([target.standard_error for target in targets])),
        "discrepancy": ("target", np.array([target.discrepancy for target in targets])),
        "noise": ("target", np.asarray(problem.noise, dtype=np.float64)),
        "spread": ("target", spread(problem)),
        "model_mean": ("target", said.model_mean), "model_low": ("target", said.model_low),
        "model_high": ("target", said.model_high), "predictive_low": ("target", said.low),
        "predictive_high": ("target", said.high), "chance": ("target", said.chance),
        "is_hit": ("target", said.is_hit), "is_hit_alone": ("target", said.is_hit_alone),
        "target_kind": _text("target", [target.kind for target in targets]),
        "scale": _text("target", [target.scale for target in targets]),
        "unit": _text("target", [target.unit for target in targets]),
        "label": _text("target", [target.words for target in targets]),
        "source": _text("target", [target.source for target in targets]),
    }  # fmt: skip


def _by_conflict(problem: CalibrationProblem, conflicts: Sequence[Conflict]) -> dict[str, Variable]:
    """Give what is known of each conflict, and which statement is in which."""
    statements = problem.statements
    involved = np.array([[one.name in conflict.names for one in statements] for conflict in conflicts], dtype=bool)
    return {
        "involved": (("conflict", "statement"), involved.reshape(len(conflicts), len(statements))),
        "statement_label": _text("statement", [one.words for one in statements]),
        "statement_name": _text("statement", [one.name for one in statements]),
        "statement_kind": _text("statement", [one.kind for one in statements]),
        "statement_unit": _text("statement", [one.unit for one in statements]),
        "over": _text("conflict", [one.kind for one in conflicts]),
        "found_by": _text("conflict", [one.found_by for one in conflicts]),
        "distance": ("conflict", np.array([one.distance for one in conflicts], dtype=np.float64)),
        "drop": _text("conflict", [one.drop for one in conflicts]),
        "drop_rule": _text("conflict", [one.rule for one in conflicts]),
        "needed": ("conflict", np.array([one.discrepancy for one in conflicts], dtype=np.float64)),
        "differs": _text("conflict", ["; ".join(one.differs) for one in conflicts]),
        "silent": _text("conflict", ["; ".join(one.silent) for one in conflicts]),
        "why": _text("conflict", [one.why for one in conflicts]),
    }  # fmt: skip


def _by_left_out(influences: Sequence[Influence]) -> dict[str, Variable]:
    """Give what leaving out each fitted figure does."""
    if not influences:
        return {}
    return {
        "moved": (("left_out", "parameter"), np.stack([one.shift for one in influences])),
        "widened": (("left_out", "parameter"), np.stack([one.widening for one in influences])),
        "gap_without": ("left_out", np.array([one.left_out for one in influences])),
        "even_share": ("left_out", np.array([one.share for one in influences])),
        "is_refitted": ("left_out", np.array([one.is_refitted for one in influences])),
        "left_out_name": _text("left_out", [one.target for one in influences]),
    }
