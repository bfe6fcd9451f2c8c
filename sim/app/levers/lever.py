"""A lever: the figure of a config that it moves, how far, and what is to be known of it; and how one is made.

Ranges, sources and values are those of the config; the ends of a track are only how far a hand can go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sim.app.levers.study import OpenStudy
from sim.config.views.register import RegisterEntry

Value = float | str
Settings = dict[str, object]
PRICES, BEHAVIOUR, SHOWN, STUDY = "prices", "behaviour", "shown", "study"
"""What a lever asks for: pricing counts anew, simulating, another comparison of what is there, or another study."""
BELIEVE, DO, COST, COUNT = "What we believe", "What we do", "What it costs", "How it is counted"
WHERE = "Where, and at whose prices"
AS_IT_IS = ""
"""Where a lever of another study stands until it is moved."""

OF_SURFACE = ("post_price", "care_price", "effect", "lasting", "caseload", "posts")
"""Levers in two of which break-even can be drawn: those that move what is saved less spent for each family helped."""


@dataclass(frozen=True)
class StudyLever:
    """A lever of a study, with the figure that it moves.

    Attributes
    ----------
    name, title, group, kind
        Its name in an address, its words, the group it stands in, and ``PRICES``, ``BEHAVIOUR``,
        ``SHOWN`` or ``STUDY``.
    unit
        Words after its value.
    default
        The study's value.
    low, high
        The published range, None where there is none; beyond it there is no evidence.
    ends, step
        How far the track goes, and by what steps.
    choices
        Value -> words, of a lever that is a choice.
    is_assumed
        Whether no source gives its value or range.
    source
        Where its value comes from, in a line.
    text
        A paragraph: what it is, what it stands on, who disagrees.
    settings
        What a value sets in a config, by path.
    line, price_year
        The cost line whose price it multiplies, and the year of its pounds; empty for all other levers.
    """

    name: str
    title: str
    group: str
    kind: str
    unit: str
    default: Value
    low: float | None
    high: float | None
    ends: tuple[float, float]
    step: float
    choices: Mapping[str, str]
    is_assumed: bool
    source: str
    text: str
    settings: Callable[[Value], Settings]
    line: str = ""
    price_year: str = ""

    @property
    def is_choice(self) -> bool:
        """Whether it is chosen among words rather than moved along a track."""
        return bool(self.choices)

    @property
    def span(self) -> tuple[float, float]:
        """The range over which there is evidence; the track where none is published."""
        return self.ends if self.low is None or self.high is None else (self.low, self.high)

    def stated(self, value: Value) -> str:
        """Write a value with its words or its unit."""
        if self.is_choice:
            return self.choices.get(str(value), str(value))
        text = f"{value:,.6g}" if not isinstance(value, str) else value
        return f"£{text}{self.unit[1:]}" if self.unit.startswith("£") else _with_unit(text, self.unit)

    def is_beyond(self, value: Value) -> bool:
        """Whether there is no evidence at a value."""
        if isinstance(value, str) or self.low is None or self.high is None:
            return False
        return not self.low - 1e-9 <= value <= self.high + 1e-9


def _with_unit(number: str, unit: str) -> str:
    """Write a unit behind a number."""
    return f"{number}{unit}" if unit.startswith("%") or not unit else f"{number} {unit}"


def in_regime(study: OpenStudy, path: str) -> str:
    """Give the path of a setting of the regime with a key worker, so that what came before it is not run again."""
    return f'regimes.{study.regime}.set."{path}"'


def _source_of(entry: RegisterEntry) -> str:
    """Say in a line where a figure comes from."""
    told = "an assumption" if entry.is_assumption else entry.source
    year = f", {entry.price_year} prices" if entry.price_year else ""
    return ". ".join(part for part in (f"{told}{year}", entry.locator, entry.why) if part)


def of_figure(
    study: OpenStudy, name: str, title: str, group: str, kind: str, path: str, ends: tuple[float, float], step: float,
    text: str, unit: str = "", *, in_the_regime: bool = False,
) -> StudyLever | None:  # fmt: skip
    """Make a lever of one figure of the config; None where the study has no such figure."""
    entry = study.figures.get(path)
    if entry is None or entry.number is None:
        return None
    key = in_regime(study, path) if in_the_regime else path

    def settings(value: Value) -> Settings:
        return {key: f"{number(value)} {entry.unit}" if entry.is_duration else value}

    return StudyLever(
        name, title, group, kind, unit or entry.unit, entry.number, entry.low, entry.high, ends, step, {},
        entry.is_assumption, _source_of(entry), text, settings, _line_of(path), entry.price_year,
    )  # fmt: skip


def _line_of(path: str) -> str:
    """Give the cost line that a figure prices: of ``costs.LINE.price.value`` and ``.times.value``; else nothing."""
    section, _, rest = path.partition(".")
    line, _, figure = rest.partition(".")
    return line if section == "costs" and figure in ("price.value", "times.value") else ""


def number(value: Value) -> str:
    """Write a number as short as it can be."""
    return f"{value:g}" if isinstance(value, str) or float(value).is_integer() else repr(value)


def choice(
    name: str, title: str, group: str, kind: str, default: str, choices: Mapping[str, str], text: str,
    settings: Callable[[Value], Settings], source: str = "",
) -> StudyLever | None:  # fmt: skip
    """Make a lever that is a choice; None where there is nothing to choose."""
    if len(choices) < 2:
        return None
    return StudyLever(
        name, title, group, kind, "", default, None, None, (0, 0), 0, choices, False, source, text, settings
    )  # fmt: skip


def of_surface(levers: Sequence[StudyLever]) -> tuple[StudyLever, ...]:
    """Give the levers in two of which break-even can be drawn, in the order of ``OF_SURFACE``."""
    held = {lever.name: lever for lever in levers}
    return tuple(held[name] for name in OF_SURFACE if name in held)
