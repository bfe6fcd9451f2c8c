"""The schema of money and outcomes: what is counted, at which price, who pays, and what it is worth."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, WithJsonSchema, field_validator, model_validator
from pydantic.json_schema import JsonSchemaValue

from sim.config.schema.base import Figure, Part, Provenance
from sim.config.schema.fields import (
    Called,
    Expr,
    FinancialYear,
    Name,
    NotNegative,
    Per,
    Positive,
    ScheduleName,
    Share,
    Text,
)
from sim.config.schema.phrases import TargetPhrase, read_target
from sim.config.schema.readers import is_number, read_number, read_schedule, refuse


def _one_target(value: Any) -> TargetPhrase:
    """Read the move that is counted."""
    return read_target(value)


OnMove = Annotated[
    TargetPhrase,
    BeforeValidator(_one_target),
    WithJsonSchema(
        {"type": "string", "description": "'chain: state -> state' (any, or '[state, state]') or 'chain.worsen'"}
    ),
]


class CountedPart(Provenance):
    """What is counted: rows ``while`` a condition holds, moves ``on``, or ``per`` worker and the like; give one."""

    of: Name | None = Field(default=None, description="whose rows; default the unit of the chains named")
    while_: Expr | None = Field(
        default=None, alias="while", description="rows for which the condition holds at counted points"
    )
    on: OnMove | None = Field(default=None, description="moves: 'chain: state -> state'")
    per: Per | None = Field(
        default=None, description="'service.worker', '.place', '.case', '.start', '.referral', or a unit"
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        """One way of counting."""
        if sum(value is not None for value in (self.while_, self.on, self.per)) != 1:
            raise refuse("give exactly one of while, on, per")
        return self


class DistributionPart(CountedPart):
    """A count whose distribution over time is wanted: in which share of the steps it is how much."""


class CostPart(CountedPart):
    """A cost line: a count x a price, shared among payers."""

    name: Called = Field(description="its name")
    price: Figure = Field(description="price of one, in gbp, or gbp/step, day, week, month or year for a time")
    times: Figure | None = Field(default=None, description="quantity of what is priced; multiplies the price")
    by_area: Name | None = Field(
        default=None, description="table by area: how many times the price each area pays; for what is counted 'while'"
    )
    payers: dict[Called, Share] = Field(default_factory=dict, description="agency: share; they sum to 1")
    tier: Literal["universal", "targeted", "reactive"] | None = Field(default=None, description="kind of service")
    ledger: tuple[Literal["narrow", "wide", "with_unitemised"], ...] | None = Field(
        default=None,
        description="ledgers that it belongs to; with_unitemised holds the wide one and what nobody has itemised",
        min_length=1,
    )
    kind: Literal["resource", "transfer", "tax"] | None = Field(default=None, description="kind of payment")
    control: Literal["DEL", "AME", "local"] | None = Field(default=None, description="kind of budget")
    overlaps: Text | None = Field(default=None, description="group of which one member may be priced in a ledger")
    programme: bool = Field(default=False, description="whether it is what the programme costs, as services' lines are")


class OutcomePart(Part):
    """A total kept beside money."""

    discount: Annotated[float, Field(ge=0, le=1)] | ScheduleName = Field(
        default=0.0, description="yearly discount rate, or the name of a schedule of 'discount'"
    )

    counts_as: Literal["cost", "gain", "harm"] | None = Field(
        default=None,
        description="what it is in the cost-effectiveness of regimes: pounds, or what more or less of is good; "
        "default cost for cost and costs, gain for qaly, qalys and life_years",
    )

    @field_validator("discount", mode="before")
    @classmethod
    def _rate_or_name(cls, value: Any) -> float | str:
        """Read a rate, or the name of a schedule."""
        if not is_number(value):
            return read_schedule(value)
        rate = read_number(value)
        if not 0 <= rate <= 1:
            raise refuse("must be at least 0 and at most 1, a yearly rate, or the name of a schedule of 'discount'")
        return rate


class ValuePart(CountedPart):
    """What a count is worth in each outcome: at each counted point, or each move."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Figure]
    when: Expr | None = Field(default=None, description="a condition on the clock and the row under which it counts")


BY_YEAR: JsonSchemaValue = {
    "type": "object",
    "patternProperties": {"^[0-9]": {"type": ["number", "string", "object"]}},
    "additionalProperties": False,
}
"""What editors are told of a mapping of year to number."""


class RatePart(Part):
    """A yearly rate from a year on."""

    start: NotNegative = Field(default=0.0, alias="from", description="years since point 0 from which it holds")
    rate: Figure = Field(description="yearly discount rate")


class SchedulePart(Provenance):
    """A discount schedule: rates that hold from each year on. A bare rate holds from year 0."""

    short: ClassVar[str] = "rates"
    other_forms: ClassVar[tuple[JsonSchemaValue, ...]] = (BY_YEAR,)
    title: Text = Field(default="", description="what it is, in a few words")
    dated: Text = Field(default="", description="when it is or was in force")
    rates: tuple[RatePart, ...] = Field(description="rates, each from a year on", min_length=1)
    until: NotNegative | None = Field(default=None, description="years for which it is meant")
    horizon_above: NotNegative | None = Field(
        default=None, description="years that the horizon must pass for it to be used at all"
    )

    @model_validator(mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        """Read a rate, or a mapping of year to rate, as a list of rates."""
        if isinstance(value, int | float) and not isinstance(value, bool):
            return {"rates": [{"rate": value}]}
        if isinstance(value, dict) and value and all(_is_year(key) for key in value):
            return {"rates": [{"from": float(year), "rate": rate} for year, rate in value.items()]}
        return value


def _is_year(key: object) -> bool:
    """Whether a key is a number of years."""
    return isinstance(key, str) and key.replace(".", "", 1).isdigit()


class DiscountPart(Part):
    """Named schedules of yearly discount rates, and the one that is used where none is named."""

    other_forms: ClassVar[tuple[JsonSchemaValue, ...]] = ({"type": "object", "not": {"required": ["schedules"]}},)
    default: ScheduleName | None = Field(
        default=None, description="the schedule used where none is named; default the first"
    )
    schedules: dict[ScheduleName, SchedulePart] = Field(default_factory=dict, description="schedules by name")

    @model_validator(mode="before")
    @classmethod
    def _named(cls, value: Any) -> Any:
        """Read a mapping of name to schedule."""
        if isinstance(value, dict) and value and not {"default", "schedules"} & set(value):
            return {"schedules": value}
        return value


class IndexPart(Provenance):
    """Which index of prices a series is, and of which vintage: when it was published."""

    short: ClassVar[str] = "name"
    name: Text = Field(description="what it is, such as GDP deflator")
    vintage: Text = Field(default="", description="when it was published, such as March 2026")
    base: Text = Field(default="", description="the year that is 100")


class DeflatorsPart(Provenance):
    """An index of prices by year: one series of one vintage. A layer that names another index takes its place whole."""

    other_forms: ClassVar[tuple[JsonSchemaValue, ...]] = (BY_YEAR,)
    index: IndexPart | None = Field(default=None, description="which index it is, and its source")
    values: dict[FinancialYear, Positive] = Field(default_factory=dict, description="price year: index")
    derived: tuple[FinancialYear, ...] = Field(
        default=(), description="years whose index was derived from other figures"
    )
    forecast: tuple[FinancialYear, ...] = Field(
        default=(), description="years whose index was a forecast when published"
    )

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, value: Any) -> Any:
        """Read a bare mapping of year to index."""
        return {"values": value} if isinstance(value, dict) and "values" not in value else value
