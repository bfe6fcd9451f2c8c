"""What a model says: plain frozen dataclasses, the one door for YAML and Python; no arrays and no files here.

Every world (a regime under an evidence set) is a whole ``Model``; all worlds of a ``Scenario`` share one structure
(units, chains, states, services) and differ in numbers. Rates are per year, probabilities per step, durations in steps
where a name ends in ``_steps``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import inf
from typing import Any, Literal

from sim.arrays import IntArray
from sim.errors import Place
from sim.language.evaluate import Expression
from sim.model.appraisal import AppraisalSpec, CardItem
from sim.model.lengths import Length
from sim.model.pathway import CLOSED, DOOR, ENTRY, IDLE, NONE, TURNED_AWAY, WAITING, helps
from sim.model.price_series import PriceSeries
from sim.model.titles import Titles

MONTHS = 12


@dataclass(frozen=True)
class Quantity:
    """A figure with its provenance; ``low`` and ``high`` are a 95% interval, None where there is none."""

    value: float
    unit: str = ""
    low: float | None = None
    high: float | None = None
    price_year: str | None = None
    source: str | None = None
    locator: str | None = None
    quality: str | None = None
    why: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class Clock:
    """Points 0..steps; in the move from p to p + 1 the cycle is ``first`` + p. ``start`` is (year, month) or None."""

    steps: int
    step_years: float
    step_name: str = "year"
    first: int = 0
    start: tuple[int, int] | None = None


@dataclass(frozen=True)
class Unit:
    """Whose rows these are.

    The first unit of a model is its root; a second one may belong ``of`` it, ``number`` naming the trait that says how
    many rows each root row has. ``age`` is a range of ages in steps at point 0 of the warm-up, drawn evenly (one value:
    all alike). A child leaves at ``leaves_age_steps`` and a new one is born into its place when ``births`` is set.
    ``settled`` children begin with the ages and empty places that this leads to, the newborn in the first states.
    """

    name: str
    size: int = 0
    of: str | None = None
    number: str | None = None
    age_steps: tuple[int, int] | None = None
    leaves_age_steps: int | None = None
    births_rate: float = 0.0
    leaves_rate: float = 0.0
    replace: bool = False
    warm_up: int = 0
    arrivals_per_step: float = 0.0
    settled: bool = False


@dataclass(frozen=True)
class Trait:
    """Fixed per row and discrete: ``values[i]`` with probability ``shares[i]``; on the root unit."""

    name: str
    values: tuple[float, ...]
    shares: tuple[float, ...]
    stratify: bool = False


@dataclass(frozen=True)
class Areas:
    """Named places of the root unit with their number of rows (or shares, when they sum to 1).

    Those ``left_out`` are named in conditions and hold nobody.
    """

    names: tuple[str, ...] = ("all",)
    weights: tuple[float, ...] = (1.0,)
    synthetic: tuple[bool, ...] = (False,)
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class LookupTable:
    """A function of one variable: ``bands`` hold from each x on, ``linear`` joins the points and is flat outside.

    Of ``areas`` each has its own y, in the order of the model's areas; x are their numbers.
    """

    name: str
    by: str
    kind: Literal["bands", "linear", "areas"]
    x: tuple[float, ...]
    y: tuple[float, ...]


Table = LookupTable
"""The name by which models made in Python know it."""


@dataclass(frozen=True)
class Parameter:
    """A named number or expression."""

    name: str
    expression: Expression
    quantity: Quantity | None = None


@dataclass(frozen=True)
class Transition:
    """One move; ``expression`` is a rate per year or a probability per step, None for ``rest`` (what remains).

    A move of a service also says what its config does: that it ends a stay of ``mean_steps`` on average, or happens
    ``now``. Where time goes in steps the expression stands for either: its chance a step has that mean in whole steps,
    or is as good as 1. In continuous time a stay is exponential with that mean, and ``now`` is at once. A stay of a
    ``length`` is ended when the time is over that was drawn at its beginning, and by no rate.
    """

    source: str
    target: str
    expression: Expression | None
    mean_steps: float | None = None
    now: bool = False
    length: Length | None = None


@dataclass(frozen=True)
class Fire:
    """When one of ``moves`` (source, target) happens, ``chain`` of the same row, its children or its parent moves.

    It moves from any of ``sources`` to ``target`` at once, with ``probability`` (an expression without row variables).
    """

    moves: tuple[tuple[str, str], ...]
    chain: str
    sources: tuple[str, ...]
    target: str
    probability: Expression


@dataclass(frozen=True)
class Team:
    """The gate of a service: places = working posts x caseload, per area.

    ``workers`` maps area to posts; ``funding`` holds later levels as (point, workers by area). Three numbers may change
    from step to step, as expressions over the clock, last step's totals and stocks: ``turnover_times`` multiplies the
    turnover, ``time_left`` the places, and ``extra_workers`` are posts on top, shared among areas by size.
    """

    workers: Mapping[str, float]
    caseload: float
    turnover_per_year: float = 0.0
    hire_steps: float = 0.0
    training_steps: float = 0.0
    absence: float = 0.0
    meeting_steps: int = 1
    funding: tuple[tuple[int, Mapping[str, float]], ...] = ()
    turnover_times: Expression | None = None
    time_left: Expression | None = None
    extra_workers: Expression | None = None
    waiting_room: int | None = None
    """How many may wait for it in each area; who finds it full is turned away. None: as many as come."""

    @property
    def most_posts(self) -> float:
        """The most posts that it is ever given in all areas, apart from ``extra_workers``."""
        return max(sum(level.values()) for level in (self.workers, *(workers for _, workers in self.funding)))

    @property
    def ends(self) -> Mapping[str, float]:
        """The point from which each area has no posts, now or to come: -inf where it has none, inf if they never end.

        Posts of ``extra_workers`` may come at any time.
        """
        levels = [(-inf, self.workers), *sorted(self.funding, key=lambda level: level[0])]
        found = {}
        for area in {name: None for _, level in levels for name in level}:
            after = next((i + 1 for i in reversed(range(len(levels))) if levels[i][1].get(area, 0.0) > 0), 0)
            found[area] = levels[after][0] if after < len(levels) else inf
        return dict.fromkeys(found, inf) if self.extra_workers is not None else found

    @property
    def driven(self) -> tuple[Expression, ...]:
        """What may change from step to step; empty when the team reads nothing of the families' state."""
        return tuple(e for e in (self.turnover_times, self.time_left, self.extra_workers) if e is not None)


