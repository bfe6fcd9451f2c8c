"""The workbook of an uncertainty study: every number of its page and figures, as a number."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import xarray as xr

from sim.exhibits.xlsx import cover, provenance, write_book
from sim.results.quantity import OutputName
from sim.studies.uncertainty.answer import doubt, facts_of_draws
from sim.studies.uncertainty.decision import RATIOS, TAILS, Decision, Standing
from sim.table import Column, Row, Table, plain

RANGE = "95% of the draws lie between its low and high end."
NET = "Present value against the baseline, resources alone; mean over draws."


def uncertainty_book(path: Path, table: xr.Dataset, decisions: Sequence[Decision]) -> None:
    """Write the workbook of an uncertainty study.

    Parameters
    ----------
    path
        The file to write.
    table, decisions
        The draws and what they say in each ledger, see ``sim.studies.uncertainty.decision``.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    facts = facts_of_draws(table)
    mixed = ", ".join(f"{facts.titles.reading(name)} {weight:g}" for name, weight in facts.weights.items() if name)
    lines = [
        f"{table.sizes['draw']:,} draws of {table.sizes['parameter']:,} uncertain inputs, each solved for every "
        "regime.",
        *([f"Readings of the evidence are mixed by weight: {mixed}."] if mixed else []),
        "Ranges are those of the inputs as the config states them; what the model leaves out is in none of them.",
    ]
    sheets = [
        Table("Decision", _DECISION, list(_standings(decisions)), _against(decisions), "uncertainty.json", 2),
        Table("What to find out", _WORTH, list(_worth(decisions)), "What it is worth to know an input, or a group of "
              f"them, before deciding. {_against(decisions)}", "uncertainty.json", 3),
        Table("Outputs", _OUTPUTS, list(_outputs(table)), "Every output: its spread over draws, and how much of it is "
              f"mere chance in the simulation. £ of {_pounds(table)}.", "uncertainty.nc", 4),
        Table("Inputs", _INPUTS, list(_inputs(table)), "Every uncertain input: what the config says of it and what was "
              "drawn.", "uncertainty.nc", 1),
        _draws(table),
        _about(table),
    ]  # fmt: skip
    title = f"How sure: {facts_of_draws(table).title}"
    write_book(path, title, cover(title, lines, [_headline(one) for one in decisions]), sheets)


def _pounds(table: xr.Dataset) -> str:
    """Say what the pounds of a table of draws are."""
    return facts_of_draws(table).terms or "no stated year"


def _against(decisions: Sequence[Decision]) -> str:
    """Say what is held against what, in which pounds."""
    return " ".join(f"Against {one.says(one.baseline)}: {one.terms}." for one in decisions)


def _headline(decision: Decision) -> Table:
    """Give the regimes of one ledger for the cover."""
    rows = tuple((decision.says(one.regime), *_net(one)[:3], one.gains if one.net else None, one.best, one.loss)
                 for one in decision.standings)  # fmt: skip
    shown = ("regime", "net", "low", "high", "gains", "best", "loss")
    columns = tuple(column for column in _DECISION if column.name in shown)
    title = f"How sure is the choice? {decision.terms}"
    return Table(title, columns, rows, comments={(0, 1): f"{NET} {RANGE}"})


def _net(one: Standing) -> Row:
    """Give net present value, its range, and its parts; nothing for the baseline."""
    net = one.net
    return (None,) * 6 if net is None else (
        net.mean, net.low, net.high, net.parameter_sd, plain(net.monte_carlo_sd), net.standard_error
    )  # fmt: skip


