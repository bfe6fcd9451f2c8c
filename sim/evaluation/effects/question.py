"""Reads the estimands of evidence sets, has them solved, and writes what was found back into their files.

Comments and order in the files stay as they are. What is solved for is in ``sim.evaluation.effects.fit``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sim.config.loading import load
from sim.config.text import library
from sim.config.text.amending import amend
from sim.config.text.source import plain, read
from sim.errors import ModelError, Problem
from sim.evaluation.effects.estimands import SECTION, digest, estimands_of
from sim.evaluation.effects.fit import EffectFit, fit_effects
from sim.evaluation.effects.record import as_record
from sim.evaluation.trial.evaluation import helping
from sim.model.spec import Scenario
from sim.runs.meaning import digest_of_program
from sim.stages import SILENT, StageListener

WHY = {
    "evaluation": "solved for by families fit-effects, so that the simulated study finds {target} ({name}); see fit",
    "truth": "solved for by families fit-effects, so that the true ratio is {target} ({name}); see fit",
}


def run(
    path: str | Path,
    sets: Sequence[str] = (),
    *,
    only: Sequence[str] = (),
    replications: int = 6,
    share: float = 1.0,
    workers: int = 1,
    grid: int = 0,
    write: bool = True,
    at: StageListener = SILENT,
    folder: Path | None = None,
) -> list[EffectFit]:
    """Solve for the effects of a study's evidence sets and keep them.

    Parameters
    ----------
    path, sets
        The study, as for ``load``.
    only
        Names of the evidence sets to solve for; default those of the study that list estimands.
    replications, share, workers
        As for ``fit_effects``.
    grid
        At how many ratios effects are solved for besides, over the interval of each that has one; 0 for none.
    write
        Write the values into the files of the sets.
    at
        Told where the work stands, with a line for each set and sweep.
    folder
        Where studies for curves are kept as they come; the same call goes on from there.

    Returns
    -------
        A fit for each set.

    Raises
    ------
    ModelError
        When a set is not there, or has nothing to solve for though it was asked for; or none has.
    """
    scenario = load(path, sets)
    names = list(dict.fromkeys(world.effect_set for world in scenario.worlds))
    unknown = [name for name in only if name not in names]
    if unknown:
        raise ModelError(f"effect_set: the study has no set '{unknown[0]}'; it has {', '.join(names)}")
    fits = []
    for name in only or names:
        file = set_file(name)
        listed = estimands_in(file) if file is not None else {}
        if file is None or not listed:
            if only:
                raise ModelError(f"effect_set: '{name}' lists no estimands, so that there is nothing to solve for")
            continue
        at.say(f"{name}: {', '.join(listed)}")
        estimands = estimands_of(listed)
        fit = fit_effects(
            scenario, name, estimands, replications=replications, share=share,
            workers=workers, at=at,
        )  # fmt: skip
        if write:
            keep(fit, file)  # at once, since curves take longer than the fit and may be refused
        if grid and any(one.interval is not None for one in estimands):
            from sim.evaluation.effects.curve_studies import with_curves

            fit = with_curves(fit, path, sets, estimands, grid, workers, at, folder)
            if write:
                keep(fit, file)
        fits.append(fit)
    if not fits:
        said = f"none of {', '.join(names)} lists estimands, so that there is nothing to solve for"
        raise ModelError(f"effect_set: {said}")
    return fits


def set_file(name: str) -> Path | None:
    """Find the file of an evidence set in the library."""
    return library.find(f"evidence_sets/{name}.yaml")


def estimands_in(file: Path) -> Mapping[str, Mapping[str, Any]]:
    """Read the estimands that a file lists."""
    tree = read(file)
    return plain(tree.mapping["estimands"]) if "estimands" in tree.mapping else {}


def keep(fit: EffectFit, file: Path) -> None:
    """Write the solved values and the record of the fit into the file of an evidence set, all or nothing."""
    given, values = read(file).mapping["set"].mapping, dict[tuple[str, ...], object]()
    for item in fit.fitted:
        estimand = item.estimand
        key = SECTION + estimand.parameter
        if key not in given:
            raise ModelError([Problem(str(file), "set", f"give {key}, which is solved for")])
        values["set", key, "value"] = round(item.value, 5)
        if item.reachable:  # else the reason for the bound stands
            values["set", key, "source"] = estimand.source
            values["set", key, "why"] = WHY[estimand.by].format(target=f"{estimand.target:g}", name=estimand.name)
    amend(file, {**values, ("fit",): dict(as_record(fit))})


def _how_stale(fit: Mapping[str, Any]) -> str:
    """Say what moved since effects were solved for: nothing was yet, the program, the model, or what cannot be told."""
    if not fit.get("digest"):
        return "has not been solved for"
    if "program" not in fit:
        return "was solved for in another model, or by a version of the program that makes other results"
    if fit["program"] != digest_of_program():
        return "was solved for by a version of the program that makes other results, whatever the model"
    return f"was solved for in another model{f' ({study})' if (study := fit.get('study')) else ''}"


def stale(scenario: Scenario) -> list[str]:
    """Say which evidence sets of a study were solved for in another model than the study's, or by another program.

    Parameters
    ----------
    scenario
        The study, with what was solved for elsewhere (``with_fits``).

    Returns
    -------
        A sentence for each set whose digest does not fit, or that was never solved for; empty when all is well.
    """
    found, foreign = [], scenario.not_refitted
    for name in dict.fromkeys(world.effect_set for world in scenario.worlds):
        file = set_file(name)
        if file is None:
            continue
        tree = plain(read(file))
        listed, fit = tree.get("estimands"), tree.get("fit", {})
        if not listed or name not in foreign:
            continue
        regime = fit.get("regime", helping(scenario))
        if all((w.regime, w.effect_set) != (regime, name) for w in scenario.worlds):
            continue
        now = digest(scenario, regime, name, [e.parameter for e in estimands_of(listed)])
        if fit.get("digest") != now:
            solved = _how_stale(fit)
            found.append(f"evidence set '{name}' {solved}; 'families fit-effects' solves for its effects in this one")
    return found
