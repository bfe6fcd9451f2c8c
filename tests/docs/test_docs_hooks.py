"""What the site makes of pages: a flowchart becomes a drawing with every box and word, a formula MathML."""

from __future__ import annotations

import sys
from itertools import pairwise

import pytest

from tests.docs.snippets import DOCS

sys.path.insert(0, str(DOCS / "assets"))

import diagrams
import hooks
import notebook_pages

CHART = """flowchart LR
  settled -- relapse --> edge[edge of care] -- settling --> settled
  edge -. asks .-> help([help, four months])
"""


def test_a_flowchart_has_its_boxes_and_arrows() -> None:
    chart = diagrams.parse(CHART)
    assert {name: (box.label, box.service) for name, box in chart.boxes.items()} == {
        "settled": ("settled", False), "edge": ("edge of care", False), "help": ("help, four months", True),
    }  # fmt: skip
    assert [(a.source, a.target, a.word, a.dotted) for a in chart.arrows] == [
        ("settled", "edge", "relapse", False), ("edge", "settled", "settling", False), ("edge", "help", "asks", True),
    ]  # fmt: skip
    diagrams.place(chart)
    assert [box.column for box in chart.boxes.values()] == [0, 1, 2]


def test_boxes_do_not_lie_on_each_other() -> None:
    for page in sorted(DOCS.rglob("*.md")):
        for text in hooks.MERMAID.findall(page.read_text(encoding="utf-8")):
            chart = diagrams.parse(text)
            diagrams.place(chart)
            boxes = sorted(chart.boxes.values(), key=lambda box: (box.row, box.x))
            for left, right in pairwise(boxes):
                assert left.row != right.row or left.x + left.wide / 2 < right.x - right.wide / 2, (page.name, left)


def test_a_drawing_says_in_words_what_it_shows_and_escapes() -> None:
    made = diagrams.flowchart("flowchart LR\n  a[a & <b>] -- x --> c\n")
    assert "<title>a &amp; &lt;b&gt; to c (x)</title>" in made
    assert "<b>" not in made


def test_what_is_no_flowchart_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the line '  --> \?'"):
        diagrams.parse("flowchart LR\n  --> ?\n")


def test_formulas_become_mathml() -> None:
    made = hooks.on_page_markdown("A rate $`h_{ab}`$ and\n\n```math\n\\frac{a}{b}\n```\n")
    assert "<span><math" in made
    assert '<div class="formula"><math' in made
    assert "<mfrac>" in made
    assert "$" not in made
    assert "```" not in made


def test_a_notebook_is_a_page_with_its_own_pictures() -> None:
    text = "![png](output_3_0.png)\n<div>\n<style scoped>\n td {}\n</style>\n<table>\n[queues](../docs/queues.md)\n"
    made = notebook_pages.page(text, "04_queues")
    assert made == "![What the code above draws](04_queues_output_3_0.png)\n<div>\n\n<table>\n[queues](../queues.md)\n"


def test_parts_of_the_readme() -> None:
    assert hooks.readme_part("intro").startswith("Simulates what happens")
    assert "](images/difference.png)" in hooks.readme_part("intro")
    assert hooks.readme_part("sentence").startswith("> **")
    with pytest.raises(ValueError, match="no part 'weather': from <!-- weather --> to"):
        hooks.readme_part("weather")
