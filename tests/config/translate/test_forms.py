"""One small config for each default and for each form in which a word may be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.config.check.spanning import is_part_of
from sim.config.loading import load
from sim.config.translate.effects import expand
from sim.errors import ModelError
from sim.model.spec import Model

SMALL = """
title: Forms
sources: optional
clock: {start: 2011-04, step: month, steps: 12}
units: {family: {size: 10, areas: {here: 1}}}
chains:
  need:
    states: [none, some, much]
    start: {some: 0.3}
    rates: {none -> some: 0.1, some -> none: 0.1, some -> much: 0.1, much -> some: 0.1, none -> much: 0.1}
    FIRES
  other:
    states: [good, poor, bad]
    start: {}
    rates: {good -> poor: 0.1, poor -> good: 0.1, poor -> bad: 0.1, bad -> poor: 0.1}
services:
  help:
    kind: discretionary
    refer: {when: need == much, rate: 4}
    engaged: {mean: 9 months, stages: 3}
    team: {workers: {total: 3}, caseload: 2}
EFFECTS
costs:
  - {name: help, per: help.worker, price: {value: 3000, unit: gbp/month}, payers: {council: 1}}
"""


def model(tmp_path: Path, *, fires: str = "", effects: str = "") -> Model:
    """Load the small config with what a form adds."""
    path = tmp_path / "forms.yaml"
    whole = SMALL.replace("FIRES", fires).replace("EFFECTS", effects)
    path.write_text(whole if "costs:" not in effects else whole[: whole.rindex("costs:")], encoding="utf-8")
    return load(path).worlds[0].model


def test_a_line_without_ledgers_is_in_both_the_narrow_one_first(tmp_path: Path) -> None:
    assert model(tmp_path).costs[0].ledgers == ("narrow", "wide")


def test_a_line_without_more_is_a_reactive_local_resource(tmp_path: Path) -> None:
    line = model(tmp_path).costs[0]
    assert (line.tier, line.kind, line.control, line.overlaps) == ("reactive", "resource", "local", None)


@pytest.mark.parametrize(
    ("source", "target", "moves"),
    [
        ("none", "some", {("none", "some")}),
        ("any", "much", {("some", "much"), ("none", "much")}),
        ("any", "any", set()),
        ("much", "none", set()),
    ],
)
def test_moves_that_a_phrase_names(tmp_path: Path, source: str, target: str, moves: set[tuple[str, str]]) -> None:
    chain = next(c for c in model(tmp_path).chains if c.name == "need")
    assert set(expand(chain, [source], [target])) == moves


def test_moves_of_a_service_are_those_of_its_stages(tmp_path: Path) -> None:
    """Three stages of help answer to the one word: moves among them; those who come in are let in, not moved."""
    chain = next(c for c in model(tmp_path).chains if c.name == "help")
    stages = [chain.states[i] for i in chain.engaged]
    assert len(stages) == 3
    among = set(expand(chain, ["engaged"], ["engaged"]))
    assert among == {(stages[0], stages[1]), (stages[1], stages[2])}
    into = set(expand(chain, ["any"], ["engaged"]))
    assert not into & among  # `any` is every other state
    assert {target for _, target in into} <= {stages[0]}


@pytest.mark.parametrize(
    ("fired", "sources", "target"),
    [
        ("any -> bad", {"good", "poor"}, "bad"),
        ("poor -> bad", {"poor"}, "bad"),
        ("any -> good", {"poor", "bad"}, "good"),
    ],
)
def test_a_target_is_never_fired_onto_itself(tmp_path: Path, fired: str, sources: set[str], target: str) -> None:
    chain = next(
        c for c in model(tmp_path, fires=f'fires: {{some -> much: ["other: {fired}"]}}').chains if c.name == "need"
    )
    assert len(chain.fires) == 1
    fire = chain.fires[0]
    assert (set(fire.sources), fire.target, fire.chain) == (sources, target, "other")
    assert set(fire.moves) == {("some", "much")}


@pytest.mark.parametrize(
    ("word", "moves"),
    [
        ("worsen", {("none", "some"), ("some", "much"), ("none", "much")}),
        ("improve", {("some", "none"), ("much", "some")}),
        ("any", {("none", "some"), ("some", "much"), ("none", "much"), ("some", "none"), ("much", "some")}),
    ],
)
def test_words_for_many_moves(tmp_path: Path, word: str, moves: set[tuple[str, str]]) -> None:
    made = model(tmp_path, effects=f"effects: [{{name: e, on: need.{word}, when: other == bad, times: 2}}]")
    assert set(made.effects[0].on["need"]) == moves


def test_a_chain_named_twice_has_the_moves_of_both(tmp_path: Path) -> None:
    on = "['need: none -> some', 'need: some -> much', 'need: none -> some', other.improve]"
    effect = model(tmp_path, effects=f"effects: [{{name: e, on: {on}, when: help == engaged, times: 2}}]").effects[0]
    assert effect.on["need"] == (("none", "some"), ("some", "much"))
    assert set(effect.on["other"]) == {("poor", "good"), ("bad", "poor")}


def test_a_price_of_a_time_is_for_a_step_of_it(tmp_path: Path) -> None:
    """The clock goes by the month: what lasts is priced by the length of a step in the price's time, an event by 1."""
    day = 12 / 365.25  # months
    lengths = {"step": 1.0, "day": 1 / day, "week": 1 / (7 * day), "month": 1.0, "quarter": 1 / 3, "year": 1 / 12}
    lasting = ("while: need == much", "per: help.worker", "per: help.place", "per: family")
    events = ("on: need.worsen", "per: help.start", "per: help.referral", "per: help.case")
    price, yearly = "price: {value: 12, unit: gbp", "times: {value: 2, unit: 1/year}"
    lines = [(f"{what}, {price}/{unit}}}", step) for what in lasting for unit, step in lengths.items()]
    lines += [(f"{what}, {price}}}", 1.0) for what in events]
    lines += [(f"{what}, {price}}}, {yearly}", 1 / 12) for what in lasting]
    text = "\n".join(f"  - {{name: line {i}, {words}}}" for i, (words, _) in enumerate(lines))
    made = model(tmp_path, effects=f"costs:\n{text}\n").costs
    assert [line.per_step for line in made] == pytest.approx([step for _, step in lines], rel=1e-12)


@pytest.mark.parametrize(
    ("code", "parent", "is_part"),
    [
        ("HE4.0.2", "HE4.0", True), ("HE4.01", "HE4.0", False), ("HE4.0", "HE4.0", False), ("HE4.0", "HE4.0.2", False),
        ("HE40.2", "HE4", False), ("HE4.0.2.1", "HE4.0", True),
    ],
)  # fmt: skip
def test_a_unit_cost_is_part_of_another_by_its_points(code: str, parent: str, is_part: bool) -> None:
    assert is_part_of(code, parent) == is_part


def test_a_move_that_is_not_there_is_answered_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="'need' has no move 'much -> none'; it has none -> some, none -> much"):
        model(tmp_path, effects="effects: [{name: e, on: 'need: much -> none', when: other == bad, times: 2}]")
