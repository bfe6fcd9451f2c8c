"""A calibration on disk comes back as it was; its page says first what cannot be said; pictures show what they must."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from calibration.conflicts.arithmetic import arithmetic_conflicts
from calibration.diagnosis.influence import influence
from calibration.problem import CalibrationProblem, Fit
from calibration.report.figures import plot_conflicts, plot_contraction, plot_fit, plot_influence, plot_pairs
from calibration.report.numbers import in_unit, short
from calibration.report.page import PICTURES, lead, write_calibration
from calibration.report.posterior import read_posterior, targets_digest, to_dataset, write_posterior
from calibration.space import normals
from sim.errors import ResultError
from tests.calibration.published import CLAIMS, SAVING
from tests.calibration.toys import exact, linear
from tests.clear_text import faults_of


def calibrated(refusals: tuple[str, ...] = (), *, bare: bool = False) -> xr.Dataset:
    """Give the linear problem's closed form as a calibration, with the published claims beside it."""
    one = linear()
    one = CalibrationProblem(one.parameters, one.targets, one.predict, one.noise, () if bare else CLAIMS, (SAVING,))
    mean, covariance = exact(one)
    draws = mean + normals(1, "draws", (800, 3)) @ np.linalg.cholesky(covariance).T
    fit = Fit("exact", mean, draws, one.predict(draws), draws[:4], one.predict(draws[:4]), refusals, (("runs", 4.0),))
    influences = () if bare else influence(one, fit)
    conflicts = arithmetic_conflicts(one.statements, one.relations)
    return to_dataset(one, fit, conflicts, influences, attributes={"title": "A toy & <b>"})


def test_a_calibration_comes_back_as_it_was(tmp_path: Path) -> None:
    ds = calibrated()
    write_posterior(tmp_path / "posterior.nc", ds)
    back = read_posterior(tmp_path / "posterior.nc")
    xr.testing.assert_equal(ds, back)
    assert back.attrs["targets_sha256"] == ds.attrs["targets_sha256"]


def test_without_conflicts_and_influence_it_comes_back_too(tmp_path: Path) -> None:
    write_posterior(tmp_path / "posterior.nc", calibrated(bare=True))
    write_calibration(tmp_path, read_posterior(tmp_path / "posterior.nc"))
    assert "No published statements were found" in (tmp_path / "calibration.html").read_text()


def test_a_refused_posterior_is_not_read_by_accident(tmp_path: Path) -> None:
    write_posterior(tmp_path / "posterior.nc", calibrated(("the chains have not met",)))
    with pytest.raises(ResultError, match="must not be used: the chains have not met"):
        read_posterior(tmp_path / "posterior.nc")
    assert read_posterior(tmp_path / "posterior.nc", refused=True).sizes["draw"] == 800


def test_what_is_no_calibration_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="is not there"):
        read_posterior(tmp_path / "posterior.nc")
    (tmp_path / "text.nc").write_text("hello")
    with pytest.raises(ResultError, match="cannot be read"):
        read_posterior(tmp_path / "text.nc")
    xr.Dataset({"a": 1}).to_netcdf(tmp_path / "other.nc")
    with pytest.raises(ResultError, match="no calibration"):
        read_posterior(tmp_path / "other.nc")


def test_the_digest_changes_with_every_word_of_a_target() -> None:
    one = linear()
    other = CalibrationProblem(one.parameters, one.targets, one.predict, one.noise, CLAIMS[:1])
    assert targets_digest(one) != targets_digest(other)
    assert targets_digest(one) == targets_digest(linear())


def test_the_page_says_first_what_cannot_be_said(tmp_path: Path) -> None:
    ds = calibrated(("the chains have not met",))
    lines = lead(ds)
    assert lines[0] == "Not to be used: the chains have not met."
    assert lines[1] == ds.attrs["said_first"]
    page = write_calibration(tmp_path, ds).read_text()
    assert page.index("Not to be used") < page.index("<h2>")
    assert "A toy &amp; &lt;b&gt;" in page
    assert 'src="http' not in page  # self-contained: nothing is fetched
    assert 'href="http' not in page
    assert {path.stem for path in (tmp_path / "figures").glob("*.png")} == {
        "fit", "pairs", "conflicts", "influence", "contraction",
    }  # fmt: skip


def test_pictures_have_a_row_for_everything_they_are_about() -> None:
    ds = calibrated()
    assert [text.get_text() for text in plot_fit(ds).get_yticklabels()] == ["t0", "t1", "t2", "t3"]
    involved = {claim for one in arithmetic_conflicts(CLAIMS, (SAVING,)) for claim in one.names}
    assert len(plot_conflicts(ds).get_yticklabels()) == len(involved)
    assert len(plot_influence(ds).get_yticklabels()) == 4
    assert len(plot_contraction(ds).patches) == 3
    assert len(plot_pairs(ds).figure.axes) == 6


@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: one.name)
def test_pictures_are_clear_on_a_desk_and_a_phone_and_say_what_they_show(picture) -> None:
    for ds in (calibrated(), calibrated(bare=True)):
        if picture.applies(ds):
            assert faults_of(picture.draw, ds) == []
            assert re.search(r"\d", picture.finding(ds))


def test_uninformed_parameters_have_a_colour_of_their_own() -> None:
    ds = calibrated()
    ds.attrs["uninformed"] = json.dumps(["x2"])
    colours = [patch.get_facecolor() for patch in plot_contraction(ds).patches]
    names = [text.get_text() for text in plot_contraction(ds).get_yticklabels()]
    odd = colours[names.index("x2")]
    assert sum(colour == odd for colour in colours) == 1


def test_numbers_are_written_as_people_read_them() -> None:
    assert in_unit(26_000.4, "gbp") == "£26,000"
    assert in_unit(-1_500.0, "GBP") == "−£1,500"
    assert in_unit(0.354, "share") == "35.4%"
    assert in_unit(float("nan"), "share") == "–"
    assert in_unit(12_345.6, "families") == "12,346"
    assert short("chains.care.rate_of_entry") == "care\nrate of entry"
