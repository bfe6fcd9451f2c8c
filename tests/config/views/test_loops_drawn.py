"""Causal loops as drawn: each sign is that of the numbers in the config, whichever way they stand.

A link from A to B is + when more of A makes more of B. Two minus signs in a ring reinforce, one balances.
"""

import re
from pathlib import Path

import pytest

from sim.cli.show import show
from sim.config.loading import load
from sim.config.views.causal_loops import CausalGraph, causal_graph, loops_of
from sim.config.views.drawing import as_loops, as_mermaid, as_text
from sim.errors import ModelError
from sim.report.loops import draw
from tests.places import TEXTBOOK

SMALL = """
title: Small
sources: optional
clock: {step: month, steps: 12}
units: {family: {size: 10}, child: {of: family, number: children}}
traits: {children: {1: 0.5, 2: 0.5}}
chains:
  need: {states: [absent, present], rates: {absent -> present: 0.2, present -> absent: 1}}
  crisis: {states: [stable, acute], rates: {stable -> acute: 0.2, acute -> stable: 1}}
  care: {of: child, states: [home, away], rates: {home -> away: 0.1, away -> home: 1}}
services:
  help:
    kind: discretionary
    refer: {when: crisis == acute, rate: 6}
    engaged: {mean: 6 months}
    team: {workers: 3, caseload: 4, time_left: "max(0, 1 - 0.1 * pressure)"}
effects:
  - {name: one, on: EFFECT_ON, when: need == WHEN, times: TIMES}
  - {name: help helps, on: crisis.improve, when: help == engaged, times: 2}
  - {name: child strains, on: crisis.worsen, when: any(care == away), times: 2}
feedback:
  pressure: {smooth: total(acute), over: 3 months, start: 1}
"""


def graph(tmp_path: Path, on: str = "crisis.worsen", when: str = "present", times: str = "2") -> CausalGraph:
    """Draw the small model with one effect as given."""
    path = tmp_path / "small.yaml"
    path.write_text(SMALL.replace("EFFECT_ON", on).replace("WHEN", when).replace("TIMES", times), encoding="utf-8")
    return causal_graph(load(path).worlds[0].model)


@pytest.mark.parametrize(
    ("on", "when", "times", "sign"),
    [
        ("crisis.worsen", "present", "2", 1),
        ("crisis.worsen", "present", "0.5", -1),
        ("crisis.improve", "present", "2", -1),
        ("crisis.improve", "present", "0.5", 1),
        ("crisis.worsen", "absent", "2", -1),
        ("crisis.any", "present", "2", 0),
        ("crisis.worsen", "present", "exp(-0.5)", -1),
    ],
)
def test_sign_of_an_effect(tmp_path: Path, on: str, when: str, times: str, sign: int) -> None:
    """Worsening or improving moves, above or below 1, in the worse or the better state: the product of the three."""
    assert graph(tmp_path, on, when, times).links["need", "crisis"].sign == sign


def test_an_effect_of_one_is_no_link(tmp_path: Path) -> None:
    """What changes nothing is not drawn."""
    assert ("need", "crisis") not in graph(tmp_path, times="1").links


def test_crowding_out_is_drawn_as_a_reinforcing_loop(tmp_path: Path) -> None:
    """Crisis, pressure, places (-), help, crisis (-): two minus signs. Crisis, queue, help, crisis (-): one."""
    found = graph(tmp_path)
    signs = {ends: link.sign for ends, link in found.links.items()}
    assert signs["crisis", "pressure"] == 1
    assert signs["pressure", "help places"] == -1
    assert signs["help places", "help"] == 1
    assert signs["help", "crisis"] == -1
    assert signs["care", "crisis"] == 1
    kinds = {frozenset(loop.names): loop.kind for loop in loops_of(found)}
    assert kinds[frozenset({"crisis", "pressure", "help places", "help"})] == "R"
    assert kinds[frozenset({"crisis", "help waiting", "help"})] == "B"


def test_national_loops_have_their_polarities() -> None:
    """The pictures at the head of the three files: two reinforce, and what is saved buys key workers."""
    scenario = load("loops", ["effect_set=measured"])
    model = next(world.model for world in scenario.worlds if world.regime == "integrated")
    found = causal_graph(model)
    signs = {ends: link.sign for ends, link in found.links.items()}
    assert signs["crisis", "acute_pressure"] == 1
    assert signs["acute_pressure", "family_support places"] == -1
    assert signs["load_keyworker", "keyworker places"] == -1
    assert signs["keyworker places", "load_keyworker"] == -1
    assert signs["care", "saved"] == -1
    assert signs["saved", "keyworker places"] == 1
    loops = {loop.names: loop.kind for loop in loops_of(found)}
    assert loops["load_keyworker", "keyworker places", "load_keyworker"] == "R"
    ring = ("acute_pressure", "family_support places", "family_support", "crisis", "acute_pressure")
    assert loops[ring] == "R"


@pytest.mark.parametrize("name", sorted(path.stem for path in TEXTBOOK.glob("*.yaml")))
def test_every_textbook_model_can_be_drawn(name: str) -> None:
    """In words and as Mermaid, whose lines are of the few forms that it reads; a link's two ends are declared."""
    model = load(TEXTBOOK / f"{name}.yaml").worlds[0].model
    assert as_text(model).startswith(model.order[0])
    for text in (as_mermaid(model), as_loops(model)):
        boxes = set(re.findall(r"^\s*(?:subgraph )?(\w+)(?:[\[(]|$)", text, re.MULTILINE))
        for source, target in re.findall(r"^\s+(\w+) (?:-->|-\.).*?(\w+)$", text, re.MULTILINE):
            assert {source, target} <= boxes


def test_cup_and_supply_line_balance() -> None:
    """Every loop of the cup and of the supply line is balancing; the epidemic's is reinforcing."""
    kinds = {}
    for name in ("cooling_cup", "supply_line", "epidemic"):
        loops = loops_of(causal_graph(load(TEXTBOOK / f"dynamics_{name}.yaml").worlds[0].model))
        kinds[name] = {loop.kind for loop in loops}
    assert kinds == {"cooling_cup": {"B"}, "supply_line": {"B"}, "epidemic": {"R"}}


def test_pictures_are_written_and_are_the_same_each_time(tmp_path: Path) -> None:
    """Both pictures of a model, byte for byte, with every variable's name in the SVG's place for text."""
    model = load(TEXTBOOK / "dynamics_supply_line.yaml").worlds[0].model
    for what in ("loops", "stocks"):
        first, second = tmp_path / "a.svg", tmp_path / "b.svg"
        draw(model, what, first)
        draw(model, what, second)
        assert first.read_bytes() == second.read_bytes()
        assert first.stat().st_size > 5000


def test_nonsense_is_refused(tmp_path: Path) -> None:
    """A picture of an unknown kind, a regime that is not there, and a regime where none is drawn."""
    model = load(TEXTBOOK / "dynamics_cooling_cup.yaml").worlds[0].model
    with pytest.raises(ModelError, match=r"ends in .svg, .png, .pdf"):
        draw(model, "loops", tmp_path / "cup.txt")
    path = TEXTBOOK / "dynamics_cooling_cup.yaml"
    with pytest.raises(ModelError, match="there are hot, warm, iced"):
        show(path, what="text", regime="cold")
    with pytest.raises(ModelError, match="add --as text"):
        show(path, regime="hot")
