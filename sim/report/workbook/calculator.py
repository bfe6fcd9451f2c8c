"""The calculator: what help is worth on other terms, by formulas on the yearly sums; opens with the run's own figures.

Rows of its workings are the sums of the chosen regime and reading at the chosen prices; results add up their present
values. Every formula is written with what it comes to as the workbook opens.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.exhibits.board import Board, Cells, Place, at, merged
from sim.exhibits.pen import Formula, Written
from sim.report.workbook.plan import (
    CARE_YEAR,
    CHOSEN,
    EPISODE,
    FOLLOWED,
    HAIR,
    INPUTS,
    NONE,
    READINGS,
    REGIMES,
    CalculatorPlan,
)
from sim.report.workbook.workings import present_values, rates_of, results, workings
from sim.report.workbook.yearly import YEARLY, Yearly
from sim.table import Table

CALCULATOR = "Calculator"
HOLDS = "Change horizon, discount rate, price of an episode or of a year in care, and see what help is worth."
ABOUT = (
    "Change a yellow cell and everything follows; an empty one stands for the run's own value, with which the results "
    "are the run's own to a penny a family and a pound of the programme. A saving is positive. Amounts come from the "
    f"sheet '{YEARLY}' and are discounted below as the run does it: "
)
NOTES = (
    "Price of an episode: what a key worker's posts cost a family helped in one episode, present value on the run's "
    "own terms; her posts move in proportion in every account.",
    "Price of a year in care: children looked after alone; care proceedings and all other prices stay as they are.",
    "A shorter follow-up leaves who is helped, episodes, setting up and assessments before a first start as they are. "
    "Years beyond those that were run add nothing.",
    "Ratios of families are of means a family; the run's are of sums over replications, which differ a little where "
    "replications help unequal numbers.",
)


def calculator_sheet(yearly: Yearly | None, sums: Table, accounts: Table, appraisal: Table) -> Board:
    """Lay the calculator out; a line that says why there is none where nothing is compared."""
    if yearly is None:
        why = "Nothing here: nothing is compared, so that there is nothing to work out again."
        return Board(CALCULATOR, why, {}, (120,), {0: (CALCULATOR, "title"), 1: (why, "about")})
    plan = CalculatorPlan(yearly, sums)
    present = present_values(plan)
    cells = merged((
        _chosen(plan), _inputs(plan), results(plan, present, accounts, appraisal), workings(plan, present),
        _lists(plan),
    ))  # fmt: skip
    years = yearly.terms.spec.timing == "year"
    how = "by whole years, the first in full (factor 1)." if years else "each step by the time at which it ends."
    lines = {0: (CALCULATOR, "title"), 1: (f"{ABOUT}{how}", "about")}
    lines |= {INPUTS + 6 + i: (note, "about") for i, note in enumerate(NOTES)}
    names: dict[str, Place] = {
        "chosen_regime": (CHOSEN, 1), "chosen_reading": (CHOSEN + 1, 1), "families_followed": (CHOSEN, 4),
        "years_of_programme": (INPUTS + 1, 3), "years_of_families": (INPUTS + 2, 3), "your_rate": (INPUTS + 3, 2),
        "times_episode": (INPUTS + 4, 4), "times_care": (INPUTS + 5, 4),
    }  # fmt: skip
    widths = (42, 46, 28, 18, *[14] * max(plan.n, 8))
    return Board(
        CALCULATOR, HOLDS, cells, widths, lines, choices=_choices(plan), names=names, one_page=True,
        frozen=CHOSEN + 2,
    )  # fmt: skip


def _chosen(plan: CalculatorPlan) -> Cells:
    """Place the choice of a regime and a reading."""
    first, there = plan.yearly.leading, f"({plan.listed(0)}=chosen_regime)*({plan.listed(1)}=chosen_reading)"
    followed = Formula(f'=IF({plan.of_world(FOLLOWED)}>0,"yes","no")', "no" if first.episode is None else "yes")
    known = Formula(f'=IF(SUMPRODUCT({there})>0,"yes","no: choose another")', "yes")
    return {
        (CHOSEN, 0): ("Regime", "section"), (CHOSEN, 1): (first.regime, "choice"),
        (CHOSEN + 1, 0): ("Reading of the evidence", "section"), (CHOSEN + 1, 1): (first.reading, "choice"),
        (CHOSEN, 3): ("Families followed", "text"), (CHOSEN, 4): (followed, "text"),
        (CHOSEN + 1, 3): ("In the run", "text"), (CHOSEN + 1, 4): (known, "text"),
    }  # fmt: skip


def _inputs(plan: CalculatorPlan) -> Cells:
    """Place the inputs: the run's value, yours, what is used, and how many times the run's a price is."""
    stretches, first = plan.yearly.stretches, plan.yearly.leading
    heads = ("Input", "The run's", "Yours (empty: the run's)", "Used", "Times the run's")
    cells: Cells = {(INPUTS, c): (told, "number_header" if c else "header") for c, told in enumerate(heads)}
    rates = rates_of(plan)
    later = "" if len(rates) == 1 else " (the run's at first; later rates are in the factors)"
    rows: tuple[tuple[str, Written, str], ...] = (
        ("Horizon of the programme, years", stretches.horizon, "as_is"),
        ("Families are followed for, years", stretches.followed or NONE, "as_is"),
        (f"Discount rate a year{later}", rates[0][1], "share"),
        ("Price of an episode, £ a family helped", _of_world(plan, EPISODE, first.episode), "pennies"),
        ("Price of a year in care, £ a child", _of_world(plan, CARE_YEAR, first.care_year), "pennies"),
    )
    for row, (label, run, style) in enumerate(rows, INPUTS + 1):
        cells |= _input(plan, row, label, run, style)
    return cells


def _input(plan: CalculatorPlan, row: int, label: str, run: Written, style: str) -> Cells:
    """Place one input; of a horizon the years that are there count, and of a price its ratio to the run's."""
    ends, yours, own = plan.across(plan.workings), at(row, 2), at(row, 1)
    chosen = f"SUMPRODUCT(MAX(({ends}<={yours}+{HAIR})*{ends}))" if style == "as_is" else yours
    start = run.value if isinstance(run, Formula) else run
    assert start is not None
    cells: Cells = {
        (row, 0): (label, "text"), (row, 1): (run, style), (row, 2): (None, f"your_{style}"),
        (row, 3): (Formula(f"=IF(ISNUMBER({yours}),{chosen},{own})", start), style),
    }  # fmt: skip
    if style == "pennies":
        cells[row, 4] = (Formula(f"=IF(AND(ISNUMBER({yours}),ISNUMBER({own})),{yours}/{own},1)", 1.0), "factor")
    return cells


