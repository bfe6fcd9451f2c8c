"""The staffing plan: posts funded and in place, vacancies, recruits, training, supervision, and the waits that follow.

By quarter for the nation and by year for the areas that a publication names, which are counted by year. Supervision is
part of the price of a post where the price holds overheads: it is shown as a part of pay, never added to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.value.terms import Terms
from sim.model.spec import Model, Scenario, Service, Team
from sim.results.columns import filled, table
from sim.results.waits import NATION
from sim.results.worlds import WorldName, of_world, world_names
from sim.table import Row, Table, plain
from sim.units import MONTHS_PER_YEAR, financial_year_label

COLUMNS = (
    "regime", "effect_set", "service", "area", "period", "posts_funded", "posts_in_place", "vacancies", "leavers",
    "recruits", "pay", "of_it_in_training", "of_it_supervision", "price_year", "waiting", "months_to_clear_the_queue",
)  # fmt: skip


@dataclass(frozen=True)
class Staffing:
    """Posts of one service in one place and period.

    ``funded`` and ``in_place`` (paid, whether at work, absent or in training) are means over the period. ``leavers``
    are turnover x posts in place; ``recruits`` make them up and bring posts to what they are at the period's end.
    ``pay`` is in pounds of the price year, None where no post is priced; ``clear`` is families waiting over starts a
    month.
    """

    world: WorldName
    service: str
    area: str
    period: str
    funded: float
    in_place: float
    leavers: float
    recruits: float
    pay: float | None
    training: float | None
    supervision: float | None
    waiting: float | None
    clear: float | None


def staffing_plan(scenario: Scenario, ds: xr.Dataset, terms: Terms) -> list[Staffing]:
    """Work out the plan of every world and service with posts, from the first regime's start on, at mean values.

    Raises
    ------
    ValueError
        If the Dataset is not of that scenario.
    """
    worlds = {world.name: world for world in scenario.worlds}
    found: list[Staffing] = []
    for name in world_names(ds):
        if name.name not in worlds:
            raise ValueError(
                f"these results hold {name.name}, which the scenario does not; give the scenario that was run"
            )
        world = worlds[name.name]
        models = (scenario.baseline_of(world).model, world.model)
        for chain in world.model.chains:
            if chain.service is not None and chain.service.team is not None:
                found += _service(ds, name, models, world.start, chain.service, terms)
    return found


def _service(
    ds: xr.Dataset, name: WorldName, models: tuple[Model, Model], start: int, service: Service, terms: Terms
) -> list[Staffing]:
    """Plan one service: quarters of the nation, then years of each named area."""
    areas = models[1].areas.names
    funded = _funded(models, service.name, areas, start, ds.sizes["step"] - 1)[terms.base_point :]
    if not funded.any() or service.team is None:
        return []
    paid, price = _paid(ds, name, service.name, terms), _price(ds, name, service.name, terms)
    made = list(_nation(ds, name, service, funded.sum(axis=1), paid, price, terms))
    return made + list(_areas(ds, name, service, funded, areas, price, terms))


def _funded(models: tuple[Model, Model], service: str, areas: tuple[str, ...], start: int, steps: int) -> FloatArray:
    """Give the posts funded in each step and area: the baseline's until the regime starts, (step, area)."""
    result = np.zeros((steps, len(areas)))
    for model, first, last in ((models[0], 0, start), (models[1], start, steps)):
        held = model.chain(service).service
        team = held.team if held is not None else None
        if team is not None:
            for at, workers in [(0, team.workers), *sorted(team.funding, key=lambda level: level[0])]:
                result[max(at, first) : last] = [workers.get(area, 0.0) for area in areas]
    return result


def _paid(ds: xr.Dataset, name: WorldName, service: str, terms: Terms) -> FloatArray:
    """Give posts paid in each step: the meter of workers, or posts at work where none is priced, (step,)."""
    after = slice(terms.base_point + 1, None)
    meter = f"{service}.worker"
    if meter in ds["meter"].values:
        return np.asarray(of_world(ds, name, "meters").sel(meter=meter).values[:, after].mean(axis=0))
    team = of_world(ds, name, "team").sel(service=service, team_series="workers")
    return np.asarray(team.values[after])


def _price(ds: xr.Dataset, name: WorldName, service: str, terms: Terms) -> FloatArray | None:
    """Give the price of a post for each step, (step,); None where no line prices it."""
    lines = np.flatnonzero(ds["line_meter"].values == f"{service}.worker")
    if not lines.size:
        return None
    prices = of_world(ds, name, "price").values[terms.base_point + 1 :]
    return np.asarray(prices[:, lines].sum(axis=1))


