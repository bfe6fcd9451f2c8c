"""Who brought it about: the table, the figure and the page of a Shapley study."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from sim.exhibits.csv import write_csv
from sim.exhibits.drawing import bar_height, key, name_rows, places, row_axes, zero_line
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.html import write_page
from sim.exhibits.numbers import MISSING, fixed, scale_of
from sim.exhibits.sentences import sentence
from sim.exhibits.style import COLOURS, INK, WIDE, Canvas, words
from sim.exhibits.svg import draw_all
from sim.studies.shapley.answer import Shared, Sharing
from sim.table import Table

COLUMNS = (
    "player", "title", "over", "view", "share", "simulation_error", "order_error", "alone", "last_to_join", "terms",
)  # fmt: skip
_pounds = partial(fixed, places=0, finer_below=100.0, sign=True)
CAPTION = (
    "Bars sum to what all bring together; a player that brings more as the last to join than alone needs the "
    "others. Thin lines are 95% intervals of chance in the simulation, where there is any."
)


def shares_table(found: Sharing) -> Table:
    """Make the table of Shapley shares, the largest first, with their sum."""
    factor, unit = scale_of(np.array([one.share for one in found.shares]))
    rows = [
        (
            words(one.player), found.titles[one.player], _pounds(one.share / factor), _error(one, factor),
            _pounds(one.alone / factor), _pounds(one.last / factor),
        )
        for one in sorted(found.shares, key=lambda one: -one.share)
    ]  # fmt: skip
    rows.append(("all of them", "", _pounds(float(found.whole.mean()) / factor), "", "", ""))
    alone = sum(one.alone for one in found.shares)
    who = "agencies join, the others staying as they are" if found.over == "agencies" else "mechanisms are at work"
    note = (
        f"Net saving of {words(found.regime)} against {words(found.baseline)} when only some {who}, shared by "
        f"each one's contribution averaged over all orders (Shapley). Alone they would bring {_pounds(alone / factor)} "
        f"together; the other {_pounds((float(found.whole.mean()) - alone) / factor)} comes of acting jointly. "
        f"{len(found.values):,} coalitions. {found.terms}"
    )
    what = "agency" if found.over == "agencies" else "mechanism"
    columns = (what, "what it is", f"share, {unit}", "standard error", "alone", "last to join")
    return Table(f"How much each {what} brings", columns, tuple(rows), note)


def _error(one: Shared, factor: float) -> str:
    """Write the standard error of chance and of sampled orders together; a dash where there is none."""
    error = float(np.hypot(one.simulation_error, one.order_error))
    return f"{error / factor:,.2f}" if error > 0 else MISSING


def plot_shares(found: Sharing, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw Shapley shares as bars, with what each achieves alone and as the last to join.

    Parameters
    ----------
    found
        What ``sim.studies.shapley.question.share`` gave.
    ax
        Axes to draw on; new ones when not given.
    canvas
        The room that there is.
    """
    shown = sorted(found.shares, key=lambda one: -one.share)
    ax = row_axes(len(shown), canvas, key=3 if canvas.is_narrow else 1) if ax is None else ax
    factor, unit = scale_of(np.array([[one.share, one.alone, one.last] for one in shown]))
    errors = [1.96 * float(np.hypot(one.simulation_error, one.order_error)) / factor for one in shown]
    at = places(len(shown), canvas)
    label = "share, with 95% interval" if any(errors) else "share"
    ax.barh(at, [one.share / factor for one in shown], bar_height(canvas), color=COLOURS[4], label=label)
    if any(errors):
        ax.errorbar([one.share / factor for one in shown], at, xerr=errors, fmt="none", ecolor=INK, capsize=2)
    ax.plot([one.alone / factor for one in shown], at, "o", mfc="white", color=COLOURS[0], label="alone")
    ax.plot([one.last / factor for one in shown], at, "s", color=COLOURS[1], markersize=4.5, label="last to join")
    zero_line(ax, upright=True)
    name_rows(ax, [words(one.player) for one in shown], canvas)
    label = f"← costs more than it saves | saves more →\nNet present value, {unit}\n{found.terms}"
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    key(ax, canvas)
    return ax


def shares_finding(found: Sharing) -> str:
    """Say what all bring together, and who brings most."""
    factor, unit = scale_of(np.array([one.share for one in found.shares]))
    best = max(found.shares, key=lambda one: one.share)
    whole = _pounds(float(found.whole.mean()) / factor)
    return sentence(
        f"together they bring {whole} {unit}; most of it comes of {words(best.player)}, {_pounds(best.share / factor)}"
    )


def write_sharing(folder: Path, found: Sharing) -> None:
    """Write shapley.csv, coalitions.csv and shapley.html with its figure."""
    table = shares_table(found)
    exhibit = Exhibit("shapley", table.title, CAPTION, plot_shares, finding=shares_finding)
    drawn = draw_all([exhibit], found, folder / "figures")
    write_csv(folder / "shapley.csv", Table("Shares", COLUMNS, [
        (one.player, found.titles[one.player], found.over, found.view, one.share, one.simulation_error,
         one.order_error, one.alone, one.last, found.terms)
        for one in found.shares
    ]))  # fmt: skip
    names = ("members", "net_present_value", "replications", "view", "terms")
    write_csv(folder / "coalitions.csv", Table("Coalitions", names, [
        (" + ".join(p for p in found.players if p in coalition), float(np.mean(value)), float(len(value)),
         found.view, found.terms)
        for coalition, value in found.values.items()
    ]))  # fmt: skip
    write_page(folder / "shapley.html", f"Shares: {found.title}", [str(table.note)], drawn, [table])
