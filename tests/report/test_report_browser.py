"""The page in a real browser: on a phone and on a desk nothing sticks out sideways and every picture has a size."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html import escape, unescape
from pathlib import Path

import pytest

from sim.economics.summary import summarise
from sim.report.gallery import draw_all
from sim.report.html import write_report
from sim.results.dataset import to_dataset
from sim.results.folder.run_record import run_record
from tests import synthetic

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
BROWSER = next((path for name in BROWSERS if (path := shutil.which(name))), None)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-extensions",
    "--virtual-time-budget=5000", "--window-size=1600,1200", "--dump-dom",
)  # fmt: skip
# The page forbids scripts, so a page around it looks into its frame, which has exactly the width asked for.
AROUND = """<!doctype html><meta charset="utf-8"><title>-</title>
<iframe id="page" style="border: 0; width: {width}px; height: 3000px" srcdoc="{page}"></iframe>
<pre id="found"></pre>
<script>
addEventListener("load", () => {{
  const held = document.getElementById("page").contentDocument;
  const colour = getComputedStyle(held.body).backgroundColor;
  document.getElementById("found").textContent = JSON.stringify({{
    width: held.documentElement.clientWidth, needs: held.documentElement.scrollWidth, colour,
    pictures: [...held.querySelectorAll("figure svg[role=img]")].map(svg => {{
      const box = svg.getBoundingClientRect();
      return [box.width, box.height, box.width / svg.viewBox.baseVal.width];
    }}).filter(([wide]) => wide),
  }});
}});
</script>"""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(BROWSER is None, reason=f"needs a browser to look at the page: one of {', '.join(BROWSERS)}"),
]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Make a report with a title and names that are hard to fit."""
    folder = tmp_path_factory.mktemp("page")
    scenario = synthetic.scenario()
    long = "A_name_that_has_no_place_to_break_and_goes_on_for_much_longer_than_any_telephone_is_wide"
    scenario = replace(scenario, title=f"A study {long}", resolved=f"title: {long}\n", origins={long: long})
    ds = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    drawn = draw_all(ds, folder / "figures")
    write_report(folder / "report.html", ds, summarise(ds), run_record(scenario), drawn)
    return (folder / "report.html").read_text(encoding="utf-8")


def look(page: str, width: int, folder: Path, *flags: str) -> dict:
    """Measure the page in a frame of a width."""
    around = folder / "around.html"
    around.write_text(AROUND.format(width=width, page=escape(page)), encoding="utf-8")
    command = [str(BROWSER), *FLAGS, *flags, f"--user-data-dir={folder / 'profile'}", around.as_uri()]
    made = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="found">(.+?)</pre>', made.stdout, re.S)
    assert found, made.stderr[-2000:]
    return dict(json.loads(unescape(found.group(1))))


@pytest.mark.parametrize("width", [390, 790, 820, 1280])
def test_nothing_sticks_out_and_every_picture_can_be_seen(page: str, tmp_path: Path, width: int) -> None:
    found = look(page, width, tmp_path)
    assert found["width"] == pytest.approx(width, abs=20)  # a scroll bar may take some
    assert found["needs"] <= found["width"]
    assert len(found["pictures"]) == page.count("<figure ")
    for wide, high, scale in found["pictures"]:
        assert wide >= 300
        assert high >= 100
        assert scale >= 1.0  # so that text is as large as it was drawn, 11 pixels and more


def test_the_page_is_dark_where_the_reader_asks_for_it(page: str, tmp_path: Path) -> None:
    assert look(page, 390, tmp_path)["colour"] == "rgb(255, 255, 255)"
    assert look(page, 390, tmp_path, "--blink-settings=preferredColorScheme=0")["colour"] == "rgb(22, 25, 29)"
