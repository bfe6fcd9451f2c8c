"""Expressions that go wrong when they are evaluated: refused at file, line and column, with the cycle, never clipped.

Theory: a multiplier of 0 takes a move away whatever its scale; odds x t give the probability p t / (1 - p + p t), 0 at
p = 0 and 1 at p = 1; a hazard h stands for the odds e^h - 1, so that multiplied odds have the hazard
log(1 + t (e^h - 1)). Tolerance 1e-12 for rounding.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.engine.solvers.families import replicate
from sim.errors import ModelError
from sim.language.evaluate import evaluate, parse
from sim.model.compiled.scales import multiplied
from sim.model.compiled.worlds import compile_scenario
from tests.strategies import make_effect

CONFIG = """\
title: what goes wrong later
sources: optional
clock: {step: month, steps: 6, first: 0}
units: {person: {size: 10}}
traits: {worth: {0: 0.5, 2: 0.5}}
tables: {falls: {by: cycle, bands: {0: 0.1, 4: -0.1}}}
parameters: {p: P}
chains:
  a: {states: [x, y, z], start: {x: START}, rates: {x -> y: RATE, y -> x: 1}}
  b: {states: [no, yes], probabilities: {no -> yes: CHANCE, yes -> no: 0.5}}
effects: [{name: push, on: b.worsen, when: WHEN, times: TIMES, scale: SCALE}]
remember: {bad: {when: BAD, window: 3}}
feedback: {load: {flow: FLOW, start: 0}}
costs: [{name: line, while: b == yes, price: PRICE}]
outcomes: {good: {}}
values: [{while: COUNTED, good: GOOD}]
"""
RIGHT = {
    "P": "1", "START": "0.5", "RATE": "1", "CHANCE": "0.1", "WHEN": "a == x", "TIMES": "1", "SCALE": "rate",
    "BAD": "a == y", "FLOW": "0", "PRICE": "1", "COUNTED": "a == x", "GOOD": "1",
}  # fmt: skip


def study(folder: Path, **spoilt: str) -> sim.Scenario:
    """Load the study with some parts spoilt, each in quotes."""
    text = CONFIG
    for word, value in {**RIGHT, **spoilt}.items():
        text = text.replace(word, f'"{value}"' if word in spoilt else value, 1)
    file = folder / "later.yaml"
    file.write_text(text, encoding="utf-8")
    return sim.load(file)


def refusal(scenario: sim.Scenario) -> str:
    """Give what a run is refused with; NumPy says nothing."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ModelError) as error:
            compile_scenario(scenario)
            replicate(scenario, 0)
    return str(error.value)


@pytest.mark.parametrize(
    ("spoilt", "key", "said"),
    [
        ({"RATE": "1 / worth"}, "chains.a.rates.x -> y", "comes to inf (cycle 0)"),
        ({"RATE": "exp(1000 * worth)"}, "chains.a.rates.x -> y", "comes to inf (cycle 0)"),
        ({"RATE": "log(worth - 1)"}, "chains.a.rates.x -> y", "comes to nan (cycle 0)"),
        ({"RATE": "0.35 - 0.1 * cycle"}, "chains.a.rates.x -> y", "comes to -0.05 (cycle 4)"),
        ({"RATE": "table(falls, cycle)"}, "chains.a.rates.x -> y", "comes to -0.1 (cycle 4)"),
        ({"RATE": "p", "P": "2 - cycle"}, "parameters.p", "comes to -1 (cycle 3)"),
        ({"RATE": "2 * p", "P": "log(0 * worth - 1)"}, "parameters.p", "comes to nan (cycle 0)"),
        ({"RATE": "table(falls, log(worth - 1))"}, "chains.a.rates.x -> y", "comes to nan"),
        ({"RATE": "log(worth - 1) > 0"}, "chains.a.rates.x -> y", "comes to nan"),
        ({"CHANCE": "0.2 * (cycle + 1) + 0.07"}, "chains.b.probabilities.no -> yes", "1.07 (cycle 4)"),
        ({"CHANCE": "1", "TIMES": "1 / worth"}, "effects.push.times", "the effect 'push' on 'b' comes to inf"),
        ({"TIMES": "1 - cycle"}, "effects.push.times", "comes to -1 (cycle 2)"),
        ({"WHEN": "log(worth - 1) > 0"}, "effects.push.when", "comes to nan (cycle 0)"),
        ({"SCALE": "probability", "TIMES": "20"}, "effects.push.times", "add up to 2"),
        ({"BAD": "log(worth - 1) > 0 and a == y"}, "remember.bad.when", "comes to nan (cycle 0); guard it"),
        ({"COUNTED": "0 / worth > a"}, "values.0.while", "comes to nan (cycle 0); guard it"),
        ({"CHANCE": "0", "FLOW": "1 / total(b == yes)"}, "feedback.load.flow", "max(total, 1)"),
        ({"PRICE": "10 / (5 - cycle)"}, "costs.line.price", "a price comes to inf (cycle 5)"),
        ({"PRICE": "4 - cycle"}, "costs.line.price", "a price comes to -1 (cycle 5)"),
        ({"PRICE": "1e+300"}, "costs.line.price", "it must be from 0 to 1e+15"),
        ({"GOOD": "-1e300"}, "values.0.good", "it must be from -1e+15 to 1e+15"),
        ({"GOOD": "log(5 - cycle)"}, "values.0.good", "comes to -inf (cycle 5)"),
        ({"START": "1 / (cycle - 0) - 1"}, "chains.a.start.x", "a share at the start comes to inf"),
    ],
)
def test_what_goes_wrong_is_named_at_its_place(spoilt: dict[str, str], key: str, said: str, tmp_path: Path) -> None:
    """The last part that is spoilt is the one that is blamed."""
    scenario, text = study(tmp_path, **spoilt), list(spoilt.values())[-1]
    lines = (tmp_path / "later.yaml").read_text(encoding="utf-8").splitlines()
    number, column = next((i + 1, line.index(f'"{text}"') + 1) for i, line in enumerate(lines) if f'"{text}"' in line)
    found = refusal(scenario)
    assert f"later.yaml:{number}:{column}: {key}: given '{text}'; " in found
    assert said in found


