"""Whether solvers agree, as a table: both values, the difference, what is allowed, and the verdict."""

from __future__ import annotations

from collections.abc import Sequence

from sim.exhibits.numbers import MINUS, MISSING, digits
from sim.studies.agree.answer import FALSE_ALARM, Agreement
from sim.table import Table


def agreement_table(found: Sequence[Agreement], solver: str) -> Table:
    """Make the table of a comparison, disagreements first.

    Parameters
    ----------
    found
        What ``sim.studies.agree.answer.agree`` gave.
    solver
        How the expected values were found: exact, or closure.
    """
    columns = (
        "regime", "quantity (worst of)", "where", "simulated", "expected", "difference", "in standard errors",
        "tolerance", "verdict",
    )  # fmt: skip
    rows = tuple(
        (
            one.world, f"{one.quantity} ({one.compared:,})", one.where,
            digits(one.simulated, 4), digits(one.expected, 4),
            f"{one.share:+.2%}".replace("-", MINUS), f"{one.standard_errors:+.1f}".replace("-", MINUS),
            f"{one.tolerance:.2%}" if one.tolerance else MISSING, "agrees" if one.passed else "DISAGREES",
        )
        for one in sorted(found, key=lambda one: one.passed)
    )  # fmt: skip
    critical = sorted({one.critical for one in found})
    note = (
        f"Expected values: {solver}. A difference may be its tolerance and {' or '.join(map(digits, critical))} "
        f"standard errors (totals, points), so that all {sum(one.compared for one in found):,} comparisons together "
        f"give a false alarm in {FALSE_ALARM:g} of runs. Waits of small teams are judged by --waits alone."
    )
    failed = sum(not one.passed for one in found)
    title = (
        f"Solvers agree on all {len(found)} quantities"
        if not failed
        else f"Solvers disagree on {failed} of {len(found)}"
    )
    return Table(title, columns, rows, note)
