"""A summary made by hand, with accounts of a key worker under three readings of the evidence."""

from typing import Any

READINGS = {"found": (8000.0, 0.8, 1.2), "nothing": (0.0, 0.0, 0.0), "claimed": (30_000.0, 3.0, 4.0)}
POSTS, OTHER = 5000.0, 1000.0


def estimate(mean: float, half: float = 0.0) -> dict[str, float | None]:
    """A mean and its ends; none where there is no half."""
    return {"mean": mean, "low": mean - half if half else None, "high": mean + half if half else None}


def account(saved: float, ratio: tuple[float, float, float], kind: str = "monte_carlo") -> dict[str, Any]:
    """An account of 100 families for five years: £5,000 of posts and £1,000 of other things a family."""
    parts = {"brokered": OTHER, "assessments": 0.0, "set_up": 0.0}
    ledgers = {"narrow": saved, "wide": saved + 10.0 * (saved > 0), "with_unitemised": 2 * saved}
    return {
        "against": "today", "price_year": "2015/16", "base_year": "2012/13", "discounted": "none",
        "discounted_to": "the start", "months": 60.0, "families": 100.0, "episodes_per_family": 1.0, "interval": kind,
        "saved_per_family_helped": {name: estimate(x, 100.0 * (x > 0)) for name, x in ledgers.items()},
        "cost_per_family_helped": {name: {**estimate(POSTS + OTHER), "posts": POSTS, **parts} for name in ledgers},
        "break_even_price": {name: {**estimate(x - OTHER, 100.0), **parts} for name, x in ledgers.items()},
        "bcr": {name: dict(zip(("mean", "low", "high"), ratio, strict=True)) for name in ledgers},
        "looked_after_per_1000": {"without": 30.0, "with": 20.0, "month": 24.0, "of": "children helped", "rows": 90},
        "doubt": {"draws": 500, "inputs": ["a", "b"], "families": 40} if kind == "inputs" else {},
    }  # fmt: skip


def view(gross: float, cash: float, spent: float) -> dict[str, Any]:
    """What the exchequer sees of it."""
    amounts = {"gross": gross, "cashable": cash, "intervention": spent, "net": gross - spent,
               "net_cashable": cash - spent}  # fmt: skip
    return {name: estimate(x) for name, x in amounts.items()} | {"payback_month": None, "cash_payback_month": None}


def summary(kind: str = "monte_carlo", **ratios: tuple[float, float, float]) -> dict[str, Any]:
    """The parts of a summary that the first screen reads; ``ratios`` are what each pound returns, by reading."""
    levels = {name: estimate(x) for name, x in (("narrow", 19e3), ("wide", 46e3), ("with_unitemised", 75e3))}
    regimes = {f"{regime}/{name}": {"cost_per_family_year": levels} for name in READINGS for regime in ("today", "one")}
    counted = {name: ("narrow", "wide", "with_unitemised") if name == "claimed" else ("narrow", "wide")
               for name in READINGS}  # fmt: skip
    return {
        "title": "A study", "families": 120_000, "unit": "family", "baseline": "today", "price_year": "2015/16",
        "titles": {"regimes": {"today": "today's services", "one": "one key worker"},
                   "effect_sets": {"found": "as found", "nothing": "help changes nothing (2016)"},
                   "suppositions": {"found": "key workers do what was found", "nothing": "help changes nothing"}},
        "regimes": regimes, "not_refitted": ["one/claimed"],
        "differences": {f"one/{name}": {"cost_per_family_year": dict.fromkeys(counted[name], estimate(1.0))}
                        for name in READINGS},
        "appraisal": {
            "terms": {"ledger": "narrow", "horizon_years": 5.0, "evidence_ends_month": 24.0},
            "comparisons": [{"name": f"one/{name}", "against_regime": "today",
                             "ledgers": {"narrow": {"fiscal": view(800e6, 200e6, 1000e6)}}} for name in READINGS],
        },
        "answer": {
            f"one/{name}": {
                "one_episode": account(saved, ratios.get(name, (saved / 6000, low, high)), kind),
                "programme": account(saved / 2, (saved / 12_000, low / 2, high / 2), kind),
            } for name, (saved, low, high) in READINGS.items()
        },
    }  # fmt: skip