@dataclass(frozen=True)
class Service:
    """A service beyond its chain: who runs it, its gate, its priority and what it brokers.

    ``priority`` lists (chain or trait or memory name, descending?) in order, ``wait`` last; or a function of a mapping
    name -> values of the waiting rows that gives their class, 0 first.
    """

    name: str
    kind: Literal["statutory", "discretionary"]
    agency: str = ""
    team: Team | None = None
    priority: tuple[tuple[str, bool], ...] | Callable[[Mapping[str, IntArray]], IntArray] = ()
    brokers: Mapping[str, float] = field(default_factory=dict)
    contact_hours_month: float = 0.0


@dataclass(frozen=True)
class Chain:
    """A named, ordered set of states, best to worst; each row of ``unit`` is in exactly one.

    ``levels`` numbers the states as conditions see them: stages of one state share a level, and ``level_names`` says
    which word stands for which level. ``start`` maps state to share, or is None for the stationary distribution;
    ``held`` maps state to the mean steps that whoever starts in it has been there (geometric).
    """

    name: str
    unit: str
    states: tuple[str, ...]
    kind: Literal["rates", "probabilities"]
    transitions: tuple[Transition, ...]
    start: Mapping[str, Expression] | None = field(default_factory=dict)
    ages_steps: tuple[int, int] | None = None
    fires: tuple[Fire, ...] = ()
    levels: tuple[int, ...] = ()
    level_names: Mapping[str, int] = field(default_factory=dict)
    service: Service | None = None
    held: Mapping[str, float] = field(default_factory=dict)

    # States of a service's pathway, by number.

    @property
    def is_gated(self) -> bool:
        """Whether rows wait in it for somebody to let them in."""
        return self.service is not None and self.service.kind == "discretionary"

    @property
    def has_queue(self) -> bool:
        """Whether it is a service with a state in which rows wait."""
        return self.service is not None and WAITING in self.states

    @property
    def turned_away(self) -> int | None:
        """The state of those who found the waiting room full; None where there is no such room."""
        return self.states.index(TURNED_AWAY) if TURNED_AWAY in self.states else None

    @property
    def waiting(self) -> int:
        """The state in which rows wait."""
        return self.states.index(WAITING)

    @property
    def engaged(self) -> tuple[int, ...]:
        """The states in which the service helps; who is let in comes to the first of them."""
        return tuple(i for i, state in enumerate(self.states) if helps(state))

    @property
    def entry(self) -> tuple[int, ...]:
        """The states from which somebody is referred."""
        return self.among(*ENTRY)

    @property
    def door(self) -> tuple[int, ...]:
        """The states between referral and help: to be found, assessed, asked or let in."""
        return self.among(*DOOR)

    @property
    def idle(self) -> tuple[int, ...]:
        """The states in which the service has nothing to do with somebody."""
        return self.among(*IDLE)

    @property
    def between_steps(self) -> str:
        """What it has that only continuous time can hold, in words; empty where there is nothing."""
        if self.turned_away is not None:
            return "a waiting room (team.waiting_room)"
        laws = (move.length.law for move in self.transitions if move.length is not None)
        return "help whose length is drawn when it begins (engaged.law)" if set(laws) - {"exponential"} else ""

    @property
    def end(self) -> int:
        """The state of a case that is closed."""
        return self.states.index(CLOSED if CLOSED in self.states else NONE)

    def among(self, *names: str) -> tuple[int, ...]:
        """Give the states that have one of these names, in order."""
        return tuple(i for i, state in enumerate(self.states) if state in names)


