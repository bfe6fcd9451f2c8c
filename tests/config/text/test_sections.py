"""Some sections of a config read alone are what they are in the whole, at the same line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.config.text import library
from sim.config.text.layers import load_tree
from sim.config.text.source import read
from sim.config.views.catalogue import SHOWN

SHIPPED = ("scenarios/leicestershire", "scenarios/one_area", "scenarios/care_at_home", "textbook/erlang")


@pytest.mark.parametrize("name", SHIPPED)
def test_sections_of_a_shipped_config(name: str) -> None:
    path = library.find(f"{name}.yaml")
    assert path is not None
    whole, some = load_tree(path), load_tree(path, only=SHOWN)
    assert [some.mapping.get(key) for key in SHOWN] == [whole.mapping.get(key) for key in SHOWN]


@pytest.mark.parametrize(
    "text",
    [
        "a: 1\nunits: {x: 2}\n",
        "# told\n\na:\n  - units\n\n\nunits:\n  x: 2 # here\n\n# end\nb: c\n",
        "{units: {x: 2}, a: 1}\n",
        "a: &kept {x: 2}\nunits: *kept\n",
        "a: |\n  units: 3\nunits: {\n  x: 2\n}\nb: 4\n",
        "---\nunits: {x: 2}\n",
        '"a": 1\nunits: {x: 2}\n"units of others": 3\n',
        "a: 1\n",
    ],
)
def test_sections_in_other_ways_of_writing(tmp_path: Path, text: str) -> None:
    """Ways in which sections cannot be read apart are read whole."""
    path = tmp_path / "one.yaml"
    path.write_text(text)
    assert read(path, ("units",)).mapping.get("units") == read(path).mapping.get("units")
