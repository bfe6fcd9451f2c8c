"""Solves a scenario by closure: every world on one plan, one history until regimes part."""

from __future__ import annotations

from sim.engine.counts.record import Record
from sim.engine.solvers.closure.plan import ClosurePlan, Options, make_plan
from sim.engine.solvers.closure.solve import open_history
from sim.engine.solvers.expected import expect_worlds
from sim.errors import ModelError
from sim.model.compiled.model import Compiled, compile_model
from sim.model.compiled.program import Program
from sim.model.compiled.readings import start_shares
from sim.model.handover import all_handed
from sim.model.spec import Model, Scenario


def closure_record(scenario: Scenario, options: Options | None = None) -> Record:
    """Solve every world of a scenario by closure.

    Parameters
    ----------
    scenario
        What to solve.
    options
        How large the tables may be.

    Returns
    -------
        The same arrays as a simulated replication, holding expectations.

    Raises
    ------
    ModelError
        When a world has what the closure cannot hold; says what.
    """
    plan, compiled = prepare(scenario, options or Options())
    return expect_worlds(
        scenario,
        begin=lambda world: open_history(plan, compiled[world.name], all_handed(world.model, world)),
        part=lambda history, world: history.fork(
            compiled[world.name], all_handed(scenario.baseline_of(world).model, world)
        ),
    )


def prepare(scenario: Scenario, options: Options) -> tuple[ClosurePlan, dict[str, Compiled]]:
    """Compile a scenario and choose its tables, or refuse it.

    Raises
    ------
    ModelError
        When a world has what the closure cannot hold; says what.
    """
    reasons = refusals(scenario)
    if reasons:
        raise ModelError(f"expect cannot solve this by closure: {'; '.join(reasons)}; use --solver simulate")
    compiled = {world.name: compile_model(world.model) for world in scenario.worlds}
    reasons = [reason for one in compiled.values() for reason in _unread(one)]
    if reasons:
        raise ModelError(
            f"expect cannot solve this by closure: {'; '.join(dict.fromkeys(reasons))}; use --solver simulate"
        )
    try:
        plan = make_plan(list(compiled.values()), options)
    except ModelError as error:
        raise ModelError(f"expect cannot solve this by closure: {error}; use --solver simulate") from None
    return plan, compiled


def refusals(scenario: Scenario) -> list[str]:
    """Say what a scenario has that the closure cannot hold; empty when there is nothing."""
    reasons = [reason for world in scenario.worlds for reason in _model_refusals(world.model)]
    for world in scenario.worlds:
        for handed in all_handed(scenario.baseline_of(world).model, world).values():
            if world.handover != "finish":
                reasons.append("a regime that hands cases over (handover: finish alone)")
            if any(len(areas) < len(world.model.areas.names) for areas in handed.ending.values()):
                reasons.append("a service whose posts end in some areas")
    return list(dict.fromkeys(reasons))


def _model_refusals(model: Model) -> list[str]:
    root = model.units[0]
    reasons = []
    if model.queues == "per_family" or any(chain.between_steps for chain in model.chains):
        reasons.append("queues case by case (queues: per_family)")
    if root.arrivals_per_step:
        reasons.append("rows that arrive from outside")
    if root.leaves_rate and not root.replace:
        reasons.append("rows that leave and are not replaced")
    if len(model.units) > 1 and model.units[1].leaves_age_steps and not root.replace:
        reasons.append("families that leave when their children are grown and are not replaced")
    if root.age_steps and root.age_steps[0] != root.age_steps[1]:
        reasons.append("rows of different ages")
    if any(chain.start is None for chain in model.chains):
        reasons.append("a stationary start")
    unit = {chain.name: chain.unit for chain in model.chains}
    fired = {fire.chain for chain in model.chains for fire in chain.fires}
    for chain in model.chains:
        for fire in chain.fires:
            if unit[fire.chain] != chain.unit or chain.unit != root.name:
                reasons.append(
                    f"a fire between a family and its children, or among children ({chain.name} fires {fire.chain})"
                )
            if chain.service is not None or chain.name in fired:
                reasons.append(f"a fire set off by a service or by another fire ({chain.name} fires {fire.chain})")
        if chain.ages_steps is not None and chain.unit == root.name:
            reasons.append(f"ages of the first unit's own chain ({chain.name})")
    return reasons


def _unread(compiled: Compiled) -> list[str]:
    """Say what the chains read that no table can hold."""
    reasons = []
    programs: dict[str, Program] = compiled.programs
    for name, program in programs.items():
        chain = compiled.model.chain(name)  # a program is shared by worlds that may start it otherwise
        if chain.start and len(start_shares(chain, compiled.model)) > 1:
            reasons.append(f"where {name} starts differs by area")
        for group in program.groups:
            for axis in group.axes:
                if axis.source.kind == "area":
                    reasons.append(f"{name} differs by area")
                if axis.source.kind == "k" and axis.source.name != name:
                    reasons.append(f"{name} reads the time that {axis.source.name} has been in its state")
    return reasons
