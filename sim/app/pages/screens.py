"""The pages in words: the shell with its levers, the answer, what was drawn, pinned positions, sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from sim.app.levers.lever import StudyLever, of_surface
from sim.app.levers.position import Position
from sim.app.levers.study import OpenStudy, place
from sim.app.pages.bars import bars
from sim.app.work.job import Figures
from sim.app.work.six import changes, per_family, six
from sim.exhibits.exhibit import Drawn
from sim.exhibits.html import environment
from sim.exhibits.numbers import MINUS, figure, interval, millions, shown
from sim.model.titles import Titles
from sim.table import Table

SCREENS = (
    ("answer", "Answer"), ("families", "Families"), ("money", "Money"), ("sure", "How sure"), ("compare", "Compare"),
    ("sources", "Sources"),
)  # fmt: skip
DRAWN = ("families", "money", "sure")
"""Screens whose figures are drawn when they are looked at."""
WAITED_FOR = "simulating …"


@cache
def _templates() -> Environment:
    """Give the templates; every text is escaped."""
    return environment("sim.app.pages")


def in_millions(pounds: float) -> str:
    """Write pounds in millions, its sign before them."""
    text = millions(pounds, 0, finer_below=10.0)
    return f"{MINUS}£{text[1:]}m" if text.startswith(MINUS) else f"£{text}m"


def number(value: float | str | None) -> str:
    """Write a figure of a lever as short as it can be."""
    return "–" if value is None else value if isinstance(value, str) else f"{value:,.6g}"


def page(study: OpenStudy, levers: Sequence[StudyLever], at: Position, screen: str, problem: str = "") -> str:
    """Write the shell of the page, with levers where the address puts them."""
    groups = [(name, list(of)) for name, of in groupby(levers, key=lambda lever: lever.group)]
    return _templates().get_template("page.html").render(
        title=study.heading, year=study.price_year, screens=SCREENS, screen=screen, groups=groups, at=at, shown=number,
        problem=problem, pairs=of_surface(levers), drawn=DRAWN, suggested=f"{study.file.stem}_moved",
    )  # fmt: skip


def answer(
    study: OpenStudy, at: Position, seen: Mapping[str, Figures | None], reading: str, stamp: str, stamp_more: str,
    waiting: str, *, doubt: Mapping[str, Any], pinned: Pinned | None, old: bool, asked: str,
) -> str:  # fmt: skip
    """Write the first screen; ``seen`` has the figures of each reading that are there."""
    held = seen.get(reading)
    template = _templates().get_template("answer.html")
    if held is None:
        return template.render(seen=False, study=study, waiting=waiting)
    titles = study.titles
    against = str(at.values.get("against", study.baseline))
    nets = [
        (titles.regime(name), in_millions(net), per_family(held, name), name == against)
        for name, net in held.net.items()
    ]
    then = None if pinned is None else pinned.held
    return template.render(
        seen=True, study=study, told=held.told, claims=held.claims, six=six(held), stamp=stamp,
        terms=_terms(study, held), stamp_more=stamp_more, out_of_date=old,
        changes=() if pinned is None else changes(held, pinned.held, is_alike=pinned.is_alike),
        other_pounds="" if then is None or then.price_year == held.price_year else then.price_year,
        bars=Markup(bars(study, seen, reading, doubt, against)), readings=_readings(study, seen),
        heads=[titles.regime(name) for name in held.net], baseline=titles.regime(study.baseline),
        bars_words=bars_words(study, held, against), doubt_words=doubt_words(study, reading, doubt, at, against),
        nets=nets, asked=asked, years=f"{held.horizon_years:.3g} years", parts=_parts(held), address=at.address(),
        seed=study.seed,
    )  # fmt: skip


@dataclass(frozen=True)
class Pinned:
    """Figures that were pinned, and whether they are of the same families as those in hand."""

    held: Figures
    is_alike: bool


def _terms(study: OpenStudy, held: Figures) -> str:
    """Say of what pounds figures are, and where."""
    where = place(study.area) if study.area else "all areas" if study.areas else ""
    pounds_of = f"pounds of {held.price_year}" if held.price_year else ""
    return ", ".join(part for part in (pounds_of, f"{held.ledger.replace('_', ' ')} ledger", where) if part)


def _readings(study: OpenStudy, seen: Mapping[str, Figures | None]) -> list[tuple[str, ...]]:
    """Give the figures of each reading that is there, last what each family helped comes to against each regime."""
    return [
        (study.titles.reading(name), *_row(held), *(per_family(held, regime) for regime in held.net))
        for name in study.readings if (held := seen.get(name)) is not None
    ]  # fmt: skip


def _row(held: Figures) -> tuple[str, ...]:
    """Give the figures of a reading."""
    saved, cost, price = (held.money(f"{what}") for what in MONEY)
    less = None if saved["mean"] is None or cost["mean"] is None else saved["mean"] - cost["mean"]
    return interval(saved), figure(cost["mean"]), figure(less), interval(price)


MONEY = ("saved_per_family_helped", "cost_per_family_helped", "break_even_price")


def _parts(held: Figures) -> list[tuple[str, str]]:
    """Say whose spending changes, from the programme's account."""
    words = {"helped": "families helped", "waits_longer": "families who wait longer",
             "gets_in_sooner": "families who get in sooner", "same_wait": "all other families",
             "posts_and_set_up": "posts and setting up"}  # fmt: skip
    return [(text, in_millions(held.displaced[part])) for part, text in words.items() if part in held.displaced]


