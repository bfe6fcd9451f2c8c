"""From the schema to the terms of appraisal; what the card counts becomes meters of the model."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sim.config.check.draft import Draft, is_near_a_step
from sim.config.check.problems import Findings, Key
from sim.config.schema.appraisal import CardPart, CashRulePart, PeriodPart
from sim.config.schema.base import Figure
from sim.config.schema.config import Config
from sim.config.text.library import nearest
from sim.config.translate.money import Meters
from sim.language.evaluate import constant
from sim.model.appraisal import (
    AnswerSpec,
    AppraisalSpec,
    CardItem,
    CashRule,
    IncomeWeight,
    InvestToSave,
    OptimismBias,
    PaymentByResults,
    Period,
    PooledBudget,
    Ranged,
    Wellby,
)
from sim.model.compiled.accounts import MOST_ENTRY_STEPS, SHORTEST_MONTHS, key_workers
from sim.model.spec import Model, World

_YEAR = re.compile(r"(\d{4})/(\d{2})")
MOST_YEARS = 1000.0
LONGEST_MONTHS = 60
"""For which a family is followed for the answer: beyond it nothing but assumptions is left."""
LEDGERS = ("narrow", "wide")
"""Those of a cost line that names none."""


def card(draft: Draft, meters: Meters) -> tuple[CardItem, ...]:
    """Translate the numbers of the card, adding the meters that they need."""
    return tuple(_card_item(draft, meters, name, part) for name, part in draft.config.appraisal.card.items())


def _card_item(draft: Draft, meters: Meters, name: str, part: CardPart) -> CardItem:
    """Translate one number."""
    sense = "gained" if part.gained is not None else "averted"
    counts = part.gained if part.gained is not None else part.averted or ()
    path: Key = ("appraisal", "card", name, sense)
    made = [meters.meter((*path, i), count) for i, count in enumerate(counts)]
    stocks = [meter.kind == "while" or meter.what in ("case", "worker", "place", "row") for meter in made]
    if made and any(stocks) != all(stocks):
        draft.findings.add(
            path, "adds numbers of events to months in a state; a number of the card is one or the other"
        )
    return CardItem(
        name, part.title, tuple(m.name for m in made), "gained" if sense == "gained" else "averted", any(stocks)
    )


def appraisal_spec(config: Config, findings: Findings, model: Model | None) -> AppraisalSpec:
    """Translate the terms of appraisal; ``model`` is one world's, which all agree on what is counted and priced."""
    part, terms = config.appraisal, _Terms(config, findings)
    lines = [line.name for line in config.costs]
    bias = part.optimism_bias
    if bias.apply and (bias.grade is None or bias.grade not in bias.table):
        there = ", ".join(bias.table) or "none"
        findings.add(("appraisal", "optimism_bias"), f"to apply it, 'grade' must name one of the table: {there}")
    terms.known_lines(("growth",), list(part.growth), lines)
    terms.check_bridge()
    terms.known_lines(("valued_elsewhere",), list(part.valued_elsewhere), lines)
    return AppraisalSpec(
        horizon_years=terms.time("horizon", part.horizon, 5.0, unit=12),
        evidence_months=terms.time("evidence_ends", part.evidence_ends, 24.0),
        ledger=terms.ledger(),
        timing=part.timing,
        growth={n: terms.number(("growth", n), f, 0.0, least=-0.5, most=1.0) for n, f in part.growth.items()},
        inflation=terms.ranged("inflation", part.inflation, least=-0.5, most=1.0) if part.inflation else None,
        optimism_bias=OptimismBias(bias.apply, bias.grade or "", terms.grades()),
        income_weight=terms.income_weight(),
        cashability=tuple(terms.rule(name, rule, lines) for name, rule in part.cashability.items()),
        periods=terms.periods(),
        card=model.card if model is not None else (),
        wellby=terms.wellby(),
        supervision=terms.ranged("supervision", part.supervision, most=1.0) if part.supervision else None,
        payment_by_results=terms.fees(),
        invest_to_save=terms.fund(),
        pooled_budget=terms.pool(),
        answer=terms.answer(model.card if model is not None else ()),
        valued_elsewhere={
            name: tuple(kind for kind in ("economic", "social") if getattr(held, kind))
            for name, held in part.valued_elsewhere.items()
        },
    )


