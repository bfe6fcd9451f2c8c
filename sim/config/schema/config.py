"""The schema of a config, whole; JSON Schema for editors is made from it."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sim.config.schema.appraisal import AppraisalPart
from sim.config.schema.assurance import AssurancePart
from sim.config.schema.base import Figure, Part, Provenance
from sim.config.schema.chains import ChainPart, EffectPart, MemoryPart, StockPart
from sim.config.schema.fields import (
    AtLeastOne,
    Called,
    Count,
    FinancialYear,
    Flag,
    FolderName,
    Label,
    Name,
    Names,
    NotNegative,
    PointOrDate,
    Positive,
    Taken,
    Text,
)
from sim.config.schema.money import (
    CostPart,
    DeflatorsPart,
    DiscountPart,
    DistributionPart,
    OutcomePart,
    ValuePart,
)
from sim.config.schema.readers import refuse
from sim.config.schema.services import ServicePart
from sim.config.schema.uncertainty import UncertaintyPart
from sim.config.schema.units import ClockPart, TablePart, Trait_, UnitPart

HANDOVER_WORDS = ("finish", "transfer", "close")
COUNT_WORDS = ("start", "end", "half_cycle", "simpson")


def _count(value: Any) -> str | tuple[float, ...]:
    """Read a counting rule: a word, or weights for every point."""
    weights = value.get("weights") if isinstance(value, dict) and set(value) == {"weights"} else value
    if isinstance(weights, list | tuple) and weights:
        if all(isinstance(w, int | float) and not isinstance(w, bool) for w in weights):
            return tuple(float(w) for w in weights)
        raise refuse("weights must be numbers")
    if value not in COUNT_WORDS:
        raise refuse(f"must be {', '.join(COUNT_WORDS)}, or a list of steps + 1 weights", words=list(COUNT_WORDS))
    return str(value)


CountRule = Annotated[
    str | tuple[float, ...],
    BeforeValidator(_count),
    WithJsonSchema(
        {
            "description": "points that count: start, end, half_cycle, simpson, or steps + 1 weights",
            "anyOf": [{"enum": list(COUNT_WORDS)}, {"type": "array", "items": {"type": "number"}}, {"type": "object"}],
        }
    ),
]


def _handover(value: Any) -> str | tuple[str, ...]:
    """Read a rule for open cases: a word, or the services that take them in."""
    if isinstance(value, dict) and set(value) == {"transfer"}:
        named = value["transfer"]
        names = named if isinstance(named, list | tuple) else [named]
        if names and all(isinstance(name, str) for name in names):
            return tuple(names)
    if value not in HANDOVER_WORDS:
        rule = f"must be {', '.join(HANDOVER_WORDS)}, or {{transfer: service}} to say who takes families in"
        raise refuse(rule, words=list(HANDOVER_WORDS))
    return str(value)


Handover = Annotated[
    str | tuple[str, ...],
    BeforeValidator(_handover),
    WithJsonSchema(
        {
            "description": "finish, close, transfer (to services with more posts), or {transfer: service or list}",
            "anyOf": [
                {"enum": list(HANDOVER_WORDS)},
                {
                    "type": "object",
                    "properties": {"transfer": {"type": ["string", "array"]}},
                    "additionalProperties": False,
                },
            ],
        }
    ),
]


class RegimePart(Part):
    """An overlay on the model from a date on; before it the baseline holds."""

    title: Text = Field(default="", description="what it is, in a few words")
    start: PointOrDate | None = Field(
        default=None, description="the date or step from which it holds; default from the start"
    )
    handover: Handover = Field(default="finish", description="what becomes of open cases of services whose posts end")
    set: dict[str, Any] = Field(default_factory=dict, description="path: value")
    found: dict[str, Any] = Field(
        default_factory=dict, description="how the posts in set were searched for; `families best-use` writes it"
    )


class EstimandPart(Provenance):
    """What an evaluation found, for `families fit-effects` to solve for: a ratio or a difference, and a parameter."""

    quantity: Text = Field(description="what was measured, such as share of children looked after")
    ratio: float | None = Field(default=None, gt=0, description="the families helped to the others")
    difference: float | None = Field(default=None, description="the families helped less the others")
    served: float | None = Field(default=None, description="the published level among the families helped")
    comparison: float | None = Field(default=None, description="the published level without help")
    months: tuple[Count, Count] = Field(description="first and last month after entry")
    against: Text = Field(default="", description="whom the families helped were held against")
    by: Literal["evaluation", "truth"] = Field(
        default="evaluation",
        description="what comes to it: what a simulated evaluation finds, or what is true of the families helped",
    )
    interval: tuple[Positive, Positive] | None = Field(
        default=None, description="95% interval of the ratio, from which draws take it"
    )
    parameter: Text = Field(description="the parameter that is solved for, as parameters.name")
    low: float = Field(description="least value looked at")
    high: float = Field(description="greatest value looked at")

    @model_validator(mode="after")
    def _within(self) -> Self:
        """An interval is of a ratio, which lies in it."""
        if self.interval is not None and (self.ratio is None or not self.interval[0] < self.ratio < self.interval[1]):
            raise refuse(f"is the 95% interval of 'ratio', given {self.ratio}, which must lie in it", field="interval")
        return self


class EffectSetPart(Provenance):
    """An overlay that says how far help works: what evaluations measured, or what was claimed."""

    title: Text = Field(default="", description="what it is, in a few words")
    supposing: Text = Field(default="", description="what it supposes, in words that follow 'if'")
    set: dict[str, Any] = Field(default_factory=dict, description="path: value")
    services_inert: Flag = Field(default=False, description="no service changes any other chain")
    counts_unitemised: Flag = Field(
        default=False, description="a claim under test: costs that nobody has itemised count in its differences, too"
    )
    estimands: dict[Label, EstimandPart] = Field(default_factory=dict, description="what evaluations measured")
    nothing: Figure | None = Field(
        default=None, description="chance that help does nothing: share of the draws without any effect of its own"
    )
    fit: dict[str, Any] = Field(default_factory=dict, description="how the values in set were solved for")


class Config(Part):
    """A study: one model, its regimes, and how to run it."""

    title: Text = Field(default="", description="what it is, in a few words")
    name: FolderName = Field(default="", description="short name, of the results folder too; default that of the file")
    extends: str | list[str] | None = Field(
        default=None, description="file, library name, or list of them, that this one builds on"
    )
    set: dict[str, Any] | None = Field(default=None, description="path: value, laid over all that this file extends")
    sources: Literal["required", "optional"] = Field(
        default="required", description="whether every number needs a source"
    )
    replications: AtLeastOne = Field(default=1, le=1_000_000, description="number of simulated repetitions")
    seed: Count = Field(default=1, lt=2**63, description="seed of all random numbers")
    solver: Literal["simulate", "expect"] = Field(default="simulate", description="Monte Carlo, or exact expectation")
    queues: Literal["teams", "open", "per_family"] = Field(
        default="teams", description="limited places, no limit, or case by case in continuous time"
    )
    calibrated: dict[str, Any] = Field(
        default_factory=dict, description="the calibration that the parameters stand on, as families calibrate wrote it"
    )
    effect_set: Names | None = Field(default=None, description="a name or a list of names of effect sets")
    effect_sets: dict[Label, EffectSetPart] = Field(default_factory=dict, description="effect sets written here")
    areas_taken: Taken | None = Field(
        default=None,
        description="how many of the areas are run, chosen evenly by size, or which, by name; each whole; default all",
    )
    families_taken: Annotated[float, Field(gt=0, le=1)] = Field(
        default=1.0, description="share of the families that is run, with the same share of all posts"
    )
    clock: ClockPart = Field(description="time")
    count: CountRule = Field(default="end", description="points that count")
    units: dict[Name, UnitPart] = Field(description="whose rows there are", min_length=1)
    traits: dict[Name, Trait_] = Field(default_factory=dict, description="what is fixed in each row of the root unit")
    tables: dict[Name, TablePart] = Field(default_factory=dict, description="functions of one variable")
    parameters: dict[Name, Figure] = Field(default_factory=dict, description="named numbers and expressions")
    chains: dict[Name, ChainPart] = Field(default_factory=dict, description="what each row is in")
    remember: dict[Name, MemoryPart] = Field(default_factory=dict, description="recent history of rows")
    services: dict[Name, ServicePart] = Field(default_factory=dict, description="help, and how it is reached")
    effects: tuple[EffectPart, ...] = Field(default=(), description="how chains touch each other")
    feedback: dict[Name, StockPart] = Field(default_factory=dict, description="stocks of last step's totals")
    costs: tuple[CostPart, ...] = Field(default=(), description="cost lines")
    outcomes: dict[Name, OutcomePart] = Field(default_factory=dict, description="totals kept beside money")
    values: tuple[ValuePart, ...] = Field(default=(), description="what counts towards outcomes")
    distributions: dict[Label, DistributionPart] = Field(
        default_factory=dict, description="counts of which it is told in which share of the steps they are how much"
    )
    order: tuple[Name, ...] | None = Field(
        default=None, description="order in which chains and services move; those with an 'after' are left out"
    )
    baseline: Label | None = Field(
        default=None, description="the regime that others are compared with; default the first"
    )
    regimes: dict[Label, RegimePart] = Field(default_factory=dict, description="overlays on the one model")
    agencies: dict[Called, Text] = Field(default_factory=dict, description="agency: its full name")
    deflators: DeflatorsPart = Field(default_factory=DeflatorsPart, description="price year: index of prices")
    price_year: FinancialYear = Field(default="", description="the price year of results")
    discount: DiscountPart = Field(default_factory=DiscountPart, description="schedules of yearly discount rates")
    appraisal: AppraisalPart = Field(default_factory=AppraisalPart, description="how regimes are appraised")
    uncertainty: UncertaintyPart = Field(
        default_factory=UncertaintyPart, description="how doubt about inputs is carried on"
    )
    assurance: AssurancePart = Field(
        default_factory=AssurancePart, description="what the study is for, and who answers for it; no result reads it"
    )


def json_schema() -> str:
    """Give the JSON Schema of a config as text."""
    schema = Config.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    _drop_required(schema)
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _drop_required(schema: Any) -> None:
    """Take ``required`` away everywhere: a file that extends others may leave out anything."""
    for child in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        _drop_required(child)
    if isinstance(schema, dict) and "properties" in schema and isinstance(schema.get("required"), list):
        del schema["required"]


__all__ = ["Config", "EffectSetPart", "Figure", "NotNegative", "RegimePart", "json_schema"]
