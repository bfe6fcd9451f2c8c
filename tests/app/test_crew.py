"""Who works on what: the newest supersedes what waits, a dead worker is replaced, a page that is gone wants nothing."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from queue import Empty, Queue

import pytest

from sim.app.work.crew import DIED, Desk
from sim.app.work.job import BenchStudy, Job, JobResult
from tests.app.workers import slowly

LONG_SECONDS = 60


@pytest.fixture(scope="module")
def desk():
    """Give one desk to all: each test leaves it with nothing to do."""
    made = Desk(BenchStudy(Path("none.yaml"), (), "integrated"), slowly)
    yield made
    made.close()


def named(name: str) -> Job:
    return Job("figures", name=name)


def test_of_ten_moves_the_last_one_wins(desk):
    came: Queue[JobResult] = Queue()
    for i in range(10):
        desk.want("page", "quick", named(str(i)), came.put)
    found = [came.get(timeout=LONG_SECONDS).found, came.get(timeout=LONG_SECONDS).found]
    assert found == ["0", "9"]
    with pytest.raises(Empty):
        came.get(timeout=1.0)


def test_a_position_goes_before_figures_that_wait(desk):
    came: Queue[JobResult] = Queue()
    for name in ("running", "draw 1", "draw 2"):
        desk.want("page", name, named(name), came.put)
    desk.want("page", "quick", named("quick"), came.put, first=True)
    assert [came.get(timeout=LONG_SECONDS).found for _ in range(4)] == ["running", "quick", "draw 1", "draw 2"]


def test_what_is_for_later_is_done_while_nothing_else_waits(desk):
    came: Queue[JobResult] = Queue()
    desk.want("page", "running", named("running"), came.put)
    for name in ("along 1", "along 2", "forgotten"):
        desk.want("page", name, named(name), came.put, later=True)
    desk.forget("page", "forgotten")
    desk.want("page", "draw", named("draw"), came.put)
    assert [came.get(timeout=LONG_SECONDS).found for _ in range(4)] == ["running", "draw", "along 1", "along 2"]
    with pytest.raises(Empty):
        came.get(timeout=1.0)


def test_a_killed_worker_is_replaced_and_its_job_done(desk):
    came: Queue[JobResult] = Queue()
    desk.want("page", "quick", named("first"), came.put)
    came.get(timeout=LONG_SECONDS)
    before = desk.pid
    desk.want("page", "quick", named("again"), came.put)
    time.sleep(0.1)
    os.kill(before, signal.SIGKILL)
    assert came.get(timeout=LONG_SECONDS).found == "again"
    assert desk.pid != before


def test_a_job_that_kills_twice_is_given_up_and_said(desk):
    came: Queue[JobResult] = Queue()
    desk.want("page", "quick", named("die"), came.put)
    desk.want("other", "quick", named("next"), came.put)
    found = [came.get(timeout=LONG_SECONDS) for _ in range(2)]
    assert {(one.found, one.why) for one in found} == {(None, DIED), ("next", "")}


def test_a_page_that_is_gone_wants_nothing(desk):
    came: Queue[JobResult] = Queue()
    for slot in ("quick", "settled", "screen"):
        desk.want("page", slot, named(slot), came.put)
    desk.forget("page")
    assert came.get(timeout=LONG_SECONDS).found == "quick"
    with pytest.raises(Empty):
        came.get(timeout=1.0)
