"""What all parts of the schema share: frozen models without unknown keys, and figures with their provenance."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sim.config.schema.fields import Expr, ExprOrRest, FinancialYear, Number, Text
from sim.config.schema.readers import refuse
from sim.language.evaluate import Expression


class Part(BaseModel):
    """A mapping of a config: unknown keys are refused and nothing can be changed afterwards.

    ``short`` names the key that a bare value stands for, so that ``0.4`` may be written for ``{value: 0.4}``;
    ``other_forms`` tells editors of further ways of writing it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, populate_by_name=True)
    short: ClassVar[str] = ""
    short_types: ClassVar[tuple[str, ...]] = ("number", "string")
    other_forms: ClassVar[tuple[JsonSchemaValue, ...]] = ()

    @model_validator(mode="before")
    @classmethod
    def _spell_out(cls, value: Any) -> Any:
        """Turn a bare value into the mapping that it is short for."""
        if isinstance(value, dict | BaseModel):
            return value
        if cls.short and not isinstance(value, list | tuple):
            return {cls.short: value}
        raise refuse("must be a mapping of key to value")

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Allow the short form in the JSON Schema."""
        schema = handler(core)
        forms = [{"type": kind} for kind in cls.short_types] if cls.short else []
        return {"anyOf": [*forms, *cls.other_forms, schema]} if forms or cls.other_forms else schema


class Provenance(Part):
    """Where numbers come from; it covers every bare number inside the mapping that carries it."""

    source: Text | None = Field(default=None, description="id in the evidence, or 'assumption'")
    locator: Text | None = Field(default=None, description="page, table or cell of the source")
    quality: Text | None = Field(default=None, description="how far to trust it, such as R, A, G or low, medium, high")
    why: Text | None = Field(default=None, description="the reason; required with 'source: assumption'")

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        """An assumption needs its reason."""
        if self.source is not None and not self.source.strip():
            raise refuse("'source' is empty; name a source or write 'assumption' with 'why'", field="source")
        if self.source == "assumption" and not (self.why or "").strip():
            raise refuse("'source: assumption' needs 'why', the reason for the number", field="source")
        return self


class Interval(Provenance):
    """What a number carries beside its value; the value itself is declared by those that build on this."""

    short: ClassVar[str] = "value"
    unit: Text = Field(default="", description="such as 1/year, ratio, share, gbp, gbp/year")
    low: Number | None = Field(default=None, description="lower end of the 95% interval")
    high: Number | None = Field(default=None, description="upper end of the 95% interval")
    price_year: FinancialYear | None = Field(default=None, description="the year of a price, such as 2015/16")
    status: Literal["observed", "uprated"] | None = Field(
        default=None, description="of a price: observed, or an old one that the index of prices brings forward"
    )
    distribution: Literal["normal", "lognormal", "gamma", "beta", "triangular", "fixed"] | None = Field(
        default=None, description="how likely the values in the interval are; chosen by unit and skew when not given"
    )

    def number(self) -> float | None:
        """Give the value when it is one number, written out."""
        return None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        """Low, value and high stand in this order."""
        value = self.number()
        low = self.low if self.low is not None else value
        high = self.high if self.high is not None else value
        if value is not None and low is not None and high is not None and not low <= value <= high:
            wrong = "low" if value < low else "high"
            raise refuse(f"low {low:g}, value {value:g}, high {high:g}: must be low <= value <= high", field=wrong)
        if low is not None and high is not None and low > high:
            raise refuse(f"low {low:g} is above high {high:g}", field="low")
        return self


def _plain(expression: Expression | None) -> float | None:
    """Give the number that an expression is, when it is written out."""
    return expression.root.value if expression is not None and expression.root.kind == "number" else None


class Figure(Interval):
    """A number or expression with unit, 95% interval and provenance; the bare value may stand for it."""

    value: Expr = Field(description="the number, or an expression")

    def number(self) -> float | None:
        """Give the value when it is one number, written out."""
        return _plain(self.value)


class MoveFigure(Interval):
    """A rate or probability of a move; ``rest`` is what the row's other moves leave."""

    value: ExprOrRest = Field(description="the number or expression, or rest")

    def number(self) -> float | None:
        """Give the value when it is one number, written out."""
        return _plain(self.value)
