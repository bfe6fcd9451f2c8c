"""A function of the language is one entry of one table: parser, checker, evaluator, bounds and reference follow it.

No theory: each function that is added here is one that the language does not have, and its values are worked by hand.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.config import load
from sim.config.schema.config import json_schema
from sim.config.views.polarity import VariableRead, readings_of_expression, readings_of_factor
from sim.config.views.reference import markdown
from sim.errors import ModelError
from sim.language.evaluate import Constants, ExpressionError, constant, parse
from sim.language.functions import FUNCTIONS, Function, called, operands
from sim.language.names import AXES, CLOCK, NO_STATES, TIMED, WORDS, is_reserved, readable, reads
from sim.model.compiled.factors import Factor, effect_factors
from sim.model.compiled.model import compile_model
from sim.model.compiled.readings import clock_value
from sim.model.compiled.scope import Reader, moment
from sim.model.spec import Model

ROOT = Function("x", ("value",), "parse", "the square root of x", np.sqrt)
TOY = """
sources: optional
clock: {step: month, steps: 12}
units:
  family: {size: 10}
  child: {of: family, number: children, age: {years: 3}}
traits: {children: {1: 0.5, 2: 0.5}}
chains:
  need: {states: [absent, present], rates: {absent -> present: RATE, present -> absent: 1}}
  care: {of: child, states: [home, away], probabilities: {home -> away: CHANCE, away -> home: 0.5}}
effects:
  - {name: children, on: need.worsen, when: WHEN, times: 2}
