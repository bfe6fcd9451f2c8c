"""Accounts of the answer in results that grow, and in parts of replications: the bytes of a run made at once.

The reason is that of ``test_resume``: what accounts keep of a replication hangs on that replication alone, and counts
of parts add up to those of the whole.
"""

from __future__ import annotations

from pathlib import Path

import pytest

import sim
from sim.model.spec import Scenario
from sim.runs import pool
from tests.economics.value.test_accounts import TOY_SETS
from tests.places import TOY
from tests.runs.runs_to_kill import contents
from tests.runs.test_resume import run

SETS = [*TOY_SETS, "units.family.size=90", "units.family.warm_up=1 month"]


def of(replications: int) -> Scenario:
    return sim.load(TOY, [*SETS, f"replications={replications}"])


@pytest.mark.slow
def test_results_grow_and_replications_are_cut_to_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "ROWS_OF_A_PART", 1)  # small as they are, replications are cut by areas
    run(tmp_path / "once", of(2), rows=False)
    run(tmp_path / "grown", of(1), rows=False)
    run(tmp_path / "grown", of(2), resume=True, workers=2, rows=False)
    grown, once = contents(tmp_path / "grown"), contents(tmp_path / "once")
    assert grown.keys() == once.keys()
    assert [name for name in once if grown[name] != once[name]] == []
