"""Tables of a calibration for the terminal."""

from __future__ import annotations

from calibration.chain import Calibrated
from calibration.report.numbers import in_unit
from calibration.report.writing import summary
from sim.exhibits.numbers import digits
from sim.exhibits.style import words
from sim.table import Table


def parameters_said(found: Calibrated) -> Table:
    """Give the parameters: best, range, and how much of the doubt before is gone."""
    told = summary(found)
    rows = tuple(
        (
            words(name),
            digits(one["best"]),
            f"{digits(one['low'])} to {digits(one['high'])}",
            f"{one['contraction']:.0%}",
        )
        for name, one in told["parameters"].items()
    )
    silent = ", ".join(words(name) for name in told["not_informed"] or ())
    note = f"Not informed by any figure, so that they stand where they were assumed: {silent}." if silent else ""
    return Table("Parameters", ("parameter", "best", "95%", "variance gone"), rows, note)


def targets_said(found: Calibrated) -> Table:
    """Give the fitted and held-out targets: published, model, and whether it is inside."""
    told = summary(found)
    rows = []
    for name, one in told["targets"].items():
        if one["kind"] != "claim":
            target = next(t for t in found.problem.targets if t.name == name)
            value, mean, low, high = (in_unit(one[k], one["unit"]) for k in ("published", "mean", "low", "high"))
            inside = "" if one["inside"] else "outside"
            rows.append((target.words, one["kind"].replace("_", " "), value, f"{mean} ({low} to {high})", inside))
    for target, values in found.longer:
        mean, value = in_unit(float(values.mean()), target.unit), in_unit(target.value, target.unit)
        rows.append((target.words, "held out", value, mean, ""))
    held = [one for one in told["targets"].values() if one["kind"] == "held_out"]
    inside, alone = (sum(one[key] for one in held) for key in ("inside", "inside_without_discrepancy"))
    note = (
        f"{inside} of {len(held)} held-out figures lie in the 95% range that is predicted for them, {alone} without "
        "what is allowed for the model's own error (their stated discrepancies)."
    )
    return Table("Figures", ("figure", "kind", "published", "model (95%)", ""), tuple(rows), note if held else "")
