"""What is published of each local authority of England: read from the library and held against what figures can be."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from math import isfinite
from pathlib import Path

from sim.errors import ModelError, Problem
from sim.evaluation.england.cells import CsvRow, PlacedCell, read_cells, refuse
from sim.places import installed_configs

FOLDER = "areas_2025"
CHILDREN = "children_0_17_mid2024"
CARE, CARE_2024, CARE_2023 = "cla_31mar_2025", "cla_31mar_2024", "cla_31mar_2023"
CARE_STARTED, CARE_CEASED, ASYLUM = "cla_started_2025", "cla_ceased_2025", "uasc_31mar_2025"
NEED, NEED_2024, NEED_STARTED = "cin_31mar_2025", "cin_31mar_2024", "cin_started_2025"
PLAN, PLAN_2024, PLAN_STARTED = "cpp_31mar_2025", "cpp_31mar_2024", "cpp_started_2025"
REFERRALS = "referrals_2025"
LOW_INCOME, FUNDED = "children_low_income_pct_2025", "supporting_families_max_gbp_2023_24"
COUNT, RATE, PERCENT, GBP = "count", "rate", "percent", "gbp"


@dataclass(frozen=True)
class PublishedColumn:
    """A column of the file: what kind of number it holds, what people call it, and the row of the evidence."""

    kind: str
    words: str
    source: str


COLUMNS: dict[str, PublishedColumn] = {
    CHILDREN: PublishedColumn(COUNT, "children under 18, mid-2024", "T-A1"),
    CARE_2023: PublishedColumn(COUNT, "looked after, 31 March 2023", "T-L1"),
    CARE_2024: PublishedColumn(COUNT, "looked after, 31 March 2024", "T-L1"),
    CARE: PublishedColumn(COUNT, "looked after, 31 March 2025", "T-L1"),
    CARE_STARTED: PublishedColumn(COUNT, "started to be looked after, 2024-25", "T-L2"),
    CARE_CEASED: PublishedColumn(COUNT, "ceased to be looked after, 2024-25", "T-L2"),
    NEED: PublishedColumn(COUNT, "children in need, 31 March 2025", "T-L6"),
    NEED_STARTED: PublishedColumn(COUNT, "episodes of need started, 2024-25", "T-L7"),
    NEED_2024: PublishedColumn(COUNT, "children in need, 31 March 2024", "T-L6"),
    REFERRALS: PublishedColumn(COUNT, "referrals, 2024-25", "T-L11"),
    PLAN_2024: PublishedColumn(COUNT, "on a protection plan, 31 March 2024", "T-L9"),
    PLAN: PublishedColumn(COUNT, "on a protection plan, 31 March 2025", "T-L9"),
    PLAN_STARTED: PublishedColumn(COUNT, "protection plans started, 2024-25", "T-L10"),
    "sw_inpost_fte_2025": PublishedColumn(RATE, "social workers in post, full-time equivalents", "T-Q9"),
    "sw_caseload_fte_2025": PublishedColumn(RATE, "cases a social worker", "T-Q9"),
    "sw_vacancy_rate_fte_2025": PublishedColumn(PERCENT, "posts vacant, %", "T-Q9"),
    "sw_turnover_rate_fte_2025": PublishedColumn(PERCENT, "social workers who left in the year, %", "T-Q9"),
    "sw_agency_rate_fte_2025": PublishedColumn(PERCENT, "agency workers, %", "T-Q9"),
    "s47_rate_per_10k_2025": PublishedColumn(RATE, "protection enquiries per 10,000 children", "T-L12"),
    ASYLUM: PublishedColumn(COUNT, "unaccompanied asylum-seeking children, 31 March 2025", "T-L4"),
    "cla_gbp_per_week_2024_25": PublishedColumn(GBP, "pounds a week, a looked-after child", "T-U1"),
    "foster_gbp_per_week_2024_25": PublishedColumn(GBP, "pounds a week, foster care", "T-U2"),
    "residential_gbp_per_week_2024_25": PublishedColumn(GBP, "pounds a week, residential care", "T-U3"),
    "cla_gross_gbp_2024_25": PublishedColumn(GBP, "spent on looked-after children, pounds", "T-U7"),
    "family_support_gross_gbp_2024_25": PublishedColumn(GBP, "spent on family support, pounds", "T-U7"),
    "csc_gross_gbp_2024_25": PublishedColumn(GBP, "spent on children's social care, pounds", "T-U7"),
    "perm_exclusion_rate_pct_2023_24": PublishedColumn(PERCENT, "permanent exclusions, % of pupils", "T-A1"),
    "suspension_rate_pct_2023_24": PublishedColumn(RATE, "suspensions, % of pupils", "T-A1"),
    "persistent_absence_pct_2024_25": PublishedColumn(PERCENT, "persistently absent pupils, %", "T-L17"),
    "severe_absence_pct_2024_25": PublishedColumn(PERCENT, "severely absent pupils, %", "T-L17"),
    "yjs_first_time_entrants_rate_2024_lait": PublishedColumn(RATE, "first-time entrants per 100,000", "T-A1"),
    LOW_INCOME: PublishedColumn(PERCENT, "children under 16 in relative low income, %", "T-L24"),
    "care_applications_per_10k_2025": PublishedColumn(RATE, "care applications per 10,000 children", "T-Q6"),
    FUNDED: PublishedColumn(GBP, "most of Supporting Families in 2023-24, pounds", "T-A3"),
}  # fmt: skip
NEEDED = (CHILDREN, CARE, CARE_2024, CARE_STARTED, CARE_CEASED, ASYLUM, NEED, NEED_STARTED, PLAN, PLAN_STARTED)
"""Without these no rates can be fitted."""


@dataclass(frozen=True)
class Authority:
    """A local authority: what is published of it by column, and notes with their source; what is blank is not there."""

    name: str
    dfe_code: str
    ons_code: str
    region: str
    figures: Mapping[str, float]
    notes: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = field(default=())

    @property
    def area(self) -> str:
        """Give the name as a config writes it."""
        return re.sub(r"[^a-z]+", "_", self.name.lower()).strip("_")

    @property
    def is_london(self) -> bool:
        """Whether it lies in London."""
        return self.region.endswith("London")

    def of(self, column: str) -> float | None:
        """Give a figure; None where it is suppressed, unreliable or of no return."""
        return self.figures.get(column)

    def each(self, column: str) -> float | None:
        """Give a count per 10,000 children."""
        value = self.of(column)
        return None if value is None else value / self.figures[CHILDREN] * 10_000

    @property
    def refusal(self) -> str:
        """Say why no rates can be fitted to it; nothing where they can."""
        blank = [COLUMNS[column].words for column in NEEDED if column in self.missing]
        what = f"{'; '.join(blank)} {'are' if len(blank) > 1 else 'is'} suppressed"
        return f"too little is published of {self.name}: {what}" if blank else ""


@lru_cache(maxsize=1)
def authorities() -> tuple[Authority, ...]:
    """Give every local authority of England, by name.

    Raises
    ------
    ModelError
        When the file of the library was altered and holds what cannot be.
    """
    folder = installed_configs() / FOLDER
    return read_authorities(folder / "authorities.csv", folder / "notes.csv")


def read_authorities(path: Path, notes: Path) -> tuple[Authority, ...]:
    """Read authorities and what is to be known of some.

    Raises
    ------
    ModelError
        With file, line and column of what is wrong.
    """
    rows = read_cells(path, ("la_name", "dfe_code", "ons_code", "region", *COLUMNS))
    said: dict[str, list[tuple[str, str]]] = {}
    known = {row["la_name"].text for row in rows}
    problems = []
    for row in read_cells(notes, ("la_name", "note", "source")):
        about = row["la_name"]
        said.setdefault(about.text, []).append((row["note"].text, row["source"].text))
        if about.text not in known:
            problems.append(Problem(about.where, "la_name", f"no authority is called '{about.text}'"))
    made = []
    for row in rows:
        figures = {column: value for column in COLUMNS if (value := _number(row, column, problems)) is not None}
        problems += _at_odds(row, figures)
        name, dfe_code, ons_code, region = (row[key].text for key in ("la_name", "dfe_code", "ons_code", "region"))
        missing = tuple(column for column in COLUMNS if not row[column].text)
        made.append(Authority(name, dfe_code, ons_code, region, figures, tuple(said.get(name, ())), missing))
    problems += _twice(rows)
    refuse(problems)
    return tuple(sorted(made, key=lambda one: one.name))


def _number(row: CsvRow, column: str, problems: list[Problem]) -> float | None:
    """Read a figure; blank is None."""
    cell = row[column]
    if not cell.text:
        return None
    kind = COLUMNS[column].kind
    try:
        value = float(cell.text)
    except ValueError:
        value = float("nan")
    wrong = (
        not isfinite(value) or value < 0 or (kind == PERCENT and value > 100) or (kind == COUNT and value % 1 != 0)
        or (column == CHILDREN and value == 0)
    )  # fmt: skip
    if wrong:
        what = {COUNT: "a whole number", PERCENT: "a number from 0 to 100"}.get(kind, "a number of 0 or more")
        problems.append(Problem(cell.where, column, f"given '{cell.text}'; must be {what}, or blank"))
        return None
    return value


def _at_odds(row: CsvRow, figures: Mapping[str, float]) -> Iterator[Problem]:
    """Name figures of a row that cannot both be right: a part that is larger than its whole."""
    wholes = ((PLAN, NEED), (PLAN_2024, NEED_2024), (ASYLUM, CARE), (CARE, CHILDREN), (NEED, CHILDREN))
    for part, whole in wholes:
        if part in figures and whole in figures and figures[part] > figures[whole]:
            said = f"{figures[part]:,.0f} is more than {COLUMNS[whole].words}, {figures[whole]:,.0f}"
            yield Problem(row[part].where, part, said)


def _twice(rows: Sequence[CsvRow]) -> Iterator[Problem]:
    """Name what stands twice and must not."""
    for key in ("la_name", "dfe_code", "ons_code"):
        seen: dict[str, PlacedCell] = {}
        for row in rows:
            first = seen.setdefault(row[key].text, row[key])
            if first is not row[key] or not row[key].text:
                problem = "is blank" if not row[key].text else f"'{row[key].text}' stands at {first.where} already"
                yield Problem(row[key].where, key, problem)


def authority(name: str) -> Authority:
    """Find an authority by its name, or its code of the department or of the Office for National Statistics.

    Raises
    ------
    ModelError
        When there is none, with those whose names are nearest.
    """
    wanted = _plain(name)
    for one in authorities():
        if wanted in (one.dfe_code, one.ons_code.lower(), *_spellings(one.name)):
            return one
    raise ModelError([Problem("", "--authority", _unknown(name))])


def _plain(name: str) -> str:
    """Write a name so that case, dots, commas and 'and' or '&' do not matter."""
    return " ".join("".join(c if c.isalnum() else " " for c in name.lower().replace("&", " and ")).split())


def _spellings(name: str) -> tuple[str, ...]:
    """Give how a name is written: as it is and, of 'Bristol, City of', also 'bristol' and 'city of bristol'."""
    head, _, tail = name.partition(", ")
    return (_plain(name), _plain(head), _plain(f"{tail} {head}")) if tail.endswith(" of") else (_plain(name),)


def _unknown(name: str) -> str:
    """Say that there is no such authority, and which are near: in their letters, or with a word of it."""
    names = {_plain(one.name): one.name for one in authorities()}
    near = [full for text, full in names.items() if len(_plain(name)) > 3 and _plain(name) in text][:3]
    letters = difflib.get_close_matches(_plain(name), names, n=3, cutoff=0.6) if not near else ()
    near += [names[text] for text in letters]
    words = {word for word in _plain(name).split() if len(word) > 3}
    near += [full for text, full in names.items() if words & set(text.split()) and full not in near][:5]
    said = f"; did you mean {' or '.join(near)}?" if near else "; families authorities lists all of them"
    return f"no local authority of England with children's services is called '{name}'{said}"
