"""The digest of meaning: seals what is kept for good, such as effects solved for and calibrated values.

It moves when a model says something else or the program makes something else of a model, and stays when source is only
moved, renamed or made faster. What may be added to only by the very same source has the strict digest of
``sim.runs.identity`` instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass, replace
from functools import cache
from hashlib import sha256
from typing import Any

import numpy as np

from sim.arrays import FloatArray
from sim.engine.counts.record import Layout, Record
from sim.engine.solvers.families import layout, replicate
from sim.language.evaluate import Expression
from sim.model.spec import Quantity, Transition
from sim.runs.probe import probe

RESULTS_VERSION = 1
"""Raise it by one when the program makes other results of the same model and the probe run does not show it: in money,
in expected values, in how studies measure, in what a field left at its default stands for."""
DIGITS = 10
"""Significant digits of a number that count: the last bits of logarithms and quantiles differ between machines."""
_NUMBER = re.compile(r"\d+\.\d+(?:[eE][+-]?\d+)?")


def digest_of_meaning(*things: object) -> str:
    """Give the digest of meaning of models and whatever else something kept depends on.

    Parameters
    ----------
    things
        Models, worlds, texts, numbers, and mappings and sequences of them.

    Returns
    -------
        64 hexadecimal digits: of what the things say apart from defaults and provenance, ``RESULTS_VERSION``, and what
        the program makes of a small model.
    """
    text = json.dumps([RESULTS_VERSION, probed(), said(things)], sort_keys=True)
    return sha256(text.encode()).hexdigest()


def digest_of_program() -> str:
    """Give the digest of what the program makes of models, whatever the model: it stands beside a digest of meaning."""
    return sha256(json.dumps([RESULTS_VERSION, probed()]).encode()).hexdigest()


@cache
def probed() -> str:
    """Give the sha256 of the counts of the probe run."""
    scenario = probe()
    counts = counts_of(layout(scenario), replicate(scenario, 0, accounts=False))
    return sha256(json.dumps(counts, sort_keys=True).encode()).hexdigest()


def counts_of(axes: Layout, record: Record) -> dict[str, list[int]]:
    """Give the stocks, flows and waits of a replication by name: whole numbers, the same on every machine.

    Their place in the arrays does not matter, nor does what was never counted.
    """
    counts: dict[str, FloatArray] = {}
    for w, world in enumerate(axes.worlds):
        counts |= {f"{world}: {' '.join(state)}": record.stocks[w, :, i] for i, state in enumerate(axes.states)}
        counts |= {f"{world}: {' > '.join(flow)}": record.flows[w, :, i] for i, flow in enumerate(axes.flows)}
        counts |= {f"{world}: waits {name}": record.waits[w, i] for i, name in enumerate(axes.services)}
    return {name: np.trim_zeros(row, "b").astype(int).tolist() for name, row in counts.items() if row.any()}


def said(thing: Any) -> Any:
    """Turn dataclasses into plain dictionaries of what they say: no fields at their default, no provenance.

    Expressions become their text, and functions their name; numbers are rounded. An option that came later is at its
    default in every model made before, so that it does not make what was kept look stale.
    """
    if isinstance(thing, Expression):
        return _NUMBER.sub(lambda found: _rounded(float(found[0])), thing.text)
    if isinstance(thing, float):
        return _rounded(thing)
    if isinstance(thing, Transition):
        thing = _beyond_expression(thing)
    if is_dataclass(thing) and not isinstance(thing, type):
        values = [(f, getattr(thing, f.name)) for f in fields(thing)]
        return {f.name: said(v) for f, v in values if not isinstance(v, Quantity) and v != _default(f)}
    if isinstance(thing, Mapping):
        return {str(key): said(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple)):
        return [said(item) for item in thing]
    return thing.__qualname__ if callable(thing) else thing


def _beyond_expression(move: Transition) -> Transition:
    """Leave out the timing of a move where its expression says as much: all but a stay shorter than a step."""
    short = move.mean_steps is not None and move.mean_steps < 1.0
    return replace(move, mean_steps=move.mean_steps if short else None, now=False)


def _rounded(value: float) -> str:
    return f"{value:.{DIGITS}g}"


def _default(of: Field[Any]) -> object:
    """Give the default of a field; where there is none, what equals no value."""
    return of.default_factory() if of.default_factory is not MISSING else of.default
