"""Tables and sentences of a study of evaluation designs: what each reports, how far off it is, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

from sim.evaluation.designs.answer import Evaluated, FollowedOutcome, Verdict
from sim.evaluation.designs.bias import CAUSES, MEANT
from sim.evaluation.designs.controls import ASKED, Control
from sim.evaluation.designs.designs import DESIGNS
from sim.evaluation.trial.family_outcomes import OUTCOMES
from sim.evaluation.trial.referral import RULES
from sim.exhibits.numbers import MINUS, MISSING, fixed, interval, ratio, share
from sim.intervals import Estimate
from sim.model.titles import Titles
from sim.table import Table

TITLES = {design.name: design.title for design in DESIGNS}
MAIN = 0.2
"""A part is named when it is at least this share of all parts' sizes."""


def unit_of(outcome: str) -> tuple[float, str]:
    """Give the factor and the unit in which differences of an outcome are read."""
    return (100.0, "points") if OUTCOMES[outcome].is_share else (1.0, "£ a year")


def number(value: float, outcome: str) -> str:
    """Write a difference with its sign: points to one place (two below one), pounds whole."""
    if not math.isfinite(value):
        return MISSING
    factor, unit = unit_of(outcome)
    places = 0 if unit.startswith("£") else 2 if abs(value * factor) < 1 else 1
    return fixed(value * factor, places, sign=True)


def with_interval(made: Estimate, outcome: str) -> str:
    """Write a difference with its 95% interval where there is one."""
    return interval(made, partial(number, outcome=outcome))


def is_clear(made: Estimate) -> bool:
    """Whether a 95% interval excludes 0, or there is none and the figure is not 0."""
    if made.low is None or made.high is None:
        return math.isfinite(made.mean) and made.mean != 0
    return made.low > 0 or made.high < 0


def because(verdict: Verdict) -> str:
    """Say where a bias comes from: its largest parts, and whether chance can be told from it."""
    if not math.isfinite(verdict.bias.mean):
        return "nobody to compare with"
    parts = {cause: made for cause, made in verdict.causes.items() if math.isfinite(made.mean)}
    whole = sum(abs(made.mean) for made in parts.values())
    if whole == 0 or abs(verdict.bias.mean) <= 1e-9 * whole:
        return "no bias"
    main = [cause for cause in CAUSES if cause in parts and abs(parts[cause].mean) >= MAIN * whole]
    main.sort(key=lambda cause: -abs(parts[cause].mean))
    said = "; ".join(f"{cause} {number(parts[cause].mean, verdict.outcome)}" for cause in main)
    return said if is_clear(verdict.bias) else f"cannot be told from chance ({said})"


def verdict_tables(found: Evaluated) -> list[Table]:
    """Make a table of each evidence set and outcome: every design under every rule."""
    made = []
    for effect_set, outcome in dict.fromkeys((v.effect_set, v.outcome) for v in found.verdicts):
        mine = [v for v in found.verdicts if (v.effect_set, v.outcome) == (effect_set, outcome)]
        rows = tuple(
            (RULES[v.rule], TITLES[v.design], with_interval(v.reported, outcome), number(v.truth.mean, outcome),
             with_interval(v.bias, outcome), ratio(v.frailty_served.mean), ratio(v.frailty_other.mean),
             share(v.matched.mean, 0), because(v))
            for v in mine
        )  # fmt: skip
        columns = ("taken on", "design", "reported", "truth", "bias", "frailty, helped", "frailty, compared",
                   "with a match", "where the bias comes from")  # fmt: skip
        unit = unit_of(outcome)[1]
        title = f"{OUTCOMES[outcome].title.capitalize()} ({found.titles.aside(effect_set)}), {unit}"
        made.append(Table(title, columns, rows))
    return made


def causes_table(found: Evaluated) -> Table:
    """Say what each part of a bias is the difference of."""
    there = {cause for verdict in found.verdicts for cause in verdict.causes}
    rows = tuple((cause, MEANT[cause]) for cause in CAUSES if cause in there)
    return Table("What a bias is made of", ("part", "it is"), rows)


