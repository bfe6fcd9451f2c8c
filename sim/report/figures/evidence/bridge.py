"""From this study's answer to a published one: what each change brings, in both orders."""

from __future__ import annotations

from functools import partial
from itertools import pairwise

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.exhibits.drawing import bar_height, name_rows, places, value_column
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.numbers import fixed, interval, plural, ratio
from sim.exhibits.sentences import sentence
from sim.exhibits.style import COLOURS, INK, WIDE, Canvas, new_panels, words
from sim.results.folder.beside import BRIDGE, Bridge, Station
from sim.table import Cell, Table

_signed = partial(fixed, places=2, sign=True)
ORDERS = (("forwards", "the changes in their order"), ("backwards", "the last change first"))


def _changes(stations: tuple[Station, ...]) -> list[float]:
    """Give what each station adds to the ratio; the first adds nothing."""
    means = [one.ratio.mean for one in stations]
    return [0.0, *(after - before for before, after in pairwise(means))]


def bridge_table(found: Bridge) -> Table:
    """Make the table of a bridge: where each change leads, and what it brings, in both orders."""
    rows: list[tuple[str, ...]] = []
    for way, order in ORDERS:
        stations: tuple[Station, ...] = getattr(found, way)
        for i, (one, change) in enumerate(zip(stations, _changes(stations), strict=True)):
            rows.append((
                order if not i else "", one.title, interval(one.saved), interval(one.cost), interval(one.ratio, ratio),
                "" if not i else _signed(change),
            ))  # fmt: skip
        rows.append(("", f"published ({found.source})", "", "", ratio(found.published), _signed(found.unexplained)))
    columns = ("order", "step", "saved, £ a family", "cost, £ a family", "saved for each £1", "change")
    runs = plural("replication") if found.replications != 1 else "replication"
    note = (
        f"{words(found.regime)} against {words(found.against)}; {found.ledger} ledger, {found.price_year} prices, per "
        f"family helped ({found.replications} {runs}; 95% intervals over them). "
        f"What remains, {_signed(found.unexplained)}: {found.remains}"
    )
    return Table("From this study to the published analysis", columns, tuple(rows), note)


def bridge_rows(found: Bridge) -> Table:
    """Give every station of a bridge with plain numbers."""
    names = ("order", "step", "title", "saved", "saved_low", "saved_high", "cost", "cost_low", "cost_high", "ratio",
             "ratio_low", "ratio_high", "change")  # fmt: skip
    rows: list[tuple[Cell, ...]] = []
    for way, _ in ORDERS:
        stations: tuple[Station, ...] = getattr(found, way)
        for i, (one, change) in enumerate(zip(stations, _changes(stations), strict=True)):
            rows.append((way, i, one.title, *one.saved.cells, *one.cost.cells, *one.ratio.cells, change if i else None))
        rows.append((way, len(stations), f"published ({found.source})", *[None] * 6, found.published, None, None,
                     found.unexplained))  # fmt: skip
    return Table("Bridge", names, rows)


def plot_bridge(found: Bridge, *, canvas: Canvas = WIDE) -> Figure:
    """Draw both orders as waterfalls over each other: pounds saved for each pound spent; dots with 95% intervals."""
    row = 0.8 if canvas.is_narrow else 0.5
    axes = new_panels(2, 0.9 + row * (len(found.forwards) + 1), canvas, beside=1, share_y=False)
    for ax, (way, order) in zip(axes, ORDERS, strict=True):
        _waterfall(ax, getattr(found, way), found, canvas)
        ax.set_title(f"{order[:1].upper()}{order[1:]}")
    ends = [end for ax in axes for end in ax.get_xlim()]
    for ax in axes:
        ax.set_xlim(min(ends), max(ends))
    label = f"Saved for each £1 spent ({found.ledger} ledger, {found.price_year} prices)"
    axes[1].set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 40))
    figure = axes[0].figure
    assert isinstance(figure, Figure)
    return figure


def _waterfall(ax: Axes, stations: tuple[Station, ...], found: Bridge, canvas: Canvas) -> None:
    """Draw one order."""
    labels: list[str] = []
    values: list[str] = []
    colours: list[str] = []
    before = 0.0
    at, height = places(len(stations) + 1, canvas), bar_height(canvas)
    for y, one, change in zip(at, stations, _changes(stations), strict=False):
        colours.append(COLOURS[0] if not values else COLOURS[2] if change >= 0 else COLOURS[1])
        ax.barh(y, one.ratio.mean - before, height, left=before, color=colours[-1], alpha=0.35)
        if one.ratio.low is not None and one.ratio.high is not None:
            ax.plot([one.ratio.low, one.ratio.high], [y, y], color=INK, linewidth=1.5)
        ax.plot(one.ratio.mean, y, "o", color=INK, markersize=5.5)
        values.append(_signed(change) if values else fixed(one.ratio.mean, 2))
        before = one.ratio.mean
        labels.append(one.title)
    ax.barh(at[-1], found.published - before, height, left=before, color=COLOURS[3], alpha=0.35, hatch="//")
    ax.plot(found.published, at[-1], "D", color=INK, markersize=6)
    ax.axvline(1.0, color=INK, linewidth=0.8, linestyle="--")
    ax.axvline(0.0, color=INK, linewidth=0.8)
    named = f"published ({found.source}); hatched: unexplained"
    name_rows(ax, [*labels, named], canvas, taken=7)
    value_column(
        ax, [(text, text) for text in [*values, _signed(found.unexplained)]], [*colours, INK], canvas
    )  # fmt: skip


def bridge_finding(found: Bridge) -> str:
    """Say where the bridge begins, where it leads, and what is left."""
    first, last = found.forwards[0], found.forwards[-1]
    return sentence(
        f"this study finds {interval(first.ratio, ratio)} saved for each £1 spent by {words(found.regime)}; with every "
        f"change made it finds {interval(last.ratio, ratio)}, against the {ratio(found.published)} that was published "
        f"({found.source}), so that {_signed(found.unexplained)} is not explained"
    )


FIGURE = Exhibit[Bridge](
    name="bridge", title="From this study to the published analysis",
    caption="Pounds saved for each pound spent, after one change a step, in both orders, since changes act on each "
    "other: dots with 95% intervals over replications; bars and the numbers beside are what each change brings. "
    "Dashed: what is saved equals what is spent.",
    draw=plot_bridge, table=bridge_table, finding=bridge_finding, section="cost", order=95, source=BRIDGE,
    all_sets=True,
)  # fmt: skip
