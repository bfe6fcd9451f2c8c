"""Variants of a config as trees: under one evidence set, with other regimes beside the baseline, other settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sim.config.check.problems import Findings
from sim.config.text.merge import put
from sim.config.text.source import Origin, Tree
from sim.config.translate.model import config_of


def under_set(tree: Tree, effect_set: str, here: Origin) -> Tree:
    """Give a config under one evidence set; as it is where the name is empty."""
    return under_sets(tree, (effect_set,), here) if effect_set else tree


def under_sets(tree: Tree, effect_sets: Sequence[str], here: Origin) -> Tree:
    """Give a config under these evidence sets."""
    alone = Tree(tuple(Tree(name, here) for name in effect_sets), here)
    return put(tree, "effect_set", alone, here, [], "")


def under_first_set(tree: Tree, here: Origin) -> Tree:
    """Give a config under the first of its evidence sets."""
    config = config_of(tree, Findings(tree))
    return under_set(tree, config.effect_set[0] if config is not None and config.effect_set else "", here)


def beside_baseline(tree: Tree, regimes: Mapping[str, Tree], here: Origin) -> Tree:
    """Give a config that has its baseline and these regimes alone."""
    there = tree.mapping["regimes"]
    config = config_of(tree, Findings(tree))
    baseline = (config.baseline if config is not None else None) or next(iter(there.mapping))
    entries = {baseline: there.mapping[baseline], **regimes}
    every = Tree(entries, there.origin, dict.fromkeys(entries, here))
    return tree.with_entries({**tree.mapping, "regimes": every}, tree.keys)


def settings_of(regime: Tree) -> Mapping[str, Tree]:
    """Give what a regime sets, by path."""
    return regime.mapping["set"].mapping if "set" in regime.mapping else {}


def with_settings(regime: Tree, settings: Mapping[str, Tree], here: Origin) -> Tree:
    """Give a regime that sets this in place of what it set."""
    laid = Tree(settings, here, dict.fromkeys(settings, here))
    return regime.with_entries({**regime.mapping, "set": laid}, {**regime.keys, "set": here})
