"""The figures of a run, one file each, by topic; they are found by listing the folder.

A file has a function ``plot_NAME(ds, ax=None)`` that draws on one pair of axes, which makes ``sim.report.plot_NAME``
public (``draw_NAME`` is not), the table behind it, and the constant ``FIGURE``, which says when the report has it and
where it stands. A new figure is a new file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from pkgutil import walk_packages
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.exhibits.exhibit import Exhibit

PLOT = re.compile(r"^def (plot_\w+)\(", re.MULTILINE)


def modules() -> Iterator[ModuleSpec]:
    """Find the modules of all topics, by name; none of them is imported."""
    for module in walk_packages(__path__, f"{__name__}."):
        spec = find_spec(module.name)
        if spec is not None and not module.ispkg:
            yield spec


def plots() -> dict[str, str]:
    """Give the module of each public function, as the text of the files says, so that matplotlib is not imported."""
    found = {
        name: spec.name
        for spec in modules()
        for name in PLOT.findall(Path(spec.origin or "").read_text(encoding="utf-8"))
    }
    return dict(sorted(found.items()))


def figures() -> tuple[Exhibit[Any], ...]:
    """Give the figures of a run, in the order of the report.

    Raises
    ------
    ValueError
        If two claim the same place in the order.
    """
    found = {spec.name: getattr(import_module(spec.name), "FIGURE", None) for spec in modules()}
    there = sorted((figure.order, name, figure) for name, figure in found.items() if figure is not None)
    for (order, name, _), (after, other, _) in pairwise(there):
        if order == after:
            raise ValueError(f"{name} and {other} have the same place in the report, order={order}; give one another")
    return tuple(figure for _, _, figure in there)
