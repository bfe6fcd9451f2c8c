"""Families with many problems, over time, under different ways of helping: load, simulate, summarise.

The names below are the public ones; they are imported when first used, so that ``import sim`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.config.loading import load
    from sim.errors import ModelError, ResultError
    from sim.model.compile import compile_model as build
    from sim.results.dataset import to_dataset
    from sim.results.summary import summarise
    from sim.studies.ensemble import expect, simulate

_HOMES = {
    "load": ("sim.config.loading", "load"),
    "build": ("sim.model.compile", "compile_model"),
    "simulate": ("sim.studies.ensemble", "simulate"),
    "expect": ("sim.studies.ensemble", "expect"),
    "summarise": ("sim.results.summary", "summarise"),
    "to_dataset": ("sim.results.dataset", "to_dataset"),
    "ModelError": ("sim.errors", "ModelError"),
    "ResultError": ("sim.errors", "ResultError"),
}

__all__ = ["ModelError", "ResultError", "build", "expect", "load", "simulate", "summarise", "to_dataset"]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute '{name}'; it has {', '.join(__all__)}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    """List the public names."""
    return list(__all__)
