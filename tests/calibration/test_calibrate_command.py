"""families calibrate on a small model with a known truth: what it finds, writes, refuses, and goes on with.

The figures of the toy are what the model says at onset 0.9 and ease 1.25, by other replications; the exits of a state
pin its rate, so that the truth must lie in the 95% range found, and the range must be far narrower than before.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from calibration.problem import Fit
from calibration.report.posterior import read_posterior, targets_digest
from calibration.report.writing import calibrated_yaml
from calibration.study import study
from sim.cli import add_installed, app
from sim.config import load
from sim.config.loading import tree_of
from sim.errors import ModelError
from sim.model.compiled.readings import clock_value
from sim.report.answer import standing
from sim.runs.beliefs.posterior import calibration_of
from sim.runs.beliefs.posterior import read_posterior as laid_by_sim
from sim.studies.uncertainty.question import run as uncertainty
from tests.places import CALIBRATION

TOY = CALIBRATION
add_installed(app)


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("calibration") / "out"
    result = CliRunner().invoke(app, ["calibrate", str(TOY / "toy.yaml"), "--out", str(folder)])
    assert result.exit_code == 0, result.output
    return folder


def laid_over(folder: Path, done: Path, more: str = "") -> Path:
    """Write a config that lays what was found over the model."""
    path = folder / "study.yaml"
    path.write_text(f"extends: [{TOY / 'model.yaml'}, {done / 'calibrated.yaml'}]\n{more}", encoding="utf-8")
    return path


def test_the_truth_is_in_what_is_found_and_most_doubt_is_gone(done: Path) -> None:
    found = json.loads((done / "summary.json").read_text(encoding="utf-8"))
    assert found["usable"]
    for name, truth in (("onset", 0.9), ("ease", 1.25)):
        one = found["parameters"][name]
        assert one["low"] < truth < one["high"]
        assert one["contraction"] > 0.5
    assert found["targets"]["troubled"]["kind"] == "held_out"
    assert found["targets"]["troubled"]["inside"]
    assert found["longer"]["later"]["mean"] == pytest.approx(0.988, abs=0.02)


def test_everything_is_written_and_every_run_is_kept(done: Path) -> None:
    there = {path.name for path in done.iterdir()}
    assert {"calibration.html", "posterior.nc", "calibrated.yaml", "summary.json", "points.jsonl", "figures"} <= there
    lines = (done / "points.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) > 100


def test_what_is_found_can_be_laid_over_the_model_and_says_so(done: Path, tmp_path: Path) -> None:
    scenario = load(laid_over(tmp_path, done))
    best = json.loads((done / "summary.json").read_text(encoding="utf-8"))["parameters"]
    model = scenario.worlds[0].model
    worry = next(chain for chain in model.chains if chain.name == "worry")
    ease = next(m for m in worry.transitions if m.source == "worried")
    assert ease.expression is not None
    assert clock_value(model.parameters["onset"].expression, model, 0) == pytest.approx(best["onset"]["best"])
    assert clock_value(ease.expression, model, 0) == pytest.approx(1.2 * best["ease"]["best"])
    assert standing(scenario.resolved).startswith("calibrated by toy.yaml (posterior, targets ")
    assert standing(load(TOY / "model.yaml").resolved).startswith("assumed")


def test_what_is_found_says_of_which_model(done: Path) -> None:
    meant = study(TOY / "toy.yaml").meaning
    assert calibration_of(tree_of(done / "calibrated.yaml"))["model"] == meant
    assert read_posterior(done / "posterior.nc").attrs["model_sha256"] == meant
    assert study(TOY / "toy.yaml", ["units.family.size=10"]).meaning != meant


def test_calibrated_values_of_the_library_are_of_its_model() -> None:
    kept, made = calibration_of(tree_of("calibrated/national")), study("calibration/national")
    assert kept["model"] == made.meaning
    assert kept["targets"] == targets_digest(made.problem(None, np.zeros(len(made.targets))))


def test_doubt_takes_the_posterior_whole_and_counts_a_calibrated_multiplier_once(done: Path, tmp_path: Path) -> None:
    draws = read_posterior(done / "posterior.nc")["draws"].values
    more = f"uncertainty: {{draws: 4, posterior: '{done / 'posterior.nc'}'}}\n"
    made, table = uncertainty(laid_over(tmp_path, done, more), ["solver=expect"])
    assert [str(name) for name in table["parameter"].values] == ["onset", "ease"]
    assert all(row.tolist() in draws.tolist() for row in table["inputs"].values)
    assert made.posterior is not None
    plain = laid_by_sim(str(done / "posterior.nc"), tree_of(TOY / "model.yaml"), Path())
    assert (plain.relative == 1).all()
    assert made.posterior.relative[1] != 1


def test_a_posterior_that_is_none_is_refused(done: Path, tmp_path: Path) -> None:
    more = "uncertainty: {draws: 4, posterior: nowhere.nc}\n"
    with pytest.raises(ModelError, match=r"uncertainty\.posterior: given 'nowhere\.nc'; there is no such file"):
        uncertainty(laid_over(tmp_path, done, more))
    more = f"uncertainty: {{draws: 4, posterior: '{done / 'summary.json'}'}}\n"
    with pytest.raises(ModelError, match="is no posterior"):
        uncertainty(laid_over(tmp_path, done, more))


def test_a_finished_calibration_is_not_replaced_unasked(done: Path) -> None:
    again = CliRunner().invoke(app, ["calibrate", str(TOY / "toy.yaml"), "--out", str(done)])
    assert again.exit_code == 2
    assert "holds a finished calibration" in again.output


def test_the_point_alone_goes_on_from_what_was_run(done: Path) -> None:
    """What the chain has run is not run again: the noise at least is known."""
    before = (done / "points.jsonl").read_text(encoding="utf-8")
    args = ["calibrate", str(TOY / "toy.yaml"), "--out", str(done), "--point-only", "--force", "--quiet"]
    saved = {name: (done / name).read_bytes() for name in ("summary.json", "calibrated.yaml", "posterior.nc")}
    result = CliRunner().invoke(app, args)
    point = json.loads((done / "summary.json").read_text(encoding="utf-8"))
    for name, content in saved.items():
        (done / name).write_bytes(content)
    assert result.exit_code == 0, result.output
    assert point["method"] == "least squares"
    assert (done / "points.jsonl").read_text(encoding="utf-8").startswith(before)


@pytest.mark.parametrize(
    ("config", "more", "why"),
    [
        pytest.param("unreachable", [], "onset is pressed against its upper bound of 2", marks=pytest.mark.slow),
        ("contradictory", ["--point-only"], "none of the 2 fitted figures lies in the 95% range that the model gives"),
    ],
)
def test_figures_out_of_reach_end_with_1_and_no_layer(config: str, more: list[str], why: str, tmp_path: Path) -> None:
    """What came out is kept and says first that it must not be used; no sentence says that figures inform anything."""
    args = ["calibrate", str(TOY / f"{config}.yaml"), "--out", str(tmp_path), "--quiet", *more]
    result = CliRunner().invoke(app, args)
    assert result.exit_code == 1, result.output
    assert f"Not to be used: {why}." in result.output
    told = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert not told["usable"]
    assert why in told["refusals"]
    assert told["not_informed"] is None
    page = (tmp_path / "calibration.html").read_text(encoding="utf-8")
    assert f"Not to be used: {why}"[:60] in page
    assert "The figures inform every parameter" not in page
    assert not (tmp_path / "calibrated.yaml").exists()
    with pytest.raises(ModelError, match="must not be used"):
        laid_by_sim(str(tmp_path / "posterior.nc"), tree_of(TOY / "model.yaml"), Path())


def test_a_layer_carries_what_must_be_said_of_it_to_every_run(tmp_path: Path) -> None:
    made = study(TOY / "toy.yaml")
    caveat = "1 of 3 fitted figures outside their 95% range: easing"
    draws = np.tile([0.9, 1.25], (3, 1))
    nothing = np.zeros((0, len(made.targets)))
    fit = Fit("posterior", draws[0], draws, nothing, draws[:0], nothing, caveats=(caveat,))
    (tmp_path / "calibrated.yaml").write_text(calibrated_yaml(made, fit, "0" * 64), encoding="utf-8")
    scenario = load(laid_over(tmp_path, tmp_path))
    assert standing(scenario.resolved).endswith(f"(posterior, targets {'0' * 12}), but {caveat}")
    assert scenario.resolved.count(f"over the targets it lists; {caveat}") == 1  # a bare rate takes no provenance


@pytest.mark.parametrize("config", ["nowhere.yaml", str(TOY / "model.yaml"), str(TOY / "targets.yaml")])
def test_what_is_no_calibration_ends_with_2(config: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["calibrate", config, "--out", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert not (tmp_path / "out").exists()


def test_settings_may_be_laid_over_the_model() -> None:
    assert study(TOY / "toy.yaml", ["units.family.size=10"]).base.tree != study(TOY / "toy.yaml").base.tree
    assert np.isfinite(study(TOY / "toy.yaml").middle).all()
