"""Levels and flows of children in need and on plans by a census: rounded rates on ten children or more.

They are defined as the published ones that they take the place of (evidence T-L6, T-L7 and T-L9 to T-L11), from the
same census. A referral counts each time, also without further action; then the child is not in need. A level is of
children whose case is open, each once: those on plans and looked after among them, those still to be assessed, the
unborn and those of 18 and older too. Starts are of episodes and of plans, so that a child may start twice; a case that
was closed since the child was found not to be in need is no start: 632,830 referrals less 6.5% without further action
and 30.8% assessed and not in need (T-L11) are 396,800, and 396,870 starts are published.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from sim.arrays import BoolArray
from sim.evaluation.own_data.census import NeedCensus, Spells
from sim.evaluation.own_data.rates import ALL, LEAST, OwnFigure, distinct, per_10000, present, still_after, within

REFERRED = "referrals"
NEED_LEVEL, NEED_BEFORE, NEED_BEGAN = "in need", "in need a year before", "episodes of need started"
PLAN_LEVEL, PLAN_BEFORE, PLAN_BEGAN = "on a plan", "on a plan a year before", "plans started"
COUNTED = (REFERRED, NEED_LEVEL, NEED_BEFORE, NEED_BEGAN, PLAN_LEVEL, PLAN_BEFORE, PLAN_BEGAN)
STILL_IN_NEED = "still in need"
AFTER_MONTHS = (3, 6)
"""A census holds the starts of one year, none of which can be seen to go on for longer than that."""


def need_figures(census: NeedCensus, children: float) -> tuple[OwnFigure, ...]:
    """Make the figures of the year that a census is of.

    Parameters
    ----------
    census
        As it was read.
    children
        Children under 18 in the area.

    Returns
    -------
        Levels of need and plans on both 31 March, referrals and starts between them, per 10,000 children, and the
        share of episodes still open so long after the start (Kaplan and Meier 1958). Counts are rounded to five first;
        what rests on fewer than ten children has no value, nor have a level of plans that leaves fewer than ten in need
        without one, and referrals that leave fewer than ten of which no need came.
    """
    need, plans = census.need, census.plans
    now, before = (date(year, 3, 31).toordinal() for year in (census.year, census.year - 1))
    began = within(need.begun, before, now) & ~census.after_assessment
    on_plans = within(plans.begun, before, now)
    found = [
        _referrals(census, before, now, began, children),
        _level(NEED_LEVEL, need, now, children), _level(NEED_BEFORE, need, before, children),
        per_10000(NEED_BEGAN, int(began.sum()), need.child[began], children, "episodes"),
        _level(PLAN_LEVEL, plans, now, children, need), _level(PLAN_BEFORE, plans, before, children, need),
        per_10000(PLAN_BEGAN, int(on_plans.sum()), plans.child[on_plans], children, "plans"),
    ]  # fmt: skip
    lengths, has_ended = (np.minimum(need.ended, now) - need.begun)[began], (need.ended <= now)[began]
    for months in AFTER_MONTHS:
        value = still_after(months, need.child[began], lengths, has_ended)
        found.append(OwnFigure(f"{STILL_IN_NEED} after {months} months", ALL, value, "share"))
    return tuple(found)


def _referrals(census: NeedCensus, after: int, until: int, began: BoolArray, children: float) -> OwnFigure:
    """Give the referrals of the year; none where those of which no need came are of too few children."""
    need, without = census.need, census.without_action
    no_action = within(without.begun, after, until)
    others = np.concatenate([need.child[within(need.begun, after, until) & ~began], without.child[no_action]])
    who = np.concatenate([need.child[began], others])
    figure = per_10000(REFERRED, len(who), who, children, "referrals")
    return figure if distinct(others) >= LEAST else OwnFigure(REFERRED, ALL, None, figure.unit)


def _level(name: str, of: Spells, day: int, children: float, among: Spells | None = None) -> OwnFigure:
    """Give how many children have a spell at the end of a day; none where too few of those ``among`` have no such."""
    who = of.child[present(of.begun, of.ended, day)]
    figure = per_10000(name, distinct(who), who, children)
    if among is None:
        return figure
    others = distinct(among.child[present(among.begun, among.ended, day)]) - distinct(who)
    return figure if others >= LEAST else OwnFigure(name, ALL, None, figure.unit)
