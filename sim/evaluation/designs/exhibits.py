"""Evaluation designs side by side: figures, tables, the page and its files."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sim.evaluation.designs.answer import Evaluated, Verdict
from sim.evaluation.designs.bias import CAUSES
from sim.evaluation.designs.words import TITLES, causes_table, course_table, size_table, unit_of, verdict_tables
from sim.evaluation.trial.family_outcomes import OUTCOMES
from sim.evaluation.trial.referral import RULES
from sim.exhibits.csv import write_csv
from sim.exhibits.drawing import ABOVE, bar_height, key, name_rows, places
from sim.exhibits.exhibit import Drawn, Exhibit
from sim.exhibits.html import write_page
from sim.exhibits.numbers import MINUS, digits
from sim.exhibits.sentences import listed, sentence
from sim.exhibits.style import COLOURS, FAINT, INK, WIDE, Canvas, new_panels
from sim.exhibits.svg import draw
from sim.table import Row, Table, all_plain, plain

MARKERS = "osD^v"
EACH = 0.46
"""Inches of a row."""
HEADER = (
    "effect_set", "rule", "outcome", "design", "unit", *(
        f"{what}{end}" for what in ("reported", "truth", "bias") for end in ("", "_low", "_high")
    ), "frailty_served", "frailty_compared", "matched", *(cause.replace(" ", "_") for cause in CAUSES),
)  # fmt: skip


def plot_designs(verdicts: Sequence[Verdict], *, canvas: Canvas = WIDE) -> Figure:
    """Draw what each design reports under each rule, with 95% intervals, and the truth as a line; a panel an outcome.

    Raises
    ------
    ValueError
        If there is nothing to draw, or it is of several evidence sets.
    """
    sets = {verdict.effect_set for verdict in verdicts}
    if len(sets) != 1:
        raise ValueError(f"given verdicts under {', '.join(sorted(sets)) or 'no evidence set'}; draw one set at a time")
    outcomes, rules = (list(dict.fromkeys(getattr(v, name) for v in verdicts)) for name in ("outcome", "rule"))
    panels = _panels(verdicts, outcomes, EACH, canvas)
    for ax, outcome in zip(panels, outcomes, strict=True):
        _panel(ax, [v for v in verdicts if v.outcome == outcome], rules, canvas)
    handles = [
        panels[0].plot([], [], MARKERS[i], color=COLOURS[i], label=f"taken on {RULES[rule]}")[0]
        for i, rule in enumerate(rules)
    ]
    handles.append(panels[0].plot([], [], "-", color=INK, linewidth=1.2, label="truth")[0])
    key(panels[0], canvas, handles=handles, ncols=2)
    figure = panels[0].figure
    assert isinstance(figure, Figure)
    return figure


def _panels(verdicts: Sequence[Verdict], outcomes: Sequence[str], each: float, canvas: Canvas) -> list[Axes]:
    """Make a panel for each outcome, with a row for each design."""
    rows = max(len({v.design for v in verdicts if v.outcome == outcome}) for outcome in outcomes)
    height = 1.3 + (each + (ABOVE if canvas.is_narrow else 0.0)) * rows
    return new_panels(len(outcomes), height, canvas, beside=1 if canvas.is_narrow else 2)


def _panel(ax: Axes, verdicts: Sequence[Verdict], rules: Sequence[str], canvas: Canvas) -> None:
    """Draw one outcome."""
    factor, unit = unit_of(verdicts[0].outcome)
    designs = list(dict.fromkeys(v.design for v in verdicts))
    n, gap = len(designs), bar_height(canvas, len(rules), each=EACH)
    ax.axvline(0.0, color=FAINT, linewidth=0.6)
    for v in verdicts:
        i = rules.index(v.rule)
        y = float(places(n, canvas, i, len(rules), each=EACH)[designs.index(v.design)])
        if v.reported.low is not None and v.reported.high is not None:
            ax.plot([v.reported.low * factor, v.reported.high * factor], [y, y], color=COLOURS[i], linewidth=2.0)
        if math.isfinite(v.reported.mean):
            ax.plot(v.reported.mean * factor, y, MARKERS[i], color=COLOURS[i], markersize=4.5)
        ax.plot([v.truth.mean * factor] * 2, [y - gap / 2, y + gap / 2], color=INK, linewidth=1.2)
    name_rows(ax, [TITLES[design] for design in designs], canvas, each=EACH)
    ax.set_title(OUTCOMES[verdicts[0].outcome].title)
    ax.set_xlabel(f"reported difference, {unit}")
    _ticks(ax)


def _ticks(ax: Axes) -> None:
    """Give the x axis few ticks, so that pounds do not run into each other."""
    ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.xaxis.set_major_formatter(FuncFormatter(_tick))


def _tick(x: float, _: float) -> str:
    """Write a tick with thousands apart and a real minus sign."""
    return f"{x:,.10g}".replace("-", MINUS)


def plot_causes(verdicts: Sequence[Verdict], *, canvas: Canvas = WIDE) -> Figure:
    """Draw the parts of each design's bias as bars that add up to it, and the bias as a dot; one set and one rule."""
    outcomes = list(dict.fromkeys(v.outcome for v in verdicts))
    panels = _panels(verdicts, outcomes, EACH, canvas)
    shown = [cause for cause in CAUSES if any(abs(v.causes[cause].mean) > 0 for v in verdicts if cause in v.causes)]
    for ax, outcome in zip(panels, outcomes, strict=True):
        mine = [v for v in verdicts if v.outcome == outcome]
        factor, unit = unit_of(outcome)
        for y, v in zip(places(len(mine), canvas, each=EACH), mine, strict=True):
            ends = {True: 0.0, False: 0.0}
            for cause in shown:
                part = v.causes[cause].mean * factor if cause in v.causes else 0.0
                if not math.isfinite(part):
                    continue
                ax.barh(y, part, bar_height(canvas, each=EACH), left=ends[part > 0], color=COLOURS[CAUSES.index(cause)])
                ends[part > 0] += part
            ax.plot(v.bias.mean * factor, y, "o", color=INK, mfc="white", markersize=5)
        ax.axvline(0.0, color=INK, linewidth=0.8)
        ax.use_sticky_edges = False  # else a bar that ends at the edge hides the dot
        ax.margins(x=0.05)
        _ticks(ax)
        name_rows(ax, [TITLES[v.design] for v in mine], canvas, each=EACH)
        ax.set_title(OUTCOMES[outcome].title)
        ax.set_xlabel(f"bias, {unit}")
    handles: list[Any] = [panels[0].barh([0], [0], color=COLOURS[CAUSES.index(cause)], label=cause) for cause in shown]
    handles += panels[0].plot([], [], "o", color=INK, mfc="white", label="bias: their sum")
    key(panels[0], canvas, handles=handles)
    figure = panels[0].figure
    assert isinstance(figure, Figure)
    return figure


