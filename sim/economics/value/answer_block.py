"""The accounts of the answer as summary.json holds them: figures by name, with what draws of the inputs say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xarray as xr

from sim.economics.value.accounts import SHOWN, Account, AnswerFound, has_answer
from sim.economics.value.terms import Terms
from sim.intervals import Estimate
from sim.model.compiled.accounts import ACCOUNTS
from sim.results.facts import facts_of


def answer_figures(ds: xr.Dataset, found: tuple[AnswerFound, ...], terms: Terms) -> dict[str, object]:
    """Write the accounts for summary.json; nothing for a run whose config asks for none."""
    facts = facts_of(ds)
    if facts.why_no_answer:
        return {"answer": None, "why_no_answer": facts.why_no_answer}
    if not has_answer(ds):
        return {}
    written = {one.world.name: _written(one, terms, facts.doubt.get(one.world.name, {})) for one in found}
    for regime in written.values():
        if facts.why_no_cohort:
            regime |= {**dict.fromkeys(ACCOUNTS), "why_no_cohort": facts.why_no_cohort}
    return {"answer": written}


def _written(found: AnswerFound, terms: Terms, doubt: Mapping[str, Any]) -> dict[str, object]:
    """Write the accounts of one regime; ``doubt`` is what draws of its inputs say, or why there are none."""
    return {account.name: _account(account, found, terms, doubt) for account in found.accounts}


def _account(account: Account, found: AnswerFound, terms: Terms, doubt: Mapping[str, Any]) -> dict[str, object]:
    """Write one account."""
    told, worth = account.looked_after, account.worth
    drawn = doubt.get("accounts", {}).get(account.name) if terms.sampled else None

    def by_ledger(figure: str) -> dict[str, dict[str, object]]:
        known = drawn["figures"].get(figure, {}) if drawn else {}
        return {name: with_doubt(getattr(one, figure), known.get(name)) for name, one in worth.items()}

    saved, cost, price, ratios = (by_ledger(figure) for figure in ("saved", "cost", "break_even", "bcr"))
    for ledger, one in worth.items():
        cost[ledger] |= {part: one.spent[part].cells[0] for part in one.spent}
        price[ledger] |= {part: one.spent[part].cells[0] for part in SHOWN}
    result: dict[str, object] = {
        "against": found.against.regime, **terms.price_series.stated(terms.price_year), "base_year": account.base_year,
        "discounted": terms.schedule, "discounted_to": account.discounted_to, "months": account.months,
        "families": account.families, "episodes_per_family": account.episodes if account.families else None,
        "interval": ("inputs" if drawn else "monte_carlo") if terms.sampled else None,
        "saved_per_family_helped": saved, "cost_per_family_helped": cost, "break_even_price": price, "bcr": ratios,
        "looked_after_per_1000": None if told is None else {
            "without": told.without, "with": told.helped, "month": told.month, "of": told.of, "rows": told.children,
        },
        "doubt": {"why_not": doubt.get("why_not")} if drawn is None else {
            **doubt["made"], "turns_on": drawn["turns_on"], "evpi": drawn["evpi"], "beside": drawn["beside"],
            "conditions": drawn.get("conditions", {}),
            "looked_after_per_1000": {s: drawn["figures"].get(s, {}).get("per_1000") for s in ("without", "with")},
        },
    }  # fmt: skip
    if account.displacement:
        of_ledgers = {
            ledger: {part: one.as_dict() for part, one in parts.items()}
            for ledger, parts in account.displacement.items()
        }
        headline = of_ledgers.pop(terms.ledger, {})
        result["displacement"] = {**headline, "ledger": terms.ledger, "other_ledgers": of_ledgers}
    return result


def with_doubt(chance: Estimate, drawn: Mapping[str, Any] | None) -> dict[str, object]:
    """Write a figure with the interval that doubt about the inputs makes of it, and that of chance beside it.

    Parameters
    ----------
    chance
        The figure as the run has it.
    drawn
        What draws say of it: ``low``, ``high``, ``mean`` over draws and ``central``, the figure of the families that
        draws follow with nothing drawn; None where it was not drawn, and the interval is that of chance.
    """
    mean, low, high = chance.cells
    if drawn is None:
        return {"mean": mean, "low": low, "high": high}
    return {
        "mean": mean, "low": drawn["low"], "high": drawn["high"], "chance": {"low": low, "high": high},
        "draws": {"mean": drawn["mean"], "central": drawn["central"]},
    }  # fmt: skip
