"""The readings of the evidence on one line of pounds, each with its bar, as markup that takes the page's colours."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from html import escape
from typing import Any

from sim.app.levers.study import OpenStudy
from sim.app.work.job import Figures
from sim.exhibits.numbers import figure, pounds
from sim.intervals import over_replications
from sim.model.compiled.accounts import ONE_EPISODE

WIDTH, ROW, LEFT, RIGHT = 640, 62, 12, 12
MARGIN = 0.04
"""Room at either end, as a share of what is drawn, so that no line runs along the words."""


@dataclass(frozen=True)
class _Bar:
    """A reading: its words, saved less spent, and the ends of its bar."""

    words: str
    mean: float
    low: float
    high: float
    is_chosen: bool


def bars(
    study: OpenStudy, seen: Mapping[str, Figures | None], reading: str, doubt: Mapping[str, Any], against: str
) -> str:  # fmt: skip
    """Draw saved less spent for each family helped under every reading; the chosen one is filled, the others hollow.

    ``against`` is what it is held against: the baseline, whose account is that of families followed, or another regime.
    """
    made = _bar if against == study.baseline else partial(_programme_bar, against=against)
    shown = [made(study, name, seen[name], doubt, name == reading) for name in study.readings if seen.get(name)]
    found = [bar for bar in shown if bar is not None]
    if not found:
        return ""
    ends = [0.0, *(end for bar in found for end in (bar.low, bar.high))]
    margin = MARGIN * (max(ends) - min(ends) or 1.0)
    low, high = min(ends) - margin, max(ends) + margin
    span = high - low

    def x(pounds: float) -> float:
        return LEFT + (pounds - low) / span * (WIDTH - LEFT - RIGHT)

    height = ROW * len(found) + 52
    rows = "".join(_row(bar, ROW * i + 20, x) for i, bar in enumerate(found))
    zero = f'<line class="zero" x1="{x(0):.1f}" x2="{x(0):.1f}" y1="4" y2="{height - 48}"/>'
    axis = (
        f'<text x="{x(0):.1f}" y="{height - 30}" class="{_anchor(x(0))}">£0</text>'
        f'<text x="{LEFT}" y="{height - 6}">← costs more than it saves</text>'
        f'<text x="{WIDTH - RIGHT}" y="{height - 6}" class="end">saves more →</text>'
    )
    told = "; ".join(f"{bar.words}: {figure(bar.mean)} pounds" for bar in found)
    label = escape(f"Saved less spent for each family helped. {told}", quote=True)
    return f'<svg class="bars" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">{zero}{rows}{axis}</svg>'


def _row(bar: _Bar, y: int, x: Any) -> str:
    """Draw a reading: words and figure above, bar and dot below."""
    kind = "chosen" if bar.is_chosen else "ghost"
    return (
        f'<g class="{kind}"><text x="{LEFT}" y="{y}">{escape(bar.words)}</text>'
        f'<text x="{WIDTH - RIGHT}" y="{y}" class="end">{pounds(bar.mean)}</text>'
        f'<line x1="{x(bar.low):.1f}" x2="{x(bar.high):.1f}" y1="{y + 18}" y2="{y + 18}"/>'
        f'<circle cx="{x(bar.mean):.1f}" cy="{y + 18}" r="6"/></g>'
    )


def _anchor(at: float) -> str:
    """Keep a label within the picture."""
    return "end" if at > WIDTH - 60 else "" if at < 60 else "middle"


def _programme_bar(
    study: OpenStudy, name: str, held: Figures | None, doubt: Mapping[str, Any], is_chosen: bool, against: str
) -> _Bar | None:
    """Give the bar of a reading for the whole programme against another regime, with what chance makes of it."""
    if held is None or against not in held.net_each:
        return None
    mean, *ends = over_replications(held.net_each[against]).cells
    if mean is None:
        return None
    low, high = (mean if end is None else end for end in ends)
    return _Bar(study.titles.reading(name), mean, low, high, is_chosen)


def _bar(study: OpenStudy, name: str, held: Figures | None, doubt: Mapping[str, Any], is_chosen: bool) -> _Bar | None:
    """Give the bar of a reading: of its doubt where that is kept, else of chance."""
    if held is None:
        return None
    saved, cost = held.money("saved_per_family_helped"), held.money("cost_per_family_helped")
    if saved["mean"] is None or cost["mean"] is None:
        return None
    mean = saved["mean"] - cost["mean"]
    ends = saved["low"], saved["high"]
    half = 0.0 if None in ends else (saved["high"] - saved["low"]) / 2
    below = above = half
    kept = doubt.get(study.world(name), {}).get("accounts", {}).get(ONE_EPISODE, {}).get("figures", {})
    drawn = kept.get("saved", {}).get(held.ledger)
    if drawn and all(math.isfinite(drawn[end] or math.nan) for end in ("low", "high", "mean")):
        below, above = drawn["mean"] - drawn["low"], drawn["high"] - drawn["mean"]
    return _Bar(study.titles.reading(name), mean, mean - below, mean + above, is_chosen)
