"""The assurance pack against WCAG 2.2 AA by axe-core in a browser: wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sim.studies.assure.contents import pack_of
from sim.studies.assure.exhibits import write_page
from tests import axe
from tests.studies.assure import made

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(axe.BROWSER is None, reason="needs a browser")]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Make a pack that lacks nothing, and one that lacks much."""
    folder = tmp_path_factory.mktemp("packs")
    bare = made.run(verified=None, reproduced=None, backtest=None)
    for name, run in (("whole", made.run()), ("bare", bare)):
        write_page(folder / f"{name}.html", pack_of(run))
    return sorted(folder.glob("*.html"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as opened:
        started = opened.chromium.launch(executable_path=axe.BROWSER, args=list(axe.FLAGS))
        yield started
        started.close()


@pytest.mark.skipif(bool(axe.why_not()), reason=axe.why_not())
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_against_the_guidelines(browser: Any, pages: list[Path], width: int, scheme: str) -> None:
    for page in pages:
        assert axe.violations(browser, page, width, scheme) == []


def test_nothing_has_to_be_moved_sideways(browser: Any, pages: list[Path]) -> None:
    for page in pages:
        for width in (390, 1280):
            opened = browser.new_page(viewport={"width": width, "height": 900})
            opened.goto(page.as_uri())
            assert opened.evaluate("document.documentElement.scrollWidth") <= width
            opened.close()
