"""Which solver answers for expected counts: exact cells, a closure, or none, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sim.engine.counts.record import Record
from sim.engine.solvers.closure.plan import Options
from sim.engine.solvers.closure.run import closure_record, prepare
from sim.engine.solvers.exact.cells import NotExact, make_space
from sim.engine.solvers.exact.expect import expect_record
from sim.errors import ModelError, Problem
from sim.model.compiled.model import compile_model
from sim.model.spec import Distribution, Scenario


@dataclass(frozen=True)
class Solver:
    """How ``expect`` solves a scenario: ``exact``, ``closure`` or ``refused``, why, and with how many cells a world."""

    kind: Literal["exact", "closure", "refused"]
    reason: str
    cells: int = 0


def solver_of(scenario: Scenario) -> Solver:
    """Say how ``--solver expect`` would solve a scenario.

    Parameters
    ----------
    scenario
        All of its worlds are solved the same way.

    Returns
    -------
        ``exact`` where all reachable combinations of states fit in memory; else ``closure``, whose errors are in
        docs/solvers.md; else ``refused``. The reason says what stood in the way of the better kinds.
    """
    if reason := _without_chance(scenario)[1]:
        return Solver("refused", reason)
    try:
        cells = max(len(make_space(compile_model(world.model)).keys) for world in scenario.worlds)
    except NotExact as not_exact:
        why = _reason(not_exact)
    else:
        return Solver("exact", f"{cells:,} combinations of states are reachable", cells)
    try:
        plan, _ = prepare(scenario, Options())
    except ModelError as not_closed:
        return Solver("refused", f"{why}; and {_reason(not_closed)}")
    return Solver("closure", why, plan.cells)


def _without_chance(scenario: Scenario) -> tuple[Sequence[Distribution], str]:
    """Give what asks for chance, and why expected counts cannot answer it; nothing where nothing does."""
    asked = scenario.worlds[0].model.distributions
    return asked, "expected counts do not say how a count is spread over time (distributions)" if asked else ""


def _reason(error: ModelError) -> str:
    """Shorten a refusal to its reason."""
    text = str(error)
    for lead in ("expect is exact and cannot hold ", "expect cannot solve this by closure: ", "expect "):
        text = text.removeprefix(lead)
    return text.split("; use --solver simulate")[0]


def solve(scenario: Scenario, options: Options | None = None) -> tuple[Record, Solver]:
    """Solve every world of a scenario for its expected counts, exactly where that is possible.

    Parameters
    ----------
    scenario
        What to solve.
    options
        How large the tables of a closure may be.

    Returns
    -------
        The arrays of one replication, holding expectations, and how they were found.

    Raises
    ------
    ModelError
        When neither solver can hold the model; says what stands in the way.
    """
    asked, reason = _without_chance(scenario)
    if reason:
        raise ModelError([Problem(one.place.where, one.place.key, f"{reason}; use --solver simulate") for one in asked])
    try:
        return expect_record(scenario), Solver("exact", "all reachable combinations of states fit in memory")
    except NotExact as not_exact:
        why = _reason(not_exact)
    try:
        prepare(scenario, options or Options())
    except ModelError as not_closed:
        raise ModelError(f"expect cannot solve this: {why}; and {_reason(not_closed)}; use --solver simulate") from None
    return closure_record(scenario, options), Solver("closure", why)
