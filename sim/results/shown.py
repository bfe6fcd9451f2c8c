"""Which states of a model pages and tables show first, where the model has them: names of the library's model.

The only ones outside ``sim.evaluation``, in one place until a config says what is to be shown. A model without them
loses nothing but these figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

MAIN_CHAIN = "crisis"
"""The chain whose states are drawn first; else it is the first chain."""
AT_THE_END = ("care", "looked_after")
"""The chain and the state whose share at the end stands beside costs."""


def looked_after(figures: Mapping[str, Any]) -> float | None:
    """Give the share of children looked after at the end, where the model follows them.

    Parameters
    ----------
    figures
        What a summary says of a regime.
    """
    chain, state = AT_THE_END
    found = figures["occupancy"].get(chain, {}).get(state)
    return found[-1] if found else None
