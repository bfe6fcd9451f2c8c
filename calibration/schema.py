"""The schema of targets and of calibrations: what may be written in configs/targets and configs/calibration."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from calibration.outputs import output
from calibration.problem import Quality
from sim.config.schema.base import Part, Provenance
from sim.config.schema.fields import AtLeastOne, Count, Name, Number, Positive, Text
from sim.config.schema.readers import refuse
from sim.errors import ModelError


class RelationPart(Provenance):
    """A truth of arithmetic between two quantities: one is at most a share of the other."""

    part: Text = Field(description="quantity of the part")
    whole: Text = Field(description="quantity of the whole")
    at_most: Positive = Field(description="share of the whole that the part can be")

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        """A relation says why it holds."""
        if self.source is None or not (self.why or "").strip():
            raise refuse("a relation needs 'source' and 'why'")
        return self


class TargetPart(Provenance):
    """A published figure with what defines it."""

    kind: Literal["fit", "held_out", "claim"] = Field(description="fitted, scored alone, or a claim to be explained")
    label: Text = Field(default="", description="what it is, in a few words")
    quality: Quality | Literal[""] = Field(default="", description="what it rests on, which decides what gives way")
    value: Number = Field(description="the figure")
    unit: Text = Field(description="such as gbp, share, 1/year")
    se: Positive | None = Field(default=None, description="its standard error")
    low: Number | None = Field(default=None, description="lower end of its 95% interval, in place of se")
    high: Number | None = Field(default=None, description="upper end of its 95% interval, in place of se")
    uncertainty: Literal["published", "range", "assumption"] = Field(
        description="whether its error is published, the range of several sources, or a judgement"
    )
    discrepancy: Number = Field(default=0.0, ge=0, description="standard deviation of what the model leaves out of it")
    discrepancy_why: Text = Field(default="", description="what the model leaves out")
    scale: Literal["linear", "log"] = Field(default="linear", description="how distances are measured")
    output: Text = Field(default="", description="what the model answers it with; none for some claims")
    steps: Count = Field(default=0, description="steps that the output needs, where the model's own are too few")
    quantity: Text = Field(description="what a reader would take it for; figures of one quantity are compared")
    ledger: Literal["narrow", "wide", "wide without justice", "with_unitemised", "gross", ""] = Field(
        default="", description="which costs count; with_unitemised holds the wide ones and what nobody has itemised"
    )
    price_year: Count | None = Field(default=None, description="year of its prices, such as 2011 for 2011/12")
    net: Literal["gross", "net", ""] = Field(default="", description="before or after what would have happened anyway")
    per: Text = Field(default="", description="family, child or person")
    population: Text = Field(default="", description="whom it is about")
    window: Text = Field(default="", description="over what time")
    contrast: Text = Field(default="", description="what it is compared with")
    statistic: Text = Field(default="", description="mean, maximum, worst case, share, top quarter")
    months: Positive | None = Field(default=None, description="months that the value covers")
    count: Positive = Field(default=1.0, description="how many of 'per' the value is for")
    given: dict[Name, Text] = Field(default_factory=dict, description="condition: what it was")

    @model_validator(mode="after")
    def _sound(self) -> Self:
        """Refuse a figure without source, error, reason or answer."""
        if self.source is None:
            raise refuse("'source' is missing; give the id of its row in docs/evidence.md", field="value")
        if (self.se is None) == (self.low is None or self.high is None) or (self.low is None) != (self.high is None):
            raise refuse("give 'se', or both 'low' and 'high': a figure without its uncertainty cannot be fitted")
        if self.low is not None and self.high is not None and not self.low <= self.value <= self.high > self.low:
            order = f"low {self.low:g}, value {self.value:g}, high {self.high:g}"
            raise refuse(f"{order}: must be in this order", field="low")
        if self.uncertainty == "assumption" and not (self.why or "").strip():
            raise refuse("'uncertainty: assumption' needs 'why', the reason for its size", field="uncertainty")
        if self.discrepancy > 0 and not self.discrepancy_why.strip():
            raise refuse("'discrepancy' needs 'discrepancy_why', what the model leaves out", field="discrepancy")
        self._answered()
        return self

    def _answered(self) -> None:
        """Check the output, and that it adds up the ledger that the figure is of."""
        if not self.output:
            if self.kind != "claim":
                raise refuse(f"'output' is missing; a target of kind '{self.kind}' is answered by the model")
            return
        try:
            found = output(self.output)
        except ModelError as error:
            raise refuse(str(error), field="output") from None
        if found.ledger and self.ledger and found.ledger != self.ledger:
            message = f"the output adds up the {found.ledger} ledger, and 'ledger' is {self.ledger}; they must agree"
            raise refuse(message, field="ledger")
        if found.is_money != self.unit.startswith("gbp"):
            raise refuse(f"the output is {'' if found.is_money else 'not '}an amount of money, in gbp", field="unit")
        if found.is_money and self.price_year is None:
            raise refuse("an amount of money needs 'price_year'", field="value")


class TargetsFile(Part):
    """A file of targets."""

    title: Text = Field(default="", description="what they are about")
    targets: dict[Name, TargetPart] = Field(default_factory=dict, description="name: target")
    relations: dict[Name, RelationPart] = Field(default_factory=dict, description="name: relation")


class ParameterPart(Provenance):
    """A number of the model that figures may inform."""

    set: tuple[Text, ...] = Field(default=(), description="paths that take the value")
    multiply: tuple[Text, ...] = Field(default=(), description="paths whose number or expression it multiplies")
    value: Number | None = Field(default=None, description="best estimate before; default that of the config")
    low: Number | None = Field(default=None, description="lower end of the 95% interval before")
    high: Number | None = Field(default=None, description="upper end of the 95% interval before")
    bounds: tuple[Number, Number] = Field(description="beyond these it is never tried")
    transform: Literal["linear", "log", "logit"] = Field(default="log", description="the scale on which it is searched")
    distribution: Literal["normal", "lognormal", "gamma", "beta", "triangular"] | None = Field(
        default=None, description="kind of belief; chosen by the interval when not given"
    )

    @model_validator(mode="after")
    def _placed(self) -> Self:
        """A parameter goes somewhere, and one that multiplies says what is believed."""
        if not self.set and not self.multiply:
            raise refuse("give 'set' or 'multiply', a list of paths as --set takes them")
        believed = [self.value is not None, self.low is not None, self.high is not None]
        if any(believed) and not all(believed):
            raise refuse("give 'value', 'low' and 'high' together, or none of them to take those of the config")
        if not any(believed) and (self.multiply or len(self.set) != 1):
            raise refuse("'value', 'low' and 'high' are missing; only one path in 'set' can lend its own")
        if not self.bounds[0] < self.bounds[1]:
            ends = f"{self.bounds[0]:g} to {self.bounds[1]:g}"
            raise refuse(f"given {ends}; the lower bound stands first", field="bounds")
        if any(believed) and self.source is None:
            raise refuse("'source' is missing; write where the belief comes from, or 'assumption' with 'why'")
        return self


class Settings(Part):
    """How much work a calibration may do; runs are points at which the model is run."""

    seed: Count = Field(default=1, description="of designs and samplers")
    replications: AtLeastOne = Field(default=1, description="replications of the model at every point")
    noise: Count = Field(default=8, ge=3, description="replications at the start that measure chance")
    point: AtLeastOne = Field(default=60, description="runs of the quick point fit")
    history: AtLeastOne = Field(default=420, description="runs of history matching")
    least_squares: AtLeastOne = Field(default=90, description="runs of least squares")
    posterior: AtLeastOne = Field(default=240, description="runs that train the emulator further and check it")
    longer: Count = Field(default=8, description="draws that are run longer, for targets that need more steps")


class BacktestPart(Provenance):
    """What was known by a year: these targets are fitted, all others are predicted."""

    by: Count = Field(description="the year")
    known: tuple[Name, ...] = Field(min_length=1, description="fitted targets that were published by then")

    @model_validator(mode="after")
    def _reasoned_choice(self) -> Self:
        """The choice decides the result, so that it has a reason."""
        if not (self.why or "").strip():
            raise refuse("'why' is missing: say how it was decided what was known")
        return self


class CalibrationPart(Part):
    """A calibration: a model, its parameters, the targets and how much work."""

    title: Text = Field(default="", description="what it is, in a few words")
    model: Text = Field(description="config file or library name; it has one world")
    targets: tuple[Text, ...] = Field(min_length=1, description="files of targets")
    leave_out: tuple[Name, ...] = Field(default=(), description="targets that are not fitted here")
    parameters: dict[Name, ParameterPart] = Field(min_length=1, description="name: parameter")
    settings: Settings = Field(default_factory=Settings, description="how much work")
    backtest: BacktestPart | None = Field(default=None, description="a fit to what was known by a year")
