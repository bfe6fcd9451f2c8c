"""The schema of an uncertainty study: how many draws, of what, and how evidence sets are mixed."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from sim.config.schema.base import Part, Provenance
from sim.config.schema.fields import AtLeastOne, Label, NotNegative, Number, Text


class CorrelationPart(Provenance):
    """Figures whose ranks move together: every pair of them has the same rank correlation."""

    among: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        description="beginnings of paths; each figure below them that is drawn takes part"
    )
    rank: Annotated[Number, Field(ge=-1, le=1)] = Field(description="rank correlation (Spearman) of each pair")


class RowPart(Provenance):
    """Shares of one whole, drawn together so that their sum is kept (Dirichlet)."""

    of: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(
        description="paths of the shares, or of a mapping that holds nothing else"
    )
    sample: Annotated[Number, Field(ge=1)] | None = Field(
        default=None, description="cases that they come from; default what their intervals are worth"
    )


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
    only: tuple[Text, ...] = Field(
        default=(), description="beginnings of paths of the figures that are drawn, and no other; default all"
    )
    areas: AtLeastOne | None = Field(
        default=None, description="how many of the areas a draw is run on, chosen evenly by size; default all"
    )
    beside: dict[Label, dict[str, Any]] = Field(
        default_factory=dict,
        description="name: path and value of what is not drawn but told beside it, such as another reading of a dose",
    )
    groups: dict[Text, tuple[Text, ...]] = Field(
        default_factory=dict, description="name: beginnings of paths, whose figures are looked at together"
    )
    worth: dict[Text, Number] = Field(
        default_factory=dict, description="outcome: pounds of one unit where outcomes are weighed, below 0 for a cost"
    )
    correlations: dict[Text, CorrelationPart] = Field(
        default_factory=dict, description="name: figures that are not independent of each other"
    )
    rows: dict[Text, RowPart] = Field(default_factory=dict, description="name: shares that are drawn together")
    posterior: Text = Field(
        default="", description="posterior.nc of a calibration, whose parameters are drawn from it together"
    )
