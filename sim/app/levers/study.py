"""What the application has open: a config or a finished folder, its figures with their ranges, its readings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sim.config.check.problems import Findings
from sim.config.loading import find, load, scenario_of, tree_of
from sim.config.schema.appraisal import ClaimPart
from sim.config.sizes import TENTH_AREAS, TENTH_SETTINGS
from sim.config.text.layers import with_settings
from sim.config.text.library import names
from sim.config.text.merge import prune
from sim.config.text.source import Tree
from sim.config.translate.effect_sets import effect_sets
from sim.config.translate.fewer_areas import worlds_of_areas
from sim.config.translate.model import config_of
from sim.config.views.register import RegisterEntry, entries
from sim.errors import ModelError
from sim.model.compiled.accounts import account_plan, why_no_accounts
from sim.model.spec import AS_WRITTEN
from sim.model.titles import Titles


@dataclass(frozen=True)
class OpenStudy:
    """An open study.

    Attributes
    ----------
    extends
        What a saved position extends: a name of the library, or a file.
    file
        The config that is loaded.
    tree
        It, with all its layers.
    regime, baseline, others
        The regime with a key worker, what it is held against, and other regimes that it may be held against.
    readings
        Readings of the evidence, the study's own first.
    titles
        What people read instead of names.
    claims
        What was claimed and measured, to be set beside what is found.
    of_whole
        The share of the study's families that a quick run has.
    folder
        A finished folder of the same study, whose figures are shown until something is moved; None without one.
    """

    extends: str
    file: Path
    tree: Tree
    title: str
    regime: str
    baseline: str
    others: tuple[str, ...]
    readings: tuple[str, ...]
    titles: Titles
    replications: int
    seed: int
    claims: tuple[ClaimPart, ...] = ()
    of_whole: float = 1.0
    folder: Path | None = None

    @cached_property
    def figures(self) -> Mapping[str, RegisterEntry]:
        """Every figure by its path, with range and source."""
        return {entry.path: entry for entry in entries(self.tree)}

    @cached_property
    def quick(self) -> tuple[str, ...]:
        """Settings of a run that can be waited for: a tenth in some of the areas, or a small study as it is."""
        return TENTH_SETTINGS if _areas(self.tree) > TENTH_AREAS else (f"replications={self.replications}",)

    @property
    def is_tenth(self) -> bool:
        """Whether the quick run is one of some of the areas."""
        return self.quick == TENTH_SETTINGS

    def world(self, reading: str) -> str:
        """Name the world of the regime under a reading, as results do."""
        return self.regime if reading == AS_WRITTEN else f"{self.regime}/{reading}"

    @cached_property
    def summary(self) -> dict[str, Any] | None:
        """The summary of the finished folder."""
        if self.folder is None:
            return None
        held: dict[str, Any] = json.loads((self.folder / "summary.json").read_text(encoding="utf-8"))
        return held


def open_study(what: str, scratch: Path) -> OpenStudy:
    """Open a config by file or name of the library, or a finished folder; ``scratch`` takes the config of a folder.

    Raises
    ------
    ModelError
        When there is no such thing, it is wrong, or it has no answer to show.
    """
    folder = Path(what)
    if (folder / "run.json").is_file() and (folder / "summary.json").is_file():
        held = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        file = scratch / f"{_plain(held.get('name', 'study'))}.yaml"
        file.write_text(held["config"], encoding="utf-8")
        return _study(str(file), file, folder)
    file = find(what)
    extends = what if what in names("scenarios") or what in names() else str(file.resolve())
    beside = Path("results") / file.stem
    return _study(extends, file, beside if _is_of(beside, file) else None)


def _study(extends: str, file: Path, folder: Path | None) -> OpenStudy:
    """Read a study."""
    tree = tree_of(file)
    config = config_of(tree, Findings(tree))
    if config is None:
        load(file)  # says what is wrong
        raise ModelError(f"{file} cannot be read")
    found = effect_sets(tree, config, file, Findings(tree))
    readings = tuple(one.name for one in found)
    only = [] if readings == (AS_WRITTEN,) else [f"effect_set=[{readings[0]}]"]
    scenario = scenario_of(prune(with_settings(tree, [*only, "replications=1"])), file)
    why, plan = why_no_accounts(scenario), account_plan(scenario)
    if why or plan is None:
        raise ModelError(f"{file}: the application shows what each family helped saves, and there is nothing: {why}")
    regime = scenario.world(next(iter(plan.services))).regime
    others = tuple(w.regime for w in scenario.worlds if w.regime not in (regime, scenario.baseline))
    titles = Titles(scenario.regime_titles, {one.name: one.title for one in found if one.title})
    model = scenario.worlds[0].model
    taken = 1.0
    if _areas(tree) > TENTH_AREAS:
        few = worlds_of_areas(scenario.worlds[:1], TENTH_AREAS, "areas_taken")[0].model
        taken = few.root.size / model.root.size
    return OpenStudy(
        extends, file, tree, scenario.title, regime, scenario.baseline, others, readings, titles, config.replications,
        config.seed, tuple(config.appraisal.claims.values()), taken, folder,
    )  # fmt: skip


def _areas(tree: Tree) -> int:
    """Count the areas of the first unit."""
    units = tree.mapping.get("units")
    first = next(iter(units.mapping.values()), None) if units is not None else None
    areas = first.mapping.get("areas") if first is not None else None
    return len(areas.mapping) if areas is not None else 1


def _is_of(folder: Path, file: Path) -> bool:
    """Whether a finished folder is of a study as its file says it now, whatever its replications and seed."""
    try:
        held = json.loads((folder / "run.json").read_text(encoding="utf-8"))
        return bool(held["config"] == load(file).resolved and (folder / "summary.json").is_file())
    except (OSError, ValueError, KeyError):
        return False


def _plain(name: object) -> str:
    """Give a name that is a file's and no path."""
    kept = "".join(c if c.isalnum() or c in "-_" else "_" for c in str(name))
    return kept[:60] or "study"
