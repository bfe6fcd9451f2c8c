"""Lets the Python reference show the figures of ``sim.report``, which are found by listing a folder when asked for."""

from __future__ import annotations

from typing import Any

import griffe

import sim.report
from sim.report.figures import plots


class Figures(griffe.Extension):
    """Adds to the module ``sim.report``, as it is read from its text, the names that it gives when it is used."""

    def on_module_members(self, *, mod: griffe.Module, **_: Any) -> None:
        """Point each public figure at the function that draws it."""
        if mod.path == "sim.report":
            homes = {**plots(), **sim.report.OF_STUDIES}
            for name in sorted(homes):
                mod.set_member(name, griffe.Alias(name, f"{homes[name]}.{name}", parent=mod))
            mod.exports = sorted(homes)
