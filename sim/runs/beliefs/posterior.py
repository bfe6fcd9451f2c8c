"""Draws of parameters that a calibration found together, laid over a config: a table on disk, whoever wrote it.

The file holds ``draws`` (draw, parameter) in natural units, ``best`` (parameter,), and an attribute ``placed`` that
says in JSON for each parameter which paths take its value (``set``) and which it multiplies (``multiply``). Where the
config stands on the same calibration (its ``calibrated`` section names the same targets), what it multiplies holds the
best value already, so that a draw counts relative to that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import xarray as xr

from sim.arrays import FloatArray, finite
from sim.config.text import library
from sim.config.text.merge import item_at, put
from sim.config.text.source import Origin, Tree
from sim.errors import ModelError, Problem
from sim.results.facts import JSON, read_facts
from sim.runs.beliefs.distributions import Belief
from sim.runs.beliefs.draws import Uncertain, uniforms

KEY = "uncertainty.posterior"


@dataclass(frozen=True)
class Posterior:
    """Draws of parameters with where they go; ``relative`` is what multipliers are divided by, (parameter,)."""

    names: tuple[str, ...]
    draws: FloatArray
    set: tuple[tuple[str, ...], ...]
    multiply: tuple[tuple[str, ...], ...]
    relative: FloatArray

    @property
    def paths(self) -> tuple[str, ...]:
        """Every path that a draw changes."""
        return tuple(path for group in (*self.set, *self.multiply) for path in group)

    @property
    def uncertain(self) -> tuple[Uncertain, ...]:
        """Each parameter with its median and 95% range, for tables; draws come from the rows."""
        low, middle, high = np.quantile(self.draws, [0.025, 0.5, 0.975], axis=0)
        return tuple(
            Uncertain(name, Belief(float(middle[i]), float(low[i]), float(high[i]), "normal"))
            for i, name in enumerate(self.names)
        )

    def drawn(self, seed: int, draws: Sequence[int]) -> FloatArray:
        """Give some draws, (draw, parameter): each a row of the table, by a keyed number of its own."""
        row = (uniforms(seed, "posterior", draws) * len(self.draws)).astype(np.int64)
        return np.asarray(self.draws[np.minimum(row, len(self.draws) - 1)])

    def laid(self, tree: Tree, values: FloatArray, here: Origin, problems: list[Problem]) -> Tree:
        """Lay one draw, (parameter,), over a config; notes a problem where a path leads nowhere."""
        finite("a draw", values)
        for i, value in enumerate(values):
            for path in self.set[i]:
                tree = put(tree, path, Tree(float(value), here), here, problems, KEY)
            for path in self.multiply[i]:
                there, by = item_at(tree, path), float(value / self.relative[i])
                if there is None or not isinstance(there.value, int | float | str):
                    problems.append(Problem(str(here), f"{KEY}.{self.names[i]}", f"the config has no number at {path}"))
                    continue
                new = there.value * by if isinstance(there.value, int | float) else f"{by!r} * ({there.value})"
                tree = put(tree, path, Tree(new, here), here, problems, KEY)
        return tree


@dataclass(frozen=True)
class _PosteriorFacts:
    """What a calibration says of itself, as far as draws need it."""

    placed: Mapping[str, Mapping[str, list[str]]] = field(metadata=JSON)
    refusals: list[str] = field(metadata=JSON, default_factory=list)
    targets_sha256: str | None = None


def read_posterior(name: str, tree: Tree, base: Path) -> Posterior:
    """Read a posterior.

    Parameters
    ----------
    name
        A file, from the working folder or from ``base``.
    tree
        The config that it is laid over.
    base
        Folder of the config.

    Raises
    ------
    ModelError
        When there is none, it is something else, or its own diagnostics speak against using it.
    """
    found = next((path for path in (Path(name), base / name) if path.is_file()), None)
    if found is None:
        raise _wrong(name, "there is no such file; 'families calibrate' writes a posterior.nc")
    try:
        with xr.open_dataset(found, engine="netcdf4") as opened:
            ds = opened.load()
        facts = read_facts(_PosteriorFacts, ds)
        names = tuple(str(one) for one in ds["parameter"].values)
        draws, best = finite("draws", ds["draws"].values), finite("best", ds["best"].values)
        into = [tuple(tuple(facts.placed[one][how]) for one in names) for how in ("set", "multiply")]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _wrong(name, f"is no posterior ({type(error).__name__}: {error})") from None
    if facts.refusals:
        raise _wrong(name, f"must not be used: {'; '.join(facts.refusals)}")
    same = calibration_of(tree).get("targets") == facts.targets_sha256
    return Posterior(names, draws, into[0], into[1], best if same else np.ones(len(names)))


def calibration_of(tree: Tree) -> Mapping[str, object]:
    """Give what a config says of the calibration it stands on; nothing where it stands on assumptions."""
    section = tree.mapping.get("calibrated")
    return {} if section is None else {key: child.value for key, child in section.mapping.items()}


def _wrong(name: str, message: str) -> ModelError:
    near = library.nearest(name, [str(path) for path in Path().glob("results/*/posterior.nc")])
    return ModelError([Problem("", KEY, f"given '{name}'; {message}{near}")])
