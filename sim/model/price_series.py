"""Which series of prices brings pounds to the price year of a study, and how people read that; the index is not here."""

from __future__ import annotations

from dataclasses import dataclass


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

    def prices_of(self, year: str, absent: str = "prices of no stated year") -> str:
        """Say of which year pounds are, and that its prices are a forecast where they are; ``absent`` without a year."""
        if not year:
            return absent
        return f"{year} prices (a forecast)" if year in self.forecast else f"{year} prices"
