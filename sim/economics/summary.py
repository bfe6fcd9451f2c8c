"""The summary with its appraisal: net present values, ratios and payback put where scripts look for them."""

from __future__ import annotations

from typing import Any

import xarray as xr

from sim.economics.report import Found, FullAppraisal, full_appraisal
from sim.economics.rows import MONEY
from sim.economics.value.appraisal import Comparison, View
from sim.economics.value.terms import Terms
from sim.intervals import Estimate
from sim.results.summary import Summary, plain
from sim.results.summary import summarise as counted_summary


def summarise(ds: xr.Dataset, full: FullAppraisal | None = None) -> Summary:
    """Summarise a Dataset with its appraisal.

    Parameters
    ----------
    ds
        What ``simulate`` or ``expect`` gave.
    full
        Its appraisal, where it has been made already.

    Returns
    -------
        What ``sim.results.summary.summarise`` gives; ``npsv``, ``bcr`` and ``payback_month`` of ``differences`` and
        ``comparisons`` count resources in the headline ledger, and ``appraisal`` holds every view, with intervals.
    """
    summary = counted_summary(ds)
    made = full_appraisal(ds) if full is None else full
    for found in made.found:
        name, against = found.compared.world.name, found.compared.against
        held = summary["differences"][name]
        if against.regime != ds.attrs["baseline"]:
            held = summary["comparisons"][name][against.name]
        held.update(headline_of(found.compared, made.terms))
    return {**summary, "appraisal": _appraisal(made)}


def headline_of(compared: Comparison, terms: Terms) -> Summary:
    """Give net present social value, ratio and payback in the headline ledger."""
    view = compared.view(terms.ledger, "social")
    return {
        "npsv": plain(float(view.net.amount.mean())), "bcr": as_dict(view.bcr), "payback_month": view.payback_month,
    }  # fmt: skip


def as_dict(estimate: Estimate) -> Summary:
    """Write an estimate as its three figures."""
    return {"mean": plain(estimate.mean), "low": plain(estimate.low), "high": plain(estimate.high)}


def _appraisal(made: FullAppraisal) -> Summary:
    """Write the whole appraisal."""
    return {
        "terms": terms_dict(made.terms),
        "comparisons": [_found(found, made.terms) for found in made.found],
        "never_cash": list(made.never_cash),
        "unvalued": {
            "items": len(made.unvalued),
            "without_economic_value": sum(not item.economic for item in made.unvalued),
            "without_social_value": sum(not item.social for item in made.unvalued),
        },
        "why_no_cash": made.why_no_cash or None,
    }


def terms_dict(terms: Terms) -> Summary:
    """Write the terms of an appraisal."""
    bias, income = terms.spec.optimism_bias, terms.spec.income_weight
    return {
        "price_year": terms.price_year or None, "base_year": terms.base_year, "schedule": terms.schedule,
        "rates": [list(pair) for pair in terms.rates], "discounted_by": terms.spec.timing,
        "horizon_years": terms.horizon_years, "horizon_asked": terms.spec.horizon_years,
        "evidence_ends_month": terms.spec.evidence_months, "ledger": terms.ledger,
        "optimism_bias": bias.grade if bias.apply else None,
        "income_weight": income.weight.value if income.apply else None,
    }  # fmt: skip


def _found(found: Found, terms: Terms) -> Summary:
    """Write one comparison."""
    compared = found.compared
    ledgers: dict[str, Any] = {}
    for view in compared.views:
        ledgers.setdefault(view.ledger, {})[view.view] = _view(view, terms)
    return {
        "name": compared.world.name, "against": compared.against.name,
        "against_regime": compared.against.regime, "spend": compared.spend,
        "why_no_ratio": compared.why_no_ratio or None, "ledgers": ledgers,
        "card": {
            n.name: {"title": n.title, "unit": n.unit, "count": as_dict(n.count), "per_million": as_dict(n.per_million),
                     "cost_of_one": as_dict(n.cost_of_one), "why_no_ratio": n.why_no_ratio or None}
            for n in found.card
        },
        "switching": [
            {"name": s.name, "what": s.what, "unit": s.unit, "now": s.now, "npsv_is_zero_at": plain(s.value),
             "remark": s.note or None}
            for s in found.switching
        ],
    }  # fmt: skip


def _view(view: View, terms: Terms) -> Summary:
    """Write one view, in pounds of the price year."""
    money = {name: as_dict(getattr(view, name).estimate(sampled=terms.sampled)) for name in MONEY}
    return {
        **money, "bcr": as_dict(view.bcr), "payback_month": view.payback_month,
        "cash_payback_month": view.cash_payback_month,
    }  # fmt: skip
