"""Pictures of a model: its causal loops with polarities, and its stocks and flows."""

from __future__ import annotations

from math import atan2, cos, pi, sin, sqrt
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from matplotlib.path import Path as Curve

from sim.config.views.causal_loops import CausalGraph, CausalLink, causal_graph, loops_of
from sim.errors import ModelError, Problem
from sim.exhibits.style import COLOURS, FAINT, INK, RC, SEVERITY, new_figure, words
from sim.model.spec import Chain, Model

SIGNS = {1: "+", -1: "\N{MINUS SIGN}", 0: "\N{PLUS-MINUS SIGN}"}
SHADES = {1: COLOURS[0], -1: COLOURS[1], 0: FAINT}
FILLS = {"services": "#E6F2EC", "feedback": "#FBEFD5"}
ARROW = " \N{RIGHTWARDS ARROW} "
FEW = 7
"""Up to so many variables stand on one circle."""
LOOPS_LISTED = 12
COLUMNS = 4
FORMATS = (".svg", ".png", ".pdf")

Places = dict[str, tuple[float, float]]
Style = dict[str, Any]


def draw(model: Model, what: str, path: Path) -> None:
    """Draw a model to a picture file.

    Parameters
    ----------
    model
        The model.
    what
        ``loops`` (causal loops) or ``stocks`` (stocks and flows).
    path
        The file; its ending says the format (svg, png, pdf).

    Raises
    ------
    ModelError
        When the ending is another one.
    """
    if path.suffix not in FORMATS:
        given = f"given '{path.name}'; a picture's name ends in {', '.join(FORMATS)}"
        raise ModelError([Problem("", "--figure", given)])
    with matplotlib.rc_context(RC):
        axes = plot_loops(causal_graph(model)) if what == "loops" else plot_stocks(model)
        figure = axes.get_figure(root=True)
        assert figure is not None
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def plot_loops(graph: CausalGraph, ax: Axes | None = None) -> Axes:
    """Draw causal links: blue arrows for +, orange for -, grey where it depends; loops are listed below."""
    linked = {name for ends in graph.links for name in ends} or set(graph.groups)
    graph = CausalGraph({name: group for name, group in graph.groups.items() if name in linked}, graph.links)
    places = _places(graph)
    size = 1.45 * sqrt(len(places)) + 1.5 if len(places) > FEW else 6.5
    ax = new_figure(size * 1.15, size).subplots() if ax is None else ax
    degree = {name: sum(name in ends for ends in graph.links) for name in graph.groups}
    for link in graph.links.values():
        busy = degree[link.source] > len(places) / 2 or degree[link.target] > len(places) / 2
        _arrow(ax, link, places, faint=busy and len(places) > FEW and _crosses_hub(link, places))
    for name, (x, y) in places.items():
        fill = FILLS.get(graph.groups[name], SEVERITY[0])
        box = {"boxstyle": "round,pad=0.35", "fc": fill, "ec": FAINT, "lw": 0.6}
        label = name.rsplit(" ", 1)[1] if " " in name else words(name).replace(" ", "\n", 1)
        ax.text(x, y, label, ha="center", va="center", fontsize=8, bbox=box, zorder=3)
    loops = loops_of(graph)
    listed = [f"{loop.kind}: {ARROW.join(words(name) for name in loop.names)}" for loop in loops]
    more = [f"... and {len(listed) - LOOPS_LISTED} more; see --as text"] if len(listed) > LOOPS_LISTED else []
    reach = max([*(abs(v) for place in places.values() for v in place), 0.6]) + 0.4
    ax.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    ax.text(0.0, -0.01, "\n".join([*listed[:LOOPS_LISTED], *more]), transform=ax.transAxes, va="top", fontsize=7)
    ax.set_title("Causal loops: + more leads to more, \N{MINUS SIGN} more leads to less; R reinforcing, B balancing")
    ax.axis("off")
    return ax


def _crosses_hub(link: CausalLink, places: Places) -> bool:
    """Whether a link joins two variables on the outer circles, where most lines cross."""
    return all(sqrt(x * x + y * y) > 1.6 for x, y in (places[link.source], places[link.target]))


