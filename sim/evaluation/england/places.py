"""What a place is fitted to: its published levels and flows, less asylum-seeking children, and how far each is trusted.

Unaccompanied asylum-seeking children come from no family of a place. Their level is published for each authority in
2025 alone; how many start and cease is England's (22% of who starts, T-L4), shared by that level: an assumption.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import hypot, log, sqrt

from sim.errors import ModelError, Problem
from sim.evaluation.england.cells import refuse
from sim.evaluation.england.expecting import PER, CareCourse, CourseFigure, england
from sim.evaluation.england.published import (
    ASYLUM,
    CARE,
    CARE_2024,
    CARE_CEASED,
    CARE_STARTED,
    CHILDREN,
    COLUMNS,
    LOW_INCOME,
    NEED,
    NEED_2024,
    NEED_STARTED,
    PLAN,
    PLAN_2024,
    PLAN_STARTED,
    REFERRALS,
    Authority,
    authorities,
)
from sim.evaluation.own_data.kept import OwnData
from sim.evaluation.own_data.need import (
    NEED_BEFORE,
    NEED_BEGAN,
    NEED_LEVEL,
    PLAN_BEFORE,
    PLAN_BEGAN,
    PLAN_LEVEL,
    REFERRED,
)
from sim.evaluation.own_data.rates import ALL, BEGAN, LEFT, LEVEL, LEVEL_BEFORE, STILL

ASYLUM_LEVEL_2025, ASYLUM_LEVEL_2024 = 6_540.0, 7_440.0
"""Unaccompanied asylum-seeking children looked after in England on 31 March (T-L4)."""
ASYLUM_STARTED = 0.22 * 32_270.0
"""Of those who started to be looked after in 2024-25, 22% (T-L4, T-L2)."""
ASYLUM_DOUBT = 0.25
"""Relative standard error of asylum-seeking entries and ends of a place; an assumption."""
MOST_ASYLUM = 0.9
"""Share of a flow that asylum-seeking children are at most; an assumption that few places reach."""
READ: Mapping[str, tuple[CourseFigure, float]] = {
    NEED: (CourseFigure("level", 1, 0), 0.02), NEED_2024: (CourseFigure("level", 0, 0), 0.02),
    NEED_STARTED: (CourseFigure("started", 0, 0), 0.05),
    PLAN: (CourseFigure("level", 1, 1), 0.01), PLAN_2024: (CourseFigure("level", 0, 1), 0.01),
    PLAN_STARTED: (CourseFigure("started", 0, 1), 0.03),
    CARE: (CourseFigure("level", 1, 2), 0.01), CARE_2024: (CourseFigure("level", 0, 2), 0.01),
    CARE_STARTED: (CourseFigure("started", 0, 2), 0.03), CARE_CEASED: (CourseFigure("ended", 0, 2), 0.03),
}  # fmt: skip
"""Where each figure stands in the year to March 2025, and its relative standard error of definition, beside the chance
of a count: published levels and flows do not close, those of need least, which are counted by episodes (by 10% of its
starts for England, T-L6, T-L7). Assumptions."""


@dataclass(frozen=True)
class PlaceTarget:
    """A published figure of a place that the chain is held to.

    ``published`` is the count as published; ``value`` and ``se`` are per 10,000 children with asylum-seeking children,
    and what is counted elsewhere, taken out; ``source`` is a row of the evidence, or ``OWN`` where the count is of the
    council's own data. A ``reading`` that is a name asks for that parameter of the chain itself.
    """

    words: str
    reading: CourseFigure | str
    published: float
    value: float
    se: float
    source: str

    def of(self, course: CareCourse, parameters: Mapping[str, float]) -> float:
        """Read what a course, or the parameters behind it, come to for it."""
        return parameters[self.reading] if isinstance(self.reading, str) else course.read(self.reading)


@dataclass(frozen=True)
class LocalPlace:
    """A place as the chain sees it.

    ``given`` are parameters of the chain that are taken from published figures as they stand, ``targets`` what the
    others are fitted to, over ``years`` from the first level on.
    """

    name: str
    children: float
    given: Mapping[str, float]
    targets: tuple[PlaceTarget, ...]
    years: int = 1
    asylum_started: float = 0.0
    """Children a year who are taken to start in care as asylum-seeking children."""
    passes_through: bool = False
    """Whether more start in care than are looked after, so that most starts are taken to be of such children."""
    started: float = 0.0
    """Children who started to be looked after in the year, as published."""
    gap: float = 0.0
    """Children by which published care does not close: start, started and ceased, less the end."""
    own: frozenset[str] = frozenset()
    """Columns whose figures are of the council's own data, not published."""

    def target(self, column: str) -> PlaceTarget | None:
        """Give what is known of a column; None where it is blank."""
        return next((one for one in self.targets if one.words == COLUMNS[column].words), None)

    @property
    def asylum_share(self) -> float:
        """Share of those who started to be looked after who are taken to be asylum-seeking children."""
        return self.asylum_started / self.started if self.started else 0.0


