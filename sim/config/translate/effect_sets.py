"""Effect sets, the overlays that say how far help works: written in the config, or a file of the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sim.config.check.problems import Findings, Key
from sim.config.schema.config import Config, EffectSetPart, EstimandPart
from sim.config.text import library
from sim.config.text.merge import Path_, prune, split_path
from sim.config.text.source import Tree, plain, read
from sim.errors import ModelError
from sim.model.spec import AS_WRITTEN, Bearing, DrawnEffect, SetFit

NAMED = ("parameters", "tables", "chains", "services", "effects", "costs", "feedback", "remember")
"""Sections whose entries have names."""


@dataclass(frozen=True)
class EffectSet:
    """A named overlay; ``foreign`` says that it came from the library, where sets serve many models."""

    name: str
    tree: Tree | None
    inert: bool
    foreign: bool = False
    counts_unitemised: bool = False
    fit: SetFit | None = None
    title: str = ""
    supposing: str = ""

    @property
    def settings(self) -> Tree | None:
        """Its mapping of path to value."""
        return self.tree.mapping.get("set") if self.tree is not None else None


def effect_sets(tree: Tree, config: Config, path: Path, findings: Findings) -> list[EffectSet]:
    """Find every effect set of a study.

    Parameters
    ----------
    tree, config
        The study.
    path
        Its file; sets are looked for beside it before the library.
    findings
        Where it is noted that a set is missing or wrong.

    Returns
    -------
        The sets that are right, in order; one that changes nothing where the study names none.
    """
    if AS_WRITTEN in config.effect_sets:
        message = f"'{AS_WRITTEN}' stands for the config without any effect set; choose another name"
        findings.add(("effect_sets", AS_WRITTEN), message, of_key=True)
    names = dict.fromkeys(config.effect_set or (AS_WRITTEN,))
    found = (_effect_set(name, tree, config, path, findings) for name in names)
    return [item for item in found if item is not None]


def _effect_set(name: str, tree: Tree, config: Config, path: Path, findings: Findings) -> EffectSet | None:
    """Find one effect set."""
    if name in config.effect_sets:
        own, part = tree.mapping["effect_sets"].mapping[name], config.effect_sets[name]
        return _of(name, own, part, foreign=False)
    if name == AS_WRITTEN:
        return EffectSet(name, None, False)
    places = (f"evidence_sets/{name}.yaml", f"../evidence_sets/{name}.yaml")
    found = next((file for place in places if (file := library.find(place, path.parent)) is not None), None)
    if found is None:
        message = library.not_found(name, "evidence_sets").replace("file or library name", "effect set")
        listed = tree.mapping["effect_set"].items
        at: Key = ("effect_set", *[i for i, item in enumerate(listed) if item.value == name][:1])
        findings.add(at, message.removeprefix(f"given '{name}', but "))
        return None
    try:
        own = prune(read(found))
        part = EffectSetPart.model_validate(plain(own))
    except ModelError as error:
        findings.problems.extend(error.problems)
    except ValidationError as error:
        wrong = Findings(own)
        wrong.add_schema(error, root=EffectSetPart)
        findings.problems.extend(wrong.problems)
    else:
        return _of(name, own, part, foreign=True)
    return None


def _of(name: str, tree: Tree, part: EffectSetPart, *, foreign: bool) -> EffectSet:
    """Make an effect set of what its file or the study says."""
    solved = [one.parameter.removeprefix("parameters.") for one in part.estimands.values()]
    kept = part.fit
    digest, regime, study = (str(kept.get(k, d)) for k, d in (("digest", ""), ("regime", "integrated"), ("study", "")))
    nothing = part.nothing.number() if part.nothing is not None else None
    strengths = dict(kept.get("strengths", {}))
    inputs = {str(path): (float(one["at"]), float(one["power"])) for path, one in kept.get("inputs", {}).items()}
    found = SetFit(digest, regime, tuple(solved), study, strengths, _drawn(part), nothing or 0.0, inputs)
    fit = found if solved else None
    return EffectSet(name, tree, part.services_inert, foreign, part.counts_unitemised, fit, part.title, part.supposing)


def _drawn(part: EffectSetPart) -> tuple[DrawnEffect, ...]:
    """Give the estimands that have an interval, with the curve that a fit has found for them."""
    curves, others = part.fit.get("curves", {}), part.fit.get("others", {})
    return tuple(
        DrawnEffect(
            name, one.parameter.removeprefix("parameters."), one.ratio, *one.interval,
            tuple(sorted((float(ratio), float(value)) for ratio, value in curves.get(name, ()))),
            _bearing(part.fit["estimands"][name], one, others[name]) if name in others else None,
        )
        for name, one in part.estimands.items() if one.interval is not None and one.ratio is not None
    )  # fmt: skip


def _bearing(fitted: Mapping[str, Any], one: EstimandPart, others: Mapping[str, float]) -> Bearing:
    """Read what else bears on a ratio from the record of a fit."""
    return Bearing(float(fitted["value"]), (one.low, one.high), {name: float(x) for name, x in others.items()})


def concerns(tree: Tree, effect_set: EffectSet) -> bool:
    """Whether a set names anything in the model; one from the library that names nothing of it changes nothing."""
    if effect_set.settings is None:
        return False
    return not effect_set.foreign or any(_known(tree, split_path(text)) for text in effect_set.settings.mapping)


def _known(tree: Tree, path: Path_) -> bool:
    """Whether the section and the name in it that a path leads to are there."""
    if not path or path[0] not in tree.mapping:
        return False
    return len(path) == 1 or path[0] not in NAMED or path[1] in entries(tree.mapping[path[0]])


def entries(section: Tree) -> list[str]:
    """List the names in a section, which is a mapping or a list of named items."""
    if section.items:
        numbers = [str(i) for i in range(len(section.items))]
        return [str(item.mapping["name"].value) for item in section.items if "name" in item.mapping] + numbers
    return list(section.mapping)


def inlined(tree: Tree, sets: Sequence[EffectSet]) -> Tree:
    """Write the sets that came from the library into the tree, so that a resolved config needs no other file."""
    own = tree.mapping.get("effect_sets")
    held = dict(own.mapping) if own is not None else {}
    for item in sets:
        if item.foreign and item.tree is not None:
            kept = {key: child for key, child in item.tree.mapping.items() if key != "set" or concerns(tree, item)}
            held[item.name] = item.tree.with_entries(kept, item.tree.keys)
    if not held:
        return tree
    origin = own.origin if own is not None else next(iter(held.values())).origin
    holder = Tree(held, origin, {name: child.origin for name, child in held.items()})
    return tree.with_entries({**tree.mapping, "effect_sets": holder}, {**tree.keys, "effect_sets": origin})
