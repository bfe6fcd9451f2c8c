"""The config of a finished run as run.json keeps it: its figures with their sources, and what differs between two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from os.path import normpath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.config.check.problems import Findings
from sim.config.loading import load
from sim.config.schema.appraisal import ClaimPart
from sim.config.text.source import Scalar, Tree, parse
from sim.config.translate.model import config_of
from sim.config.views.register import RegisterEntry, entries
from sim.model.spec import Scenario

FILE = "run.json"


@dataclass(frozen=True)
class Difference:
    """A key of two configs: what it holds in each and where that was set; None where it has no such key."""

    key: str
    a: str | None
    b: str | None
    set_a: str
    set_b: str


def recorded_tree(run: Mapping[str, Any]) -> Tree:
    """Read the resolved config of a run again.

    Raises
    ------
    ModelError
        When it is no config.
    """
    return parse(str(run.get("config", "")), FILE)


def recorded_scenario(run: Mapping[str, Any]) -> Scenario:
    """Load the scenario of a run again.

    Raises
    ------
    ModelError
        When its config cannot be read.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "run.yaml"
        path.write_text(str(run["config"]), encoding="utf-8")
        return load(path)


def recorded_register(run: Mapping[str, Any]) -> list[RegisterEntry]:
    """List every figure of a run's config that has a source or an interval, with the file that set it."""
    origins = run.get("origins", {})
    return [
        replace(entry, origin=_tidied(origins.get(entry.path.replace('"', ""), FILE)))
        for entry in entries(recorded_tree(run))
    ]


def recorded_claims(run: Mapping[str, Any]) -> tuple[tuple[ClaimPart, ...], str]:
    """List what a run's config sets beside its figures, and say on what the effects of help rest.

    Raises
    ------
    ModelError
        When its config cannot be read.
    """
    tree = recorded_tree(run)
    config = config_of(tree, Findings(tree))
    return ((), "") if config is None else (tuple(config.appraisal.claims.values()), config.appraisal.rests_on or "")


def config_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Difference]:
    """List the keys in which the configs of two runs differ, in the order of the first and then of the second."""
    left, right = (dict(_leaves(recorded_tree(run))) for run in (a, b))
    return [
        Difference(key, _written(left, key), _written(right, key), _set(a, key), _set(b, key))
        for key in dict.fromkeys([*left, *right])
        if key not in left or key not in right or not _same(left[key], right[key])
    ]


def _leaves(tree: Tree, path: str = "") -> Iterator[tuple[str, Scalar]]:
    """List the dotted path of every value; items of a list go by their name where they have one."""
    for key, child in tree.mapping.items():
        yield from _leaves(child, f"{path}.{key}" if path else key)
    for i, child in enumerate(tree.items):
        yield from _leaves(child, f"{path}.{child.mapping['name'].value if 'name' in child.mapping else i}")
    if not isinstance(tree.value, Mapping | tuple):
        yield path, tree.value
    elif not tree.value:
        yield path, "nothing"


def _same(a: Scalar, b: Scalar) -> bool:
    """Whether two values are the same; true is not 1."""
    return a == b and isinstance(a, bool) == isinstance(b, bool)


def _written(config: Mapping[str, Scalar], key: str) -> str | None:
    """Write a value as a config does; None where it is not there."""
    if key not in config:
        return None
    value = config[key]
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _set(run: Mapping[str, Any], key: str) -> str:
    """Say where a run set a key."""
    return _tidied(str(run.get("origins", {}).get(key, "")))


def _tidied(origin: str) -> str:
    """Take the steps up and down again out of the path of a place."""
    return origin if origin.startswith("--") or "/../" not in origin else normpath(origin)
