"""The one maker of summary.json: what was counted, with net present values, ratios and payback where scripts look."""

from __future__ import annotations

from typing import Any

import xarray as xr

from sim.economics.cash.paid_help import posts_kept_on
from sim.economics.cost_effectiveness import cost_effectiveness
from sim.economics.report import Found, FullAppraisal, full_appraisal
from sim.economics.rows import MONEY
from sim.economics.value.answer_block import answer_figures
from sim.economics.value.appraisal import Comparison, View
from sim.economics.value.terms import Terms
from sim.results.folder.beside import Equity
from sim.results.summary import (
    Summary,
    figures_of,
    interval_kind,
    paired_figures,
    run_figures,
    timing_figures,
)
from sim.results.worlds import baseline_of, other_worlds, world_names
from sim.table import plain

NO_APPRAISAL = {
    "npsv": None, "bcr": {"mean": None, "low": None, "high": None}, "why_no_ratio": None, "payback_month": None,
}  # fmt: skip


def summarise(ds: xr.Dataset, full: FullAppraisal | None = None, equity: Equity | None = None) -> Summary:
    """Summarise a Dataset with its appraisal.

    Parameters
    ----------
    ds
        What ``simulate`` or ``expect`` gave.
    full
        Its appraisal, where it has been made already.
    equity
        Who is better or worse off, where families were followed one by one; the Dataset has none of that.

    Returns
    -------
        Plain numbers, text, lists and dictionaries, ready for JSON; what is not known is None. ``differences`` are to
        the baseline, ``comparisons`` the same to the regimes before (such as the one with the same money). ``npsv``,
        ``bcr`` and ``payback_month`` count resources in the headline ledger, and ``appraisal`` holds every view.
        ``answer`` holds, by regime, the accounts ``one_episode``, ``all_help`` and ``programme`` of what each family
        helped saves, where the config asks for them; None with the reason in ``why_no_answer`` where there are none.
        ``interval`` says what low and high are: ``monte_carlo`` (t over replications), ``between_family`` (one
        replication), ``not_followed`` (one, of which no family was: none) or None (``expect`` has no sampling error).
    """
    made, others = full_appraisal(ds) if full is None else full, other_worlds(ds)
    headlines = {
        (one.compared.world, one.compared.against): headline_of(one.compared, made.terms) for one in made.found
    }
    comparisons = {
        world.name: {
            other.name: {**paired_figures(ds, world, other), **headlines.get((world, other), {})}
            for other in others[:i] if other.effect_set == world.effect_set
        }
        for i, world in enumerate(others)
    }  # fmt: skip
    return {
        **run_figures(ds),
        "regimes": {world.name: figures_of(ds, world) for world in world_names(ds)},
        "differences": {
            world.name: {**figures_of(ds, world, baseline), **headlines.get((world, baseline), NO_APPRAISAL)}
            for world, baseline in ((world, baseline_of(ds, world)) for world in others)
        },
        "comparisons": {name: compared for name, compared in comparisons.items() if compared},
        "cost_effectiveness": cost_effectiveness(ds, made.terms),
        "posts_kept_on": posts_kept_on(ds),
        "interval": interval_kind(ds), "timing": timing_figures(ds), "appraisal": _appraisal(made),
        **answer_figures(ds, made.answers, made.terms), **({} if equity is None else {"equity": equity.to_dict()}),
    }  # fmt: skip


def headline_of(compared: Comparison, terms: Terms) -> Summary:
    """Give net present social value, ratio and payback in the headline ledger."""
    view = compared.view(terms.ledger, "social")
    return {
        "npsv": plain(float(view.net.amount.mean())), "bcr": view.bcr.as_dict(),
        "why_no_ratio": compared.why_no_ratio or None, "payback_month": view.payback_month,
    }  # fmt: skip


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
        **terms.price_series.stated(terms.price_year), "base_year": terms.base_year, "schedule": terms.schedule,
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
            n.name: {"title": n.title, "unit": n.unit, "count": n.count.as_dict(),
                     "per_million": n.per_million.as_dict(), "cost_of_one": n.cost_of_one.as_dict(),
                     "why_no_ratio": n.why_no_ratio or None}
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
    money = {name: getattr(view, name).estimate(sampled=terms.sampled).as_dict() for name in MONEY}
    return {
        **money, "bcr": view.bcr.as_dict(), "payback_month": view.payback_month,
        "cash_payback_month": view.cash_payback_month,
    }  # fmt: skip
