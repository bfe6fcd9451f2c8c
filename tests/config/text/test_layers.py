"""What layers add, take away and set: nothing is neither applied nor refused. No theory: promises of docs/language.md.

The model has one uncertain rate, so that what becomes of its interval is known by hand, and ``families uncertainty``
draws it or not.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.cli.check import check
from sim.cli.run import command as run
from sim.config import load
from sim.config.loading import tree_of
from sim.config.text.merge import item_at
from sim.errors import ModelError
from sim.studies.uncertainty.inputs import study
from sim.studies.uncertainty.question import scenario_of_draw

BASE = """
title: Base
sources: optional
replications: 2
clock: {step: month, steps: 12, start: 2011-04}
units: {family: {size: 50, areas: {north: 0.5, south: 0.5}}}
agencies: {council: The council}
parameters:
  fall: {value: 0.5, low: 0.3, high: 0.8, unit: 1/year}
  part: {value: 0.6, low: 0.3, high: 0.9, unit: share}
  rise: "2 * fall * part"
chains: {life: {states: [well, ill], rates: {well -> ill: fall, ill -> well: rise}}}
outcomes: {months_ill: {discount: 0}}
values: [{while: life == ill, months_ill: 1}]
services:
  keyworker:
    kind: discretionary
    refer: {when: life == ill, rate: 4}
    engaged: {mean: 9 months, low: 6 months, high: 12 months, stages: 2}
    team: {workers: {north: 2, south: 2}, caseload: 6}
effects: [{name: helps, on: life.worsen, when: keyworker == engaged, times: 0.5}]
costs: [{name: ill, while: life == ill, price: 1000, payers: {council: 1}}]
regimes: {siloed: {}, integrated: {set: {parameters.fall: 0.2}}}
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    path = tmp_path / "base.yaml"
    path.write_text(BASE, encoding="utf-8")
    return path


def refused(path: Path, *sets: str) -> str:
    """Give the problems of a config that must be refused, joined."""
    with pytest.raises(ModelError) as caught:
        load(path, sets)
    return "\n".join(map(str, caught.value.problems))


def layer(base: Path, text: str) -> Path:
    path = base.with_name("layer.yaml")
    path.write_text(f"extends: base.yaml\n{text}\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("set={seed: 99}", "such as --set seed=2"),
        ("set.seed=99", "such as --set seed=2"),
        ("extends=national", "write a file that extends both"),
        ("parameters.fal=3", "nothing uses it; did you mean 'fall'?"),
        ("parameters.fal.value=3", "is not in 'parameters', which has fall, part, rise; did you mean 'fall'?"),
        ("parameters.fal=null", "did you mean 'fall'?"),
        ("services.keywoker.team.caseload=8", "did you mean 'keyworker'?"),
        ("services.keyworker.team.caselod=8", "did you mean 'caseload'?"),
        ("services.keyworker.patiense=null", "did you mean 'patience'?"),
        ("regimes.integratd.start=2011-10", "did you mean 'integrated'?"),
        ("regimes.integratd={}", "sets nothing; did you mean 'integrated'?"),
        ("regimes.integrated.set={parameters.fal: 1}", "did you mean 'fall'?"),
        ("units.family.areas.nrth=0.5", "did you mean 'north'?"),
        ("services.keyworker.team.workers.nrth=3", "did you mean 'north'?"),
        ("agencies.counsil=The council", "did you mean 'council'?"),
        ("services.keyworker.agency=counsil", "did you mean 'council'?"),
        ("costs.ill.payers.counsil=1", "did you mean 'council'?"),
        ("outcomes.months_il={discount: 0}", "did you mean 'months_ill'?"),
        ("tables.t={by: age, linear: {0: 1}}", "nothing uses it"),
        ("effects.help.times=1", "did you mean 'helps'?"),
        ("parametrs=null", "did you mean 'parameters'?"),
        ("parametrs.fall=1", "did you mean 'parameters'?"),
        ("titel=x", "did you mean 'title'?"),
        ("effect_set=measurd", "did you mean 'measured'?"),
        ("baseline=silod", "did you mean 'siloed'?"),
        ("solver=expct", "did you mean 'expect'?"),
        ("appraisal.ledger=narow", "did you mean 'narrow'?"),
        ("clock.step=mont", "did you mean 'month'?"),
    ],
)  # fmt: skip
def test_a_setting_that_would_do_nothing_is_refused(setting: str, says: str, base: Path) -> None:
    found = refused(base, setting)
    assert says in found
    assert "--set" in found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("parametrs: null", "did you mean 'parameters'?"),
        ("parameters: {fal: {value: 3, low: 1, high: 4}}", "nothing uses it; did you mean 'fall'?"),
        ("parameters: {fal: null}", "did you mean 'fall'?"),
        ("services: {keywoker: {team: {caseload: 8}}}", "'keywoker' is new here; did you mean 'keyworker'?"),
        ("effects: [{name: help, times: 3}]", "'help' is new here; did you mean 'helps'?"),
        ("costs: [{name: il, price: 3}]", "'il' is new here; did you mean 'ill'?"),
        ("chains: {lif: {rates: {well -> ill: 1}}}", "'lif' is new here; did you mean 'life'?"),
        ("regimes: {integratd: {start: 2011-10}}", "did you mean 'integrated'?"),
        ("set: {extends: national}", "write a file that extends both"),
        ("set: {services.keywoker.team.caseload: 8}", "did you mean 'keyworker'?"),
        ("regimes: {integrated: {title: this, and that}}", "text with a comma stands in quotes"),
    ],
)  # fmt: skip
def test_a_layer_that_would_do_nothing_is_refused(text: str, says: str, base: Path) -> None:
    found = refused(layer(base, text))
    assert says in found
    assert "layer.yaml:2" in found


