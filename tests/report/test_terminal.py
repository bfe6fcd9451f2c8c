"""What the terminal shows: tables that fit 80 columns, plain text when piped, examples that work under every help."""

import json
import os
import pty
import subprocess
import sys
from math import floor, log10
from pathlib import Path

import pytest

from sim.cli.run import print_headline
from sim.economics.summary import summarise
from sim.exhibits.numbers import MINUS
from sim.exhibits.terminal import PAGE, folded, sizes_of
from sim.report.answer import answer
from sim.report.terminal import headline_tables, short
from sim.results.dataset import to_dataset
from tests import synthetic
from tests.places import ROOT

PRINT = "import json, sys; from sim.cli.run import print_headline; print_headline(json.load(open(sys.argv[1])))"
MOST_COLUMNS = 6
EURO = {"mean": 100.0, "low": 90.0, "high": 110.0}


@pytest.fixture(scope="module")
def summary() -> dict:
    made = synthetic.scenario(sets=("measured", "no_effect", "claimed"))
    return summarise(to_dataset(made, synthetic.layout(made), synthetic.records(made)))


def million(summary: dict, times: float) -> dict:
    """Multiply every cost, so that figures get long."""
    longer = json.loads(json.dumps(summary))
    for part in ("regimes", "differences"):
        for figures in longer[part].values():
            for cost in figures["cost_per_family_year"].values():
                cost.update({key: value * times for key, value in cost.items()})
    return longer


@pytest.mark.parametrize("times", [1.0, 100.0, 1e5])
def test_tables_fit_80_columns_however_long_the_figures(summary: dict, times: float) -> None:
    tables = headline_tables(million(summary, times))
    for part in (part for table in tables for part in folded(table, PAGE)):
        assert len(part.columns) <= MOST_COLUMNS
        assert sum(sizes_of(part, PAGE)) + 2 * len(part.columns) - 2 <= PAGE
    text = " ".join(cell for table in tables for row in table.rows for cell in row)
    mean = summary["regimes"]["siloed/measured"]["cost_per_family_year"]["narrow"]["mean"] * times
    assert f"{round(mean, 2 - floor(log10(mean))):,.0f}" in text


def test_the_answer_comes_first_and_names_are_in_words(summary: dict, capsys: pytest.CaptureFixture[str]) -> None:
    titled = {**summary, "titles": {"regimes": {"siloed": "today's services"}, "effect_sets": {"no_effect": "nothing"}}}
    print_headline(titled)
    told = " ".join(capsys.readouterr().out.split())
    sentences = " ".join(" ".join(answer(titled)).split())
    assert told.index("A made-up study") < told.index(sentences) < told.index("Cost of a family a year")
    assert "saved against today's services" in told
    assert "nothing:" in told
    assert "siloed/" not in told


def test_a_saving_is_positive(summary: dict) -> None:
    change = summary["differences"]["integrated/measured"]["cost_per_family_year"]
    row = next(row for row in headline_tables(summary)[0].rows if row[0] == "  integrated")
    assert change["narrow"]["mean"] > 0
    assert row[2].startswith(MINUS)
    assert row[3].startswith(MINUS) == (change["wide"]["mean"] > 0)


def test_every_regime_has_its_row_under_its_reading_of_the_evidence(summary: dict) -> None:
    rows = [row[0] for row in headline_tables(summary)[0].rows]
    assert rows == [
        "measured:", "  siloed", "  integrated", "no effect:", "  siloed", "  integrated", "claimed:", "  siloed",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("estimate", "text"),
    [
        (EURO, "100 ± 10"), ({**EURO, "high": 140.0}, "100 (90 to 140)"), ({**EURO, "low": None, "high": None}, "100"),
        ({"mean": None, "low": None, "high": None}, "–"),
    ],
)  # fmt: skip
def test_half_an_interval_only_where_both_halves_are_the_same(estimate: dict, text: str) -> None:
    assert short(estimate, lambda value: f"{value:.0f}") == text


def test_piped_output_is_plain(summary: dict, tmp_path: Path) -> None:
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-c", PRINT, str(tmp_path / "summary.json")]
    text = subprocess.run(command, capture_output=True, check=True, env=env).stdout.decode()
    assert "\x1b" not in text
    assert not set(text) & set("─│━┃╭╰")
    assert max(map(len, text.splitlines())) <= PAGE
    assert "± " in text


def test_a_terminal_of_80_columns_breaks_no_row(summary: dict, tmp_path: Path) -> None:
    """On a pseudo-terminal, where the tables have a rule and bold headings."""
    (tmp_path / "summary.json").write_text(json.dumps(summary))
    main, side = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "PAGE": "80", "TERM": "xterm"}
    process = subprocess.Popen([sys.executable, "-c", PRINT, str(tmp_path / "summary.json")], stdout=side, env=env)
    os.close(side)
    text = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:  # the other end is closed
            break
        if not part:
            break
        text += part
    assert process.wait(timeout=60) == 0
    os.close(main)
    assert b"\x1b[1m" in text
    row = next(line for line in text.decode().splitlines() if "integrated" in line and "±" in line)
    assert row.count("±") == 2
