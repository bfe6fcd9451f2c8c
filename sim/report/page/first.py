"""The first screen: one sentence, how sure it is, six figures, and what each reading of the evidence makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import xarray as xr

from sim.exhibits.numbers import MILLION, MINUS, count, fixed, pounds, share
from sim.exhibits.titles import titles_of
from sim.model.price_series import prices_aside
from sim.report.page.readings import ACCOUNTS, ReadingFigures, headline_ledger, readings, regime_of, set_of, span
from sim.report.page.wording import ledger_words, years_words
from sim.results.summary import Summary
from sim.results.waits import joined_in_both, left_of_joined
from sim.results.worlds import NOT_REFITTED, WorldName, of_world, world_names

ARROW = "\N{RIGHTWARDS ARROW}"
SIGNS = "Everywhere in this page better is up or to the right: a saving is positive, what is spent more is negative."


@dataclass(frozen=True)
class Tile:
    """A figure that is read at a glance: what it is, the figure, and small print."""

    label: str
    figure: str
    small: tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """A cell: what is read first, and what stands small beneath it."""

    main: str
    small: str = ""


@dataclass(frozen=True)
class ReadingRow:
    """What a reading of the evidence makes of it, a cell a ledger."""

    title: str
    verdict: str
    prices: tuple[Said, ...]


def sentence(summary: Summary) -> str:
    """Say up to which price help pays for itself, and whether it does; nothing for a run without accounts."""
    found = readings(summary)
    if not found:
        return ""
    lead, ledger = found[0], headline_ledger(summary)
    supposing = titles_of(summary).supposing(lead.effect_set) if lead.effect_set else "help works as this study assumes"
    spent, price = pounds(lead.cost(ledger)["mean"]), lead.price(ledger)
    if lead.changes_nothing:
        return f"If {supposing}, no family fares differently, and each family helped costs {spent} over {lead.time}."
    doubt = _doubt(lead, ledger)
    net = lead.net(ledger)
    balance = f"{'saves' if net >= 0 else 'costs'} {pounds(abs(net))} more than it {'costs' if net >= 0 else 'saves'}"
    ends = f"each family helped {balance} over {lead.time}"
    if lead.cannot_be_told(ledger):
        ends = f"on balance, though {'doubt' if lead.is_of_inputs else 'chance alone'} could turn it, {ends}"
    posts = f"its posts cost {pounds(lead.cost(ledger)['posts'])}"
    if price["mean"] < 0:
        return f"If {supposing}, help pays for itself at no price{doubt}; {posts} a family, so {ends}."
    return f"If {supposing}, help pays for itself up to {pounds(price['mean'])} a family{doubt}; {posts}, so {ends}."


def _doubt(lead: ReadingFigures, ledger: str) -> str:
    """Say in brackets what draws of the inputs make of a price, and in how many of them help pays; else nothing."""
    range_of_draws = span(lead.price(ledger))
    if not (lead.is_of_inputs and range_of_draws):
        return ""
    pays = ((lead.figures.get("doubt") or {}).get("conditions") or {}).get(ledger, {}).get("pays")
    often = "" if pays is None else f"; it pays in {share(pays, 0)} of draws"
    return f" (doubt about the inputs: {range_of_draws}{often})"


def stamp(summary: Summary) -> str:
    """Say what the sentence and the figures are of: regime, reading, families, prices, and the other ledgers."""
    found = readings(summary)
    if not found:
        why = summary.get("why_no_answer")
        return f"What each family helped saves is not given: {why}." if why else ""
    lead, ledger, titles = found[0], headline_ledger(summary), titles_of(summary)
    regime = titles.regime(lead.regime)
    reading = f", {titles.reading(lead.effect_set)}" if lead.effect_set else ""
    others = "".join(
        f"; up to {pounds(lead.price(other)['mean'])} on the {ledger_words(other)}"
        for other in lead.ledgers
        if other != ledger
    )
    return (
        f"{regime[0].upper()}{regime[1:]} against {titles.regime(lead.figures['against'])}{reading}: "
        f"{count(lead.figures['families'])} families followed for {lead.time}, "
        f"{prices_aside(summary)}, {ledger_words(ledger)}{others}.{_foreign(summary, lead)}"
    )


def _foreign(summary: Summary, lead: ReadingFigures) -> str:
    """Say that effects were solved for in another model, where they were."""
    return " Its effects were solved for in another model." if lead.world in summary.get("not_refitted", ()) else ""


def doubt(summary: Summary) -> str:
    """Say what moves the sentence: doubt about the inputs, with chance beside it, or chance alone and what to do."""
    found = readings(summary)
    if not found:
        return ""
    lead, price = found[0], found[0].price(headline_ledger(summary))
    held = lead.figures.get("doubt") or {}
    if lead.is_of_inputs:
        chance = price.get("chance") or {}
        alone = f" Chance in the simulation alone: {span(chance)}." if chance.get("low") is not None else ""
        return f"In brackets what {held['draws']:,} draws of {len(held['inputs'])} uncertain inputs give.{alone}"
    if lead.figures["interval"] is None:
        return "Expected values, without chance; doubt about the inputs is not in them."
    why = str(held.get("why_not") or "families run CONFIG --draws 500 works it out")
    return f"Ranges are chance in the simulation alone. Doubt about the inputs is larger, and not in them: {why}."


def tiles(ds: xr.Dataset, summary: Summary) -> list[Tile]:
    """Give the six figures, those that the run has."""
    pair = led(summary)
    if pair is None:
        return []
    found = [*_of_accounts(summary), *_queues(ds, *pair), *_money(summary, *pair)]
    return [Tile(one.label, one.figure, tuple(filter(None, one.small))) for one in found]


def led(summary: Summary) -> tuple[str, str] | None:
    """Name the world that the figures are of, and the regime that it is held against; None where nothing is."""
    if found := readings(summary):
        return found[0].world, str(found[0].figures["against"])
    made = (summary.get("appraisal") or {}).get("comparisons") or []
    mine = [one for one in made if one["against_regime"] == summary["baseline"]]
    last = [one for one in mine if regime_of(one["name"]) == regime_of(mine[-1]["name"])]
    return (str(last[0]["name"]), str(summary["baseline"])) if last else None


def _of_accounts(summary: Summary) -> list[Tile]:
    """Say what each family helped saves, up to which price that pays, and how many children are in care."""
    found = readings(summary)
    if not found:
        return []
    lead, ledger = found[0], headline_ledger(summary)
    account = ACCOUNTS[lead.account]
    return [
        Tile(
            f"saved for each family helped, over {lead.time}", pounds(lead.saved(ledger)["mean"]),
            (span(lead.saved(ledger)), account),
        ),
        Tile(
            "help pays for itself up to, a family", pounds(lead.price(ledger)["mean"]),
            (span(lead.price(ledger)), f"posts cost {pounds(lead.cost(ledger)['posts'])}; {account}"),
        ),
        *_in_care(lead),
    ]  # fmt: skip


def _in_care(lead: ReadingFigures) -> list[Tile]:
    """Say how many children are in care."""
    told = lead.figures.get("looked_after_per_1000") or {}
    if told.get("without") is None or told.get("with") is None:
        return []
    figures = f"{fixed(told['without'], 1)} {ARROW} {fixed(told['with'], 1)}"
    label = f"children in care per 1,000, month {told['month']:g} of help"
    return [Tile(label, figures, (f"without {ARROW} with help; {told['of']}",))]


def _queues(ds: xr.Dataset, world: str, against: str) -> list[Tile]:
    """Say how many wait and give up, of those who join a queue."""
    sides = [_of_queues(ds, regime, set_of(world)) for regime in (against, regime_of(world))]
    if not all(side.get("joined") for side in sides):
        return []
    before, after = sides
    small: tuple[str, ...] = (
        f"{count(before['left'])} {ARROW} {count(after['left'])} times, whole run",
        f"waiting at the end {count(before['waiting'])} {ARROW} {count(after['waiting'])}",
    )
    worlds = [_in_run(ds, regime, set_of(world)) for regime in (against, regime_of(world))]
    if both := joined_in_both(ds, *worlds):
        shares = [share(left_of_joined(ds, one, both), 0) for one in worlds]
        small = (*small, f"in services that both have {shares[0]} {ARROW} {shares[1]}")
    figures = f"{share(before['left'] / before['joined'], 0)} {ARROW} {share(after['left'] / after['joined'], 0)}"
    return [Tile("give up, of those who join a queue for help", figures, small)]


def _in_run(ds: xr.Dataset, regime: str, effect_set: str) -> WorldName:
    """Name a world of the run; the first reading where none is said."""
    chosen = effect_set or str(ds["effect_set"].values[0])
    return next(one for one in world_names(ds) if (one.regime, one.effect_set) == (regime, chosen))


def _of_queues(ds: xr.Dataset, regime: str, effect_set: str) -> dict[str, float]:
    """Add up the queues of all services, mean of replications."""
    if not ds.sizes["service"] or "queue" not in ds:
        return {}
    held = of_world(ds, _in_run(ds, regime, effect_set), "queue").mean("replication").sum("service")
    return {str(name): float(held.sel(queue_count=name)) for name in held["queue_count"].values}


def fiscal_view(summary: Summary, world: str, against: str) -> dict[str, Any]:
    """Give the exchequer's view of a world against a regime in the headline ledger; nothing where there is none."""
    for one in (summary.get("appraisal") or {}).get("comparisons") or ():
        if one["name"] == world and one["against_regime"] == against:
            view: dict[str, Any] = one["ledgers"][headline_ledger(summary)]["fiscal"]
            return view
    return {}


