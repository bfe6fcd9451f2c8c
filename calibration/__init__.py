"""Fitting the model to published figures; uses the public names of ``sim``, which never imports it.

The names below are the public ones; they are imported when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from calibration.conflicts.arithmetic import arithmetic_conflicts
    from calibration.diagnosis.identifiability import card
    from calibration.diagnosis.recovery import recovery
    from calibration.problem import CalibrationProblem, Definition, FreeParameter, Relation, Target

_HOMES = {
    "arithmetic_conflicts": "conflicts.arithmetic",
    "card": "diagnosis.identifiability",
    "recovery": "diagnosis.recovery",
    **dict.fromkeys(("CalibrationProblem", "Definition", "FreeParameter", "Relation", "Target"), "problem"),
}

__all__ = [
    "CalibrationProblem",
    "Definition",
    "FreeParameter",
    "Relation",
    "Target",
    "arithmetic_conflicts",
    "card",
    "recovery",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'calibration' has no attribute '{name}'; it has {', '.join(__all__)}")
    return getattr(import_module(f"calibration.{_HOMES[name]}"), name)
