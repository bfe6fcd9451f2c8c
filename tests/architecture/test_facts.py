"""Facts of a run and names of outputs are spelt in one room: elsewhere nobody reads attributes or takes names apart."""

from __future__ import annotations

import re

import pytest

from tests.places import ROOT

SOURCES = sorted([*(ROOT / "sim").rglob("*.py"), *(ROOT / "calibration").rglob("*.py")])
READ = re.compile(r"\.attrs\b")
APART = re.compile(r"""split\("\|"\)|\}\|\{|"(net|cost|spend|gross|intervention)\|""")


@pytest.mark.parametrize("pattern", [READ, APART], ids=["attributes", "names of outputs"])
def test_only_results_know_how_facts_are_spelt(pattern: re.Pattern[str]) -> None:
    elsewhere = [path for path in SOURCES if not path.is_relative_to(ROOT / "sim" / "results")]
    assert not [path.relative_to(ROOT).as_posix() for path in elsewhere if pattern.search(path.read_text("utf-8"))]
