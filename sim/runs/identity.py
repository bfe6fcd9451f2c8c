"""What a replication, draw or point depends on, as digests: it may be used again only where they agree.

This is the strict digest: any change in the source that makes results is another version. What is kept for good, such
as the effects solved for, is sealed by what the program does instead; see ``sim.runs.meaning``.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

import numpy as np
import scipy
import simpy

from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.places import PACKAGE
from sim.runs.follow.rows import is_small

PRESENTING = (
    "app", "cli", "console", "exhibits", "report", "studies/assure", "studies/reproduce",
    "studies/*/exhibits.py", "studies/*/figures.py", "studies/*/workbook.py", "studies/*/command.py",
    "evaluation/*/beside.py", "evaluation/*/exhibits.py", "evaluation/*/words.py",
    "evaluation/*/command.py", "evaluation/england", "evaluation/own_data", "evaluation/backtest",
)  # fmt: skip
"""Rooms that only show results, or write configs and tables of their own, and on which no run depends; others count."""
KERNELS = "engine/kernels.py"
"""What gives the results of the NumPy code beside it sooner, held to that by tests: it counts for nothing."""


@dataclass(frozen=True)
class Rooms:
    """Source files of a package, by its rooms: folders, with all that is below them, and single files.

    Attributes
    ----------
    root
        Folder of the package.
    rooms
        What counts, relative to it; patterns such as ``studies/*/command.py`` too.
    but
        What does not count although it lies in a room that does.
    """

    root: Path
    rooms: tuple[str, ...] = (".",)
    but: tuple[str, ...] = ()

    def files(self) -> list[Path]:
        """List the files that count, in a fixed order.

        Raises
        ------
        FileNotFoundError
            When a room does not exist or holds no source, so that it would count for nothing.
        """
        left_out = {file for room in self.but for file in self._in(room)}
        return sorted({file for room in self.rooms for file in self._in(room)} - left_out)

    def _in(self, room: str) -> list[Path]:
        places = self.root.glob(room) if room != "." else [self.root]
        found = [file for place in places for file in ([place] if place.is_file() else place.rglob("*.py"))]
        if not found:
            raise FileNotFoundError(f"the package '{self.root.name}' has no source in '{room}'")
        return found


RESULTS = Rooms(PACKAGE, but=(*PRESENTING, KERNELS))
"""All source of the package on which results depend."""
_REPLICATIONS = re.compile(r"^replications: .*\n", re.MULTILINE)


@dataclass(frozen=True)
class Identity:
    """A study apart from its number of replications, the program, and whether one replication followed every row."""

    config: str
    code: str
    followed: str

    @classmethod
    def of(cls, scenario: Scenario, rows: bool = True) -> Identity:
        """Describe a scenario under the program that runs.

        Parameters
        ----------
        scenario
            What is run.
        rows
            Whether rows may be followed at all, as for ``sim.runs.ensemble.simulate``.

        Raises
        ------
        ModelError
            If it was not loaded from a config, so that nothing says what it is.
        """
        if not scenario.resolved:
            raise ModelError("a scenario made in Python cannot be gone on with later; use sim.simulate")
        followed = rows and (scenario.replications == 1 or is_small(scenario))
        return cls(config_digest(scenario.resolved), code_version(), "first replication" if followed else "none")

    @property
    def digest(self) -> str:
        """Give all of it as one sha256."""
        return sha256(json.dumps([self.config, self.code, self.followed]).encode()).hexdigest()

    def differs(self, other: Identity) -> str:
        """Say in words what differs."""
        if self.config != other.config:
            return "another config"
        if self.code != other.code:
            return "another version of the program or of NumPy, SciPy or SimPy, or another kind of machine"
        return "a first replication that followed every family, or did not, where this one is otherwise"


def config_digest(resolved: str) -> str:
    """Give the sha256 of a resolved config apart from its number of replications."""
    return sha256(_REPLICATIONS.sub("", resolved).encode()).hexdigest()


@cache
def code_version(*further: Rooms) -> str:
    """Give the strict digest of the program that runs: of the source that results depend on and what it stands on.

    Parameters
    ----------
    further
        Source outside the package on which they depend as well.
    """
    return digest_of_source((RESULTS, *further))


def digest_of_points(*said: str, further: Sequence[Rooms] = ()) -> str:
    """Give the strict digest of points: of what is said of them, and of the program with ``further`` source."""
    return sha256("\n".join([*said, code_version(*further)]).encode()).hexdigest()


def digest_of_source(packages: Sequence[Rooms], *, alone: bool = False) -> str:
    """Give the sha256 of source files, with what else may change the last bits of results unless ``alone``."""
    versions = f"numpy {np.__version__} scipy {scipy.__version__} simpy {simpy.__version__}"
    total = sha256() if alone else sha256(f"{versions} {platform.machine()} {platform.system()}".encode())
    for rooms in packages:
        for path in rooms.files():
            name = path.relative_to(rooms.root.parent).as_posix()
            total.update(name.encode() + b"\0" + path.read_bytes() + b"\0")
    return total.hexdigest()


@cache
def source_version() -> str:
    """Give the digest of the source of the program alone, whatever it stands on."""
    return digest_of_source((RESULTS,), alone=True)
