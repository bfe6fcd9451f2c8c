"""Counts under `distributions`: the share of the steps in which they are how much, against Erlang's and Poisson's laws.

Theory: with c places and nobody who waits (M/M/c/c) the number in help is Poisson cut off at c; admissions of a step
are Poisson where places have no limit. Student's t over replications at 1e-4 for each share (seeds are fixed).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.errors import ModelError
from sim.report.tables import distributions
from sim.results.facts import facts_of
from sim.results.summary import shares_over_time
from sim.results.tidy import DISTRIBUTIONS_COLUMNS, distributions_rows, tidy_tables
from sim.results.worlds import world_names
from tests.theory.queues.lived import tail

ALARM = 1e-4
WARD = """
title: A ward of four beds
sources: optional
replications: 8
clock: {step: day, steps: 400, first: 0}
units: {patient: {size: 0, arrive: {poisson: 3 / day}, warm_up: 10}}
services:
  ward:
    kind: discretionary
    refer: {when: always, rate: now, again: 0}
    patience: now
    engaged: {mean: 1 day}
    team: {workers: 4, caseload: 1}
distributions:
  beds: {per: ward.case}
  taken: {while: ward == engaged}
  admissions: {per: ward.start}
queues: per_family
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ward") / "ward.yaml"
    path.write_text(WARD, encoding="utf-8")
    return path


def test_places_without_a_queue_are_taken_as_erlang_says(file: Path) -> None:
    ds = sim.simulate(sim.load(file))
    (world,) = world_names(ds)
    numbers, shares = shares_over_time(ds, world, "beds")
    law = stats.poisson.pmf(np.arange(5), 3.0)
    assert numbers.tolist() == [0, 1, 2, 3, 4]
    assert min(tail(shares[:, i] - law[i] / law.sum()) for i in range(5)) > ALARM
    assert tail(shares[:, 4] - law[4]) < 0.01  # as if there were no limit

    rows = [dict(zip(DISTRIBUTIONS_COLUMNS, row, strict=True)) for row in distributions_rows(ds)]
    beds, taken = ([{**row, "count": ""} for row in rows if row["count"] == name] for name in ("beds", "taken"))
    assert beds == taken
    series = ds["meters"].sel(meter="ward.case").isel(regime=0, effect_set=0, step=slice(1, None)).values
    for row in beds:
        assert row["share"] == pytest.approx((series == row["how_many"]).mean(), abs=1e-12)
        assert row["more"] == pytest.approx((series > row["how_many"]).mean(), abs=1e-12)
        assert 0 <= row["share_low"] <= row["share"] <= row["share_high"] <= 1
    admitted = [row for row in rows if row["count"] == "admissions"]
    moves = ds["meters"].sel(meter="ward.start").isel(regime=0, effect_set=0, step=slice(1, None)).values
    assert sum(row["how_many"] * row["share"] for row in admitted) == pytest.approx(moves.mean())
    assert "distributions.csv" in [table.file for table in tidy_tables(ds)]

    spread = sim.summarise(ds)["regimes"]["base"]["distributions"]["beds"]
    assert spread == {
        "mean": pytest.approx(series.mean()), "most": 4,
        **{f"p{q}": np.quantile(series, q / 100, method="inverted_cdf") for q in (50, 90, 99)},
    }  # fmt: skip
    assert distributions(sim.summarise(ds)).rows[0][:2] == ("beds", "base")


def test_admissions_of_a_step_are_poisson_where_places_have_no_limit(file: Path) -> None:
    """Also under ``queues: open``, where who arrives in a step is admitted in the next."""
    ds = sim.simulate(sim.load(file, ["queues=open", "clock.steps=150", "services.ward.team=null"]))
    numbers, shares = shares_over_time(ds, world_names(ds)[0], "admissions")
    law = stats.poisson.pmf(numbers, 3.0)
    assert min(tail(shares[:, i] - law[i]) for i in np.flatnonzero(law > 0.02)) > ALARM


def test_a_regime_has_the_shares_of_the_steps_under_it(file: Path) -> None:
    """From the first regime's start on, as cost per family-year is."""
    later = "regimes={four: {}, eight: {start: 30, set: {services.ward.team.workers: 8}}}"
    ds = sim.simulate(sim.load(file, ["clock.steps=60", "replications=2", later]))
    four, eight = world_names(ds)
    series = ds["meters"].sel(meter="ward.case", regime="eight").isel(effect_set=0, step=slice(31, None)).values
    numbers, shares = shares_over_time(ds, eight, "beds")
    assert shares @ numbers == pytest.approx(series.mean(axis=-1))
    assert shares_over_time(ds, four, "beds")[0].max() == 4
    summary = sim.summarise(ds)
    regimes = summary["regimes"]
    change = summary["differences"]["eight"]["distributions"]["beds"]["mean"]
    assert change == pytest.approx(
        regimes["eight"]["distributions"]["beds"]["mean"] - regimes["four"]["distributions"]["beds"]["mean"]
    )


def test_a_study_without_them_says_nothing_of_them(file: Path) -> None:
    ds = sim.simulate(sim.load(file, ["distributions=null", "clock.steps=20", "replications=1"]))
    assert facts_of(ds).distributions is None
    assert "distributions" not in ds.attrs
    assert "distributions" not in sim.summarise(ds)["regimes"]["base"]
    assert not distributions(sim.summarise(ds)).rows


def test_what_has_no_distribution_is_refused(file: Path) -> None:
    with pytest.raises(ModelError, match=r"distributions\.beds\.per: .*is no whole number"):
        sim.load(file, ["distributions.beds.per=ward.place"])
    study = sim.load(file, ["queues=open", "units.patient={size: 50, arrive: null, warm_up: null}"])
    with pytest.raises(ModelError, match=r"ward\.yaml:\d+:\d+: distributions\.beds: .*use --solver simulate"):
        sim.expect(study)
    assert sim.solver_of(study).kind == "refused"