def _arrow(ax: Axes, link: CausalLink, places: Places, faint: bool) -> None:
    """Draw one link with its sign near the head; a link of a variable to itself as a loop beside it."""
    (x0, y0), (x1, y1) = places[link.source], places[link.target]
    shade, alpha = SHADES[link.sign], 0.25 if faint else 0.9
    style: Style = {"arrowstyle": "-|>", "mutation_scale": 9, "color": shade, "alpha": alpha, "lw": 1.0, "zorder": 1}
    if link.source == link.target:
        start, end, bend, at = (x0 + 0.10, y0 + 0.12), (x0 - 0.10, y0 + 0.12), 2.2, (x0, y0 + 0.36)
        ax.add_patch(FancyArrowPatch(start, end, connectionstyle=f"arc3,rad={bend}", **style))
    else:
        bend = 0.12
        arrow: Style = {**style, "shrinkA": 17, "shrinkB": 17}
        ax.add_patch(FancyArrowPatch((x0, y0), (x1, y1), connectionstyle=f"arc3,rad={bend}", **arrow))
        share = 0.68
        side = 2 * bend * share * (1 - share)
        at = (x0 + share * (x1 - x0) + side * (y1 - y0), y0 + share * (y1 - y0) - side * (x1 - x0))
    if not faint:
        box = {"boxstyle": "circle,pad=0.05", "fc": "white", "ec": "none", "alpha": 0.8}
        ax.text(*at, SIGNS[link.sign], color=shade, ha="center", va="center", fontsize=8, weight="bold", bbox=box)


def _places(graph: CausalGraph) -> Places:
    """Lay variables out: the hub in the middle, chains around it, services further out, feedback stocks outermost."""
    names = list(graph.groups)
    if len(names) <= FEW:
        return _circle(names, 0.8 if len(names) > 1 else 0.0)
    inner = [name for name in names if graph.groups[name] not in ("services", "feedback")]
    hub = max(inner or names, key=lambda name: sum(name in ends for ends in graph.links))
    places: Places = {hub: (0.0, 0.0)} | _circle([name for name in inner if name != hub], 1.1)
    outer = [name for name in names if name not in places and not name.endswith((" waiting", " places"))]
    for group, radius in (("services", 2.0), ("feedback", 3.7 if len(outer) < len(names) - len(places) else 2.8)):
        mine = [name for name in outer if graph.groups[name] == group]
        places |= _circle(sorted(mine, key=lambda name: _angle(name, graph, places)), radius)
    for name in names:
        if name not in places:
            x, y = places[name.rsplit(" ", 1)[0]]
            turn = atan2(x, y) + (-0.14 if name.endswith("waiting") else 0.14)
            places[name] = (2.85 * sin(turn), 2.85 * cos(turn))
    return places


def _circle(names: list[str], radius: float) -> Places:
    """Spread names evenly over a circle, the first at the top, clockwise."""
    step = 2 * pi / max(len(names), 1)
    return {name: (radius * sin(i * step), radius * cos(i * step)) for i, name in enumerate(names)}


def _angle(name: str, graph: CausalGraph, places: Places) -> float:
    """Give the mean direction, clockwise from the top, of what a variable has links with."""
    others = [b if a.startswith(name) else a for a, b in graph.links if a.startswith(name) or b.startswith(name)]
    near = [places[other] for other in others if other in places]
    x, y = sum(p[0] for p in near), sum(p[1] for p in near)
    return atan2(x, y) % (2 * pi)


