"""From the schema to the model: clock, units, areas, traits and tables."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal

from sim.config.check.draft import Draft
from sim.config.check.problems import Findings
from sim.config.schema.config import Config
from sim.config.schema.phrases import Duration
from sim.config.schema.units import AgePart, ClockPart, TablePart, UnitPart
from sim.model.spec import Areas, Clock, LookupTable, Trait, Unit
from sim.model.traits import gamma_classes

MAX_CHILDREN = 30
MOST_AREAS = 10_000
MOST_NAMED = 5
"""Areas that a message names when a table lacks more."""
_ONE = 1e-9


def clock_of(part: ClockPart) -> Clock:
    """Give the model's clock."""
    name = part.step.unit if part.step.amount == 1 else "step"
    return Clock(part.steps, float(part.step.years), name, part.first, part.start)


def ages_steps(part: AgePart | None, step: Fraction) -> tuple[float, float] | None:
    """Give a range of ages in steps."""
    if part is None:
        return None
    low, high, unit = part.range()
    return Duration(low, unit).steps(step), Duration(high, unit).steps(step)


def units(draft: Draft) -> tuple[Unit, ...]:
    """Translate the units, the root first."""
    return tuple(_unit(draft, name, part) for name, part in draft.config.units.items())


def _unit(draft: Draft, name: str, part: UnitPart) -> Unit:
    """Translate one unit."""
    path = ("units", name)
    ages = ages_steps(part.age, draft.step)
    if ages is not None and any(abs(age - round(age)) > _ONE for age in ages):
        draft.findings.add((*path, "age"), "must be a whole number of steps")
    leaves = part.leaves
    rate = (
        draft.plain_number((*path, "leaves", "rate"), leaves.rate, "the rate of leaving")
        if leaves and leaves.rate
        else 0.0
    )
    births = draft.plain_number((*path, "births"), part.births, "the rate of births") if part.births else 0.0
    if part.settled and not (part.of and births > 0 and leaves and leaves.age and ages):
        rule = "is of a second unit with 'age', 'births' and an age at which its rows leave; else nothing settles"
        draft.findings.add((*path, "settled"), rule)
    return Unit(
        name=name,
        size=part.size,
        of=part.of,
        number=part.number,
        age_steps=(round(ages[0]), round(ages[1])) if ages else None,
        leaves_age_steps=draft.whole_steps((*path, "leaves", "age"), leaves.age, 1) if leaves and leaves.age else None,
        births_rate=births,
        leaves_rate=rate,
        replace=leaves.replace if leaves else False,
        warm_up=draft.whole_steps((*path, "warm_up"), part.warm_up),
        settled=part.settled,
        arrivals_per_step=part.arrive.poisson.per_step(draft.step) if part.arrive else 0.0,
    )


def check_units(config: Config, findings: Findings) -> None:
    """Check that there is one root unit and that the others belong to it."""
    names = list(config.units)
    for i, (name, part) in enumerate(config.units.items()):
        path = ("units", name)
        if i == 0 and part.of is not None:
            findings.add((*path, "of"), "the first unit is the root and belongs to no other; put the root first")
        if i > 0 and part.of != names[0]:
            findings.add((*path, "of"), f"every unit after the first belongs to it: write 'of: {names[0]}'")
        if len(part.areas) > MOST_AREAS:
            findings.add((*path, "areas"), f"has {len(part.areas):,} areas; there may be at most {MOST_AREAS:,}")
        if i > 1:
            findings.add(path, "there may be two units: a root and one that belongs to it", of_key=True)
        if i > 0 and part.number is None:
            findings.add(path, "'number' is missing: the trait that says how many there are for each row of the root")
        if part.number is not None:
            _check_number(config, findings, name, part.number)
        if i > 0 and (part.areas or part.size or part.arrive or part.warm_up.amount):
            findings.add(path, "size, areas, warm_up and arrive belong to the root unit")


def _check_number(config: Config, findings: Findings, name: str, trait: str) -> None:
    """Check that the trait that counts children is there and holds small whole numbers."""
    part = config.traits.get(trait)
    if part is None or part.shares is None:
        there = ", ".join(config.traits) or "none"
        findings.add(("units", name, "number"), f"must be a trait with shares of whole numbers; traits: {there}")
    elif any(v != round(v) or not 0 <= v <= MAX_CHILDREN for v in part.shares):
        findings.add(("traits", trait), f"counts rows, so its values must be whole numbers from 0 to {MAX_CHILDREN}")


def areas(draft: Draft) -> Areas:
    """Translate the areas of the root unit; weights are shares, or numbers of rows when they sum to the size."""
    root, part = next(iter(draft.config.units.items()))
    if not part.areas:
        return Areas()
    path = ("units", root, "areas")
    weights = [draft.plain_number((*path, name), area, "an area's size") for name, area in part.areas.items()]
    total = sum(weights)
    if not total > 0:
        draft.findings.add(path, "the shares sum to 0; at least one area must have rows")
        return Areas()
    if abs(total - 1) > _ONE and abs(total - part.size) > _ONE:
        if all(weight <= 1 for weight in weights):
            draft.findings.add(
                ("units", root, "areas"), f"the shares sum to {total:.12g}; they must sum to 1, or be numbers of rows"
            )
        weights = [weight / total for weight in weights]
    return Areas(tuple(part.areas), tuple(weights), _synthetic(part))


def _synthetic(part: UnitPart) -> tuple[bool, ...]:
    """Say which areas are made up."""
    named = ((name.startswith("synthetic_"), area.synthetic) for name, area in part.areas.items())
    return tuple(by_name if said is None else said for by_name, said in named)


def traits(config: Config) -> tuple[Trait, ...]:
    """Translate the traits; a gamma is cut in classes of equal weight."""
    result = []
    for name, part in config.traits.items():
        if part.gamma is not None:
            n = part.classes or 5
            values = tuple(float(mean) for mean in gamma_classes(part.gamma.variance, n))
            result.append(Trait(name, values, (1.0 / n,) * n, part.stratify is not False))
        elif part.shares is not None:
            pairs = list(part.shares.items())
            result.append(Trait(name, tuple(v for v, _ in pairs), tuple(s for _, s in pairs), bool(part.stratify)))
    return tuple(result)


def tables(draft: Draft, places: Areas) -> dict[str, LookupTable]:
    """Translate the tables, points in rising order and values in that of the areas."""
    return {name: _table(draft, name, part, places.names) for name, part in draft.config.tables.items()}


def _table(draft: Draft, name: str, part: TablePart, places: tuple[str, ...]) -> LookupTable:
    """Translate one table."""
    if part.values is not None:
        by_area = part.values
        path = ("tables", name, "values")
        for area in by_area:
            draft.findings.known((*path, area), area, "area", places, of_key=True)
        if missing := [area for area in places if area not in by_area]:
            more = f" and {len(missing) - MOST_NAMED:,} more" if len(missing) > MOST_NAMED else ""
            draft.findings.add(path, f"has no value for {', '.join(missing[:MOST_NAMED])}{more}; each area needs one")
        y = tuple(by_area.get(area, 0.0) for area in places)
        return LookupTable(name, part.by, "areas", tuple(map(float, range(len(y)))), y)
    points = sorted((part.linear or part.bands or {}).items())
    kind: Literal["linear", "bands"] = "linear" if part.linear is not None else "bands"
    return LookupTable(name, part.by, kind, tuple(x for x, _ in points), tuple(y for _, y in points))
