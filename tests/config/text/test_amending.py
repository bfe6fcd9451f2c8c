"""A value is set where it stands and nothing else in the file changes; a file is changed whole or not at all."""

from pathlib import Path

import pytest

from sim.config.text.amending import amend

TEXT = """\
# At the top.
set:
  parameters.a: {value: 1, why: "quoted"}
  # Between.
  parameters.b: {value: 2}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "kept.yaml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def test_values_change_and_all_else_stays(file: Path) -> None:
    amend(file, {("set", "parameters.a", "value"): 0.5, ("fit",): {"seed": 3}})
    assert file.read_text(encoding="utf-8") == TEXT.replace("value: 1", "value: 0.5") + "fit:\n  seed: 3\n"
    assert [path.name for path in file.parent.iterdir()] == ["kept.yaml"]


def test_a_place_that_is_not_there_leaves_the_file_alone(file: Path) -> None:
    with pytest.raises(KeyError, match=r"parameters\.c"):
        amend(file, {("set", "parameters.a", "value"): 0.5, ("set", "parameters.c", "value"): 1})
    assert file.read_text(encoding="utf-8") == TEXT
