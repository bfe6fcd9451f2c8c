"""Payment by results as a table: fees, results, and results that would have come anyway."""

from __future__ import annotations

from collections.abc import Sequence

from sim.exhibits.numbers import count
from sim.model.spec import Scenario
from sim.studies.fees.answer import FeeYear, counted_anyway
from sim.table import Table
from sim.units import financial_year_label


def fees_table(years: Sequence[FeeYear], scenario: Scenario) -> Table:
    """Make the table of fees by year, with a line on who would have been counted anyway for each regime."""
    dated = scenario.worlds[0].model.clock.start is not None
    baseline = {w.name: scenario.baseline_of(w).name for w in scenario.worlds}
    rows = tuple(
        (y.world, financial_year_label(y.year) if dated else str(y.year), count(y.attached), count(y.turned_around),
         count(y.under[y.world]), count(y.under[baseline[y.world]]), f"{y.attachment_fees / 1e6:,.1f}",
         f"{y.result_fees / 1e6:,.1f}")
        for y in years
    )  # fmt: skip
    columns = ("regime", "year", "attached", "turned around in the year", "of those attached, ever",
               "the same under the baseline", "attachment fees, £m", "result fees, £m")  # fmt: skip
    shares = [
        f"{name}: {counted_anyway(years, name, baseline[name]):.0%} of those ever counted "
        "would have been counted anyway"
        for name in dict.fromkeys(y.world for y in years)
    ]
    note = (
        f"Cash; a transfer between agencies, in no ledger. {'; '.join(shares)}. Evidence ends at month "
        f"{scenario.appraisal.evidence_months:g} of the regime."
    )
    return Table("Payment by results", columns, rows, note)
