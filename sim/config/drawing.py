"""Chains, effects and loops as plain text and as a Mermaid diagram."""

from __future__ import annotations

from collections.abc import Iterator

from sim.model.expressions import Expression
from sim.model.spec import Chain, Effect, Model


def as_text(model: Model) -> str:
    """Draw a model as indented text: each chain with its moves, what they fire, and who acts on whom.

    Parameters
    ----------
    model
        The model to draw.

    Returns
    -------
        Lines for a terminal.
    """
    lines: list[str] = []
    for name in model.order:
        lines += _chain(model.chain(name))
    if model.effects:
        lines.append("effects")
        lines += [f"  {_effect(effect)}" for effect in model.effects]
    loops = list(feedback_loops(model))
    if loops:
        lines.append("loops")
        lines += [f"  {' -> '.join(loop)}" for loop in loops]
    return "\n".join(lines) + "\n"


def _chain(chain: Chain) -> list[str]:
    """Draw one chain."""
    kind = (
        f"service, {chain.service.kind}"
        if chain.service
        else "rates a year"
        if chain.kind == "rates"
        else "probabilities a step"
    )
    lines = [f"{chain.name} (each {chain.unit}; {kind}): {' | '.join(chain.states)}"]
    for move in chain.transitions:
        amount = "rest" if move.expression is None else _short(move.expression)
        lines.append(f"  {move.source} -> {move.target}: {amount}")
    for fire in chain.fires:
        moves = ", ".join(f"{source} -> {target}" for source, target in fire.moves)
        lines.append(f"  ({moves}) fires {fire.chain} -> {fire.target} with {_short(fire.probability)}")
    return lines


def _effect(effect: Effect) -> str:
    """Draw one effect."""
    on = ", ".join(f"{chain} ({len(moves)} moves)" for chain, moves in effect.on.items())
    scale = "" if effect.scale == "rate" else f" ({effect.scale})"
    return f"{effect.name}: {on} x {_short(effect.times)}{scale} while {_short(effect.when)}"


def _short(expression: Expression, width: int = 60) -> str:
    """Give the text of an expression, cut to a width."""
    text = " ".join(expression.text.split())
    return text if len(text) <= width else text[: width - 3] + "..."


def links(model: Model) -> dict[str, dict[str, list[str]]]:
    """Give who acts on whom: source chain -> target chain -> names of effects and firings."""
    chains = [chain.name for chain in model.chains]
    found: dict[str, dict[str, list[str]]] = {name: {} for name in chains}
    for effect in model.effects:
        for source in chains:
            if source in effect.when.names or source in effect.times.names:
                for target in effect.on:
                    found[source].setdefault(target, []).append(effect.name)
    for chain in model.chains:
        for fire in chain.fires:
            found[chain.name].setdefault(fire.chain, []).append("fires")
        for other in chains:
            reads = any(move.expression is not None and other in move.expression.names for move in chain.transitions)
            if reads and other != chain.name:
                found[other].setdefault(chain.name, []).append("read by its moves")
    return found


def feedback_loops(model: Model, at_most: int = 30) -> Iterator[tuple[str, ...]]:
    """List the shortest loop through each pair of chains that act on each other, directly or through one other."""
    reach = {name: set(targets) for name, targets in links(model).items()}
    order = {name: i for i, name in enumerate(model.order)}
    count = 0
    for a in model.order:
        for b in sorted(reach[a], key=lambda name: order[name]):
            rings = (
                [(a, b, a)] if a in reach[b] else [(a, b, c, a) for c in reach[b] if a in reach[c] and c not in (a, b)]
            )
            for ring in sorted(rings):
                if order[a] == min(order[name] for name in ring) and a != b and count < at_most:
                    count += 1
                    yield ring


def as_mermaid(model: Model) -> str:
    """Draw a model as a Mermaid flowchart: a box of states for each chain, arrows for moves and for effects.

    Parameters
    ----------
    model
        The model to draw.

    Returns
    -------
        Text that Mermaid renders.
    """
    lines = ["flowchart LR"]
    for name in model.order:
        chain = model.chain(name)
        lines.append(f"  subgraph {name}")
        lines += [f"    {name}_{state}[{state}]" for state in chain.states]
        lines += [f"    {name}_{move.source} --> {name}_{move.target}" for move in chain.transitions]
        lines.append("  end")
    for source, targets in links(model).items():
        for target, names in targets.items():
            label = ", ".join(dict.fromkeys(names)).replace('"', "'")
            lines.append(f'  {source} -. "{label}" .-> {target}')
    return "\n".join(lines) + "\n"
