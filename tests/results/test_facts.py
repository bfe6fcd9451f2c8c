"""Facts of a run come back from the attributes of its Dataset as they were, also through a file and from older ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from sim.model.appraisal import AppraisalSpec
from sim.results.dataset import facts_of_run, to_dataset
from sim.results.facts import JSON, facts_of, read_facts, written
from sim.results.folder.store import write_dataset
from sim.results.worlds import other_worlds, world_names
from tests import synthetic

SCENARIO = synthetic.scenario()


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    return to_dataset(SCENARIO, synthetic.layout(SCENARIO), synthetic.records(SCENARIO))


def test_facts_are_those_of_the_scenario(ds: xr.Dataset) -> None:
    facts = facts_of(ds)
    assert (facts.baseline, facts.seed, facts.solver) == (SCENARIO.baseline, SCENARIO.seed, SCENARIO.solver)
    assert facts.appraisal == SCENARIO.appraisal
    assert [world.name for world in facts.worlds] == [world.name for world in SCENARIO.worlds]
    assert facts.deflators == dict(SCENARIO.deflators)
    assert not facts.is_exact
    assert facts_of(ds.assign_attrs(solver="expect")).is_exact
    assert [world for world in world_names(ds) if world.regime != facts.baseline] == other_worlds(ds)


def test_what_is_written_is_read_again(tmp_path: Path, ds: xr.Dataset) -> None:
    """Of a file, everything but the timing; numbers are Python's own."""
    assert facts_of(xr.Dataset(attrs=written(facts_of(ds)))) == facts_of(ds)
    write_dataset(tmp_path / "results.nc", ds)
    read = facts_of(xr.load_dataset(tmp_path / "results.nc"))
    assert read == facts_of_run(SCENARIO, synthetic.layout(SCENARIO))
    assert type(read.rows) is int
    assert type(read.step_years) is float


def test_attributes_are_plain(ds: xr.Dataset) -> None:
    attributes = written(facts_of_run(SCENARIO, synthetic.layout(SCENARIO)))
    assert {type(value) for value in attributes.values()} <= {str, int, float}
    assert set(attributes) == set(ds.attrs) - {"engine_seconds"}


def test_what_older_files_lack_has_a_default_and_what_all_have_is_missed(ds: xr.Dataset) -> None:
    older = ds.drop_attrs(deep=False).assign_attrs({k: v for k, v in ds.attrs.items() if k != "appraisal"})
    assert facts_of(older).appraisal == AppraisalSpec()
    with pytest.raises(KeyError, match="title"):
        facts_of(ds.drop_attrs(deep=False))


def test_other_tables_have_facts_of_their_own() -> None:
    @dataclass(frozen=True)
    class Few:
        draws: int
        weights: dict[str, Any] = field(metadata=JSON, default_factory=dict)

    table = xr.Dataset(attrs={"draws": np.int64(3), "weights": '{"a": 1}', "more": "unread"})
    assert read_facts(Few, table) == Few(3, {"a": 1})
