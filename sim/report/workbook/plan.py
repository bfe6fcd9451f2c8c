"""Where things stand on the calculator, and how its formulas call what is on other sheets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.economics.value.yearly import COSTS, SAVINGS
from sim.exhibits.board import span
from sim.exhibits.style import words
from sim.exhibits.xlsx import HEAD
from sim.model.compiled.accounts import ACCOUNTS, PROGRAMME
from sim.report.workbook.names import PARTS, VIEWS
from sim.report.workbook.yearly import Yearly, account_of
from sim.table import Table

CHOSEN, INPUTS, RESULTS = 3, 6, 17
"""Rows, from 0, at which the parts of the sheet begin."""
EPISODE, CARE_YEAR, FOLLOWED, REGIMES, READINGS = 3, 4, 5, 7, 9
"""Columns of the list of worlds: prices, whether families are followed, and what can be chosen."""
VALUE, FIRST = 3, 4
"""The columns of present values and of the first stretch."""
HAIR = "0.000000001"
"""What a stretch may end after a horizon, in years, and still be within it."""
NONE = "none"
ROWS = (
    *((name, "fiscal", (*SAVINGS, *COSTS)) for name in ACCOUNTS),
    *((PROGRAMME, view, (*SAVINGS, *COSTS[:-1])) for view in VIEWS),
)
"""Accounts, views and their parts in the order of the sheet."""


@dataclass(frozen=True)
class SumLine:
    """A row of the workings: an account and its name on the sheet, a ledger and a part."""

    account: str
    view: str
    ledger: str
    part: str

    @property
    def shown(self) -> tuple[str, str, str]:
        """Name account, ledger and part as sheets do."""
        return account_of(self.account, self.view), words(self.ledger), PARTS[self.part]


@dataclass(frozen=True)
class CalculatorPlan:
    """What the calculator works from, and where its rows are."""

    yearly: Yearly
    sums: Table

    @property
    def rows(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """List accounts, views and their parts; of families where the run follows any."""
        follows = any(one.episode is not None for one in self.yearly.choices)
        return [row for row in ROWS if follows or row[0] == PROGRAMME]

    @property
    def results(self) -> list[tuple[str, str, str]]:
        """Account, view and ledger of each result."""
        return [(account, view, ledger) for account, view, _ in self.rows for ledger in self.yearly.ledgers]

    @property
    def lines(self) -> list[SumLine]:
        """List the rows of the workings."""
        return [SumLine(account, view, ledger, part) for account, view, parts in self.rows
                for ledger in self.yearly.ledgers for part in parts]  # fmt: skip

    @property
    def workings(self) -> int:
        """The row of the ends of stretches; times and factors follow, then headings and sums."""
        return RESULTS + 2 + len(self.results) + 2

    @property
    def lists(self) -> int:
        """The row at which the list of worlds begins."""
        return self.workings + 4 + len(self.lines) + 1

    @property
    def n(self) -> int:
        """How many stretches there are."""
        return len(self.yearly.stretches.ends)

    def across(self, row: int) -> str:
        """Call the cells of all stretches in a row."""
        return span((row, FIRST), (row, FIRST + self.n - 1))

    def listed(self, column: int, rows: int | None = None) -> str:
        """Call a column of the list of worlds."""
        first = self.lists + 2
        return span((first, column), (first + (rows or len(self.yearly.choices)) - 1, column))

    def of_world(self, column: int) -> str:
        """Look a number of the chosen world up."""
        return f"SUMPRODUCT(({self.listed(0)}=chosen_regime)*({self.listed(1)}=chosen_reading)*{self.listed(column)})"


def lookup(table: Table, wanted: Mapping[int, str], column: int, *, known: bool = False) -> str:
    """Write a sum over the rows of a sheet that hold what is wanted in some columns; exact, without wildcards.

    ``known`` counts those of them that have a number instead.
    """
    first, last = HEAD + 1, HEAD + max(len(table.rows), 1)
    told = [f"({span((first, c), (last, c), table.title)}={what})" for c, what in wanted.items()]
    numbers = span((first, column), (last, column), table.title)
    added = f'({numbers}<>"")' if known else numbers
    return f"SUMPRODUCT({'*'.join(told)}*{added})"


def looked_up(table: Table, wanted: Mapping[int, str], column: int) -> float | None:
    """Give what ``lookup`` comes to; None where there is no number."""
    found = [row[column] for row in table.rows if all(row[c] == what for c, what in wanted.items())]
    numbers = [float(value) for value in found if value is not None]
    return sum(numbers) if numbers else None


def text(value: str) -> str:
    """Write a text in a formula."""
    doubled = value.replace('"', '""')
    return f'"{doubled}"'
