"""The application in a browser: it opens on the answer, a lever moves it, it says what a run says; and no network.

What needs a browser takes long and is run by ``make test-all``; that strangers are refused is always tested.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from sim.app.levers.listed import levers
from sim.app.levers.position import as_sets, from_address
from sim.app.levers.study import open_study
from sim.app.work.headline import figures_of
from sim.app.work.six import six
from sim.config.loading import load
from sim.results.folder.store import read_results
from sim.runs.ensemble import simulate
from tests.app.browser import CHROMIUM, PATIENT, WHY_NONE, Served, browsing, served
from tests.axe import axe_core
from tests.places import APPLICATION, ROOT

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason=WHY_NONE)
NUMBERS = "#answer .six .number"
SETTLED = "body:not(.moving) #answer .stamp:not(.old):has-text('all replications')"
expect.set_options(timeout=PATIENT)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with served(str(APPLICATION), tmp_path_factory.mktemp("working")) as running:
        yield running


@pytest.fixture(scope="module")
def browser():
    with browsing() as opened:
        yield opened


@pytest.fixture
def context(browser: Browser):
    held = browser.new_context(viewport={"width": 1280, "height": 900})
    held.set_default_timeout(PATIENT)
    yield held
    held.close()


def opened(context: BrowserContext, server: Served, query: str = "") -> Page:
    """Open the page and wait for its figures."""
    page = context.new_page()
    page.goto(f"{server.address}{'&' if query else ''}{query}")
    page.wait_for_selector(SETTLED)
    return page


def move(page: Page, name: str, value: str) -> None:
    """Move a lever as a hand does: along, then let go."""
    page.evaluate(
        """([name, value]) => { const held = document.getElementById("lever-" + name); held.value = value;
        for (const kind of ["input", "change"]) held.dispatchEvent(new Event(kind, {bubbles: true})); }""",
        [name, value],
    )


def numbers(page: Page) -> list[str]:
    """Read the six figures."""
    return page.locator(NUMBERS).all_inner_texts()


def six_of(sets: str, tmp_path: Path) -> list[str]:
    """Give the six figures of an address as a run of the study says them."""
    study = open_study(str(APPLICATION), tmp_path)
    settings = from_address(levers(study), sets).settings(levers(study))
    ds = simulate(load(APPLICATION, [*study.quick, "effect_set=[measured]", *as_sets(settings)]), rows=False)
    return [one.number for one in six(figures_of(ds, "integrated", "measured"))]


@pytest.mark.slow
def test_it_opens_on_the_answer_a_lever_moves_it_and_nothing_is_fetched_from_elsewhere(context, server, tmp_path):
    asked: list[str] = []
    context.on("request", lambda request: asked.append(request.url))
    errors: list[str] = []
    context.on("weberror", lambda error: errors.append(str(error.error)))
    page = opened(context, server)
    before = numbers(page)
    assert before == six_of("", tmp_path)
    assert "token" not in page.url
    move(page, "caseload", "10")
    move(page, "post_price", "4500")
    page.wait_for_url("**caseload=10**post_price=4500*")
    expect(page.locator(NUMBERS).first).not_to_have_text(before[0], timeout=PATIENT)
    page.wait_for_selector(SETTLED)
    assert numbers(page) == six_of("caseload=10&post_price=4500", tmp_path)
    assert asked
    assert all(url.startswith((f"http://127.0.0.1:{server.port}/", "data:")) for url in asked), asked
    assert not errors


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, False),
        ({"Host": "evil.example"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Cookie": "families_app_1=no"}, False),
        ({"Cookie": None}, True),
    ],
)
def test_strangers_are_refused(server, headers, allowed):
    """Of the page and of the websocket; ``None`` stands for the right cookie."""
    held = {key: server.cookie if value is None else value for key, value in headers.items()}
    if "Cookie" not in held and headers:
        held["Cookie"] = server.cookie
    for path, more in (("/", {}), ("/app/app.js", {}), ("/websocket/", UPGRADE)):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        origin = {"Origin": f"http://127.0.0.1:{server.port}"} if more else {}
        connection.request("GET", path, headers={**origin, **more, **held})
        status = connection.getresponse().status
        assert status == (101 if allowed and more else 200 if allowed else 403), path
        connection.close()


UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
           "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="}  # fmt: skip


@pytest.mark.slow
def test_of_ten_quick_moves_the_last_one_stands(context, server, tmp_path):
    page = opened(context, server)
    for value in range(5, 15):
        move(page, "caseload", str(value))
        page.wait_for_timeout(200)
    page.wait_for_url("**caseload=14*")
    page.wait_for_selector(SETTLED)
    assert numbers(page) == six_of("caseload=14", tmp_path)
    assert page.locator(".lever.beyond[data-lever='caseload'] .beyond").is_visible()


@pytest.mark.slow
def test_a_saved_position_run_by_the_command_gives_the_same_figures(context, server):
    page = opened(context, server, "caseload=8&posts=45&effect=50")
    shown = numbers(page)
    page.click("#save")
    page.fill("#dialog-name", "my_position")
    page.click("#dialog-ok")
    expect(page.locator("#dialog-text")).to_contain_text("Saved as my_position.yaml")
    saved = server.folder / "my_position.yaml"
    assert "extends:" in saved.read_text(encoding="utf-8")
    command = [sys.executable, "-m", "sim.cli"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    subprocess.run([*command, "check", saved.name], cwd=server.folder, env=env, check=True, capture_output=True)
    out = server.folder / "again"
    run = [*command, "run", saved.name, "--out", str(out), "--quiet", "--totals"]
    subprocess.run(run, cwd=server.folder, env=env, check=True)
    ds = read_results(out)[0]
    assert [one.number for one in six(figures_of(ds, "integrated", "measured"))] == shown


@pytest.mark.slow
def test_names_from_outside_reach_no_path(context, server):
    page = opened(context, server)
    for name in ("../../etc/cron", "/tmp/x", "a\x00b", "CON:", "<script>", "x" * 200):
        page.evaluate("name => Shiny.setInputValue('save', name, {priority: 'event'})", name)
        expect(page.locator("#dialog-title")).to_have_text("Not saved", timeout=PATIENT)
        page.click("#dialog-cancel")
    page.evaluate("Shiny.setInputValue('position', 'caseload=8&extends=/etc/passwd', {priority: 'event'})")
    expect(page.locator("#dialog-text")).to_contain_text("there is no such lever", timeout=PATIENT)
    assert not [path for path in server.folder.rglob("*") if path.suffix == ".yaml" and path.stem != "my_position"]


@pytest.mark.slow
def test_a_killed_worker_and_two_tabs_are_survived(context, server, tmp_path):
    one, other = opened(context, server, "caseload=7"), opened(context, server)
    children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    if children.exists():
        for child in children.read_text().split():
            if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
                os.kill(int(child), signal.SIGKILL)
    move(other, "caseload", "9")
    other.wait_for_url("**caseload=9*")
    other.wait_for_selector(SETTLED)
    assert numbers(other) == six_of("caseload=9", tmp_path)
    assert numbers(one) == six_of("caseload=7", tmp_path)


@pytest.mark.slow
def test_every_screen_by_keyboard_with_its_numbers(context, server):
    page = opened(context, server)
    page.focus("#tab-answer")
    for name in ("families", "money", "sure"):
        page.keyboard.press("ArrowRight")
        expect(page.locator(f"#tab-{name}")).to_be_focused()
        page.wait_for_selector(f"#parts-{name} table", state="attached")  # folded where the picture says it
        page.wait_for_selector(f"#parts-{name} figure svg")
    for name in ("compare", "sources"):
        page.keyboard.press("ArrowRight")
        page.wait_for_selector(f"#{name} *:visible")
    assert page.locator("#sources table").count() == 2
    page.focus("#lever-caseload")
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**caseload=6.5*")
    page.click("#tab-families")
    page.wait_for_selector("#dots-canvas:visible")
    page.focus("#dots-month")
    page.keyboard.press("ArrowRight")
    assert page.locator("#dots-table tr").count() == 9


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits(browser, server, width, scheme):
    """Nothing scrolls sideways but what says so, text can be read, and the levers have names."""
    held = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    held.set_default_timeout(PATIENT)
    page = opened(held, server)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("input, select, button")].filter((one) =>
        !one.labels?.length && !one.textContent.trim() && !one.ariaLabel).map((one) => one.outerHTML)"""
    )
    assert unnamed == []
    small = page.evaluate(
        """() => [...document.querySelectorAll("body *")].filter((one) => one.offsetParent && !one.childElementCount &&
        one.textContent.trim() && parseFloat(getComputedStyle(one).fontSize) < 11).map((one) => one.outerHTML)"""
    )
    assert small == []
    core = axe_core()
    if core is not None:
        page.evaluate(core.read_text(encoding="utf-8"))
        found = page.evaluate("axe.run().then((found) => found.violations)")
        serious = [one for one in found if one["impact"] in ("serious", "critical")]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in serious] == []
    held.close()


