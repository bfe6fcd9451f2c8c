"""What a search for a switching value found, as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from sim.exhibits.numbers import digits, pounds
from sim.studies.switching.answer import RunSwitch


def search_lines(found: RunSwitch, of: Sequence[str], world: str) -> str:
    """Say what was found, with every value tried."""
    lines = [f"Net present social value of {world} by {', '.join(of)}:"]
    lines += [f"  at {digits(value)}: {pounds(npsv)}" for value, npsv in sorted(found.tried)]
    if found.value is None or found.at_value is None:
        lines.append("It has one sign over this range: no value in it makes it zero.")
    else:
        interval = found.at_value
        ends = "" if interval.low is None else f" ({pounds(interval.low)} to {pounds(interval.high or 0.0)})"
        lines.append(f"It is zero at {digits(found.value)}; found there: {pounds(interval.mean)}{ends}.")
    return "\n".join(lines)
