"""Names of what a run or a draw comes to, such as ``net|better|today|narrow``: put together and taken apart here alone.

People type them (``--on``) and they stand in files of draws and points, so that the text is kept as it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray

MARK = "|"


@dataclass(frozen=True)
class OutputName:
    """A measure of a regime in a ledger, ``against`` another regime where it is a difference."""

    measure: str
    regime: str
    ledger: str
    against: str = ""

    def __str__(self) -> str:
        """Write it as files have it."""
        return MARK.join(part for part in (self.measure, self.regime, self.against, self.ledger) if part)

    @classmethod
    def parse(cls, text: str) -> OutputName:
        """Read what ``str`` wrote.

        Raises
        ------
        ValueError
            If it is not measure, regime, perhaps another regime, and ledger.
        """
        parts = text.split(MARK)
        if len(parts) not in (3, 4) or not all(parts):
            raise ValueError(f"'{text}' is no output; write measure|regime|ledger or measure|regime|against|ledger")
        measure, regime, *against, ledger = parts
        return cls(measure, regime, ledger, *against)


def numbered(measure: str, samples: Iterable[float]) -> dict[str, float]:
    """Name a measure of each replication, such as ``net|0``."""
    return {f"{measure}{MARK}{r}": float(value) for r, value in enumerate(samples)}


def samples_of(values: Mapping[str, float], measure: str) -> FloatArray:
    """Give a measure that ``numbered`` named, (replication,)."""
    count = sum(name.startswith(f"{measure}{MARK}") for name in values)
    return np.array([values[f"{measure}{MARK}{r}"] for r in range(count)], dtype=np.float64)


def measures_of(item: str, measures: Mapping[str, float]) -> dict[str, float]:
    """Name measures of one item, such as ``wait|keyworker``."""
    return {f"{measure}{MARK}{item}": value for measure, value in measures.items()}


def of_item(values: Mapping[str, float], item: str) -> dict[str, float]:
    """Give the measures of an item that ``measures_of`` named."""
    end = f"{MARK}{item}"
    return {name.removesuffix(end): value for name, value in values.items() if name.endswith(end)}
