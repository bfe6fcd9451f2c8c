"""The language means what its reference says: the examples load, words become the right numbers, layers win in order.

Expected numbers are worked by hand from the definitions in docs/language.md (a month is a twelfth of a year, a day
1/365.25; the mean of a gamma with mean 1 is 1).
"""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pytest

from sim.config import load
from sim.config.loading import tree_of
from sim.config.schema.config import json_schema
from sim.config.text.source import plain
from sim.config.views.reference import BEGIN, END, markdown
from sim.errors import ModelError
from sim.model.spec import Model, Scenario
from sim.model.traits import gamma_classes
from tests.places import ROOT, language

TOY = """
sources: optional
clock: {step: month, steps: 12}
units: {person: {size: 10}}
chains:
  life: {states: [well, ill, dead], rates: {well -> ill: 0.2, ill -> dead: 0.1}}
"""


def example(number: int, folder: Path) -> Scenario:
    """Load one of the examples of the reference."""
    blocks = re.findall(r"```yaml\n(.*?)```", language(), re.DOTALL)
    path = folder / f"example{number}.yaml"
    path.write_text(blocks[number], encoding="utf-8")
    return load(path)


def model_of(text: str, folder: Path, *sets: str) -> Model:
    """Load a config of one world."""
    path = folder / "model.yaml"
    path.write_text(text, encoding="utf-8")
    return load(path, sets).worlds[0].model


def test_the_example_with_everything(tmp_path: Path) -> None:
    scenario = example(0, tmp_path)
    assert [(w.name, w.start, w.handover) for w in scenario.worlds] == [
        ("siloed", 0, "finish"),
        ("integrated", 12, "finish"),
    ]
    siloed, integrated = (world.model for world in scenario.worlds)
    assert siloed.order == ("need", "housing", "crisis", "care", "protection", "need_service", "keyworker")
    assert [unit.name for unit in siloed.units] == ["family", "child"]
    assert siloed.units[1].leaves_age_steps == 216
    assert siloed.units[1].age_steps == (0, 215)
    assert siloed.units[0].warm_up == 24
    assert siloed.chain("care").ages_steps == (0, 216)
    assert siloed.chain("crisis").start is None
    assert siloed.memories[0].window == 12
    teams = [m.chain("keyworker").service.team for m in (siloed, integrated)]  # type: ignore[union-attr]
    assert [team.workers for team in teams if team] == [{"north": 4, "south": 2}, {"north": 8, "south": 4}]
    assert [team.hire_steps for team in teams if team] == [4, 4]
    fire = siloed.chain("housing").fires[1]
    assert (fire.chain, fire.sources, fire.target, fire.probability.text) == ("care", ("home",), "in_need", "0.2")
    assert fire.moves == (("at_risk", "evicted"),)
    assert siloed.effects[0].on == {"crisis": (("stable", "strained"), ("strained", "crisis"), ("crisis", "acute"))}
    units = {meter.name: meter.unit for meter in siloed.meters}
    assert units["care == looked_after"] == "child"
    assert units["crisis >= crisis"] == "family"
    lines = {line.name: line for line in siloed.costs}
    assert lines["foster care"].per_step == pytest.approx(1 / 12, rel=1e-12)
    assert lines["key workers"].per_step == 1.0
    assert lines["care order"].per_step == 1.0
    assert siloed.count == "half_cycle"


def test_the_example_of_a_queue(tmp_path: Path) -> None:
    model = example(1, tmp_path).worlds[0].model
    assert model.units[0].arrivals_per_step == pytest.approx(2.7, rel=1e-12)
    assert model.clock.step_years == pytest.approx(1 / 365.25, rel=1e-12)
    assert model.queues == "per_family"
    service = model.chain("clinic").service
    assert service is not None
    assert service.team is not None
    assert service.team.workers == {"all": 3}


def test_the_reference_is_not_stale() -> None:
    text = language()
    assert text.split(BEGIN)[1].split(END)[0].strip() == markdown().strip()


def test_the_json_schema_is_not_stale() -> None:
    written = (ROOT / "configs" / "schema.json").read_text(encoding="utf-8")
    assert written == json_schema()
    assert json.loads(written)["properties"]["clock"]


@pytest.mark.parametrize(
    ("step", "years"),
    [
        ("day", 1 / 365.25),
        ("week", 7 / 365.25),
        ("month", 1 / 12),
        ("quarter", 0.25),
        ("year", 1),
        ("0.03125 year", 0.03125),
    ],
)
def test_lengths_of_steps(step: str, years: float, tmp_path: Path) -> None:
    assert model_of(TOY, tmp_path, f"clock.step={step}").clock.step_years == pytest.approx(years, rel=1e-9)