def _quarter(ds: xr.Dataset, terms: Terms, step: int, length: int) -> str:
    """Name the quarter that begins at a step after the base point."""
    if "date" not in ds.coords:
        return f"steps {step + 1} to {step + length}"
    year, month = (int(part) for part in str(ds["date"].values[terms.base_point + step])[:7].split("-"))
    first = year if month >= 4 else year - 1
    return f"{financial_year_label(first)} Q{(month - 4) % MONTHS_PER_YEAR // 3 + 1}"


def _nation(
    ds: xr.Dataset, name: WorldName, service: Service, funded: FloatArray, paid: FloatArray,
    price: FloatArray | None, terms: Terms,
) -> Iterator[Staffing]:  # fmt: skip
    """Plan the nation by quarter."""
    length = max(1, round(0.25 / terms.step_years))
    team = of_world(ds, name, "team").sel(service=service.name).values[terms.base_point + 1 :]
    waiting = team[:, list(ds["team_series"].values).index("waiting")]
    starts = _starts(ds, name, service.name, terms)
    before = float(paid[0])
    for first in range(0, len(paid) - length + 1, length):
        part = slice(first, first + length)
        clear = None
        if starts is not None and starts[part].sum() > 0:
            months = length * terms.step_years * MONTHS_PER_YEAR
            clear = float(waiting[part].mean() / (starts[part].sum() / months))
        yield _entry(
            name, service, NATION, _quarter(ds, terms, first, length), funded[part], paid[part],
            None if price is None else price[part], before, terms, float(waiting[part].mean()), clear,
        )  # fmt: skip
        before = float(paid[part][-1])


def _starts(ds: xr.Dataset, name: WorldName, service: str, terms: Terms) -> FloatArray | None:
    """Give families taken on in each step, (step,), where they are counted."""
    meter = f"{service}.start"
    if meter not in ds["meter"].values:
        return None
    found = of_world(ds, name, "meters").sel(meter=meter).values[:, terms.base_point + 1 :]
    return np.asarray(found.mean(axis=0))


def _areas(
    ds: xr.Dataset, name: WorldName, service: Service, funded: FloatArray, areas: tuple[str, ...],
    price: FloatArray | None, terms: Terms,
) -> Iterator[Staffing]:  # fmt: skip
    """Plan the named areas by whole year; posts in place at a year's edge are taken to be the mean of its year."""
    meter = f"{service.name}.worker"
    if meter not in ds["meter"].values:
        return
    counts = of_world(ds, name, "area_meters").sel(meter=meter).values.mean(axis=0)  # (area, year)
    year_of = ds["financial_year"].values[terms.base_point + 1 :]
    for a, area in enumerate(str(x) for x in ds["area"].values):
        before: float | None = None
        for y, year in enumerate(int(x) for x in ds["year"].values):
            steps = np.flatnonzero(year_of == year)
            if len(steps) * terms.step_years > 1 - 1e-9:
                paid = np.full(len(steps), counts[a, y] / len(steps))
                yield _entry(
                    name, service, area, financial_year_label(year), funded[steps, areas.index(area)], paid,
                    None if price is None else price[steps], float(paid[0]) if before is None else before, terms,
                )  # fmt: skip
                before = float(paid[0])


def _entry(
    name: WorldName, service: Service, area: str, period: str, funded: FloatArray, paid: FloatArray,
    price: FloatArray | None, before: float, terms: Terms, waiting: float | None = None, clear: float | None = None,
) -> Staffing:  # fmt: skip
    """Make one entry."""
    team: Team | None = service.team
    turnover = team.turnover_per_year if team is not None else 0.0
    leavers = turnover * float(paid.sum()) * terms.step_years
    recruits = max(0.0, float(paid[-1]) - before + leavers)
    pay = None if price is None else float((paid * price).sum())
    training = None
    if price is not None and team is not None:
        training = min(pay or 0.0, recruits * team.training_steps * float(price.mean()))
    share = terms.spec.supervision
    return Staffing(
        name, service.name, area, period, float(funded.mean()), float(paid.mean()), leavers, recruits, pay, training,
        None if pay is None or share is None else pay * share.value, waiting, clear,
    )  # fmt: skip


def staffing_tables(scenario: Scenario, ds: xr.Dataset, terms: Terms) -> list[Table]:
    """Give staffing.csv, the plan as a table; nothing where no service has posts."""
    rows = staffing_rows(staffing_plan(scenario, ds, terms), terms)
    return filled(table("staffing.csv", COLUMNS, rows))


def staffing_rows(plan: list[Staffing], terms: Terms) -> list[Row]:
    """Write a plan as rows under ``COLUMNS``."""
    return [
        (s.world.regime, s.world.effect_set, s.service, s.area, s.period, s.funded, s.in_place,
         max(0.0, s.funded - s.in_place), s.leavers, s.recruits, plain(s.pay), plain(s.training),
         plain(s.supervision), terms.price_year, plain(s.waiting), plain(s.clear))
        for s in plan
    ]  # fmt: skip
