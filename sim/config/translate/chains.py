"""From the schema to the model: chains with their moves and what these fire, and effects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from sim.config.check.draft import Draft, is_near_a_step
from sim.config.check.problems import Key
from sim.config.check.vocabulary import ExpressionPlace
from sim.config.schema.base import Figure, MoveFigure
from sim.config.schema.chains import ChainPart
from sim.config.schema.phrases import MovePhrase, read_move
from sim.config.text.library import nearest, some
from sim.language.evaluate import Expression
from sim.model.spec import Chain, Transition

_ROUNDING = 1e-12
_SHARES = 1e-9

Moves = tuple[tuple[str, str], ...]


def chains(draft: Draft) -> list[Chain]:
    """Translate the chains, without what they fire."""
    return [_chain(draft, name, part) for name, part in draft.config.chains.items()]


def _chain(draft: Draft, name: str, part: ChainPart) -> Chain:
    """Translate one chain."""
    kind: Literal["rates", "probabilities"] = "probabilities" if part.probabilities is not None else "rates"
    moves = part.probabilities if part.probabilities is not None else part.rates or {}
    unit = draft.words.chains[name].unit
    transitions = _transitions(draft, ("chains", name, kind), moves, part.states, kind == "rates", unit)
    if kind == "probabilities":
        _check_rows(draft, ("chains", name, kind), transitions)
    ages = None
    if part.ages is not None:
        ages = (round(part.ages[0] / draft.step), round(part.ages[1] / draft.step))
        if not all(is_near_a_step(age, draft.step) for age in part.ages):
            draft.findings.add(("chains", name, "ages"), "must fall on steps, give or take half a month")
        if draft.config.units[unit].age is None:
            draft.findings.add(("chains", name, "ages"), f"needs 'units.{unit}.age', the ages at the start")
    start = None if part.start is None else start_shares(draft, ("chains", name), part.start, part.states)
    held = {}
    for state, how_long in part.held.items():
        at = ("chains", name, "held", state)
        if state not in (part.start or {}):
            have = some(list(part.start or {}), state) or "none"
            rule = f"is of states that have a share in 'start'; these are {have}"
            draft.findings.add(at, rule, of_key=True)
        held[state] = how_long.mean.steps(draft.step)
    return Chain(name, unit, part.states, kind, transitions, start, ages, held=held)


def start_shares(draft: Draft, path: Key, shares: Mapping[str, Figure], states: Sequence[str]) -> dict[str, Expression]:
    """Translate the shares of a chain or service at the start; what is left of 1 goes to the first state."""
    result = {}
    for state, figure in shares.items():
        at = (*path, "start", state)
        if state not in states:
            draft.findings.add(at, unknown_state(str(path[1]), state, states), of_key=True)
        result[state] = draft.within(at, figure.value, ExpressionPlace(None, "a share at the start", areas=True), 1.0)
    known = [draft.constant(share) for share in result.values()]
    total = sum(share for share in known if share is not None)
    if total > 1 + _SHARES:
        rule = f"they must sum to at most 1 (what is left starts in '{states[0]}')"
        draft.findings.add((*path, "start"), f"the shares sum to {total:.12g}; {rule}")
    return result


def unknown_state(chain: str, state: str, states: Iterable[str]) -> str:
    """Say that a chain has no such state."""
    listed = list(dict.fromkeys(states))
    return f"'{chain}' has no state '{state}'; it has {some(listed, state)}{nearest(state, listed)}"


def _transitions(
    draft: Draft, path: Key, moves: Mapping[str, MoveFigure], states: tuple[str, ...], is_rate: bool, unit: str
) -> tuple[Transition, ...]:
    """Translate the moves of a chain; ``any -> x`` stands for every other state that has no move of its own to x.

    Each state of a list, as in ``[a, b] -> x``, has the move with the amount given.
    """
    named: dict[tuple[str, str], Transition] = {}
    from_any: dict[tuple[str, str], Transition] = {}
    for text, figure in moves.items():
        move = _checked_move(draft, (*path, text), text, states)
        expression = _amount(draft, (*path, text), figure, is_rate, unit)
        if move is None:
            continue
        (target,) = move.targets
        holder, sources = (from_any, states) if move.sources == ("any",) else (named, move.sources)
        for source in sources:
            if source != target and (source, target) in holder:
                draft.findings.add((*path, text), f"the move '{source} -> {target}' is given twice", of_key=True)
            if source != target:
                holder[source, target] = Transition(source, target, expression)
    merged = {**from_any, **named}
    place = {state: i for i, state in enumerate(states)}
    return tuple(merged[key] for key in sorted(merged, key=lambda key: (place[key[0]], place[key[1]])))


def _checked_move(draft: Draft, path: Key, text: str, states: tuple[str, ...]) -> MovePhrase | None:
    """Read ``state -> state`` and check both states."""
    try:
        move = read_move(text)
    except ValueError as error:
        draft.findings.add(path, f"'{text}' {error}", of_key=True)
        return None
    chain, good = str(path[1]), True
    for state in (*move.sources, *move.targets):
        if state not in states and not (state == "any" and state is move.sources[0]):
            draft.findings.add(
                path,
                unknown_state(chain, state, states),
                of_key=True,
                column=max(text.find(state), 0) if text.isascii() else None,
            )
            good = False
    if len(move.targets) > 1:
        rule = "give each state that it leads to an amount of its own: a rate or probability leads to one"
        draft.findings.add(path, f"'{text}' leads to several states; {rule}", of_key=True)
        good = False
    elif move.targets[0] in move.sources:
        draft.findings.add(path, f"'{text}' goes nowhere; staying is what is left and needs no line", of_key=True)
        good = False
    return move if good else None


def _amount(draft: Draft, path: Key, figure: MoveFigure, is_rate: bool, unit: str) -> Expression | None:
    """Translate a rate or probability; None is ``rest``."""
    if figure.value is None:
        if is_rate:
            draft.findings.add(path, "'rest' belongs to probabilities; a rate must be a number or an expression")
        return None
    place = ExpressionPlace(unit, "a rate" if is_rate else "a probability")
    return draft.within(path, figure.value, place, float("inf") if is_rate else 1.0)


def _check_rows(draft: Draft, path: Key, transitions: tuple[Transition, ...]) -> None:
    """Check that the constant probabilities of a state sum to at most 1, and that it has one rest."""
    for source in dict.fromkeys(t.source for t in transitions):
        row = [t for t in transitions if t.source == source]
        known = [draft.constant(t.expression) for t in row if t.expression is not None]
        total = sum(p for p in known if p is not None)
        if total > 1 + _ROUNDING:
            draft.findings.add(
                path, f"the probabilities of leaving '{source}' sum to {total:.12g}; they must sum to at most 1"
            )
        if sum(t.expression is None for t in row) > 1:
            draft.findings.add(path, f"'{source}' has more than one rest; one move takes what is left")


def unknown_chain(name: str, made: Iterable[str]) -> str:
    """Say that there is no such chain or service."""
    listed = list(made)
    return f"'{name}' is no chain or service; there are {', '.join(listed)}{nearest(name, listed)}"