@pytest.mark.slow
def test_the_price_of_an_episode_moves_that_of_a_post_and_both_say_the_same(context, server):
    """What a family's posts cost is so much for each pound that a post costs; the track's nearest step is taken."""
    page = opened(context, server)
    lever = page.locator(".lever[data-lever='post_price']")
    expect(lever.locator("#episode")).to_be_visible()
    each = float(lever.get_attribute("data-each") or 0)
    page.fill("#episode", str(round(5000 * each)))
    page.press("#episode", "Tab")
    page.wait_for_url("**post_price=5000*")
    page.wait_for_selector(SETTLED)
    assert page.input_value("#episode") == str(round(5000 * each))
    assert float(lever.get_attribute("data-each") or 0) == pytest.approx(each)


@pytest.mark.slow
def test_prices_of_another_year_open_the_page_anew_and_keep_what_was_moved(context, server):
    page = opened(context, server, "caseload=8")
    before = numbers(page)
    page.select_option("#lever-prices", "of_2024_25")
    page.wait_for_url("**prices=of_2024_25*")
    page.wait_for_selector(SETTLED)
    expect(page.locator("#answer .stamp")).to_contain_text("pounds of 2024/25")
    assert page.input_value("#lever-caseload") == "8"
    after = numbers(page)
    assert (after[2:4], after[:2]) != (before[2:4], before[:2])
    assert after[2:4] == before[2:4]  # children in care and waiting are counted, and have no price


