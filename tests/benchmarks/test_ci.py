"""The check of speed for continuous integration: its judgement on made-up speeds, and one round that is really run.

Theory: a ratio fails below 60% of the recorded one and not at it; the best of several tries counts; family-months are
families times the months that they live through, by hand.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import sim
from benchmarks import ci, jobs
from benchmarks.ci import Speed, best, family_months, slow

RECORDED = {"one": 10.0, "other": 2.0}


def speeds(one: float, other: float) -> dict[str, Speed]:
    return {"one": Speed(1.0, one), "other": Speed(1.0, other)}


@pytest.mark.parametrize(("one", "failed"), [(6.0, []), (5.99, ["one"]), (30.0, [])])
def test_below_sixty_per_cent_is_slow(one: float, failed: list[str]) -> None:
    assert slow(speeds(one, 2.0), RECORDED) == failed


def test_a_job_that_is_not_recorded_does_not_fail() -> None:
    assert slow(speeds(0.1, 2.0), {"other": 2.0}) == []


def test_the_better_try_of_each_job_counts() -> None:
    assert best(speeds(5.0, 2.0), speeds(9.0, 1.0)) == speeds(9.0, 2.0)
    assert best(speeds(5.0, 2.0), {}) == speeds(5.0, 2.0)


def test_family_months_by_hand() -> None:
    assert family_months(jobs.reference(2, 1_000, 24)) == 2 * 1_000 * 24
    assert family_months(sim.load(ci.QUEUE)) == 3_333 * 36 * 36


def test_recorded_ratios_are_of_the_jobs_that_are_run() -> None:
    recorded = json.loads(ci.RECORDED.read_text(encoding="utf-8"))
    assert set(recorded) == {"with kernels", "NumPy alone"}
    for ratios in recorded.values():
        assert set(ratios) == set(ci.small_jobs())
        assert min(ratios.values()) > 0


def test_three_slow_tries_fail_and_are_written(tmp_path: Path, monkeypatch, capsys) -> None:
    """With a record that nothing reaches every try is made, the exit code is 1 and the JSON says what failed."""
    tries: list[int] = []
    record = tmp_path / "recorded.json"
    record.write_text(json.dumps({kind: {"small": 1e9} for kind in ("with kernels", "NumPy alone")}), encoding="utf-8")
    monkeypatch.setattr(ci, "RECORDED", record)
    monkeypatch.setattr(ci, "small_jobs", lambda: {"small": jobs.reference(1, 500, 3)})
    monkeypatch.setattr(ci, "textbook", lambda: tries.append(1))
    out = tmp_path / "out" / "ci.json"
    assert ci.main(["--out", str(out)]) == 1
    assert len(tries) == ci.TRIES * ci.ROUNDS
    told = json.loads(out.read_text(encoding="utf-8"))
    assert told["failed"] == ["small"]
    assert told["jobs"]["small"]["recorded"] == 1e9
    assert "SLOW: small" in capsys.readouterr().err