def course_table(found: Evaluated) -> Table:
    """Make the table of the families helped before they were helped, and after with help and without."""
    rows = tuple(
        (found.titles.reading(one.effect_set), RULES[one.rule], OUTCOMES[one.outcome].title,
         *(_level(one.course[name], one.outcome) for name in ("earlier", "before", "without", "after")))
        for one in found.followed
    )  # fmt: skip
    first, last = found.months
    columns = ("evidence", "taken on", "outcome", "months 12 to 7 before", "months 6 to 1 before",
               f"months {first} to {last} after, without help", "the same, with help")  # fmt: skip
    return Table("The families helped, before and after", columns, rows)


def _level(made: Estimate, outcome: str) -> str:
    """Write a level."""
    if not math.isfinite(made.mean):
        return MISSING
    return f"{made.mean:.1%}" if OUTCOMES[outcome].is_share else f"{made.mean:,.0f}"


def size_table(found: Evaluated) -> Table:
    """Make the table of trials: families in both arms together, and the check of the formula."""
    rows = tuple(
        (found.titles.reading(one.effect_set), RULES[one.rule], OUTCOMES[one.outcome].title,
         _stated(one.size.effect, one.outcome), _families(one), _range(one),
         f"{one.size.tried:,}", share(one.size.predicted, 0), share(one.size.found, 0))
        for one in found.followed
    )  # fmt: skip
    columns = ("evidence", "taken on", "outcome", "true effect", "families, both arms", "over its interval",
               "tried with, an arm", "predicted to find it", "found it")  # fmt: skip
    note = (
        "Families that a randomised trial needs to find the true effect with a power of 80% at 5% two-sided, from the "
        "variance between the families helped. The last columns check the formula on trials drawn from those families; "
        "where nothing helps, 5% of trials find something."
    )
    return Table("The trial that would find the effect", columns, rows, note)


def _stated(value: float, outcome: str) -> str:
    """Write a difference with its unit."""
    text = number(value, outcome)
    if OUTCOMES[outcome].is_share:
        return f"{text} points"
    return f"{text[0]}£{text[1:]}" if text[0] in f"+{MINUS}" else text


def _families(one: FollowedOutcome) -> str:
    """Write the size of a trial, or that there is nothing to find."""
    return "nothing to find" if one.size.an_arm is None else f"{2 * one.size.an_arm:,}"


def _range(one: FollowedOutcome) -> str:
    """Write the sizes at the ends of the interval of the effect."""
    if one.smallest is None:
        return MISSING
    return f"{2 * one.smallest:,} to {'any number' if one.largest is None else f'{2 * one.largest:,}'}"


def control_tables(made: Sequence[Control], effect_set: str, replications: int, titles: Titles) -> list[Table]:
    """Make two tables of designs one change apart: the ratio each finds of each outcome, and what its comparison is."""
    reading = titles.aside(effect_set)
    ratios = tuple(
        (one.title, question.name, _three(c.ratio), _three(c.ratio_low), _three(c.ratio_high))
        for one in made for question, c in zip(ASKED, one.found, strict=True)
    )  # fmt: skip
    alike = tuple(
        (one.title, share(one.reached.mean, 0), f"{one.families.mean:,.0f}", fixed(one.frailty.mean, 3, sign=True))
        for one in made
    )
    note = (f"The families helped to the comparison; 95% intervals are of chance, over {replications} replications. "
            "Where nothing helps the truth is 1.")  # fmt: skip
    return [
        Table(f"Ratios that each design finds ({reading})", ("design", "outcome", "ratio", "low", "high"),
              ratios, note, f"controls_{effect_set}.csv"),
        Table(f"Comparisons ({reading})",
              ("design", "helped within 24 months", "counts as families", "mean frailty, less the helped"), alike,
              "", f"comparisons_{effect_set}.csv"),
    ]  # fmt: skip


def _three(value: float | None) -> str:
    """Write a ratio to three places, or that there is none."""
    return MISSING if value is None or not math.isfinite(value) else fixed(value, 3)
