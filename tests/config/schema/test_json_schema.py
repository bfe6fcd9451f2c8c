"""The JSON Schema for editors accepts every config that is right; a small checker stands in for an editor.

The checker knows the words of JSON Schema that the schema uses; any other word fails the test.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from sim.config.text.merge import prune
from sim.config.text.source import plain, read
from tests.places import ROOT, VALID

SCHEMA = json.loads((ROOT / "configs" / "schema.json").read_text(encoding="utf-8"))
KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int}
SAID = {"description", "title", "default", "$defs", "$schema"}


def is_kind(value: Any, kind: str) -> bool:
    if kind in ("number", "integer") and isinstance(value, bool):
        return False
    if kind == "number" or (kind == "integer" and isinstance(value, float) and value.is_integer()):
        return isinstance(value, int | float)
    return isinstance(value, KINDS[kind])


def wrong(value: Any, schema: dict[str, Any], path: str = "") -> list[str]:
    """List what a schema refuses in a value."""
    if "$ref" in schema:
        return wrong(value, SCHEMA["$defs"][schema["$ref"].rsplit("/", 1)[1]], path)
    found = []
    for word, rule in schema.items():
        found += [f"{path}: {reason}" for reason in CHECKS[word](value, rule)] if word in CHECKS else []
        unknown = word not in CHECKS and word not in NESTED and word not in SAID
        assert not unknown, f"the checker does not know '{word}'"
    if "anyOf" in schema:
        tries = [wrong(value, option, path) for option in schema["anyOf"]]
        found += [] if any(not one for one in tries) else max(tries, key=lambda one: len(one[0]))
    if isinstance(value, dict):
        found += in_mapping(value, schema, path)
    if isinstance(value, list):
        for i, item in enumerate(value):
            found += wrong(item, schema.get("items") or {}, f"{path}.{i}")
    return found


def in_mapping(value: dict[str, Any], schema: dict[str, Any], path: str) -> list[str]:
    found = []
    for key, item in value.items():
        rules = [schema["properties"][key]] if key in schema.get("properties", {}) else []
        rules += [rule for pattern, rule in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
        extra = schema.get("additionalProperties", True)
        if not rules and extra is False:
            found.append(f"{path}.{key}: no key here")
        for rule in rules or ([extra] if isinstance(extra, dict) else []):
            found += wrong(item, rule, f"{path}.{key}")
    return found


def one_of_kinds(value: Any, kinds: str | list[str]) -> list[str]:
    return (
        [] if any(is_kind(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)) else [f"no {kinds}"]
    )


def number(value: Any) -> bool:
    return is_kind(value, "number")


CHECKS = {
    "type": one_of_kinds,
    "enum": lambda value, rule: [] if value in rule else [f"not in {rule}"],
    "const": lambda value, rule: [] if value == rule else [f"not {rule}"],
    "minimum": lambda value, rule: [] if not number(value) or value >= rule else [f"below {rule}"],
    "maximum": lambda value, rule: [] if not number(value) or value <= rule else [f"above {rule}"],
    "exclusiveMinimum": lambda value, rule: [] if not number(value) or value > rule else [f"not above {rule}"],
    "exclusiveMaximum": lambda value, rule: [] if not number(value) or value < rule else [f"not below {rule}"],
    "minItems": lambda value, rule: [] if not isinstance(value, list) or len(value) >= rule else ["too short"],
    "maxItems": lambda value, rule: [] if not isinstance(value, list) or len(value) <= rule else ["too long"],
    "minProperties": lambda value, rule: [] if not isinstance(value, dict) or len(value) >= rule else ["too few"],
    "pattern": lambda value, rule: [] if not isinstance(value, str) or re.search(rule, value) else ["no such name"],
}
NESTED = {
    "anyOf",
    "properties",
    "patternProperties",
    "additionalProperties",
    "items",
    "prefixItems",
    "propertyNames",
    "not",
}
FILES = [*sorted((ROOT / "configs").glob("scenarios/*.yaml")), *sorted((ROOT / "configs").glob("textbook/*.yaml"))]
FILES += [*sorted((ROOT / "configs" / "model").rglob("*.yaml")), *sorted((ROOT / "configs" / "costs").glob("*.yaml"))]
FILES += [VALID]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_editors_find_nothing_wrong_in_what_is_right(path: Path) -> None:
    assert wrong(plain(prune(read(path))), SCHEMA) == []


def test_the_checker_refuses_what_is_wrong() -> None:
    assert wrong({"clok": {}}, SCHEMA) == [".clok: no key here"]
    assert wrong({"clock": {"steps": "many"}}, SCHEMA) == [".clock.steps: no integer"]
    assert wrong({"chains": {"a": {"kind": 1}}}, SCHEMA)
