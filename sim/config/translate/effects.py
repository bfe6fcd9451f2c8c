"""From the schema to the model: what moves fire, and effects, which name declared moves of other chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sim.config.check.draft import Draft
from sim.config.check.problems import Key
from sim.config.check.vocabulary import ExpressionPlace
from sim.config.schema.chains import EffectPart
from sim.config.schema.phrases import FireText, MovePhrase, TargetPhrase, read_move
from sim.config.text.library import some
from sim.config.translate.chains import Moves, unknown_chain, unknown_state
from sim.model.spec import Chain, Effect, Fire


def expand(chain: Chain, sources: Sequence[str], targets: Sequence[str]) -> Moves:
    """List the declared moves of a chain from some states to others; a service's stages answer to their word."""
    there = {state for word in targets for state in members(chain, word)}
    if tuple(sources) == ("any",):
        here = set(chain.states) - there
    else:
        here = {state for word in sources for state in members(chain, word)}
    moves = ((t.source, t.target) for t in chain.transitions)
    return tuple(m for m in moves if m[0] in here and m[1] in there)


def members(chain: Chain, word: str) -> tuple[str, ...]:
    """List the states that a word stands for: itself, or the stages that share its level."""
    if word in chain.states:
        return (word,)
    if word in chain.level_names and chain.levels:
        level = chain.level_names[word]
        return tuple(state for state, own in zip(chain.states, chain.levels, strict=True) if own == level)
    return ()


def with_fires(draft: Draft, made: Mapping[str, Chain]) -> dict[str, Chain]:
    """Add to each chain what its moves fire, and check that nothing fires in a ring."""
    result = {}
    for name, chain in made.items():
        section = "chains" if name in draft.config.chains else "services"
        part = draft.config.chains.get(name) or draft.config.services[name]
        fires = []
        for text, items in part.fires.items():
            path = (section, name, "fires", text)
            moves = _fired_by(draft, path, text, chain)
            for i, item in enumerate(items):
                fire = _fire(draft, (*path, i), item, made, moves)
                if fire is not None:
                    fires.append(fire)
        result[name] = replace(chain, fires=tuple(fires))
    _check_acyclic(draft, result)
    return result


def _fired_by(draft: Draft, path: Key, text: str, chain: Chain) -> Moves:
    """Read the moves that fire."""
    try:
        move = read_move(text)
    except ValueError as error:
        draft.findings.add(path, f"'{text}' {error}", of_key=True)
        return ()
    return _declared(draft, path, chain, move, of_key=True)


def _declared(draft: Draft, path: Key, chain: Chain, move: MovePhrase, of_key: bool = False) -> Moves:
    """List the declared moves that a move names, noting when there are none, or none of a state that it lists."""
    for state in (*move.sources, *move.targets):
        if state != "any" and state not in chain.states and state not in chain.level_names:
            words = (*chain.level_names, *chain.states)
            draft.findings.add(path, unknown_state(chain.name, state, words), of_key=of_key)
            return ()
    parts = [MovePhrase((source,), move.targets) for source in move.sources]
    parts += [MovePhrase(move.sources, (target,)) for target in move.targets]
    for part in parts:
        if not expand(chain, part.sources, part.targets):
            there = some([f"{t.source} -> {t.target}" for t in chain.transitions], str(part))
            draft.findings.add(path, f"'{chain.name}' has no move '{part}'; it has {there}", of_key=of_key)
            return ()
    return expand(chain, move.sources, move.targets)


def _fire(draft: Draft, path: Key, item: FireText, made: Mapping[str, Chain], moves: Moves) -> Fire | None:
    """Translate what is fired."""
    target_chain = made.get(item.chain)
    if target_chain is None:
        draft.findings.add(path, unknown_chain(item.chain, made))
        return None
    bad = [s for s in (*item.sources, item.target) if s != "any" and not members(target_chain, s)]
    if bad:
        draft.findings.add(path, unknown_state(item.chain, bad[0], target_chain.states))
        return None
    target = members(target_chain, item.target)[0]
    named = target_chain.states if item.sources == ("any",) else item.sources
    sources = [state for word in named for state in members(target_chain, word)]
    probability = draft.expression(
        path, item.probability, ExpressionPlace(None, "the probability of firing"), item.offset
    )
    value = draft.constant(probability)
    if value is not None and not 0 <= value <= 1:
        draft.findings.add(path, f"the probability of firing is {value:g}; it must be from 0 to 1")
    return Fire(moves, item.chain, tuple(s for s in sources if s != target), target, probability)