def test_any_stands_for_every_other_state_without_a_move_of_its_own(tmp_path: Path) -> None:
    text = TOY.replace("well -> ill: 0.2, ill -> dead: 0.1", "any -> dead: 0.1, ill -> dead: 0.5, well -> ill: 0.2")
    moves = {
        (t.source, t.target): t.expression.text
        for t in model_of(text, tmp_path).chain("life").transitions
        if t.expression
    }
    assert moves == {("well", "ill"): "0.2", ("well", "dead"): "0.1", ("ill", "dead"): "0.5"}


def test_the_rest_goes_where_it_is_told(tmp_path: Path) -> None:
    text = TOY.replace(
        "rates: {well -> ill: 0.2, ill -> dead: 0.1}", "probabilities: {well -> ill: 0.2, well -> dead: rest}"
    )
    assert [t.expression is None for t in model_of(text, tmp_path).chain("life").transitions] == [False, True]


def test_a_bare_state_in_total_is_a_comparison_with_its_chain(tmp_path: Path) -> None:
    text = TOY.replace("well -> ill: 0.2", 'well -> ill: "total(ill) / 10"')
    expression = model_of(text, tmp_path).chain("life").transitions[0].expression
    assert expression is not None
    inner = expression.root.args[0].args[0]
    assert (inner.kind, [arg.name for arg in inner.args]) == ("==", ["life", "ill"])


def test_gamma_classes_have_mean_one_and_the_exact_means_of_an_exponential() -> None:
    # variance 1 is the exponential: the mean of its lower half is 1 - ln 2, of its upper half 1 + ln 2
    assert gamma_classes(1.0, 2) == pytest.approx([1 - math.log(2), 1 + math.log(2)], rel=1e-12)
    for variance in (0.01, 0.5, 4.0):
        assert gamma_classes(variance, 7).mean() == pytest.approx(1.0, rel=1e-12)


def test_effect_sets_and_regimes_make_every_world(tmp_path: Path) -> None:
    text = TOY.replace("well -> ill: 0.2", "well -> ill: 0.2 * help") + (
        "parameters: {help: 1, other: 5}\n"
        "effect_set: [some, inert]\n"
        "effect_sets: {some: {set: {parameters.help: 0.5}}, inert: {services_inert: true}}\n"
        "regimes: {now: {}, later: {start: 3, set: {parameters.other: 6}}}\n"
    )
    path = tmp_path / "worlds.yaml"
    path.write_text(text, encoding="utf-8")
    scenario = load(path)
    assert [w.name for w in scenario.worlds] == ["now/some", "later/some", "now/inert", "later/inert"]
    values = [[w.model.parameters[name].expression.root.value for name in ("help", "other")] for w in scenario.worlds]
    assert values == [[0.5, 5], [0.5, 6], [1, 5], [1, 6]]
    assert [w.model.services_inert for w in scenario.worlds] == [False, False, True, True]
    assert scenario.baseline_of(scenario.worlds[3]).name == "now/inert"
    one = load(path, ["effect_set=some"])
    assert [w.name for w in one.worlds] == ["now", "later"]


def test_no_effect_set_is_as_written(tmp_path: Path) -> None:
    path = tmp_path / "plain.yaml"
    path.write_text(TOY, encoding="utf-8")
    scenario = load(path)
    assert [(w.name, w.effect_set) for w in scenario.worlds] == [("base", "as_written")]


def test_layers_win_in_order_and_keep_their_places(tmp_path: Path) -> None:
    (tmp_path / "low.yaml").write_text(
        TOY + "parameters: {a: {value: 1, low: 0, high: 2}, b: 1, c: 1}\n", encoding="utf-8"
    )
    top = "extends: low.yaml\nset: {parameters.a: 7}\nparameters: {b: 2, c: null}\n"
    (tmp_path / "top.yaml").write_text(top, encoding="utf-8")
    tree = tree_of(tmp_path / "top.yaml", ["parameters.b=3"])
    assert plain(tree)["parameters"] == {"a": {"value": 7, "low": 0.0, "high": 14.0}, "b": 3}
    parameters = tree.mapping["parameters"].mapping
    assert str(parameters["a"].mapping["value"].origin).endswith("top.yaml:2:21")
    assert str(parameters["b"].origin) == "--set parameters.b=3"
    scenario = load(tmp_path / "top.yaml", ["parameters.b=3"])
    assert scenario.origins["clock.steps"].endswith("low.yaml:3:29")


