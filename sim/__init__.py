"""Families with many problems, over time, under different ways of helping: load, simulate, summarise.

The names below are the public ones; they are imported when first used, so that ``import sim`` is quick.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.config.loading import load
    from sim.economics.cash.shares import agency_gains, pooled
    from sim.economics.summary import summarise
    from sim.economics.value.appraisal import appraise
    from sim.engine.erlang import erlang_a, erlang_b, erlang_c, places_for, wait_c
    from sim.engine.solvers.choice import solver_of
    from sim.errors import ModelError, ResultError
    from sim.evaluation.trial.evaluation import before_and_after, evaluate, referred
    from sim.evaluation.trial.naive import three_ways
    from sim.evaluation.trial.panel import follow
    from sim.language.evaluate import parse
    from sim.model.compiled.model import compile_model as build
    from sim.model.services import ServiceDescription, service_chain
    from sim.money.money import Money
    from sim.results.dataset import to_dataset
    from sim.results.folder.store import read_results
    from sim.runs.beliefs.distributions import belief
    from sim.runs.ensemble import expect, simulate
    from sim.runs.follow.spread import spread_of
    from sim.runs.kept import Kept, again, keep
    from sim.studies.gains.question import who_gains
    from sim.studies.optimise.answer import search
    from sim.studies.optimise.capacity import knee
    from sim.studies.optimise.levers import lever_of
    from sim.studies.optimise.question import optimise
    from sim.studies.shapley.question import share
    from sim.studies.switching.answer import switching_run
    from sim.studies.uncertainty.decision import decide
    from sim.studies.uncertainty.question import run as uncertainty

_NAMES = {
    "sim.config.loading": ("load",),
    "sim.economics.cash.shares": ("agency_gains", "pooled"),
    "sim.economics.summary": ("summarise",),
    "sim.economics.value.appraisal": ("appraise",),
    "sim.engine.erlang": ("erlang_a", "erlang_b", "erlang_c", "places_for", "wait_c"),
    "sim.engine.solvers.choice": ("solver_of",),
    "sim.errors": ("ModelError", "ResultError"),
    "sim.evaluation.trial.evaluation": ("before_and_after", "evaluate", "referred"),
    "sim.evaluation.trial.naive": ("three_ways",),
    "sim.evaluation.trial.panel": ("follow",),
    "sim.language.evaluate": ("parse",),
    "sim.model.compiled.model": ("compile_model as build",),
    "sim.model.services": ("ServiceDescription", "service_chain"),
    "sim.money.money": ("Money",),
    "sim.results.dataset": ("to_dataset",),
    "sim.results.folder.store": ("read_results",),
    "sim.runs.beliefs.distributions": ("belief",),
    "sim.runs.ensemble": ("expect", "simulate"),
    "sim.runs.follow.spread": ("spread_of",),
    "sim.runs.kept": ("Kept", "again", "keep"),
    "sim.studies.gains.question": ("who_gains",),
    "sim.studies.optimise.answer": ("search",),
    "sim.studies.optimise.capacity": ("knee",),
    "sim.studies.optimise.levers": ("lever_of",),
    "sim.studies.optimise.question": ("optimise",),
    "sim.studies.shapley.question": ("share",),
    "sim.studies.switching.answer": ("switching_run",),
    "sim.studies.uncertainty.decision": ("decide",),
    "sim.studies.uncertainty.question": ("run as uncertainty",),
}
"""Public names by the module that has them, ``NAME as PUBLIC`` where the two differ."""
_HOMES = {name.split()[-1]: (module, name.split()[0]) for module, names in _NAMES.items() for name in names}

__all__ = [
    "Kept",
    "ModelError",
    "Money",
    "ResultError",
    "ServiceDescription",
    "again",
    "agency_gains",
    "appraise",
    "before_and_after",
    "belief",
    "build",
    "decide",
    "erlang_a",
    "erlang_b",
    "erlang_c",
    "evaluate",
    "expect",
    "follow",
    "keep",
    "knee",
    "lever_of",
    "load",
    "optimise",
    "parse",
    "places_for",
    "pooled",
    "read_results",
    "referred",
    "search",
    "service_chain",
    "share",
    "simulate",
    "solver_of",
    "spread_of",
    "summarise",
    "switching_run",
    "three_ways",
    "to_dataset",
    "uncertainty",
    "wait_c",
    "who_gains",
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