def place_of(one: Authority, own: OwnData | None = None) -> LocalPlace:
    """Give what an authority is fitted to.

    Parameters
    ----------
    one
        An authority of which enough is published.
    own
        Rates of its own return or census, in place of what is published of those looked after, in need and on plans.

    Raises
    ------
    ModelError
        When too little is published of it, the rates are of another authority or year, or leave no child of a family.
    """
    if one.refusal:
        raise ModelError([Problem("", "--authority", one.refusal)])
    mine = {} if own is None else _own_counts(one, own)
    f = {**one.figures, **mine}
    one = replace(one, figures=f)
    passes = _passes_through(f)
    began, left = _asylum_flows(one, passes)
    asylum_before = f[ASYLUM] * ASYLUM_LEVEL_2024 / ASYLUM_LEVEL_2025
    out = {
        CARE: f[ASYLUM], CARE_2024: asylum_before, CARE_STARTED: began, CARE_CEASED: left, NEED_STARTED: began,
        NEED: f[CARE] + f[PLAN], NEED_2024: f[CARE_2024] + f.get(PLAN_2024, 0.0), REFERRALS: began,
    }  # fmt: skip
    guessed = {CARE_2024: asylum_before - f[ASYLUM], CARE_STARTED: began, CARE_CEASED: left, NEED_STARTED: began}
    given = _given(one, out)
    known = [c for c in READ if c in f and not (c == NEED_2024 and PLAN_2024 not in f)]
    targets = tuple(_target(one, c, out.get(c, 0.0), guessed.get(c, 0.0), c in mine) for c in known)
    if own is not None:
        refuse(_at_odds(targets, given, out_of_range(own)))
    targets += _stays(own)
    value = {target.reading: target.value for target in targets}
    begins = {name: value.get(READ[column][0], given[level]) for name, (column, level) in BEGINS.items()}
    gap = f[CARE_2024] + f[CARE_STARTED] - f[CARE_CEASED] - f[CARE]
    given = {**given, **begins}
    return LocalPlace(
        one.name, f[CHILDREN], given, targets, 1, began, passes, f[CARE_STARTED], gap, frozenset(mine)
    )  # fmt: skip


OWN = "own data"
"""Source of a figure that is of the council's own return or census."""
YEAR = 2025
FIRST_YEAR, BIRTHDAYS = 0.43, 1 / 18
"""Rate a year at which those looked after leave in their first year in England's chain (care.yaml), and at which
children of all ages turn 18."""
STAY_DOUBT = 0.1
"""Standard error of how fast children leave by the share that stays a year, relative; an assumption."""


OWN_NAMES = {
    CARE: LEVEL, CARE_2024: LEVEL_BEFORE, CARE_STARTED: BEGAN, CARE_CEASED: LEFT, NEED: NEED_LEVEL,
    NEED_2024: NEED_BEFORE, NEED_STARTED: NEED_BEGAN, PLAN: PLAN_LEVEL, PLAN_2024: PLAN_BEFORE,
    PLAN_STARTED: PLAN_BEGAN, REFERRALS: REFERRED,
}  # fmt: skip
"""What a published count is called among figures of a council's own data."""
FAR = 2.0
"""Times the largest rate of all authorities, or below the smallest, from which a rate is not that of an authority."""


def out_of_range(own: OwnData) -> Mapping[str, str]:
    """Say which rates of a return or census lie far outside those of all authorities: column -> what is said of it."""
    found = {}
    for column, name in OWN_NAMES.items():
        rate, rates = own.of(name, ALL), [each for one in authorities() if (each := one.each(column)) is not None]
        if rate is not None and not min(rates) / FAR <= rate <= FAR * max(rates):
            there = f"published rates go from {min(rates):,.1f} to {max(rates):,.1f}"
            whose = f"Are these files of {own.authority.name}, and whole?"
            found[column] = f"{name}: {rate:,.1f} per 10,000 children, and {there}. {whose}"
    return found


def _own_counts(one: Authority, own: OwnData) -> dict[str, float]:
    """Give counts of children by the council's own return or census."""
    if own.authority.name != one.name or own.year != YEAR:
        said = f"the figures are of {own.authority.name}, year to March {own.year}; needed: {one.name}, {YEAR}"
        raise ModelError([Problem("", "--own", said)])
    rates = {column: own.of(name, ALL) for column, name in OWN_NAMES.items()}
    return {column: rate * one.figures[CHILDREN] / PER for column, rate in rates.items() if rate is not None}


def _at_odds(
    targets: Sequence[PlaceTarget], given: Mapping[str, float], far: Mapping[str, str]
) -> Iterator[Problem]:  # fmt: skip
    """Name own figures that cannot be right beside each other, or beside published ones."""
    if REFERRALS in far:
        yield Problem("", "--own", far[REFERRALS])
    for one in targets:
        if one.value <= 0:
            said = "leaves none without those on plans, looked after or seeking asylum"
            yield Problem("", "--own", f"{one.words}, {one.published:,.0f}, {said}")
    if given["need_starts"] >= given["referrals"]:
        yield Problem("", "--own", "as many episodes of need start as there are referrals, or more")
    if given["plan_starts"] <= given["care_starts"] * england()["starts_from_plan"]:
        yield Problem("", "--own", "fewer plans start than children on plans are taken to start in care")