def _of_world(plan: CalculatorPlan, column: int, value: float | None) -> Formula:
    """Give a price of the chosen world; a word where it has none."""
    found = plan.of_world(column)
    return Formula(f'=IF({found}>0,{found},"{NONE}")', value or NONE)


def _lists(plan: CalculatorPlan) -> Cells:
    """Place what can be chosen, with the run's prices."""
    row, choices = plan.lists, plan.yearly.choices
    heads = ("Regime", "Reading of the evidence", "Against", "Price of an episode, £", "Price of a year in care, £",
             "Families followed", "", "Regimes", "", "Readings")  # fmt: skip
    cells: Cells = {(row, 0): ("What can be chosen", "section")}
    cells |= {
        (row + 1, c): (told, "number_header" if EPISODE <= c <= FOLLOWED else "header") for c, told in enumerate(heads)
    }
    for r, one in enumerate(choices, row + 2):
        numbers = ((one.episode, "pennies"), (one.care_year, "pennies"), (float(one.episode is not None), "as_is"))
        cells |= {(r, c): (told, "text") for c, told in enumerate((one.regime, one.reading, one.against))}
        cells |= {(r, EPISODE + c): cell for c, cell in enumerate(numbers)}
    for column, listed in ((REGIMES, plan.yearly.regimes), (READINGS, plan.yearly.readings)):
        cells |= {(r, column): (told, "text") for r, told in enumerate(listed, row + 2)}
    return cells


def _choices(plan: CalculatorPlan) -> dict[Place, Mapping[str, Any]]:
    """Say what may be put into the yellow cells."""
    regimes, readings = plan.yearly.regimes, plan.yearly.readings
    ends = {"validate": "list", "source": f"={plan.across(plan.workings)}"}
    price = {"validate": "decimal", "criteria": ">=", "value": 0}
    return {
        (CHOSEN, 1): {"validate": "list", "source": f"={plan.listed(REGIMES, len(regimes))}"},
        (CHOSEN + 1, 1): {"validate": "list", "source": f"={plan.listed(READINGS, len(readings))}"},
        (INPUTS + 1, 2): ends, (INPUTS + 2, 2): ends,
        (INPUTS + 3, 2): {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1},
        (INPUTS + 4, 2): price, (INPUTS + 5, 2): price,
    }  # fmt: skip
