"""What made a result, for run.json: the resolved config and its sha256, seed, every version, commit and time."""

from __future__ import annotations

import platform
import re
import subprocess
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from sim.model.spec import Scenario
from sim.places import CHECKOUT, OWN, is_checkout

PACKAGES = (OWN, "numpy", "scipy", "simpy", "xarray", "netCDF4", "matplotlib", "pydantic")
"""What pages name of the versions; the record has everything that these stand on, to the last."""
FURTHER = ("ruamel.yaml", "typer", "rich", "Jinja2", "xlsxwriter", "numba")
"""What the program requires beside these, so that it is found where the program itself is not installed; and numba,
which makes the same results sooner where it is there."""
PROGRAM, SOURCE = "program_sha256", "source_sha256"
"""The keys of the strict digest of the program and of that of its source alone; see ``sim.runs.identity``."""
REQUIREMENTS = "requirements.txt"
WHOLE_PROGRAM = ("sim", "calibration", "configs", "pyproject.toml", ":!configs/assurance/verification.json")
"""What of a checkout may change a result; what a run of the tests found is of the program and no part of it."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def run_record(
    scenario: Scenario, program: str = "", source: str = "", *, inputs: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Describe a run so that it can be made again.

    Parameters
    ----------
    scenario
        What was run.
    program
        The strict digest of the program that made it, with the libraries that it stands on.
    source
        The digest of its source alone.
    inputs
        The sha256 of each file that the config was read from, by its path.
    options
        Options of ``families run`` on which results depend and that no config holds, such as ``totals``.
    """
    return {
        "title": scenario.title, "name": scenario.name, "seed": scenario.seed, "solver": scenario.solver,
        "replications": scenario.replications, "config": scenario.resolved,
        "config_sha256": sha256(scenario.resolved.encode()).hexdigest(), PROGRAM: program, SOURCE: source,
        "inputs": dict(inputs or {}), "options": dict(options or {}), "origins": dict(scenario.origins),
        **run_facts(), "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip


def run_facts() -> dict[str, Any]:
    """Give what makes whatever runs now: every version, the platform, the commit and whether it holds all changes."""
    return {
        "versions": {"python": platform.python_version(), **versions()}, "platform": platform.platform(),
        "commit": _git("rev-parse", "HEAD"), "uncommitted": _uncommitted(),
    }  # fmt: skip


def versions(packages: Sequence[str] = (*PACKAGES, *FURTHER)) -> dict[str, str | None]:
    """Give the versions of packages and of all that they require, to the last, those asked for first.

    Parameters
    ----------
    packages
        Names of distributions.

    Returns
    -------
        Version by name; None for a package that was asked for and is not installed as one. What only an extra of a
        package requires is left out.
    """
    found: dict[str, str | None] = {}
    further: dict[str, str] = {}
    left = list(packages)
    while left:
        name = left.pop(0)
        key = re.sub(r"[-_.]+", "-", name).lower()
        if key in further:
            continue
        try:
            there = distribution(name)
        except PackageNotFoundError:
            if name in packages:
                found[name] = None
            continue
        further[key] = there.version
        found[name if name in packages else there.name] = there.version
        left += [_required(line) for line in there.requires or () if "extra ==" not in line]
    asked = {name: found[name] for name in packages if name in found}
    return asked | dict(sorted(found.items(), key=lambda one: one[0].lower()))


def _required(line: str) -> str:
    """Give the name in a requirement such as ``numpy>=2; python_version < "3"``."""
    named = _NAME.match(line)
    assert named is not None, line
    return named[0]


def flags_of(run: Mapping[str, Any]) -> list[str]:
    """Give the options of ``families run`` with which a run was made and that no config holds."""
    asked = run.get("options", {})
    draws = asked.get("draws")
    return [*(["--totals"] if asked.get("totals") else []), *(["--draws", str(draws)] if draws else [])]


def requirements(run: Mapping[str, Any]) -> str:
    """Write the versions of a run as ``pip install -r`` takes them; the program itself, which no index has, is told."""
    versions = run.get("versions", {})
    commit = f", commit {run['commit']}" if run.get("commit") else ""
    held = {name: version for name, version in versions.items() if version and name not in ("python", OWN)}
    lines = [
        f"# What made these results, with Python {versions.get('python', '?')} on {run.get('platform', '?')}:",
        f"# {OWN} {versions.get(OWN) or 'from its source'}{commit}, and these libraries.",
        *(f"{name}=={version}" for name, version in sorted(held.items(), key=lambda one: one[0].lower())),
    ]
    return "\n".join(lines) + "\n"


def write_requirements(folder: Path, run: Mapping[str, Any]) -> None:
    """Write the frozen list of versions into a staged folder."""
    (folder / REQUIREMENTS).write_text(requirements(run), encoding="utf-8")


def _uncommitted() -> bool | None:
    """Whether the source or the library of configs has changes that no commit holds; None where nobody can tell."""
    changed = _git("status", "--porcelain", "--", *WHOLE_PROGRAM)
    return None if changed is None else bool(changed)


def _git(*words: str) -> str | None:
    """Ask git about a source checkout; None elsewhere or without git."""
    if not is_checkout():
        return None
    try:
        command = ["git", "-C", str(CHECKOUT), *words]
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() if found.returncode == 0 else None
