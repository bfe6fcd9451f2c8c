"""The schema of time and of what rows are: clock, units, traits and tables."""

from __future__ import annotations

import re
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue

from sim.arrays import MOST_STATES
from sim.config.schema.base import Figure, Part, Provenance
from sim.config.schema.fields import (
    AtLeastOne,
    Axis,
    Called,
    Count,
    Date,
    Flag,
    Length,
    Name,
    Number,
    NumberKeyed,
    PerTime,
    Positive,
    Share,
    Text,
    Whole,
)
from sim.config.schema.phrases import Duration
from sim.config.schema.readers import refuse

SHORTEST_STEP, LONGEST_STEP = 1e-6, 1_000
"""Years; the shortest is half a minute."""


def _step(value: object) -> Duration:
    """Read the length of a step."""
    match = re.fullmatch(r"([0-9.eE+-]+)?\s*(day|week|month|quarter|year)s?", str(value).strip())
    try:
        amount = float(match.group(1) or 1) if match else 0.0
    except ValueError:
        amount = 0.0
    if match is None or not amount > 0 or amount == float("inf"):
        words = ["day", "week", "month", "quarter", "year"]
        raise refuse("must be day, week, month, quarter or year, or a length such as '0.03125 year'", words=words)
    step = Duration(amount, match.group(2))
    if not SHORTEST_STEP <= step.years <= LONGEST_STEP:
        raise refuse(f"must be from {SHORTEST_STEP:g} to {LONGEST_STEP:,} years")
    return step


Step = Annotated[
    Duration,
    BeforeValidator(_step),
    WithJsonSchema(
        {"type": "string", "description": "day, week, month, quarter or year, or a length such as '0.03125 year'"}
    ),
]


class ClockPart(Part):
    """Points 0..steps; in the move from point p to p + 1 the cycle is first + p."""

    steps: AtLeastOne = Field(le=1_000_000, description="number of steps")
    step: Step = Field(default=Duration(1, "year"), description="length of a step")
    first: Whole = Field(default=0, ge=-1_000_000, le=1_000_000, description="number of the first cycle")
    start: Date | None = Field(default=None, description="calendar month of point 0, such as 2011-04")
    integration: Literal["exact", "euler"] = Field(
        default="exact", description="a rate's chance in a step: exact, 1 - exp(-rate x step), or euler, rate x step"
    )


class AgePart(Part):
    """Ages at the start of the warm-up: one for all, or a range [from, to] drawn evenly; give one key."""

    years: Annotated[Any, Field(description="an age, or [from, to]")] = None
    months: Annotated[Any, Field(description="an age, or [from, to]")] = None
    steps: Annotated[Any, Field(description="an age, or [from, to]")] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        """Exactly one unit of time, and ages in order."""
        given = [value for value in (self.years, self.months, self.steps) if value is not None]
        if len(given) != 1:
            raise refuse("give one of years, months, steps")
        ages = given[0] if isinstance(given[0], list) else [given[0]]
        numbers = all(isinstance(age, int | float) and not isinstance(age, bool) for age in ages)
        if len(ages) not in (1, 2) or not numbers or not 0 <= ages[0] <= ages[-1] <= 10_000:
            raise refuse("must be an age of 0 or more, or [from, to] in order")
        return self

    def range(self) -> tuple[float, float, str]:
        """Give (from, to, unit of time)."""
        unit = "year" if self.years is not None else "month" if self.months is not None else "step"
        value = {"year": self.years, "month": self.months, "step": self.steps}[unit]
        ages = value if isinstance(value, list) else [value]
        return float(ages[0]), float(ages[-1]), unit


class LeavesPart(Provenance):
    """How rows leave: at an age, at a rate, and whether new ones take their place."""

    age: Length | None = Field(default=None, description="the age at which a row leaves, such as 18 years")
    rate: Figure | None = Field(default=None, description="rate of leaving a year")
    replace: Flag = Field(default=False, description="whether a new row takes the place of each that leaves")


class ArrivePart(Provenance):
    """New rows from outside: a Poisson number a step."""

    poisson: PerTime = Field(description="mean number per time, such as '2.7 / day'")


