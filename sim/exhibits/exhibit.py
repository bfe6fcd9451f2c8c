"""What people read: a table of numbers, drawn, with what is said of it; writers beside make files of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from sim.exhibits.style import words
from sim.table import Table

if TYPE_CHECKING:  # as in ``style``
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Subject = TypeVar("Subject")


def always(_: object) -> bool:
    """Whether an exhibit applies that applies to everything."""
    return True


@dataclass(frozen=True)
class Exhibit(Generic[Subject]):
    """A picture that can be drawn of a subject: the Dataset of a run, or what a study found."""

    name: str
    """Name of its files."""
    title: str
    caption: str
    draw: Callable[..., Axes | Figure]
    """Called with the subject and ``canvas=``, the room that there is; see ``sim.exhibits.style``."""
    table: Callable[[Subject], Table] | None = None
    """Makes the numbers behind it."""
    finding: Callable[[Subject], str] | None = None
    """Says in a sentence, with its numbers, what the picture shows: what is read out in its place."""
    applies: Callable[[Subject], bool] = always
    section: str = ""
    """Where it stands in the report of a run; see ``sim.report.html``."""
    order: int = 0
    """Its place among the figures of a run."""
    all_sets: bool = False
    """Whether it shows every evidence set; else the caption names the one shown."""
    source: str = ""
    """The file beside the run that it is drawn from; the Dataset of the run where empty."""

    def under(self, effect_set: str) -> Exhibit[Subject]:
        """Give the exhibit of one reading of the evidence among several: name, title and caption say which."""
        reading = words(effect_set)
        return replace(
            self, name=f"{self.name}_{effect_set}", title=f"{self.title} ({reading})",
            caption=f"{self.caption} {shown_reading(reading)}",
        )  # fmt: skip


def shown_reading(reading: str) -> str:
    """Say under which reading of the evidence a figure is drawn."""
    return f"Reading of the evidence: {reading}."


@dataclass(frozen=True)
class Drawn:
    """A figure that was made; ``svg`` is markup of both canvases, to be set inline: a page shows the one that fits."""

    name: str
    title: str
    caption: str
    svg: str
    table: Table | None = None
    section: str = ""
    finding: str = ""
