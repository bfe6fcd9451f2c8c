"""What making a run again has found, in sentences and tables."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sim.exhibits.numbers import MISSING, digits
from sim.studies.reproduce.answer import ROUNDING, Gap, Reproduction
from sim.table import Table

SMALL = 1e-4
MOST = 12
"""Gaps that a terminal shows, the largest first."""


def sentences(found: Reproduction) -> Iterator[str]:
    """Say whether these are the same results, over what, and what may explain a gap."""
    n, of = found.replications, found.of
    over = f"{len(found.compared)} files of results" if n == of else f"the arrays of {n} of {of} replications"
    if found.verdict == "same":
        yield f"The same results, to the last bit: {over} were compared."
    elif found.verdict == "rounding":
        yield (
            f"The same results but for rounding: over {over} the largest gap is {_share(found.largest)} of the largest "
            "number beside it, which comes of adding up in another order."
        )
    else:
        n_files = len({gap.file for gap in found.gaps})
        yield f"Other results: {n_files} {'file differs' if n_files == 1 else 'files differ'} of {over}."
    if found.gaps and not found.made:
        yield "Nothing is recorded that differs in how they were made, so that the gap is a fault of the program."
    elif found.gaps:
        yield "What differs in how they were made stands below; one of these, or several together, made the gap."
    elif found.made:
        yield "What differs in how they were made stands below; it made no difference."


def gaps_table(found: Reproduction) -> Table:
    """Make the table of gaps, the largest first."""
    gaps = sorted(found.gaps, key=lambda gap: -gap.share)
    rows = [(f"{gap.file}: {gap.part}".rstrip(": "), *_said(gap)) for gap in gaps[:MOST]]
    more = f"The {MOST} largest of {len(gaps)}." if len(gaps) > MOST else ""
    return Table("What differs in the results", ("where", "then", "now", "gap, of the largest there"), rows, more)


def _said(gap: Gap) -> tuple[str, str, str]:
    """Write both numbers and the gap, or what else differs."""
    if gap.what:
        return MISSING, gap.what, MISSING
    return digits(gap.then, 9), digits(gap.now, 9), _share(gap.share)


def _share(share: float) -> str:
    """Write a gap as a share, in words where it is next to nothing."""
    if not math.isfinite(share):
        return MISSING
    if share <= ROUNDING:
        return "less than one part in a thousand million"
    return f"one part in {digits(1 / share)}" if share < SMALL else f"{digits(100 * share)}%"


def made_table(found: Reproduction) -> Table:
    """Make the table of what differs in how both runs were made."""
    rows = [(what, then or MISSING, now or MISSING) for what, then, now in found.made]
    return Table("What differs in how they were made", ("", "then", "now"), rows)
