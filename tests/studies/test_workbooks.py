"""The workbooks of an uncertainty study and of a best setting hold the numbers of their pages, as numbers.

Read back with another library than the one that writes them; a cell holds 16 significant digits.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import openpyxl
import pytest
import xarray as xr
from openpyxl.workbook import Workbook

from sim.intervals import over_replications
from sim.studies.optimise.answer import Lever, Optimum, Search, Tried, frontier
from sim.studies.optimise.exhibits import plot_frontier, plot_settings, write_optimum
from sim.studies.uncertainty.answer import doubt
from sim.studies.uncertainty.decision import decide
from sim.studies.uncertainty.exhibits import (
    plot_net_benefit,
    plot_swings,
    plot_worth,
    standings,
    worth,
    write_uncertainty,
)

HEAD = 4
DIGITS = 1e-15
TERMS = "2015/16 prices, 5 years, discount schedule green book; evidence ends at month 24"
PARTS = ("narrow ledger", "resources alone", "2015/16 prices", "green book", "evidence ends at month 24")
DRAWS = 120


@pytest.fixture(scope="module")
def table() -> xr.Dataset:
    """Draws of three inputs, net benefit linear in two of them; one name looks like a formula."""
    inputs = np.random.Generator(np.random.PCG64(3)).standard_normal((DRAWS, 3))
    net = 1e6 * (0.4 + inputs @ np.array([1.0, 0.5, 0.0]))
    outputs = np.stack([net, net + 5e6, np.full(DRAWS, 5e6), net / 1e5], axis=1)
    names = ["net|b|a|narrow", "gross|b|a|narrow", "intervention|b|a|narrow", "cost|b|narrow"]
    beliefs = {"x": [0.0, -2.0, 2.0, "normal", False], "=1+1": [0.0, -2.0, 2.0, "gamma", True]}
    return xr.Dataset(
        {
            "inputs": (("draw", "parameter"), inputs), "outputs": (("draw", "output"), outputs),
            "error": (("draw", "output"), np.full_like(outputs, 0.1)),
            "effect_set": ("draw", np.array(["measured"] * DRAWS)),
        },
        {"draw": np.arange(DRAWS), "parameter": ["x", "=1+1", "idle"], "output": names},
        {
            "baseline": "a", "groups": json.dumps({"both": ["x", "=1+1"]}), "weights": json.dumps({"measured": 1.0}),
            "title": "Made up", "terms": TERMS, "beliefs": json.dumps(beliefs), "seed": 3, "solver": "expect",
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(table: xr.Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("uncertainty")
    write_uncertainty(made, table)
    return made


@pytest.fixture(scope="module")
def book(folder: Path) -> Workbook:
    return openpyxl.load_workbook(folder / "workbook.xlsx")


def cells(book: Workbook, sheet: str) -> list[dict[str, object]]:
    heads = [cell.value for cell in book[sheet][HEAD]]
    return [dict(zip(heads, (c.value for c in row), strict=True)) for row in book[sheet].iter_rows(min_row=HEAD + 1)]


def test_every_sheet_is_there_with_its_terms_and_a_link(book: Workbook):
    assert book.sheetnames == [
        "Cover",
        "Contents",
        "Decision",
        "What to find out",
        "Outputs",
        "Inputs",
        "Draws",
        "Provenance",
    ]
    links = [row[0].value for row in book["Contents"].iter_rows() if row[0].hyperlink is not None]
    assert links == book.sheetnames[2:]
    for sheet in ("Decision", "What to find out", "Outputs", "Draws"):
        assert "2015/16 prices" in book[sheet]["A2"].value
        assert "evidence ends at month 24" in book[sheet]["A2"].value
        assert book[sheet].freeze_panes is not None
        assert book[sheet].auto_filter.ref is not None


def test_the_decision_is_that_of_the_json_to_the_last_digit(book: Workbook, folder: Path):
    said = json.loads((folder / "uncertainty.json").read_text(encoding="utf-8"))["narrow"]
    rows = {row["Regime"]: row for row in cells(book, "Decision")}
    b, told = rows["b"], said["standings"][1]
    for heading, value in (
        ("Net present value, £", told["net"]["mean"]), ("Low", told["net"]["low"]), ("High", told["net"]["high"]),
        ("Spread by the inputs, £", told["net"]["parameter_sd"]), ("P(above 0)", told["gains"]),
        ("P(best)", told["best"]), ("Expected loss, £", told["loss"]), ("P(BCR > 1)", told["ratio_above"]["1.0"]),
    ):  # fmt: skip
        assert b[heading] == pytest.approx(value, rel=DIGITS)
    assert rows["a"]["Net present value, £"] is None
    assert rows["perfect information on everything"]["Expected loss, £"] == pytest.approx(said["evpi"]["value"])
    found = cells(book, "What to find out")
    assert [row["Kind"] for row in found] == ["group", "input", "input", "input"]
    assert {row["Input or group"] for row in found} == {"both", "x", "=1+1", "idle"}


def test_outputs_inputs_and_draws_are_those_of_the_table(book: Workbook, table: xr.Dataset):
    for row, name in zip(cells(book, "Outputs"), table["output"].values, strict=True):
        found = doubt(table, str(name))
        assert (row["Mean"], row["Low"]) == (
            pytest.approx(found.mean, rel=DIGITS),
            pytest.approx(found.low, rel=DIGITS),
        )
        assert (row["Against"] or None) == (None if str(name).startswith("cost") else "a")
    inputs = {row["Key"]: row for row in cells(book, "Inputs")}
    assert (inputs["=1+1"]["Distribution"], inputs["=1+1"]["Drawn with others"]) == ("gamma", "yes")
    assert inputs["idle"]["Best estimate"] is None
    draws = cells(book, "Draws")
    assert len(draws) == DRAWS
    assert draws[7]["net, b, a, narrow"] == pytest.approx(float(table["outputs"].values[7, 0]), rel=DIGITS)


def test_numbers_have_formats_and_text_stays_text(book: Workbook):
    sheet = book["Decision"]
    heads = {cell.value: cell.column for cell in sheet[HEAD]}
    net, chance = (sheet.cell(HEAD + 2, heads[name]) for name in ("Net present value, £", "P(above 0)"))
    assert (net.number_format, chance.number_format) == ("#,##0;[Red]-#,##0", "0.00%")
    assert sheet.cell(HEAD, heads["Low"]).comment.text.startswith("95% of the draws")
    texts = [cell for sheet in book for row in sheet.iter_rows() for cell in row if isinstance(cell.value, str)]
    assert all(cell.data_type == "s" for cell in texts)


def test_the_same_draws_give_the_same_bytes(folder: Path, table: xr.Dataset, tmp_path: Path):
    write_uncertainty(tmp_path, table)
    assert (tmp_path / "workbook.xlsx").read_bytes() == (folder / "workbook.xlsx").read_bytes()


def test_figures_and_tables_of_draws_say_their_terms(table: xr.Dataset):
    found = decide(table, "narrow")
    for ax in (plot_net_benefit(table, "narrow"), plot_swings(found), plot_worth(found)):
        said = " ".join(ax.get_xlabel().split())
        assert all(part in said for part in PARTS)
    drawn = plot_net_benefit(table, "narrow")
    assert "95% range" in drawn.get_ylabel() + drawn.get_title(loc="left")
    for made in (standings(found), worth(found)):
        assert all(part in made.note for part in PARTS)


@pytest.fixture(scope="module")
def optimum() -> Optimum:
    """Three numbers of posts, three replications; the middle is best in the budget, the last may be as good."""
    lever = Lever("posts:help", 0.5, 1.5, 0.5, "help")
    nets = ([0.0, 1.0, 2.0], [4.0, 5.0, 6.0], [9.0, 3.0, 0.0])
    use = {"posts": 8.0, "places": 48.0, "wait": 2.0, "load": 60.0, "stay": 9.0, "patience": 12.0}
    tried = {
        (i,): Tried((i,), (0.5 + 0.5 * i,), 1e6 * np.array(net), 1e6 * (i + np.array([0.9, 1.0, 1.1])), {"help": use})
        for i, net in enumerate(nets)
    }
    lines = frontier(lever, 0, list(tried.values()), tried[1,])
    terms = f"Social view (resources alone), narrow ledger, {TERMS}."
    return Optimum("Made up", "more", "today", (lever,), 2.5e6, Search(tried[1,], tried, True), lines, terms)


def test_the_workbook_of_the_best_setting(optimum: Optimum, tmp_path: Path):
    write_optimum(tmp_path, optimum)
    book = openpyxl.load_workbook(tmp_path / "workbook.xlsx")
    assert book.sheetnames == ["Cover", "Contents", "Settings", "Posts", "Provenance"]
    rows = cells(book, "Settings")
    assert [row["posts:help"] for row in rows] == [1.0, 1.5, 0.5]
    assert [row["Against the best"] for row in rows] == ["best", "cannot be told from the best", "worse"]
    assert [row["Within the budget"] for row in rows] == ["yes", "no", "yes"]
    made = over_replications(optimum.found.tried[1,].net)
    heads = [cell.value for cell in book["Settings"][HEAD]]
    first = [cell.value for cell in book["Settings"][HEAD + 1]]
    assert heads[1:4] == ["Net present social value, £", "Low", "High"]
    assert first[1:4] == pytest.approx([made.mean, made.low, made.high], rel=DIGITS)
    posts = cells(book, "Posts")
    assert [row["Places"] for row in posts] == [48.0] * 3
    assert posts[0]["Wait by Erlang, months"] > 0
    for sheet in ("Settings", "Posts"):
        assert all(part in book[sheet]["A2"].value for part in PARTS)
    texts = [row[1].value for row in book["Provenance"].iter_rows(min_row=HEAD + 1)]
    assert "0.5 to 1.5 by 0.5" in texts


def test_figures_of_settings_say_their_terms(optimum: Optimum):
    assert optimum.frontier is not None
    for ax in (plot_settings(optimum), plot_frontier(optimum.frontier, terms=optimum.terms)):
        said = " ".join(ax.get_xlabel().split())
        assert all(part in said for part in PARTS)
    (legend,) = plot_settings(optimum).figure.legends
    assert any("95% interval" in text.get_text() for text in legend.get_texts())
    frontier = plot_frontier(optimum.frontier)
    assert "95% interval" in frontier.get_ylabel() + frontier.get_title(loc="left")