"""


def model_of(folder: Path, rate: str = "0.1", chance: str = "0.1", when: str = "any(care == away)") -> Model:
    path = folder / "toy.yaml"
    path.write_text(
        TOY.replace("RATE", f'"{rate}"').replace("CHANCE", f'"{chance}"').replace("WHEN", f'"{when}"'), encoding="utf-8"
    )
    return load(path).worlds[0].model


def rate_of(model: Model) -> float:
    expression = model.chain("need").transitions[0].expression
    assert expression is not None
    return clock_value(expression, model, 0)


@pytest.fixture
def root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FUNCTIONS, "root", ROOT)


def test_one_entry_is_parsed_and_evaluated(root: None) -> None:
    assert constant(parse("root(16) + root(a)"), Constants({"a": parse("9")})) == 7
    with pytest.raises(ExpressionError, match=r"root\(\) takes 1 argument\(s\), 2 given"):
        parse("root(1, 2)")
    with pytest.raises(ExpressionError, match=r"is not a function; there are .*, root,"):
        parse("rot(1)")


def test_one_entry_is_checked_and_bounded(root: None, tmp_path: Path) -> None:
    assert rate_of(model_of(tmp_path, rate="root(0.16)")) == pytest.approx(0.4, rel=1e-15)
    with pytest.raises(ModelError, match=r"a rate must be at least 0, and this is -1"):
        model_of(tmp_path, rate="root(4) - 3")
    with pytest.raises(ModelError, match=r"a probability must be from 0 to 1, and this is 2"):
        model_of(tmp_path, chance="root(4)")
    with pytest.raises(ModelError, match="'ned' is not known; did you mean 'need'"):
        model_of(tmp_path, rate="root(ned)")
    text = (tmp_path / "toy.yaml").read_text(encoding="utf-8").replace("traits: {children", "traits: {root")
    (tmp_path / "toy.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match="'root' has a meaning of its own in expressions"):
        load(tmp_path / "toy.yaml")


def test_one_entry_has_its_sign_and_is_documented(root: None, tmp_path: Path) -> None:
    model = model_of(tmp_path)
    assert readings_of_expression(parse("1 / root(1 + total(need == present))"), model) == [VariableRead("need", -1)]
    assert "| `root(x)` | the square root of x | at once |" in markdown()
    assert "smooth, root" in json_schema()


def test_an_entry_may_read_the_step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    twice = Function("x", ("value",), "compile", "x in two steps", lambda step_years, x: 2 * step_years * x)
    monkeypatch.setitem(FUNCTIONS, "twice", twice)
    assert constant(parse("twice(3)")) is None
    assert rate_of(model_of(tmp_path, rate="twice(3)")) == pytest.approx(0.5, rel=1e-15)


def test_an_entry_may_count_children(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    alone = Function("condition", ("condition",), "row", "1 when none", lambda counted: counted == 0)
    monkeypatch.setitem(FUNCTIONS, "none", alone)
    model = model_of(tmp_path, when="none(away)")
    compiled = compile_model(model)
    assert list(compiled.counts) == ["==(care,away)"]
    move = compiled.programs["need"].tables(moment(model, 0)).by_slot[0]
    assert sorted(set(move[move > 0])) == pytest.approx([0.1 / 12, 0.2 / 12, 1 / 12], rel=1e-12)
    factor = effect_factors(model, "need", [("absent", "present")])[0]
    assert readings_of_factor(factor, model, "need") == [VariableRead("care", -1)]
    with pytest.raises(ModelError, match=r"none\(\) is about the rows that belong to this one: name care in it"):
        model_of(tmp_path, when="none(need == present)")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_every_facet(name: str) -> None:
    function = FUNCTIONS[name]
    assert function.meaning
    shown = function.shown.removesuffix(", b, ...").split(", ")
    assert len(shown) == len(function.takes)
    assert (function.of is None) == (function.known in ("step", "never"))
    assert not function.misfit(len(function.takes))
    assert bool(function.misfit(len(function.takes) + 1)) != function.repeats
    assert f"`{name}({function.shown})`" in markdown()
    assert is_reserved(name)


VALUES = {
    "exp(log(2))": 2, "min(3, 1, 2)": 1, "max(3, 1, 2)": 3, "if(0, 1, 2)": 2, "table(steps, 1.5)": 3,
    "floor(2.5)": 2, "floor(-2.5)": -3, "mod(170, 168)": 2,
    "prob(12)": 1 - np.exp(-1), "rate(0.5)": 12 * np.log(2), "total(need == present)": 8,
    "waiting(x)": 0, "places(x)": 0,
}  # fmt: skip


@pytest.mark.parametrize(("text", "value"), VALUES.items())
def test_what_every_function_gives(text: str, value: float, tmp_path: Path) -> None:
    path = tmp_path / "toy.yaml"
    filled = TOY.replace("RATE", "1").replace("CHANCE", "0.1").replace("WHEN", "always")
    path.write_text(filled + "tables: {steps: {by: time, bands: {0: 1, 1: 3}}}\n", encoding="utf-8")
    model = load(path).worlds[0].model
    now = moment(model, 0, {"total(==(need,present))": 8.0})
    assert Factor(Reader(model, "family"), parse(text)).values({}, now) == pytest.approx(value, rel=1e-15)


def test_every_function_is_tried_above() -> None:
    tried = {call.name for text in VALUES for call in parse(text).nodes() if call.kind == "call"}
    known = {name for name, function in FUNCTIONS.items() if function.known not in ("never", "row")}
    assert tried == known


@pytest.mark.parametrize("name", WORDS)
def test_every_reserved_name_has_every_facet(name: str) -> None:
    word = WORDS[name]
    assert word.meaning
    assert (word.value is None) == (word.known != "parse")
    assert is_reserved(name)
    assert name not in FUNCTIONS
    assert f"| `{name}` | {word.meaning} |" in markdown()


def test_the_clock_says_what_is_reserved_for_it(tmp_path: Path) -> None:
    model = model_of(tmp_path)
    assert set(moment(model, 0).clock) == CLOCK == TIMED - {"age"}
    assert {"cycle", "year", "month", "time"} == CLOCK
    assert {*CLOCK, "age", "k", "area"} == set(AXES)
    assert {"any", "rest", "and", "or", "not"} == NO_STATES
    assert readable("row") == ["age", "k", "agencies", "area"]
    for name in ("step_years", "always", "never"):
        assert name in readable()
        assert clock_value(parse(name), model, 0) == {"step_years": 1 / 12, "always": 1, "never": 0}[name]


def test_reading_opens_parameters_once_and_leaves_out_what_is_about_other_rows() -> None:
    parameters = {"a": parse("b * k"), "b": parse("age + total(c)")}
    nodes = list(reads(parse("a + b + any(d == e) + table(t, year)"), parameters.get))
    names = [node.name for node in nodes if node.kind == "name"]
    assert names == ["year", "b", "age", "a", "k", "b"]
    assert [node.name for node in nodes if called(node, "row") or called(node, "step")] == ["any", "total"]
    assert not operands(parse("total(x)").root)


def value(text: str) -> float:
    found = constant(parse(text))
    assert found is not None
    return found


@pytest.mark.parametrize("n", [1, 7, 24, 168, 2.5, -3])
def test_what_is_left_of_whole_numbers_is_pythons(n: float) -> None:
    """Exactly, and with the sign of n; x = n floor(x / n) + mod(x, n)."""
    for x in range(-400, 400):
        assert value(f"mod({x}, {n})") == x % n
        assert value(f"floor({x} / {n})") == x // n


@pytest.mark.parametrize("parts", [3, 7, 12, 49, 365.25, 8766])
def test_rounding_moves_nothing_below_a_whole_number(parts: float) -> None:
    """49 x (1 / 49) is below 1 in floating point; a year and a day still begin where they begin."""
    for whole in range(200):
        assert value(f"floor({whole} * {parts} * (1 / {parts}))") == whole
        assert value(f"mod({whole} * {parts} * (1 / {parts}), 1)") == 0.0
    assert value("floor(2.9999)") == 2
    assert value("mod(2.9999, 1)") == pytest.approx(0.9999, rel=1e-12)


@pytest.mark.parametrize("text", ["mod(5, 0)", "mod(1 / 0, 7)", "mod(5, 1 / 0)", "floor(1 / 0)", "floor(0 / 0)"])
def test_what_has_no_remainder_is_not_hidden(text: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"toy.yaml:9:\d+: .*(inf|nan)"):
        compile_model(model_of(tmp_path, rate=text))
