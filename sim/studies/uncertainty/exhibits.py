"""How sure the results are: tables and the page of an uncertainty study; its pictures are in ``figures``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from sim.exhibits.conditions import (
    condition_lines,
    conditions_table,
    input_words,
    plot_surface,
    surface_finding,
    surface_table,
)
from sim.exhibits.exhibit import Drawn, Exhibit
from sim.exhibits.html import write_page
from sim.exhibits.numbers import MISSING, digits, pounds, scale_of
from sim.exhibits.sentences import sentence
from sim.exhibits.style import words
from sim.exhibits.svg import draw_all
from sim.studies.uncertainty.answer import (
    OUTCOME,
    OUTCOMES,
    doubt,
    facts_of_draws,
    net_benefits,
    quantities,
    weighed,
)
from sim.studies.uncertainty.decision import RATIOS, Decision, decide, taken_over
from sim.studies.uncertainty.figures import (
    MOST_SHOWN,
    net_finding,
    plot_net_benefit,
    plot_swings,
    plot_worth,
    swings_finding,
    worth_finding,
)
from sim.studies.uncertainty.workbook import uncertainty_book
from sim.table import Table, all_plain

OF_SURFACE = ("ledger", "baseline", "draws", "leading", "terms", "conditions")
"""What is told of a decision where inputs were taken over a range, since shares of draws are then no chances."""
_net = partial(digits, sign=True)


def standings(decision: Decision) -> Table:
    """Make the table of regimes: net present value with its range, and how likely each is to be best."""
    factor, unit = scale_of(np.array([one.net.mean for one in decision.standings if one.net is not None]))
    columns = (
        "regime", f"{decision.what}, {unit}", "95% range over draws", "simulation noise", "P(above 0)", "P(best)",
        "expected loss", *(f"P(BCR > {x:g})" for x in RATIOS),
    )  # fmt: skip
    rows = []
    for one in decision.standings:
        net = one.net
        about = (MISSING,) * 3 if net is None else (
            _net(net.mean / factor), f"{_net(net.low / factor)} to {_net(net.high / factor)}",
            digits(net.monte_carlo_sd / factor),
        )  # fmt: skip
        above = MISSING if net is None else f"{one.gains:.0%}"
        ratios = [f"{one.ratio_above[x]:.0%}" if x in one.ratio_above else MISSING for x in RATIOS]
        rows.append((
            decision.says(one.regime), *about, above, f"{one.best:.0%}", digits(one.loss / factor), *ratios
        ))  # fmt: skip
    against = f"Against {decision.says(decision.baseline)}, {decision.terms}."
    note = f"{against} {decision.draws:,} draws. {_perfect(decision)}"
    return Table("How sure is the choice?", columns, tuple(rows), note)


def _perfect(decision: Decision) -> str:
    """Say what it would be worth to know every input before deciding."""
    if decision.evpi.value == 0:
        best = max(decision.standings, key=lambda one: one.best)
        return f"Perfect information would change nothing: {decision.says(best.regime)} is best in every draw."
    worth, error = pounds(decision.evpi.value), pounds(decision.evpi.standard_error)
    return f"Perfect information on everything would be worth {worth} (standard error {error})."


def readings(table: xr.Dataset, decision: Decision) -> Table | None:
    """Make the table of net present value by reading of the evidence; None where there is only one."""
    ledger, sets = decision.ledger, np.asarray(table["effect_set"].values)
    regimes, benefits = net_benefits(table, decision.baseline, ledger)
    if len(set(sets)) < 2:
        return None
    factor, unit = scale_of(benefits)
    rows = []
    for name in _weights(table):
        mine = benefits[sets == name] / factor
        for regime, net in zip(regimes[1:], mine.T[1:], strict=True):
            if len(net):
                low, high = np.quantile(net, [0.025, 0.975])
                rows.append((
                    decision.titles.reading(name), decision.says(regime), _net(float(net.mean())),
                    f"{_net(low)} to {_net(high)}", f"{(net > 0).mean():.0%}", f"{len(net):,}",
                ))  # fmt: skip
    columns = ("reading", "regime", f"{decision.what}, {unit}", "95% range over draws", "P(above 0)", "draws")
    return Table("What does the reading of the evidence decide?", columns, tuple(rows), f"{decision.terms}.")


def worth(decision: Decision) -> Table:
    """Make the table of what to find out first: groups, then single parameters."""
    shown = (*decision.groups, *decision.parameters[:MOST_SHOWN])
    factor, unit = scale_of(np.array([one.at_high for one in decision.parameters[:MOST_SHOWN]]))
    columns = ("what", f"worth knowing, {unit}", "standard error", "net at its low end", "net at its high end")
    rows = tuple(
        (
            one.name, digits(one.value.value / factor), digits(one.value.standard_error / factor),
            MISSING if np.isnan(one.at_low) else _net(one.at_low / factor),
            MISSING if np.isnan(one.at_high) else _net(one.at_high / factor),
        )
        for one in shown
    )  # fmt: skip
    note = (
        f"Expected value of partial perfect information. Net is the mean of "
        f"{decision.says(decision.leading)} against "
        f"{decision.says(decision.baseline)} with the input at its 2.5% or 97.5% point; {decision.terms}."
    )
    note = f"Nothing here: {decision.why_no_worth}." if decision.why_no_worth else note
    return Table("What would it pay to find out?", columns, rows, note)


def acceptable(decision: Decision) -> Table | None:
    """Make the table of how likely each regime is to be best by what outcomes are worth, where they are weighed."""
    if not decision.acceptable:
        return None
    regimes = list(decision.acceptable[0][1])
    rows = tuple((f"{times:g}", *(f"{best[one]:.0%}" for one in regimes)) for times, best in decision.acceptable)
    note = f"Costs stay as they are. At 1: {decision.terms}."
    columns = ("times the worth of outcomes", *(f"P(best), {decision.says(one)}" for one in regimes))
    return Table("How likely is each to be worth its cost?", columns, rows, note)


def where(decision: Decision) -> Table | None:
    """Make the table of what would have to be true for the leading regime to be worth its cost."""
    if decision.conditions is None:
        return None
    told = decision.conditions.to_dict()
    against = f"{decision.says(decision.leading)} against {decision.says(decision.baseline)}"
    return conditions_table(
        [(decision.says(decision.leading), told)], f"{' '.join(condition_lines(told))} {sentence(against)}"
    )


def outcomes(table: xr.Dataset) -> Table | None:
    """Make the table of outcomes by regime with their ranges over draws; None where there are none."""
    rows, titles = [], facts_of_draws(table).titles
    for one in quantities(table):
        if one.measure == OUTCOME:
            found = doubt(table, str(one))
            noise = MISSING if np.isnan(found.monte_carlo_sd) else digits(found.monte_carlo_sd)
            ends = f"{digits(found.low)} to {digits(found.high)}"
            rows.append((titles.regime(one.regime), words(one.ledger), digits(found.mean), ends, noise))
    columns = ("regime", "outcome", "mean", "95% range over draws", "simulation noise")
    note = f"A {facts_of_draws(table).unit or 'row'} over the run, each as it is discounted."
    return Table("How sure are the outcomes?", columns, tuple(rows), note) if rows else None


def why_nothing(table: xr.Dataset) -> str:
    """Say why no regimes are weighed, or nothing."""
    if weighed(table):
        return ""
    there = sorted({one.ledger for one in quantities(table) if one.measure == OUTCOME})
    if len({one.regime for one in quantities(table)}) < 2:
        return "Nothing is weighed: there is one regime, and none to hold it against."
    if there:
        return (
            f"Nothing is weighed: no cost line is priced and no outcome has a worth; there are {', '.join(there)}. "
            f"Give pounds of one unit, such as --set uncertainty.worth.{there[0]}=20000, below 0 for a cost."
        )
    return "Nothing is weighed: there is neither a priced cost line nor an outcome."


def tables_of(table: xr.Dataset, decision: Decision) -> list[Table]:
    """Give the tables of one decision; of inputs that were taken over a range only where it is worth its cost."""
    if taken_over(table):
        return list(filter(None, [where(decision)]))
    made = (standings(decision), acceptable(decision), readings(table, decision), worth(decision), where(decision))
    return [one for one in made if one is not None]


def over_lines(over: Mapping[str, tuple[float, float]]) -> tuple[str, ...]:
    """Say which inputs were taken over a range that was asked for; nothing where none was."""
    if not over:
        return ()
    spans = (f"{input_words(name)} from {digits(low)} to {digits(high)}" for name, (low, high) in over.items())
    return (
        sentence(f"{' and '.join(spans)}: taken evenly, each value alike, whatever is believed of it"),
        "Shares of draws are of that range and no chances, so that ranges of results, and what it would be worth to "
        "know an input, are left out.",
    )


def write_uncertainty(folder: Path, table: xr.Dataset, surface: str | None = None) -> list[str]:
    """Write the draws (uncertainty.nc), what they say (uncertainty.json, workbook.xlsx) and a page (uncertainty.html).

    Parameters
    ----------
    folder
        Where to; made if it is not there.
    table
        Draws, see ``sim.studies.uncertainty.answer.to_table``.
    surface
        As for ``decide``.

    Returns
    -------
        What was weighed: ledgers, and outcomes.
    """
    ledgers = weighed(table)
    decisions = {ledger: decide(table, ledger, surface) for ledger in ledgers}
    over = taken_over(table)
    folder.mkdir(parents=True, exist_ok=True)
    table.to_netcdf(folder / "uncertainty.nc", engine="netcdf4")
    said = {ledger: all_plain(asdict(decision)) for ledger, decision in decisions.items()}
    if over:
        said = {ledger: {key: told[key] for key in OF_SURFACE} for ledger, told in said.items()}
    (folder / "uncertainty.json").write_text(json.dumps(said, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    if not over:
        uncertainty_book(folder / "workbook.xlsx", table, list(decisions.values()))
    figures: list[Drawn] = []
    tables: list[Table] = list(filter(None, [None if over else outcomes(table)]))
    for ledger, decision in decisions.items():
        tables += tables_of(table, decision)
        figures += draw_all(_exhibits(table, ledger), decision, folder / "figures")
    titles = facts_of_draws(table).titles
    weights = ", ".join(f"{titles.reading(name)} {weight:g}" for name, weight in _weights(table).items() if name)
    again = facts_of_draws(table).redrawn
    lead = [
        *filter(None, [why_nothing(table)]),
        f"{table.sizes['draw']:,} draws of {table.sizes['parameter']:,} uncertain inputs, each solved for every regime "
        "on the same draw. The ranges are those of the inputs as the config states them; what the model leaves out is "
        "not in them.",
        *over_lines(over),
        *([f"Readings of the evidence are mixed by weight: {weights}."] if weights else []),
        *([f"{again:,} times figures that make no model, such as a rate below 0, were drawn again."] if again else []),
    ]
    write_page(folder / "uncertainty.html", f"How sure: {facts_of_draws(table).title}", lead, figures, tables)
    return ledgers


def _exhibits(table: xr.Dataset, ledger: str) -> tuple[Exhibit[Decision], ...]:
    """List the figures of one ledger, or of outcomes."""
    of = ledger if ledger == OUTCOMES else f"{ledger} ledger"
    drawn = not taken_over(table)
    return (
        Exhibit(
            f"net_benefit_{ledger}", f"How the net benefit is spread ({of})",
            "Each curve counts draws of the inputs; triangles are means, bars below hold 95% of the draws. To the "
            "right of 0 the regime is worth its cost.",
            lambda _, canvas: plot_net_benefit(table, ledger, canvas=canvas),
            finding=lambda _: net_finding(table, ledger), applies=lambda _: drawn,
        ),
        Exhibit(
            f"swings_{ledger}", f"What the result turns on ({of})",
            "Fitted mean of the leading regime's net benefit with one input at either end of its range.",
            plot_swings, finding=swings_finding, applies=lambda one: drawn and not one.why_no_worth,
        ),
        Exhibit(
            f"worth_{ledger}", f"What would pay to find out ({of})",
            "Expected value of knowing one input before deciding; 0 where it would not change the choice.", plot_worth,
            finding=worth_finding, applies=lambda one: drawn and not one.why_no_worth,
        ),
        Exhibit(
            f"surface_{ledger}", f"Where it breaks even ({of})",
            "Fitted mean of the leading regime's net benefit by two inputs, all others drawn; it is worth its cost on "
            "one side of the heavy line.",
            lambda one, canvas: plot_surface(_surface(one), f"Net benefit, £; {one.terms}", canvas=canvas),
            lambda one: surface_table(_surface(one), f"Where it breaks even ({of})"),
            lambda one: surface_finding(_surface(one)),
            applies=lambda one: one.conditions is not None and one.conditions.surface is not None,
        ),
    )  # fmt: skip


def _surface(decision: Decision) -> dict[str, Any]:
    """Give the surface of a decision that has one."""
    assert decision.conditions is not None
    found: dict[str, Any] = decision.conditions.to_dict()["surface"]
    return found


def _weights(table: xr.Dataset) -> dict[str, float]:
    """Give the weight of each evidence set."""
    return dict(facts_of_draws(table).weights)
