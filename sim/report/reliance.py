"""What a report says of relying on it: what the study is for, and what it must not be used for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sim.config.views.recorded import recorded_assurance
from sim.errors import ModelError


@dataclass(frozen=True)
class Reliance:
    """What the study is for, as pairs of what and which, and what it must not be used for."""

    facts: tuple[tuple[str, str], ...] = ()
    not_for: tuple[str, ...] = ()


def reliance(run: Mapping[str, Any]) -> Reliance:
    """Read what a run's config says of its use; little where it says nothing or cannot be read."""
    try:
        asked = recorded_assurance(run)
    except ModelError:
        return Reliance()
    told = (
        ("Question", asked.purpose), ("Not to be used after", asked.review_by),
        ("Decision that it is to inform", asked.decision or "none: it is not a study for decision"),
    )  # fmt: skip
    return Reliance(tuple((name, text) for name, text in told if text), asked.not_for)
