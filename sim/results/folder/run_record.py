"""What made a result, for run.json: the resolved config and its sha256, seed, versions, commit and time."""

from __future__ import annotations

import platform
import subprocess
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from sim.model.spec import Scenario
from sim.places import CHECKOUT, is_checkout

PACKAGES = ("family-trajectories", "numpy", "scipy", "simpy", "xarray", "netCDF4", "matplotlib", "pydantic")


PROGRAM = "program_sha256"
"""The key of the strict digest of the program; see ``sim.runs.identity``."""


def run_record(scenario: Scenario, program: str = "") -> dict[str, Any]:
    """Describe a run so that it can be made again; ``program`` is the strict digest of the program that made it."""
    return {
        "title": scenario.title, "name": scenario.name, "seed": scenario.seed, "solver": scenario.solver,
        "replications": scenario.replications, "config": scenario.resolved,
        "config_sha256": sha256(scenario.resolved.encode()).hexdigest(), PROGRAM: program,
        "origins": dict(scenario.origins),
        "versions": {"python": platform.python_version(), **{name: _version(name) for name in PACKAGES}},
        "platform": platform.platform(), "commit": _commit(),
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
    }  # fmt: skip


def _version(package: str) -> str | None:
    """Give the version of a package, None when it is not installed as one."""
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _commit() -> str | None:
    """Give the commit of a source checkout; None elsewhere or without git."""
    if not is_checkout():
        return None
    try:
        command = ["git", "-C", str(CHECKOUT), "rev-parse", "HEAD"]
        found = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip() if found.returncode == 0 else None
