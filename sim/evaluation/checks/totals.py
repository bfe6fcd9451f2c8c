"""Figures of the sanity checks that come from the results of a run: totals, flows, staff and the ledger."""

from __future__ import annotations

import math

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.economics.cash.paid_help import paid_help
from sim.economics.value.accounts import answers
from sim.economics.value.terms import terms_of
from sim.errors import ModelError
from sim.evaluation.checks.identities import episode_cost, posts_for, starts_a_year
from sim.evaluation.trial.panel import Names
from sim.model.compiled.accounts import ONE_EPISODE
from sim.model.compiled.readings import clock_value
from sim.model.spec import Scenario, World
from sim.money.prices import real_prices
from sim.results.accounts import PARTS, SAVED
from sim.results.costs import chosen_lines, cost_by_step, fullest
from sim.results.facts import facts_of
from sim.results.folder.beside import Bridge
from sim.results.summary import cost_per_family_year
from sim.results.worlds import WorldName, baseline_of, of_world, world_names

Values = dict[str, tuple[float, str]]
"""Check -> value and a remark."""
TWO_YEARS = 24
"""Months after the start, to which evaluations reach."""
JUSTICE = ("moj_prisons", "home_office_police", "yjb", "legal_aid_courts")


def world_of(ds: xr.Dataset, regime: str, effect_set: str) -> WorldName:
    """Find a world of a Dataset.

    Raises
    ------
    ModelError
        When the results hold no such world.
    """
    for world in world_names(ds):
        if (world.regime, world.effect_set) == (regime, effect_set):
            return world
    there = ", ".join(world.name for world in world_names(ds))
    raise ModelError(f"the results hold no regime '{regime}' under '{effect_set}'; they hold {there}")


def moves(ds: xr.Dataset, world: WorldName, chain: str, source: str = "", target: str = "") -> FloatArray:
    """Give the moves of a chain from states to states (by how their names begin; empty: any), (steps,)."""
    chosen = []
    for i, name in enumerate(str(flow) for flow in ds["flow"].values):
        of, _, move = name.partition(": ")
        a, _, b = move.partition(" -> ")
        if of == chain and a.startswith(source) and b.startswith(target):
            chosen.append(i)
    return np.asarray(of_world(ds, world, "flows").isel(flow=chosen).sum("flow").values[1:], dtype=np.float64)


def stock(ds: xr.Dataset, world: WorldName, chain: str, state: str) -> FloatArray:
    """Give the rows in a state at each point, (steps + 1,)."""
    return np.asarray(of_world(ds, world, "occupancy").sel(state=f"{chain}={state}").values, dtype=np.float64)


def yearly(per_step: FloatArray) -> FloatArray:
    """Sum whole years of months, (year,)."""
    years = len(per_step) // 12
    return np.asarray(per_step[: years * 12].reshape(years, 12).sum(axis=1))


def level_values(ds: xr.Dataset, baseline: WorldName, start: int, england: tuple[float, float], names: Names) -> Values:
    """Checks 2 to 5: cost levels and national totals in the baseline.

    ``england`` holds the country's children looked after and its entries to care a year.
    """
    narrow = float(cost_per_family_year(ds, baseline, "narrow").mean())
    wide = float(cost_per_family_year(ds, baseline, fullest(ds["ledger"].values)).mean())
    window = slice(start + 19, start + 25)
    looked_after = float(stock(ds, baseline, names.care, "looked_after")[window].mean())
    entering = float(yearly(moves(ds, baseline, names.care, target="looked_after")).mean())
    first_state = str(ds["state_name"].values[ds["chain"].values == names.offending][0])
    youth = stock(ds, baseline, names.offending, "custody")[1:]
    prison = stock(ds, baseline, names.custody, "custody")[1:]
    return {
        "narrow_all": (narrow, ""),
        "wide_all": (wide, ""),
        "wide_share": (_named_share(ds, baseline), ""),
        "looked_after_number": (looked_after, ""),
        "looked_after_stock": (looked_after / england[0], ""),
        "care_entries": (entering / england[1], f"{entering:,.0f} a year"),
        "exclusions": (float(yearly(moves(ds, baseline, names.school, target="excluded")).max()), ""),
        "first_time_entrants": (float(yearly(moves(ds, baseline, names.offending, source=first_state)).max()), ""),
        "youth_custody_stock": (float((yearly(youth) / 12).max()), ""),
        "prison_years": (float((yearly(prison) / 12).max()), ""),
    }


def line_costs(ds: xr.Dataset, world: WorldName) -> FloatArray:
    """Give the cost of each line over the run, mean over replications, (line,)."""
    return np.asarray(of_world(ds, world, "cost").sum("year").mean("replication").values, dtype=np.float64)


