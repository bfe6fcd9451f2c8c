"""The best setting of levers within a budget, and what more or fewer posts bring: tables, figures and their page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from sim.arrays import FloatArray
from sim.exhibits.csv import write_csv
from sim.exhibits.drawing import SMALL, key, name_y
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.html import write_page
from sim.exhibits.numbers import digits, fixed, interval, scale_of, span
from sim.exhibits.sentences import sentence
from sim.exhibits.style import COLOURS, FAINT, INK, WIDE, Canvas, new_axes, new_panels, words
from sim.exhibits.svg import draw_all
from sim.intervals import many_over_replications, over_replications
from sim.studies.optimise.answer import Frontier, Optimum, Tried, not_worse
from sim.studies.optimise.capacity import PROMISED, WITHIN_MONTHS, erlang_wait
from sim.studies.optimise.workbook import USE, optimum_book
from sim.table import Table, plain

MOST_SHOWN = 12
_in_unit = partial(fixed, places=0, finer_below=100.0)


def best_table(found: Optimum) -> Table:
    """Make the table of the best settings tried, the best first; those that chance cannot tell from it say so."""
    allowed = [t for t in found.found.tried.values() if _within(found, t)]
    ranked = sorted(allowed, key=lambda one: -one.score)[:MOST_SHOWN]
    factor, unit = scale_of(np.array([[one.score, float(one.spend.mean())] for one in ranked] or [[0.0]]))
    rows = []
    for i, one in enumerate(ranked):
        tied = "best" if not i else "cannot be told from the best" if not_worse(ranked[0], one) else ""
        values = (digits(value, 6) for value in one.point)
        money = (interval(over_replications(samples / factor), _in_unit) for samples in (one.net, one.spend))
        rows.append((str(i + 1), *values, *money, tied))
    tried, grid = len(found.found.tried), int(np.prod([len(lever.grid()) for lever in found.levers]))
    how = "every setting of the grid" if found.found.whole else f"{tried} of {grid:,} settings, searched along the axes"
    limit = "" if found.budget is None else f" Services may cost at most £{found.budget:,.0f} more than the baseline's."
    none = "" if ranked else " No setting is within the budget."
    columns = (
        "rank", *(lever.name for lever in found.levers), f"net present social value, {unit}",
        f"services cost more by, {unit}", "",
    )  # fmt: skip
    note = f"{found.pair}; {how}.{limit}{none} {found.terms}"
    return Table("Best settings", columns, tuple(rows), note)


def _within(found: Optimum, one: Tried) -> bool:
    """Whether a point is within the budget."""
    return found.budget is None or float(one.spend.mean()) <= found.budget


def frontier_table(found: Frontier) -> Table:
    """Make the table of what posts bring: net value, wait as it came out and by Erlang's formula."""
    factor, unit = scale_of(np.array([one.score for one in found.points]))
    axis_value = [_at(found, one) for one in found.points]
    rows = tuple(
        (
            digits(x, 6), *(digits(one.use[found.service][name]) for name in ("posts", "places")),
            interval(over_replications(one.net / factor), _in_unit), span(one.use[found.service]["wait"]),
            span(erlang_wait(one.use[found.service])), digits(one.use[found.service]["load"]),
        )
        for x, one in zip(axis_value, found.points, strict=True)
    )  # fmt: skip
    columns = (
        f"posts of {words(found.service)}", "in place", "places", f"net present social value, {unit}",
        "wait", "wait by Erlang", "load, places",
    )  # fmt: skip
    return Table("What more or fewer posts bring", columns, rows, _knees(found))


