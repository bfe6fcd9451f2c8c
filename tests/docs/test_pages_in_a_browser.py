"""What people open, in a real browser: nothing is fetched, sticks out or fails, and all of it can be read aloud.

A report of a run with its single families, a page on uncertainty, and the front page, formulas and Python reference of
the site, on a telephone (390 pixels) and on a desk (1280). Headings must be in order and begin with one title (Web
Content Accessibility Guidelines 2.2, 1.3.1 and 2.4.6), pictures must say what they show (1.1.1), and text must not need
scrolling in two directions (1.4.10).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.docs.snippets import ROOT, invoke

playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install playwright")

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((path for name in BROWSERS if (path := shutil.which(name))), None)
WIDTHS = (390, 1280)
SITE = ("index", "results", "concepts", "tutorial", "equations", "api", "notebooks/01_first_run")
PAGES = ("report.html", "uncertainty.html", *(f"site/{name}.html" for name in SITE))
LOOK = """() => {
  const seen = element => element.getClientRects().length > 0;
  const named = element => element.getAttribute("aria-label") || element.getAttribute("alt")
    || (element.getAttribute("aria-labelledby") && document.getElementById(element.getAttribute("aria-labelledby")))
    || element.querySelector("title");
  return {
    width: document.documentElement.clientWidth,
    needs: document.documentElement.scrollWidth,
    language: document.documentElement.lang,
    title: document.title,
    headings: [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(seen).map(h => Number(h.tagName[1])),
    nameless: [...document.querySelectorAll("img, svg[role=img]")].filter(seen).filter(e => !named(e))
      .map(e => e.outerHTML.slice(0, 120)),
    unlabelled: [...document.querySelectorAll("main a[href]")].filter(seen)
      .filter(a => !a.textContent.trim() && !a.getAttribute("aria-label") && !a.title)
      .map(a => a.outerHTML.slice(0, 120)),
    headless: [...document.querySelectorAll("table")].filter(seen).filter(t => !t.querySelector("th")).length,
  };
}"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason=f"needs a browser to look at the pages: one of {', '.join(BROWSERS)}"),
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the pages that are looked at, in one folder."""
    folder = tmp_path_factory.mktemp("pages")
    out, sure = folder / "run", folder / "sure"
    for words in (
        ["run", "demo", "--replications", "2", "--out", str(out), "--quiet"],
        ["report", str(out), "--families"],
        ["uncertainty", "demo", "--draws", "6", "--set", "clock.steps=24", "--set", "units.family.warm_up=12",
         "--out", str(sure), "--quiet"],
    ):  # fmt: skip
        made = invoke(words)
        assert made.exit_code == 0, made.output
    shutil.copy(out / "report.html", folder)
    shutil.copy(sure / "uncertainty.html", folder)
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(folder / "site")]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=300)
    return folder


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_: Any) -> None:
        """Keep still."""


@pytest.fixture(scope="module")
def address(pages: Path) -> Iterator[str]:
    """Serve the pages on this machine alone: the search of the site needs a server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(pages))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Open the browser that this machine has."""
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=BROWSER)
        yield opened
        opened.close()


def look(browser: Any, address: str, name: str, width: int) -> tuple[dict[str, Any], list[str], list[str]]:
    """Open a page and give what it looks like, what it fetched from elsewhere and what went wrong."""
    fetched: list[str] = []
    wrong: list[str] = []
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.on("request", lambda request: fetched.append(request.url))
    page.on("console", lambda message: wrong.append(message.text) if message.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("requestfailed", lambda request: wrong.append(f"not found: {request.url}"))
    page.goto(f"{address}/{name}", wait_until="networkidle")
    found = page.evaluate(LOOK)
    context.close()
    return found, [url for url in fetched if not url.startswith((address, "data:", "blob:"))], wrong


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_a_page_can_be_read(browser: Any, address: str, name: str, width: int) -> None:
    found, elsewhere, wrong = look(browser, address, name, width)
    assert elsewhere == []
    assert wrong == []
    assert found["needs"] <= found["width"], "something sticks out sideways"
    assert found["title"]
    assert found["language"].startswith("en")
    headings = found["headings"]
    assert headings.count(1) == 1
    assert headings[0] == 1
    for before, after in pairwise(headings):
        assert after <= before + 1, f"a heading of level {after} under one of level {before}: {headings}"
    assert found["nameless"] == []
    assert found["unlabelled"] == []
    assert found["headless"] == 0


def test_a_page_on_its_own_asks_for_nothing(browser: Any, pages: Path) -> None:
    """A report that is sent by mail is one file: opened from the disk it asks for itself alone."""
    context = browser.new_context()
    page = context.new_page()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    for name in ("report.html", "uncertainty.html"):
        page.goto((pages / name).as_uri(), wait_until="networkidle")
    assert [Path(url).name for url in fetched] == ["report.html", "uncertainty.html"]
    context.close()


def test_the_site_finds_a_word(browser: Any, address: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{address}/site/index.html", wait_until="networkidle")
    page.fill("input[name=query]", "frailty")
    page.wait_for_selector(".md-search-result__item", timeout=10_000)
    assert "frailty" in page.inner_text(".md-search-result__list").lower()
    page.close()
