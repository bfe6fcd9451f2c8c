"""Where net present value is zero, by new runs of a config: the effect of help, or any value that a path names."""

from __future__ import annotations

from collections.abc import Sequence

import xarray as xr

from sim.config.loading import load
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.runs.ensemble import simulate
from sim.runs.kept import Successive
from sim.runs.replications import without_answer
from sim.stages import SILENT, StageListener
from sim.studies.switching.answer import RunSwitch, scaled_effects, switching_run

EFFECTS = "effects"
"""In place of a path: the power to which every multiplier of help is raised, 0 none and 1 as it is."""


def switching(
    config: str, of: Sequence[str], low: float, high: float, world: str, *, against: str | None = None,
    sets: Sequence[str] = (), most_runs: int = 12, workers: int = 1, at: StageListener = SILENT,
) -> RunSwitch:  # fmt: skip
    """Find the value at which a regime's net present social value is zero.

    Parameters
    ----------
    config, sets
        As for ``load``.
    of
        Paths that all take the value, such as ``parameters.aftercare_share.value``; or ``effects``.
    low, high
        The range that is searched.
    world, against
        The regime's world and the one that it is held against; the baseline unless named.
    most_runs, workers
        How many runs at most, and in how many processes.
    at
        Told the value that is run.

    Raises
    ------
    ModelError
        When the config cannot be read, a path is wrong, or the search makes no sense.
    """
    base, successive = load(config, sets), Successive()
    tried: list[float] = []

    def scenario_at(value: float) -> Scenario:
        tried.append(value)
        at.stage(f"Run {len(tried)} of at most {most_runs}, at {value:.6g}; replications", base.replications)
        paths = [f"{path}={value!r}" for path in of if path != EFFECTS]
        made = load(config, [*sets, *paths]) if paths else base
        return scaled_effects(made, value) if EFFECTS in of else made

    def run(scenario: Scenario) -> xr.Dataset:
        made = without_answer(scenario)
        return successive(made, at) if workers == 1 else simulate(made, workers, at, rows=False)

    names = [w.name for w in base.worlds if w.regime != base.baseline]
    if world not in names:
        raise ModelError(f"there is no regime '{world}' to appraise; there are {', '.join(names) or 'none'}")
    try:
        return switching_run(
            scenario_at,
            low,
            high,
            world,
            against=against,
            most_runs=most_runs,
            run=run,
        )
    except ModelError:
        raise
    except ValueError as error:
        raise ModelError(str(error)) from error
