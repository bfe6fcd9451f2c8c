"""Sentences that say what a picture shows: lists in words, and whether more is saved than spent."""

from __future__ import annotations

from collections.abc import Iterable

from sim.exhibits.numbers import MINUS, interval, millions
from sim.intervals import Estimate


def listed(parts: Iterable[str], mark: str = ",") -> str:
    """Write parts of a sentence as a list that ends in ``and``."""
    found = [part for part in parts if part]
    return f"{f'{mark} '.join(found[:-1])} and {found[-1]}" if len(found) > 1 else "".join(found)


def sentence(text: str) -> str:
    """Write a sentence: a capital at its beginning, a stop at its end."""
    return f"{text[:1].upper()}{text[1:]}{'' if text.endswith(('.', '?', '!')) else '.'}"


def pounds_words(pounds: float) -> str:
    """Write £ million, a minus before the sign of the pound."""
    written = millions(abs(pounds), finer_below=10.0)
    return f"{MINUS if pounds < 0 and float(written.replace(',', '')) else ''}£{written} million"


def scaled(estimate: Estimate, by: float) -> Estimate:
    """Multiply an estimate; its ends change places where the sign does."""
    if estimate.low is None or estimate.high is None:
        return Estimate(by * estimate.mean)
    return Estimate(by * estimate.mean, *sorted((by * estimate.low, by * estimate.high)))


def pounds_interval(net: Estimate) -> str:
    """Write £ million with the 95% interval where there is one."""
    written = interval(net, millions)
    return f"£{written.replace(' (', ' million (95% interval ')}" if "(" in written else f"£{written} million"


def net_words(net: Estimate) -> str:
    """Say of pounds whether more is saved than spent, by how much, and within what."""
    if net.mean >= 0:
        return f"saves {pounds_interval(net)} more than it costs"
    return f"costs {pounds_interval(scaled(net, -1))} more than it saves"
