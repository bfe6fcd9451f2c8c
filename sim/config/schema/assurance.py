"""The schema of what a study is for and who answers for it; the assurance pack prints it and no result reads it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, WithJsonSchema, model_validator

from sim.config.schema.base import Part
from sim.config.schema.fields import Text
from sim.config.schema.readers import read_text, refuse

PartOfPack = Literal[
    "purpose", "roles", "review", "sources", "licences", "tests", "checks", "bridge", "calibration", "backtest",
    "controls", "draws", "program", "reproduction",
]  # fmt: skip
"""What a pack may lack; ``sim.studies.assure`` says what each is and what brings it."""
ROLES = ("commissioner", "analyst", "assurer", "approver")


def _day(value: object) -> str:
    """Read a day such as 2027-03-31."""
    text = read_text(value)
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise refuse(f"given '{text}'; write a day as 2027-03-31") from None


Day = Annotated[
    str, BeforeValidator(_day), WithJsonSchema({"type": "string", "description": "a day such as 2027-03-31"})
]


class AssurancePart(Part):
    """What a study is for, what it must not be used for, and who answers for it."""

    purpose: Text | None = Field(default=None, description="the question that it answers, in a sentence")
    decision: Text | None = Field(
        default=None,
        description="the decision that it is to inform; a study with one must bring every part of its assurance pack",
    )
    not_for: tuple[Text, ...] = Field(default=(), description="uses for which it was not made, a sentence each")
    review_by: Day | None = Field(default=None, description="the day after which it is not to be used without review")
    commissioner: Text | None = Field(default=None, description="who asks for the analysis and accepts it")
    analyst: Text | None = Field(default=None, description="who leads the analysis")
    assurer: Text | None = Field(default=None, description="who reviews it; never the analyst")
    approver: Text | None = Field(default=None, description="who signs it off")
    without: dict[PartOfPack, Text] = Field(
        default_factory=dict, description="a part of the pack that is left out on purpose: why that is proportionate"
    )

    @model_validator(mode="after")
    def _apart(self) -> Self:
        """Whoever does the analysis does not assure it."""
        if self.assurer is not None and self.assurer == self.analyst:
            raise refuse("is the analyst, too; the assurer must be somebody else", field="assurer")
        return self
