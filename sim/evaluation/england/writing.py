"""Writes a study of one authority: its figures and fitted rates over today's model of England, with their sources."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from math import exp
from textwrap import wrap

from sim.config.loading import tree_of
from sim.config.text.merge import item_at
from sim.config.text.source import Tree
from sim.evaluation.england.expecting import england
from sim.evaluation.england.fit import BEFORE, FREE, FittedPlace
from sim.evaluation.england.funding import NATIONAL_GBP, funding_of
from sim.evaluation.england.places import BEGINS, IN_PROPORTION, OWN, PUBLISHED, low_income_shares
from sim.evaluation.england.published import CARE_STARTED, CHILDREN, COLUMNS, LOW_INCOME, PLAN, Authority, authorities

BASE = "today_alike"
ENGLAND_AT_WORK = 36_186
"""Social workers in post in England (T-Q9), those of councils that report together among them."""
ENGLAND_VACANT = 0.142
"""Share of posts that are vacant in England (T-Q9), which its posts and time to hire stand for."""
BY_PLANS = ("family_conference", "edge_team")
"""Services for families with a child on a plan: a place has as many of England's posts as it has of its plans. Those of
all others are shared as the money is."""
IN_POST, CASELOAD = "sw_inpost_fte_2025", "sw_caseload_fte_2025"
VACANT, TURNOVER = "sw_vacancy_rate_fte_2025", "sw_turnover_rate_fte_2025"
CARE_WEEK = "cla_gbp_per_week_2024_25"
CARE_PRICE = "costs.children looked after"
SHORTEST_VACANCY = 0.5
Z = 1.96

HEAD = """\
# {name}: {authority} from April 2025, on the model of England today (docs/authority.md).
# Check it with `families check {name}.yaml`, run it with `families run {name}.yaml`.
#
# Its own, published: children, those in low income, referrals, need, plans and care of March 2024 and 2025 and
#   between; social workers, what a looked-after child costs, the money of Supporting Families, unless said below.
# Its own, fitted to these: how fast cases begin and end (`*_since`, `*_ends_times`), and how many times as fast they
#   began before April 2024 (`*_before`). Ranges are 95%, given how far each figure is trusted (an assumption).
# England's: all else, such as how a case goes from one step to the next, consent, help and what it does.
# Without unaccompanied asylum-seeking children, of whom {asylum} of the {started} who started in care are taken to be.
{own}{notes}title: "{authority} from April 2025"
extends: [today_alike, areas_2025/begin, areas_2025/alone]
"""


def study_text(name: str, one: Authority, found: FittedPlace) -> str:
    """Give the text of a study of an authority.

    Parameters
    ----------
    name
        The name of the config, as it stands in the comments.
    one
        The authority.
    found
        What was fitted to it, and which figures of it are of its own data.
    """
    notes = "".join(f"# {text} ({source}).\n" for text, source in one.notes)
    head = HEAD.format(
        name=name, authority=one.name, notes=notes, asylum=f"{found.place.asylum_started:,.0f}",
        started=f"{found.place.started:,.0f}", own=_own(found),
    )  # fmt: skip
    return head + "\n".join((*_units(one, found), *_parameters(found), *_set(one, found))) + "\n"


def _own(found: FittedPlace) -> str:
    """Say which figures are of the council's own data; nothing where none is."""
    words = [COLUMNS[column].words for column in COLUMNS if column in found.place.own]
    said = f"Of its own return or census, not published: {'; '.join(words)}."
    return "".join(f"# {line}\n" for line in wrap(said, 116)) if words else ""


def families(one: Authority, reach: float) -> int:
    """Give how many families of an authority may be referred."""
    return round(number("units.family.size") * children_share(one) * reach / england()["reach"])


def children_share(one: Authority) -> float:
    """Give an authority's share of England's children."""
    return one.figures[CHILDREN] / sum(other.figures[CHILDREN] for other in authorities())


@lru_cache(maxsize=1)
def _england() -> Tree:
    """Read the study of England today."""
    return tree_of(BASE)


def number(path: str) -> float:
    """Read a number of the study of England today.

    Raises
    ------
    KeyError
        When there is none at the path.
    """
    found = item_at(_england(), path)
    if found is None:
        raise KeyError(path)
    inner = found.mapping.get("value", found)
    return float(str(inner.value))


