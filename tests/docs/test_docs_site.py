"""The site of docs/ is built without a warning, holds everything that is public, and fetches nothing from anywhere.

A warning of the builder is a broken link, a page in no menu or a name that is not there; each of them fails.
"""

from __future__ import annotations

import html
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

import sim
import sim.report
from tests.docs.snippets import PAGES, ROOT

FETCHING = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href", "object": "data"}
"""Elements that a browser fetches something for by itself, and the attribute that says what."""
HARMLESS = {"canonical", "next", "prev"}
"""Links of a page that no browser follows by itself."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site with warnings as errors."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    return folder


class Fetched(HTMLParser):
    """Collects what a page makes a browser fetch."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag in FETCHING and given.get("rel") not in HARMLESS:
            self.addresses.append(given.get(FETCHING[tag]) or "")


def page(site: Path, name: str) -> str:
    return (site / name).read_text(encoding="utf-8")


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) >= len(PAGES)
    for path in pages:
        text = path.read_text(encoding="utf-8")
        for address in Fetched(text).addresses:
            assert not re.match(r"(https?:)?//", address), f"{path.relative_to(site)}: {address}"
        # The scripts of the theme would fetch a drawing library for these, and figures of a code host for that.
        assert 'class="mermaid"' not in text
        assert "data-md-component=source" not in text
    for path in site.rglob("*.css"):
        assert not re.search(r"url\(['\"]?(https?:)?//|@import", path.read_text(encoding="utf-8")), path.name


def test_every_page_is_in_the_menu(site: Path) -> None:
    """The builder says so of pages in no menu; here the other way round, that each page was made."""
    for name in PAGES:
        made = re.sub(r"README\.md$", "index.md", name).removesuffix(".md") + ".html"
        assert (site / made).is_file(), name


@pytest.mark.parametrize("module", [sim, sim.report], ids=lambda module: module.__name__)
def test_every_public_name_is_in_the_reference(site: Path, module: object) -> None:
    text = page(site, "api.html")
    for name in module.__all__:  # type: ignore[attr-defined]
        assert f'id="{module.__name__}.{name}"' in text, name  # type: ignore[attr-defined]


def test_formulas_and_diagrams_need_no_script(site: Path) -> None:
    text = page(site, "equations.html")
    assert text.count("<math") >= 50
    assert "$`" not in text
    assert "```math" not in text
    telecare = page(site, "scenarios/telecare.html")
    assert "<title>home to hospital (admission)" in telecare
    assert "flowchart LR" not in telecare


def test_the_front_page_says_what_the_readme_says(site: Path) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    told = readme.partition("<!-- sentence -->")[2].partition("<!-- end -->")[0].replace("**", "").split("\n>\n")
    front = " ".join(re.sub(r"<[^>]+>", "", html.unescape(page(site, "index.html"))).split())
    assert len(told) == 2
    for sentence in told:
        assert " ".join(sentence.replace("> ", " ").split()) in front
    assert "search of this site needs it to be served" in front


def test_every_notebook_is_a_page_with_its_pictures(site: Path) -> None:
    for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb")):
        text = page(site, f"notebooks/{path.stem}.html")
        drawn = path.read_text(encoding="utf-8").count('"image/png"')
        shown = re.findall(rf'<img alt="What the code above draws" src="({path.stem}_output_\d+_\d+\.png)"', text)
        assert len(shown) == drawn > 0, path.name
        assert all((site / "notebooks" / name).is_file() for name in shown)
        assert f'href="{path.stem}.html"' in page(site, "notebooks/index.html")


def test_no_page_of_prose_is_long() -> None:
    """One page, one job: pages that people read through, not look things up in."""
    looked_up = {"decisions.md", "evidence.md", "language_reference.md", "outputs.md", "calibration.md", "appraisal.md"}
    for name in set(PAGES) - looked_up:
        text = re.sub(r"^```.*?^```$", "", (ROOT / "docs" / name).read_text(encoding="utf-8"), flags=re.M | re.S)
        prose = [line for line in text.splitlines() if not line.startswith("|")]
        assert len(" ".join(prose).split()) < 2500, name


def test_the_glossary_is_in_order() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = [line.split("|")[1].strip().strip("*").lower() for line in text.splitlines() if line.startswith("| ")][1:]
    assert len(words) > 60
    assert len(set(words)) == len(words)
    assert words == sorted(words)
