"""From a config file to a scenario: reads its layers, checks everything, and gives all problems at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.config.check.layering import nothing_taken_away, posts_for_others, regimes_that_set_nothing
from sim.config.check.limits import check_size
from sim.config.check.price_series import one_vintage, year_unknown
from sim.config.check.problems import Findings
from sim.config.schema.config import Config
from sim.config.schema.readers import NO_FOLDER
from sim.config.text import library
from sim.config.text.intervals import notes
from sim.config.text.layers import load_tree, with_settings
from sim.config.text.merge import prune, split_path
from sim.config.text.source import Tree, parse
from sim.config.text.writing import to_yaml
from sim.config.translate.appraisal import appraisal_spec, check_key_workers
from sim.config.translate.discount import discount_schedules, within_horizon
from sim.config.translate.effect_sets import effect_sets, inlined
from sim.config.translate.model import config_of
from sim.config.translate.worlds import ONLY_REGIME, worlds
from sim.errors import ModelError, Problem
from sim.model.price_series import PriceSeries
from sim.model.spec import FoundPosts, Scenario, World


def find(path: str | Path) -> Path:
    """Find a config by path or library name.

    Raises
    ------
    ModelError
        When there is none.
    """
    given = Path(path)
    try:
        if given.is_file():
            return given
    except (OSError, ValueError):
        pass
    found = library.find(str(path))
    if found is None:
        raise ModelError([Problem("", "", library.not_found(str(path)))])
    return found


MOST_STEPS = 100_000
"""Steps up to which a config of absurd size is looked at further."""


def tree_of(path: str | Path, sets: Sequence[str] = ()) -> Tree:
    """Read a config with all its layers, without checking what it says but that every null takes something away.

    Raises
    ------
    ModelError
        When a layer cannot be read, or takes away what is not there.
    """
    tree = load_tree(find(path), sets)
    findings = Findings(tree)
    nothing_taken_away(tree, findings)
    if findings.problems:
        raise ModelError(findings.problems)
    return prune(tree)


def changed(scenario: Scenario, sets: Sequence[str]) -> Scenario:
    """Lay settings over a scenario that was loaded from a config; its layers are not read again.

    Parameters
    ----------
    scenario
        The scenario.
    sets
        Settings, each ``section.name.key=value`` with the value in YAML.

    Raises
    ------
    ModelError
        With every problem found, or when the scenario was not loaded from a config.
    """
    if not scenario.resolved:
        raise ModelError("this scenario was made in Python, not loaded from a config; change its model there")
    tree = prune(with_settings(_tree_of(scenario.resolved), sets))
    paths = [split_path(text.partition("=")[0]) for text in sets]
    regimes = {path[1] for path in paths if path[0] == "regimes" and len(path) > 2}
    alone = all(path[0] == "regimes" and len(path) > 2 for path in paths)
    same = [world for world in scenario.worlds if alone and world.regime not in regimes]
    return scenario_of(tree, Path(f"{scenario.name}.yaml"), same)


@lru_cache(maxsize=4)
def _tree_of(resolved: str) -> Tree:
    """Read the text of a resolved config."""
    return parse(resolved, "the config")


def load(path: str | Path, sets: Sequence[str] = ()) -> Scenario:
    """Load a config to a scenario.

    Parameters
    ----------
    path
        A file, or a name in the library such as ``national``.
    sets
        Settings laid over it, each ``section.name.key=value`` with the value in YAML.

    Returns
    -------
        The scenario with one world for each regime under each effect set.

    Raises
    ------
    ModelError
        With every problem found, each with file, line and column of the value.
    """
    return scenario_of(tree_of(path, sets), find(path))


def scenario_of(tree: Tree, file: Path, known: Sequence[World] = ()) -> Scenario:
    """Translate a config whose layers are one tree already.

    Parameters
    ----------
    tree
        The config.
    file
        Where relative names start.
    known
        Worlds of which the config says what it said when they were made.

    Raises
    ------
    ModelError
        With every problem found.
    """
    findings = Findings(tree)
    config = config_of(tree, findings)
    if config is None:
        raise ModelError(_ordered(findings.problems))
    check_size(config, findings)
    if findings.problems and config.clock.steps > MOST_STEPS:
        # Translation works step by step in places; rows cost it nothing, so that all else is reported with them.
        raise ModelError(_ordered(findings.problems))
    baseline = _baseline(config, findings)
    regimes_that_set_nothing(tree, config, findings)
    one_vintage(tree, findings)
    discount = discount_schedules(config, findings)
    sets_of_effects = effect_sets(tree, config, file, findings)
    made = worlds(tree, config, sets_of_effects, findings, known)
    appraisal = appraisal_spec(config, findings, made[0].model if made else None)
    check_key_workers(appraisal, made, baseline, findings)
    discount = within_horizon(discount, config, appraisal, made, findings)
    if findings.problems:
        raise ModelError(_ordered(findings.problems))
    return Scenario(
        title=config.title or file.stem,
        name=config.name or _folder_name(file),
        worlds=tuple(made),
        baseline=baseline,
        replications=config.replications,
        seed=config.seed,
        solver=config.solver,
        agencies=dict(config.agencies),
        deflators=dict(config.deflators.values),
        price_series=_price_series(config),
        price_year=config.price_year,
        discount=discount,
        appraisal=appraisal,
        resolved=to_yaml(inlined(tree, sets_of_effects)),
        origins=dict(origins(tree)),
        notes=(*notes(tree), *posts_for_others(tree)),
        cautions=(
            *(f"{text}: {', '.join(of)}" for text, of in findings.notes.items()),
            *(
                f"evidence set '{one.name}' is a mixture: a run shows the part in which help works, its mean over "
                "draws of the inputs (--draws) is the reading"
                for one in sets_of_effects if one.fit is not None and one.fit.nothing
            ),
        ),
        fits={one.name: one.fit for one in sets_of_effects if one.fit is not None},
        found={name: _found(part.found) for name, part in config.regimes.items() if part.found},
        counts_unitemised=tuple(one.name for one in sets_of_effects if one.counts_unitemised),
        regime_titles={name: part.title for name, part in config.regimes.items() if part.title},
        service_titles={name: part.title for name, part in config.services.items() if part.title},
        set_titles={one.name: one.title for one in sets_of_effects if one.title},
        set_suppositions={one.name: one.supposing for one in sets_of_effects if one.supposing},
    )


def _price_series(config: Config) -> PriceSeries:
    """Read which series of prices a study has."""
    index, forecast = config.deflators.index, config.deflators.forecast
    if index is None:
        return PriceSeries(forecast=forecast)
    return PriceSeries(index.name, index.vintage, index.base, index.source or "", forecast)


def _found(written: Mapping[str, Any]) -> FoundPosts:
    """Read how the posts of a regime were searched for."""
    return FoundPosts(*(str(written.get(key, "")) for key in ("digest", "effect_set", "money_of")))


def _folder_name(file: Path) -> str:
    """Make a name for the results folder from that of a file."""
    return re.sub(f"[{NO_FOLDER}]", "_", file.stem).lstrip("._- ").rstrip(". ")[:100] or "study"


def _ordered(problems: Sequence[Problem]) -> list[Problem]:
    """Leave out repeats, keeping the order in which they were found."""
    return list(dict.fromkeys(problems))


def _baseline(config: Config, findings: Findings) -> str:
    """Check the baseline regime and the price year; default the first regime."""
    regimes = list(config.regimes) or [ONLY_REGIME]
    if config.baseline is not None and config.baseline not in regimes:
        findings.add(
            ("baseline",), f"must be a regime: {', '.join(regimes)}{library.nearest(config.baseline, regimes)}"
        )
    if config.price_year and config.deflators.values and config.price_year not in config.deflators.values:
        findings.add(("price_year",), year_unknown(config.price_year, list(config.deflators.values)))
    baseline = config.baseline or regimes[0]
    if baseline in config.regimes and config.regimes[baseline].start not in (None, 0):
        findings.add(("regimes", baseline, "start"), "the baseline regime holds from the start; take its 'start' away")
    return baseline


def origins(tree: Tree, path: str = "") -> Iterator[tuple[str, str]]:
    """List the dotted path of every value with its place."""
    for key, child in tree.mapping.items():
        yield from origins(child, f"{path}.{key}" if path else key)
    for i, child in enumerate(tree.items):
        name = child.mapping["name"].value if "name" in child.mapping else i
        yield from origins(child, f"{path}.{name}")
    if not tree.mapping and not tree.items:
        yield path, str(tree.origin)