def _check_acyclic(draft: Draft, made: Mapping[str, Chain]) -> None:
    """Check that no chain fires itself, directly or through others."""
    fired = {name: {fire.chain for fire in chain.fires} for name, chain in made.items()}
    for name, directly in fired.items():
        reached: set[str] = set()
        stack = list(directly)
        while stack:
            here = stack.pop()
            if here not in reached:
                reached.add(here)
                stack.extend(fired.get(here, ()))
        if name in reached:
            section = "chains" if name in draft.config.chains else "services"
            draft.findings.add(
                (section, name, "fires"),
                f"'{name}' fires itself, directly or through "
                f"{', '.join(sorted(reached - {name})) or 'its own move'}; firing must not run in a ring",
                of_key=True,
            )


def effects(draft: Draft, made: Mapping[str, Chain]) -> tuple[Effect, ...]:
    """Translate the effects."""
    names = [part.name for part in draft.config.effects]
    for i, name in enumerate(names):
        if name in names[:i]:
            draft.findings.add(("effects", i, "name"), "two effects have this name; names must differ")
    return tuple(_effect(draft, i, part, made) for i, part in enumerate(draft.config.effects))


def _effect(draft: Draft, i: int, part: EffectPart, made: Mapping[str, Chain]) -> Effect:
    """Translate one effect."""
    path: Key = ("effects", i)
    on: dict[str, Moves] = {}
    for j, target in enumerate(part.on):
        at = (*path, "on", j) if len(part.on) > 1 else (*path, "on")
        moves = target_moves(draft, at, target, made)
        _not_drawn(draft, at, made, target.chain, moves)
        on[target.chain] = tuple(dict.fromkeys((*on.get(target.chain, ()), *moves)))
    units = {made[chain].unit for chain in on if chain in made}
    when, times = part.when, part.times.value
    for unit in sorted(units):
        when = draft.expression((*path, "when"), part.when, ExpressionPlace(unit, "a condition"))
        times = draft.expression((*path, "times"), part.times.value, ExpressionPlace(unit, "a multiplier"))
    draft.bounded((*path, "times"), times, "a multiplier")
    return Effect(part.name, on, when, times, part.scale)


def _not_drawn(draft: Draft, path: Key, made: Mapping[str, Chain], chain: str, moves: Moves) -> None:
    """Refuse an effect on the end of help whose length is drawn when it begins."""
    ends = {(t.source, t.target) for t in made[chain].transitions if t.length} if chain in made else set()
    if draft.config.queues == "per_family" and ends & set(moves):
        rule = f"how long help of '{chain}' lasts is drawn when it begins, and multiplied by nothing afterwards"
        draft.findings.add(path, f"{rule}; use services.{chain}.engaged.times, or effects on moves that have a rate")


def target_moves(draft: Draft, path: Key, target: TargetPhrase, made: Mapping[str, Chain]) -> Moves:
    """List the moves that ``chain.worsen`` or ``chain: a -> b`` names."""
    chain = made.get(target.chain)
    if chain is None:
        draft.findings.add(path, unknown_chain(target.chain, made))
        return ()
    if target.move is not None:
        return _declared(draft, path, chain, target.move)
    place = {state: i for i, state in enumerate(chain.states)}
    sign = {"worsen": 1, "improve": -1, "any": 0}[target.word]
    moves = tuple(
        (t.source, t.target) for t in chain.transitions if (place[t.target] - place[t.source]) * sign > 0 or sign == 0
    )
    if not moves:
        draft.findings.add(path, f"'{chain.name}' has no move that does {target.word}")
    return moves
