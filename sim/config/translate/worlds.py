"""Regimes under effect sets: each is an overlay on the one tree, checked and translated whole to a world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast

from sim.config.check.idle_posts import idle_posts
from sim.config.check.layering import Used, nothing_taken_away
from sim.config.check.problems import Findings
from sim.config.schema.config import Config, RegimePart
from sim.config.text import library
from sim.config.text.merge import Path_, prune, put, split_path
from sim.config.text.source import Tree
from sim.config.translate.effect_sets import NAMED, EffectSet, concerns, entries
from sim.config.translate.fewer_areas import of_families, worlds_of_areas
from sim.config.translate.model import config_of, draft_of, model_of
from sim.errors import ModelError, Problem
from sim.model.compiled.reach import opens
from sim.model.handover import all_handed
from sim.model.spec import Model, World

ONLY_REGIME = "base"
SETTABLE = frozenset([*NAMED, "values", "queues"])
"""Sections that an overlay may touch; worlds share units, traits, clock and all that says how to run."""


def worlds(
    tree: Tree, config: Config, sets: Sequence[EffectSet], findings: Findings, known: Sequence[World] = ()
) -> list[World]:
    """Make every world of a study: each regime under each effect set.

    Parameters
    ----------
    tree, config
        The study.
    sets
        Its effect sets.
    findings
        Where problems are noted.
    known
        Worlds that are taken as they are.

    Returns
    -------
        The worlds that are right, the regimes of the first set first.
    """
    regimes = config.regimes or {ONLY_REGIME: RegimePart()}
    listed = config.effect_set is not None and len(tree.mapping["effect_set"].items) > 0
    made: list[World] = []
    used = Used()
    used.take_in(config)
    laid: list[Findings] = []
    for effect_set in sets:
        for regime, part in regimes.items():
            same = next((w for w in known if (w.regime, w.effect_set) == (regime, effect_set.name)), None)
            if same is not None:
                made.append(same)
                laid.append(Findings(tree))
                continue
            model, own = _model(tree, effect_set, regime, findings, used)
            if model is not None:
                title = f"{regime}/{effect_set.name}" if listed else regime
                start = _start(config, regime, part, findings)
                world = World(title, regime, effect_set.name, model, start, *_rule(part, model, regime, findings))
                if _are_there(config.areas_taken, model, findings):
                    world, = worlds_of_areas([world], config.areas_taken, "areas_taken")
                if config.families_taken < 1:
                    world = replace(world, model=_some_of(world.model, config.families_taken, findings))
                made.append(world)
                laid.append(own)
    if not findings.problems and not known:
        used.check(tree, config, findings)
    before = len(findings.problems)
    _check_structure(made, findings)
    if len(findings.problems) == before:
        _check_transfers(made, config.baseline or next(iter(regimes)), findings)
        _check_posts(made, laid, config.baseline or next(iter(regimes)), findings)
    return made


def _are_there(taken: int | Sequence[str] | None, model: Model, findings: Findings) -> bool:
    """Check that areas which are taken by name are areas of the study."""
    names = list(model.areas.names)
    unknown = [] if taken is None or isinstance(taken, int) else [name for name in taken if name not in names]
    for name in unknown:
        hint = library.nearest(name, names)
        findings.add(("areas_taken",), f"there is no area '{name}'; areas: {library.some(names, name)}{hint}")
    return not unknown


def _some_of(model: Model, share: float, findings: Findings) -> Model:
    """Take a share of the families and posts of a model; noted where that cannot be."""
    try:
        return of_families(model, share)
    except ModelError as error:
        findings.add(("families_taken",), str(error))
        return model


def _start(config: Config, regime: str, part: RegimePart, findings: Findings) -> int:
    """Give the point from which a regime holds."""
    if part.start is None:
        return 0
    return draft_of(config, findings).point(("regimes", regime, "start"), part.start, begins=True)


def _rule(
    part: RegimePart, model: Model, regime: str, findings: Findings
) -> tuple[Literal["finish", "transfer", "close"], tuple[str, ...]]:
    """Give a regime's rule for open cases, and the services that it names to take families in."""
    if isinstance(part.handover, str):
        return cast("Literal['finish', 'transfer', 'close']", part.handover), ()
    queues = [chain.name for chain in model.chains if chain.has_queue and chain.is_gated]
    for name in part.handover:
        findings.known(("regimes", regime, "handover", "transfer"), name, "service that people wait for", queues)
    return "transfer", part.handover


def _check_transfers(made: Sequence[World], baseline: str, findings: Findings) -> None:
    """Check that somebody takes in the families of a service that ends in a regime that transfers them."""
    first = {world.effect_set: world.model for world in made if world.regime == baseline}
    for world in made:
        before = first.get(world.effect_set, world.model)
        for step, handed in all_handed(before, world).items() if world.handover == "transfer" else ():
            if not handed.receiving:
                ends = ", ".join(handed.ending)
                rule = f"the posts of {ends} end at step {step} and no service has more from then on"
                findings.add(
                    ("regimes", world.regime, "handover"), f"{rule}; name who takes families in: {{transfer: SERVICE}}"
                )


