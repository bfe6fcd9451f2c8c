"""The schema of an appraisal: horizon, growth, cashability, periods of budgets, what the card counts."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from sim.config.schema.base import Figure, Part, Provenance
from sim.config.schema.fields import AtLeastOne, FinancialYear, Flag, Label, Name, Number, Text
from sim.config.schema.money import CountedPart
from sim.config.schema.readers import refuse

NotEmpty = Annotated[tuple[Text, ...], Field(min_length=1)]


class CashRulePart(Provenance):
    """When a saving on some cost lines becomes cash: in whole units of capacity, once it has lasted."""

    lines: NotEmpty = Field(description="names of cost lines, each in one rule")
    capacity: Figure | None = Field(
        default=None, description="smallest amount of what the lines count that can be closed; default any amount"
    )
    lag: Figure | None = Field(default=None, description="months for which a reduction must last; default at once")
    where: Literal["nation", "area"] = Field(default="nation", description="over what whole units are counted")
    never: Flag = Field(default=False, description="whether it never becomes cash")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        """What is never cash has no unit and no lag."""
        if self.never and (self.capacity is not None or self.lag is not None):
            raise refuse("'never' leaves no room for 'capacity' or 'lag'; take one of them away", field="never")
        return self


class PeriodPart(Provenance):
    """Financial years that budgets are set for together."""

    first: Text = Field(description="the first financial year, such as 2011/12")
    last: Text = Field(description="the last financial year")


class CardCountPart(CountedPart):
    """One thing that a number of the card counts."""


class CardPart(Provenance):
    """A number of the card: what a regime gains or averts."""

    title: Text = Field(description="what it counts, in a few words")
    gained: tuple[CardCountPart, ...] | None = Field(default=None, description="counts of which more are good")
    averted: tuple[CardCountPart, ...] | None = Field(default=None, description="counts of which fewer are good")

    @model_validator(mode="after")
    def _one(self) -> Self:
        """One direction."""
        if (self.gained is None) == (self.averted is None):
            raise refuse("give exactly one of gained, averted")
        return self


class GradePart(Provenance):
    """What optimism bias takes for one grade of evidence."""

    costs: Figure = Field(description="share added to costs")
    benefits: Figure = Field(description="share taken off benefits")


class OptimismBiasPart(Provenance):
    """A switch that raises costs and cuts benefits by a table."""

    apply: Flag = Field(default=False, description="whether figures are corrected; labelled wherever they are")
    grade: Label | None = Field(default=None, description="the grade of the table that applies")
    table: dict[Label, GradePart] = Field(default_factory=dict, description="corrections by grade of evidence")


class ValuedPart(Provenance):
    """Which wider values a publication gives for a cost line."""

    economic: Flag = Field(default=False, description="whether it gives an economic value")
    social: Flag = Field(default=False, description="whether it gives a social value")


class IncomeWeightPart(Provenance):
    """A switch that weighs benefit payments by the income of those who receive them."""

    apply: Flag = Field(default=False, description="whether payments are weighed; labelled wherever they are")
    weight: Figure = Field(description="what a pound is worth to a family, where one is worth 1 to who pays it")


class PaymentByResultsPart(Provenance):
    """Fees for each family taken on by a service, and for each that counts as turned around."""

    service: Name = Field(description="the service whose families are paid for")
    remembered: Name = Field(description="what is remembered of a family's history, an entry of 'remember'")
    at_most: Figure = Field(description="how much of it a family that is turned around may have")
    after: Figure = Field(description="months after being taken on from which it is looked at")
    within: Figure = Field(description="months after being taken on until which it is looked at")
    maximum: Figure = Field(description="both fees together, in cash, gbp a family")
    attachment_shares: tuple[Figure, ...] = Field(
        description="share of it paid on attachment, by programme year; the last holds on", min_length=1
    )
    paid_share: Figure | None = Field(default=None, description="share of families that are paid for; default all")


class InvestToSavePart(Provenance):
    """A fund that pays what services cost more at first, and is paid back from cash that agencies save."""

    pays: Figure = Field(description="months from the regime's start for which the fund pays")
    repaid_from: dict[Name, Figure] = Field(
        description="agency: share of its cashable saving of each month that it hands over", min_length=1
    )
    after: Figure | None = Field(default=None, description="months from the start before anybody pays back; default 0")
    within: Figure = Field(description="months from the start in which it is to be paid back")
    interest: Figure | None = Field(default=None, description="yearly interest on what is owed; default none")
    at_most: Figure | None = Field(default=None, description="the most that it pays in all, in cash, gbp")


class PooledBudgetPart(Provenance):
    """A budget that agencies pay into by a rule, for some years; services are paid from it."""

    by: Literal["gain", "spend", "need"] = Field(
        description="shares go by what agencies save by it, or by all they spend, or spend on reactive help, without it"
    )
    years: AtLeastOne = Field(default=3, le=20, description="years from the regime's start")
    year_end: Literal["carry_over", "clawback"] = Field(
        description="what is left or lacking at a year's end is carried over, or shared out at once"
    )
    members: tuple[Name, ...] = Field(default=(), description="agencies that pay in; default all")
    a_year: Figure | None = Field(
        default=None, description="budget of a year, in cash, gbp; default what services are expected to cost more"
    )


class AnswerPart(Provenance):
    """Whom the three accounts of the answer follow, and for how long."""

    services: tuple[Name, ...] = Field(
        default=(), description="the key workers; default whatever service a regime has and its baseline has not"
    )
    after: Figure | None = Field(
        default=None, description="months from a regime's start to the first families that are followed; default 0"
    )
    entry: Figure | None = Field(default=None, description="months in which families come in; default 12")
    follow_up: Figure | None = Field(
        default=None, description="months for which each is followed, 12 to 60, or what the run has; default 60"
    )
    looked_after: Name | None = Field(
        default=None, description="the number of the card that counts children in care, told per 1,000"
    )
    at: Figure | None = Field(
        default=None, description="month since a family's first start of which that is told; default evidence_ends"
    )


class BridgeStepPart(Part):
    """One change on the way to a published figure."""

    title: Text = Field(description="what changes, in a few words")
    account: Literal["programme", "all_help", "one_episode"] | None = Field(default=None, description="the account")
    effect_set: Name | None = Field(default=None, description="the reading of the evidence")
    set: dict[str, Any] = Field(default_factory=dict, description="path: value")


class BridgePart(Part):
    """The way from an account of this study to a published ratio of savings to cost, one change a step."""

    regime: Label | None = Field(default=None, description="the regime; default the last")
    ledger: Name | None = Field(default=None, description="default that of the headline")
    start: BridgeStepPart = Field(description="the account and the reading that it starts from")
    steps: tuple[BridgeStepPart, ...] = Field(description="the changes in their order", min_length=1)
    published: Figure = Field(description="the published ratio, with its source")
    remains: Text = Field(description="what may lie between it and the last step")


class ClaimedFigurePart(Provenance):
    """A published figure that a report holds against its own; it has no interval, so that nothing draws it."""

    value: Number = Field(description="the number, in pounds")
    price_year: FinancialYear | None = Field(default=None, description="the year of a price, such as 2015/16")
    about: Text | None = Field(default=None, description="what it is of, where it is not quite the same thing")

    @model_validator(mode="after")
    def _sourced(self) -> Self:
        """Whoever published it is named."""
        if self.source is None:
            raise refuse("needs its 'source', since it is set beside what the study finds", field="source")
        return self


class ClaimPart(Provenance):
    """A figure that was claimed, what was measured of it, and which figure of the study stands beside."""

    title: Text = Field(description="what it is, in a few words")
    of: Literal["cost_a_year", "saved_a_year", "price", "return"] = Field(
        description="what of the study stands beside: what a family costs a year without the regime, what each family "
        "helped saves a year, what a key worker's posts cost a family, or what each pound returns"
    )
    families: AtLeastOne = Field(default=1, description="how many families it is of")
    claimed: ClaimedFigurePart | None = Field(default=None, description="what was announced or projected")
    measured: ClaimedFigurePart | None = Field(default=None, description="what was measured")

    @model_validator(mode="after")
    def _something(self) -> Self:
        """A row without a figure says nothing."""
        if self.claimed is None and self.measured is None:
            raise refuse("give 'claimed', 'measured' or both")
        return self


class AppraisalPart(Part):
    """How a study is appraised; every key has a default."""

    horizon: Figure | None = Field(default=None, description="years from the first regime's start; default 5")
    evidence_ends: Figure | None = Field(
        default=None, description="months after that start at which evidence ends; default 24"
    )
    ledger: Name | None = Field(default=None, description="the ledger of the headline; default the first")
    timing: Literal["year", "step"] = Field(
        default="year", description="discount by whole years since the base year, as published tables do, or by step"
    )
    growth: dict[Text, Figure] = Field(
        default_factory=dict, description="cost line: real growth of its price a year, from the base year on"
    )
    inflation: Figure | None = Field(
        default=None, description="yearly rise of prices after the last deflator, for cash budgets"
    )
    optimism_bias: OptimismBiasPart = Field(default_factory=OptimismBiasPart, description="a switch, off by default")
    income_weight: IncomeWeightPart | None = Field(default=None, description="a switch, off by default")
    cashability: dict[Label, CashRulePart] = Field(default_factory=dict, description="when savings become cash")
    periods: dict[Label, PeriodPart] = Field(default_factory=dict, description="spending-review periods")
    card: dict[Name, CardPart] = Field(default_factory=dict, description="numbers beside money")
    wellby: Figure | None = Field(
        default=None, description="value of a wellbeing-year; only for how many would be needed"
    )
    supervision: Figure | None = Field(
        default=None, description="share of a post's price that pays for its supervision; shown, never added"
    )
    payment_by_results: PaymentByResultsPart | None = Field(
        default=None, description="fees by attachment and result, for families fees"
    )
    invest_to_save: InvestToSavePart | None = Field(default=None, description="a fund that is paid back from savings")
    pooled_budget: PooledBudgetPart | None = Field(default=None, description="a budget that agencies share")
    answer: AnswerPart | None = Field(
        default=None, description="what each family helped saves and costs, in three accounts"
    )
    bridge: BridgePart | None = Field(
        default=None, description="how the answer is led to a published one, for families bridge"
    )
    claims: dict[Name, ClaimPart] = Field(
        default_factory=dict, description="published figures that the report sets beside its own; no result reads them"
    )
    rests_on: Text | None = Field(
        default=None, description="what the effects of help rest on, a sentence that the report prints"
    )
    valued_elsewhere: dict[Text, ValuedPart] = Field(
        default_factory=dict, description="cost line: wider values that a publication gives; none is counted"
    )
