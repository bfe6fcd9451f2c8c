"""What people write who know the subject, not the language: the message is at their line and says what to write."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import sim
from sim.cli import app
from sim.errors import ModelError

HEAD = "title: t\nsources: optional\nclock: {step: month, steps: 3}\nunits: {person: {size: 10}}\n"
CHAIN = "chains: {a: {states: [x, y], rates: {x -> y: 1}}}\n"


def refusal(folder: Path, text: str, *sets: str) -> str:
    """Load a config that must be refused."""
    file = folder / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        sim.load(file, sets)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "place", "write"),
    [
        ("costs:\n- name: c\n  while: a == y\n  price: £45,000\n", "9:10", "write 45000"),
        ("costs:\n- name: c\n  while: a == y\n  price: 2.5%\n", "9:13", "write 0.025"),
        (
            "costs: [{name: c, while: a == y, price: £45,000}]\n",
            "6:45",
            "'000' stands by itself: a comma inside braces",
        ),
        ("costs: [{name: c, while: a == y, price: max(1, 2)}]\n", "6:48", "'2)' stands by itself"),
        ("traits: {t: {shares: {0: 350/1734, 1: 1384/1734}}}\n", "6:26", "write 0.20184544405997693"),
    ],
)
def test_the_message_says_what_to_write(text: str, place: str, write: str, tmp_path: Path) -> None:
    said = refusal(tmp_path, HEAD + CHAIN + text)
    assert f"mine.yaml:{place}: " in said
    assert write in said


def test_shares_as_written_in_the_message_are_taken(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    shares = "traits: {t: {shares: {0: 0.20184544405997693, 1: 0.798154555940023}}}\n"
    file.write_text(HEAD + CHAIN + shares, encoding="utf-8")
    assert sim.load(file).worlds[0].model.traits[0].shares[0] == 350 / 1734


def test_a_setting_without_its_section_gets_it(tmp_path: Path) -> None:
    said = refusal(tmp_path, HEAD + CHAIN + "parameters: {caseload: 6}\n", "caseload=8")
    assert "did you mean 'parameters.caseload'?" in said


def test_a_setting_without_a_sign_is_explained() -> None:
    result = CliRunner().invoke(app, ["check", "demo", "--set", "clock.steps", "8"])
    assert result.exit_code == 2
    assert "--set clock.steps=VALUE" in " ".join(result.output.replace("│", " ").split())


def test_a_file_beside_is_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "eight.yaml").write_text(HEAD + CHAIN, encoding="utf-8")
    with pytest.raises(ModelError, match=r"did you mean '.*eight\.yaml'"):
        sim.load(tmp_path / "eigth.yaml")
    assert "did you mean 'eight.yaml'?" in refusal(tmp_path, "extends: eigth.yaml\n")


def test_a_clock_cut_short_is_named_beside_what_no_longer_fits(tmp_path: Path) -> None:
    """The date stands in the lower layer, the number of steps in mine."""
    below = HEAD.replace("steps: 3", "steps: 30, start: 2011-04") + CHAIN + "regimes: {a: {}, b: {start: 2012-04}}\n"
    (tmp_path / "below.yaml").write_text(below, encoding="utf-8")
    said = refusal(tmp_path, "extends: below.yaml\nset:\n  clock.steps: 3\n")
    assert "below.yaml:6:29: regimes.b.start: given '2012-04'; is step 12" in said
    assert "mine.yaml:3:" in said


def test_an_empty_mapping_of_regimes_is_one_regime(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(HEAD + CHAIN + "regimes: {}\n", encoding="utf-8")
    assert [world.name for world in sim.load(file).worlds] == ["base"]