@dataclass(frozen=True)
class Effect:
    """A named multiplier on moves of other chains while a condition holds; ``on`` maps chain to its moves."""

    name: str
    on: Mapping[str, tuple[tuple[str, str], ...]]
    when: Expression
    times: Expression
    scale: Literal["rate", "probability", "odds"] = "rate"


@dataclass(frozen=True)
class Memory:
    """The number of the last ``window`` steps in which a condition on the root unit's row held."""

    name: str
    when: Expression
    window: int


@dataclass(frozen=True)
class Stock:
    """A feedback stock, moved at the end of each step by an expression over totals and other stocks.

    ``delay`` and ``smooth`` follow the expression ``over_steps`` later, ``average`` holds its mean over the last whole
    period of ``over_steps``, and ``level`` adds it up as a flow a year (Euler). ``start`` is the level at the start;
    without one the first total that the stock sees.
    """

    name: str
    kind: Literal["delay", "smooth", "average", "level"]
    expression: Expression
    over_steps: float = 1.0
    start: Expression | None = None


@dataclass(frozen=True)
class Meter:
    """What is counted: rows ``while`` a condition holds, moves ``on`` transitions, or ``per`` service.worker and so on.

    ``unit`` is whose rows; ``moves`` lists (source, target) of ``chain`` for ``on``; ``what`` names it for ``per``
    (worker, place, case, start, referral) or ``row`` (every row of the unit). ``by_area`` names a table by area: a row
    counts as much as it says of the row's area, in place of 1 (``while`` alone).
    """

    name: str
    kind: Literal["while", "on", "per"]
    unit: str
    when: Expression | None = None
    chain: str = ""
    moves: tuple[tuple[str, str], ...] = ()
    what: str = ""
    by_area: str = ""


@dataclass(frozen=True)
class CostLine:
    """A meter times a price, shared among payers. ``price_per`` is the step multiplier: gbp a step, or gbp an event."""

    name: str
    meter: str
    price: Expression
    per_step: float
    quantity: Quantity
    payers: Mapping[str, float]
    tier: str
    ledgers: tuple[str, ...]
    kind: str
    control: str
    overlaps: str | None = None
    programme: bool = False
    """Whether it is what the programme itself costs, as the lines of services are: spend, and no saving."""


@dataclass(frozen=True)
class Value:
    """What a meter is worth in each outcome, per counted point (``while``) or per move (``on``)."""

    meter: str
    amounts: Mapping[str, Expression]
    when: Expression | None = None


