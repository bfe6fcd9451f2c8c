"""How large a study is run: whole, or a tenth of it in areas of its own sizes, quick enough to be watched."""

from __future__ import annotations

from sim.config.text.source import Tree
from sim.errors import ModelError, Problem

FULL, TENTH = "full", "tenth"
TENTH_AREAS = 16
TENTH_SETTINGS = (f"areas_taken={TENTH_AREAS}", "replications=4")
"""A tenth of the 152 authorities, as draws of the inputs take them (configs/appraisal/doubt.yaml)."""
TENTH_OF_FEW = ("families_taken=0.1", "replications=4")
"""Of a study of no more areas than that: a tenth of the families of each, with a tenth of the posts."""


def settings_of_size(size: str | None, tree: Tree | None = None) -> tuple[str, ...]:
    """Give the settings of a size, to be laid over a config before all others.

    Parameters
    ----------
    size
        Its name; None is all of it.
    tree
        The config: one that names the areas it takes is run as it is, since a tenth of England is other areas; of one
        with few areas a tenth of the families is taken.

    Raises
    ------
    ModelError
        When there is no such size.
    """
    if size in (None, FULL):
        return ()
    if size == TENTH:
        if tree is not None and names_areas(tree):
            return ()
        return TENTH_SETTINGS if tree is None or count_areas(tree) > TENTH_AREAS else TENTH_OF_FEW
    raise ModelError([Problem("--size", "", f"given '{size}'; must be {FULL} or {TENTH}")])


def names_areas(tree: Tree) -> bool:
    """Whether a config says by name which areas it takes."""
    taken = tree.mapping.get("areas_taken")
    return taken is not None and (bool(taken.items) or isinstance(taken.value, str))


def count_areas(tree: Tree) -> int:
    """Count the areas of the first unit of a config."""
    units = tree.mapping.get("units")
    first = next(iter(units.mapping.values()), None) if units is not None else None
    areas = first.mapping.get("areas") if first is not None else None
    return len(areas.mapping) if areas is not None else 1
