"""Reads targets and calibrations from YAML with the place of every problem, and makes the shared types of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from calibration.outputs import output
from calibration.problem import Definition, Relation, Target
from calibration.schema import RelationPart, TargetPart, TargetsFile
from sim.config.check.problems import Findings
from sim.config.schema.base import Part
from sim.config.text import library
from sim.config.text.source import plain, read
from sim.errors import ModelError, Problem
from sim.model.spec import Scenario
from sim.runs.beliefs.distributions import Z

Kind_ = TypeVar("Kind_", bound=Part)


def read_part(path: Path, schema: type[Kind_]) -> tuple[Kind_, Findings]:
    """Read a file against a schema.

    Returns
    -------
        What it says, and where further problems of it can be noted.

    Raises
    ------
    ModelError
        With every problem, each with file, line and column.
    """
    tree = read(path)
    findings = Findings(tree)
    try:
        return schema.model_validate(plain(tree)), findings
    except ValidationError as error:
        findings.add_schema(error, root=schema)
        raise ModelError(findings.problems) from None


def found(name: str, base: Path, where: str = "", key: str = "") -> Path:
    """Find a file by its path from another one's folder, or by library name.

    Raises
    ------
    ModelError
        When there is none.
    """
    path = library.find(name, base)
    if path is None:
        raise ModelError([Problem(where, key, library.not_found(name))])
    return path


@dataclass(frozen=True)
class Listed:
    """What files of targets hold; ``steps`` says how many steps an output needs, ``where`` in which file it stands."""

    targets: dict[str, Target] = field(default_factory=dict)
    relations: list[Relation] = field(default_factory=list)
    steps: dict[str, int] = field(default_factory=dict)
    where: dict[str, Findings] = field(default_factory=dict)


def read_targets(files: Sequence[Path]) -> Listed:
    """Read files of targets.

    Raises
    ------
    ModelError
        With every problem of every file, and names that two of them share.
    """
    problems: list[Problem] = []
    listed = Listed()
    for file in files:
        try:
            part, findings = read_part(file, TargetsFile)
        except ModelError as error:
            problems += error.problems
            continue
        for name, one in part.targets.items():
            if name in listed.targets:
                findings.add(("targets", name), "a target of this name is in another file", of_key=True)
            listed.targets[name], listed.where[name] = target_of(name, one), findings
            listed.steps[name] = one.steps
        listed.relations.extend(_relation(name, one) for name, one in part.relations.items())
        problems += findings.problems
    if problems:
        raise ModelError(problems)
    return listed


def check_against(listed: Listed, scenario: Scenario) -> list[Problem]:
    """Say which targets the model cannot answer: it lacks a chain, a state or a ledger, or a deflator of their year."""
    problems: list[Problem] = []
    for name, target in listed.targets.items():
        findings = listed.where[name]
        before = len(findings.problems)
        if target.output:
            try:
                output(target.output).check(scenario.worlds[0].model)
            except ModelError as error:
                findings.add(("targets", name, "output"), error.problems[0].message)
            year = target.definition.price_year
            if year is not None and deflator(scenario, year) is None:
                known = ", ".join(scenario.deflators)
                findings.add(("targets", name, "price_year"), f"the model has no deflator of this year; it has {known}")
        problems += findings.problems[before:]
    return problems


def deflator(scenario: Scenario, year: int) -> float | None:
    """Give what turns pounds of a financial year (2013 is 2013/14) into pounds of the model's price year."""
    index, now = scenario.deflators.get(f"{year}/{(year + 1) % 100:02d}"), scenario.deflators.get(scenario.price_year)
    return None if index is None or now is None else now / index


def in_prices(target: Target, scenario: Scenario) -> Target:
    """Bring an amount of money that the model answers to the model's price year."""
    year = target.definition.price_year
    is_answered = bool(target.output) and target.unit.startswith("gbp")
    ratio = deflator(scenario, year) if year is not None and is_answered else None
    if ratio is None:
        return target
    now = replace(target.definition, price_year=int(scenario.price_year[:4]))
    return replace(
        target, value=target.value * ratio, standard_error=target.standard_error * ratio,
        discrepancy=target.discrepancy * ratio, definition=now,
    )  # fmt: skip


def target_of(name: str, part: TargetPart) -> Target:
    """Make a target of what was written; an interval is 95%, 2 x 1.96 standard errors wide."""
    error = part.se
    if error is None:
        assert part.low is not None
        assert part.high is not None
        error = (part.high - part.low) / (2 * Z)
    definition = Definition(
        quantity=part.quantity, ledger=part.ledger, price_year=part.price_year, net=part.net, per=part.per,
        population=part.population, window=part.window, contrast=part.contrast, statistic=part.statistic,
        months=part.months, count=part.count, given=tuple(sorted(part.given.items())),
    )  # fmt: skip
    return Target(
        name=name, kind=part.kind, value=part.value, standard_error=error, discrepancy=part.discrepancy,
        unit=part.unit, definition=definition, source=part.source or "", output=part.output,
        answered_by="simulate", scale=part.scale, label=part.label, quality=part.quality,
    )  # fmt: skip


def _relation(name: str, part: RelationPart) -> Relation:
    return Relation(name, part.part, part.whole, part.at_most, part.why or "", part.source or "")
