"""The schema of what rows are in: chains, what is remembered of them or fed back, and effects of one on another."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sim.arrays import MOST_STATES
from sim.config.schema.base import Figure, MoveFigure, Part, Provenance
from sim.config.schema.fields import Expr, Firing, Length, Name, NotNegative, State, Targets, Text
from sim.config.schema.readers import refuse


def _start(value: Any) -> Any:
    """Read the word ``stationary`` as None."""
    if value == "stationary":
        return None
    if not isinstance(value, dict):
        raise refuse("must be a mapping of state to share, or stationary", words=["stationary"])
    return value


Start = Annotated[
    dict[str, Figure] | None,
    BeforeValidator(_start),
    WithJsonSchema({"anyOf": [{"const": "stationary"}, {"type": "object"}], "description": "shares, or stationary"}),
]


_Age = Annotated[NotNegative, Field(le=10_000)]


class HeldPart(Provenance):
    """How long whoever starts in a state has been there; the bare mean may stand for it."""

    short: ClassVar[str] = "mean"
    short_types: ClassVar[tuple[str, ...]] = ("string",)
    mean: Length = Field(description="the mean, such as 20 months; times are geometric, and none is longer than a life")


class ChainPart(Provenance):
    """A named, ordered set of states, best to worst, moved by ``rates`` a year or ``probabilities`` a step."""

    of: Name | None = Field(default=None, description="the unit whose rows carry it; default the root unit")
    ages: tuple[_Age, _Age] | None = Field(default=None, description="[from, to) in years in which it moves")
    after: Name | None = Field(
        default=None, description="the chain or service right after which it moves; 'order' then leaves it out"
    )
    states: tuple[State, ...] = Field(description="its states, best to worst", min_length=1, max_length=MOST_STATES)
    start: Start = Field(default_factory=dict, description="share of each state at the start; the rest in the first")
    held: dict[str, HeldPart] = Field(
        default_factory=dict, description="state: how long whoever starts in it has been there; default not yet"
    )
    rates: dict[str, MoveFigure] | None = Field(default=None, description="'state -> state': rate a year; they compete")
    probabilities: dict[str, MoveFigure] | None = Field(
        default=None, description="'state -> state': probability a step; what is left stays, or goes to rest"
    )
    fires: dict[str, tuple[Firing, ...]] = Field(
        default_factory=dict, description="moves that move other chains at once"
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        """Not both kinds of move."""
        if self.rates is not None and self.probabilities is not None:
            raise refuse("give either rates (a year) or probabilities (a step), not both", field="probabilities")
        doubled = sorted({state for state in self.states if self.states.count(state) > 1})
        if doubled:
            raise refuse(f"the state '{doubled[0]}' is listed twice", field="states")
        if self.ages is not None and self.ages[0] >= self.ages[1]:
            raise refuse("ages must be [from, to] with from below to", field="ages")
        return self


class MemoryPart(Part):
    """How many of the last ``window`` steps a condition on a row of the root unit held."""

    when: Expr = Field(description="the condition")
    window: Length = Field(description="the window, a whole number of steps, at most 64")


class StockPart(Part):
    """A stock of last step's totals; rates, teams and other stocks may read it. Give one of the first four keys."""

    smooth: Expr | None = Field(default=None, description="what is smoothed exponentially over time")
    delay: Expr | None = Field(default=None, description="what is passed on later")
    average: Expr | None = Field(default=None, description="what is averaged over a period and held during the next")
    flow: Expr | None = Field(default=None, description="what flows in a year, less what flows out; the stock adds up")
    over: Length | None = Field(default=None, description="the time of smoothing or delay, or the period; not for flow")
    start: Figure | None = Field(default=None, description="the level at the beginning; default the first one seen")

    @property
    def kind(self) -> Literal["smooth", "delay", "average", "flow"]:
        """Which of the four it is."""
        kinds: tuple[Literal["smooth", "delay", "average", "flow"], ...] = ("smooth", "delay", "average", "flow")
        return next(kind for kind in kinds if getattr(self, kind) is not None)

    @model_validator(mode="after")
    def _one(self) -> Self:
        """One kind of stock, with what it needs."""
        if sum(given is not None for given in (self.smooth, self.delay, self.average, self.flow)) != 1:
            raise refuse("give one of smooth, delay, average and flow")
        if self.kind == "flow" and self.start is None:
            raise refuse("a stock with a flow needs 'start', its level at the beginning", field="flow")
        if (self.over is None) != (self.kind == "flow"):
            rule = "adds up and has no 'over'" if self.kind == "flow" else "needs 'over', a time such as '6 months'"
            raise refuse(f"a stock with '{self.kind}' {rule}", field=self.kind)
        return self


class EffectPart(Provenance):
    """A named multiplier on moves of other chains while a condition holds; the only way chains touch each other."""

    name: Text = Field(description="its name")
    on: Targets = Field(description="the moves that it multiplies")
    when: Expr = Field(description="the condition")
    times: Figure = Field(description="the multiplier, 0 or more")
    scale: Literal["rate", "probability", "odds"] = Field(default="rate", description="what it multiplies")
