"""The kinds of value in the schema: each a reader with what editors are told about it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from sim.config.schema.phrases import (
    Duration,
    FireText,
    Frequency,
    MovePhrase,
    PerThing,
    TargetPhrase,
    read_duration,
    read_fire,
    read_mean,
    read_move,
    read_per_thing,
    read_per_time,
    read_targets,
)
from sim.config.schema.readers import (
    LABEL,
    NAME,
    read_axis,
    read_called,
    read_date,
    read_expression,
    read_financial_year,
    read_flag,
    read_folder_name,
    read_keyed_by_number,
    read_label,
    read_maybe_rest,
    read_name,
    read_names,
    read_number,
    read_point,
    read_schedule,
    read_state,
    read_taken,
    read_text,
    read_whole,
)
from sim.language.evaluate import Expression
from sim.language.functions import FUNCTIONS
from sim.language.names import AXES


def _schema(kind: str | list[str], description: str, **more: Any) -> WithJsonSchema:
    return WithJsonSchema({"type": kind, "description": description, **more})


class _ExpressionSchema:
    """Tells editors of expressions, with the functions that there are when the schema is written."""

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = f"a number or an expression; functions: {', '.join(FUNCTIONS)}"
        return {"type": ["number", "string"], "description": described}


Number = Annotated[float, BeforeValidator(read_number), _schema("number", "a finite number")]
Positive = Annotated[
    float, BeforeValidator(read_number), Field(gt=0), _schema("number", "a number above 0", exclusiveMinimum=0)
]
NotNegative = Annotated[
    float, BeforeValidator(read_number), Field(ge=0), _schema("number", "a number of 0 or more", minimum=0)
]
Share = Annotated[
    float, BeforeValidator(read_number), Field(ge=0, le=1), _schema("number", "from 0 to 1", minimum=0, maximum=1)
]
Whole = Annotated[int, BeforeValidator(read_whole), _schema("integer", "a whole number")]
Count = Annotated[
    int, BeforeValidator(read_whole), Field(ge=0), _schema("integer", "a whole number of 0 or more", minimum=0)
]
AtLeastOne = Annotated[
    int, BeforeValidator(read_whole), Field(ge=1), _schema("integer", "a whole number of 1 or more", minimum=1)
]
Text = Annotated[str, BeforeValidator(read_text), _schema(["string", "number"], "text")]
Called = Annotated[str, BeforeValidator(read_called), _schema("string", "a name, as tables show it")]
FolderName = Annotated[str, BeforeValidator(read_folder_name), _schema(["string", "number"], "a name for a folder")]
FinancialYear = Annotated[
    str, BeforeValidator(read_financial_year), _schema("string", "a financial year", pattern="^[0-9]{4}/[0-9]{2}$")
]
Name = Annotated[str, BeforeValidator(read_name), _schema("string", "a name", pattern=f"^{NAME.pattern}$")]
Label = Annotated[str, BeforeValidator(read_label), _schema("string", "a name", pattern=f"^{LABEL.pattern}$")]
ScheduleName = Annotated[str, BeforeValidator(read_schedule), _schema("string", "a name", pattern=f"^{LABEL.pattern}$")]
State = Annotated[str, BeforeValidator(read_state), _schema("string", "a name of a state", pattern=f"^{NAME.pattern}$")]
Axis = Annotated[str, BeforeValidator(read_axis), WithJsonSchema({"enum": list(AXES), "type": "string"})]
Flag = Annotated[bool, BeforeValidator(read_flag), _schema("boolean", "true or false")]
Expr = Annotated[Expression, BeforeValidator(read_expression), _ExpressionSchema()]
ExprOrRest = Annotated[
    Expression | None, BeforeValidator(read_maybe_rest), _schema(["number", "string"], "an expression, or rest")
]
Length = Annotated[
    Duration,
    BeforeValidator(read_duration),
    _schema(["number", "string"], "a duration such as '9 months'; a bare number is steps"),
]
Mean = Annotated[
    Duration | None,
    BeforeValidator(read_mean),
    _schema(["number", "string"], "a duration above 0 such as '9 months', or now; a bare number is steps"),
]
PerTime = Annotated[
    Frequency,
    BeforeValidator(read_per_time),
    _schema(["number", "string"], "a number per time such as '2.7 / day'; a bare number is per step"),
]
MoveText = Annotated[
    MovePhrase,
    BeforeValidator(read_move),
    _schema("string", "a move 'state -> state'; any stands for every other state, '[state, state]' for several"),
]
Firing = Annotated[
    FireText,
    BeforeValidator(read_fire),
    _schema(
        "string",
        "'chain: state' or 'chain: state -> state' ('[state, state]' for several), either with ' with probability'",
    ),
]
Targets = Annotated[
    tuple[TargetPhrase, ...],
    BeforeValidator(read_targets),
    WithJsonSchema(
        {
            "description": "'chain.worsen', 'chain.improve', 'chain.any', 'chain: state -> state', or a list of these",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        }
    ),
]
Per = Annotated[
    PerThing,
    BeforeValidator(read_per_thing),
    _schema("string", "'service.worker', '.place', '.case', '.start' or '.referral', or a unit"),
]
Date = Annotated[tuple[int, int], BeforeValidator(read_date), _schema("string", "a date such as 2011-04")]
PointOrDate = Annotated[
    int | tuple[int, int],
    BeforeValidator(read_point),
    _schema(["string", "integer"], "a date such as 2012-04, or a number of steps below 1000"),
]
Names = Annotated[
    tuple[str, ...],
    BeforeValidator(read_names),
    WithJsonSchema(
        {
            "description": "a name or a list of names",
            "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
        }
    ),
]
Taken = Annotated[
    int | tuple[str, ...],
    BeforeValidator(read_taken),
    WithJsonSchema(
        {
            "description": "a whole number of 1 or more, a name or a list of names",
            "anyOf": [
                {"type": "integer", "minimum": 1}, {"type": "string"}, {"type": "array", "items": {"type": "string"}},
            ],
        }
    ),
]
NumberKeyed = BeforeValidator(read_keyed_by_number)
