"""Chains, flows, causal links and loops as plain text and as Mermaid diagrams."""

from __future__ import annotations

from collections.abc import Iterator

from sim.config.views.causal_loops import CausalGraph, CausalLink, causal_graph, loops_of
from sim.language.evaluate import Expression
from sim.model.spec import Chain, Effect, Model, Stock, Team

SIGNS = {1: "+", -1: "-", 0: "+-"}
LINK_COLOURS = {1: "#0072B2", -1: "#D55E00", 0: "#8A8A8A"}


def as_text(model: Model) -> str:
    """Draw a model as indented text: stocks and flows of each chain, what they fire, who acts on whom, and loops.

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
    if model.stocks:
        lines.append("feedback stocks")
        lines += [f"  {_stock(stock)}" for stock in model.stocks]
    graph = causal_graph(model)
    if graph.links:
        lines.append("causal links (+ more leads to more, - to less, +- either; a service counts by the help it gives)")
        lines += [f"  {_link(link)}" for link in graph.links.values()]
    loops = loops_of(graph)
    if loops:
        lines.append("loops (R reinforcing, B balancing, ? either)")
        lines += [f"  {loop.kind}  {' -> '.join(loop.names)}" for loop in loops]
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
    if chain.service and chain.service.team:
        lines += [f"  {line}" for line in _team(chain.service.team)]
    return lines


def _team(team: Team) -> Iterator[str]:
    """Draw what a team is told by last step's totals."""
    for key in ("turnover_times", "time_left", "extra_workers"):
        expression = getattr(team, key)
        if expression is not None:
            yield f"team: {key} = {_short(expression)}"


def _effect(effect: Effect) -> str:
    """Draw one effect."""
    on = ", ".join(f"{chain} ({len(moves)} moves)" for chain, moves in effect.on.items())
    scale = "" if effect.scale == "rate" else f" ({effect.scale})"
    return f"{effect.name}: {on} x {_short(effect.times)}{scale} while {_short(effect.when)}"


def _stock(stock: Stock) -> str:
    """Draw one feedback stock."""
    start = "" if stock.start is None else f", from {_short(stock.start)}"
    how = "a year" if stock.kind == "level" else f"over {stock.over_steps:g} steps"
    return f"{stock.name}: {stock.kind} of {_short(stock.expression)} {how}{start}"


def _link(link: CausalLink) -> str:
    """Draw one causal link."""
    return f"{link.source} -> {link.target}: {SIGNS[link.sign]} ({', '.join(link.why)})"


def _short(expression: Expression, width: int = 60) -> str:
    """Give the text of an expression, cut to a width."""
    text = " ".join(expression.text.split())
    return text if len(text) <= width else text[: width - 3] + "..."


def as_mermaid(model: Model) -> str:
    """Draw stocks and flows: a box for each state of a chain, arrows for moves, dotted ones for what acts on them.

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
    graph = causal_graph(model)
    lines += [f"  {_identifier(name)}([{name}])" for name in graph.groups if name not in model.order]
    for link in graph.links.values():
        label = ", ".join(link.why).replace('"', "'")
        lines.append(f'  {_identifier(link.source)} -. "{SIGNS[link.sign]} {label}" .-> {_identifier(link.target)}')
    return "\n".join(lines) + "\n"


def as_loops(model: Model) -> str:
    """Draw the causal loops alone: a box for each variable, grouped by whose it is, and signed links.

    Parameters
    ----------
    model
        The model to draw.

    Returns
    -------
        Text that Mermaid renders; the loops, with R or B, are comments at its end.
    """
    graph = causal_graph(model)
    lines = ["flowchart LR"]
    for group in dict.fromkeys(graph.groups.values()):
        lines.append(f"  subgraph {_identifier(group)}_group[{group}]")
        lines += [f"    {_identifier(name)}[{name}]" for name, own in graph.groups.items() if own == group]
        lines.append("  end")
    lines += list(_signed(graph))
    lines += [f"  %% {loop.kind}: {' -> '.join(loop.names)}" for loop in loops_of(graph)]
    return "\n".join(lines) + "\n"


def _signed(graph: CausalGraph) -> Iterator[str]:
    """Draw the links with their signs and colours."""
    for link in graph.links.values():
        yield f'  {_identifier(link.source)} -->|"{SIGNS[link.sign]}"| {_identifier(link.target)}'
    for i, link in enumerate(graph.links.values()):
        yield f"  linkStyle {i} stroke:{LINK_COLOURS[link.sign]}"


def _identifier(name: str) -> str:
    """Write a variable as a word that Mermaid takes."""
    return name.replace(" ", "_")
