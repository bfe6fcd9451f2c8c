"""axe-core in a browser: what it finds against WCAG 2.2 AA on a page, where both are there.

It is found under ``AXE_CORE`` (a file), ``node_modules/axe-core`` of the project, or what npm has for everybody.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

from tests.places import ROOT

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((path for name in BROWSERS if (path := shutil.which(name))), None)
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async levels => (await axe.run(document, {runOnly: levels})).violations.map(rule => {
  const where = rule.nodes.slice(0, 3).map(node => node.html.slice(0, 160)).join(" | ");
  return `${rule.id} (${rule.nodes.length}): ${rule.help}: ${where}`;
})"""


@cache
def axe_core() -> Path | None:
    """Find axe.min.js; None where there is none."""
    npm = shutil.which("npm")
    shared = ""
    if npm is not None:
        shared = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, timeout=60, check=False).stdout
    places = (os.environ.get("AXE_CORE", ""), *(f"{folder}/axe-core/axe.min.js" for folder in (
        ROOT / "node_modules", shared.strip()) if str(folder)))  # fmt: skip
    return next((Path(place) for place in places if place and Path(place).is_file()), None)


def why_not() -> str:
    """Say what is missing; nothing where all is there."""
    if BROWSER is None:
        return f"needs a browser: one of {', '.join(BROWSERS)}"
    if axe_core() is None:
        return "needs axe-core: npm install axe-core, or AXE_CORE=.../axe.min.js"
    return ""


def violations(browser: Any, page: Path, width: int = 1280, scheme: str = "light") -> list[str]:
    """List what axe-core finds wrong on a page, everything on it unfolded; ``browser`` is Playwright's."""
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=True)
    try:
        opened = context.new_page()
        opened.goto(page.as_uri())
        opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        opened.add_script_tag(path=str(axe_core()))
        found: list[str] = opened.evaluate(RUN, LEVELS)
        return found
    finally:
        context.close()
