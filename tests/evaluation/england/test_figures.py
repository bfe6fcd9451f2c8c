"""The map of squares: every authority once, neighbours beside each other, and no letter over another."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import pytest
from matplotlib import rc_context
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.evaluation.england.published import authorities
from sim.exhibits.maps.tiles import CLASSES, class_edges, class_of, draw_tiles, tiles
from sim.exhibits.style import CANVASES, LEAST_TEXT, RC, WIDE, Canvas

ISLANDS = {"Isles of Scilly", "Isle of Wight"}


def test_each_authority_has_one_square_and_one_code() -> None:
    placed = tiles()
    assert set(placed) == {one.area for one in authorities()}
    assert {tile.name for tile in placed.values()} == {one.name for one in authorities()}
    assert len({(tile.row, tile.column) for tile in placed.values()}) == len(placed)
    assert len({tile.code for tile in placed.values()}) == len(placed)
    assert all(len(tile.code) == 3 and tile.code.isupper() for tile in placed.values())


def test_squares_of_a_region_touch_but_for_islands() -> None:
    by_region: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for one in authorities():
        if one.name not in ISLANDS:
            tile = tiles()[one.area]
            by_region["London" if one.is_london else one.region].add((tile.row, tile.column))
    assert len(by_region) == 9
    for region, squares in by_region.items():
        left, edge = set(squares), [next(iter(squares))]
        left.discard(edge[0])
        while edge:
            row, column = edge.pop()
            for near in ((row + 1, column), (row - 1, column), (row, column + 1), (row, column - 1)):
                if near in left:
                    left.discard(near)
                    edge.append(near)
        assert not left, region


def test_north_is_up_and_east_is_right() -> None:
    placed = {tile.name: tile for tile in tiles().values()}
    for north, south in (("Northumberland", "Leeds"), ("Leeds", "Leicester"), ("Leicester", "Camden"),
                         ("Camden", "Kent")):  # fmt: skip
        assert placed[north].row < placed[south].row
    for west, east in (("Cornwall", "Devon"), ("Liverpool", "Manchester"), ("Bristol, City of", "Camden"),
                       ("Shropshire", "Norfolk")):  # fmt: skip
        assert placed[west].column < placed[east].column


def drawn(canvas: Canvas) -> Figure:
    values = {area: float(i) if i else None for i, area in enumerate(tiles())}
    with rc_context(RC):
        figure = draw_tiles(values, "Children looked after per 10,000 children, 31 March 2025", canvas=canvas).figure
    assert isinstance(figure, Figure)
    return figure


@pytest.mark.parametrize("canvas", CANVASES, ids=lambda canvas: canvas.name)
def test_no_letters_over_others_or_outside(canvas: Canvas) -> None:
    figure = drawn(canvas)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    ax = figure.axes[0]
    texts = [text for text in [*ax.texts, ax.title, ax._left_title, *figure.legends[0].get_texts()] if text.get_text()]
    assert len(ax.texts) == (len(tiles()) if canvas is WIDE else 0)
    assert all(text.get_fontsize() >= LEAST_TEXT for text in texts)
    boxes = np.array([text.get_window_extent(renderer).extents for text in texts])
    width, height = figure.bbox.width, figure.bbox.height
    assert boxes[:, :2].min() >= 0
    assert boxes[:, 2].max() <= width
    assert boxes[:, 3].max() <= height
    for i, (x0, y0, x1, y1) in enumerate(boxes):
        over = (boxes[:, 0] < x1) & (boxes[:, 2] > x0) & (boxes[:, 1] < y1) & (boxes[:, 3] > y0)
        assert over.sum() == 1, [texts[j].get_text() for j in np.flatnonzero(over)] + [texts[i].get_text()]


def test_a_code_stays_in_its_square() -> None:
    figure = drawn(WIDE)
    renderer = FigureCanvasAgg(figure).get_renderer()
    figure.draw(renderer)
    ax = figure.axes[0]
    side = ax.transData.transform((1, 0))[0] - ax.transData.transform((0, 0))[0]
    assert max(text.get_window_extent(renderer).width for text in ax.texts) < side


def test_classes_hold_as_many_areas_each() -> None:
    values = list(np.arange(150.0))
    edges = class_edges(values)
    counts = np.bincount([class_of(value, edges) for value in values])
    assert len(counts) == CLASSES
    assert counts.max() - counts.min() <= 1
    assert [class_of(edge, edges) for edge in edges] == [*range(CLASSES), CLASSES - 1]  # an edge is the class above
    assert class_edges([3.0, 3.0]) == [3.0]
    assert class_of(3.0, [3.0]) == 0


def test_nothing_to_draw_is_refused() -> None:
    with pytest.raises(ValueError, match="no area of the map"):
        draw_tiles({"synthetic_001": 1.0}, "x")