_LEDGER = (Column("ledger", "Ledger", 12, "text", "The list of costs that count."),)
_DECISION = (
    *_LEDGER, Column("regime", "Regime", 26, "text"),
    Column("net", "Net present value, £", 18, "money", NET), Column("low", "Low", 18, "money", RANGE),
    Column("high", "High", 18, "money", RANGE),
    Column("parameter_sd", "Spread by the inputs, £", 18, "money", "Standard deviation that doubt about inputs makes."),
    Column("noise", "Simulation noise, £", 18, "money", "Standard deviation that chance in a draw adds."),
    Column("error", "Standard error of the mean, £", 18, "money", "Of the mean over draws."),
    Column("gains", "P(above 0)", 12, "share", "Share of draws in which it is worth its cost."),
    Column("best", "P(best)", 12, "share", "Share of draws in which no regime is better."),
    Column("loss", "Expected loss, £", 18, "money", "What choosing it is expected to lose; that of the best is EVPI."),
    *(Column(f"bcr_{x:g}", f"P(BCR > {x:g})", 12, "share", "Of the draws in which it costs more than the baseline.")
      for x in RATIOS),
)  # fmt: skip
_WORTH = (
    *_LEDGER, Column("kind", "Kind", 12, "text"), Column("what", "Input or group", 60, "text"),
    Column("value", "Worth knowing (EVPPI), £", 20, "money", "Expected value of partial perfect information."),
    Column("error", "Standard error, £", 16, "money"),
    Column("at_low", "Net at its low end, £", 18, "money", "Fitted mean of the leading regime at the 2.5% point."),
    Column("at_high", "Net at its high end, £", 18, "money", "Fitted mean of the leading regime at the 97.5% point."),
)  # fmt: skip
_OUTPUTS = (
    Column("measure", "Measure", 18, "text", "cost: £ a family-year, undiscounted; the others present values in £."),
    Column("regime", "Regime", 26, "text"), Column("against", "Against", 26, "text"), *_LEDGER,
    *(Column(name, text, 18, "figure", note) for name, text, note in (
        ("mean", "Mean", "Over draws."), ("low", "Low", RANGE), ("high", "High", RANGE),
        ("parameter_sd", "Spread by the inputs", "Standard deviation."), ("noise", "Simulation noise", ""),
        ("error", "Standard error of the mean", ""),
    )),
)  # fmt: skip
_INPUTS = (
    Column("path", "Key", 60, "text", "Where it stands in the config, as --set takes it."),
    Column("value", "Best estimate", 14, "as_is"), Column("low", "Low", 14, "as_is", "Of its 95% interval."),
    Column("high", "High", 14, "as_is", "Of its 95% interval."), Column("kind", "Distribution", 14, "text"),
    Column("together", "Drawn with others", 14, "text", "Correlated, or a share of a row."),
    Column("mean", "Mean of the draws", 16, "as_is"), Column("p2", "2.5% of the draws", 16, "as_is"),
    Column("p97", "97.5% of the draws", 16, "as_is"),
)  # fmt: skip


def _standings(decisions: Sequence[Decision]) -> Iterator[Row]:
    for decision in decisions:
        for one in decision.standings:
            gains = one.gains if one.net is not None else None
            yield (decision.ledger, decision.says(one.regime), *_net(one), gains, one.best, one.loss,
                   *(one.ratio_above.get(x) for x in RATIOS))  # fmt: skip
        found = decision.evpi
        yield (decision.ledger, "perfect information on everything", *(None,) * 5, found.standard_error, None, None,
               found.value, *(None for _ in RATIOS))  # fmt: skip


def _worth(decisions: Sequence[Decision]) -> Iterator[Row]:
    for decision in decisions:
        for kind, found in (("group", decision.groups), ("input", decision.parameters)):
            for one in found:
                yield (decision.ledger, kind, one.name, one.value.value, one.value.standard_error,
                       plain(one.at_low), plain(one.at_high))  # fmt: skip


def _outputs(table: xr.Dataset) -> Iterator[Row]:
    titles = facts_of_draws(table).titles
    for name in (str(output) for output in table["output"].values):
        one, found = OutputName.parse(name), doubt(table, name)
        regimes = (titles.regime(name) if name else "" for name in (one.regime, one.against))
        yield (one.measure, *regimes, one.ledger, found.mean, found.low, found.high,
               found.parameter_sd, plain(found.monte_carlo_sd), found.standard_error)  # fmt: skip


def _inputs(table: xr.Dataset) -> Iterator[Row]:
    believed = facts_of_draws(table).beliefs
    for name, draws in zip(table["parameter"].values, table["inputs"].values.T, strict=True):
        *told, tied = believed.get(str(name), (None, None, None, "", False))
        low, high = (float(x) for x in np.quantile(draws, TAILS))
        yield (str(name), *told, "yes" if tied else "", float(draws.mean()), low, high)


def _draws(table: xr.Dataset) -> Table:
    """Give every output of every draw."""
    names = [str(name) for name in table["output"].values]
    columns = (
        Column("draw", "Draw", 8, "as_is"), Column("effect_set", "Evidence set", 18, "text"),
        *(Column(name, name.replace("|", ", ").replace("_", " "), 18, "figure") for name in names),
    )  # fmt: skip
    rows: list[Row] = [
        (int(draw), str(chosen), *(float(x) for x in values))
        for draw, chosen, values in zip(
            table["draw"].values, table["effect_set"].values, table["outputs"].values, strict=True
        )
    ]
    about = f"Outputs of each draw, £ of {_pounds(table)}. uncertainty.nc has its inputs."
    return Table("Draws", columns, rows, about, "uncertainty.nc", 2)


def _about(table: xr.Dataset) -> Table:
    """Say how the draws were made."""
    shown = {"title": "Study", "seed": "Seed", "solver": "Solver", "baseline": "Baseline", "terms": "Terms"}
    rows: list[Row] = [(text, getattr(facts_of_draws(table), name)) for name, text in shown.items()]
    rows += [("Draws", int(table.sizes["draw"])), ("Uncertain inputs", int(table.sizes["parameter"]))]
    return provenance(rows, "How the draws were made; draws.jsonl holds them as they were solved.")
