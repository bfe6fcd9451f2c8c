"""Solved values are written back into an evidence set as they were found, and nothing else in the file changes."""

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import sim
from sim.cli import app
from sim.errors import ModelError
from sim.evaluation.effects.estimands import digest, estimands_of
from sim.evaluation.effects.fit import EffectFit, _fitted
from sim.evaluation.effects.question import estimands_in, keep, run, set_file, stale
from sim.runs import meaning
from sim.runs.fits import with_fits

SET = """\
# A comment at the top.
title: Made up
estimands:
  care: {quantity: share of children looked after, ratio: 0.68, months: [19, 24], parameter: parameters.kw_care, low: -0.3, high: 0.1, source: F4}
# A comment between.
set:
  parameters.kw_care: {value: -0.01, unit: log ratio per hour a month, source: F4, why: "to be solved for"}
  parameters.kw_all: {value: 0, unit: log ratio per hour a month, source: assumption, why: nothing}
"""  # noqa: E501 (a line of a config)


@pytest.fixture
def evidence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put an evidence set into a library of the working folder, where it is found first."""
    file = tmp_path / "configs" / "evidence_sets" / "measured.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(SET, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert set_file("measured").resolve() == file.resolve()
    return file


def a_fit(file: Path, stamp: str) -> EffectFit:
    estimand = estimands_of(estimands_in(file))[0]
    return EffectFit(
        "measured", "integrated", stamp, 2, 1, (_fitted(estimand, -0.0612349, np.log([0.67, 0.69]), 10.9),)
    )


def test_comments_stay_and_values_change(evidence: Path) -> None:
    keep(a_fit(evidence, "ab" * 32), evidence)
    text = evidence.read_text(encoding="utf-8")
    assert "# A comment at the top.\n" in text
    assert "# A comment between.\n" in text
    assert "value: -0.06123," in text
    assert "to be solved for" not in text
    assert "parameters.kw_all: {value: 0, unit: log ratio per hour a month, source: assumption, why: nothing}" in text
    assert f"digest: {'ab' * 32}" in text
    assert not list(evidence.parent.glob("*.part"))
    before = text
    keep(a_fit(evidence, "ab" * 32), evidence)
    assert evidence.read_text(encoding="utf-8") == before  # writing again changes nothing


def test_the_reason_for_a_bound_stands(evidence: Path) -> None:
    estimand = estimands_of(estimands_in(evidence))[0]
    stuck = _fitted(estimand, -0.3, np.log([0.9, 0.9]), 10.9)
    keep(EffectFit("measured", "integrated", "cd" * 32, 2, 1, (stuck,)), evidence)
    text = evidence.read_text(encoding="utf-8")
    assert 'value: -0.3, unit: log ratio per hour a month, source: F4, why: "to be solved for"' in text
    assert "reachable: false" in text
    assert "shortfall: -0.22" in text


def test_a_set_without_the_parameter_is_refused(evidence: Path) -> None:
    fit = a_fit(evidence, "ab" * 32)
    other = SET.replace("  parameters.kw_care: {value", "  parameters.kw_custody: {value")
    evidence.write_text(other, encoding="utf-8")
    with pytest.raises(ModelError, match=r"give parameters\.kw_care, which is solved for"):
        keep(fit, evidence)


def test_a_stale_fit_is_noted_not_refused(evidence: Path) -> None:
    scenario = sim.load("demo")
    assert "'measured' has not been solved for" in stale(with_fits(scenario))[0]
    keep(a_fit(evidence, digest(scenario, "integrated", "measured", ["kw_care"])), evidence)
    assert stale(with_fits(sim.load("demo"))) == []
    other = sim.load("demo", ["parameters.help_per_hour.value=0.06"])
    assert "was solved for in another model" in stale(with_fits(other))[0]
    checked = CliRunner().invoke(app, ["check", "demo", "--set", "parameters.help_per_hour.value=0.06"])
    assert checked.exit_code == 0
    assert "note: evidence set 'measured' was solved for in another model" in checked.output


def test_a_program_that_makes_other_results_is_told_from_another_model(
    evidence: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = sim.load("demo")
    keep(a_fit(evidence, digest(scenario, "integrated", "measured", ["kw_care"])), evidence)
    monkeypatch.setattr(meaning, "RESULTS_VERSION", meaning.RESULTS_VERSION + 1)
    said = stale(with_fits(scenario))[0]
    assert "'measured' was solved for by a version of the program that makes other results" in said


@pytest.mark.parametrize("study", ["national", "phase_two"])
def test_fits_of_the_library_are_of_its_models(study: str) -> None:
    assert stale(with_fits(sim.load(study))) == []


def test_face_value_asks_for_the_same_ratios_of_the_truth() -> None:
    evaluated, true = (
        {e.name: e for e in estimands_of(estimands_in(set_file(name)))} for name in ("measured", "measured_face_value")
    )
    assert {name: (e.target, e.months, e.parameter, e.base) for name, e in true.items()} == {
        name: (e.target, e.months, e.parameter, e.base) for name, e in evaluated.items()
    }
    assert {e.by for e in evaluated.values()} == {"evaluation"}
    assert {e.by for e in true.values()} == {"truth"}


def test_an_estimand_that_is_wrong_is_refused_where_it_stands(evidence: Path) -> None:
    evidence.write_text(SET.replace("ratio: 0.68", "ratio: 0.68, by: luck"), encoding="utf-8")
    with pytest.raises(
        ModelError, match=r"measured\.yaml:4:\d+: estimands\.care\.by: given 'luck'; must be evaluation or truth"
    ):
        sim.load("demo")


def test_what_cannot_be_solved_for_is_said() -> None:
    with pytest.raises(ModelError, match="the study has no set 'utopia'; it has measured"):
        run("demo", only=["utopia"])
    with pytest.raises(ModelError, match="'no_effect' lists no estimands"):
        run("demo", ["effect_set=[no_effect]"], only=["no_effect"])
    with pytest.raises(ModelError, match="none of no_effect lists estimands, so that there is nothing to solve for"):
        run("demo", ["effect_set=[no_effect]"])


def test_the_commands_end_with_exit_code_2_on_bad_input() -> None:
    for command in ("fit-effects", "sanity"):
        result = CliRunner().invoke(app, [command, "nowhere"])
        assert result.exit_code == 2, result.output
