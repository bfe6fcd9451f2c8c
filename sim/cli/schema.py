"""The command ``families schema``: the JSON Schema of configs."""

from __future__ import annotations

from sim.console.printing import say

EXAMPLES = ("families schema > schema.json",)


def command() -> None:
    """Print the JSON Schema of configs, for editors."""
    from sim.config.schema.config import json_schema

    say(json_schema(), nl=False)
