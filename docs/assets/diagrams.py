"""Draws the flowcharts of the pages (the part of Mermaid's language that they use) as SVG, without a script.

``a[label] -- word --> b`` is a move, ``-. word .->`` an influence, ``c([label])`` a service. Boxes stand in columns
from left to right; the second way between two boxes runs beneath, and what spans several columns in an arc.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape

HIGH, ROW, LETTER, SMALL = 34, 74, 7.6, 6.4
"""Height of a box and of a row, width of a letter in a box and of one beside an arrow, all in pixels."""
NODE = re.compile(r"\s*(\w+)(?:\(\[(?P<round>.+?)\]\)|\[(?P<square>.+?)\])?\s*")
LINK = re.compile(r"-->|-\.->|--\s*(?P<word>.+?)\s*-->|-\.\s*(?P<dotted>.+?)\s*\.->")


@dataclass
class Box:
    """A box: what stands in it, whether it is a service, and where it is."""

    label: str
    service: bool = False
    column: int = 0
    row: int = 0
    x: float = 0.0

    @property
    def wide(self) -> float:
        """Give its width."""
        return len(self.label) * LETTER + 22

    @property
    def y(self) -> float:
        """Give the height of its middle."""
        return 62 + self.row * ROW


@dataclass
class Arrow:
    """An arrow between two boxes; dotted for an influence."""

    source: str
    target: str
    word: str
    dotted: bool


@dataclass
class Chart:
    """Boxes in order of first mention, and arrows."""

    boxes: dict[str, Box] = field(default_factory=dict)
    arrows: list[Arrow] = field(default_factory=list)


def parse(text: str) -> Chart:
    """Read a flowchart.

    Raises
    ------
    ValueError
        If a line is neither a box nor arrows between boxes.
    """
    chart = Chart()
    for line in text.strip().splitlines()[1:]:
        at, link, previous = 0, None, ""
        while at < len(line):
            found = NODE.match(line, at)
            if found is None:
                raise ValueError(f"a flowchart has the line '{line}'; write boxes with arrows between them")
            name, label = found[1], found["round"] or found["square"]
            box = chart.boxes.setdefault(name, Box(name.replace("_", " ")))
            if label:
                box.label, box.service = label, found["round"] is not None
            if link is not None:
                word = link["word"] or link["dotted"] or ""
                chart.arrows.append(Arrow(previous, name, word, link[0].startswith("-.")))
            previous, at = name, found.end()
            link = LINK.match(line, at)
            at = link.end() if link else len(line)
    return chart


def place(chart: Chart) -> None:
    """Give each box its column, one to the right of what first leads to it, and a row of its own in it."""
    seen: set[str] = set()
    height: dict[int, int] = {}
    for name in (end for arrow in chart.arrows for end in (arrow.source, arrow.target)):
        if name in seen:
            continue
        seen.add(name)
        box = chart.boxes[name]
        into = [chart.boxes[a.source].column for a in chart.arrows if a.target == name and a.source in seen - {name}]
        box.column = min(into) + 1 if into else 0
        box.row = height.get(box.column, 0)
        height[box.column] = box.row + 1
    x = 12.0
    for column in range(max(box.column for box in chart.boxes.values()) + 1):
        mine = [box for box in chart.boxes.values() if box.column == column]
        wide = max((box.wide for box in mine), default=0.0)
        for box in mine:
            box.x = x + wide / 2
        words = [len(a.word) for a in chart.arrows if column == min(_columns(chart, a)) and _near(chart, a)]
        x += wide + max(46.0, max(words, default=0) * SMALL + 26)


def _columns(chart: Chart, arrow: Arrow) -> tuple[int, int]:
    return chart.boxes[arrow.source].column, chart.boxes[arrow.target].column


def _near(chart: Chart, arrow: Arrow) -> bool:
    """Whether an arrow joins neighbouring columns."""
    a, b = _columns(chart, arrow)
    return abs(a - b) == 1


def flowchart(text: str) -> str:
    """Draw a flowchart as SVG; its title says in words what leads to what."""
    chart = parse(text)
    place(chart)
    wide = max(box.x + box.wide / 2 for box in chart.boxes.values()) + 12
    high = max(box.y for box in chart.boxes.values()) + 74
    told = "; ".join(
        f"{chart.boxes[a.source].label} to {chart.boxes[a.target].label}{f' ({a.word})' if a.word else ''}"
        for a in chart.arrows
    )
    head = (
        f'<svg role="img" viewBox="0 0 {wide:.0f} {high:.0f}" width="{wide:.0f}" height="{high:.0f}">'
        f"<title>{escape(told)}</title><defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' "
        "markerHeight='7' orient='auto-start-reverse'><path d='M0,0 L8,4 L0,8 z'/></marker></defs>"
    )
    return head + "".join(_arrows(chart)) + "".join(map(_box, chart.boxes.values())) + "</svg>"


def _box(box: Box) -> str:
    """Draw a box, rounded for a service."""
    round_ = HIGH / 2 if box.service else 4
    return (
        f'<rect x="{box.x - box.wide / 2:.1f}" y="{box.y - HIGH / 2:.1f}" width="{box.wide:.1f}" height="{HIGH}" '
        f'rx="{round_}"/><text x="{box.x:.1f}" y="{box.y + 5:.1f}">{escape(box.label)}</text>'
    )


def _arrows(chart: Chart) -> Iterator[str]:
    """Draw the arrows with their words."""
    drawn: dict[tuple[str, str], int] = {}
    for arrow in chart.arrows:
        pair = (min(arrow.source, arrow.target), max(arrow.source, arrow.target))
        number = drawn[pair] = drawn.get(pair, -1) + 1
        path, x, y = _route(chart.boxes[arrow.source], chart.boxes[arrow.target], number, len(arrow.word) * SMALL)
        dashes = ' stroke-dasharray="4 4"' if arrow.dotted else ""
        yield f'<path class="arrow" d="{path}"{dashes} marker-end="url(#tip)"/>'
        if arrow.word:
            yield f'<text class="word" x="{x:.1f}" y="{y:.1f}">{escape(arrow.word)}</text>'


def _route(a: Box, b: Box, number: int, word: float) -> tuple[str, float, float]:
    """Give the path of an arrow and the middle of its word, so wide; ``number`` counts arrows between two boxes."""
    if abs(a.column - b.column) == 1:
        way = 1 if b.column > a.column else -1
        shift = (-8, 8, 15)[min(number, 2)] if a.row == b.row else (0, 8, -8)[min(number, 2)]
        x1, x2 = a.x + way * a.wide / 2, b.x - way * b.wide / 2
        y1, y2 = a.y + shift, b.y + shift
        under = 15 if shift > 0 else -6
        return f"M{x1:.1f},{y1:.1f} L{x2:.1f},{y2:.1f}", (x1 + x2) / 2, (y1 + y2) / 2 + under
    if a.column == b.column:
        way = 1 if b.y > a.y else -1
        side = 1 if number else -1
        x, y1, y2 = a.x + 7 * side, a.y + way * HIGH / 2, b.y - way * HIGH / 2
        return f"M{x:.1f},{y1:.1f} L{x:.1f},{y2:.1f}", x + side * (word / 2 + 5), (y1 + y2) / 2 + 4
    way = -1 if a.row == 0 and b.row == 0 and a.column > b.column else 1
    y1, y2 = a.y + way * HIGH / 2, b.y + way * HIGH / 2
    far = (min if way < 0 else max)(y1, y2) + way * 36
    middle = (a.x + b.x) / 2
    return f"M{a.x:.1f},{y1:.1f} C{a.x:.1f},{far:.1f} {b.x:.1f},{far:.1f} {b.x:.1f},{y2:.1f}", middle, (
        (y1 + y2) / 8 + far * 0.75 + (15 if way > 0 else -5)
    )
