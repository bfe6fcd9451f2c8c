"""The tables beneath the answer: which stand in which section of the page."""

from __future__ import annotations

from dataclasses import replace

import xarray as xr

from sim.economics.report import FullAppraisal
from sim.economics.value.present_value import present_value_per_family, schedule_named
from sim.exhibits.numbers import figure
from sim.exhibits.titles import titles_of
from sim.report import appraisal_tables as appraisal
from sim.report.accounts import accounts, beside_doubt, break_even, conditions, displacement, followed
from sim.report.figures.waits.services import areas_table
from sim.report.page.equity import equity_tables
from sim.report.page.first import led
from sim.report.sharing import agencies_table
from sim.report.tables import comparisons, cost_effectiveness, costs, distributions, kept_on, outcomes
from sim.results.facts import facts_of
from sim.results.summary import Summary
from sim.results.worlds import world_names
from sim.table import Table


def tables_by_section(ds: xr.Dataset, summary: Summary, full: FullAppraisal) -> dict[str, tuple[Table, ...]]:
    """Give the tables of each section; those without rows are left out by the page."""
    services = (areas_table(ds), kept_on(summary)) if ds.sizes["service"] else ()
    worth = (appraisal.worth(full), appraisal.fiscal(full), appraisal.cards(full)) if full.found else ()
    cash = () if full.why_no_cash or not full.found else (appraisal.budgets(full), appraisal.funding(full))
    return {
        "payers": (
            _agencies(ds, summary), displacement(summary), *worth, *cash, accounts(summary), followed(summary),
            break_even(summary), *cost_effectiveness(summary), comparisons(summary), costs(summary), present_values(ds),
        ),
        "families": (outcomes(summary), *equity_tables(summary)),
        "services": (*services, distributions(summary)),
        "sure": (
            beside_doubt(summary), conditions(summary),
            *((appraisal.switching(full), appraisal.unvalued(full)) if full.found else ()),
        ),
    }  # fmt: skip


def _agencies(ds: xr.Dataset, summary: Summary) -> Table:
    """Give what agencies pay and save in the world that leads; the others are in sharing.csv."""
    pair = led(summary)
    if pair is None:
        return Table("", (), ())
    table = agencies_table(ds, pair[0])
    title = f"{table.title}: {titles_of(summary).world(pair[0])}"
    return replace(table, title=title, columns=table.columns[1:], rows=[row[1:] for row in table.rows])


def present_values(ds: xr.Dataset) -> Table:
    """Make the table of discounted cost per family over the run, a column for each schedule that the config names."""
    schedules = list(facts_of(ds).discount)
    rows = []
    if schedules and ds.sizes["line"]:
        for world in world_names(ds):
            for ledger in (str(name) for name in ds["ledger"].values):
                values = (present_value_per_family(ds, world, ledger, schedule_named(ds, name)) for name in schedules)
                rows.append((world.name, ledger, *(figure(float(value.mean())) for value in values)))
    columns = ("regime", "ledger", *(name.replace("_", " ") for name in schedules))
    return Table("Cost per family over the whole run, £ at the start, discounted by schedule", columns, tuple(rows))
