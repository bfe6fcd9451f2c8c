"""Claimed, measured, modelled: published figures beside what a run finds, and what help would save at each price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sim.config.schema.appraisal import ClaimedFigurePart, ClaimPart
from sim.config.views.recorded import recorded_claims
from sim.errors import ModelError
from sim.exhibits.numbers import MISSING, digits, fixed, pounds, ratio
from sim.exhibits.style import words
from sim.model.price_series import prices_aside
from sim.report.page.first import Said
from sim.report.page.readings import ReadingFigures, headline_ledger, readings
from sim.report.page.wording import ledger_words
from sim.results.summary import Summary
from sim.table import Table

BILLION = 1e9
SHORT = {"with_unitemised": "not itemised too"}


@dataclass(frozen=True)
class ClaimRow:
    """A quantity: what was claimed, what was measured, what the run finds."""

    title: str
    claimed: Said
    measured: Said
    modelled: Said


def claims_of(run: Mapping[str, Any]) -> tuple[tuple[ClaimPart, ...], str]:
    """Give what a run's config sets beside its figures, and on what effects rest; nothing where it cannot be read."""
    try:
        return recorded_claims(run)
    except ModelError:
        return (), ""


def claim_rows(summary: Summary, claims: Sequence[ClaimPart]) -> list[ClaimRow]:
    """Set what was claimed and measured beside what the run finds; nothing for a run without accounts."""
    found = readings(summary)
    if not found:
        return []
    return [ClaimRow(one.title, _told(one.claimed), _told(one.measured), _modelled(one, summary, found[0]))
            for one in claims]  # fmt: skip


def _told(figure: ClaimedFigurePart | None) -> Said:
    """Write a published figure with the year of its prices and its row of the evidence."""
    if figure is None:
        return Said(MISSING)
    return Said(_written(figure.value), ", ".join(filter(None, (figure.about, figure.price_year, figure.source))))


def _written(value: float) -> str:
    """Write pounds as they are known: £8bn, £330,000, £1.51."""
    if abs(value) >= BILLION:
        return f"£{digits(value / BILLION)}bn"
    return f"£{fixed(value, 0 if abs(value) >= 100 else 2)}"


def _modelled(claim: ClaimPart, summary: Summary, lead: ReadingFigures) -> Said:
    """Write the figure of the run in the ledger of the headline, and the others beneath it."""
    first, levels = headline_ledger(summary), next(iter(summary["regimes"].values()))["cost_per_family_year"]
    told = [first, *(ledger for ledger in (levels if claim.of == "cost_a_year" else lead.ledgers) if ledger != first)]
    main, *others = (_written_here(claim, _figure(claim, summary, lead, ledger)) for ledger in told)
    named = [SHORT.get(ledger, words(ledger)) for ledger in told[1:]]
    small = "; ".join(f"{name} {text}" for name, text in zip(named, others, strict=True))
    said = {"price": "posts", "cost_a_year": f"mean; {small}" if claim.families == 1 else small}
    return Said(main, said.get(claim.of, small))


def _written_here(claim: ClaimPart, value: float | None) -> str:
    """Write a figure of the run."""
    if value is None:
        return MISSING
    if claim.of == "return":
        return f"£{ratio(value)}"
    return f"£{digits(value / BILLION)}bn" if abs(value) >= BILLION else pounds(value)


def _figure(claim: ClaimPart, summary: Summary, lead: ReadingFigures, ledger: str) -> float | None:
    """Give the figure of the run that a claim is about."""
    if claim.of == "return":
        returned: float | None = lead.figures["bcr"][ledger]["mean"]
        return returned
    if claim.of == "cost_a_year":
        slash = f"/{lead.effect_set}" if lead.effect_set else ""
        cost: float = summary["regimes"][f"{lead.figures['against']}{slash}"]["cost_per_family_year"][ledger]["mean"]
        return cost * claim.families
    if claim.of == "saved_a_year":
        saved: float = lead.saved(ledger)["mean"] / (lead.figures["months"] / 12)
        return saved * claim.families
    posts: float = lead.cost(ledger)["posts"]
    return posts * claim.families


def prices(summary: Summary, claims: Sequence[ClaimPart], deflators: Mapping[str, float]) -> Table:
    """Hold published prices against what help may cost: what would be saved less spent at each, in both ledgers."""
    found = readings(summary)
    year = str(summary["price_year"] or "")
    rows = []
    for claim in claims if found else ():
        for told, figure in (("claimed", claim.claimed), ("measured", claim.measured)):
            if claim.of != "price" or figure is None:
                continue
            now = _in_prices(figure, deflators, year)
            rows.append((f"£{fixed(figure.value)} ({told}, {figure.source})", *_at(now, found[0])))
    if found:
        rows.append(("posts in this study", *_at(float(found[0].cost(found[0].ledgers[0])["posts"]), found[0])))
    ledgers = found[0].ledgers if found else ()
    columns = (
        "price of help",
        f"in {prices_aside(summary)}",
        *(f"gain a family, {ledger_words(ledger)}" for ledger in ledgers),
    )
    note = (
        "What each family helped saves less all that it costs where posts cost that price, under the reading that "
        "leads: other services, assessments and setting up come on top"
    )
    if found:
        further = (found[0].saved(ledger)["mean"] - found[0].price(ledger)["mean"] for ledger in ledgers[:1])
        note += f" ({pounds(next(further))} a family). A price that holds them already gains that much more"
    note += "; what the published prices hold is not known."
    return Table("Would help pay at these prices?", columns, tuple(rows), note)


def _in_prices(figure: ClaimedFigurePart, deflators: Mapping[str, float], year: str) -> float | None:
    """Bring a price to the price year of the run; None where that cannot be told."""
    own = figure.price_year or ""
    if own == year:
        return figure.value
    return figure.value * deflators[year] / deflators[own] if own in deflators and year in deflators else None


def _at(price: float | None, lead: ReadingFigures) -> tuple[str, ...]:
    """Write a price, and what is gained or lost at it in each ledger."""
    if price is None:
        return (MISSING, *(MISSING for _ in lead.ledgers))
    gains = (lead.price(ledger)["mean"] - price for ledger in lead.ledgers)
    return (pounds(price), *(f"{'+' if gain > 0 else ''}{pounds(gain)}" for gain in gains))
