"""The page of the docs says of each lever what the application says, and takes no more words to do so."""

from __future__ import annotations

from sim.app.levers.listed import levers
from sim.app.levers.study import open_study
from sim.app.levers.texts import TEXTS
from tests.places import DOCS


def test_the_docs_say_of_each_lever_what_the_application_says(tmp_path):
    page = " ".join((DOCS / "app.md").read_text(encoding="utf-8").split())
    found = levers(open_study("national", tmp_path))
    assert {one.name for one in found} == set(TEXTS)
    for one in found:
        assert f"### {one.title} {one.text}" in page