def plot_stocks(model: Model) -> Axes:
    """Draw stocks and flows: a panel for each chain, its states as boxes, its moves as arrows with a valve.

    Moves to worse states (or on along a service's pathway) run above, the others below; admission, which places
    decide on, is a dashed arrow. Feedback stocks stand in a panel of their own with what flows into them.
    """
    chains = [model.chain(name) for name in model.order]
    n = len(chains) + bool(model.stocks)
    columns = min(n, COLUMNS)
    rows = -(-n // columns)
    figure = Figure(figsize=(4.6 * columns, 1.7 * rows), layout="constrained")
    panels: list[Axes] = list(figure.subplots(rows, columns, squeeze=False).reshape(-1))
    for spare in panels[n:]:
        spare.remove()
    panels = panels[:n]
    for ax, chain in zip(panels, chains, strict=False):
        _stocks_of(ax, chain)
    if model.stocks:
        _feedback(panels[-1], model)
    return panels[0]


def _stocks_of(ax: Axes, chain: Chain) -> None:
    """Draw one chain."""
    n, spans = len(chain.states), [1]
    for i, state in enumerate(chain.states):
        shade = SEVERITY[round(i * (len(SEVERITY) - 1) / max(n - 1, 1))] if chain.service is None else FILLS["services"]
        ink = "white" if shade == SEVERITY[-1] else INK
        _box(ax, i - 0.42, 0.84, 0.0, shade)
        ax.text(
            i, 0.0, words(state).replace(" ", "\n"), ha="center", va="center", fontsize=6 if n >= FEW else 7, color=ink
        )
    for move in chain.transitions:
        spans.append(_flow(ax, chain.states.index(move.source), chain.states.index(move.target)))
    if chain.has_queue:
        _flow(ax, chain.waiting, chain.engaged[0], dashed=True)
    reach = 0.35 + 0.3 * sqrt(max(spans))
    ax.set(xlim=(-0.6, max(n, 3) - 0.4), ylim=(-reach, reach))
    ax.set_title(f"{words(chain.name)} (each {chain.unit})", fontsize=9)
    ax.axis("off")


def _box(ax: Axes, x: float, width: float, y: float, shade: str) -> None:
    ax.add_patch(FancyBboxPatch((x, y - 0.17), width, 0.34, "round,pad=0.02", fc=shade, ec=FAINT, lw=0.6))


def _flow(ax: Axes, a: int, b: int, dashed: bool = False) -> int:
    """Draw a flow from state a to state b as an arc with a valve on it; give how many states it spans."""
    up = 1 if b > a else -1
    x0, x1, y = a + 0.1 * up, b - 0.1 * up, 0.2 * up
    height = 0.26 * up * sqrt(abs(b - a))
    curve = Curve([(x0, y), ((x0 + x1) / 2, y + 2 * height), (x1, y)], [Curve.MOVETO, Curve.CURVE3, Curve.CURVE3])
    shade = INK if dashed else COLOURS[1] if up > 0 else COLOURS[0]
    style: Style = {"arrowstyle": "-|>", "mutation_scale": 8, "color": shade, "lw": 0.9, "ls": "--" if dashed else "-"}
    ax.add_patch(FancyArrowPatch(path=curve, **style))
    ax.text((x0 + x1) / 2, y + height, "\N{BOWTIE}", ha="center", va="center", fontsize=7, color=INK)
    return abs(b - a)


def _feedback(ax: Axes, model: Model) -> None:
    """Draw the feedback stocks, one a line, with what flows in."""
    for i, stock in enumerate(model.stocks):
        y = -0.5 * i
        _box(ax, 0.0, 1.3, y, FILLS["feedback"])
        ax.text(0.65, y, words(stock.name), ha="center", va="center", fontsize=6)
        ax.annotate("", (1.32, y), (1.75, y), arrowprops={"arrowstyle": "-|>", "color": INK, "lw": 0.9})
        ax.text(1.53, y, "\N{BOWTIE}", ha="center", va="center", fontsize=7)
        how = "" if stock.kind == "level" else f", {stock.kind} over {stock.over_steps:g} steps"
        ax.text(1.8, y, _cut(" ".join(stock.expression.text.split())) + how, va="center", fontsize=6)
    ax.set(xlim=(-0.1, 6.0), ylim=(-0.5 * max(len(model.stocks), 3), 0.4))
    ax.set_title("feedback stocks", fontsize=9)
    ax.axis("off")


def _cut(text: str, width: int = 52) -> str:
    return text if len(text) <= width else text[: width - 3] + "..."
