"""How soon the application answers, in Chromium: ``python -m benchmarks.application [CONFIG] [MOVES]``.

Start, first paint, first figures, a price moved, a behaviour moved, and ten moves within two seconds. Times are of this
machine and of what else it is doing, which is said; nothing here is a test.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page

from tests.app.browser import browsing, served

PATIENT = 600_000
FRESH = "body:not(.moving) #answer .stamp:not(.old)"
SET = """([name, value]) => { const held = document.getElementById("lever-" + name); held.value = value;
  for (const kind of ["input", "change"]) held.dispatchEvent(new Event(kind, {bubbles: true})); }"""
SEEN = """before => new Promise((done) => { const look = () => { const at = document.querySelector("#answer .stamp");
  const now = document.querySelector("#answer .lead").textContent, moving = document.body.classList.contains("moving");
  if (at && !moving && !at.classList.contains("old") && now !== before) done(performance.now());
  else setTimeout(look, 10); }; look(); })"""


def moved(page: Page, name: str, value: float) -> float:
    """Move a lever and give the seconds until the answer has changed."""
    before = page.locator("#answer .lead").inner_text()
    began = page.evaluate("performance.now()")
    page.evaluate(SET, [name, str(value)])
    return (float(page.evaluate(SEEN, before)) - float(began)) / 1000


def told(name: str, seconds: list[float]) -> None:
    """Print the median and the worst."""
    print(f"{name}: median {statistics.median(seconds):.2f} s, worst {max(seconds):.2f} s, of {len(seconds)} moves")


def main(what: str, moves: int) -> None:
    """Measure one study."""
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} at the start")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as working, served(what, Path(working)) as running, browsing() as browser:
        print(f"address printed after {time.perf_counter() - began:.1f} s")
        context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
        context.set_default_timeout(PATIENT)
        page = context.new_page()
        page.goto(running.address)
        paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0")
        print(f"first paint {paint / 1000:.2f} s after the address was opened")
        began = time.perf_counter()
        page.wait_for_selector(FRESH)
        print(f"first figures {time.perf_counter() - began:.1f} s after the page")
        page.wait_for_selector(f"{FRESH}:has-text('all replications')")
        told("a price moved (tier A)", [moved(page, "post_price", 3000 + 25 * (i + 1)) for i in range(moves)])
        behaviour = [moved(page, "caseload", 5 + 0.5 * (i % 12) + 0.5 * (i >= 12)) for i in range(1, moves + 1)]
        told("a behaviour moved (tier B)", behaviour)
        began = time.perf_counter()
        for i in range(10):
            page.evaluate(SET, ["effect", str(10 * i + 5)])  # never 100, which is the study and known
            page.wait_for_timeout(200)
        page.wait_for_selector(f"{FRESH}:has-text('simulated')")
        print(f"ten moves in two seconds: the last one's figures {time.perf_counter() - began - 2.0:.1f} s after it")
        print(f"load {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    asked = sys.argv[1:]
    main(asked[0] if asked else "national", int(asked[1]) if len(asked) > 1 else 50)
