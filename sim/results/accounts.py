"""Money of the accounts of the answer: what each class of families, and those first helped in a stated year, cost.

Counts by group are priced here as they come, replication by replication, since they are many; what is kept are pounds
by cost line. Leaves out what an account says of them (``sim.economics.value.accounts``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from sim.arrays import BoolArray, FloatArray, IntArray
from sim.engine.counts.record import CLASSES, SIDES, STAFF_METERS, Layout, Record
from sim.model.compiled.accounts import ACCOUNTS, AccountPlan, account_plan
from sim.model.spec import Meter, Model, Scenario
from sim.money.bill import bill, meters_of_lines
from sim.money.discounting import factors
from sim.money.prices import world_prices
from sim.results.collect import AccountSums
from sim.results.costs import is_of_services, line_names, lines_of
from sim.results.worlds import WorldGrid

PARTS = (SAVED, POSTS, BROKERED, ASSESSMENTS, SET_UP) = ("saved", "posts", "brokered", "assessments", "set_up")
"""What cost lines are in an account: how families fare; a key worker's posts; places in other services and help that
is bought in; assessments and referrals; setting up, and what else a programme costs."""
NOBODYS = "posts_and_set_up"
SHARES = (*CLASSES, NOBODYS)
"""The parts of the programme's account: families by class, and what is nobody's."""
PEOPLE = ("families", "episodes")
CHILDREN = ("looked_after", "there")
WORLD = ("regime", "effect_set")
_HAIR = 1e-9


@dataclass(frozen=True)
class Lines:
    """The cost lines of a world: index of each one's meter and part (``PARTS``), and which are nobody's, (line,)."""

    meters: IntArray
    parts: IntArray
    nobodys: BoolArray


def lines_of_account(scenario: Scenario, layout: Layout, key_workers: tuple[str, ...]) -> Lines:
    """Say what each cost line is in the accounts of a world."""
    lines, model = lines_of(scenario), scenario.worlds[0].model
    ordered = [lines[name] for name in line_names(scenario)]
    meters = {meter.name: meter for world in scenario.worlds for meter in world.model.meters}
    told = [meters[line.meter] for line in ordered]
    parts = np.array(
        [
            PARTS.index(part_of(model, meter, key_workers) or (SET_UP if line.programme else SAVED))
            for line, meter in zip(ordered, told, strict=True)
        ],
        np.intp,
    )
    shared = [is_of_services(model, meter) and _names_no_chain(model, meter) for meter in told]
    nobodys = np.array([meter.what in STAFF_METERS for meter in told], np.bool_) | np.array(shared, np.bool_)
    return Lines(meters_of_lines(layout.meters, [line.meter for line in ordered]), parts, nobodys)


def _names_no_chain(model: Model, meter: Meter) -> bool:
    """Whether a meter counts everybody while a parameter says so."""
    return meter.kind == "while" and not set(meter.when.names if meter.when else ()) & set(model.by_name)


def part_of(model: Model, meter: Meter, key_workers: tuple[str, ...]) -> str:
    """Say what a meter of services counts; empty for a meter of how families fare."""
    if not is_of_services(model, meter):
        return ""
    if meter.kind == "per":
        if meter.chain in key_workers and meter.what in (*STAFF_METERS, "case"):
            return POSTS
        return ASSESSMENTS if meter.what == "referral" else BROKERED
    if meter.kind == "on":
        chain = model.chain(meter.chain)
        engaged = {chain.states[i] for i in chain.engaged}
        return BROKERED if {target for _, target in meter.moves} <= engaged else ASSESSMENTS
    return SET_UP if _names_no_chain(model, meter) else BROKERED


@dataclass(frozen=True)
class Discounting:
    """Steps from the first regime's start that the appraisal counts, and what a pound in each is worth then.

    ``since_start`` are the same factors for as many steps after each family's own first start.
    """

    first: int
    by_step: FloatArray
    since_start: FloatArray
    years: FloatArray
    """Whole years since ``first`` begun before each step ends, 0 before it, (step,)."""

    @classmethod
    def of(cls, scenario: Scenario, follow_up: int) -> Discounting:
        """Read the terms of a scenario, as ``sim.economics.value.terms`` reads them of a run."""
        spec, clock = scenario.appraisal, scenario.worlds[0].model.clock
        first = max(min(w.start for w in scenario.worlds if w.regime != scenario.baseline), 0)
        n = min(clock.steps - first, max(1, round(spec.horizon_years / clock.step_years)))
        schedule = next(iter(scenario.discount.values()), ((0.0, 0.0),))

        def told(steps: int) -> FloatArray:
            ends: FloatArray = np.arange(1, steps + 1) * np.float64(clock.step_years)
            whole = np.ceil(ends - _HAIR) - 1
            return factors(schedule, whole if spec.timing == "year" else ends)

        since: FloatArray = np.arange(1, clock.steps + 1 - first) * np.float64(clock.step_years)
        years = np.concatenate([np.zeros(first), np.ceil(since - _HAIR) - 1])
        return cls(first, told(n), told(follow_up), years)


def account_pricer(scenario: Scenario, layout: Layout) -> Callable[[Record], AccountSums] | None:
    """Give what prices the accounts of a replication; None for a scenario without accounts."""
    plan = account_plan(scenario)
    return None if plan is None else _Pricer(scenario, layout, plan).of


class _Pricer:
    """Prices the accounts of all worlds of a scenario."""

    def __init__(self, scenario: Scenario, layout: Layout, plan: AccountPlan) -> None:
        self.scenario, self.plan, self.layout = scenario, plan, layout
        self.terms = Discounting.of(scenario, plan.follow_up)
        names = line_names(scenario)
        rates = np.array([scenario.appraisal.growth.get(name, 0.0) for name in names])
        grown = (1.0 + rates) ** self.terms.years[:, None]  # (step, line)
        self.prices = {world.name: world_prices(scenario, world, names) * grown for world in scenario.worlds}
        self.lines = {
            w.name: lines_of_account(scenario, layout, plan.services.get(w.name, ())) for w in scenario.worlds
        }
        self.n_lines = len(names)
        self.children = _looked_after(scenario, layout)

    def of(self, record: Record) -> AccountSums:
        """Price a replication."""
        n, accounts, months = len(self.scenario.worlds), len(ACCOUNTS), self.plan.follow_up
        kept = {
            "class_value": np.zeros((n, len(SIDES), len(SHARES), self.n_lines)),
            "cohort_value": np.zeros((n, accounts, len(SIDES), self.n_lines)),
            "cohort_families": np.zeros((n, accounts, len(PEOPLE))),
            "cohort_children": np.zeros((n, accounts, len(SIDES), len(CHILDREN))),
            "helped_families": np.zeros((n, len(PEOPLE))),
            "all_children": np.zeros((n, len(SIDES), len(CHILDREN))),
        }
        saved = np.zeros((n, accounts, months, self.n_lines))
        for w, world in enumerate(self.scenario.worlds):
            if world.name in self.plan.services:
                pair = (w, self.scenario.worlds.index(self.scenario.baseline_of(world)))
                kept["class_value"][w] = self._by_class(record, pair)
                counted = slice(self.terms.first, self.terms.first + len(self.terms.by_step))
                assert record.helped is not None
                kept["helped_families"][w] = record.helped[w, counted].sum(axis=0)
                kept["all_children"][w] = self._all_children(record, pair)
                if months:
                    self._cohort(record, pair, kept, saved)
        return AccountSums(kept, {"cohort_saved": saved} if months else {})

    def _by_class(self, record: Record, pair: tuple[int, int]) -> FloatArray:
        """Give the present value of each class and of what is nobody's, (side, share, line)."""
        assert record.class_meters is not None
        lines, first = self.lines[self.layout.worlds[pair[0]]], self.terms.first
        steps, worth = slice(first, first + len(self.terms.by_step)), self.terms.by_step[:, None]
        found = np.zeros((len(SIDES), len(SHARES), self.n_lines))
        for side, w in enumerate(pair):
            price = self.prices[self.layout.worlds[w]][steps] * worth  # (step, line)
            everybody = bill(record.meters[w, steps], lines.meters, price).sum(axis=0)
            by_class = bill(record.class_meters[pair[0], side][:, steps], lines.meters, price).sum(axis=1)
            by_class[0] += self._before(record, pair, lines, price)
            found[side, : len(CLASSES)] = np.where(lines.nobodys, 0.0, by_class)
            found[side, -1] = np.where(lines.nobodys, everybody, 0.0)
        return found

    def _all_children(self, record: Record, pair: tuple[int, int]) -> FloatArray:
        """Count children in care, and all children, at the month of the horizon of which it is told, (side, 2)."""
        if self.children is None:
            return np.zeros((len(SIDES), len(CHILDREN)))
        meter, unit, at = self.children
        step = min(self.terms.first + at, self.layout.n_steps - 1)
        told = [(record.meters[w, step, meter], record.row_counts[w, step + 1, unit]) for w in pair]
        return np.array(told, np.float64)

    def _before(self, record: Record, pair: tuple[int, int], lines: Lines, price: FloatArray) -> FloatArray:
        """Give what is spent in the horizon before a regime begins, which is the same with and without it, (line,)."""
        later = max(self.scenario.worlds[pair[0]].start, 0) - self.terms.first
        steps = slice(self.terms.first, self.terms.first + later)
        return np.asarray(bill(record.meters[pair[1], steps], lines.meters, price[:later]).sum(axis=0))

    def _with_posts(self, record: Record, w: int, side: int, steps: IntArray) -> FloatArray:
        """Give the meters of a cohort with its share of posts and places, (account, entry, month, meter).

        A key worker's posts are shared among her cases, so that all of them are somebody's. In other services a case
        takes up a place, and a place is what it takes to keep one: posts over places; idle places are nobody's.
        """
        assert record.cohort_meters is not None
        assert record.cohort_cases is not None
        assert record.account_team is not None
        counts, key_workers = record.cohort_meters[w, :, side].copy(), self.plan.services[self.layout.worlds[w]]
        for m, meter in enumerate(self.scenario.worlds[0].model.meters):
            if meter.what not in STAFF_METERS:
                continue
            s = self.layout.services.index(meter.chain)
            posts, places, cases = np.moveaxis(record.account_team[w, :, side, :, s], -1, 0)  # (account, step)
            held = posts if meter.what == STAFF_METERS[0] else places
            among = cases if meter.chain in key_workers else places
            each = np.divide(held, among, out=np.zeros(held.shape), where=among > 0)
            counts[..., m] = record.cohort_cases[w, :, side, ..., s] * each[:, steps]
        return counts

    def _cohort(self, record: Record, pair: tuple[int, int], kept: Mapping[str, FloatArray], saved: FloatArray) -> None:
        """Price what is counted of those first helped in the stated year, whose share of setting up is left out."""
        assert record.cohort_meters is not None
        assert record.cohort_starts is not None
        assert record.cohort_people is not None
        w, plan = pair[0], self.plan
        lines = self.lines[self.layout.worlds[w]]
        entry, month = np.ix_(range(plan.entry), range(plan.follow_up))
        steps = max(self.scenario.worlds[w].start, 0) + plan.after + entry + month  # (entry, month)
        left_out = lines.nobodys & (lines.parts == PARTS.index(SET_UP))
        cost = np.zeros((len(ACCOUNTS), len(SIDES), plan.follow_up, self.n_lines))
        for side, which in enumerate(pair):
            price = self.prices[self.layout.worlds[which]][steps]  # (entry, month, line)
            counts = self._with_posts(record, w, side, steps)  # (account, entry, month, meter)
            pounds = bill(counts, lines.meters, price).sum(axis=1)  # (account, month, line)
            cost[:, side] = np.where(left_out, 0.0, pounds)
        starts = record.cohort_starts[w]  # (account, entry, month)
        families = starts[:, :, 0].sum(axis=1)
        kept["cohort_value"][w] = (cost * self.terms.since_start[:, None]).sum(axis=2)
        kept["cohort_families"][w] = np.stack([families, starts.sum(axis=(1, 2))], axis=1)
        apart = np.where(families > 0, families, np.nan)[:, None, None]
        saved[w] = (cost[:, 1] - cost[:, 0]) / apart
        if self.children is not None:
            meter, unit, at = self.children
            looked_after = record.cohort_meters[w, :, :, :, at, meter].sum(axis=2)  # (account, side)
            there = record.cohort_people[w, :, :, :, at, unit].sum(axis=2)
            kept["cohort_children"][w] = np.stack([looked_after, there], axis=-1)


