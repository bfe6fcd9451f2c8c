"""The page against WCAG 2.2 AA by axe-core in a browser: wide and narrow, light and dark, everything unfolded."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.economics.summary import summarise
from sim.report.gallery import draw_all
from sim.report.html import write_report
from sim.results.folder.run_record import run_record
from tests import axe

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(bool(axe.why_not()), reason=axe.why_not())]

CONFIG = "extends: [demo, appraisal/answer, appraisal/published]\neffect_set: [measured, no_effect, claimed_bound]\n"
SMALL = ["units.family.size=300", "clock.steps=30", "units.family.warm_up=12 months", "replications=2"]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a report with all that the first screen and the page for a submission can hold."""
    folder = tmp_path_factory.mktemp("axe")
    (folder / "asked.yaml").write_text(CONFIG, encoding="utf-8")
    scenario = sim.load(folder / "asked.yaml", SMALL)
    ds = sim.simulate(scenario)
    drawn = draw_all(ds, folder / "figures")
    write_report(folder / "report.html", ds, summarise(ds), run_record(scenario), drawn)
    return folder / "report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as made:
        opened = made.chromium.launch(executable_path=axe.BROWSER, args=list(axe.FLAGS))
        yield opened
        opened.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_against_the_guidelines(browser: Any, page: Path, width: int, scheme: str) -> None:
    assert axe.violations(browser, page, width, scheme) == []


def test_the_first_screen_holds_sentence_figures_readings_and_claims(browser: Any, page: Path) -> None:
    """On a desk of 1280 by 900 and on a telephone of 390 by 844, where small print is asked for; nothing sticks out."""
    ends = "name => Math.max(...[...document.querySelectorAll(name)].map(e => e.getBoundingClientRect().bottom))"
    shown = "[...document.querySelectorAll('.fine')].every(e => e.checkVisibility())"
    for width, height in ((1280, 900), (390, 844)):
        opened = browser.new_page(viewport={"width": width, "height": height})
        opened.goto(page.as_uri())
        assert 0 < opened.evaluate(ends, ".compact") <= height
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        if width == 390:
            assert not opened.evaluate(shown)
            opened.get_by_label("Small print").check()
        assert opened.evaluate(shown)
        opened.close()


def test_the_page_for_a_submission_is_one_printed_page(browser: Any, page: Path, tmp_path: Path) -> None:
    """Printed alone on A4, as the style breaks it from the others."""
    opened = browser.new_page()
    opened.goto(page.as_uri())
    opened.evaluate("document.querySelectorAll('main > :not(#submission)').forEach(one => one.remove())")
    path = tmp_path / "submission.pdf"
    opened.pdf(path=str(path), prefer_css_page_size=True)
    opened.close()
    assert path.read_bytes().count(b"/Type /Page\n") + path.read_bytes().count(b"/Type /Page/") == 1
