"""An ensemble gives the same bits whoever runs it and in whatever order replications finish."""

import time

import pytest
import xarray as xr

import sim
from sim.engine.solvers import families as engine
from sim.runs import ensemble
from sim.runs.ensemble import simulate
from tests import synthetic
from tests.places import TEXTBOOK


@pytest.fixture(autouse=True)
def _made_up_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in for the engine, but where a test asks for the real one."""
    if "real_engine" not in request.keywords:
        monkeypatch.setattr(engine, "layout", synthetic.layout)
        monkeypatch.setattr(engine, "replicate", synthetic.record)
        monkeypatch.setattr(ensemble, "replicate_with_rows", lambda study, number, _: synthetic.record(study, number))


def arrays(ds: xr.Dataset) -> xr.Dataset:
    """Leave out what differs from run to run."""
    return ds.drop_attrs()


def test_progress_counts_replications() -> None:
    told: list[tuple[int, int]] = []
    simulate(synthetic.scenario(replications=3), progress=lambda *counts: told.append(counts))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_adding_replications_changes_none() -> None:
    few, more = (simulate(synthetic.scenario(replications=n)) for n in (2, 3))
    for name in ("meters", "cost", "outcomes"):
        assert few[name].equals(more[name].isel(replication=[0, 1]))


def test_workers_below_one_are_refused() -> None:
    with pytest.raises(ValueError, match="workers is 0; it must be at least 1"):
        simulate(synthetic.scenario(), workers=0)


@pytest.mark.real_engine
def test_two_workers_give_the_same_bits() -> None:
    scenario = sim.load(TEXTBOOK / "annuity.yaml", ["replications=4"])
    alone, together = sim.simulate(scenario), sim.simulate(scenario, workers=2)
    xr.testing.assert_identical(arrays(alone), arrays(together))


@pytest.mark.real_engine
def test_an_interrupt_ends_the_workers() -> None:
    """Ctrl-C while replications run: it passes on at once, not after the twenty thousand that are left."""
    scenario = sim.load(TEXTBOOK / "annuity.yaml", ["replications=20000"])

    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        sim.simulate(scenario, workers=2, progress=interrupt)
    assert time.monotonic() - started < 10  # 20,000 replications would take a minute or more
