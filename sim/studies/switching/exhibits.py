"""What a search for a switching value found, as lines of text."""

from __future__ import annotations

from collections.abc import Sequence

from sim.studies.switching.answer import RunSwitch


def search_lines(found: RunSwitch, of: Sequence[str], world: str) -> str:
    """Say what was found, with every value tried."""
    lines = [f"Net present social value of {world} by {', '.join(of)}:"]
    lines += [f"  at {value:g}: {_pounds(npsv)}" for value, npsv in sorted(found.tried)]
    if found.value is None or found.at_value is None:
        lines.append("It has one sign over this range: no value in it makes it zero.")
    else:
        interval = found.at_value
        ends = "" if interval.low is None else f" ({_pounds(interval.low)} to {_pounds(interval.high or 0.0)})"
        lines.append(f"It is zero at {found.value:.4g}; found there: {_pounds(interval.mean)}{ends}.")
    return "\n".join(lines)


def _pounds(value: float) -> str:
    """Write millions of pounds with a real minus sign."""
    return f"{'−' if value < 0 else ''}£{abs(value) / 1e6:,.1f}m"