def _named_share(ds: xr.Dataset, world: WorldName) -> float:
    """Share of the wide ledger that is benefits, universal services or borne by justice; no line counts twice."""
    cost, wide = line_costs(ds, world), chosen_lines(ds, fullest(ds["ledger"].values))
    whole = (ds["kind"].values == "transfer") | (ds["tier"].values == "universal")
    justice = ds["payer_share"].sel(agency=[a for a in JUSTICE if a in ds["agency"].values]).sum("agency").values
    return float((cost * wide * np.where(whole, 1.0, justice)).sum() / (cost * wide).sum())


def narrow_to_wide(ds: xr.Dataset, world: WorldName) -> dict[str, float]:
    """Give what the wide ledger holds beyond the narrow one, by component, in pounds a family-year of the whole run."""
    cost = line_costs(ds, world)
    years = float(of_world(ds, world, "rows").isel(unit=0, step=slice(1, None)).mean("replication").sum()) / 12
    extra = chosen_lines(ds, fullest(ds["ledger"].values)) & ~chosen_lines(ds, "narrow")
    found: dict[str, float] = {}
    for i in np.flatnonzero(extra):
        name = str(ds["line"].values[i])
        found[name] = found.get(name, 0.0) + float(cost[i]) / years
    return found


def paid_values(ds: xr.Dataset) -> Values:
    """Check 17: months of help over those that the posts paid hold, or that are stated as overload, at the most."""
    found = paid_help(ds)
    if not found:
        return {}
    most, worst = max(((one.share, one) for one in found), key=lambda pair: pair[0])
    overload = max(found, key=lambda one: one.overload / max(one.engaged, 1.0))
    share = overload.overload / max(overload.engaged, 1.0)
    told = f"{worst.service} in {worst.world.name}; overload where staff left at most {share:.1%} of the months of help"
    return {"help_is_paid": (most, f"{told}, {overload.service} in {overload.world.name}")}


def staff_values(
    ds: xr.Dataset, helped: WorldName, spec: World, prices: dict[str, float], published: dict[str, float], names: Names
) -> Values:
    """Checks 9, 10 and part of 13: what key workers can do, and what an episode costs.

    ``prices`` is from ``prices_of_help``; ``published`` holds the hours a week and the cost of an episode as published.
    """
    service, start = names.programme, spec.start
    scale = slice(start + 24, start + 60)
    team = of_world(ds, helped, "team").sel(service=service)
    posts, places, engaged = (
        float(team.sel(team_series=s).values[1:][scale].mean()) for s in ("workers", "places", "engaged")
    )
    starts = float(moves(ds, helped, service, source="waiting", target="engaged")[scale].mean() * 12)
    within = moves(ds, helped, service, source="engaged") - moves(ds, helped, service, "engaged", "engaged")
    months, occupancy = engaged / float(within[scale].mean()), engaged / places
    model_team = next(c.service.team for c in spec.model.chains if c.service and c.name == service)
    caseload = model_team.caseload if model_team else float("nan")
    hours = published["hours_week"]
    remark = f"{posts:,.0f} posts x {caseload:g} x {occupancy:.2f} x 12 / {months:.1f} months"
    cost = {c: episode_cost(prices["post"], months, c, occupancy, prices["start"]) for c in (6.0, 11.0)}
    staff = episode_cost(prices["post"], months, 6.0, occupancy)
    yes, no = (float(moves(ds, helped, service, "identified", t).sum()) for t in ("waiting", "refused"))
    success = float(moves(ds, helped, service, "engaged", "aftercare")[start : start + 12].sum())
    ended = float(within.sum())
    families = facts_of(ds).rows
    return {
        "starts": (starts, ""),
        "posts": (posts, ""),
        "staff_identity": (starts / starts_a_year(posts, caseload, occupancy, months), remark),
        "hours_of_six": (posts_for(6.0, hours), f"6 families at {hours:g} hours are {6 * hours:g} hours: refused"),
        "face_to_face": (prices["hours"] * caseload * 12 / 52, f"{prices['hours']:.1f} hours a family and month"),
        "episode_6": (cost[6.0], f"{months:.1f} months at occupancy {occupancy:.2f}"),
        "episode_11": (cost[11.0], f"{months:.1f} months at occupancy {occupancy:.2f}"),
        "episode_contradiction": (staff / published["episode"], f"staff alone cost {staff:,.0f}"),
        "completion": (float(moves(ds, helped, service, "engaged", "aftercare").sum()) / ended, ""),
        "consent": (yes / (yes + no), ""),
        "starts_year_1": (float(moves(ds, helped, service, "waiting", "engaged")[start : start + 12].sum()), ""),
        "successes_year_1": (success / families, ""),
    }


