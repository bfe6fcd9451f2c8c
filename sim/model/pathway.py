"""The states of a service's pathway by name, in order, and what they mean; how they follow one another is in services.

Nothing outside ``sim.model`` compares with the name of such a state: ask ``Chain`` (``waiting``, ``engaged`` ...) or
use the names below.
"""

from __future__ import annotations

STATES = (
    NONE,
    ELIGIBLE,
    IDENTIFIED,
    OFFERED,
    REFUSED,
    WAITING,
    ENGAGED,
    AFTERCARE,
    CLOSED,
    DROPPED_OUT,
) = (
    "none",
    "eligible",
    "identified",
    "offered",
    "refused",
    "waiting",
    "engaged",
    "aftercare",
    "closed",
    "dropped_out",
)
TURNED_AWAY = "turned_away"
"""Found the waiting room full; a state of services that have one alone."""
ENTRY = (NONE, CLOSED, DROPPED_OUT, TURNED_AWAY)
"""From where somebody is referred."""
DOOR = (ELIGIBLE, IDENTIFIED, OFFERED, WAITING)
"""On the way from referral to help."""
IDLE = (*ENTRY, REFUSED)
"""In which a service has nothing to do with somebody."""
GATE = (WAITING, ENGAGED)
"""The move that a team makes and no rate."""


def states_of(has_waiting_room: bool) -> tuple[str, ...]:
    """List the states that a pathway may have, in order."""
    return (*STATES, TURNED_AWAY) if has_waiting_room else STATES


def helps(state: str) -> bool:
    """Say whether a service helps in a state: engaged, or a stage of it (engaged_1, engaged_2 ...)."""
    return state.startswith(ENGAGED)
