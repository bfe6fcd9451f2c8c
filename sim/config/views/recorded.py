"""The config of a finished run as run.json keeps it: its figures with their sources, and what differs between two."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from os.path import normpath
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sim.config.check.problems import Findings
from sim.config.loading import load
from sim.config.schema.appraisal import ClaimPart
from sim.config.schema.assurance import AssurancePart
from sim.config.text.layers import with_settings
from sim.config.text.merge import split_path
from sim.config.text.source import Scalar, Tree, parse
from sim.config.translate.model import config_of
from sim.config.views.register import RegisterEntry, entries
from sim.errors import ModelError, Problem
from sim.model.spec import Scenario
from sim.places import OWN

ASSURANCE = "assurance"
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


def names_bridge(run: Mapping[str, Any]) -> bool:
    """Whether the config of a run names a published answer that its own is led to."""
    tree = recorded_tree(run)
    return "appraisal" in tree.mapping and "bridge" in tree.mapping["appraisal"].mapping


def recorded_assurance(run: Mapping[str, Any], sets: Sequence[str] = ()) -> AssurancePart:
    """Give what a run's study is for and who answers for it.

    Parameters
    ----------
    run
        The record of the run.
    sets
        Settings of the section ``assurance`` that are laid over it, since people are named after a run as well.

    Raises
    ------
    ModelError
        When a setting is of another section, or the config cannot be read.
    """
    other = next((text for text in sets if split_path(text.partition("=")[0])[0] != ASSURANCE), None)
    if other is not None:
        raise ModelError([Problem("--set", other.partition("=")[0], f"only '{ASSURANCE}' can be set after a run")])
    tree = with_settings(recorded_tree(run), sets)
    findings = Findings(tree)
    config = config_of(tree, findings)
    if config is None:
        raise ModelError(findings.problems)
    return config.assurance


def config_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Difference]:
    """List the keys in which the configs of two runs differ, in the order of the first and then of the second."""
    left, right = (dict(_leaves(recorded_tree(run))) for run in (a, b))
    return [
        Difference(key, _written(left, key), _written(right, key), _set(a, key), _set(b, key))
        for key in dict.fromkeys([*left, *right])
        if key not in left or key not in right or not _same(left[key], right[key])
    ]


def made_differences(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[tuple[str, str | None, str | None]]:
    """List what differs in how two runs were made: program, platform, libraries, and files that were read."""
    told = [("program (commit)", a.get("commit"), b.get("commit"))]
    if a.get("program_sha256") and b.get("program_sha256"):
        told.append(("source of the program, NumPy, SciPy or SimPy", *(run["program_sha256"][:12] for run in (a, b))))
    told.append(("platform", a.get("platform"), b.get("platform")))
    x, y = a.get("versions", {}), b.get("versions", {})
    known = [name for name in dict.fromkeys([*x, *y]) if name != OWN or (x.get(name) and y.get(name))]
    told += [(f"version of {name}", x.get(name), y.get(name)) for name in known]
    return [(what, one, other) for what, one, other in told if one != other]


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