def payback_values(ds: xr.Dataset, helped: WorldName, start: int) -> Values:
    """Check 14: the first month in which the cumulated narrow difference is no longer a cost, infinite if none is."""
    extra = cost_by_step(ds, helped, "narrow") - cost_by_step(ds, baseline_of(ds, helped), "narrow")
    sums = extra.mean(axis=0)[start + 1 :].cumsum()
    paid = np.flatnonzero(sums <= 0)
    remark = "all of the saving counts, which is more than what can be cashed"
    never = f"none within the run of {len(sums)} months"
    return {"payback": (float(paid[0] + 1), remark) if len(paid) else (math.inf, never)}


def saved_values(ds: xr.Dataset, helped: WorldName) -> Values:
    """Check 8: what each family helped once saves, by month 24 (undiscounted) and in all (as the answer has it).

    Nothing for a run that follows no family from its start.
    """
    terms = terms_of(ds)
    found = next((one for one in answers(ds, terms) if one.world == helped), None)
    account = next((one for one in found.accounts if one.name == ONE_EPISODE), None) if found is not None else None
    if account is None or "cohort_saved" not in ds:
        return {}
    is_saved = of_world(ds, helped, "line_part").values.astype(int) == PARTS.index(SAVED)
    lines = chosen_lines(ds, "narrow") & is_saved
    by_month = of_world(ds, helped, "cohort_saved").sel(account=ONE_EPISODE).transpose("month", "line")
    early = by_month.values[by_month["month"].values <= TWO_YEARS][:, lines]
    said, worth = f"one episode, {account.families:,.0f} families", account.worth["narrow"].saved.mean
    return {
        "gross_24": (float(early.sum()), f"{said}, undiscounted"),
        "gross_60": (worth, f"{said}, present value, {account.months:g} months: the answer"),
    }


def bridge_values(bridge: Bridge) -> Values:
    """Check 19: whether the changes of both orders lead from the same pounds to the same pounds."""
    gaps = []
    for mine, other in ((bridge.forwards[at], bridge.backwards[at]) for at in (0, -1)):
        gaps += [abs(other.saved.mean / mine.saved.mean - 1), abs(other.cost.mean / mine.cost.mean - 1)]
    said = f"£{bridge.published - bridge.unexplained:.2f} here, £{bridge.unexplained:.2f} to the published"
    return {"bridge": (max(gaps), f"{said} £{bridge.published:.2f}: {bridge.remains}")}


def ledger_values(ds: xr.Dataset, helped: WorldName) -> Values:
    """Check 15: sums by agency, tier, kind, control and year against the total, and savings against the saving."""
    gaps, saving_gap = [], 0.0
    baseline = baseline_of(ds, helped)
    cost = {w: of_world(ds, w, "cost").mean("replication") for w in (helped, baseline)}
    shares = ds["payer_share"].values
    for ledger in (str(name) for name in ds["ledger"].values):
        chosen = chosen_lines(ds, ledger)
        totals, by_agency = {}, {}
        for world, array in cost.items():
            by_line = array.sum("year").values * chosen
            totals[world] = float(cost_by_step(ds, world, ledger).mean(axis=0).sum())
            by_agency[world] = (by_line[:, None] * shares).sum(axis=0)
            sums = [float(by_agency[world].sum()), float((array.values * chosen).sum(axis=1).sum())]
            for part in ("tier", "kind", "control"):
                labels = ds[part].values
                sums.append(sum(float(by_line[labels == label].sum()) for label in np.unique(labels)))
            gaps += [abs(s - totals[world]) / totals[world] for s in sums]
        saving = totals[baseline] - totals[helped]
        parts = float((by_agency[baseline] - by_agency[helped]).sum())
        saving_gap = max(saving_gap, abs(parts - saving) / totals[baseline])
    why = "by agency, tier, kind, control and year; the tables by area leave out areas that no publication names"
    return {"ledger": (max(gaps), why), "savings_by_agency": (saving_gap, "")}


def prices_of_help(scenario: Scenario, spec: World, names: Names) -> dict[str, float]:
    """Give a key worker's cost a month, what comes with each start, and contact-hours a family and month."""
    model = spec.model
    lines = [line for line in model.costs if "narrow" in line.ledgers]
    prices = real_prices(model, [line.name for line in lines], scenario.deflators, scenario.price_year)[-1]
    meters = {meter.name: meter for meter in model.meters}
    found = {"post": 0.0, "start": 0.0}
    for line, price in zip(lines, prices, strict=True):
        meter = meters[line.meter]
        if meter.chain == names.programme:
            found["post" if meter.what == "worker" else "start"] += float(price)
    found["hours"] = float(clock_value(model.parameters["kw_hours"].expression, model, spec.start))
    return found
