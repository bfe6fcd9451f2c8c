"""Parameters are laid over a config: a number is replaced or multiplied, an expression is multiplied as it is written.

The theory is arithmetic: multiplying by one changes nothing that a run can see, and by x times the rate by x.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.parameters import Base, Placed, multiplied, scenario_at
from calibration.study import study
from sim.config.text.merge import item_at
from sim.errors import ModelError
from sim.model.compiled.readings import clock_value
from tests.places import CALIBRATION, ROOT

TOY = CALIBRATION
NATIONAL = ROOT / "configs" / "calibration" / "national.yaml"


def changed(folder: Path, old: str, new: str) -> Path:
    """Copy the toy with something else in its calibration."""
    for name in ("model.yaml", "targets.yaml", "toy.yaml"):
        text = (TOY / name).read_text(encoding="utf-8")
        assert name != "toy.yaml" or old in text
        (folder / name).write_text(text.replace(old, new) if name == "toy.yaml" else text, encoding="utf-8")
    return folder / "toy.yaml"


def test_numbers_are_multiplied_and_expressions_keep_their_text() -> None:
    assert multiplied(0.5, 3.0) == 1.5
    assert multiplied("0.68 * frailty ^ 0.5", 1.25) == "1.25 * (0.68 * frailty ^ 0.5)"


def test_a_rate_is_multiplied_and_a_number_is_set() -> None:
    made = study(TOY / "toy.yaml")
    model = scenario_at(made.base, made.placed, np.array([0.9, 1.25])).worlds[0].model
    worry = next(chain for chain in model.chains if chain.name == "worry")
    rates = {
        f"{m.source} -> {m.target}": clock_value(m.expression, model, 0) for m in worry.transitions if m.expression
    }
    assert clock_value(model.parameters["onset"].expression, model, 0) == 0.9
    assert rates["worried -> calm"] == pytest.approx(1.2 * 1.25)


def test_what_is_not_written_is_lent_by_the_figure_of_the_model() -> None:
    onset = study(TOY / "toy.yaml").parameters[0]
    assert (onset.prior.value, onset.prior.low, onset.prior.high) == (0.6, 0.3, 1.2)
    assert "a toy" in onset.reason


def test_items_of_lists_are_found_by_name_and_bare_numbers_by_value() -> None:
    tree = Base.of("model", (), TOY).tree
    price = item_at(tree, "costs.trouble.price.value")
    rate = item_at(tree, "chains.worry.rates.worried -> calm.value")
    assert price is not None
    assert rate is not None
    assert (price.value, rate.value) == (1000, 1.2)
    assert item_at(tree, "costs.nothing.price.value") is None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("parameters.onset.value", "parameters.inset.value", "no such path"),
        ("[parameters.onset.value]", "[parameters.onset]", "add .value"),
        ("bounds: [0.2, 2.0]", "bounds: [2.0, 0.2]", "the lower bound stands first"),
        ("bounds: [0.2, 2.0]", "bounds: [0.7, 2.0]", "the best estimate 0.6 lies outside them"),
        ("bounds: [0.2, 2.0]", "bounds: [0.0, 2.0]", "a log transform needs bounds above 0"),
        ("value: 1.0, low: 0.5, high: 2.0, ", "", "'value', 'low' and 'high' are missing"),
        ("value: 1.0, low: 0.5", "value: 1.0", "together"),
        ("model: model", "model: nowhere", "there is no such file"),
        ("[targets.yaml]", "[nowhere.yaml]", "there is no such file"),
        ("known: [worried]", "known: [troubled]", "no target of this name that is fitted"),
        ("history: 24", "history: 11", "2 parameters need at least 12 runs"),
        ("seed: 3", "speed: 3", "'speed' is no key here"),
    ],
)
def test_a_bad_calibration_is_refused(old: str, new: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=None) as caught:
        study(changed(tmp_path, old, new))
    assert said in str(caught.value.problems[0])


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    path = changed(tmp_path, "parameters.onset.value", "parameters.inset.value")
    path.write_text(path.read_text(encoding="utf-8").replace("worried -> calm.value", "calm -> sad.value"), "utf-8")
    with pytest.raises(ModelError) as caught:
        study(path)
    assert [problem.key for problem in caught.value.problems] == [
        "parameters.onset.set.0",
        "parameters.ease.multiply.0",
    ]


def test_the_national_calibration_reads_and_its_middle_is_the_model_as_it_stands() -> None:
    made = study(NATIONAL)
    assert 10 <= len(made.parameters) <= 14
    assert all(p.low <= p.prior.value <= p.high and p.reason for p in made.parameters)
    assert all(isinstance(placed, Placed) for placed in made.placed)
    before = item_at(made.base.tree, "chains.care.rates.in_need -> home.value")
    model = scenario_at(made.base, made.placed, made.middle).worlds[0].model
    care = next(chain for chain in model.chains if chain.name == "care")
    rate = next(m for m in care.transitions if (m.source, m.target) == ("in_need", "home"))
    assert before is not None
    assert rate.expression is not None
    assert clock_value(rate.expression, model, 0) == before.value