def _knees(found: Frontier) -> str:
    """Say where the frontier bends."""
    made = found.knee
    if made is None:
        value = "Net present value does not bend down within this range: it has no knee."
    else:
        ends = (
            "" if made.low is None else f" (95% interval over replications {digits(made.low)} to {digits(made.high)})"
        )
        value = f"Net present value bends at {digits(made.mean)} posts{ends}."
    wait = "" if found.wait_knee is None else f" Waits shorten less from {digits(found.wait_knee)} posts on."
    needed = "" if found.needed is None else (
        f" By Erlang's formula {found.needed:,} places at the best point would let {PROMISED:.0%} in within "
        f"{WITHIN_MONTHS:g} month."
    )  # fmt: skip
    return (
        f"{value}{wait}{needed} Wait is months on the list for each family that joins, however it ends. Erlang's lines "
        "take the load, stay and patience of each point and know one pool of places in the long run."
    )


def _at(found: Frontier, one: Tried) -> float:
    """Give where a point lies on the frontier's lever."""
    return one.point[found.axis]


def plot_settings(found: Optimum, ax: Axes | None = None, *, canvas: Canvas = WIDE) -> Axes:
    """Draw every setting that was tried: what services cost more against net value; the best and the budget marked."""
    ax = new_axes(5.2, canvas) if ax is None else ax
    tried = list(found.found.tried.values())
    spend, net = (np.array([float(getattr(one, name).mean()) for one in tried]) for name in ("spend", "net"))
    factor, unit = scale_of(np.concatenate([spend, net]))
    ax.errorbar(spend / factor, net / factor, yerr=_halves(tried, factor), fmt="o", color=COLOURS[0], mfc="white",
                elinewidth=0.8, label="tried, 95% interval" if len(tried[0].net) > 1 else "tried")  # fmt: skip
    if found.found.best is not None:
        best = found.found.best
        at = (float(best.spend.mean()) / factor, best.score / factor)
        ax.plot(*at, "D", color=COLOURS[1], markersize=7, zorder=4, label="best within the budget")
    if found.budget is not None:
        ax.axvline(found.budget / factor, color=INK, linestyle="--", linewidth=0.9, label="budget")
    ax.axhline(0.0, color=FAINT, linewidth=0.8)
    label = f"Services cost more than under {found.titles.regime(found.baseline)} by, {unit}\n{found.terms}"
    ax.set_xlabel(canvas.fold(label))
    name_y(ax, f"Net present social value, {unit} (up is better)", canvas)
    key(ax, canvas)
    return ax


def settings_finding(found: Optimum) -> str:
    """Say which setting is best, what it is worth and what it costs."""
    best = found.found.best
    if best is None:
        return f"None of {len(found.found.tried)} settings tried is within the budget."
    factor, unit = scale_of(np.array([[best.score, float(best.spend.mean())]]))
    levers = ", ".join(f"{lever.name} {digits(x, 6)}" for lever, x in zip(found.levers, best.point, strict=True))
    return sentence(
        f"of {len(found.found.tried)} settings tried the best is {levers}: worth {_in_unit(best.score / factor)} "
        f"{unit} net, with services that cost {_in_unit(float(best.spend.mean()) / factor)} more than under "
        f"{found.titles.regime(found.baseline)}"
    )


SETTINGS = Exhibit[Optimum](
    "settings", "Every setting that was tried",
    "Each circle is one setting of the levers with its 95% interval over replications, if there are several; all share "
    "random numbers, so that differences are surer than the intervals.", plot_settings, finding=settings_finding,
)  # fmt: skip


def _halves(tried: Sequence[Tried], factor: float) -> FloatArray | None:
    """Give half the width of each setting's 95% interval over replications; None without any."""
    nets = np.stack([one.net for one in tried]) / factor
    if nets.shape[1] < 2:
        return None
    mean, low, _ = many_over_replications(nets)
    return mean - low


