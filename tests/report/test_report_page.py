"""The page: two sentences that say no more than the numbers, headings in order, names of everything, nothing hidden."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from sim.economics.summary import summarise
from sim.errors import ResultError
from sim.evaluation.checks.beside import panel
from sim.evaluation.checks.judging import Check
from sim.report.answer import answer, basis
from sim.report.assumptions import left_out, name_of, parts, span_of
from sim.report.extras import read_extras
from sim.report.gallery import draw_all
from sim.report.html import write_report
from sim.results.dataset import to_dataset
from sim.results.folder.run_record import run_record
from tests import synthetic
from tests.places import ROOT

CONFIG = """\
title: A study
parameters:
  face: {value: 0.3, low: 0.2, high: 0.4, unit: share, source: assumption, why: <b>nobody</b> counted it}
costs:
  "a. lines":
    price: {value: 12.5, unit: gbp, price_year: 2015/16, source: C1, locator: table 2, quality: green}
"""


def summary_of(net: tuple[float, float | None, float | None], spend: str = "extra", sets: int = 1) -> dict[str, Any]:
    """Make the parts of a summary that the answer reads."""
    mean, low, high = net
    names = ("measured", "no_effect")[:sets]
    made = [
        {
            "name": f"integrated/{name}", "against": f"siloed/{name}", "against_regime": "siloed", "spend": spend,
            "ledgers": {"narrow": {"social": {"net": {"mean": mean, "low": low, "high": high}}}},
        }
        for name in names
    ]  # fmt: skip
    terms = {"ledger": "narrow", "price_year": "2015/16", "base_year": "2012/13", "horizon_years": 5.0,
             "evidence_ends_month": 24.0, "schedule": "green_book"}  # fmt: skip
    return {
        "families": 1200, "unit": "family", "baseline": "siloed", "interval": "monte_carlo",
        "appraisal": {"terms": terms, "comparisons": made}, "differences": {"integrated/measured": {}},
        "regimes": {f"{regime}/{name}": {} for name in names for regime in ("siloed", "integrated")},
    }  # fmt: skip


def test_a_loss_and_a_gain_are_said_with_their_intervals() -> None:
    first, second = answer(summary_of((-2.5e6, -3e6, -2e6)))
    assert "help for 1,200 families (integrated) costs £2.5m (£2.0m to £3.0m) more than it saves" in first
    assert "when paid for on top of siloed, over 5 years" in first
    assert "95% intervals are of chance alone, narrow ledger, 2015/16 prices" in first
    assert second == "No other reading of the evidence was run, and nothing is known beyond month 24 of help."
    gain, _ = answer(summary_of((25e6, 20e6, 30e6), "equal"))
    assert "saves £25m (£20m to £30m) more than it costs against siloed, which spends as much" in gain


def test_what_chance_could_have_made_is_no_difference() -> None:
    first, _ = answer(summary_of((2e6, -1e6, 5e6)))
    assert "makes no difference that can be told from chance (−£1.0m to +£5.0m)" in first
    assert "saves" not in first
    assert "changes nothing" in answer(summary_of((0.0, None, None)))[0]


def test_without_intervals_none_are_claimed() -> None:
    first, _ = answer(summary_of((-2e6, None, None)))
    assert "95%" not in first
    assert "£2.0m more than it saves" in first


def test_other_readings_are_said_with_their_sign() -> None:
    _, second = answer(summary_of((-250_000.0, -300_000.0, -200_000.0), sets=2))
    assert "this balance becomes −£250,000 (−£300,000 to −£200,000) under “no effect”" in second


def test_a_run_of_one_regime_compares_nothing() -> None:
    scenario = synthetic.scenario(sets=("measured",))
    alone = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    summary = summarise(alone)
    summary |= {"differences": {}, "appraisal": None, "regimes": {"siloed": summary["regimes"]["siloed/measured"]}}
    first, second = answer(summary)
    assert first.startswith("A family costs £")
    assert second == "One regime was run, so that nothing is compared."
    assert dict(basis(summary, {})).keys() == {"Parameters", "Intervals", "Doubt about the inputs"}


def test_the_register_is_that_of_the_config_that_was_run() -> None:
    found = parts({"config": CONFIG, "origins": {}})
    assert [(part.title, part.assumed) for part in found] == [("Parameters", 1), ("Unit costs", 0)]
    face, price = found[0].entries[0], found[1].entries[0]
    assert (name_of(face), span_of(face)) == ("face", "0.2 to 0.4")
    assert (name_of(price), span_of(price)) == ("a. lines › price", "")
    assert parts({"config": "a: [1", "origins": {}}) == []


def test_what_is_left_out_is_what_the_docs_say() -> None:
    docs = (ROOT / "docs" / "model.md").read_text(encoding="utf-8")
    said = [line[2:] for line in docs.split("## What it leaves out\n")[1].split("\n## ")[0].splitlines() if line]
    england = left_out({"origins": {"chains.crisis": "configs/model/needs.yaml:3:1"}})
    assert england[-len(said) :] == said
    assert len(left_out({"origins": {}})) == len(england) - len(said)


def test_a_red_check_stays_red() -> None:
    made = panel([
        Check(3, "wide", "wide cost", 90_000.0, "gbp", 60_000.0, 83_000.0, "fail", "too dear", "C2"),
        Check(9, "posts", "posts", None, "posts", 3_500.0, None, "not evaluated", "no team", "D10"),
    ])  # fmt: skip
    assert [(one.verdict, one.value, one.allowed) for one in made] == [
        ("outside", "90,000 gbp", "60,000 to 83,000"), ("not evaluated", "–", "from 3,500"),
    ]  # fmt: skip


def test_damaged_extras_name_the_file(tmp_path: Path) -> None:
    assert read_extras(tmp_path).checks == ()
    (tmp_path / "checks.json").write_text("[{", encoding="utf-8")
    with pytest.raises(ResultError, match=r"checks\.json is damaged"):
        read_extras(tmp_path)
    (tmp_path / "checks.json").write_text('[{"colour": 1}]', encoding="utf-8")
    with pytest.raises(ResultError, match="another version"):
        read_extras(tmp_path)


class Outline(HTMLParser):
    """Collects headings, ids, what refers to them, and which figures have a name and a table."""

    def __init__(self) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.refers: list[str] = []
        self.figures = self.named = self.tables = 0
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        held = dict(attrs)
        self.ids += [held["id"]] if held.get("id") else []
        self.refers += [held[key] for key in ("aria-labelledby",) if held.get(key)]
        self.refers += [held["href"][1:]] if (held.get("href") or "").startswith("#") else []
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "figure":
            self.figures, self.inside = self.figures + 1, True
        if tag == "svg":
            self.named += held.get("role") == "img" and bool(held.get("aria-labelledby"))
        self.tables += tag == "table" and self.inside

    def handle_endtag(self, tag: str) -> None:
        self.inside &= tag != "figure"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    scenario = synthetic.scenario()
    ds: xr.Dataset = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    run = {**run_record(scenario), "config": CONFIG, "origins": {"seed": "--set seed=3 4", "title": "toy.yaml:1:1"}}
    write_report(folder / "report.html", ds, summarise(ds), run, draw_all(ds, folder / "figures"))
    return (folder / "report.html").read_text(encoding="utf-8")


def test_headings_have_one_top_and_skip_no_level(page: str) -> None:
    outline = Outline()
    outline.feed(page)
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(outline.levels, outline.levels[1:], strict=False))


def test_every_figure_has_a_name_and_a_table_and_ids_are_unique(page: str) -> None:
    outline = Outline()
    outline.feed(page)
    assert 2 * outline.figures == outline.named == 2 * outline.tables > 20
    assert len(outline.ids) == len(set(outline.ids))
    assert set(outline.refers) <= set(outline.ids)


def test_the_page_says_how_to_get_what_it_lacks_and_how_to_make_it_again(page: str) -> None:
    assert "families report DIR --families" in page
    assert "families report DIR --checks" in page
    assert "families run toy --set &#39;seed=3 4&#39; --out again" in page
    assert "&lt;b&gt;nobody&lt;/b&gt; counted it" in page
    assert json.dumps("again.yaml") not in page
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
