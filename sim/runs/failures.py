"""Says which replication and which world an exception came from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sim.engine.counts.record import Record
from sim.model.spec import Scenario

Run = Callable[[Scenario, int], Record]


def run_named(run: Run, scenario: Scenario, replication: int) -> Record:
    """Run a replication; what it raises carries a note with the replication and the world."""
    try:
        return run(scenario, replication)
    except (OSError, MemoryError):  # of the machine, not of a world
        raise
    except Exception as error:
        world = failing_world(run, scenario, replication)
        error.add_note(f"in replication {replication}" + (f", world {world}" if world else ""))
        raise


def failing_world(run: Run, scenario: Scenario, replication: int) -> str | None:
    """Name the world that fails when it is run with no other than its baseline; None when none does.

    Worlds advance together, so that where an exception was raised does not say whose it is; but no world's history
    depends on which others there are.
    """
    for world in sorted(scenario.worlds, key=lambda world: world.regime != scenario.baseline):
        pair = tuple(w for w in scenario.worlds if w in (world, scenario.baseline_of(world)))
        try:
            run(replace(scenario, worlds=pair), replication)
        except Exception:
            return world.name
    return None