def _money(summary: Summary, world: str, against: str) -> list[Tile]:
    """Say what is cash, what it costs a year, and when that is paid back."""
    view, years = fiscal_view(summary, world, against), summary["appraisal"]["terms"]["horizon_years"]
    if not view:
        return []
    month, time = view["payback_month"], years_words(12 * years)
    told = "never paid back in the run" if month is None else f"paid back in month {month:g}"
    gross, cash, spent = (view[part]["mean"] for part in ("gross", "cashable", "intervention"))
    whole = f"whole programme, mean of {time}, present value"
    net = f"less the {_millions(spent)} that services cost: {_millions(cash - spent)}"
    return [
        Tile(f"cash that can be taken out, over {time}", _millions(cash),
             (f"of {_millions(gross)} saved: the rest is time and places; {net}", "whole programme")),
        Tile("more spent on services a year", _millions(spent / years), (told, whole)),
    ]  # fmt: skip


def _millions(value: float) -> str:
    """Write £m, to one place where it is small, and pounds below a million."""
    if abs(value) < MILLION:
        return pounds(value)
    return f"{'' if value >= 0 else MINUS}£{fixed(abs(value) / MILLION, 0, finer_below=10.0)}m"


def reading_rows(summary: Summary) -> tuple[tuple[str, ...], list[ReadingRow]]:
    """Give the ledgers, and what each reading makes of the price up to which help pays."""
    found, titles = readings(summary), titles_of(summary)
    if not found:
        return (), []
    ledgers = found[0].ledgers
    foreign = summary.get("not_refitted", ())
    rows = [
        ReadingRow(
            (titles.reading(one.effect_set) if one.effect_set else titles.regime(one.regime))
            + (f" ({NOT_REFITTED})" if one.world in foreign else ""),
            _verdicts(one, ledgers),
            tuple(Said(pounds(one.price(ledger)["mean"]), span(one.price(ledger))) for ledger in ledgers),
        )
        for one in found
    ]  # fmt: skip
    return tuple(ledger_words(ledger) for ledger in ledgers), rows


