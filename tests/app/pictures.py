"""Takes the pictures of docs/app.md: ``python -m tests.app.pictures [CONFIG] [FOLDER]`` (the nation; docs/images)."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser

from tests.app.browser import PATIENT, Served, browsing, served
from tests.places import DOCS

SETTLED = "body:not(.moving) #answer .stamp:not(.old):has-text('all replications')"


def pictures(browser: Browser, server: Served, folder: Path) -> list[Path]:
    """Take a picture of the answer, families as dots after two years, a phone, and positions side by side."""
    held = browser.new_context(viewport={"width": 1280, "height": 900})
    held.set_default_timeout(4 * PATIENT)
    page = held.new_page()
    page.goto(server.address)
    page.wait_for_selector(SETTLED)
    page.wait_for_selector("#answer .ghost")
    names = [folder / f"app_{name}.png" for name in ("answer", "families", "compare", "phone")]
    page.screenshot(path=names[0])
    page.click("#tab-families")
    page.wait_for_selector("#dots-canvas:visible")
    page.evaluate("""() => { const held = document.getElementById("dots-month"); held.value = 35;
        held.dispatchEvent(new Event("input", {bubbles: true})); }""")
    page.locator("#dots").screenshot(path=names[1])
    page.click("#pin")
    page.evaluate("""() => { const held = document.getElementById("lever-caseload"); held.value = 10;
        for (const kind of ["input", "change"]) held.dispatchEvent(new Event(kind, {bubbles: true})); }""")
    page.click("#tab-answer")
    page.wait_for_url("**caseload=10*")
    page.wait_for_selector(SETTLED)
    page.click("#tab-compare")
    page.wait_for_selector("#compare td")
    page.screenshot(path=names[2])
    page.click("#tab-answer")
    page.set_viewport_size({"width": 390, "height": 844})
    page.screenshot(path=names[3])
    held.close()
    return names


if __name__ == "__main__":
    what, to = (*sys.argv[1:], *("national", str(DOCS / "images"))[len(sys.argv) - 1 :])
    with tempfile.TemporaryDirectory() as working, served(what, Path(working)) as running, browsing() as opened:
        for path in pictures(opened, running, Path(to)):
            print(path)