def designs_finding(verdicts: Sequence[Verdict]) -> str:
    """Say what each design reports of each outcome under the first rule, and what is true."""
    rule, parts = verdicts[0].rule, []
    for outcome in dict.fromkeys(v.outcome for v in verdicts):
        factor, unit = unit_of(outcome)
        mine = [v for v in verdicts if v.outcome == outcome and v.rule == rule]
        said = listed(f"{TITLES[v.design]} {digits(v.reported.mean * factor, sign=True)}" for v in mine)
        truth = digits(mine[0].truth.mean * factor, sign=True)
        parts.append(f"{OUTCOMES[outcome].title} ({unit}): {said}; true {truth}")
    return sentence(f"taken on {RULES[rule]}: {'. '.join(parts)}")


def causes_finding(verdicts: Sequence[Verdict]) -> str:
    """Say how far from the truth each design is for each outcome."""
    parts = []
    for outcome in dict.fromkeys(v.outcome for v in verdicts):
        factor, unit = unit_of(outcome)
        said = listed(f"{TITLES[v.design]} {digits(v.bias.mean * factor, sign=True)}" for v in verdicts
                      if v.outcome == outcome)  # fmt: skip
        parts.append(f"{OUTCOMES[outcome].title} ({unit}): {said}")
    return sentence(f"what is reported less the truth, {'. '.join(parts)}")


def write_evaluated(folder: Path, found: Evaluated) -> None:
    """Write evaluate.csv, evaluate.json and evaluate.html with its figures."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    write_csv(folder / "evaluate.csv", Table("Verdicts", HEADER, [_row(v) for v in found.verdicts]))
    content = json.dumps(all_plain(asdict(found)), indent=1, ensure_ascii=False)
    (folder / "evaluate.json").write_text(content + "\n", encoding="utf-8")
    figures = list(_figures(found, folder / "figures"))
    tables = [size_table(found), course_table(found), causes_table(found), *verdict_tables(found)]
    write_page(folder / "evaluate.html", f"What evaluations would report: {found.title}", lead(found), figures, tables)


def lead(found: Evaluated) -> list[str]:
    """Say what was done."""
    helped = sum(one.families for one in found.followed) / max(len(found.followed), 1)
    first, last = found.months
    return [
        f"Families whom a key worker first met within a year of the start of '{found.titles.regime(found.regime)}' "
        f"(about {helped:,.0f} in a replication) are looked at in months {first} to {last} after entry. Each design "
        "reports how much the outcome differs because of help; the truth is the difference from the same families "
        "without, on the same draws.",
        f"{found.replications} replications, seed {found.seed}; 95% intervals are of chance in the simulation alone. A "
        "real study has one set of families, so that its own uncertainty is larger.",
    ]


def _figures(found: Evaluated, folder: Path) -> Iterator[Drawn]:
    """Draw the figures of each evidence set."""
    for effect_set in dict.fromkeys(v.effect_set for v in found.verdicts):
        of_set = [v for v in found.verdicts if v.effect_set == effect_set]
        rule, said = of_set[0].rule, found.titles.aside(effect_set)
        designs = Exhibit(
            f"designs_{effect_set}", f"What each design reports ({said})",
            "What each design puts down to help, with 95% intervals; lines are the truth.", plot_designs,
            finding=designs_finding,
        )  # fmt: skip
        causes = Exhibit(
            f"causes_{effect_set}", f"Where bias comes from ({said}, taken on {RULES[rule]})",
            "Parts of what is reported less the truth; parts of either sign add up to the dot.", plot_causes,
            finding=causes_finding,
        )  # fmt: skip
        yield draw(designs, of_set, folder)
        yield draw(causes, [v for v in of_set if v.rule == rule], folder)


def _row(v: Verdict) -> Row:
    """Write a verdict as a row with every digit."""
    unit = "share" if OUTCOMES[v.outcome].is_share else "gbp a family-year"
    means = (v.frailty_served.mean, v.frailty_other.mean, v.matched.mean)
    return (
        v.effect_set, v.rule, v.outcome, v.design, unit, *v.reported.cells, *v.truth.cells, *v.bias.cells,
        *map(plain, means), *(plain(v.causes[cause].mean) if cause in v.causes else None for cause in CAUSES),
    )  # fmt: skip
