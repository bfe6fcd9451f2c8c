"""What people read of a fit, and the record of it that an evidence set keeps."""

from __future__ import annotations

from collections.abc import Mapping

from sim.evaluation.effects.fit import EffectFit, Fitted
from sim.runs.meaning import digest_of_program
from sim.units import digits


def table(fit: EffectFit) -> str:
    """Write a fit as plain text, the multiplier beside the estimand: they differ."""
    head = f"{'estimand':24} {'target':>8} {'reached':>8} {'s.e.':>7} {'value':>7} {'multiplier, full dose':>21}"
    rows = [
        f"{fit.effect_set} ({fit.replications} replications of {fit.share:.3g} of the families, seed {fit.seed})",
        head,
    ]
    for item in fit.fitted:
        e = item.estimand
        target, reached = (f"{x:,.3f}" if e.scale == "ratio" else f"{x:,.0f}" for x in (e.target, item.reached))
        error = "" if item.standard_error is None else digits(item.standard_error)
        note = "" if item.reachable else f"\n  not reachable: short by {digits(abs(item.shortfall))}"
        rows.append(
            f"{e.name:24} {target:>8} {reached:>8} {error:>7} {item.value:>7.4f} {item.multiplier:>21.3f}{note}"
        )
        if item.base is not None and e.scale == "ratio":
            rows.append(f"  {on_bases(item)}")
    for name, curve in fit.curves.items():
        points = ", ".join(f"{ratio:.2f} at {value:+.3f}" for ratio, value in curve)
        rows.append(f"{name}, other ratios: {points}")
    rows += [f"a value counts with the power {power:.2f} of {path}, {at:g}" for path, (at, power) in fit.inputs.items()]
    return "\n".join(rows) + "\n"


def on_bases(item: Fitted) -> str:
    """Say what the ratio that was reached comes to on the model's base, and on the published one where there is one."""
    e, base = item.estimand, item.base or 0.0
    of = "those helped, without help" if e.by == "truth" else "the comparison"
    points = 100 * (item.reached - 1)
    said = f"level of {of}: {base:.2%}; help adds {base * points:+.2f} points"
    if e.base is not None:
        said += f"\n  on the published base of {e.base:.1%} it would be {e.base * points:+.2f}"
    return f"by {e.by}; {said}"


def as_record(fit: EffectFit) -> Mapping[str, object]:
    """Give what an evidence set keeps of a fit, plain and rounded to what its error lets one read."""
    kept: dict[str, object] = {
        "study": fit.study, "digest": fit.digest, "program": digest_of_program(), "regime": fit.regime,
        "share": fit.share, "replications": fit.replications, "seed": fit.seed,
        "reachable": all(item.reachable for item in fit.fitted), "strengths": dict(fit.strengths),
    }  # fmt: skip
    found = {}
    for item in fit.fitted:
        places = 4 if item.estimand.scale == "ratio" else 0
        entry: dict[str, object] = {
            "value": round(item.value, 5), "multiplier": round(item.multiplier, 4),
            "target": item.estimand.target, "reached": round(item.reached, places), "reachable": item.reachable,
        }  # fmt: skip
        if item.base is not None and item.estimand.scale == "ratio":
            entry["base"] = round(item.base, 5)
        if item.standard_error is not None:
            entry["standard_error"] = round(item.standard_error, places)
        if not item.reachable:
            entry["shortfall"] = round(item.shortfall, places)
        found[item.estimand.name] = entry
    kept["estimands"] = found
    if fit.curves:
        kept["curves"] = {
            name: [[round(ratio, 4), round(value, 5)] for ratio, value in curve] for name, curve in fit.curves.items()
        }
        kept["others"] = {
            name: {other: round(slope, 4) for other, slope in one.others.items()} for name, one in fit.bearings.items()
        }
        kept["inputs"] = {path: {"at": at, "power": round(power, 3)} for path, (at, power) in fit.inputs.items()}
    return kept
