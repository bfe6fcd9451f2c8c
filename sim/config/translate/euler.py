"""The Euler step of system dynamics: `integration: euler` turns rates into probabilities, rate x step, in the model.

The solvers need not know: a chain of rates becomes one of probabilities, and what multiplied a rate multiplies a
probability. A row of probabilities above 1 is refused by name and cycle as any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sim.config.check.draft import Draft
from sim.language.evaluate import Expression, Node
from sim.model.services import product
from sim.model.spec import Chain, Effect

STEP = Expression("step_years", Node("name", 0, name="step_years"))


def euler(
    draft: Draft, made: Mapping[str, Chain], effects: tuple[Effect, ...]
) -> tuple[dict[str, Chain], tuple[Effect, ...]]:
    """Turn every chain of rates into one whose moves have the probability rate x step.

    Parameters
    ----------
    draft
        The config; where it has services, or rows that leave or are born at a rate, Euler is refused.
    made, effects
        Its chains and effects.

    Returns
    -------
        Chains and effects with the same meaning to first order in the step.
    """
    config = draft.config
    path = ("clock", "integration")
    if config.services:
        draft.findings.add(path, "euler is for models without services, whose durations are exact as they are")
    if any(unit.births is not None or (unit.leaves and unit.leaves.rate) for unit in config.units.values()):
        draft.findings.add(path, "euler is for models whose rows neither leave nor are born at a rate; use chains")
    rates = {name for name, chain in made.items() if chain.kind == "rates"}
    chains = {name: _in_steps(chain) if name in rates else chain for name, chain in made.items()}
    return chains, tuple(part for effect in effects for part in _parts(effect, rates))


def _in_steps(chain: Chain) -> Chain:
    moves = tuple(
        replace(move, expression=product(move.expression, STEP)) for move in chain.transitions if move.expression
    )
    return replace(chain, kind="probabilities", transitions=moves)


def _parts(effect: Effect, rates: set[str]) -> list[Effect]:
    """Split an effect: what scaled rates scales their probabilities; what it does to probabilities stays."""
    mine = {name: moves for name, moves in effect.on.items() if name in rates}
    others = {name: moves for name, moves in effect.on.items() if name not in rates}
    if effect.scale != "rate" or not mine:
        return [effect]
    scaled = replace(effect, on=mine, scale="probability")
    return [scaled, replace(effect, on=others)] if others else [scaled]