def _units(one: Authority, found: FittedPlace) -> Iterator[str]:
    """Write who is on the books."""
    children = one.figures[CHILDREN]
    shares = low_income_shares(one)
    yield "units:"
    yield "  family:"
    yield f"    size: {families(one, found.parameters['reach'])}"
    yield f"    areas: {{{one.area}: {{value: {children:.0f}, unit: children, source: T-A1, locator: {one.ons_code}}}}}"
    where = f"children under 16 in relative low income, 2025: {one.figures[LOW_INCOME]:g}%"
    yield f'traits: {{low_income: {{shares: {{0: {shares[0]}, 1: {shares[1]}}}, source: T-L24, locator: "{where}"}}}}'


def _parameters(found: FittedPlace) -> Iterator[str]:
    """Write the parameters of the chain."""
    yield "parameters:"
    for name, value in found.parameters.items():
        if name in FREE:
            yield _fitted(name, value, found)
        elif name in PUBLISHED:
            yield _published(name, value, found)
        elif name in BEGINS:
            column, level = BEGINS[name]
            if found.place.target(column) is None:
                column, said = PUBLISHED[level], ", since that of a year before is blank"
            else:
                said = ""
            yield _entry(name, value, 0.9, 1.1, _source(column, found), f"{COLUMNS[column].words}{said}")
        elif name in IN_PROPORTION:
            most = min(1.3, 1 / value) if name == "reach" else 1.3
            yield _entry(
                name, value, 0.7, most, "assumption", "", "England's, in proportion to its own flows and levels"
            )


def _published(name: str, value: float, found: FittedPlace) -> str:
    """Write a parameter that is a published figure, with the range that its doubt gives it, at least 5%."""
    column, place = PUBLISHED[name], found.place
    target = place.target(column)
    by = max(0.05, 0.0 if target is None else Z * target.se / value)
    if column == CARE_STARTED and place.passes_through and column not in place.own:
        why = "England's, for the place's own level: most who start there are asylum-seeking children who move on"
        return _entry(name, value, max(0.0, 1 - by), 1 + by, "assumption", "", why)
    less = f" ({place.asylum_share:.0%} of them, an assumption)" if column == CARE_STARTED else ""
    where = f"less what is of asylum-seeking children{less} or counted elsewhere, per 10,000 children"
    return _entry(
        name, value, max(0.0, 1 - by), 1 + by, _source(column, found), f"{COLUMNS[column].words}, {where}"
    )


def _source(column: str, found: FittedPlace) -> str:
    """Give the row of the evidence of a figure, or say that it is of the council's own data."""
    return OWN if column in found.place.own else COLUMNS[column].source


def _entry(name: str, value: float, low: float, high: float, source: str, where: str, why: str = "") -> str:
    """Write a parameter with its range, as multiples of its value."""
    said = f'locator: "{where}"' if where else f'why: "{why}"'
    ends = f"low: {value * low:.5g}, high: {value * high:.5g}"
    return f"  {name}: {{value: {value:.5g}, {ends}, source: {source}, {said}}}"


def _fitted(name: str, value: float, found: FittedPlace) -> str:
    """Write a fitted parameter with its 95% range."""
    by = exp(Z * found.spread[name])
    times = f"{value / england()[name]:.3g} times England's" if name not in BEFORE else "starts before April 2024"
    return _entry(
        name, value, 1 / by, by, "assumption", "", f"fitted to {found.place.name}'s levels and flows: {times}"
    )


def _set(one: Authority, found: FittedPlace) -> Iterator[str]:
    """Write staff, money and prices."""
    low = low_income_shares(one)[1]
    normal = f"(1 + {low} * (low_income_times - 1))"
    yield "set:"
    yield f'  effects.low income strains.times: "low_income_times / {normal}"'
    yield f'  effects.other incomes strain less.times: "1 / {normal}"'
    yield from _staff(one)
    yield from _money(one, found)
    week = one.of(CARE_WEEK)
    if week is None:
        yield "  # What a looked-after child costs is not in the return: England's price."
        return
    price = f"{CARE_PRICE}.price"
    low_end = week * number(f"{price}.low") / number(f"{price}.value")
    where = f"looked-after child, all services, 2024-25, {one.name}"
    why = "as England's line, whose low end is the same share of it; all spending over the children of 31 March"
    yield (
        f"  {price}: {{value: {week:.0f}, unit: gbp/week, low: {low_end:.0f}, high: {week:.0f}, price_year: 2024/25, "
        f'source: T-U1, locator: "{where}", quality: green, status: observed, why: "{why}"}}'
    )


