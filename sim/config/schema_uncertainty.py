"""The schema of an uncertainty study: how many draws, of what, and how evidence sets are mixed."""

from __future__ import annotations

from pydantic import Field

from sim.config.base import Part
from sim.config.fields import AtLeastOne, Label, NotNegative, Text


class UncertaintyPart(Part):
    """How doubt about the inputs is carried to the results."""

    draws: AtLeastOne = Field(default=1000, le=1_000_000, description="draws of the parameters")
    weights: dict[Label, NotNegative] = Field(
        default_factory=dict, description="evidence set: how much it is believed; default all alike"
    )
    leave_out: tuple[Text, ...] = Field(
        default=("units", "appraisal", "discount", "deflators"),
        description="beginnings of paths whose figures keep their value",
    )
    groups: dict[Text, tuple[Text, ...]] = Field(
        default_factory=dict, description="name: beginnings of paths, whose figures are looked at together"
    )
