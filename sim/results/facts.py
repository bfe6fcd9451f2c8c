"""Facts of a run beside its arrays (solver, clock, price year, terms), typed; the attributes of a Dataset hold them.

This room alone knows how facts are spelt in a file. Other tables (draws, a calibration) have dataclasses of their own,
read by ``read_facts``. Leaves out what describes a single axis, which is a coordinate.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np
import xarray as xr

from sim.model.appraisal import AppraisalSpec, from_json, to_json
from sim.model.price_series import PriceSeries, prices_aside
from sim.model.spec import AS_WRITTEN

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    FactsT = TypeVar("FactsT", bound=DataclassInstance)


@dataclass(frozen=True)
class WorldName:
    """A world as results know it: the name that people use, its regime and its evidence set."""

    name: str
    regime: str
    effect_set: str


def _worlds_of(text: str) -> tuple[WorldName, ...]:
    """Read the worlds."""
    return tuple(WorldName(name, regime, set_named(effect_set)) for name, regime, effect_set in json.loads(text))


def set_named(effect_set: str) -> str:
    """Give the name of an evidence set; results of before called what is as written ``null``."""
    return AS_WRITTEN if effect_set == "null" else effect_set


def _text_of(worlds: tuple[WorldName, ...]) -> str:
    """Write the worlds."""
    return json.dumps([[world.name, world.regime, world.effect_set] for world in worlds])


def series_named(text: str) -> PriceSeries:
    """Read a series of prices."""
    held = json.loads(text)
    return PriceSeries(**{**held, "forecast": tuple(held["forecast"])})


def _series_text(series: PriceSeries) -> str:
    """Write a series of prices."""
    return json.dumps(asdict(series))


JSON = MappingProxyType({"parse": json.loads, "write": json.dumps})
"""For ``field(metadata=...)``: a fact that is JSON in a file."""
_WORLDS = MappingProxyType({"parse": _worlds_of, "write": _text_of})
_SERIES = MappingProxyType({"parse": series_named, "write": _series_text})
_TERMS = MappingProxyType({"parse": from_json, "write": to_json})


@dataclass(frozen=True)
class Facts:
    """What was run and what its numbers are; fields are in the order of a file's attributes."""

    title: str
    name: str
    baseline: str
    """The regime that the others are held against."""
    seed: int
    solver: str
    price_year: str
    step: str
    """What a step is called, such as month."""
    step_years: float
    rows: int
    """Rows of the first unit."""
    start: str
    """Year and month of the clock's start, empty without dates."""
    count: str
    """Which points count; ``weights`` where each has its own."""
    first_cycle: int
    worlds: tuple[WorldName, ...] = field(metadata=_WORLDS)
    discount: Mapping[str, list[list[float]]] = field(metadata=JSON, default_factory=dict)
    """Schedules by name: from which year which rate; the first is the default."""
    agencies: Mapping[str, str] = field(metadata=JSON, default_factory=dict)
    """Long names of those who pay."""
    deflators: Mapping[str, float] = field(metadata=JSON, default_factory=dict)
    price_series: PriceSeries = field(metadata=_SERIES, default_factory=PriceSeries)
    """Which series of prices they are."""
    appraisal: AppraisalSpec = field(metadata=_TERMS, default=AppraisalSpec())
    area_shares: list[float] = field(metadata=JSON, default_factory=lambda: [1.0])
    """Each area's share of the rows."""
    outcome_discount: Mapping[str, float | str] = field(metadata=JSON, default_factory=dict)
    outcome_counts_as: Mapping[str, str] = field(metadata=JSON, default_factory=dict)
    distributions: Mapping[str, str] | None = field(metadata=JSON, default=None)
    """Counts of which it is told how they are spread over time: name and meter."""
    service_chains: list[str] = field(metadata=JSON, default_factory=list)
    counts_unitemised: list[str] = field(metadata=JSON, default_factory=list)
    """Evidence sets in whose differences costs that nobody has itemised count."""
    not_refitted: list[str] = field(metadata=JSON, default_factory=list)
    """Evidence sets whose effects were solved for in another model than this one's."""
    found_elsewhere: list[str] = field(metadata=JSON, default_factory=list)
    """Regimes whose posts were searched for in another model than this one's."""
    regime_titles: Mapping[str, str] = field(metadata=JSON, default_factory=dict)
    """What people read instead of the name of a regime; see ``regime``."""
    set_titles: Mapping[str, str] = field(metadata=JSON, default_factory=dict)
    """What people read instead of the name of an evidence set; see ``reading``."""
    service_titles: Mapping[str, str] = field(metadata=JSON, default_factory=dict)
    """What people read instead of the name of a service."""
    set_suppositions: Mapping[str, str] = field(metadata=JSON, default_factory=dict)
    """What an evidence set supposes, in words that follow "if"."""
    doubt: Mapping[str, Mapping[str, Any]] = field(metadata=JSON, default_factory=dict)
    """World -> what draws of the inputs say of its accounts, or ``why_not``."""
    until: list[dict[str, Any]] | None = field(metadata=JSON, default=None)
    """For which figures replications were added until they were known closely enough, and what was reached."""
    engine_seconds: float | None = None
    peak_mb: float | None = None
    why_no_answer: str | None = None
    """Why there are no accounts of the answer, of a config that asks for them."""
    why_no_cohort: str | None = None
    """Why no family is followed from its first start, where there are accounts."""
    expected: str | None = None
    """How expected values were found, of a run that has them."""

    @property
    def is_exact(self) -> bool:
        """Whether numbers are expected values, without chance and intervals."""
        return self.solver == "expect"

    @property
    def prices_aside(self) -> str:
        """Of which year pounds are, in words that stand in brackets; says so where its prices are a forecast."""
        return prices_aside(self.price_series.stated(self.price_year))


def facts_of(ds: xr.Dataset) -> Facts:
    """Give the facts of a run.

    Raises
    ------
    KeyError
        If it lacks one that every run has; names it.
    """
    return read_facts(Facts, ds)


def read_facts(kind: type[FactsT], ds: xr.Dataset) -> FactsT:
    """Read a dataclass of facts from the attributes of a table; errors as for ``facts_of``."""
    names = [one.name for one in fields(kind)]
    return cast("FactsT", _read(kind, tuple((name, ds.attrs[name]) for name in names if name in ds.attrs)))


@lru_cache(maxsize=32)
def _read(kind: type[DataclassInstance], attributes: tuple[tuple[str, Any], ...]) -> DataclassInstance:
    """Read facts; kept, since a report asks for those of its run thousands of times."""
    held, known = dict(attributes), {}
    for one in fields(kind):
        if one.name in held:
            value = held[one.name]
            parse = one.metadata.get("parse")
            known[one.name] = parse(str(value)) if parse else value.item() if isinstance(value, np.generic) else value
        elif one.default is MISSING and one.default_factory is MISSING:
            raise KeyError(one.name)
    return kind(**known)


def written(facts: DataclassInstance) -> dict[str, object]:
    """Write facts as attributes: plain text and numbers, so that netCDF keeps them; what is None is left out."""
    attributes: dict[str, object] = {}
    for one in fields(facts):
        value, write = getattr(facts, one.name), one.metadata.get("write")
        if value is not None:
            attributes[one.name] = write(value) if write else value
    return attributes
