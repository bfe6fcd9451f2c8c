"""One family in continuous time: its own random numbers, and how long until the next thing happens to it."""

from __future__ import annotations

from math import log1p

from sim.engine.fate.draws import key, one_uniform


class Family:
    """A family with its children.

    The time to its next event is kept as what is ``left`` of a unit exponential time, which runs down at the ``total``
    hazard of all its members; so a change of hazards takes no new draw, and what has passed counts.

    Attributes
    ----------
    row, children
        Its row, and positions of the children who are there.
    total, left, since
        Hazard of anything at all a step; what is left of the exponential time at ``since``.
    here
        Whether it has come.
    appointment
        Number of the appointment in force; those made before are void.
    """

    __slots__ = ("appointment", "children", "drawn", "here", "left", "row", "since", "stream", "total")

    def __init__(self, row: int, stream: int, now: float) -> None:
        self.row, self.stream = row, stream
        self.children: list[int] = []
        self.drawn = self.appointment = 0
        self.total, self.since = 0.0, now
        self.here = False
        self.left = self.exponential()

    def fork(self) -> Family:
        """Copy the family for a history that parts from this one; its appointment is not copied."""
        twin = Family.__new__(Family)
        for name in self.__slots__:
            setattr(twin, name, getattr(self, name))
        twin.children = list(self.children)
        return twin

    def uniform(self) -> float:
        """Give the next of the family's own random numbers, in [0, 1)."""
        self.drawn += 1
        return one_uniform(self.stream, self.drawn)

    def exponential(self) -> float:
        """Draw a unit exponential time."""
        return -log1p(-self.uniform())

    def catch_up(self, now: float) -> None:
        """Use up the time until now at the present hazard."""
        if self.here:
            self.left = max(self.left - self.total * (now - self.since), 0.0)
            self.since = now


def stream_of(stream: int, family_id: int) -> int:
    """Give the key of a family's own random numbers."""
    return key(stream, "case by case", family_id)
