"""What the application has open: a config or a finished folder, its figures with their ranges, its readings.

Leaves out its levers, and how one of its areas or other prices are chosen: see ``elsewhere``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from sim.config.check.problems import Findings
from sim.config.loading import find, load, scenario_of, tree_of
from sim.config.schema.appraisal import ClaimPart
from sim.config.sizes import TENTH_AREAS, TENTH_SETTINGS, count_areas, names_areas
from sim.config.text.layers import load_tree, with_settings
from sim.config.text.library import names
from sim.config.text.merge import prune
from sim.config.text.source import Tree, plain
from sim.config.translate.effect_sets import effect_sets
from sim.config.translate.fewer_areas import worlds_of_areas
from sim.config.translate.model import config_of
from sim.config.views.register import RegisterEntry, entries
from sim.errors import ModelError
from sim.model.compiled.accounts import account_plan, why_no_accounts
from sim.model.spec import AS_WRITTEN, Areas
from sim.model.titles import Titles

LAID = {"of_2024_25": "costs_2025/prices"}
"""Prices of another year: the layer of the library that has them."""
OTHERS = {"today": "England today, another study"}
"""Levels of another time are another study of the library, offered where the prices above are."""
SMALL_WORDS = frozenset({"and", "of", "the", "upon"})


@dataclass(frozen=True)
class OpenStudy:
    """An open study.

    Attributes
    ----------
    extends
        What a saved position extends: names of the library, or a file.
    file
        The config that is loaded.
    tree
        It, with all its layers.
    regime, helper, baseline, others
        The regime with a key worker, the service that is it, what it is held against, and other regimes that it may
        be held against.
    readings
        Readings of the evidence, the study's own first.
    titles
        What people read instead of names.
    claims
        What was claimed and measured, to be set beside what is found.
    evidence_months, rests_on
        How long families were followed where effects were measured, and what that evidence is.
    areas
        Areas that are real places, with their share of all families.
    of_whole
        The share of its families that a quick run has.
    folder
        A finished folder of the same study, whose figures are shown until something is moved; None without one.
    area, stands_at
        The one area that it is of, and other prices that it stands at; empty where it is as it was opened.
    prices
        Other prices that it may stand at, in words.
    """

    extends: tuple[str, ...]
    file: Path
    tree: Tree
    title: str
    regime: str
    helper: str
    baseline: str
    others: tuple[str, ...]
    readings: tuple[str, ...]
    titles: Titles
    replications: int
    seed: int
    price_year: str = ""
    evidence_months: float = 24.0
    rests_on: str = ""
    claims: tuple[ClaimPart, ...] = ()
    areas: Mapping[str, float] = field(default_factory=dict)
    of_whole: float = 1.0
    folder: Path | None = None
    area: str = ""
    stands_at: str = ""
    prices: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def figures(self) -> Mapping[str, RegisterEntry]:
        """Every figure by its path, with range and source."""
        return {entry.path: entry for entry in entries(self.tree)}

    @property
    def heading(self) -> str:
        """What it is of, and where."""
        return f"{self.title}: {place(self.area)}" if self.area else self.title

    @property
    def of_all(self) -> float:
        """The share of all families that it is of."""
        return self.areas[self.area] if self.area else 1.0

    @cached_property
    def quick(self) -> tuple[str, ...]:
        """Settings of a run that can be waited for: a tenth in some of the areas, or a small study as it is."""
        if self.area:
            return (f"areas_taken={json.dumps([self.area])}", f"replications={self.replications}")
        is_small = names_areas(self.tree) or count_areas(self.tree) <= TENTH_AREAS
        return (f"replications={self.replications}",) if is_small else TENTH_SETTINGS

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
        return study_of((str(file),), file, folder)
    file = find(what)
    extends = what if what in names("scenarios") or what in names() else str(file.resolve())
    beside = Path("results") / file.stem
    return study_of((extends,), file, beside if _is_of(beside, file) else None)


def study_of(extends: tuple[str, ...], file: Path, folder: Path | None = None) -> OpenStudy:
    """Read a study.

    Raises
    ------
    ModelError
        When it is wrong, or has no answer to show.
    """
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
    led = [world for world in scenario.worlds if world.name in plan.services][-1]
    others = tuple(w.regime for w in scenario.worlds if w.regime not in (led.regime, scenario.baseline))
    titles = Titles(scenario.regime_titles, {one.name: one.title for one in found if one.title})
    model = scenario.worlds[0].model
    made = OpenStudy(
        extends, file, tree, scenario.title, led.regime, plan.services[led.name][0], scenario.baseline, others,
        readings, titles, config.replications, config.seed, scenario.price_year,
        scenario.appraisal.evidence_months, config.appraisal.rests_on or "",
        tuple(config.appraisal.claims.values()), _real(model.areas), folder=folder,
        prices=_other_prices(tree, scenario.price_year),
    )  # fmt: skip
    if not made.is_tenth:
        return made
    few = worlds_of_areas(scenario.worlds[:1], TENTH_AREAS, "areas_taken")[0].model
    return replace(made, of_whole=few.root.size / model.root.size)


def _real(areas: Areas) -> dict[str, float]:
    """Give the share of all families that lives in each area that is a real place; nothing where there is one alone."""
    if len(areas.names) == 1:
        return {}
    each = zip(areas.names, areas.weights, areas.synthetic, strict=True)
    return {name: weight / sum(areas.weights) for name, weight, made_up in each if not made_up}


def _other_prices(tree: Tree, price_year: str) -> dict[str, str]:
    """Name other prices that a study may stand at; nothing where it lacks a line that they are of."""
    own, found = _lines(tree), {}
    for name, layer in LAID.items():
        laid = load_tree(find(layer), only=("costs", "price_year"))
        year = str(plain(laid.mapping["price_year"]))
        if _lines(laid) <= own and year != price_year:
            found[name] = f"{year}, observed or brought forward"
    return {**found, **(OTHERS if found else {})}


def _lines(tree: Tree) -> set[str]:
    """Name the cost lines of a config."""
    held = tree.mapping.get("costs")
    return {str(line.mapping["name"].value) for line in held.items if "name" in line.mapping} if held else set()


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


def place(name: str) -> str:
    """Write the name of an area as that of a place."""
    return " ".join(word if word in SMALL_WORDS else word.capitalize() for word in name.split("_"))
