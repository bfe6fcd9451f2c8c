"""The reference of the language, made from its tables and the schema, so that it cannot differ from what is checked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from sim.config.schema.base import Part
from sim.config.schema.config import Config
from sim.language.functions import FUNCTIONS
from sim.language.names import WORDS

BEGIN = "<!-- made from the schema: begin -->"
END = "<!-- made from the schema: end -->"


def markdown() -> str:
    """Write the reference: functions and names of expressions, and a table of keys for each mapping of a config.

    Returns
    -------
        Markdown text, mappings in the order in which a config holds them.
    """
    keys = (line for name, model in _sections() for line in _section(name, model))
    return "\n".join([*_functions(), *_words(), *keys])


_WHEN = {
    "parse": "at once",
    "compile": "for the whole run",
    "row": "row by row",
    "step": "step by step",
    "never": "not in expressions",
}


def _functions() -> Iterator[str]:
    """List the functions of expressions."""
    yield from ("### Functions", "", "| function | gives | known |", "|---|---|---|")
    for name, function in FUNCTIONS.items():
        yield f"| `{name}({function.shown})` | {function.meaning} | {_WHEN[function.known]} |"
    yield ""


def _words() -> Iterator[str]:
    """List the reserved names of expressions."""
    yield from ("### Reserved names", "", "| name | meaning | known |", "|---|---|---|")
    for name, word in WORDS.items():
        yield f"| `{name}` | {word.meaning} | {_WHEN[word.known]} |"
    yield ""


def _sections() -> list[tuple[str, type[Part]]]:
    """List every model with a name for it, depth first, each once."""
    found: dict[type[Part], str] = {}

    def visit(name: str, model: type[Part]) -> None:
        if model in found:
            return
        found[model] = name
        for key, field in model.model_fields.items():
            for inner in _models(field.annotation):
                visit(f"{name}.{field.alias or key}".removeprefix("a config."), inner)

    visit("a config", Config)
    return [(name, model) for model, name in found.items()]


def _models(kind: Any) -> Iterator[type[Part]]:
    """Find the models inside a type."""
    if isinstance(kind, type) and issubclass(kind, Part):
        yield kind
    for inner in get_args(kind):
        yield from _models(inner)


def _section(name: str, model: type[Part]) -> Iterator[str]:
    """Write one section."""
    yield f"### {'Top level' if name == 'a config' else f'`{name}`'}"
    yield ""
    yield " ".join((model.__doc__ or "").split())
    if model.short:
        yield f"A bare value stands for `{{{model.short}: value}}`."
    yield ""
    yield "| key | default | what it is |"
    yield "|---|---|---|"
    for key, field in model.model_fields.items():
        described = (field.description or "").replace("|", "\\|")
        yield f"| `{field.alias or key}` | {_default(field)} | {described} |"
    yield ""


def _default(field: FieldInfo) -> str:
    """Write a default."""
    if field.is_required():
        return "required"
    value = field.default
    if value is PydanticUndefined or value is None or value in ("", (), {}):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str | int | float):
        return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"
    amount, unit = getattr(value, "amount", None), getattr(value, "unit", "")
    return f"`{amount:g} {unit}`" if amount is not None else ""
