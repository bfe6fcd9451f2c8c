"""The command ``families check``: what a config holds, what a run of it would cost, what may be an oversight."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sim.console.arguments import Config, Sets
from sim.console.printing import say_missing_kernels, say_notes
from sim.units import steps_of, time_in_words

if TYPE_CHECKING:
    from sim.config.check.cost import RunWork
    from sim.model.spec import Scenario

EXAMPLES = ("families check national", "families check study.yaml --set replications=50")


def command(config: Config, sets: Sets = None) -> None:
    """Check a config, and say what a run would cost in time and memory."""
    say_notes(check(config, sets or []))
    say_missing_kernels()


def check(path: str | Path, sets: Sequence[str] = ()) -> str:
    """Check a config and say what it holds and what a run would cost.

    Parameters
    ----------
    path, sets
        As for ``load``.

    Returns
    -------
        A report of a few lines.

    Raises
    ------
    ModelError
        With every problem found.
    """
    from sim.config.check.cost import cost_of, pace_here
    from sim.config.check.limits import work_of
    from sim.config.check.problems import Findings
    from sim.config.loading import load, tree_of
    from sim.config.translate.model import config_of
    from sim.engine.solvers.choice import solver_of
    from sim.evaluation.effects.question import stale
    from sim.results.worlds import said_elsewhere
    from sim.runs.fits import with_fits
    from sim.studies.bridge.question import way_of

    scenario = with_fits(load(path, sets))
    tree = tree_of(path, sets)
    config = config_of(tree, Findings(tree))
    way = way_of(tree, scenario)
    if way is not None:
        list(way.scenarios())  # each step of a bridge is a config of its own
    lines = [f"{scenario.title}: nothing wrong was found", *_contents(scenario)]
    solver = solver_of(scenario)
    if config is not None:
        work = work_of(config)
        if scenario.solver == "expect" and solver.kind in ("exact", "closure"):
            work = replace(work, way=solver.kind, cells=float(solver.cells * work.worlds))
        cost = cost_of(work, pace_here())
        after = cost.parts["figures"] + cost.parts["tables"]
        lines.append(f"a run needs {cost}")
        lines.append(
            f"of it {time_in_words(cost.parts['engine'])} simulating, {time_in_words(after)} tables and figures"
        )
        if scenario.solver == "simulate":
            lines.append(_on_all_cores(scenario, work, os.cpu_count() or 1))
    lines.append(f"--solver expect: {solver.kind} ({solver.reason})")
    lines += [f"note: {note}" for note in (*scenario.notes, *scenario.cautions, *notes(scenario), *stale(scenario))]
    lines += [f"note: {said}" for said in (said_elsewhere(scenario.found_elsewhere),) if said]
    return "\n".join(lines) + "\n"


def _on_all_cores(scenario: Scenario, work: RunWork, cores: int) -> str:
    """Say how the replications would be shared out among the cores of this machine, and what memory each would take."""
    from sim.config.check.cost import cost_of, size_in_words
    from sim.engine.solvers.parts import cut
    from sim.runs.ensemble import may_be_cut, why_not_cut
    from sim.runs.pool import parts_each

    cuttable = any(may_be_cut(scenario, True, number) for number in range(scenario.replications))
    parts = parts_each(scenario, scenario.replications, cores) if cuttable else 1
    engine = replace(work, lines=0, figures=0, replications=1)
    if parts == 1:
        why = why_not_cut(scenario, scenario.replications, cores)
        each = f"{size_in_words(cost_of(engine).memory_mb)} each"
        return f"--workers {cores}: replications are run whole, {each}" + (f" ({why})" if why else "")
    areas = scenario.worlds[0].model.areas.weights
    shares = [sum(areas[part.slice]) / sum(areas) for part in cut(areas, parts)]
    each = size_in_words(cost_of(replace(engine, rows=work.rows * max(shares))).memory_mb)
    return f"--workers {cores}: each replication is cut by areas into {len(shares)} parts, {each} each at most"


def _contents(scenario: Scenario) -> Iterator[str]:
    """Say what a scenario holds and which conventions it uses."""
    model, clock = scenario.worlds[0].model, scenario.worlds[0].model.clock
    begin = f" from {clock.start[0]:04d}-{clock.start[1]:02d}" if clock.start else ""
    count = model.count if isinstance(model.count, str) else "by weights"
    areas = len(model.areas.names)
    yield f"rows: {model.units[0].size:,} of {model.units[0].name} in {areas} area{'' if areas == 1 else 's'}"
    length = f"{clock.steps} steps{steps_of(clock.step_name)}{begin}"
    yield f"time: {length}, points counted: {count}, first cycle {clock.first}"
    yield f"chains: {', '.join(model.order)}"
    yield f"effects: {len(model.effects)}; meters: {len(model.meters)}; cost lines: {len(model.costs)}"
    worlds = ", ".join(
        f"{world.name} (step {world.start}, {', '.join((world.handover, *world.receivers))})"
        for world in scenario.worlds
    )
    yield f"worlds: {worlds}; baseline {scenario.baseline}; {scenario.replications} replications, seed {scenario.seed}"


def notes(scenario: Scenario) -> list[str]:
    """Say what is legal but may be an oversight."""
    found = []
    baseline = scenario.worlds[0]
    for world in scenario.worlds:
        if (
            world.regime == baseline.regime
            and world.effect_set != baseline.effect_set
            and world.model == baseline.model
        ):
            found.append(f"effect set '{world.effect_set}' changes nothing against '{baseline.effect_set}'")
    for chain in baseline.model.chains:
        if chain.is_gated and chain.service and chain.service.team is None:
            found.append(f"service '{chain.name}' has no team, so its places have no limit")
    return found