def _looked_after(scenario: Scenario, layout: Layout) -> tuple[int, int, int] | None:
    """Give the meter that counts children in care, the index of their unit, and the step of which it is told."""
    spec, plan = scenario.appraisal.answer, account_plan(scenario)
    item = next((item for item in scenario.appraisal.card if spec and item.name == spec.looked_after), None)
    if spec is None or plan is None or item is None:
        return None
    model = scenario.worlds[0].model
    unit = next(meter.unit for meter in model.meters if meter.name == item.meters[0])
    at = max(round(spec.at_months / 12 / model.clock.step_years), 1)
    units = [name for name, _ in layout.rows]
    at = min(at, plan.follow_up) if plan.follow_up else at
    return layout.meters.index(item.meters[0]), units.index(unit), at - 1


def account_variables(
    scenario: Scenario, layout: Layout, kept: Mapping[str, FloatArray],
    averaged: Mapping[str, tuple[FloatArray, FloatArray]],
) -> dict[str, tuple[tuple[str, ...], FloatArray]]:  # fmt: skip
    """Place what was priced on its dimensions; nothing for a scenario without accounts."""
    plan = account_plan(scenario)
    if plan is None:
        return {}
    spread, per = WorldGrid.of(scenario), (*WORLD, "replication")
    dims: dict[str, tuple[str, ...]] = {
        "class_value": ("side", "share", "line"), "cohort_value": ("account", "side", "line"),
        "cohort_families": ("account", "people"), "cohort_children": ("account", "side", "counted"),
        "helped_families": ("people",), "all_children": ("side", "counted"),
    }  # fmt: skip
    result = {name: ((*per, *axes), spread(kept[name])) for name, axes in dims.items()}
    for name, (mean, variance) in averaged.items():
        result[name] = ((*WORLD, "account", "month", "line"), spread.one(mean))
        result[f"{name}_var"] = ((*WORLD, "account", "month", "line"), spread.one(variance))
    parts = [lines_of_account(scenario, layout, plan.services.get(w.name, ())).parts for w in scenario.worlds]
    nobodys = lines_of_account(scenario, layout, ()).nobodys
    result["line_part"] = ((*WORLD, "line"), spread.one(np.stack(parts).astype(np.float64)))
    result["nobodys"] = (("line",), nobodys.astype(np.float64))
    told = _looked_after(scenario, layout)
    if told is not None:
        month = (told[2] + 1) * scenario.worlds[0].model.clock.step_years * 12
        result["children_month"] = ((), np.array(month))
    return result


def account_coordinates(scenario: Scenario) -> dict[str, object]:
    """Give the coordinates of the accounts, if there are any."""
    plan = account_plan(scenario)
    if plan is None:
        return {}
    step = scenario.worlds[0].model.clock.step_years * 12
    named = {"side": SIDES, "share": SHARES, "account": ACCOUNTS, "people": PEOPLE, "counted": CHILDREN}
    known: dict[str, object] = {name: list(values) for name, values in named.items()}
    return known | ({"month": np.arange(1, plan.follow_up + 1) * step} if plan.follow_up else {})
