"""What a replication depends on, as digests: it may be used again only where they agree."""

from __future__ import annotations

import json
import platform
import re
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np

from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.studies.rows import is_small

CODE = ("errors.py", "units.py", "model", "engine", "results", "studies")
"""Parts of the package on which a replication, and what is kept of it, may depend."""
_REPLICATIONS = re.compile(r"^replications: .*\n", re.MULTILINE)


@dataclass(frozen=True)
class Identity:
    """A study apart from its number of replications, the program, and whether one replication followed every row."""

    config: str
    code: str
    followed: str

    @classmethod
    def of(cls, scenario: Scenario) -> Identity:
        """Describe a scenario under the program that runs.

        Raises
        ------
        ModelError
            If it was not loaded from a config, so that nothing says what it is.
        """
        if not scenario.resolved:
            raise ModelError("a scenario made in Python cannot be gone on with later; use sim.simulate")
        config = sha256(_REPLICATIONS.sub("", scenario.resolved).encode()).hexdigest()
        followed = scenario.replications == 1 or is_small(scenario)
        return cls(config, code_version(), "first replication" if followed else "none")

    @property
    def digest(self) -> str:
        """Give all of it as one sha256."""
        return sha256(json.dumps([self.config, self.code, self.followed]).encode()).hexdigest()

    def differs(self, other: Identity) -> str:
        """Say in words what differs."""
        if self.config != other.config:
            return "another config"
        if self.code != other.code:
            return "another version of the program or of NumPy, or another kind of machine"
        return "one replication that followed every family, as a run of several does not"


@cache
def code_version() -> str:
    """Give the sha256 of the source that makes replications, with what else may change their last bits."""
    package = Path(__file__).resolve().parents[1]
    total = sha256(f"numpy {np.__version__} {platform.machine()} {platform.system()}".encode())
    for part in CODE:
        for path in sorted([package / part] if part.endswith(".py") else (package / part).rglob("*.py")):
            total.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()
