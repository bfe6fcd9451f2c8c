"""Numbers that expressions come to, checked where they are used: what is none is refused at its place in the config."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sim.arrays import BoolArray, FloatArray
from sim.errors import ModelError, Place, Problem
from sim.language.evaluate import Expression, evaluate, evaluate_node
from sim.model.compiled.scope import GridScope, Moment, Reader, Source, moment, moment_names, reads_of, sources_of
from sim.model.spec import Chain, Fire, Meter, Model, Value

INF = math.inf
MOST = 1e30
"""Hazard of a step above which nothing differs any more, and products of several might not be finite."""
MOST_WORTH = 1e15
"""A price, or worth of a count, above which totals of a nation might not be finite."""
GUARD = "guard it, as in `x > 0 and 1 / x > 2`"
ROUNDING, LONGEST = 1e-12, 60


def is_hazard(value: FloatArray, most: float = MOST) -> BoolArray:
    """Whether values may be hazards, or probabilities where ``most`` is 1."""
    return (value >= 0) & (value <= most)


def mean_counted(meter: Meter, model: Model) -> float:
    """Give how much a row counts with a meter on average over areas, by their sizes: 1 but where ``by_area``."""
    return float(np.average(model.tables[meter.by_area].y, weights=model.areas.weights)) if meter.by_area else 1.0


def clock_value(
    expression: Expression, model: Model, step: int, what: str = "the value", low: float = -INF, high: float = INF
) -> float:
    """Evaluate an expression that reads the clock and parameters alone (a price, a start share) at one step.

    Raises
    ------
    ModelError
        When it is not finite, or less than ``low`` or more than ``high``; ``what`` is what the message calls it.
    """
    return value_at(expression, model, moment(model, step), what, low, high)


def value_at(
    expression: Expression,
    model: Model,
    now: Moment,
    what: str = "",
    low: float = -INF,
    high: float = INF,
    key: str = "",
) -> float:
    """Evaluate an expression that reads nothing of a row at a moment; as ``clock_value``, with totals and stocks."""
    scope = GridScope(Reader(model, model.root.name), {}, now)
    value = float(evaluate(expression, scope))
    if not (low <= value <= high and math.isfinite(value)):
        rule = _rule(low, high)
        if now.totals and not math.isfinite(value):
            rule += "; where it divides by a total that may be 0, write max(total, 1)"
        raise refused(expression, scope, f"{what} comes to {value:.6g}".strip(), rule, key)
    return value


def _rule(low: float, high: float) -> str:
    """Say what a number must be."""
    if high < INF:
        return f"it must be from {low:g} to {high:g}"
    return f"it must be at least {low:g} and finite" if low > -INF else "it must be a finite number"


def refused(expression: Expression, scope: GridScope, what: str, rule: str, key: str = "") -> ModelError:
    """Make the error of an expression that went wrong when it was evaluated.

    Parameters
    ----------
    expression, scope
        What was evaluated, and over what.
    what, rule
        What came out, and what is allowed.
    key
        What it belongs to, for a model made in Python, whose expressions have no place.

    Returns
    -------
        The error at the place of the expression, or of the parameter or factor in it that is negative or not finite,
        with the cycle.
    """
    place = expression.root.place
    for node in reads_of(expression, scope.model):
        if node.place is not None:
            with np.errstate(all="ignore"):
                value = evaluate_node(node, scope)
            if place is None or not np.all(np.isfinite(value) & (value >= 0)):
                place = node.place
    cycle = scope.now.clock.get("cycle", 0.0)
    message = f"{what} (cycle {cycle:g}); {rule}"
    return at_place(expression, message, key, place)


def at_place(expression: Expression, message: str, key: str = "", place: Place | None = None) -> ModelError:
    """Make the error of an expression where it was written; ``place`` is that of a part of it."""
    place = place or expression.root.place
    if place is None:
        return ModelError([Problem("", key, message)])
    return ModelError([Problem(place.where, place.key, f"given {shown(place.text)}; {message}")])


def shown(text: str) -> str:
    """Quote the text of an expression, cut where it is long."""
    return f"'{text}'" if len(text) <= LONGEST else f"'{text[: LONGEST - 3]}...'"


def start_shares(chain: Chain, model: Model) -> FloatArray:
    """Give the shares of a chain's first states, in each area where they differ by area, (1 or area, state).

    Raises
    ------
    ModelError
        When one is no share, or they sum to more than 1.
    """
    reader, start = Reader(model, chain.unit), chain.start or {}
    by_area = any(Source("area") in sources_of(share, reader) for share in start.values())
    raw = {Source("area"): np.arange(len(model.areas.names), dtype=np.float64)} if by_area else {}
    scope = GridScope(reader, raw, moment(model, 0))
    shares = np.zeros((len(model.areas.names) if by_area else 1, len(chain.states)))
    for i, state in enumerate(chain.states):
        if state in start:
            found = np.broadcast_to(evaluate(start[state], scope), len(shares))
            if wrong := found[~((found >= 0) & (found <= 1))].tolist():
                what = f"a share at the start comes to {wrong[0]:.6g}"
                raise refused(start[state], scope, what, _rule(0.0, 1.0))
            shares[:, i] = found
    most = float(shares.sum(axis=1).max())
    if most > 1.0 + 1e-9:
        rule = f"the shares at the start sum to {most:.12g}; they must sum to at most 1"
        raise at_place(next(iter(start.values())), rule, f"chains.{chain.name}.start")
    shares[:, 0] += 1.0 - shares.sum(axis=1)
    return shares


def over_steps(
    expression: Expression,
    model: Model,
    steps: Sequence[int],
    what: str = "the value",
    low: float = -INF,
    high: float = INF,
) -> FloatArray:
    """Evaluate an expression over the clock at each step, (step,); once only when it does not read the clock."""
    if not len(steps) or moment_names(expression, model):
        return np.array([clock_value(expression, model, step, what, low, high) for step in steps], dtype=np.float64)
    return np.full(len(steps), clock_value(expression, model, 0, what, low, high))


def amounts(value: Value, outcome: str, model: Model) -> FloatArray:
    """Give what a count is worth in an outcome at each point, (steps + 1,); 0 where its ``when`` does not hold.

    A ``while`` meter is read at the clock of the point; a move that ends at it at the clock of the move.
    """
    kind = next(meter.kind for meter in model.meters if meter.name == value.meter)
    points = np.maximum(np.arange(model.clock.steps + 1) - (kind != "while"), 0).tolist()
    held = [point for point in points if value.when is None or clock_value(value.when, model, point) != 0]
    per_count = over_steps(value.amounts[outcome], model, held, "the worth of a count", -MOST_WORTH, MOST_WORTH)
    worth = dict(zip(held, per_count, strict=True))
    return np.array([worth.get(point, 0.0) for point in points], dtype=np.float64)


def check_clocked(model: Model) -> None:
    """Work out all that the clock alone decides, so that what goes wrong at a later step is known before a run.

    Raises
    ------
    ModelError
        At the place of the expression, with the cycle.
    """
    for chain in model.chains:
        start_shares(chain, model)
        for fire in chain.fires:
            firing_chances(fire, model)
    for line in model.costs:
        over_steps(line.price, model, range(model.clock.steps), "a price", 0.0, MOST_WORTH)
    for value in model.values:
        for outcome in value.amounts:
            amounts(value, outcome, model)


def firing_chances(fire: Fire, model: Model) -> FloatArray:
    """Give the probability with which something fires in each step from the start of the warm-up on, (step,)."""
    steps = range(-model.root.warm_up, model.clock.steps)
    return over_steps(fire.probability, model, steps, "the probability of firing", 0.0, 1.0)
