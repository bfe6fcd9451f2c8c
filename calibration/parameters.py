"""Reads the parameters of a calibration and lays their values over the config of the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from calibration.problem import FreeParameter
from calibration.schema import ParameterPart
from sim.arrays import FloatArray
from sim.config.check.problems import Findings
from sim.config.loading import find, scenario_of, tree_of
from sim.config.text.merge import item_at, put
from sim.config.text.source import Origin, Tree
from sim.config.views.register import RegisterEntry, entries
from sim.errors import ModelError, Problem
from sim.model.spec import Scenario
from sim.runs.beliefs.distributions import Belief, belief


@dataclass(frozen=True)
class Placed:
    """Where a parameter goes: paths that take its value, and paths whose number or expression it multiplies."""

    name: str
    set: tuple[str, ...]
    multiply: tuple[str, ...]


@dataclass(frozen=True)
class Base:
    """The config of the model before any parameter is laid over it."""

    file: Path
    tree: Tree

    @classmethod
    def of(cls, model: str, sets: Sequence[str] = (), base: Path | None = None) -> Base:
        """Read it; a model beside the file that names it is found first."""
        beside = (base or Path()) / f"{model}.yaml"
        name = beside if beside.is_file() else Path(model)
        return cls(find(name), tree_of(name, sets))


def read_parameters(
    parts: Mapping[str, ParameterPart], base: Base, findings: Findings
) -> tuple[tuple[FreeParameter, ...], tuple[Placed, ...]]:
    """Make parameters of what was written; a problem is noted where a path leads nowhere or a belief cannot be.

    Parameters
    ----------
    parts
        Name to what was written.
    base
        The model whose paths they are, and which lends value, interval and source where none are given.
    findings
        Where problems are noted.
    """
    lent = {entry.path: entry for entry in entries(base.tree)}
    made, placed = [], []
    for name, part in parts.items():
        key = ("parameters", name)
        before = len(findings.problems)
        for how in ("set", "multiply"):
            for i, path in enumerate(getattr(part, how)):
                problem = _unfit(item_at(base.tree, path), how)
                if problem:
                    findings.add((*key, how, i), f"{problem} in {base.file.name}")
        prior, reason = _prior(part, lent, findings, key) if len(findings.problems) == before else (None, "")
        if prior is None:
            continue
        try:
            made.append(FreeParameter(name, *part.bounds, part.transform, prior, reason))
            placed.append(Placed(name, part.set, part.multiply))
        except ValueError as error:
            findings.add((*key, "bounds"), str(error))
    return tuple(made), tuple(placed)


def _unfit(there: Tree | None, how: str) -> str:
    """Say why a parameter cannot go to a place, or nothing."""
    if there is None:
        return "no such path"
    if there.mapping or there.items:
        return "a path to a mapping or a list, not to a number; add .value"
    if how == "multiply" and (not isinstance(there.value, int | float | str) or isinstance(there.value, bool)):
        return "no number or expression to multiply"
    return ""


def _prior(
    part: ParameterPart, lent: Mapping[str, RegisterEntry], findings: Findings, key: tuple[str, ...]
) -> tuple[Belief | None, str]:
    """Give what is believed about a parameter and why; from the config's own figure where nothing is written."""
    value, low, high, reason = part.value, part.low, part.high, f"{part.why or ''} ({part.source})"
    unit = ""
    if value is None:
        entry = lent.get(part.set[0])
        if entry is None or not entry.is_uncertain:
            findings.add((*key, "set", 0), "the figure there has no interval to lend; give 'value', 'low' and 'high'")
            return None, ""
        value, low, high, unit = entry.number, entry.low, entry.high, entry.unit
        reason = f"{entry.locator or entry.why} ({entry.source}; the interval of the figure in the model)"
    assert value is not None
    if not part.bounds[0] <= value <= part.bounds[1]:
        findings.add((*key, "bounds"), f"the best estimate {value:g} lies outside them")
        return None, ""
    try:
        return belief(value, low, high, unit, part.distribution), reason
    except ValueError as error:
        findings.add(key, str(error))
        return None, ""


def laid(tree: Tree, placed: Sequence[Placed], values: FloatArray, note: str = "a point") -> Tree:
    """Lay values of parameters over a config.

    Parameters
    ----------
    tree
        The model.
    placed
        Where the parameters go.
    values
        In natural units, (parameter,).
    note
        What messages call the place of the values.

    Raises
    ------
    ModelError
        When a path leads nowhere.
    """
    here, problems = Origin(note), list[Problem]()
    result = tree
    for one, value in zip(placed, values, strict=True):
        for path in one.set:
            result = put(result, path, Tree(float(value), here), here, problems, "")
        for path in one.multiply:
            there = item_at(tree, path)
            new = multiplied(there.value if there is not None else None, float(value))
            result = put(result, path, Tree(new, here), here, problems, "")
    if problems:
        raise ModelError(problems)
    return result


def multiplied(value: object, by: float) -> float | str:
    """Multiply a number, or write an expression times a number."""
    if isinstance(value, int | float):
        return float(value) * by
    return f"{by!r} * ({value})"


def scenario_at(base: Base, placed: Sequence[Placed], values: FloatArray) -> Scenario:
    """Give the model at a point, (parameter,).

    Raises
    ------
    ModelError
        When it makes no model.
    """
    return scenario_of(laid(base.tree, placed, values), base.file)
