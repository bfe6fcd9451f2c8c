"""Writes what is fitted to all authorities as one layer over today's model of England: tables by area, sizes, posts.

What nobody publishes of a place stands in proportion to its own flows and levels, as ``places.in_proportion`` has it.
An authority of which too little is published keeps England's rates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from textwrap import fill

from sim.evaluation.england.expecting import PER, england
from sim.evaluation.england.fit import FREE, FittedPlace
from sim.evaluation.england.funding import funding_of
from sim.evaluation.england.places import BEGINS, PUBLISHED
from sim.evaluation.england.published import CHILDREN, COLUMNS, PLAN, Authority, authorities
from sim.evaluation.england.writing import (
    BY_PLANS,
    CARE_PRICE,
    CARE_WEEK,
    CASELOAD,
    CHANGE,
    IN_POST,
    england_bands,
    families,
    number,
)

FILE = "fitted.yaml"
WIDE = 120
HEAD = """\
# The local authorities of England with rates of their own, laid over England today (docs/authority.md, docs/areas.md).
#
# Made by `families authorities --fit --out DIR`, as DIR/fitted.yaml, from configs/areas_2025/authorities.csv
# (Department for Education, Open Government Licence v3.0) and the chain of configs/model/today/care.yaml.
# {fitted} authorities are fitted, each alone. {kept} keep England's rates: too little is published of them.
#
# By area: published flows and levels per 10,000 children, less asylum-seeking children; rates that are fitted to them
# (`*_since`, `*_ends_times`, `*_before`); families within reach; posts; what a looked-after child costs. England's
# everywhere: low income, turnover, cases, all other prices, all else.
"""
Own = Sequence[tuple[Authority, Mapping[str, float]]]
"""Authorities with the parameters of the chain in each."""


def together_text(places: Sequence[FittedPlace]) -> str:
    """Give the text of the layer.

    Parameters
    ----------
    places
        What was fitted, in any order; authorities that are not among them keep England's rates.
    """
    found = {one.place.name: one.parameters for one in places}
    own = [(one, {**england(), **found.get(one.name, {})}) for one in authorities()]
    kept = " and ".join(one.name for one, _ in own if one.name not in found)
    lines = (*_units(own), *_tables(own), *_parameters(), *_prices(), *_posts())
    return HEAD.format(fitted=len(found), kept=kept) + "\n".join(lines) + "\n"


def _units(own: Own) -> Iterator[str]:
    """Write how many families may be referred in each area, and what changing the service costs each of them."""
    sizes = [families(one, values["reach"]) for one, values in own]
    yield "units:"
    yield "  family:"
    yield f"    size: {sum(sizes)}"
    yield "    areas:"
    for (one, values), size in zip(own, sizes, strict=True):
        where = f"{one.ons_code}: {one.figures[CHILDREN]:.0f} children, {values['reach']:.3g} of families within reach"
        yield f'      {one.area}: {{value: {size}, unit: families, source: T-A1, locator: "{where}"}}'
    yield "tables:"
    times = number("units.family.size") / sum(sizes)
    bands = ", ".join(f"{year}: {gbp * times:.4g}" for year, gbp in england_bands().items())
    yield f"  {CHANGE}: {{bands: {{{bands}}}}}"


def _tables(own: Own) -> Iterator[str]:
    """Write a table by area of each parameter that is published or fitted, and of what posts are shared by."""
    for name in (*PUBLISHED, *BEGINS, *FREE):
        yield from _table(name, {one.area: values[name] for one, values in own}, *_source(name))
    money = {one.area: funding_of(one).gbp / 1e6 for one, _ in own}
    about = "Supporting Families 2023-24, million pounds: published for 40, else spread by formula (docs/authority.md)"
    yield from _table("money", money, "T-A3", about)
    each = england()["plan_level"] / PER
    plans = {one.area: one.figures.get(PLAN, each * one.figures[CHILDREN]) for one, _ in own}
    yield from _table("plans", plans, "T-L9", "children on plans, 31 March 2025; England's where suppressed")
    about = "social workers in post x cases each; by children where councils report them together"
    yield from _table("cases", _cases([one for one, _ in own]), "T-Q9", about)
    week = number(f"{CARE_PRICE}.price.value")
    price = {one.area: 1.0 if one.refusal else one.figures.get(CARE_WEEK, week) / week for one, _ in own}
    about = f"what a looked-after child costs a week over England's {week:.0f} pounds; 1 where blank, or not fitted"
    yield from _table("care_price", price, "T-U1", about)


def _source(name: str) -> tuple[str, str]:
    """Give the source of a parameter, and what it says there."""
    if name in PUBLISHED:
        about = COLUMNS[PUBLISHED[name]]
        return about.source, f"{about.words}, per 10,000 children, less asylum-seeking and who is counted elsewhere"
    if name in BEGINS:
        about = COLUMNS[BEGINS[name][0]]
        return about.source, f"{about.words}, per 10,000 children, or that of 2025 where it is blank"
    return "assumption", "fitted to levels and flows of each authority"


def _cases(of: Sequence[Authority]) -> dict[str, float]:
    """Give the cases that social workers hold by area."""
    known = [one for one in of if one.of(IN_POST) and one.of(CASELOAD)]
    cases = {one.area: one.figures[IN_POST] * one.figures[CASELOAD] for one in known}
    each = sum(cases.values()) / sum(one.figures[CHILDREN] for one in known)
    return {one.area: cases.get(one.area, each * one.figures[CHILDREN]) for one in of}


def _table(name: str, values: Mapping[str, float], source: str, about: str) -> Iterator[str]:
    """Write a table by area."""
    yield f"  {name}_by_area:"
    yield "    by: area"
    yield f"    source: {source}"
    yield f'    {"why" if source == "assumption" else "locator"}: "{about}"'
    said = ", ".join(f"{area}:\0{value:.4g}" for area, value in values.items())
    lines = fill(said, WIDE, initial_indent=" " * 6, subsequent_indent=" " * 6, break_on_hyphens=False)
    yield "    values: {"
    yield lines.replace("\0", " ")
    yield "    }"


def _parameters() -> Iterator[str]:
    """Write which parameters are by area."""
    yield "parameters:"
    for name in (*PUBLISHED, *BEGINS, *FREE):
        source, about = _source(name)
        said = f'why: "{about}"' if source == "assumption" else f'locator: "by area: {about}"'
        yield f'  {name}: {{value: "table({name}_by_area, area)", low: null, high: null, source: {source}, {said}}}'
    of = england()
    referred = f"(referrals + need_starts) / {of['referrals'] + of['need_starts']:.6g}"
    cared_for = f"care_level / {of['care_level']:g}"
    most = f"max(referrals / {of['referrals']:g}, in_need_level / {of['in_need_level']:g}, {cared_for})"
    by_name = {"known_level": referred, "returned_level": cared_for, "new_home_level": cared_for}
    times = {name: f"{of[name]:g} * {value}" for name, value in by_name.items()}
    for name, value in {"reach": f"min(1, {of['reach']:g} * {most})", **times}.items():
        why = "England's, in proportion to the area's own flows and levels: published nowhere"
        yield f'  {name}: {{value: "{value}", low: null, high: null, source: assumption, why: "{why}"}}'


def _prices() -> Iterator[str]:
    """Write which prices are by area."""
    yield "costs:"
    yield f"  - {{name: {CARE_PRICE.removeprefix('costs.')}, by_area: care_price_by_area}}"


def _posts() -> Iterator[str]:
    """Write by what the posts of each service are shared among areas."""
    yield "services:"
    for service in ("early_help", "lead_practitioner", *BY_PLANS):
        yield f"  {service}: {{team: {{shared: {'plans' if service in BY_PLANS else 'money'}_by_area}}}}"
    yield "  social_workers: {team: {shared: cases_by_area}}"
