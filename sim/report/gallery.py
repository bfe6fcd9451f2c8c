"""Which figures a run has, in the order of the report, with their titles, captions and the tables behind them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import xarray as xr
from matplotlib import rc_context
from matplotlib.figure import Figure

from sim.economics.value.terms import terms_of
from sim.exhibits.drawing import Drawn, drawn_as, written
from sim.exhibits.style import RC, words
from sim.report.checks import naive_of, naive_table, plot_naive
from sim.report.extras import Extras
from sim.report.figures import behind
from sim.report.figures.evaluation import by_set, evaluated_table, plot_evaluated
from sim.report.figures.evidence import evidence_table, is_ladder, ladder_table
from sim.report.figures.families import costs_table, paired_table, plot_family_costs, plot_paired
from sim.report.figures.funds import fund_table, pool_table
from sim.report.figures.panels import (
    compares,
    draw_agencies,
    draw_bands,
    draw_budget,
    draw_difference,
    draw_evidence,
    draw_flows,
    draw_fund,
    draw_ladder,
    draw_left,
    draw_npsv,
    draw_payers,
    draw_pool,
    draw_queues,
    draw_sankey,
    draw_states,
    draw_tiers,
    draw_tornado,
    draw_waits,
    has_cash,
    has_costs,
    has_fund,
    has_moves,
    has_places,
    has_pool,
    has_waits,
    is_paid,
)
from sim.report.figures.payers import payers_table, tiers_table
from sim.report.figures.services import places_table, waits_table
from sim.report.figures.states import bands_table, flows_table
from sim.table import Table


@dataclass(frozen=True)
class Entry:
    """A figure that a run may have: when it applies, how it is drawn, and what is said about it."""

    name: str
    title: str
    caption: str
    applies: Callable[[xr.Dataset], bool]
    draw: Callable[[xr.Dataset], Figure]
    all_sets: bool = False
    """Whether it shows every evidence set; else the caption names the one shown."""
    table: Callable[[xr.Dataset], Table] | None = None
    """Makes the numbers behind it."""
    section: str = "payers"
    """Where it stands in the report; see ``sim.report.html``."""


ENTRIES = (
    Entry(
        "evidence", "Is it worth it, by reading of the evidence",
        "Net present social value of the last regime, with 95% intervals over replications, under each reading of the "
        "evidence: where its spending comes on top, and against a regime with the same money where there is one.",
        compares, draw_evidence, all_sets=True, table=evidence_table, section="answer",
    ),
    Entry(
        "states", "Each regime over time",
        "Share in each state, mean over replications. The regimes are identical until they start. Paler: "
        "beyond the evidence.",
        lambda ds: ds.sizes["state"] > 0, draw_states, table=behind.shares_table, section="families",
    ),
    Entry(
        "bands", "Each state, regime by regime",
        "Share in each state with 95% bands over replications; the scales differ. Shaded: beyond the "
        "evidence. Lines that cannot be told apart mean that the regimes do not differ.",
        lambda ds: ds.sizes["state"] > 0, draw_bands, table=bands_table, section="families",
    ),
    Entry(
        "flows", "Where they went",
        "Bands lead from where families are at one time to where they are at the next, in the colour of where they "
        "came from; grey are families who joined since, and what has no band going out has left. Worked out from "
        "counts of moves, as if all in a state were alike: single families keep to their state more than this shows.",
        has_moves, draw_flows, table=flows_table, section="families",
    ),
    Entry(
        "queues", "Who waits, and for how many places",
        "Places (filled squares) and families waiting (open circles) by service, mean of the last twelve months.",
        has_places, draw_queues, table=places_table, section="services",
    ),
    Entry(
        "waits", "How long people wait",
        "Months that those admitted had waited; replications pooled. Waits of those who gave up or still wait are not "
        "in it.",
        has_waits, draw_waits, table=waits_table, section="services",
    ),
    Entry(
        "left", "Who gives up waiting",
        "Of those who joined a queue, the share that left it before their turn, with 95% intervals over replications.",
        has_waits, draw_left, table=waits_table, section="services",
    ),
    Entry(
        "tiers", "What the money goes on",
        "Cost per family-year on the books by tier, undiscounted, from the start of the regimes; the thin bar is the "
        "95% interval of the total.",
        has_costs, draw_tiers, table=tiers_table, section="cost",
    ),
    Entry(
        "cost_by_agency", "Who pays",
        "Cost per family-year on the books by agency, undiscounted, from the start of the regimes; thin bars are 95% "
        "intervals.",
        has_costs, draw_agencies, table=behind.agencies_table, section="cost",
    ),
    Entry(
        "payers", "Who pays more, and who less",
        "What the last regime changes for each agency, on the same random numbers, with 95% intervals: against the "
        "baseline, and against a regime with the same money where there is one.",
        compares, draw_payers, table=payers_table, section="payers",
    ),
    Entry(
        "ladder", "Money first, then one mechanism after the other",
        "Net present social value of each rung against the baseline: dots with 95% intervals; bars and the numbers on "
        "the right are steps from the rung below. A step of 0 is a result.",
        lambda ds: has_costs(ds) and is_ladder(ds), draw_ladder, table=ladder_table, section="ladder",
    ),
    Entry(
        "money", "Where the money comes from, and what it is spent on",
        "Pounds a year under the last regime since it began, £m, from departments through tiers of help to families; "
        "breadth is in proportion. Benefits and posts alike, undiscounted.",
        is_paid, draw_sankey, table=behind.money_table,
    ),
    Entry(
        "difference", "What the regime adds or saves, by reading of the evidence",
        "Difference to the baseline on the same random numbers, with 95% bands. Shaded: no evaluation has followed "
        "families so long, and the lines rest on assumptions.",
        compares, draw_difference, all_sets=True, table=behind.difference_table, section="cost",
    ),
    Entry(
        "npsv", "Is it worth it, by how many years are counted",
        "Net present social value of the last regime against the baseline: resources alone, discounted, 95% bands. "
        "Above 0 it is worth its cost. Shaded: beyond the evidence, where the lines rest on assumptions.",
        compares, draw_npsv, all_sets=True, table=behind.npsv_table, section="cost",
    ),
    Entry(
        "budget", "Who must find the money, and when",
        "Extra cash of the last regime by financial year and agency, counting as savings only what closes capacity. "
        "Not discounted; years after the last published deflator assume a rise of prices. Shaded: beyond the evidence.",
        has_cash, draw_budget, table=behind.budget_table,
    ),
    Entry(
        "cash_tornado", "What net cash turns on",
        "Net cash of the last regime when one unit of capacity, or one lag, of the rules that turn savings into cash "
        "goes to the end of its range. The line stands at their central values.",
        lambda ds: has_cash(ds) and bool(terms_of(ds).spec.cashability), draw_tornado,
        table=behind.cash_table,
    ),
    Entry(
        "fund", "What an invest-to-save fund would be owed",
        "The fund pays what services cost more until the dashed line, and takes a share of what agencies save in cash "
        "until it is whole: mean with 95% bands over replications, a line for each reading of the evidence. Cash, not "
        "discounted. Shaded: beyond the evidence.",
        has_fund, draw_fund, all_sets=True, table=fund_table,
    ),
    Entry(
        "pool", "What agencies would pay into a pool, and what they save",
        "Paid in less what comes back, by the rule of the config, beside the cash that each agency saves in the same "
        "years; thin lines are 95% intervals over replications. Cash, not discounted.",
        has_pool, draw_pool, table=pool_table,
    ),
)  # fmt: skip


def draw_all(ds: xr.Dataset, folder: Path) -> list[Drawn]:
    """Draw every figure that the run has and write it to ``folder`` as SVG and PNG."""
    folder.mkdir(exist_ok=True)
    drawn = []
    for entry in ENTRIES:
        if entry.applies(ds):
            with rc_context(RC):
                table = None if entry.table is None else entry.table(ds)
                figure = entry.draw(ds)
                svg = written(figure, entry.name, folder)
            drawn.append(Drawn(entry.name, entry.title, _caption(entry, ds), svg, table, entry.section))
    return drawn


def draw_extras(extras: Extras, folder: Path) -> list[Drawn]:
    """Draw what was worked out after the run: families one by one, naive against true effects."""
    folder.mkdir(exist_ok=True)
    drawn, spread = [], extras.spread
    with rc_context(RC):
        if spread is not None and spread.costs:
            caption = (
                "Families on the books from the regimes' start to the end, in order of cost under each regime; the "
                "first reading of the evidence, one replication, so that there are no intervals. Most of these years "
                "lie beyond the evidence."
            )
            ax, table = plot_family_costs(spread), costs_table(spread)
            drawn.append(drawn_as(ax, "family_costs", "What single families cost", caption, folder, table, "single"))
        if spread is not None and spread.paired:
            caption = (
                "Each family lives the same fate under both regimes; less of a burden is better. Chance alone makes "
                "nobody better or worse off here, but help changes who meets whom in a queue. Most of the years "
                "counted lie beyond the evidence."
            )
            ax, table = plot_paired(spread), paired_table(spread)
            drawn.append(drawn_as(ax, "paired", "Better off, unchanged, worse off", caption, folder, table, "single"))
        if naive_of(extras.checks):
            caption = (
                "Help does nothing here, so that the true effect is 0. Families are referred when things are bad, and "
                "get better or worse anyway: comparing before with after finds an effect that is not there."
            )
            ax, table = plot_naive(extras.checks), naive_table(extras.checks)
            drawn.append(drawn_as(ax, "naive", "What before and after would find", caption, folder, table, "naive"))
        for answers in by_set(extras.answers):
            caption = (
                "The families helped in the first year, asked about in three ways: against themselves in as many "
                "months before, against similar families not yet helped, and against their own lives without the "
                "regime, which only a simulation knows. 95% intervals over replications; nothing beyond month 24. "
                f"Reading of the evidence: {words(answers[0].effect_set)}."
            )
            name = f"evaluated_{answers[0].effect_set}"
            title = f"What an evaluation would find, and what is true ({words(answers[0].effect_set)})"
            ax, table = plot_evaluated(answers), evaluated_table(answers)
            drawn.append(drawn_as(ax, name, title, caption, folder, table, "naive"))
    return drawn


def _caption(entry: Entry, ds: xr.Dataset) -> str:
    """Give the caption, with the evidence set shown where the run has others, and why there are no intervals."""
    caption = entry.caption
    if "95%" in caption and (ds.sizes["replication"] == 1 or ds.attrs["solver"] == "expect"):
        why = "expected values have no chance in them" if ds.attrs["solver"] == "expect" else "it has one replication"
        caption += f" This run has no such intervals: {why}."
    if entry.all_sets or ds.sizes["effect_set"] == 1:
        return caption
    return f"{caption} Reading of the evidence: {words(str(ds['effect_set'].values[0]))}."


__all__ = ["ENTRIES", "Entry", "draw_all", "draw_extras"]
