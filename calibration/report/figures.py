"""Pictures of a calibration, each from its table alone: fit, posterior pairs, conflicts, influence, contraction."""

from __future__ import annotations

from textwrap import fill
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from calibration.report.numbers import in_unit, short
from calibration.report.posterior import facts_of_calibration
from sim.arrays import FloatArray
from sim.exhibits.drawing import SMALL, bar_height, key, name_rows, places, row_axes
from sim.exhibits.style import COLOURS, FAINT, INK, SHADE, WIDE, Canvas, new_axes, new_panels, words

EACH = 0.3
"""Inches of a row."""
FARTHEST = 6.0
"""Standard deviations beyond which a target is drawn at the edge, with its distance written."""
MOST_PAIRED, MOST_POINTS, MOST_CONFLICTS, MOST_WRITTEN = 6, 600, 24, 14
BLUE, VERMILION, GREEN, GREY = COLOURS[0], COLOURS[1], COLOURS[2], COLOURS[6]
KINDS = {"fit": (BLUE, "o", "fitted"), "held_out": (GREEN, "D", "held out"), "claim": (GREY, "s", "claim, not scored")}
OVER = {"definition": (COLOURS[5], "over a definition"), "fact": (VERMILION, "over a fact")}


def plot_fit(ds: xr.Dataset, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw how far the model is from each published figure, in standard deviations of the figure; misses are named.

    Parameters
    ----------
    ds
        A calibration, see ``calibration.report.posterior.to_dataset``.
    ax
        Axes to draw on; new ones when not given.
    canvas
        The room that there is.
    """
    kinds = ds["target_kind"].values
    order = [i for kind in KINDS for i in np.flatnonzero(kinds == kind)]
    ax = row_axes(len(order), canvas, each=EACH, key=5 if canvas.is_narrow else 2) if ax is None else ax
    ax.axvspan(-1.96, 1.96, color=SHADE, zorder=0, linewidth=0)
    ax.axvline(0.0, color=INK, linewidth=0.8)
    for row, i in zip(places(len(order), canvas, each=EACH), order, strict=True):
        colour, marker, _ = KINDS[str(kinds[i])]
        low, mean, high = _standardised(ds, int(i))
        ax.plot(np.clip([low, high], -FARTHEST, FARTHEST), [row, row], color=colour, linewidth=2.2, alpha=0.55)
        hit = bool(ds["is_hit"].values[i])
        ax.plot(np.clip(mean, -FARTHEST, FARTHEST), row, marker=marker, color=colour, markersize=5.5, clip_on=False,
                markerfacecolor=colour if hit else "white", markeredgewidth=1.4)  # fmt: skip
        if not canvas.is_narrow:  # on a phone they are in the table below
            unit = str(ds["unit"].values[i])
            text = f"{in_unit(ds['value'].values[i], unit)}  |  {in_unit(ds['model_mean'].values[i], unit)}"
            text += f"  ({mean:+.0f} sd)" if abs(mean) > FARTHEST else ""
            ax.annotate(text, (1.01, row), xycoords=("axes fraction", "data"), va="center", fontsize=SMALL)
    name_rows(ax, [str(ds["label"].values[i]) for i in order], canvas, each=EACH)
    ax.set_xlim(-FARTHEST - 0.2, FARTHEST + 0.2)
    if not canvas.is_narrow:
        ax.set_title("published  |  model", loc="right")
    label = "Model less published figure, in standard deviations of the figure (lines: 95% of the posterior)"
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    shown = [KINDS[kind] for kind in KINDS if kind in kinds]
    handles: list[Any] = [Line2D([], [], color=c, marker=m, linewidth=2, label=name) for c, m, name in shown]
    handles.append(Line2D([], [], color=INK, marker="o", linewidth=0, markerfacecolor="white", label="outside its 95%"))
    handles.append(Patch(color=SHADE, label="95% of figure and stated model error"))
    key(ax, canvas, handles=handles)
    return ax


def _standardised(ds: xr.Dataset, i: int) -> tuple[float, float, float]:
    """Give the model's 2.5%, mean and 97.5% less the figure, in its standard deviations, on the scale compared."""
    values = np.array([float(ds[name].values[i]) for name in ("model_low", "model_mean", "model_high", "value")])
    if str(ds["scale"].values[i]) == "log":
        values = np.log(np.maximum(values, 1e-12))
    low, mean, high = (values[:3] - values[3]) / float(ds["spread"].values[i])
    return low, mean, high


def plot_pairs(ds: xr.Dataset, *, canvas: Canvas = WIDE) -> Axes:
    """Draw the posterior of the parameters that are best known, one by one and in pairs, over the prior in grey."""
    chosen = np.argsort(-ds["contraction"].values, kind="stable")[: 3 if canvas.is_narrow else MOST_PAIRED]
    draws, prior = ds["draws"].values, ds["prior"].values
    draws = draws[np.linspace(0, len(draws) - 1, min(len(draws), MOST_POINTS)).round().astype(int)]
    n = len(chosen)
    limits = [_limits(ds["draws"].values[:, i], prior[:, i]) for i in chosen]
    panels = np.array(new_panels(n * n, 1.6, canvas, beside=n, share_y=False), dtype=object).reshape(n, n)
    for row, i in enumerate(chosen):
        for column, j in enumerate(chosen):
            ax = panels[row, column]
            if column > row:
                ax.remove()
                continue
            if row == column:
                _marginal(ax, prior[:, i], ds["draws"].values[:, i], limits[row])
            else:
                ax.scatter(prior[:, j], prior[:, i], s=2, color=FAINT, alpha=0.25, linewidths=0, rasterized=True)
                ax.scatter(draws[:, j], draws[:, i], s=3, color=BLUE, alpha=0.5, linewidths=0, rasterized=True)
                ax.set_ylim(limits[row])
            ax.set_xlim(limits[column])
            ax.tick_params(labelbottom=row == n - 1, labelleft=column == 0 and row > 0)
            ax.locator_params(nbins=2)
            if row == n - 1:
                ax.set_xlabel(_two_lines(str(ds["parameter"].values[j])))
            if column == 0 and row > 0:
                ax.set_ylabel(_two_lines(str(ds["parameter"].values[i])))
    first: Axes = panels[0, 0]
    first.figure.suptitle("posterior (blue), prior (grey)", fontsize=SMALL, ha="left", x=0.02)
    return first


def _two_lines(name: str) -> str:
    """Break the name of a parameter in two."""
    return fill(words(short(name)), 14)


def _limits(posterior: FloatArray, prior: FloatArray) -> tuple[float, float]:
    """Give an axis: the posterior's range, as much again on either side, not beyond where the prior ends."""
    low, high = np.quantile(posterior, [0.001, 0.999])
    width = max(float(high - low), 1e-9 * abs(float(high)) + 1e-12)
    return (
        max(float(low) - width, min(float(prior.min()), float(low))),
        min(float(high) + width, max(float(prior.max()), float(high))),
    )


def _marginal(ax: Axes, prior: FloatArray, posterior: FloatArray, limits: tuple[float, float]) -> None:
    """Draw one parameter's prior and posterior as densities, in so far as they lie within an axis."""
    edges = np.linspace(*limits, 41)
    for values, colour in ((prior, FAINT), (posterior, BLUE)):
        density = np.histogram(values, edges)[0] / len(values)
        ax.stairs(
            density, edges, color=colour, linewidth=1.3, fill=colour == FAINT, alpha=0.5 if colour == FAINT else 1
        )
    ax.set_yticks([])


def plot_conflicts(ds: xr.Dataset, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw which statements cannot hold together: a column for each conflict; of fact, a cross on the one to drop."""
    distance = ds["distance"].values
    shown = np.arange(min(len(distance), 9 if canvas.is_narrow else MOST_CONFLICTS))
    involved = ds["involved"].values[shown].astype(bool)
    rows = np.flatnonzero(involved.any(axis=0)) if len(shown) else np.array([], int)
    ax = row_axes(len(rows), canvas, each=EACH, key=3 if canvas.is_narrow else 1) if ax is None else ax
    if not len(shown):
        ax.annotate("No two statements contradict each other.", (0.5, 0.5), xycoords="axes fraction", ha="center")
        ax.set_axis_off()
        return ax
    names, heights = ds["statement_name"].values, places(len(rows), canvas, each=EACH)
    for column, conflict in enumerate(shown):
        colour, _ = OVER[str(ds["over"].values[conflict])]
        at = np.flatnonzero(involved[column, rows])
        ax.plot([column] * len(at), heights[at], color=colour, linewidth=1.8, zorder=1)
        for row in at:
            # Statements that measure different things are read apart, and neither need go.
            dropped = colour == VERMILION and names[rows[row]] == ds["drop"].values[conflict]
            ax.plot(column, heights[row], marker="X" if dropped else "o", color=colour, markersize=9 if dropped else 7,
                    markeredgecolor="white", markeredgewidth=0.6)  # fmt: skip
    for stripe in range(0, len(rows), 2):
        ax.axhspan(stripe - 0.5, stripe + 0.5, color=SHADE, zorder=0, linewidth=0)
    name_rows(ax, [str(ds["statement_label"].values[i]) for i in rows], canvas, each=EACH)
    ax.set_xticks(range(len(shown)), [f"{distance[conflict]:.0f}" for conflict in shown])
    ax.tick_params(axis="x", length=0)
    ax.set_xlim(-0.7, len(shown) - 0.3)
    some = f", the first {len(shown)} of {len(distance)}" if len(shown) < len(distance) else ""
    label = f"One column a conflict{some}; the number is how many standard errors apart"
    ax.set_xlabel(canvas.fold(label, 0 if canvas.is_narrow else 34))
    handles = [Line2D([], [], color=colour, marker="o", label=f"conflict {text}") for colour, text in OVER.values()]
    handles.append(Line2D([], [], color=INK, marker="X", linewidth=0, label="the one to drop"))
    key(ax, canvas, handles=handles)
    return ax


def _plot_most_moved(ds: xr.Dataset, ax: Axes | None, labels: dict[str, str], canvas: Canvas) -> Axes:
    """Draw for each figure left out how far the parameter moves that moves most; for a phone."""
    moved = np.nan_to_num(ds["moved"].values)
    ax = row_axes(len(moved), canvas, each=EACH, key=0) if ax is None else ax
    most = np.abs(moved).argmax(axis=1)
    values = moved[np.arange(len(moved)), most]
    ax.barh(places(len(moved), canvas, each=EACH), values, bar_height(canvas, each=EACH),
            color=[VERMILION if value > 0 else BLUE for value in values])  # fmt: skip
    ax.axvline(0.0, color=INK, linewidth=0.8)
    named = [f"{labels[name]}: {short(str(ds['parameter'].values[i]))}"
             for name, i in zip(ds["left_out_name"].values, most, strict=True)]  # fmt: skip
    most_letters = canvas.line - 2
    cut = [name if len(name) <= most_letters else f"{name[: most_letters - 1]}…" for name in named]
    name_rows(ax, cut, canvas, each=EACH)
    ax.set_xlabel(canvas.fold("Mean without the figure less with it, posterior standard deviations"))
    return ax


def plot_influence(ds: xr.Dataset, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw how far each parameter's mean moves, in posterior standard deviations, when one figure is left out."""
    moved = ds["moved"].values
    labels = dict(zip(ds["target"].values, ds["label"].values, strict=True))
    if canvas.is_narrow:
        return _plot_most_moved(ds, ax, labels, canvas)
    ax = new_axes(3.2 + 0.3 * len(moved), canvas) if ax is None else ax
    plain = LinearSegmentedColormap.from_list("influence", [BLUE, "#FFFFFF", VERMILION])
    colours = plain.with_extremes(bad="#DDDDDD")
    largest = max(float(np.nanmax(np.abs(moved), initial=0.0)), 1.0)
    image = ax.imshow(np.ma.masked_invalid(moved), cmap=colours, vmin=-largest, vmax=largest, aspect="auto")
    if moved.shape[1] <= MOST_WRITTEN:
        for row, column in np.argwhere(np.abs(moved) >= 0.5):
            dark = abs(moved[row, column]) > 0.6 * largest
            ax.annotate(f"{moved[row, column]:+.1f}", (column, row), ha="center", va="center", fontsize=SMALL,
                        color="white" if dark else INK)  # fmt: skip
    ax.set_yticks(range(len(moved)), [canvas.label_of(str(labels[name])) for name in ds["left_out_name"].values])
    names = [short(str(name)) for name in ds["parameter"].values]
    ax.set_xticks(range(len(names)), names, rotation=70, ha="right", rotation_mode="anchor")
    bar = ax.figure.colorbar(image, ax=ax, shrink=0.7, pad=0.02)
    bar.set_label("Mean without the figure less with it,\nposterior standard deviations", fontsize=SMALL)
    return ax


def plot_contraction(ds: xr.Dataset, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw how much the figures narrow each parameter; those that they do not inform stand apart."""
    contraction = ds["contraction"].values
    order = np.argsort(-contraction, kind="stable")
    quiet = set(facts_of_calibration(ds).uninformed)
    ax = row_axes(len(order), canvas, each=EACH, key=2 if canvas.is_narrow else 1) if ax is None else ax
    names = [str(name) for name in ds["parameter"].values]
    for y, i in zip(places(len(order), canvas, each=EACH), order, strict=True):
        length = max(float(contraction[i]), 0.0)
        ax.barh(y, length, bar_height(canvas, each=EACH), color=COLOURS[5] if names[i] in quiet else BLUE)
        text = f"{contraction[i]:.0%}, moved {ds['shift'].values[i]:+.1f} sd"
        ax.annotate(text, (length, y), (4, 0), textcoords="offset points", va="center", fontsize=SMALL)
    name_rows(ax, [words(names[i]) for i in order], canvas, each=EACH)
    ax.set_xlim(0, 1.6 if canvas.is_narrow else 1.35)
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0%", "25%", "50%", "75%", "100%"])
    ax.set_xlabel(canvas.fold("Part of the prior variance that the figures take away", 0 if canvas.is_narrow else 34))
    handles = [Patch(color=BLUE, label="informed by the figures"), Patch(color=COLOURS[5], label="stands as assumed")]
    key(ax, canvas, handles=handles)
    return ax
