"""The workbook of a best setting: every setting that was tried and what posts bring, as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sim.exhibits.numbers import digits
from sim.exhibits.style import words
from sim.exhibits.xlsx import cover, provenance, write_book
from sim.intervals import over_replications
from sim.studies.optimise.answer import Frontier, Optimum, not_worse
from sim.studies.optimise.capacity import erlang_wait
from sim.table import Column, Row, Table, plain

USE = ("posts", "places", "wait", "load", "stay", "patience")


def optimum_book(path: Path, found: Optimum) -> None:
    """Write the workbook of a best setting: every setting, and what more or fewer posts bring.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    best = found.found.best
    limit = "no limit on what services cost" if found.budget is None else f"at most £{found.budget:,.0f} more"
    lines = [
        f"{found.pair}; {limit}. {found.terms}",
        "Every setting of the grid was run." if found.found.whole else "The grid was searched along its axes.",
        "All settings share random numbers. The best of many noisy settings looks better than it is.",
    ]
    names = tuple(lever.name for lever in found.levers)
    shown = () if best is None else (*zip(names, best.point, strict=True), ("Net present social value, £", best.score))
    block = Table("Best setting", ("Lever", Column("value", "Value", style="figure")), shown)
    sheets = [_settings(found, names)]
    if found.frontier is not None:
        sheets.append(_frontier(found.frontier, found.terms))
    rows: list[Row] = [("Study", found.title), ("Regime", found.regime), ("Baseline", found.baseline)]
    rows += [("Terms", found.terms), *((f"Lever {lever.name}", f"{lever.low:g} to {lever.high:g} by {lever.step:g}")
             for lever in found.levers)]  # fmt: skip
    title, asked = f"Best settings: {found.title}", "What was asked; settings.jsonl holds every setting as it was run."
    write_book(path, title, cover(title, lines, [block] if shown else []), [*sheets, provenance(rows, asked)])


def _settings(found: Optimum, names: Sequence[str]) -> Table:
    """Give every setting, the best first."""
    best = found.found.best
    ranked = sorted(found.found.tried.values(), key=lambda one: -one.score)
    rows = [
        (*one.point, *over_replications(one.net).cells, *over_replications(one.spend).cells,
         "yes" if found.budget is None or float(one.spend.mean()) <= found.budget else "no",
         "" if best is None else "best" if one is best else "cannot be told from the best" if not_worse(best, one)
         else "worse")
        for one in ranked
    ]  # fmt: skip
    columns = (
        *(Column(f"lever_{i}", name, 24, "figure") for i, name in enumerate(names)),
        *_ends("net", "Net present social value, £", "Gross saving less what services cost; resources alone."),
        *_ends("spend", "Services cost more by, £", "Present value, against the baseline; resources alone."),
        Column("within", "Within the budget", 14, "text"),
        Column("rank", "Against the best", 26, "text", "By the paired interval over replications."),
    )  # fmt: skip
    about = f"Every setting that was tried. {found.terms}"
    return Table("Settings", columns, rows, about, "settings.csv", len(names))


def _frontier(found: Frontier, terms: str) -> Table:
    """Give what more or fewer posts bring, beside Erlang's waits."""
    rows = [
        (one.point[found.axis], *over_replications(one.net).cells,
         *(plain(one.use[found.service][name]) for name in USE),
         plain(erlang_wait(one.use[found.service])))
        for one in found.points
    ]  # fmt: skip
    knee = found.knee
    ends = "" if knee is None or knee.low is None else f" (95% interval {digits(knee.low)} to {digits(knee.high)})"
    bends = "no knee in this range" if knee is None else f"net value bends at {digits(knee.mean)} posts{ends}"
    columns = (
        Column("posts_given", f"Posts of {words(found.service)}", 18, "count"),
        *_ends("net", "Net present social value, £", "Resources alone."),
        *(Column(name, text, 14, style) for name, text, style in (
            ("posts", "Posts in place", "count"), ("places", "Places", "count"), ("wait", "Wait, months", "months"),
            ("load", "Load, places", "count"), ("stay", "Stay, months", "months"),
            ("patience", "Patience, months", "months"), ("erlang", "Wait by Erlang, months", "months"),
        )),
    )  # fmt: skip
    about = f"What more or fewer posts bring: {bends}. {terms}"
    return Table("Posts", columns, rows, about, "frontier.csv", 1)


def _ends(key: str, heading: str, note: str) -> tuple[Column, Column, Column]:
    """Make the columns of a mean with its interval."""
    interval = "End of the 95% interval over replications; empty where there is none."
    return (
        Column(key, heading, 20, "money", note), Column(f"{key}_low", "Low", 18, "money", interval),
        Column(f"{key}_high", "High", 18, "money", interval),
    )  # fmt: skip