def test_what_is_added_and_used_is_taken(base: Path) -> None:
    added = "parameters: {own: 3, half: own / 2}\nset: {parameters.rise: half}\n"
    added_to_regimes = "regimes: {other: {set: {parameters.fall: own}}}"
    assert len(load(layer(base, added + added_to_regimes)).worlds) == 3
    only_in_a_regime = "parameters: {own: 3}\nregimes: {other: {set: {parameters.fall: own}}}"
    assert load(layer(base, only_in_a_regime)).worlds[2].model.parameters["fall"].expression.text == "own"
    below = base.read_text(encoding="utf-8").replace("parameters:\n", "parameters:\n  spare: 1\n")
    base.write_text(below, encoding="utf-8")
    assert "nothing uses: parameters.spare" in check(layer(base, "seed: 2"))  # it was there before the layer


@pytest.mark.parametrize(
    ("setting", "low", "high", "says"),
    [
        ("fall.value=0.6", 0.3, 0.8, "keeps its interval [0.3, 0.8]"),
        ("fall=0.6", 0.3, 0.8, "keeps its interval [0.3, 0.8]"),
        ("fall.value=0.8", 0.3, 0.8, "keeps its interval [0.3, 0.8]"),
        ("fall.value=1", 0.6, 1.6, "scales its interval [0.3, 0.8] to [0.6, 1.6]"),
        ("fall.value=0.1", 0.06, 0.16, "scales its interval [0.3, 0.8] to [0.06, 0.16]"),
        ("part.value=0.95", 0.475, 1.0, "scales its interval [0.3, 0.9] to [0.475, 1]"),  # a share stays at most 1
        ("fall.value=0", None, None, "drops its interval [0.3, 0.8]"),
        ("fall=part / 2", None, None, "drops its interval [0.3, 0.8]"),
        ("fall=0.5", 0.3, 0.8, ""),
    ],
)  # fmt: skip
def test_what_becomes_of_an_interval(
    setting: str, low: float | None, high: float | None, says: str, base: Path
) -> None:  # fmt: skip
    name = setting.partition("=")[0].removesuffix(".value")
    figure = item_at(tree_of(base, [f"parameters.{setting}"]), f"parameters.{name}")
    assert figure is not None
    ends = [figure.mapping[end].value if end in figure.mapping else None for end in ("low", "high")]
    assert ends == [low, high] if low is None else ends == pytest.approx([low, high], rel=1e-12)
    path = f"parameters.{name}.value"
    assert (path in [one.name for one in study(base, [f"parameters.{setting}"]).inputs]) == (low is not None)
    assert (f"note: --set parameters.{setting}: {path} {says}" in check(base, [f"parameters.{setting}"])) == bool(says)


def test_a_mean_keeps_scales_or_drops_its_interval_likewise(base: Path) -> None:
    def engaged(value: str) -> dict[str, object]:
        figure = item_at(tree_of(base, [f"services.keyworker.engaged={value}"]), "services.keyworker.engaged")
        assert figure is not None
        return {key: child.value for key, child in figure.mapping.items()}

    assert engaged("10 months") == {"mean": "10 months", "low": "6 months", "high": "12 months", "stages": 2}
    scaled = engaged("18 months")  # all doubled, the stages as they were
    assert scaled == {"mean": "18 months", "low": "12.0 months", "high": "24.0 months", "stages": 2}
    assert engaged("1 year") == {"mean": "1 year", "stages": 2}  # not compared across units, and said so


def test_a_layer_says_so_too_and_a_run_prints_it(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = layer(base, "parameters: {fall: 1}")
    assert "layer.yaml:2:20: parameters.fall.value scales its interval [0.3, 0.8] to [0.6, 1.6]" in check(path)
    run(str(path), base.with_name("out"), workers=1, quiet=True)
    assert "parameters.fall.value scales its interval [0.3, 0.8] to [0.6, 1.6]" in capsys.readouterr().err


def test_a_draw_is_set_to_the_last_bit(base: Path) -> None:
    made = study(base, ["parameters.fall.value=1"])
    for draw in range(8):
        values = made.drawn([draw])[0]
        model = scenario_of_draw(made, values, "").worlds[0].model
        drawn = dict(zip([one.name for one in made.inputs], values, strict=True))
        assert model.parameters["fall"].expression.root.value == drawn["parameters.fall.value"]


def test_names_of_parameters_are_no_keys_of_figures(base: Path) -> None:
    text = BASE.replace(
        'rise: "2 * fall * part"', 'rise: "value * mean"\n  value: 0.5\n  mean: 2\n  low: 3\n  high: "low"'
    )
    base.write_text(text, encoding="utf-8")
    tree = tree_of(base, ["parameters.mean=9", "parameters.value=7"])
    assert {key: child.value for key, child in tree.mapping["parameters"].mapping.items() if not child.mapping} == {
        "rise": "value * mean", "value": 7, "mean": 9, "low": 3, "high": "low",
    }  # fmt: skip