@pytest.mark.slow
def test_break_even_is_drawn_in_two_levers_of_ones_choice_from_where_the_others_stand(context, server):
    page = context.new_page()
    page.goto(f"{server.address}&caseload=9&screen=sure")
    drawing = page.locator("#surface-drawing")
    page.wait_for_selector("#surface-drawing svg:visible")
    expect(drawing).to_contain_text("Repriced on what was simulated in full")
    page.select_option("#surface-across", "effect")
    expect(drawing).to_contain_text("strength of the effect")
    page.select_option("#surface-down", "effect")
    expect(drawing).to_have_text("Choose two levers that differ.")


@pytest.mark.slow
def test_levers_that_are_simulated_say_where_help_breaks_even_while_the_others_stand(context, server):
    page = opened(context, server)
    said = {name: page.locator(f".lever[data-lever='{name}'] .breaks") for name in ("effect", "caseload")}
    for one in said.values():
        expect(one).to_be_visible()
        expect(one).to_contain_text("breaks even")
    move(page, "caseload", "9")
    expect(said["effect"]).to_be_hidden()
    expect(said["caseload"]).to_be_visible()
    expect(said["effect"]).to_be_visible()


@pytest.mark.slow
def test_pinned_positions_stand_beside_each_other_and_in_the_address(context, server):
    page = opened(context, server)
    page.click("#pin")
    move(page, "caseload", "10")
    page.wait_for_url("**caseload=10*")
    page.wait_for_selector(SETTLED)
    expect(page.locator("#answer")).to_contain_text("What changed since pinned")
    expect(page.locator("#answer .six .more").first).to_contain_text("by chance")
    page.click("#tab-compare")
    expect(page.locator("#compare tbody")).to_contain_text("Families for each key worker")
    expect(page.locator("#compare tbody")).to_contain_text("each family helped, against today's services")
    assert re.search(r"pin=(&|$)", page.url)
    page.reload()
    page.wait_for_selector("#compare td")


@pytest.mark.slow
def test_a_run_in_full_opens_in_place(context, server):
    """Its folder lies under results, and the figures are from then on those of that folder."""
    page = opened(context, server, "caseload=9")
    shown = numbers(page)
    page.click("#full")
    page.fill("#dialog-name", "nine")
    page.click("#dialog-ok")
    expect(page.locator("#dialog-title")).to_have_text("Running in full")
    page.click("#dialog-cancel")
    page.wait_for_selector("#running strong:has-text('finished')")
    assert (server.folder / "results" / "nine" / "summary.json").is_file()
    page.wait_for_selector("body:not(.moving) #answer .stamp:has-text('as a finished run has it (nine)')")
    assert numbers(page) == shown  # a study of two areas is run whole at once


@pytest.mark.slow
def test_hostile_titles_are_text(browser, tmp_path):
    hostile = tmp_path / "hostile.yaml"
    title = "<script>document.title='owned'</script><img src=x onerror=alert(1)>"
    regime = f'regimes: {{siloed: {{title: "{title}"}}}}'
    hostile.write_text(f'title: "{title}"\nextends: {APPLICATION}\n{regime}\n', encoding="utf-8")
    with served(str(hostile), tmp_path) as running:
        held = browser.new_context()
        held.set_default_timeout(PATIENT)
        page = opened(held, running)
        assert page.title() == title
        assert title in page.locator("#answer").inner_text()
        assert page.locator("#answer img").count() == 0
        held.close()