def check_key_workers(spec: AppraisalSpec, made: Sequence[World], baseline: str, findings: Findings) -> None:
    """Check that the key workers that the answer names help in some regime and not in its baseline."""
    answer = spec.answer
    if answer is None or not answer.services or all(world.regime == baseline for world in made):
        return
    before = {world.effect_set: world.model for world in made if world.regime == baseline}
    found = {
        name for world in made if world.regime != baseline and world.effect_set in before
        for name in key_workers(answer, world.model, before[world.effect_set])
    }  # fmt: skip
    for i, name in enumerate(answer.services):
        if name not in found:
            findings.add(
                ("appraisal", "answer", "services", i),
                f"'{name}' is no key worker: there must be a regime in which it takes families on, and none may be "
                f"taken on in '{baseline}'; name another service, or leave 'services' out",
            )


class _Terms:
    """Reads the parts and notes what is wrong with them."""

    def __init__(self, config: Config, findings: Findings) -> None:
        self.config, self.part, self.findings = config, config.appraisal, findings
        self.ruled: dict[str, str] = {}

    def number(
        self, key: str | tuple[str, ...], figure: Figure | None, default: float, *, least: float = 0.0,
        above: float | None = None, most: float = float("inf"),
    ) -> float:  # fmt: skip
        """Give a plain number within bounds."""
        if figure is None:
            return default
        path: Key = ("appraisal", *((key,) if isinstance(key, str) else key))
        value = constant(figure.value)
        if value is None or not least <= value <= most or (above is not None and value <= above):
            low = f"above {above:g}" if above is not None else f"at least {least:g}"
            self.findings.add(path, f"must be a number {low}" + (f" and at most {most:g}" if most < 1e300 else ""))
            return default
        return value

    def time(self, key: str | tuple[str, ...], figure: Figure | None, default: float, unit: int = 1) -> float:
        """Give a time of so many months a unit; one that steps longer than a month would round away is noted."""
        value = self.number(key, figure, default, above=None if unit == 1 else 0.0, most=12 * MOST_YEARS / unit)
        if figure is not None and not is_near_a_step(value * unit / 12, self.config.clock.step.years):
            path: Key = ("appraisal", *((key,) if isinstance(key, str) else key))
            self.findings.add(path, "must be a whole number of steps, give or take half a month")
        return value

    def ranged(self, key: str | tuple[str, ...], figure: Figure | None, *, least: float = 0.0,
               most: float = float("inf")) -> Ranged:  # fmt: skip
        """Give a number with its range; 0 without one."""
        value = self.number(key, figure, 0.0, least=least, most=most)
        if figure is None:
            return Ranged(value, value, value)
        low, high = figure.low, figure.high
        return Ranged(value, value if low is None else low, value if high is None else high)

    def ledger(self) -> str:
        """Check the ledger of the headline."""
        known: list[str] = list(
            dict.fromkeys(ledger for line in self.config.costs for ledger in line.ledger or LEDGERS)
        )
        name = self.part.ledger or ""
        if name and name not in known:
            self.findings.add(("appraisal", "ledger"), f"must be a ledger: {', '.join(known)}{nearest(name, known)}")
        return name if name in known else ""

    def known_lines(self, at: tuple[str, ...], names: list[str], lines: list[str]) -> None:
        """Check that names are those of cost lines."""
        for name in names:
            if name not in lines:
                self.findings.add(
                    ("appraisal", *at, name), f"'{name}' is no cost line{nearest(name, lines)}", of_key=True
                )

    def rule(self, name: str, part: CashRulePart, lines: list[str]) -> CashRule:
        """Translate a rule of cashability."""
        path: Key = ("appraisal", "cashability", name, "lines")
        for i, line in enumerate(part.lines):
            if line not in lines:
                self.findings.add((*path, i), f"'{line}' is no cost line{nearest(line, lines)}")
            elif line in self.ruled:
                self.findings.add((*path, i), f"'{line}' is already in the rule '{self.ruled[line]}'; one rule a line")
            self.ruled.setdefault(line, name)
        unit = self.ranged(("cashability", name, "capacity"), part.capacity)
        self.time(("cashability", name, "lag"), part.lag, 0.0)
        lag = self.ranged(("cashability", name, "lag"), part.lag, most=12 * MOST_YEARS)
        return CashRule(name, part.lines, unit, lag, part.where == "area", part.never)

    def grades(self) -> dict[str, tuple[float, float]]:
        """Translate the table of optimism bias."""
        at = ("optimism_bias", "table")
        return {
            grade: (
                self.number((*at, grade, "costs"), entry.costs, 0.0, most=10.0),
                self.number((*at, grade, "benefits"), entry.benefits, 0.0, most=1.0),
            )
            for grade, entry in self.part.optimism_bias.table.items()
        }

    def periods(self) -> tuple[Period, ...]:
        """Translate the periods, which may not overlap."""
        made: list[Period] = []
        for name, part in self.part.periods.items():
            first, last = self._year(name, "first", part), self._year(name, "last", part)
            if last < first:
                self.findings.add(("appraisal", "periods", name, "last"), f"is before {part.first}")
            for other in made:
                if first <= other.last and last >= other.first:
                    self.findings.add(("appraisal", "periods", name), f"overlaps '{other.name}'", of_key=True)
            made.append(Period(name, first, last))
        return tuple(made)

    def _year(self, name: str, key: str, part: PeriodPart) -> int:
        """Read a financial year."""
        text = str(getattr(part, key))
        found = _YEAR.fullmatch(text)
        if found is None or (int(found[1]) + 1) % 100 != int(found[2]):
            self.findings.add(("appraisal", "periods", name, key), f"'{text}' must be a financial year such as 2011/12")
            return 0
        return int(found[1])

    def income_weight(self) -> IncomeWeight:
        """Translate the weight of benefit payments."""
        part = self.part.income_weight
        if part is None:
            return IncomeWeight()
        return IncomeWeight(part.apply, self.ranged(("income_weight", "weight"), part.weight))

    def wellby(self) -> Wellby | None:
        """Translate the value of a wellbeing-year."""
        figure = self.part.wellby
        if figure is None:
            return None
        if figure.price_year is None:
            self.findings.add(("appraisal", "wellby"), "'price_year' is missing")
        return Wellby(self.ranged("wellby", figure), figure.price_year or "")

    def fees(self) -> PaymentByResults | None:
        """Translate the fees by attachment and result."""
        part = self.part.payment_by_results
        if part is None:
            return None
        at = ("payment_by_results",)
        for key, name, known in (
            ("service", part.service, list(self.config.services)),
            ("remembered", part.remembered, list(self.config.remember)),
        ):
            if name not in known:
                there = ", ".join(known) or "none"
                message = f"'{name}' is not there; there are {there}{nearest(name, known)}"
                self.findings.add(("appraisal", *at, key), message)
        after, within = (
            self.time((*at, key), figure, 0.0) for key, figure in (("after", part.after), ("within", part.within))
        )
        if within < after:
            self.findings.add(("appraisal", *at, "within"), f"ends before month {after:g}, from which it is looked at")
        shares = tuple(self.number((*at, "attachment_shares"), f, 0.0, most=1.0) for f in part.attachment_shares)
        return PaymentByResults(
            part.service, part.remembered, self.number((*at, "at_most"), part.at_most, 0.0), after, within,
            self.number((*at, "maximum"), part.maximum, 0.0), shares,
            self.number((*at, "paid_share"), part.paid_share, 1.0, most=1.0),
        )  # fmt: skip

    def fund(self) -> InvestToSave | None:
        """Translate the fund that is paid back from savings."""
        part = self.part.invest_to_save
        if part is None:
            return None
        at = ("invest_to_save",)
        self._agencies((*at, "repaid_from"), list(part.repaid_from), of_key=True)
        shares = {
            name: self.number((*at, "repaid_from", name), figure, 0.0, most=1.0)
            for name, figure in part.repaid_from.items()
        }
        pays, after, within = (
            self.time((*at, key), figure, 0.0)
            for key, figure in (("pays", part.pays), ("after", part.after), ("within", part.within))
        )
        if within <= max(pays, after):
            message = f"must be after month {max(pays, after):g}, until which the fund pays or waits"
            self.findings.add(("appraisal", *at, "within"), message)
        interest = self.number((*at, "interest"), part.interest, 0.0, most=1.0)
        limit = self.number((*at, "at_most"), part.at_most, 0.0, above=0.0) if part.at_most else None
        return InvestToSave(shares, pays, within, after, interest, limit)

    def pool(self) -> PooledBudget | None:
        """Translate the budget that agencies share."""
        part = self.part.pooled_budget
        if part is None:
            return None
        self._agencies(("pooled_budget", "members"), list(part.members), of_key=False)
        budget = self.number(("pooled_budget", "a_year"), part.a_year, 0.0) if part.a_year else None
        return PooledBudget(part.by, part.years, part.year_end, part.members, budget)

    def answer(self, card: tuple[CardItem, ...]) -> AnswerSpec | None:
        """Translate whom the accounts of the answer follow."""
        part = self.part.answer
        if part is None:
            return None
        at = ("answer",)
        for i, name in enumerate(part.services):
            self.findings.known(("appraisal", *at, "services", i), name, "service", self.config.services)
        after, entry, follow_up, told = (
            self.time((*at, key), figure, default)
            for key, figure, default in (
                ("after", part.after, 0.0), ("entry", part.entry, 12.0), ("follow_up", part.follow_up, 60.0),
                ("at", part.at, self.part.evidence_ends.number() or 24.0 if self.part.evidence_ends else 24.0),
            )
        )  # fmt: skip
        step = self.config.clock.step.years * 12
        if not 0.5 <= entry / step <= MOST_ENTRY_STEPS:
            self.findings.add(("appraisal", *at, "entry"), f"must be 1 to {MOST_ENTRY_STEPS} steps")
        if not SHORTEST_MONTHS <= follow_up <= LONGEST_MONTHS:
            message = f"must be {SHORTEST_MONTHS} to {LONGEST_MONTHS} months"
            self.findings.add(("appraisal", *at, "follow_up"), message)
        if not 0 < told <= follow_up and part.at is not None:
            message = f"must be a month of the {follow_up:g} for which each family is followed"
            self.findings.add(("appraisal", *at, "at"), message)
        looked_after = part.looked_after or ""
        item = next((item for item in card if item.name == looked_after), None)
        if looked_after and looked_after not in self.part.card:
            self.findings.known(("appraisal", *at, "looked_after"), looked_after, "number of the card", self.part.card)
        elif item is not None and (not item.in_months or len(item.meters) != 1):
            message = f"'{looked_after}' must count one thing, in months; a number with `while` does"
            self.findings.add(("appraisal", *at, "looked_after"), message)
        return AnswerSpec(part.services, after, entry, follow_up, looked_after, told)

    def check_bridge(self) -> None:
        """Check what a bridge to a published figure names; the study of it lays its changes over the config."""
        part = self.part.bridge
        if part is None:
            return
        at = ("appraisal", "bridge")
        if part.regime is not None:
            others = [name for name in self.config.regimes if name != self.config.baseline]
            self.findings.known((*at, "regime"), part.regime, "regime to be compared", others)
        if part.ledger is not None:
            there = [ledger for line in self.config.costs for ledger in line.ledger or LEDGERS]
            self.findings.known((*at, "ledger"), part.ledger, "ledger", dict.fromkeys(there))
        self.number(("bridge", "published"), part.published, 0.0)
        if part.published.source is None:
            self.findings.add((*at, "published"), "needs its 'source', since it is what the study is led to")
        changed: dict[str, int] = {}
        for i, step in enumerate(part.steps):
            own = [*step.set, *(key for key in ("account", "effect_set") if getattr(step, key) is not None)]
            if not own:
                self.findings.add((*at, "steps", i), "changes nothing; give 'account', 'effect_set' or 'set'")
            for what in own:
                if what in changed:
                    earlier = f"step {changed[what] + 1}"
                    self.findings.add((*at, "steps", i), f"changes '{what}' as {earlier} does; a step is one change")
                changed[what] = i

    def _agencies(self, at: tuple[str, ...], names: list[str], *, of_key: bool) -> None:
        """Check that names are those of agencies."""
        for i, name in enumerate(names if self.config.agencies else ()):
            path: Key = ("appraisal", *at, name if of_key else i)
            self.findings.known(path, name, "agency", self.config.agencies, of_key=of_key)
