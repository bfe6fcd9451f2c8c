"""The schema of services and teams: how help is asked for, offered, waited for, given and staffed."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sim.config.schema.base import Figure, Provenance
from sim.config.schema.fields import (
    AtLeastOne,
    Called,
    Expr,
    Firing,
    Length,
    Mean,
    Name,
    NotNegative,
    PointOrDate,
    Share,
    Text,
)
from sim.config.schema.readers import refuse
from sim.language.evaluate import parse
from sim.model.lengths import LAWS_WITH_SPREAD, Law

MOST_POSTS = 1_000_000
"""Posts of an area, and cases of a worker, at most."""


def _now(value: Any) -> Any:
    """Read the word ``now``: at the next step, for certain."""
    return None if value == "now" else value


def _workers(value: Any) -> Any:
    """Read a bare number of workers as ``{total: n}``."""
    return {"total": value} if isinstance(value, int | float) and not isinstance(value, bool) else value


def _priority(value: Any) -> tuple[tuple[str, bool], ...]:
    """Read ``name desc`` and ``name asc``; the bare name is desc."""
    result = []
    for item in value if isinstance(value, list | tuple) else [value]:
        name, _, direction = str(item).strip().partition(" ")
        if direction.strip() not in ("", "desc", "asc"):
            raise refuse("each must be 'name desc' or 'name asc', such as 'crisis desc' or 'wait desc'")
        result.append((name, direction.strip() != "asc"))
    return tuple(result)


Workers = Annotated[
    dict[Called, Annotated[NotNegative, Field(le=MOST_POSTS)]],
    BeforeValidator(_workers),
    WithJsonSchema(
        {
            "description": "posts: a number (shared among areas by size), or a number for each area",
            "anyOf": [
                {"type": "number", "minimum": 0},
                {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
            ],
        }
    ),
]
Priority = Annotated[
    tuple[tuple[str, bool], ...],
    BeforeValidator(_priority),
    WithJsonSchema(
        {
            "type": "array",
            "items": {"type": "string"},
            "description": "'name desc' or 'name asc', most important first; names of chains, traits, memories or wait",
        }
    ),
]


class ReferPart(Provenance):
    """Who is referred: while the condition holds, at a rate a year, or ``now``."""

    when: Expr = Field(description="the condition; always is everyone")
    rate: Annotated[Figure | None, BeforeValidator(_now)] = Field(default=None, description="rate a year, or now")
    again: Figure = Field(
        default=Figure(value=parse(1.0)), description="ratio of the rate after closing or dropping out"
    )


class MeanPart(Provenance):
    """A mean duration, or ``now``; the bare duration may stand for it."""

    short: ClassVar[str] = "mean"
    mean: Mean = Field(description="the mean duration, or now: it takes no time")
    low: Length | None = Field(default=None, description="lower end of its 95% interval")
    high: Length | None = Field(default=None, description="upper end of its 95% interval")


class EngagedPart(MeanPart):
    """How long help lasts: a mean, in stages that make it less variable, or of a law that is no exponential one."""

    stages: AtLeastOne = Field(default=1, le=50, description="number of equal stages")
    law: Law = Field(default="exponential", description="how it is spread; all but exponential need queues: per_family")
    sd: Length | None = Field(default=None, description="standard deviation, of gamma and lognormal alone")
    times: Figure | None = Field(
        default=None, description="what the length (and its sd) is multiplied by; may read traits and parameters"
    )

    @model_validator(mode="after")
    def _one_law(self) -> Self:
        """A law with what it needs and nothing that says otherwise."""
        if self.law in LAWS_WITH_SPREAD and not (self.sd and self.sd.amount):
            raise refuse(f"a {self.law} length needs an 'sd' above 0, its standard deviation")
        if self.law not in LAWS_WITH_SPREAD and self.sd is not None:
            raise refuse(
                f"'sd' belongs to a gamma or lognormal length; {self.law} has none to give: write 'law: gamma'"
            )
        if self.stages > 1 and (self.law != "exponential" or self.times is not None):
            raise refuse(
                "'stages' make a gamma length of exponential ones; with 'law' or 'times' write 'law: gamma' and 'sd'"
            )
        if self.mean is None and (self.law != "exponential" or self.times is not None):
            raise refuse("takes no time (mean: now), so it has no law and no times; leave them out")
        return self


class DropoutPart(Provenance):
    """Leaving help early."""

    short: ClassVar[str] = "rate"
    rate: Figure = Field(description="rate a year")


class FundingPart(Provenance):
    """A later level of posts."""

    start: PointOrDate = Field(alias="from", description="the date or step from which it holds")
    workers: Workers = Field(description="posts from then on")


class TeamPart(Provenance):
    """The gate of a service: places = working posts x caseload, in each area."""

    workers: Workers = Field(description="posts: a number (shared among areas), or a number for each area")
    shared: Name | None = Field(
        default=None, description="table by area in proportion to which a number of posts is shared; default by size"
    )
    caseload: Figure = Field(
        description="cases a worker holds at once: a number, or an expression of constant parameters"
    )
    turnover: NotNegative = Field(default=0.0, description="rate a year at which workers leave")
    hire: Length | None = Field(default=None, description="mean time to fill a post")
    training: Length | None = Field(default=None, description="time before a new worker takes cases")
    absence: Share = Field(default=0.0, description="share of working time lost to absence")
    meeting: Length | None = Field(
        default=None, description="time between meetings that give out places; default each step; none case by case"
    )
    funding: tuple[FundingPart, ...] = Field(default=(), description="later levels of posts")
    turnover_times: Figure | None = Field(
        default=None, description="what the turnover is multiplied by each step; may read totals and feedback stocks"
    )
    time_left: Figure | None = Field(
        default=None, description="what the places are multiplied by each step; may read totals and feedback stocks"
    )
    extra_workers: Figure | None = Field(
        default=None, description="posts on top, shared among areas by size; may read totals and feedback stocks"
    )
    waiting_room: Annotated[int, Field(ge=0, le=1_000_000)] | None = Field(
        default=None,
        description="how many may wait in each area, with queues: per_family; who finds it full is turned away",
    )


class ServicePart(Provenance):
    """A service: a pathway from referral to help and after; statutory ones do not queue."""

    kind: Literal["statutory", "discretionary"] = Field(
        description="statutory (answers by law, no queue) or discretionary"
    )
    title: Text = Field(default="", description="what people read instead of its name, in a few words")
    agency: Called = Field(default="", description="who runs it")
    after: Name | None = Field(
        default=None, description="the chain or service right after which it moves; 'order' then leaves it out"
    )
    refer: ReferPart = Field(description="who is referred, how fast")
    start: dict[str, Figure] = Field(default_factory=dict, description="share in each state at the start")
    identify: MeanPart | None = Field(default=None, description="mean time from referral to being identified")
    assess: MeanPart | None = Field(default=None, description="mean time of the assessment")
    offer: MeanPart | None = Field(default=None, description="mean time to answer an offer")
    consent: Figure | None = Field(default=None, description="share that accept an offer; default all")
    refused_for: MeanPart | None = Field(default=None, description="mean time after a refusal before a new referral")
    patience: MeanPart | None = Field(
        default=None,
        description="mean time of waiting before giving up (now: who finds no place leaves); default none gives up",
    )
    engaged: EngagedPart | None = Field(default=None, description="how long help lasts")
    dropout: DropoutPart | None = Field(default=None, description="leaving help early")
    aftercare: MeanPart | None = Field(default=None, description="mean time in which the effect of help fades")
    respond: MeanPart | None = Field(default=None, description="statutory: mean time to respond")
    contact_hours: Figure | None = Field(default=None, description="hours of contact with a family in a month of help")
    team: TeamPart | None = Field(default=None, description="its workers; without one there is no limit on places")
    opens: dict[Called, PointOrDate] = Field(
        default_factory=dict,
        description="area: date or step until when nobody is referred there and it has no posts; others at once",
    )
    priority: Priority = Field(default=(), description="who is admitted first")
    brokers: dict[str, Share] = Field(
        default_factory=dict, description="service: share of this service's cases given priority there"
    )
    fires: dict[str, tuple[Firing, ...]] = Field(
        default_factory=dict, description="moves that move other chains at once"
    )