def ranges_note(summary: Summary) -> str:
    """Say which ranges of readings are doubt about the inputs and which chance alone; nothing where all are alike."""
    found, titles = readings(summary), titles_of(summary)
    drawn = [titles.reading(one.effect_set) for one in found if one.is_of_inputs]
    if len(drawn) in (0, len(found)):
        return ""
    return f"Ranges: doubt about the inputs ({'; '.join(drawn)}); of the others chance alone, though doubt is larger."


def posts_cost(summary: Summary) -> str:
    """Say what posts cost a family, under the reading that leads; nothing for a run without accounts."""
    found = readings(summary)
    return pounds(found[0].cost(found[0].ledgers[0])["posts"]) if found else ""


def _verdicts(one: ReadingFigures, ledgers: tuple[str, ...]) -> str:
    """Say the verdict, of each ledger where they differ, and what further ledgers of a claim under test say."""
    told = {ledger: one.verdict(ledger) for ledger in one.ledgers}
    if len(set(told.values())) == 1:
        said = f"{told[ledgers[0]]}{', both ledgers' if len(ledgers) == 2 else ''}"
    else:
        said = "; ".join(f"{ledger_words(ledger)}: {verdict}" for ledger, verdict in told.items())
    further = [ledger for ledger in one.ledgers if ledger not in ledgers]
    more = [f"{pounds(one.price(ledger)['mean'])} on the {ledger_words(ledger)}" for ledger in further]
    return "; ".join([said, *more])