def plot_frontier(
    found: Frontier, ax: Axes | None = None, terms: str = "", *, canvas: Canvas = WIDE
) -> Axes:  # fmt: skip
    """Draw net value against posts with its interval and knee and, beside it, waits with Erlang's line.

    Net value alone on axes that are given.
    """
    panels = new_panels(2, 4.4, canvas, beside=1 if canvas.is_narrow else 2, share_y=False) if ax is None else [ax]
    x = np.array([_at(found, one) for one in found.points])
    _net_line(panels[0], found, x, canvas)
    panels[0].set_xlabel(canvas.fold(f"Posts of {words(found.service)}\n{terms}", 0 if canvas.is_narrow else 54))
    if len(panels) > 1:
        right, use = panels[1], [one.use[found.service] for one in found.points]
        right.plot(x, [one["wait"] for one in use], "s-", color=COLOURS[1], markersize=5, label="in the model")
        right.plot(x, [erlang_wait(one) for one in use], ":", color=COLOURS[1], label="by Erlang's formula")
        right.set(ylim=(0, None), xlabel=f"Posts of {words(found.service)}")
        name_y(right, "Months on the list (fewer is better)", canvas, beside=0 if canvas.is_narrow else 54)
        key(right, canvas)
    return panels[0]


def _net_line(ax: Axes, found: Frontier, x: FloatArray, canvas: Canvas) -> None:
    """Draw net value against posts, with its interval and knee."""
    factor, unit = scale_of(np.array([one.score for one in found.points]))
    nets = np.stack([one.net for one in found.points]) / factor
    ax.plot(x, nets.mean(axis=1), "o-", color=COLOURS[0], markersize=5)
    if nets.shape[1] > 1:
        _, low, high = many_over_replications(nets)
        ax.fill_between(x, low, high, color=COLOURS[0], alpha=0.2, linewidth=0)
    band = ", with its 95% interval" if nets.shape[1] > 1 else ""
    name_y(ax, f"Net present social value, {unit}{band} (up is better)", canvas, beside=0 if canvas.is_narrow else 54)
    if found.knee is not None:
        ax.axvline(found.knee.mean, color=INK, linestyle="--", linewidth=0.9)
        ax.annotate("knee", (found.knee.mean, 0), (4, 4), xycoords=("data", "axes fraction"),
                    textcoords="offset points", fontsize=SMALL)  # fmt: skip
        if found.knee.low is not None and found.knee.high is not None:
            ax.axvspan(found.knee.low, found.knee.high, color=FAINT, alpha=0.15, linewidth=0)


def write_optimum(folder: Path, found: Optimum) -> None:
    """Write settings.csv, frontier.csv (with a lever on posts), workbook.xlsx and optimum.html with its figures."""
    folder.mkdir(parents=True, exist_ok=True)
    optimum_book(folder / "workbook.xlsx", found)
    write_csv(folder / "settings.csv", Table(
        "Settings",
        (*(lever.name for lever in found.levers), "net_present_social_value", "services_cost_more", "within_budget",
         "terms"),
        [(*one.point, one.score, float(one.spend.mean()), "yes" if _within(found, one) else "no", found.terms)
         for one in found.found.tried.values()],
    ))  # fmt: skip
    tables, exhibits = [best_table(found)], [SETTINGS]
    if found.frontier is not None:
        lines = found.frontier
        write_csv(folder / "frontier.csv", Table(
            "Frontier", ("posts_given", *USE, "erlang_wait", "net_present_social_value", "terms"),
            [(_at(lines, one), *(plain(one.use[lines.service][name]) for name in USE),
              plain(erlang_wait(one.use[lines.service])), one.score, found.terms) for one in lines.points],
        ))  # fmt: skip
        tables.append(frontier_table(lines))
        exhibits.append(Exhibit(
            "frontier", "What more or fewer posts bring", _knees(lines),
            lambda found, canvas: plot_frontier(lines, terms=found.terms, canvas=canvas),
            finding=lambda _: _knees(lines),
        ))  # fmt: skip
    figures = draw_all(exhibits, found, folder / "figures")
    lead = [f"{found.pair}. {found.terms}"]
    write_page(folder / "optimum.html", f"Best settings: {found.title}", lead, figures, tables)
