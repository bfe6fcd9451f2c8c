"""How a study is appraised: horizon, price growth, cashability, reporting periods, what the card counts; no arrays.

Plain frozen dataclasses that survive a trip through JSON, so that a results file carries the terms of its appraisal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Ranged:
    """A number with the ends of its range."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class CashRule:
    """When a saving on some cost lines becomes cash.

    A reduction counts once it has lasted ``lag_months`` and only in whole multiples of ``unit`` (of what the lines'
    meters count at a time; 0: any amount), over the nation or ``by_area``. ``never`` means never.
    """

    name: str
    lines: tuple[str, ...]
    unit: Ranged = Ranged(0.0, 0.0, 0.0)
    lag_months: Ranged = Ranged(0.0, 0.0, 0.0)
    by_area: bool = False
    never: bool = False


@dataclass(frozen=True)
class Period:
    """A run of financial years that budgets are set for, named; first and last by the year in which they begin."""

    name: str
    first: int
    last: int


@dataclass(frozen=True)
class CardItem:
    """One number of the card: the sum of some meters, ``gained`` by a regime or ``averted``."""

    name: str
    title: str
    meters: tuple[str, ...]
    sense: Literal["gained", "averted"]
    in_months: bool
    """Whether the meters count rows at a time, so that the sum is in months."""


@dataclass(frozen=True)
class OptimismBias:
    """A switch: costs raised and benefits cut by the shares that a table gives for a grade of evidence."""

    apply: bool = False
    grade: str = ""
    table: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """grade: (share added to costs, share taken off benefits)"""


@dataclass(frozen=True)
class IncomeWeight:
    """A switch: what a pound of benefit is worth to a family, where one is worth 1 to whoever pays it."""

    apply: bool = False
    weight: Ranged = Ranged(1.0, 1.0, 1.0)


@dataclass(frozen=True)
class Wellby:
    """What one wellbeing-year is taken to be worth, for a switching value alone."""

    value: Ranged
    price_year: str


@dataclass(frozen=True)
class PaymentByResults:
    """Fees for each family that a service takes on and for each that counts as turned around.

    A family counts at the first month, from ``after_months`` to ``within_months`` after it was taken on, in which what
    is ``remembered`` of its history is ``at_most`` so much. Of ``maximum`` cash pounds a share by programme year (the
    last one for every year after) is paid on attachment and the rest on the result, for ``paid_share`` of families.
    """

    service: str
    remembered: str
    at_most: float
    after_months: float
    within_months: float
    maximum: float
    attachment_shares: tuple[float, ...]
    paid_share: float = 1.0


@dataclass(frozen=True)
class InvestToSave:
    """A fund that pays for a programme first and is paid back from cash that named agencies save.

    For ``pays_months`` from the regime's start the fund pays what services cost more, up to ``at_most`` cash pounds in
    all (None: no limit). From ``after_months`` to ``within_months`` each agency of ``repaid_from`` hands over that
    share of its cashable saving of the month, until nothing is owed. ``interest`` a year is added to what is owed.
    """

    repaid_from: Mapping[str, float]
    pays_months: float
    within_months: float
    after_months: float = 0.0
    interest: float = 0.0
    at_most: float | None = None


@dataclass(frozen=True)
class PooledBudget:
    """A budget into which agencies pay and from which services are paid, for some years from the regime's start.

    Agencies share each year's budget ``by`` what they gain, spend or need (see ``economics.cash.shares``). ``a_year``
    is the budget of a year in cash; None: what services are expected to cost more over these years, in equal parts. At
    a year's end what is left or lacking is carried over, or shared out at once (``clawback``); after the last, always.
    """

    by: Literal["gain", "spend", "need"]
    years: int
    year_end: Literal["carry_over", "clawback"]
    members: tuple[str, ...] = ()
    """Agencies that pay in; all of them where empty."""
    a_year: float | None = None


