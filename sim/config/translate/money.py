"""From the schema to the model: meters, cost lines, outcomes and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sim.config.check.draft import Draft
from sim.config.check.price_series import year_unknown
from sim.config.check.problems import Key
from sim.config.check.vocabulary import COUNT, ExpressionPlace
from sim.config.schema.money import CostPart, CountedPart, SchedulePart, ValuePart
from sim.config.schema.phrases import Duration, MovePhrase, TargetPhrase
from sim.config.text.library import nearest
from sim.config.translate.effects import target_moves
from sim.language.evaluate import Expression, Node, constant, number
from sim.model.pathway import GATE
from sim.model.services import product
from sim.model.spec import UNITEMISED, Chain, CostLine, Distribution, Meter, Outcome, Value

PER_EVENT = ("case", "start", "referral")
PER_TIME = ("worker", "place", "row")
TIMES = ("step", "day", "week", "month", "quarter", "year")
_SUM = 1e-9
MOST_TIMES = 1_000_000
"""How many times a price an area pays at most, so that totals stay finite."""
_USUALLY: Mapping[str, Literal["cost", "gain", ""]] = {
    "cost": "cost", "costs": "cost", "qaly": "gain", "qalys": "gain", "life_years": "gain",
}  # fmt: skip
Rates = tuple[tuple[float, float], ...]
_ADMISSION = MovePhrase(*((state,) for state in GATE))


@dataclass
class Meters:
    """Collects meters; an equal one is used again."""

    draft: Draft
    chains: Mapping[str, Chain]
    made: dict[str, Meter] = field(default_factory=dict)

    def meter(self, path: Key, part: CountedPart, extra: Expression | None = None) -> Meter:
        """Give the meter that a line counts with; ``extra`` is a further condition on the row."""
        by_area = self._by_area((*path, "by_area"), part) if isinstance(part, CostPart) and part.by_area else ""
        if part.while_ is not None:
            meter = self._while((*path, "while"), part, part.while_, extra)
            meter = replace(meter, name=f"{meter.name}, x {by_area}", by_area=by_area) if by_area else meter
        elif part.on is not None and self._is_admission(part.on):
            meter = self._service_meter(part.on.chain, "start")
        elif part.on is not None:
            moves = target_moves(self.draft, (*path, "on"), part.on, self.chains)
            words = part.on.word or str(part.on.move)
            chain = self.chains.get(part.on.chain)
            name = f"{part.on.chain}.{words}" if part.on.word else f"{part.on.chain}: {words}"
            meter = Meter(name, "on", chain.unit if chain else "", chain=part.on.chain, moves=moves)
        else:
            meter = self._per((*path, "per"), part)
        return self.made.setdefault(meter.name, meter)

    def _while(self, path: Key, part: CountedPart, condition: Expression, extra: Expression | None) -> Meter:
        """Count rows while a condition holds."""
        words = self.draft.words
        if extra is not None:
            condition = Expression(
                f"({condition.text}) and ({extra.text})", Node("and", 0, args=(condition.root, extra.root))
            )
        unit = part.of or words.unit_of(condition)
        if part.of is not None and part.of not in words.units:
            self.draft.findings.add((*path[:-1], "of"), f"is no unit; there are {', '.join(words.units)}")
            unit = words.root
        when = self.draft.expression(path, condition, ExpressionPlace(unit, COUNT))
        name = " ".join(condition.text.split())
        own = words.unit_of(condition)
        return Meter(name if unit == own else f"{unit}: {name}", "while", unit, when=when)

    def _by_area(self, path: Key, part: CostPart) -> str:
        """Give the table by area that a line is weighed by, or nothing where it cannot be."""
        tables = {name: table.values for name, table in self.draft.config.tables.items() if table.values is not None}
        if part.while_ is None:
            rule = "needs 'while': moves, posts and the like are counted alike in all areas"
            self.draft.findings.add(path, f"{rule}. Count 'while' a state lasts, or give the price in one", of_key=True)
            return ""
        if not self.draft.findings.known(path, str(part.by_area), "table by area", tables):
            return ""
        name = str(part.by_area)
        for area, times in tables[name].items():
            if not 0 <= times <= MOST_TIMES:
                rule = f"it multiplies a price and must be from 0 to {MOST_TIMES:,}"
                self.draft.findings.add(("tables", name, "values", area), rule)
        return name

    def _per(self, path: Key, part: CountedPart) -> Meter:
        """Count workers, places, cases, starts, referrals or rows."""
        thing = part.per
        if thing is None:
            return Meter("", "per", "")
        if thing.what == "row":
            if thing.name not in self.draft.words.units:
                units = list(self.draft.words.units)
                self.draft.findings.add(
                    path,
                    "must be 'service.worker', '.place', '.case', '.start', '.referral', or a unit: "
                    f"{', '.join(units)}{nearest(thing.name, units)}",
                )
            return Meter(thing.name, "per", thing.name, what="row")
        service = self.draft.config.services.get(thing.name)
        self.draft.findings.known(path, thing.name, "service", self.draft.config.services)
        if service is not None and thing.what in ("worker", "place") and service.team is None:
            self.draft.findings.add(path, f"'{thing.name}' has no team, so it has no {thing.what}s")
        return self._service_meter(thing.name, thing.what)

    def _service_meter(self, name: str, what: str) -> Meter:
        """Count workers, places, cases, starts or referrals of a service."""
        chain = self.chains.get(name)
        return Meter(f"{name}.{what}", "per", chain.unit if chain else "", chain=name, what=what)

    def _is_admission(self, target: TargetPhrase) -> bool:
        """Whether a move is the one through the gate of a service, which its team makes and no rate."""
        move = target.move
        return target.chain in self.draft.config.services and move == _ADMISSION


def costs(draft: Draft, meters: Meters) -> tuple[CostLine, ...]:
    """Translate the cost lines."""
    names = [part.name for part in draft.config.costs]
    for i, name in enumerate(names):
        if name in names[:i]:
            draft.findings.add(("costs", i, "name"), "two cost lines have this name; names must differ")
    return tuple(_cost(draft, meters, i, part) for i, part in enumerate(draft.config.costs))


def _cost(draft: Draft, meters: Meters, i: int, part: CostPart) -> CostLine:
    """Translate one cost line."""
    path: Key = ("costs", i)
    meter = meters.meter(path, part)
    price = draft.within((*path, "price"), part.price.value, ExpressionPlace(None, "a price"))
    if part.times is not None:
        price = product(price, draft.within((*path, "times"), part.times.value, ExpressionPlace(None, "a quantity")))
    _check_price_year(draft, path, part)
    if not draft.optional:
        for key in ("tier", "ledger", "kind", "control"):
            if getattr(part, key) is None:
                draft.findings.add(path, f"'{key}' is missing in the cost line '{part.name}'")
    return CostLine(
        name=part.name,
        meter=meter.name,
        price=price,
        per_step=_per_step(draft, path, part, meter),
        quantity=draft.quantity(part.price),
        payers=_payers(draft, path, part),
        tier=part.tier or "reactive",
        ledgers=_ledgers(draft, part),
        kind=part.kind or "resource",
        control=part.control or "local",
        overlaps=part.overlaps,
        programme=part.programme,
    )


def _ledgers(draft: Draft, part: CostPart) -> tuple[str, ...]:
    """Give the ledgers of a line; what is in the wide one is also in the one that holds what is not itemised."""
    named: tuple[str, ...] = part.ledger or ("narrow", "wide")
    if "wide" in named and any(UNITEMISED in (other.ledger or ()) for other in draft.config.costs):
        named += (UNITEMISED,)
    return tuple(dict.fromkeys(named))


def _per_step(draft: Draft, path: Key, part: CostPart, meter: Meter) -> float:
    """Give what a price is multiplied by at each counted step: the length of a step in the price's time, or 1.

    A quantity in ``1/year`` turns a price of an event into one of a time.
    """
    unit = part.price.unit.replace(" ", "").lower()
    often = part.times.unit.replace(" ", "").lower() if part.times else ""
    timed = meter.kind == "while" or (meter.kind == "per" and meter.what in PER_TIME)
    at = (*path, "price", "unit")
    if not unit and draft.optional and not often.startswith("1/"):
        return draft.clock.step_years if timed else 1.0
    money, _, time = unit.partition("/")
    if often.startswith("1/") and not time:
        time, at = often[2:], (*path, "times", "unit")
    if money not in ("gbp", "") or (time and time not in TIMES):
        units = f"gbp, or gbp/{', gbp/'.join(TIMES)}"
        draft.findings.add(at, f"the unit of a price must be {units}; that of a quantity 1/year or ratio")
    elif timed and not time:
        rule = f"one of gbp/{', gbp/'.join(TIMES)}, or gbp with times in 1/year"
        draft.findings.add(at, f"what is priced lasts a time, so the unit must be {rule}")
    elif time and not timed:
        draft.findings.add(at, "what is priced is an event, so the unit must be gbp, and times a ratio")
    elif time:
        return 1.0 / Duration(1.0, time).steps(draft.step)
    return 1.0


def _check_price_year(draft: Draft, path: Key, part: CostPart) -> None:
    """Check that a price has a price year with a deflator."""
    known, year = draft.config.deflators.values, part.price.price_year
    if not known:
        first = next((one.price.price_year for one in draft.config.costs if one.price.price_year), "")
        to, whose = draft.config.price_year or first, "the study is" if draft.config.price_year else "others are"
        if year and year != to:
            rule = f"{whose} in prices of {to}, and there are no 'deflators' to bring this one to them"
            draft.findings.add((*path, "price", "price_year"), f"{rule}; extend costs/deflators, or price it in {to}")
        return
    if year is None:
        draft.findings.add((*path, "price"), f"'price_year' is missing; the deflators have {', '.join(known)}")
    elif year not in known:
        draft.findings.add((*path, "price", "price_year"), year_unknown(year, list(known)))


def _payers(draft: Draft, path: Key, part: CostPart) -> dict[str, float]:
    """Check the payers and their shares."""
    if not part.payers:
        if not draft.optional:
            draft.findings.add(
                path, f"'payers' is missing in the cost line '{part.name}'; write agency: share, summing to 1"
            )
        return {"all": 1.0}
    total = sum(part.payers.values())
    if abs(total - 1.0) > _SUM:
        draft.findings.add((*path, "payers"), f"the payers' shares sum to {total:.12g}; they must sum to 1")
    for payer in part.payers if draft.config.agencies else ():
        draft.findings.known((*path, "payers", payer), payer, "agency", draft.config.agencies, of_key=True)
    return dict(part.payers)


def outcomes(draft: Draft) -> tuple[Outcome, ...]:
    """Translate the outcomes."""
    made, schedules = [], draft.config.discount.schedules
    for name, part in draft.config.outcomes.items():
        rates: Rates = ()
        if isinstance(part.discount, str):
            draft.findings.known(("outcomes", name, "discount"), part.discount, "discount schedule", schedules)
            rates = rates_of(schedules[part.discount]) if part.discount in schedules else ()
        made.append(Outcome(name, part.discount, rates, part.counts_as or _USUALLY.get(name) or ""))
    return tuple(made)


def rates_of(schedule: SchedulePart) -> Rates:
    """Give (from, rate) of a discount schedule in order; a rate that is no number counts as 0, and is refused apart."""
    return tuple(sorted((item.start, constant(item.rate.value) or 0.0) for item in schedule.rates))


def distributions(draft: Draft, meters: Meters) -> tuple[Distribution, ...]:
    """Translate the counts whose distribution over time is told; only what is counted one by one has one."""
    made = []
    for name, part in draft.config.distributions.items():
        path: Key = ("distributions", name)
        meter = meters.meter(path, part)
        if meter.what in ("worker", "place"):
            rule = "is no whole number, so it has no shares of steps; 'feedback' and team tables hold it step by step"
            draft.findings.add((*path, "per"), f"{rule}. Count cases, starts, referrals or rows")
        made.append(Distribution(name, meter.name, draft.findings.place(path, name)))
    return tuple(made)


def values(draft: Draft, meters: Meters) -> tuple[Value, ...]:
    """Translate what counts are worth."""
    return tuple(_value(draft, meters, i, part) for i, part in enumerate(draft.config.values))


def _value(draft: Draft, meters: Meters, i: int, part: ValuePart) -> Value:
    """Translate one value; a condition on the row joins the meter, one on the clock stays with the value."""
    path: Key = ("values", i)
    when, extra = part.when, None
    if when is not None and part.while_ is not None and draft.words.row_reads(draft.words.resolved(when)):
        when, extra = None, when
    elif when is not None:
        when = draft.expression((*path, "when"), when, ExpressionPlace(None, "a condition on when moves count"))
    meter = meters.meter(path, part, extra)
    amounts = {}
    known = list(draft.config.outcomes)
    for name, figure in (part.__pydantic_extra__ or {}).items():
        if name not in known:
            draft.findings.add(
                (*path, name),
                f"'{name}' is no outcome; 'outcomes' has {', '.join(known) or 'none'}{nearest(name, known)}",
                of_key=True,
            )
        amounts[name] = draft.expression((*path, name), figure.value, ExpressionPlace(None, "a value"))
    if not amounts:
        draft.findings.add(
            path,
            f"says what is counted but not what it is worth; add an outcome: {', '.join(known) or 'none is declared'}",
        )
    return Value(meter.name, amounts or {"": number(0.0)}, when)
