"""Families with many problems, over time, under different ways of helping: load, simulate, summarise.

The names below are the public ones; they are imported when first used, so that ``import sim`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.config.loading import load
    from sim.economics.summary import summarise
    from sim.economics.value.appraisal import appraise
    from sim.engine.erlang import erlang_a, erlang_b, erlang_c, places_for, wait_c
    from sim.engine.solvers.choice import solver_of
    from sim.errors import ModelError, ResultError
    from sim.evaluation.trial.panel import follow
    from sim.language.evaluate import parse
    from sim.model.compiled.model import compile_model as build
    from sim.model.services import ServiceDescription, service_chain
    from sim.results.dataset import to_dataset
    from sim.runs.ensemble import expect, simulate
    from sim.runs.follow.spread import spread_of

_HOMES = {
    "load": ("sim.config.loading", "load"),
    "build": ("sim.model.compiled.model", "compile_model"),
    "parse": ("sim.language.evaluate", "parse"),
    "ServiceDescription": ("sim.model.services", "ServiceDescription"),
    "service_chain": ("sim.model.services", "service_chain"),
    "simulate": ("sim.runs.ensemble", "simulate"),
    "expect": ("sim.runs.ensemble", "expect"),
    "follow": ("sim.evaluation.trial.panel", "follow"),
    "spread_of": ("sim.runs.follow.spread", "spread_of"),
    "solver_of": ("sim.engine.solvers.choice", "solver_of"),
    "summarise": ("sim.economics.summary", "summarise"),
    "appraise": ("sim.economics.value.appraisal", "appraise"),
    "to_dataset": ("sim.results.dataset", "to_dataset"),
    "erlang_a": ("sim.engine.erlang", "erlang_a"),
    "erlang_b": ("sim.engine.erlang", "erlang_b"),
    "erlang_c": ("sim.engine.erlang", "erlang_c"),
    "places_for": ("sim.engine.erlang", "places_for"),
    "wait_c": ("sim.engine.erlang", "wait_c"),
    "ModelError": ("sim.errors", "ModelError"),
    "ResultError": ("sim.errors", "ResultError"),
}

__all__ = [
    "ModelError",
    "ResultError",
    "ServiceDescription",
    "appraise",
    "build",
    "erlang_a",
    "erlang_b",
    "erlang_c",
    "expect",
    "follow",
    "load",
    "parse",
    "places_for",
    "service_chain",
    "simulate",
    "solver_of",
    "spread_of",
    "summarise",
    "to_dataset",
    "wait_c",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name not in _HOMES:
        raise AttributeError(f"module 'sim' has no attribute '{name}'; it has {', '.join(__all__)}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    """List the public names."""
    return list(__all__)
