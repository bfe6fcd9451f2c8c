"""Which series of prices brings pounds to the price year of a study, and how people read that; without its numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class PriceSeries:
    """An index of prices of one vintage: when it was published, and of which years it was a forecast then."""

    name: str = ""
    vintage: str = ""
    base: str = ""
    source: str = ""
    forecast: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """What it is, such as ``GDP deflator of March 2026 (2024/25 = 100, T-D1)``; nothing where it has no name."""
        told = ", ".join(part for part in (self.base, self.source) if part)
        dated = f" of {self.vintage}" if self.vintage else ""
        return f"{self.name}{dated}{f' ({told})' if told else ''}" if self.name else ""

    def stated(self, year: str | None) -> dict[str, object]:
        """Say of which price year figures are, for a summary: the year, and whether its prices are a forecast."""
        return {"price_year": year or None, "price_forecast": year in self.forecast}

    def marked(self, year: str) -> str:
        """Write a financial year, with a star where the level of its prices was a forecast."""
        return f"{year}*" if year in self.forecast else year


def prices_of(held: Mapping[str, Any]) -> str:
    """Write of which year pounds are from what ``stated`` says, and that its prices are a forecast where they are."""
    if not held["price_year"]:
        return "prices of no stated year"
    return f"{held['price_year']} prices{' (a forecast)' if held.get('price_forecast') else ''}"


def prices_aside(held: Mapping[str, Any]) -> str:
    """Write the same to stand in brackets, such as ``forecast prices of 2015/16``."""
    return f"forecast prices of {held['price_year']}" if held.get("price_forecast") else prices_of(held)
