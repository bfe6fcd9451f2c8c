"""Where ``after`` puts a chain or service: the orders are worked by hand from docs/language.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sim.config import load
from sim.errors import ModelError
from sim.model.spec import Model
from tests.places import ROOT

BASE = """
sources: optional
clock: {step: month, steps: 12}
units: {person: {size: 10}}
chains:
  need: {states: [absent, present], rates: {absent -> present: 0.2}}
  crisis: {states: [stable, acute], rates: {stable -> acute: 0.1}}
services:
  help: {kind: statutory, refer: {when: crisis == acute, rate: 12}}
order: [help, need, crisis]
"""
CHAIN = "{states: [no, yes], rates: {no -> yes: 1}"
DEBT = f"chains: {{debt: {CHAIN}, after: need}}}}\n"
MORE = f"chains: {{gambling: {CHAIN}, after: debt}}, rent: {CHAIN}, after: need}}}}\n"
ADVICE = "services: {advice: {kind: statutory, refer: {when: always, rate: 1}, after: crisis}}\n"


def write(folder: Path, name: str, text: str, *extends: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text((f"extends: [{', '.join(extends)}]\n" if extends else "") + text, encoding="utf-8")
    return path


def model_of(path: Path, *sets: str) -> Model:
    return load(path, sets).worlds[0].model


@pytest.fixture
def layers(tmp_path: Path) -> Path:
    """Four layers: the base, one over it, one over that, and one that stands beside them."""
    write(tmp_path, "base", BASE)
    write(tmp_path, "debt", DEBT, "base.yaml")
    write(tmp_path, "more", MORE, "debt.yaml")
    write(tmp_path, "advice", ADVICE)
    return write(tmp_path, "all", "title: All layers\n", "more.yaml", "advice.yaml")


def test_layers_add_chains_and_services_without_restating_the_order(layers: Path) -> None:
    assert model_of(layers.with_name("debt.yaml")).order == ("help", "need", "debt", "crisis")
    assert model_of(layers).order == ("help", "need", "debt", "gambling", "rent", "crisis", "advice")


def test_a_later_layer_moves_it_or_takes_it_away(layers: Path) -> None:
    moved = model_of(layers, "chains.debt.after=help").order
    assert moved == ("help", "debt", "gambling", "need", "rent", "crisis", "advice")
    listed = "[debt, help, need, crisis]"
    assert model_of(layers, "chains.debt.after=null", f"order={listed}").order[:2] == ("debt", "gambling")
    with pytest.raises(ModelError, match="'debt' stands in 'order' as well; take it away from one of the two"):
        model_of(layers, f"order={listed}")
    with pytest.raises(ModelError, match="leaves out debt; every chain and service moves once"):
        model_of(layers, "chains.debt.after=null")


def test_without_an_order_the_others_move_as_declared(layers: Path) -> None:
    order = model_of(layers, "order=null").order
    assert order == ("need", "debt", "gambling", "rent", "crisis", "advice", "help")


def test_the_model_is_the_one_whose_order_is_restated(layers: Path, tmp_path: Path) -> None:
    restated = BASE.replace("rates: {stable -> acute: 0.1}}", f"rates: {{stable -> acute: 0.1}}}}\n  debt: {CHAIN}}}")
    path = write(tmp_path, "restated", restated.replace("[help, need, crisis]", "[help, need, debt, crisis]"))
    assert model_of(path) == model_of(layers.with_name("debt.yaml"))


def test_a_ring_of_three_is_named_once(layers: Path) -> None:
    with pytest.raises(ModelError) as refused:
        model_of(layers, "chains.debt.after=rent", "chains.rent.after=gambling")
    assert [(problem.key, problem.message) for problem in refused.value.problems] == [
        ("chains.debt.after", "given 'rent'; moves after itself: debt -> rent -> gambling -> debt")
    ]


def test_the_how_to_of_a_new_service_says_where_it_moves(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "how_to" / "service.md").read_text(encoding="utf-8")
    found = re.search(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert found is not None
    path = write(tmp_path, "new", found[1])
    before = list(load("demo").worlds[0].model.order)
    place = before.index("crisis")
    assert before[place - 1] == "crime"
    assert list(model_of(path).order) == [*before[:place], "debt", *before[place:], "debt_advice"]