def test_named_lists_merge_by_name(tmp_path: Path) -> None:
    low = TOY + "costs:\n- {name: a, while: life == ill, price: 1}\n- {name: b, while: life == ill, price: 2}\n"
    (tmp_path / "low.yaml").write_text(low, encoding="utf-8")
    top = "extends: low.yaml\ncosts:\n- {name: b, price: 3}\n- {name: c, while: always, price: 4}\n"
    (tmp_path / "top.yaml").write_text(top, encoding="utf-8")
    lines = load(tmp_path / "top.yaml", ["costs.a=null"]).worlds[0].model.costs
    assert [(line.name, line.quantity.value) for line in lines] == [("b", 3), ("c", 4)]


def test_overlaps_are_allowed_in_different_states_of_one_chain(tmp_path: Path) -> None:
    lines = TOY + (
        "costs:\n- {name: a, while: life == ill, price: 1, overlaps: g}\n- "
        "{name: b, while: life == dead, price: 1, overlaps: g}\n"
    )
    assert len(model_of(lines, tmp_path).costs) == 2
    with pytest.raises(ModelError, match="overlap group 'g'"):
        model_of(lines.replace("life == dead", "life >= ill"), tmp_path)


def test_an_admission_is_counted_as_a_start_of_the_service(valid: Path) -> None:
    on = 'costs.away={name: away, while: null, on: "keyworker: waiting -> engaged", price: {value: 5, unit: gbp}}'
    model = load(valid, [on]).worlds[0].model
    meter = next(meter for meter in model.meters if meter.name == model.costs[0].meter)
    assert (meter.kind, meter.chain, meter.what) == ("per", "keyworker", "start")


def test_sources_are_inherited_within_a_mapping(tmp_path: Path) -> None:
    text = TOY.replace("sources: optional\n", "") + "parameters: {a: {value: 3, source: B1}}\n"
    with pytest.raises(ModelError, match="every number needs a source"):
        model_of(text, tmp_path)
    covered = text.replace("life: {states", "life: {source: B2, states")
    assert model_of(covered, tmp_path).parameters["a"].quantity is not None


def test_an_effect_set_of_the_library_serves_many_models(tmp_path: Path) -> None:
    (tmp_path / "evidence_sets").mkdir()
    (tmp_path / "evidence_sets" / "strange.yaml").write_text("set: {parameters.other: 3}\n", encoding="utf-8")
    assert model_of(TOY + "parameters: {mine: 1}\neffect_set: strange\n", tmp_path).parameters.keys() == {"mine"}
    with pytest.raises(ModelError, match="did you mean 'othr'"):
        (tmp_path / "evidence_sets" / "strange.yaml").write_text(
            "set: {parameters.other: 3, parameters.mine: 2}\n", "utf-8"
        )
        model_of(TOY + "parameters: {mine: 1, othr: 2}\neffect_set: strange\n", tmp_path)


ODD = {
    "one_row": ["units.person.size=1"],
    "no_rows": ["units.person.size=0"],
    "one_step": ["clock.steps=1"],
    "one_state": ["chains.life={states: [only], rates: null}"],
    "certain": ["chains.life={rates: null, probabilities: {well -> ill: 1, ill -> dead: 0}}"],
    "rate_zero": ["chains.life.rates.well -> ill=0"],
    "huge_rate": ["chains.life.rates.well -> ill=1e6"],
    "all_start_last": ["chains.life.start={dead: 1}"],
    "words_that_other_readers_turn_to_truth_values": [
        "chains.life.states=[no, yes, off]",
        "chains.life.rates={well -> ill: null, ill -> dead: null, no -> yes: 1}",
    ],
    "cycle_from_minus_one": ["clock.first=-1"],
    "simpson": ["count=simpson"],
    "weights": ["count=[0,0,0,0,0,0,0,0,0,0,0,0,1]"],
    "price_of_nothing": ["costs=[{name: free, while: always, price: 0}]"],
    "empty_regime": ["regimes={a: null, b: {}}"],
    "regime_at_the_end": ["regimes={a: {}, b: {start: 11}}"],
    "no_places": [
        "services={s: {kind: discretionary, refer: {when: always, rate: now}, team: {workers: 0, caseload: 1}}}"
    ],
    "no_team": ["services={s: {kind: discretionary, refer: {when: life == ill, rate: 2}, engaged: 2 months}}"],
    "statutory": ["services={s: {kind: statutory, refer: {when: life == ill}, respond: now}}"],
    "trait_of_one_value": ["traits={t: {3: 1}}"],
    "big_seed": ["seed=9223372036854775807"],
    "age_of_all": ["units.person.age={years: 60}", "chains.life.rates.ill -> dead=0.01 * age"],
}


@pytest.mark.parametrize("name", ODD)
def test_odd_but_legal(name: str, tmp_path: Path) -> None:
    assert model_of(TOY, tmp_path, *ODD[name]).chains[0].name == "life"


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("textbook/*.yaml")), ids=lambda path: path.stem)
def test_every_textbook_model_loads(path: Path) -> None:
    assert load(path).worlds