@dataclass(frozen=True)
class AnswerSpec:
    """Whom the accounts of the answer follow, and for how long.

    Families first helped by a key worker from ``after_months`` of a regime on, within ``entry_months``, are followed
    for ``follow_up_months`` each, or as long as the run lets all of them be. ``services`` are the key workers; empty:
    whatever service a regime has and its baseline has not. ``looked_after`` is the number of the card that counts
    children in care, told at the end of month ``at_months``; empty: none is.
    """

    services: tuple[str, ...] = ()
    after_months: float = 0.0
    entry_months: float = 12.0
    follow_up_months: float = 60.0
    looked_after: str = ""
    at_months: float = 24.0


@dataclass(frozen=True)
class AppraisalSpec:
    """The terms of appraisal that a config states."""

    horizon_years: float = 5.0
    evidence_months: float = 24.0
    ledger: str = ""
    """The ledger of the headline; the first one where empty."""
    timing: Literal["year", "step"] = "year"
    """Discounted by whole years since the base year began, as published tables are, or by step."""
    growth: Mapping[str, float] = field(default_factory=dict)
    """Real growth a year of a line's price from the base year on."""
    inflation: Ranged | None = None
    """Yearly rise of prices after the last deflator; needed for cash budgets beyond it."""
    optimism_bias: OptimismBias = OptimismBias()
    income_weight: IncomeWeight = IncomeWeight()
    cashability: tuple[CashRule, ...] = ()
    periods: tuple[Period, ...] = ()
    card: tuple[CardItem, ...] = ()
    wellby: Wellby | None = None
    supervision: Ranged | None = None
    """Part of a post's price that pays for its supervision; shown, never added."""
    payment_by_results: PaymentByResults | None = None
    invest_to_save: InvestToSave | None = None
    pooled_budget: PooledBudget | None = None
    answer: AnswerSpec | None = None
    """What the three accounts of the answer follow; None: there are none."""
    valued_elsewhere: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """line: which wider values (economic, social) a publication gives for it; none is counted."""


def to_json(spec: AppraisalSpec) -> str:
    """Write the terms as text that a results file can hold."""
    return json.dumps(asdict(spec))


def from_json(text: str) -> AppraisalSpec:
    """Read what ``to_json`` wrote; the defaults for nothing."""
    held: dict[str, Any] = json.loads(text) if text else {}
    bias, wellby = held.pop("optimism_bias", {}), held.pop("wellby", None)
    table = {grade: (entry[0], entry[1]) for grade, entry in bias.get("table", {}).items()}
    income = held.pop("income_weight", None)
    fees = held.pop("payment_by_results", None)
    fund, pool = held.pop("invest_to_save", None), held.pop("pooled_budget", None)
    answer = held.pop("answer", None)
    ranged = {name: held.pop(name, None) for name in ("inflation", "supervision")}
    return AppraisalSpec(
        **{
            **held,
            "optimism_bias": OptimismBias(**{**bias, "table": table}),
            "income_weight": IncomeWeight(income["apply"], Ranged(**income["weight"])) if income else IncomeWeight(),
            "wellby": Wellby(Ranged(**wellby["value"]), wellby["price_year"]) if wellby else None,
            **{name: Ranged(**value) if value else None for name, value in ranged.items()},
            "payment_by_results": (
                PaymentByResults(**{**fees, "attachment_shares": tuple(fees["attachment_shares"])}) if fees else None
            ),
            "invest_to_save": InvestToSave(**fund) if fund else None,
            "pooled_budget": PooledBudget(**{**pool, "members": tuple(pool["members"])}) if pool else None,
            "answer": AnswerSpec(**{**answer, "services": tuple(answer["services"])}) if answer else None,
            "cashability": tuple(_cash_rule(entry) for entry in held.get("cashability", ())),
            "periods": tuple(Period(**entry) for entry in held.get("periods", ())),
            "card": tuple(CardItem(**{**entry, "meters": tuple(entry["meters"])}) for entry in held.get("card", ())),
            "valued_elsewhere": {line: tuple(kinds) for line, kinds in held.get("valued_elsewhere", {}).items()},
        }
    )


def _cash_rule(entry: dict[str, Any]) -> CashRule:
    """Read one rule."""
    ranges = {name: Ranged(**entry[name]) for name in ("unit", "lag_months")}
    return CashRule(**{**entry, **ranges, "lines": tuple(entry["lines"])})