@pytest.mark.parametrize(
    "right",
    [
        {"RATE": "if(worth > 0, 1 / worth, 0)"},
        {"RATE": "0.5 * (worth > 0 and log(worth) > 0)"},
        {"RATE": "min(1 / worth, 2)"},
        {"CHANCE": "1", "TIMES": "0"},
        {"CHANCE": "1", "TIMES": "0", "SCALE": "odds"},
        {"CHANCE": "0", "TIMES": "5", "SCALE": "odds"},
        {"WHEN": "worth > 0", "TIMES": "2 / worth"},
    ],
)
def test_what_is_guarded_or_has_a_limit_runs_without_a_word(right: dict[str, str], tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        replicate(study(tmp_path, **right), 0)


def test_a_multiplier_of_nought_takes_a_certain_move_away(tmp_path: Path) -> None:
    """Of those in x nobody goes no -> yes, although all others do: all scales alike."""
    for scale in ("rate", "probability", "odds"):
        program = compile_scenario(study(tmp_path, CHANCE="1", TIMES="0", SCALE=scale))["base"].programs["b"]
        reach = program._tables.by_slot[0].reshape(1, 2, *program.groups[0].shape)[0, 1, 0]
        assert sorted(reach.tolist()) == [0.0, 1.0]


@pytest.mark.parametrize("p", [0.0, 1e-9, 0.3, 1.0])
@pytest.mark.parametrize("times", [0.0, 0.5, 1.0, 7.0])
def test_scales_of_probabilities(p: float, times: float) -> None:
    wanted = {
        "rate": 1 - (1 - p) ** times,
        "probability": p * times,
        "odds": 0.0 if times == 0 else p * times / (1 - p + p * times),
    }
    for scale, right in wanted.items():
        factor = scaled(scale)
        with np.errstate(all="ignore"):
            found = multiplied(np.array([p]), np.array([times]), factor, is_rate=False)
        assert found == pytest.approx([right], abs=1e-12)


@pytest.mark.parametrize("hazard", [1e-6, 0.7, 30.0, 80.0])
@pytest.mark.parametrize("times", [0.0, 0.01, 1.0, 9.0])
def test_odds_of_a_rate(hazard: float, times: float) -> None:
    """The hazard is right also where its probability rounds to 1, as of 80 a step."""
    with np.errstate(all="ignore"):
        found = multiplied(np.array([hazard]), np.array([times]), scaled("odds"), is_rate=True)
    assert found == pytest.approx([np.log1p(times * np.expm1(hazard))], rel=1e-3 if hazard == 30.0 else 1e-9)


def test_a_probability_above_one_of_a_rate_is_refused(tmp_path: Path) -> None:
    text = CONFIG.replace("b.worsen", "a.worsen")
    for word, value in {**RIGHT, "RATE": "40", "TIMES": "2", "SCALE": "probability", "WHEN": "b == yes"}.items():
        text = text.replace(word, value, 1)
    file = tmp_path / "later.yaml"
    file.write_text(text, encoding="utf-8")
    assert "effects.push.times: given '2'; it makes 'x -> y' of 'a' a probability above 1" in refusal(sim.load(file))


def scaled(scale: str):
    """Make the factor of an effect on a scale."""
    from sim.model.compiled.grid import Factor
    from sim.model.compiled.scope import Reader
    from tests.strategies import make_chain, make_model

    model = make_model([make_chain("a", "x y", {"x -> y": "1"})], 1, 1)
    effect = make_effect("push", {"a": ["x -> y"]}, "1", "1")
    return Factor(Reader(model, model.root.name), effect.times, effect.when, scale=scale)


class Nothing:
    """A scope with one unknown number."""

    def value(self, name: str) -> np.ndarray:
        return np.asarray(np.nan if name == "x" else 1.0)

    def state(self, chain: str, state: str) -> None:
        return None


@pytest.mark.parametrize(
    "text",
    ["x > 0", "x == x", "not x", "x ^ 0", "1 ^ x", "x and 1", "x or 0", "if(x, 1, 2)", "min(x, 1)", "max(x, 1)", "-x"],
)
def test_what_has_no_value_is_not_hidden(text: str) -> None:
    assert np.isnan(evaluate(parse(text), Nothing()))


@pytest.mark.parametrize(("text", "value"), [("x and 0", 0), ("0 and x", 0), ("1 or x", 1), ("if(0, x, 3)", 3)])
def test_what_is_settled_without_it_is(text: str, value: float) -> None:
    assert evaluate(parse(text), Nothing()) == value
