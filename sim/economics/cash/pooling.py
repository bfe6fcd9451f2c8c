"""Agencies that gain and agencies that lose: the smallest transfers that leave nobody worse off, and who pays in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sim.arrays import finite

SMALLEST = 0.005
"""Half a penny: less is rounding."""


@dataclass(frozen=True)
class Transfer:
    """Pounds that one agency pays to another."""

    giver: str
    taker: str
    pounds: float


class NotEnoughError(ValueError):
    """Raised when all agencies together lose: no transfer among them leaves nobody worse off."""


def losers(gains: Mapping[str, float]) -> list[str]:
    """List the agencies that lose without a transfer."""
    finite("gains of agencies", list(gains.values()))
    return [name for name, gain in gains.items() if gain < -SMALLEST]


def smallest_transfers(gains: Mapping[str, float]) -> list[Transfer]:
    """Find transfers of the least total after which no agency is worse off.

    The least total of the linear programme is what the losers lose: no less will do, and nobody need be paid more. Of
    the many solutions with that total, this is the one in which each winner pays in proportion to its gain.

    Parameters
    ----------
    gains
        Net gain of each agency in pounds (negative: it loses).

    Raises
    ------
    NotEnoughError
        If the gains do not cover the losses.
    """
    takers, givers = losers(gains), {name: gain for name, gain in gains.items() if gain > SMALLEST}
    lost, won = -sum(gains[name] for name in takers), sum(givers.values())
    if won < lost - SMALLEST:
        short = float(f"{lost - won:.3g}")
        raise NotEnoughError(f"agencies together lose £{short:,.0f}: transfers cannot leave all of them whole")
    return [
        Transfer(giver, taker, -gains[taker] * gain / won) for giver, gain in givers.items() for taker in takers
    ]  # fmt: skip


def contributions(total: float, by: Mapping[str, float]) -> dict[str, float]:
    """Share a pooled budget in proportion to each agency's gain, spend or need; negative numbers count as nothing.

    Raises
    ------
    ValueError
        If nobody has anything to go by, or an amount is not a finite number.
    """
    finite("amounts to share by", [total, *by.values()])
    weights = {name: max(amount, 0.0) for name, amount in by.items()}
    whole = sum(weights.values())
    if whole <= 0:
        raise ValueError("no agency has a positive amount: there is nothing to share the budget by")
    return {name: total * weight / whole for name, weight in weights.items()}