class AreaPart(Figure):
    """An area: its share (when all sum to 1) or number of rows.

    Synthetic areas are kept out of every area table and picture; a name that begins with ``synthetic_`` is one.
    """

    other_forms: ClassVar[tuple[JsonSchemaValue, ...]] = (
        {"type": "object", "properties": {"share": {"type": "number"}, "synthetic": {"type": "boolean"}}},
    )
    synthetic: Flag | None = Field(default=None, description="a made-up area that stands for real ones not named")

    @model_validator(mode="before")
    @classmethod
    def _share(cls, value: Any) -> Any:
        """Read ``share`` as the value."""
        if isinstance(value, dict) and "share" in value and "value" not in value:
            return {"value" if key == "share" else key: item for key, item in value.items()}
        return value


class UnitPart(Part):
    """Whose rows these are. The first unit is the root; a second belongs ``of`` it."""

    size: Count = Field(default=0, le=1_000_000_000, description="number of rows at the start")
    of: Name | None = Field(default=None, description="the unit to which these rows belong")
    number: Name | None = Field(default=None, description="the trait that says how many rows each row of the root has")
    areas: dict[Called, AreaPart] = Field(default_factory=dict, description="named places of the root unit")
    age: AgePart | None = Field(default=None, description="ages at the start")
    leaves: LeavesPart | None = Field(default=None, description="how rows leave")
    births: Figure | None = Field(default=None, description="rate of births a year")
    settled: Flag = Field(
        default=False,
        description="begins with the ages and empty places that births, birthdays and departures lead to; the newborn "
        "are in the first states",
    )
    arrive: ArrivePart | None = Field(
        default=None, description="new rows from outside; they enter at the end of their step"
    )
    warm_up: Length = Field(default=Duration(0), description="how long the model runs before point 0")


class GammaPart(Part):
    """A gamma distribution with mean 1."""

    variance: Positive = Field(description="its variance")


def _trait_form(value: Any) -> Any:
    """Read ``{0: 0.3, 1: 0.7}`` as ``{shares: {0: 0.3, 1: 0.7}}``."""
    if isinstance(value, dict) and value and not {"shares", "gamma"} & set(value):
        return {"shares": value}
    return value


class TraitPart(Provenance):
    """Fixed per row and discrete: shares of values, or classes of a gamma distribution; give one."""

    other_forms: ClassVar[tuple[JsonSchemaValue, ...]] = (
        {"type": "object", "patternProperties": {"^[-+.0-9]": {"type": "number"}}, "additionalProperties": False},
    )
    shares: Annotated[dict[float, Share], NumberKeyed] | None = Field(default=None, description="share of each value")
    gamma: GammaPart | None = Field(default=None, description="gamma with mean 1, cut in classes of equal weight")
    classes: AtLeastOne | None = Field(default=None, description="number of classes of a gamma")
    stratify: Flag | None = Field(
        default=None, description="rows of one value are kept together (speed); true for gamma"
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        """One of shares and gamma."""
        if (self.shares is None) == (self.gamma is None):
            raise refuse("give either shares of values, such as {0: 0.3, 1: 0.7}, or gamma with classes")
        if self.shares is not None and len(self.shares) > MOST_STATES:
            raise refuse(f"has {len(self.shares)} values; it must have at most {MOST_STATES}", field="shares")
        if self.shares is not None and abs(sum(self.shares.values()) - 1) > 1e-9:
            raise refuse(f"the shares sum to {sum(self.shares.values()):.12g}; they must sum to 1")
        if self.gamma is not None and not 1 <= (self.classes or 5) <= 100:
            raise refuse("classes must be from 1 to 100", field="classes")
        return self


Trait_ = Annotated[TraitPart, BeforeValidator(_trait_form)]


class TablePart(Provenance):
    """A function of one variable: linear and flat outside, bands that hold from each value on, or by area."""

    by: Axis = Field(description="the variable")
    linear: Annotated[dict[float, Number], NumberKeyed] | None = Field(
        default=None, description="points joined by lines"
    )
    bands: Annotated[dict[float, Number], NumberKeyed] | None = Field(
        default=None, description="values from each point on"
    )
    values: dict[Called, Number] | None = Field(default=None, description="by area: the value of each, all of them")
    unit: Text = Field(default="", description="unit of the values")

    @model_validator(mode="after")
    def _one(self) -> Self:
        """Values where it is by area, else one of linear and bands, with points."""
        if self.by == "area":
            if self.values is None or self.linear is not None or self.bands is not None:
                raise refuse("a table by area has 'values', one for each area")
        elif self.values is not None:
            raise refuse("'values' are by area; by anything else give linear or bands")
        elif (self.linear is None) == (self.bands is None):
            raise refuse("give either linear or bands")
        if not (self.linear or self.bands or self.values):
            raise refuse("a table needs at least one point")
        return self
