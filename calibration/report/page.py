"""The page of a calibration (calibration.html): what cannot be said first, then fit, conflicts, parameters, method."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from calibration.report.figures import plot_conflicts, plot_contraction, plot_fit, plot_influence, plot_pairs
from calibration.report.findings import (
    conflicts_finding,
    contraction_finding,
    fit_finding,
    influence_finding,
    pairs_finding,
)
from calibration.report.numbers import in_unit
from calibration.report.posterior import facts_of_calibration
from sim.arrays import FloatArray
from sim.exhibits.exhibit import Exhibit
from sim.exhibits.html import environment, with_markup
from sim.exhibits.numbers import MISSING
from sim.exhibits.style import words
from sim.exhibits.svg import draw_all
from sim.table import Table

PICTURES: tuple[Exhibit[xr.Dataset], ...] = (
    Exhibit(
        "contraction", "What the figures say of each parameter",
        "How much of what was doubted before is settled. Parameters in amber stand where they were assumed: nothing "
        "published informs them, and a result that turns on them is an assumption.", plot_contraction,
        finding=contraction_finding,
    ),
    Exhibit(
        "fit", "Does the model agree with the published figures?",
        "Each row is a published figure; its 95%, with what is allowed for the model's own error, is the grey band. "
        "Held-out figures were never shown to the fit: they are the test. An open mark lies outside its 95% range.",
        plot_fit, finding=fit_finding,
    ),
    Exhibit(
        "conflicts", "Which statements contradict each other?",
        "Read as one quantity, or as a part of a whole, the statements of a column cannot hold together. Amber: they "
        "measure different things, to be read apart. Vermilion: they claim to measure the same, and one must go.",
        plot_conflicts, finding=conflicts_finding,
    ),
    Exhibit(
        "pairs", "How parameters are tied to each other",
        "The parameters that the figures narrow most, alone and in pairs, before (grey) and after (blue).", plot_pairs,
        finding=pairs_finding,
    ),
    Exhibit(
        "influence", "Which figure decides what?",
        "How far each parameter would move without one figure. Grey: draws could not be weighted to leave it out.",
        plot_influence, finding=influence_finding, applies=lambda ds: "moved" in ds,
    ),
)  # fmt: skip


def write_calibration(folder: Path, ds: xr.Dataset) -> Path:
    """Write a calibration's figures and its page.

    Parameters
    ----------
    folder
        Where to; made if it is not there.
    ds
        See ``calibration.report.posterior.to_dataset``.

    Returns
    -------
        The page.
    """
    figures = draw_all(PICTURES, ds, folder / "figures")
    tables = (parameters_table(ds), fit_table(ds), conflicts_table(ds), influence_table(ds), measures_table(ds))
    page = folder / "calibration.html"
    page.write_text(
        environment("calibration").get_template("calibration.html").render(
            title=facts_of_calibration(ds).title, lead=lead(ds), tables=[table for table in tables if table.rows],
            figures=with_markup(figures),
        ),
        encoding="utf-8",
    )  # fmt: skip
    return page


def lead(ds: xr.Dataset) -> list[str]:
    """Say what must be known before any number: refusals, what is not informed, the score on held-out figures."""
    facts = facts_of_calibration(ds)
    lines = [f"Not to be used: {'; '.join(facts.refusals)}."] if facts.refusals else []
    lines += [facts.said_first, *(f"To be said with it: {one}." for one in facts.caveats)]
    if facts.tied:
        pairs = "; ".join(f"{words(a)} with {words(b)} ({r:+.2f})" for a, b, r in facts.tied[:5])
        lines.append(f"Known together better than apart (correlation): {pairs}.")
    kinds = ds["target_kind"].values
    hits, alone = (ds[name].values.astype(bool) for name in ("is_hit", "is_hit_alone"))
    for kind, text in (("fit", "fitted"), ("held_out", "held-out")):
        of = kinds == kind
        if of.any():
            lines.append(
                f"{hits[of].sum()} of {of.sum()} {text} figures lie in the 95% range that the model gives them; "
                f"{alone[of].sum()} without what is allowed for the model's own error."
            )
    over = list(ds["over"].values)
    lines.append(
        f"{len(over)} sets of statements cannot hold together: {over.count('definition')} because they measure "
        f"different things, {over.count('fact')} although they claim to measure the same."
        if over else "No published statements were found to contradict each other."
    )  # fmt: skip
    return lines


def parameters_table(ds: xr.Dataset) -> Table:
    """Make the table of parameters: before and after, narrowed by how much, and why the prior."""
    before = np.quantile(ds["prior"].values, [0.5, 0.025, 0.975], axis=0)
    after = np.quantile(ds["draws"].values, [0.5, 0.025, 0.975], axis=0)
    rows = tuple(
        (words(str(name)), _range(before[:, i]), _range(after[:, i]), f"{float(ds['contraction'].values[i]):.0%}",
         f"{float(ds['best'].values[i]):.4g}", str(ds["reason"].values[i]))
        for i, name in enumerate(ds["parameter"].values)
    )  # fmt: skip
    columns = (
        "parameter",
        "before: median (95%)",
        "after: median (95%)",
        "variance taken away",
        "likeliest",
        "why the prior",
    )
    return Table("Parameters before and after", columns, rows)


def fit_table(ds: xr.Dataset) -> Table:
    """Make the table of targets: published, model, chance of being as far out."""
    rows = []
    for i, label in enumerate(ds["label"].values):
        unit = str(ds["unit"].values[i])
        value, mean, low, high, first, last = (
            in_unit(float(ds[name].values[i]), unit)
            for name in ("value", "model_mean", "model_low", "model_high", "predictive_low", "predictive_high")
        )
        kind = str(ds["target_kind"].values[i]).replace("_", " ")
        chance = float(ds["chance"].values[i])
        said = "" if kind == "claim" else "inside" if bool(ds["is_hit"].values[i]) else "outside"
        rows.append((str(label), kind, value, f"{mean} ({low} to {high})", f"{first} to {last}", f"{chance:.2f}", said,
                     str(ds["source"].values[i])))  # fmt: skip
    columns = ("figure", "kind", "published", "model (95%)", "expected figure (95%)", "chance", "", "source")
    note = "Chance of a figure as far out as the published one, with its error and discrepancy; under 0.05 is outside."
    return Table("Published figures against the model", columns, tuple(rows), note)


def conflicts_table(ds: xr.Dataset) -> Table:
    """Make the table of conflicts: over what, which to drop, what would reconcile."""
    names, labels, units = (ds[f"statement_{part}"].values for part in ("name", "label", "unit"))
    rows = []
    for i in range(ds.sizes.get("conflict", 0)):
        some = [str(label) for label, is_in in zip(labels, ds["involved"].values[i], strict=True) if is_in]
        drop = int(np.flatnonzero(names == ds["drop"].values[i])[0])
        over = str(ds["over"].values[i])
        differs = str(ds["differs"].values[i])
        goes = str(labels[drop]) if over == "fact" else f"nothing if read apart, else {labels[drop]}"
        needed = in_unit(float(f"{ds['needed'].values[i]:.3g}"), str(units[drop]))
        rows.append((" against ".join(some), f"{over}: {differs}" if differs else over, str(ds["why"].values[i]),
                     f"{float(ds['distance'].values[i]):.1f}", goes, str(ds["drop_rule"].values[i]),
                     needed))  # fmt: skip
    columns = (
        "statements", "conflict over", "why", "standard errors apart", "drop", "by the rule of",
        "or state a discrepancy of it of",
    )  # fmt: skip
    return Table("Statements that cannot hold together", columns, tuple(rows))


def influence_table(ds: xr.Dataset) -> Table:
    """Make the table of what leaving out each figure does."""
    if "moved" not in ds:
        return Table("What each figure does", ("figure",), ())
    labels = dict(zip(ds["target"].values, ds["label"].values, strict=True))
    rows = []
    for i, name in enumerate(ds["left_out_name"].values):
        moved = ds["moved"].values[i]
        if np.isnan(moved).any():
            rows.append((str(labels[name]), MISSING, MISSING, MISSING, "not known: too few draws count"))
            continue
        most = int(np.argmax(np.abs(moved)))
        how = (
            "fitted again"
            if bool(ds["is_refitted"].values[i])
            else f"draws weighted ({ds['even_share'].values[i]:.0%} count)"
        )
        rows.append((str(labels[name]), words(str(ds["parameter"].values[most])), f"{moved[most]:+.2f}",
                     f"{float(ds['gap_without'].values[i]):+.1f}", how))  # fmt: skip
    columns = ("figure left out", "moves most", "by, posterior sd", "model less figure, without it, sd", "how")
    return Table("What each figure does", columns, tuple(rows))


def measures_table(ds: xr.Dataset) -> Table:
    """Make the table of what was measured of the method itself."""
    facts = facts_of_calibration(ds)
    rows = [(name, f"{value:,.4g}") for name, value in facts.measures]
    note = f"Method: {facts.method}. Targets {facts.targets_sha256[:12]}."
    return Table("How the calibration was made", ("measured", "value"), tuple(rows), note)


def _range(values: FloatArray) -> str:
    """Write a median with its 95% range."""
    return f"{values[0]:.4g} ({values[1]:.4g} to {values[2]:.4g})"