def _stays(own: OwnData | None) -> tuple[PlaceTarget, ...]:
    """Give how fast children leave by the share that is still looked after a year after the start."""
    still = None if own is None else own.of(f"{STILL} after 12 months", ALL)
    if still is None or not 0 < still < 1:
        return ()
    value = max(-log(still) - BIRTHDAYS, 0.1 * FIRST_YEAR) / FIRST_YEAR
    words = "still looked after a year after the start, as how fast children leave"
    return (PlaceTarget(words, "care_ends_times", still, value, STAY_DOUBT * value, OWN),)


def _target(one: Authority, column: str, out: float, guessed: float, is_own: bool) -> PlaceTarget:
    """Make a target of a count, published or its own, less what is not of this level; part of that may be guessed."""
    reading, doubt = READ[column]
    count, each = one.figures[column], PER / one.figures[CHILDREN]
    se = hypot(doubt * count, sqrt(count), ASYLUM_DOUBT * guessed) * each
    source = OWN if is_own else COLUMNS[column].source
    return PlaceTarget(COLUMNS[column].words, reading, count, (count - out) * each, se, source)


def _asylum_flows(one: Authority, passes: bool) -> tuple[float, float]:
    """Give how many asylum-seeking children start and cease to be looked after in a year.

    Where more start than are looked after, the place's own families are taken to send children into care as often, for
    those looked after, as England's do; all others share what is left of England's by their own levels.
    """
    f = one.figures
    own = f[ASYLUM] / ASYLUM_LEVEL_2025
    began = _passing_through(one) if passes else _for_each_there() * f[ASYLUM]
    left = began + (ASYLUM_LEVEL_2024 - ASYLUM_LEVEL_2025) * own
    return min(began, MOST_ASYLUM * f[CARE_STARTED]), min(left, MOST_ASYLUM * f[CARE_CEASED])


def _passes_through(figures: Mapping[str, float]) -> bool:
    """Whether more children start in care in a year than are looked after, so that most of them move on."""
    return figures[CARE_STARTED] > figures[CARE]


def _passing_through(one: Authority) -> float:
    """Give how many asylum-seeking children start where most who start are such children."""
    f, of_england = one.figures, england()
    return f[CARE_STARTED] - (f[CARE] - f[ASYLUM]) * of_england["care_starts"] / of_england["care_level"]


@lru_cache(maxsize=1)
def _for_each_there() -> float:
    """Give how many asylum-seeking children start a year for each that is there, where they do not pass through."""
    known = [one for one in authorities() if one.of(ASYLUM) is not None and one.of(CARE_STARTED) is not None]
    through = [one for one in known if _passes_through(one.figures)]
    there = sum(one.figures[ASYLUM] for one in known if one not in through)
    return (ASYLUM_STARTED - sum(map(_passing_through, through))) / there


PUBLISHED = {
    "referrals": REFERRALS, "need_starts": NEED_STARTED, "plan_starts": PLAN_STARTED, "care_starts": CARE_STARTED,
    "in_need_level": NEED, "plan_level": PLAN, "care_level": CARE,
}  # fmt: skip
"""Parameters of the chain that are published figures."""


def _given(one: Authority, out: Mapping[str, float]) -> dict[str, float]:
    """Give the parameters that are published figures, per 10,000 children, and levels that go with them."""
    f = one.figures
    return in_proportion({name: (f[c] - out.get(c, 0.0)) * PER / f[CHILDREN] for name, c in PUBLISHED.items()})


def in_proportion(own: Mapping[str, float]) -> dict[str, float]:
    """Set beside published parameters those that nobody publishes, in proportion.

    Children known and not in need, home again, and in new homes stand to their flows and levels as in England; families
    that may be referred at all (``reach``) are as many more as referrals or levels are, at most all.

    Parameters
    ----------
    own
        The parameters in ``PUBLISHED``, per 10,000 children.
    """
    of = england()
    times = {name: value / of[name] for name, value in own.items()}
    referred = own["referrals"] + own["need_starts"]
    return {
        **own,
        "reach": min(1.0, of["reach"] * max(times["referrals"], times["in_need_level"], times["care_level"])),
        "known_level": of["known_level"] * referred / (of["referrals"] + of["need_starts"]),
        "returned_level": of["returned_level"] * times["care_level"],
        "new_home_level": of["new_home_level"] * times["care_level"],
    }


IN_PROPORTION = ("reach", "known_level", "returned_level", "new_home_level")
"""Parameters that nobody publishes, which ``in_proportion`` makes."""
BEGINS = {"need_begins": (NEED_2024, "in_need_level"), "plan_begins": (PLAN_2024, "plan_level"),
          "care_begins": (CARE_2024, "care_level")}  # fmt: skip
"""Levels that a place begins with: those of March 2024, or of 2025 where they are not published."""


def low_income_shares(one: Authority) -> dict[int, float]:
    """Give the share of families in low income and not, from that of children under 16."""
    share = one.figures[LOW_INCOME] / 100
    return {0: round(1 - share, 4), 1: round(share, 4)}