def _money(one: Authority, found: FittedPlace) -> Iterator[str]:
    """Write the posts that money pays for, today's and those of the other ways of helping, and what change costs."""
    money = funding_of(one)
    shares = {
        "money": money.gbp / NATIONAL_GBP,
        "plans": one.figures[PLAN] / sum(o.of(PLAN) or 0.0 for o in authorities()),
    }
    yield f"  # Money of Supporting Families in 2023-24: {money.gbp:,.0f} pounds, {money.how}."
    if not money.is_published:
        yield f"  # Range of that error: {money.low:,.0f} to {money.high:,.0f} pounds. SPREAD BY FORMULA."
    yield f"  # New money is shared as the old ({shares['money']:.2%}), an assumption: no list found (T-A4)."
    posts = number("services.early_help.team.workers.total") * shares["money"]
    yield f"  services.early_help.team.workers: {{total: {posts:.1f}}}"
    for regime, part in _england().mapping["regimes"].mapping.items():
        settings = part.mapping["set"].mapping if "set" in part.mapping else {}
        for key, value in settings.items():
            service, _, what = key.removeprefix("services.").partition(".team.")
            share = shares["plans" if service in BY_PLANS else "money"]
            if what == "workers":
                yield f'  regimes.{regime}.set."{key}": {_posts(value, share)}'
            elif what == "funding":
                steps = (f"{{from: {step.mapping['from'].value}, workers: {_posts(step.mapping['workers'], share)}}}"
                         for step in value.items)  # fmt: skip
                yield f'  regimes.{regime}.set."{key}": [{", ".join(steps)}]'
    yield from _change(one, found, shares["money"])


def _posts(workers: Tree, share: float) -> str:
    """Write a share of posts."""
    return f"{{total: {float(str(workers.mapping['total'].value)) * share:.1f}}}"


def _change(one: Authority, found: FittedPlace, share: float) -> Iterator[str]:
    """Write what changing the service costs a family here and year: a share of the money over the families here."""
    times = share * number("units.family.size") / families(one, found.parameters["reach"])
    said = ", ".join(f"{year}: {gbp * times:.4g}" for year, gbp in england_bands().items())
    yield f"  tables.{CHANGE}.bands: {{{said}}}"


def england_bands() -> dict[str, float]:
    """Give what changing the service costs a family, pounds by year from which it holds, in England today."""
    bands = item_at(_england(), f"tables.{CHANGE}.bands")
    return {} if bands is None else {year: float(str(gbp.value)) for year, gbp in bands.mapping.items()}


CHANGE = "change_money"
"""The table of what changing the service costs a family and year, in the study of England today."""


def _staff(one: Authority) -> Iterator[str]:
    """Write social workers: its own where they are published for it alone."""
    at_work = one.of(IN_POST)
    if at_work is None:
        posts = number("services.social_workers.team.workers.total") * children_share(one)
        yield "  # Social workers are reported with another council's: England's posts by children, turnover and cases."
        yield f"  services.social_workers.team.workers: {{total: {posts:.1f}}}"
        return
    team = "  services.social_workers.team"
    vacant, left = (one.figures.get(column, default) / 100 for column, default in ((VACANT, 14.2), (TURNOVER, 11.8)))
    of_england = number("services.social_workers.team.workers.total")
    posts = of_england * (1 - ENGLAND_VACANT) * at_work / ENGLAND_AT_WORK / max(1 - vacant, 0.5)
    yield f"  # {at_work:g} in post of England's {ENGLAND_AT_WORK:,}, {vacant:.1%} vacant, {left:.1%} left (T-Q9):"
    yield f"  # its part of the {of_england:,.0f} posts that England's families within reach have in the model."
    yield f"{team}.workers: {{total: {posts:.1f}}}"
    if left > 0:
        yield f"{team}.turnover: {left:.3g}"
        months = max(SHORTEST_VACANCY, min(vacant, 0.5) / (1 - min(vacant, 0.5)) / left * 12)
        yield f"{team}.hire: {months:.1f} months"
    yield f"{team}.caseload: {one.figures[CASELOAD]:g} / children_per_case"