def _model(
    tree: Tree, effect_set: EffectSet, regime: str, findings: Findings, used: Used
) -> tuple[Model | None, Findings]:
    """Lay the overlays over the tree and translate it; also gives what was found there; ``used`` takes in its names."""
    before = len(findings.problems)
    written = tree.mapping["regimes"].mapping.get(regime) if "regimes" in tree.mapping else None
    settings = written.mapping.get("set") if written is not None else None
    laid = tree
    if effect_set.settings is not None and concerns(tree, effect_set):
        laid = overlay(laid, effect_set.settings, f"effect set {effect_set.name}", findings)
    if settings is not None:
        laid = overlay(laid, settings, f"regimes.{regime}.set", findings)
    if len(findings.problems) > before:
        return None, findings
    own = Findings(laid)
    nothing_taken_away(laid, own)
    laid = prune(laid)
    config = config_of(laid, own)
    if config is not None:
        used.take_in(config)
    model = model_of(config, laid, own, effect_set.inert) if config is not None else None
    findings.include(own)
    return model, own


def overlay(tree: Tree, settings: Tree, key: str, findings: Findings) -> Tree:
    """Apply the settings of a regime or an effect set, refusing what worlds must share and names that are not there."""
    for text, value in settings.mapping.items():
        path = split_path(text)
        origin = settings.keys.get(text, value.origin)
        problem = _refusal(tree, path, value)
        if problem:
            findings.problems.append(Problem(str(origin), f"{key}.{text}", problem))
        else:
            tree = put(tree, text, value, origin, findings.problems, key)
    return tree


def _refusal(tree: Tree, path: Path_, value: Tree) -> str:
    """Say why a path may not be set, or nothing."""
    section = path[0] if path else ""
    if section not in SETTABLE:
        may = sorted(SETTABLE)
        rule = f"a path begins with {', '.join(may)}{library.nearest(section, may)}"
        return f"'{section}' cannot differ between worlds; {rule}"
    names = [path[1]] if len(path) > 1 else list(value.mapping)
    if section in NAMED:
        there = entries(tree.mapping[section]) if section in tree.mapping else []
        for name in names:
            if name not in there:
                has = ", ".join(there[:20]) or "nothing"
                return f"'{name}' is not in '{section}', which has {has}{library.nearest(name, there)}"
    return ""


def _shape(model: Model) -> dict[str, tuple[object, ...]]:
    """Give what worlds must have in common, by the words for it."""
    shape: dict[str, tuple[object, ...]] = {}
    for chain in model.chains:
        shape[f"the states of '{chain.name}'"] = chain.states
        shape[f"the moves of '{chain.name}'"] = tuple((move.source, move.target) for move in chain.transitions)
    shape["the order of moves"] = model.order
    shape["what is counted"] = tuple(meter.name for meter in model.meters)
    shape["the cost lines"] = tuple(line.name for line in model.costs)
    return shape


def _prices_of_areas(model: Model) -> dict[str, tuple[float, ...]]:
    """Give how many times a price each area pays, by the table that says so."""
    named = {meter.by_area for meter in model.meters if meter.by_area}
    return {name: model.tables[name].y for name in sorted(named) if name in model.tables}


def _check_structure(made: Sequence[World], findings: Findings) -> None:
    """Check that all worlds have the same chains, moves and meters, so that they can share draws and be compared."""
    shapes = [_shape(world.model) for world in made]
    for world, shape in zip(made[1:], shapes[1:], strict=True):
        changed = [words for words in shape if shape[words] != shapes[0].get(words)]
        if changed:
            instead = "set a number instead, such as a rate of 0 or a price of 0"
            message = f"changes {changed[0]} against '{made[0].name}'; all worlds share them: {instead}"
            findings.add(("regimes", world.regime), message, of_key=True)
        elif (own := _prices_of_areas(world.model)) != (shared := _prices_of_areas(made[0].model)):
            table = next(name for name in own if own[name] != shared.get(name))
            message = f"changes '{table}', how many times a price each area pays, against '{made[0].name}'; all worlds "
            findings.add(("regimes", world.regime), message + "share it: change the price itself instead", of_key=True)


def _check_posts(made: Sequence[World], laid: Sequence[Findings], baseline: str, findings: Findings) -> None:
    """Check that no regime pays for posts in a service to which nobody can ever come in it."""
    first = {world.effect_set: world.model for world in made if world.regime == baseline}
    idle: dict[tuple[str, str], dict[str, Findings]] = {}
    for world, own in zip(made, laid, strict=True):
        for service, key in idle_posts(world.model, first.get(world.effect_set, world.model)).items():
            idle.setdefault((service, key), {}).setdefault(world.regime, own)
    for (service, key), regimes in idle.items():
        path, own = ("services", service, "team", key), next(iter(regimes.values()))
        where = dict.fromkeys(w.regime for w in made if opens(w.model, w.model.chain(service)))
        meant = [f'regimes.{regime}.set."{".".join(path)}"' for regime in where]
        instead = f"write {' or '.join(meant)}" if meant else "give it a referral that can hold, or no posts"
        own.add(path, f"pays for posts that nobody is ever referred to in regime {', '.join(regimes)}; {instead}")
        findings.include(own)