def bars_words(study: OpenStudy, held: Figures, against: str) -> str:
    """Say what the bars are of."""
    if against == study.baseline:
        return "Saved less spent for each family helped, £; to the right is better."
    return (
        f"Saved less spent of the whole programme over {held.horizon_years:.3g} years, each family helped, £, "
        f"against {study.titles.regime(against)}; to the right is better."
    )


def doubt_words(
    study: OpenStudy, reading: str, doubt: Mapping[str, Any], at: Position, against: str
) -> str:  # fmt: skip
    """Say what the bars of doubt are, or why there are none."""
    if against != study.baseline:
        baseline = study.titles.regime(study.baseline)
        return f"Bars are chance alone: doubt about the inputs is kept against {baseline} and nothing else."
    kept = doubt.get(study.world(reading))
    if kept is None:
        return "Doubt about the inputs is looked up."
    if "accounts" not in kept:
        return f"Bars are chance alone. Doubt about the inputs: {kept.get('why_not', 'not worked out')}."
    moved = "" if not at.moved else ", of the unmoved study"
    return f"Bars hold 95% of what {kept['made']['draws']:,} draws of the inputs make of it{moved}."


def part(drawn: Drawn | None, tables: Sequence[Table], stamp: str) -> str:
    """Write a figure with its numbers, or tables."""
    # Our own SVG, in which the drawing library has escaped every text; the only markup that is not escaped.
    markup = Markup(drawn.svg) if drawn is not None else ""
    said = f"{stamp[:1].upper()}{stamp[1:]}."
    return _templates().get_template("parts.html").render(
        figure=drawn, markup=markup, tables=tables, shown=shown, stamp=said
    )  # fmt: skip


def told_so(text: str) -> str:
    """Write a line in the place of what is to come."""
    return f'<p class="caption">{escape(text)}</p>'


def compare(
    titles: Sequence[Titles], levers: Sequence[Sequence[StudyLever]], places: Sequence[Position],
    seen: Sequence[Figures | None],
) -> str:  # fmt: skip
    """Write pinned positions beside each other, each with the levers of its study; where the levers stand is last."""
    heads = [f"pinned {i + 1}" for i in range(len(places) - 1)] + ["now"]
    rows: list[tuple[str, ...]] = []
    there = [six(held) if held is not None else None for held in seen]
    for i, shown_one in enumerate(next((one for one in there if one is not None), ())):
        rows.append((shown_one.what, *(one[i].line if one is not None else WAITED_FOR for one in there)))
    for regime in dict.fromkeys(name for held in seen if held is not None for name in held.net):
        title = titles[-1].regime(regime)
        rows.append(
            (
                f"saved less spent, each family helped, against {title}",
                *(WAITED_FOR if held is None else _pounds_each(held, regime) for held in seen),
            )
        )
    years = [held.price_year if held is not None else "" for held in seen]
    if len({year for year in years if year}) > 1:
        rows.append(("pounds of", *(year or "…" for year in years)))
    moved = {name for where in places for name in where.values}
    for lever in dict.fromkeys(lever.name for of in levers for lever in of if lever.name in moved):
        own = [next((one for one in of if one.name == lever), None) for of in levers]
        title = next(one.title for one in own if one is not None)
        rows.append((title, *(_stands(one, where) for one, where in zip(own, places, strict=True))))
    return _templates().get_template("compare.html").render(pinned=len(places) > 1, heads=heads, rows=rows)


def _pounds_each(held: Figures, regime: str) -> str:
    """Write what the programme comes to for each family helped; a dash where there is no such regime."""
    if regime not in held.net:
        return "–"
    text = per_family(held, regime)
    return f"{MINUS}£{text.removeprefix(MINUS)}" if text.startswith(MINUS) else f"£{text}"


def _stands(lever: StudyLever | None, at: Position) -> str:
    """Say where a lever stands; a study without it has a dash."""
    return "–" if lever is None else lever.stated(at.value(lever))


def sources(study: OpenStudy, levers: Sequence[StudyLever], at: Position) -> str:
    """Write every figure in force."""
    figures = [entry for entry in study.figures.values() if entry.source]
    return _templates().get_template("sources.html").render(levers=levers, at=at, figures=figures, shown=number)


def running(state: str, line: str) -> str:
    """Write where a run in full stands."""
    if not state:
        return ""
    return _templates().get_template("running.html").render(state=state, line=line)
