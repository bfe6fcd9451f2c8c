"""The workings of the calculator: sums of the chosen world, factors and present values, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sim.economics.value.yearly import BEFORE, CARE, COSTS, HER_POSTS, SAVINGS
from sim.exhibits.board import Cells, at
from sim.exhibits.pen import Formula, Written
from sim.exhibits.style import words
from sim.model.compiled.accounts import PROGRAMME
from sim.money.discounting import factors
from sim.report.workbook.names import ACCOUNTS, MILLION, VIEWS
from sim.report.workbook.plan import (
    FIRST,
    HAIR,
    INPUTS,
    NONE,
    RESULTS,
    VALUE,
    CalculatorPlan,
    SumLine,
    looked_up,
    lookup,
    text,
)
from sim.report.workbook.yearly import account_of, stretch_names
from sim.table import Table

HEADS = (
    "Account", "Ledger", "Unit", "Net value", "Saved", "Spent", "Break-even price", "Saved for each £1",
    "The run: net value", "The run: break-even", "The run: ratio", "Net value less the run's",
)  # fmt: skip
TIMES = {CARE: "*times_care", HER_POSTS: "*times_episode"}


def present_values(plan: CalculatorPlan) -> list[float]:
    """Give the present value of each row of the workings as the sheet opens."""
    yearly, stretches = plan.yearly, plan.yearly.stretches
    factor = factors(yearly.terms.rates, stretches.times)
    found = []
    for line in plan.lines:
        limit = stretches.horizon if line.account == PROGRAMME else stretches.followed
        counted = factor if line.part == BEFORE else factor * (stretches.ends <= limit + float(HAIR))
        found.append(float(yearly.of(yearly.leading, *line.shown) @ counted))
    return found


def rates_of(plan: CalculatorPlan) -> list[tuple[float, float]]:
    """Give the rates of the schedule that hold within the run, each from a year on."""
    last = float(plan.yearly.stretches.times.max(initial=0.0))
    return [pair for i, pair in enumerate(plan.yearly.terms.rates) if i == 0 or pair[0] < last]


def _factor(plan: CalculatorPlan, time: str) -> str:
    """Write the discount factor at the time that a cell says."""
    rates, own = rates_of(plan), at(INPUTS + 3, 1)
    parts = []
    for i, (start, rate) in enumerate(rates):
        until = f"MIN({time},{rates[i + 1][0]:g})" if i + 1 < len(rates) else time
        years = until if i == 0 else f"MAX({until}-{start:g},0)"
        parts.append(f"(1+{own if i == 0 else repr(rate)})^-{years}")
    return f"=IF(ISNUMBER(your_rate),(1+your_rate)^-{time},{'*'.join(parts)})"


def workings(plan: CalculatorPlan, present: Sequence[float]) -> Cells:
    """Place the stretches, their factors, and the sums of the chosen world with their present values."""
    row, stretches = plan.workings, plan.yearly.stretches
    factor = factors(plan.yearly.terms.rates, stretches.times)
    heads = ("Account", "Ledger", "Part", "Present value, £", *stretch_names(stretches))
    cells: Cells = {
        (row - 1, 0): ("Workings: the chosen regime and reading at the chosen prices, £, undiscounted", "section"),
        (row, 0): ("Ends at year", "text"), (row + 1, 0): ("Discounted for so many years", "text"),
        (row + 2, 0): ("Discount factor", "text"),
        **{(row + 3, c): (told, "number_header" if c >= VALUE else "header") for c, told in enumerate(heads)},
    }  # fmt: skip
    for i in range(plan.n):
        time = at(row + 1, FIRST + i, column_fixed=False)
        cells[row, FIRST + i] = (round(float(stretches.ends[i]), 9), "as_is")
        cells[row + 1, FIRST + i] = (round(float(stretches.times[i]), 9), "as_is")
        cells[row + 2, FIRST + i] = (Formula(_factor(plan, time), float(factor[i])), "factor")
    for r, (line, value) in enumerate(zip(plan.lines, present, strict=True), row + 4):
        cells |= _line(plan, r, line, value)
    return cells


def _line(plan: CalculatorPlan, row: int, line: SumLine, value: float) -> Cells:
    """Place one row of the workings."""
    head, sheet = plan.workings, plan.sums
    limit = "years_of_programme" if line.account == PROGRAMME else "years_of_families"
    counted = "" if line.part == BEFORE else f"*({plan.across(head)}<={limit}+{HAIR})"
    worth = Formula(f"=SUMPRODUCT({plan.across(row)}*{plan.across(head + 2)}{counted})", value)
    cells: Cells = {(row, c): (told, "text") for c, told in enumerate(line.shown)}
    cells[row, VALUE] = (worth, "pennies")
    wanted = ("chosen_regime", "chosen_reading", *(at(row, c, row_fixed=False) for c in range(3)))
    pounds = plan.yearly.of(plan.yearly.leading, *line.shown)
    for i in range(plan.n):
        told = f"={lookup(sheet, dict(enumerate(wanted)), 5 + i)}{TIMES.get(line.part, '')}"
        cells[row, FIRST + i] = (Formula(told, float(pounds[i])), "money")
    return cells


def results(plan: CalculatorPlan, present: Sequence[float], accounts: Table, appraisal: Table) -> Cells:
    """Place what it comes to, beside what the run found."""
    cells: Cells = {(RESULTS, 0): ("What it comes to", "section")}
    cells |= {(RESULTS + 1, c): (told, "number_header" if c >= VALUE else "header") for c, told in enumerate(HEADS)}
    for r, (account, view, ledger) in enumerate(plan.results, RESULTS + 2):
        one = _Result(plan, present, r, account, view, ledger)
        told = one.of_programme(appraisal) if account == PROGRAMME else one.of_families(accounts)
        cells |= {(r, 0): (account_of(account, view), "text"), (r, 1): (words(ledger), "text")}
        cells |= {(r, c): cell for c, cell in enumerate(told, 2)}
    return cells


@dataclass(frozen=True)
class _Result:
    """One row of the results: formulas, with their values as the sheet opens."""

    plan: CalculatorPlan
    present: Sequence[float]
    row: int
    account: str
    view: str
    ledger: str

    def of_families(self, accounts: Table) -> list[tuple[Written, str]]:
        """Give pounds a family helped; a word where the chosen world follows none."""
        column = {name: i for i, name in enumerate(accounts.names)}
        wanted = {2: ACCOUNTS[self.account], 3: words(self.ledger)}
        had, cost, price = (
            self.of_run(accounts, wanted, column[name]) for name in ("Saved, £", "Cost, £", "Break-even price, £")
        )
        net = (f"{had[0]}-{cost[0]}", had[1] - cost[1])
        bcr = self.ratio_of_run(accounts, wanted, column["Saved for each £1"])
        saved, spent, posts = self.total(SAVINGS), self.total(COSTS), self.total((HER_POSTS,))
        even = (f"{at(self.row, 3)}+{posts[0]}", saved[1] - spent[1] + posts[1])
        is_followed = self.plan.yearly.leading.episode is not None

        def told(formula: str, value: float | str) -> Formula:
            return Formula(f'=IF(families_followed="yes",{formula},"{NONE}")', value if is_followed else NONE)

        return [
            ("£ a family", "text"), (told(f"{at(self.row, 4)}-{at(self.row, 5)}", saved[1] - spent[1]), "pennies"),
            (told(*saved), "pennies"), (told(*spent), "pennies"), (told(*even), "pennies"),
            (told(self.ratio("FALSE"), _ratio(saved[1], spent[1])), "ratio"), (told(*net), "pennies"),
            (told(*price), "pennies"), (told(*bcr), "ratio"),
            (told(*self.gap(saved[1] - spent[1], net[1])), "pennies"),
        ]  # fmt: skip

    def of_programme(self, appraisal: Table) -> list[tuple[Written, str]]:
        """Give millions of pounds of everybody; a ratio where the run has one."""
        column = {name: i for i, name in enumerate(appraisal.names)}
        wanted = {2: self.plan.yearly.leading.against, 3: VIEWS[self.view], 4: words(self.ledger)}
        net = self.of_run(appraisal, wanted, column["Net value, £m"])
        bcr = self.ratio_of_run(appraisal, wanted, column["Saved for each £1"])
        saved, spent = ((f"{f}/{MILLION:.0f}", v / MILLION) for f, v in (self.total(SAVINGS), self.total(COSTS)))
        made = saved[1] - spent[1]
        gap = self.gap(made, net[1])
        ratio = NONE if bcr[1] == NONE else _ratio(saved[1], spent[1])
        return [
            ("£m", "text"), (Formula(f"={at(self.row, 4)}-{at(self.row, 5)}", made), "millions"),
            (Formula(f"={saved[0]}", saved[1]), "millions"), (Formula(f"={spent[0]}", spent[1]), "millions"),
            ("", "text"), (Formula(f"={self.ratio(f'{at(self.row, 10)}={text(NONE)}')}", ratio), "ratio"),
            (Formula(f"={net[0]}", net[1]), "millions"), ("", "text"), (Formula(f"={bcr[0]}", bcr[1]), "ratio"),
            (Formula(f"={gap[0]}", gap[1]), "millions"),
        ]  # fmt: skip

    def total(self, parts: Sequence[str]) -> tuple[str, float]:
        """Add up the present values of parts."""
        lines = self.plan.lines
        mine = [i for i, line in enumerate(lines) if line.part in parts
                and (line.account, line.view, line.ledger) == (self.account, self.view, self.ledger)]  # fmt: skip
        cells = "+".join(at(self.plan.workings + 4 + i, VALUE) for i in mine)
        return f"({cells})", sum(self.present[i] for i in mine)

    def gap(self, made: float, run: float) -> tuple[str, float]:
        """Write how far the net value is from the run's, without what the last digits of sums make."""
        return f"ROUND({at(self.row, 3)}-{at(self.row, 8)},6)", round(made - run, 6) + 0.0

    def ratio(self, never: str) -> str:
        """Write what is saved for each pound spent; a word where nothing is spent more."""
        saved, spent = at(self.row, 4), at(self.row, 5)
        return f"IF(OR({never},{spent}<=0),{text(NONE)},{saved}/{spent})"

    def of_run(self, sheet: Table, wanted: Mapping[int, str], column: int) -> tuple[str, float]:
        """Look up what the run found of the chosen world."""
        return lookup(sheet, _called(wanted), column), self.at_first(sheet, wanted, column) or 0.0

    def ratio_of_run(self, sheet: Table, wanted: Mapping[int, str], column: int) -> tuple[str, float | str]:
        """Look up a ratio; a word where the run has none, which is not the same as nothing saved."""
        known, found = (lookup(sheet, _called(wanted), column, known=only) for only in (True, False))
        first = self.at_first(sheet, wanted, column)
        return f"IF({known}>0,{found},{text(NONE)})", NONE if first is None else first

    def at_first(self, sheet: Table, wanted: Mapping[int, str], column: int) -> float | None:
        """Give what the run found of the world with which the sheet opens."""
        first = self.plan.yearly.leading
        return looked_up(sheet, {0: first.regime, 1: first.reading, **wanted}, column)


def _ratio(saved: float, spent: float) -> float | str:
    """Give what ``_Result.ratio`` comes to."""
    return saved / spent if spent > 0 else NONE


def _called(wanted: Mapping[int, str]) -> dict[int, str]:
    """Ask for the chosen world, and for texts."""
    return {0: "chosen_regime", 1: "chosen_reading"} | {column: text(told) for column, told in wanted.items()}