@dataclass(frozen=True)
class Outcome:
    """A total kept beside money, with its yearly discount rate; or the name of a schedule, whose ``rates`` are used.

    ``rates`` are (from, rate): from so many years after point 0 on, that rate a year. ``counts_as`` says whether it is
    pounds, or more of it is good or bad; nothing where that is not known.
    """

    name: str
    discount: float | str = 0.0
    rates: tuple[tuple[float, float], ...] = ()
    counts_as: Literal["cost", "gain", "harm", ""] = ""

    @property
    def schedule(self) -> tuple[tuple[float, float], ...]:
        """The rates in force, the first from point 0."""
        return self.rates if isinstance(self.discount, str) else ((0.0, self.discount),)


@dataclass(frozen=True)
class Distribution:
    """A meter of which it is told in which share of the steps it is how much; ``place`` is where the config asks."""

    name: str
    meter: str
    place: Place = field(default=Place("", "", ""), compare=False, repr=False)


@dataclass(frozen=True)
class Model:
    """One world, whole: everything that a solver needs."""

    clock: Clock
    units: tuple[Unit, ...]
    areas: Areas
    chains: tuple[Chain, ...]
    order: tuple[str, ...]
    traits: tuple[Trait, ...] = ()
    tables: Mapping[str, LookupTable] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    memories: tuple[Memory, ...] = ()
    stocks: tuple[Stock, ...] = ()
    meters: tuple[Meter, ...] = ()
    costs: tuple[CostLine, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    values: tuple[Value, ...] = ()
    card: tuple[CardItem, ...] = ()
    distributions: tuple[Distribution, ...] = ()
    count: str | tuple[float, ...] = "end"
    queues: Literal["teams", "open", "per_family"] = "teams"
    services_inert: bool = False

    @property
    def root(self) -> Unit:
        """The unit that all others belong to."""
        return self.units[0]

    def unit(self, name: str) -> Unit:
        """Give the unit of that name."""
        return next(unit for unit in self.units if unit.name == name)

    def chain(self, name: str) -> Chain:
        """Give the chain of that name."""
        return self.by_name[name]

    @cached_property
    def by_name(self) -> Mapping[str, Chain]:
        """The chains by their names."""
        return {chain.name: chain for chain in self.chains}

    @cached_property
    def carried(self) -> Mapping[str, str]:
        """What a row carries by name, and its kind: memory, trait or chain."""
        kinds = (("memory", self.memories), ("trait", self.traits), ("chain", self.chains))
        return {part.name: kind for kind, parts in kinds for part in parts}

    @cached_property
    def stock_names(self) -> frozenset[str]:
        """The names of the stocks."""
        return frozenset(stock.name for stock in self.stocks)

    @cached_property
    def service_names(self) -> frozenset[str]:
        """The chains that are pathways of services."""
        return frozenset(chain.name for chain in self.chains if chain.service is not None)

    def trait(self, name: str) -> Trait:
        """Give the trait of that name."""
        return next(trait for trait in self.traits if trait.name == name)

    def memory(self, name: str) -> Memory:
        """Give the memory of that name."""
        return next(memory for memory in self.memories if memory.name == name)


AS_WRITTEN = "as_written"
"""The evidence set of a study that names none: every number as its config has it."""


@dataclass(frozen=True)
class Bearing:
    """What else bears on a ratio than its own parameter, as studies for the curves found it.

    ``others`` are slopes of its logarithm in the hazard ratios of other effects, from their fitted ones; ``fitted`` is
    its own parameter at the published ratio, ``bounds`` are those of the parameter.
    """

    fitted: float
    bounds: tuple[float, float]
    others: Mapping[str, float]


@dataclass(frozen=True)
class DrawnEffect:
    """A measured ratio with its 95% interval, and the parameter at which each ratio is found: ``curve`` joins points.

    ``curve`` lists (ratio, value of the parameter), ratios rising; it is empty where nobody has solved for it. It holds
    where all else is as it was fitted; ``bearing`` is what is known of elsewhere.
    """

    name: str
    parameter: str
    ratio: float
    low: float
    high: float
    curve: tuple[tuple[float, float], ...] = ()
    bearing: Bearing | None = None


@dataclass(frozen=True)
class SetFit:
    """How the effects of a set were solved for: the digest of the model, the regime, and the parameters found.

    ``study`` is the one in whose model that was, ``strengths`` what each effect that reads the parameters multiplied by
    there where each of them is 1; ``drawn`` are those whose doubt is known, ``nothing`` the chance that help has no
    effect of its own at all.
    """

    digest: str
    regime: str
    solved: tuple[str, ...]
    study: str = ""
    strengths: Mapping[str, float] = field(default_factory=dict)
    drawn: tuple[DrawnEffect, ...] = ()
    nothing: float = 0.0
    inputs: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """Path -> (x0, power) of the inputs that studies for the curves moved: with x in place of x0, where curves hold,
    every parameter counts for ``(x / x0) ^ power`` times as much."""


@dataclass(frozen=True)
class FoundPosts:
    """How the posts of a regime were searched for: digest of the models, evidence set, and whose money was spent."""

    digest: str
    effect_set: str
    money_of: str


UNITEMISED = "with_unitemised"
"""The ledger of all that the wide one holds and of what nobody has itemised."""


@dataclass(frozen=True)
class World:
    """A regime under an evidence set: which model holds from point ``start`` on (the baseline's before it)."""

    name: str
    regime: str
    effect_set: str
    model: Model
    start: int = 0
    handover: Literal["finish", "transfer", "close"] = "finish"
    receivers: tuple[str, ...] = ()
    """Services that take in the cases of those that end; by default those that then get more posts."""


@dataclass(frozen=True)
class Scenario:
    """A study: several worlds on the same random numbers. ``worlds[i]`` is paired with the baseline of its set."""

    title: str
    name: str
    worlds: tuple[World, ...]
    baseline: str
    replications: int = 1
    seed: int = 1
    solver: Literal["simulate", "expect"] = "simulate"
    agencies: Mapping[str, str] = field(default_factory=dict)
    deflators: Mapping[str, float] = field(default_factory=dict)
    price_series: PriceSeries = field(default_factory=PriceSeries)
    """Which series of prices the deflators are."""
    price_year: str = ""
    discount: Mapping[str, tuple[tuple[float, float], ...]] = field(default_factory=dict)
    appraisal: AppraisalSpec = field(default_factory=AppraisalSpec)
    resolved: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What laying settings over figures did beside setting them, for people to read."""
    cautions: tuple[str, ...] = ()
    """What is legal in its config and should be known before its results are used."""
    counts_unitemised: tuple[str, ...] = ()
    """Evidence sets in whose differences costs that nobody has itemised count: claims that are tested as they stand."""
    fits: Mapping[str, SetFit] = field(default_factory=dict)
    """How the effects of those evidence sets were solved for that list what was measured."""
    not_refitted: tuple[str, ...] = ()
    """Evidence sets whose effects were solved for in another model than this one's; see ``sim.runs.fits``."""
    found: Mapping[str, FoundPosts] = field(default_factory=dict)
    """How the posts of those regimes were searched for that say so."""
    found_elsewhere: tuple[str, ...] = ()
    """Regimes whose posts were searched for in another model than this one's; see ``sim.runs.fits``."""
    regime_titles: Mapping[str, str] = field(default_factory=dict)
    """What people read instead of the name of a regime; by default the name in words."""
    set_titles: Mapping[str, str] = field(default_factory=dict)
    """The same of evidence sets."""
    service_titles: Mapping[str, str] = field(default_factory=dict)
    """The same of services."""
    set_suppositions: Mapping[str, str] = field(default_factory=dict)
    """What an evidence set supposes, in words that follow "if"."""
    doubt: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """World -> what draws of the inputs say of its accounts; see ``sim.runs.beliefs.doubt``."""
    until: tuple[Mapping[str, Any], ...] = ()
    """Figures that replications were added for until they were known closely enough; see ``sim.runs.until``."""

    @property
    def titles(self) -> Titles:
        """What people read instead of names."""
        return Titles(self.regime_titles, self.set_titles, self.set_suppositions, self.service_titles)

    def world(self, name: str) -> World:
        """Give the world of that name."""
        return next(world for world in self.worlds if world.name == name)

    def baseline_of(self, world: World) -> World:
        """Give the world of the baseline regime under the same evidence set."""
        return next(w for w in self.worlds if w.regime == self.baseline and w.effect_set == world.effect_set)
