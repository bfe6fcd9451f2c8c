"""What the closure counts is never lost or made: queues by wait, and posts on their way, over 200 steps at 1e-12."""

from __future__ import annotations

from math import exp, expm1

import numpy as np
import pytest

from sim.engine.feedback import Drive
from sim.engine.solvers.closure.services import FluidQueue, _chances
from sim.engine.teams.posts import PARTS, Posts
from sim.engine.teams.staffing import TeamPlan

MONTH = 1 / 12


def plan(workers: float, **given: object) -> TeamPlan:
    return TeamPlan("help", np.array([workers]), caseload=6.0, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", range(4))
def test_a_queue_holds_whoever_stands_in_it(seed: int) -> None:
    """By class, whatever is let in and however many give up; and whoever is let in has waited as long as is said."""
    rng = np.random.default_rng(seed)
    queue, standing, oldest = FluidQueue.empty(3), np.zeros(3), 0
    for step in range(200):
        joined = rng.random(3) * (step < 190)
        standing = standing * (1.0 - 0.002 * rng.random(3)) + joined
        queue.age(standing, joined)
        np.testing.assert_allclose(queue.cohorts.sum(axis=1), standing, rtol=0, atol=1e-12)
        np.testing.assert_allclose(queue.cohorts[:, 0], joined, rtol=0, atol=1e-12)
        longest, any_wait = 0.008 * standing * rng.random(3), 0.002 * rng.random(3)
        waits = queue.admit(longest, any_wait)
        standing = queue.cohorts.sum(axis=1)
        assert waits.min() >= 0
        oldest = max(oldest, queue.cohorts.shape[1])
    assert oldest > 121


def test_a_cohort_that_nobody_lets_in_grows_old_and_stays() -> None:
    queue = FluidQueue.empty(1)
    for step in range(200):
        queue.age(np.array([float(step + 1)]), np.ones(1))
    assert queue.cohorts.tolist() == [[1.0] * 200]
    assert queue.admit(np.array([3.0]), np.zeros(1))[[199, 198, 197, 196]].tolist() == [1, 1, 1, 0]


@pytest.mark.parametrize("free", [0.0, 0.3, 0.9, 1.4, 5.0])
def test_as_many_are_let_in_as_there_are_places_or_people(free: float) -> None:
    """Those put first, then class by class; nobody is let in twice."""
    ordinary, put_first = np.array([0.4, 0.0, 0.6]), np.array([0.1, 0.2, 0.3])
    chance, first = _chances(free, ordinary, put_first)
    assert first * put_first.sum() + chance @ ordinary == pytest.approx(min(free, 1.6))
    assert first == pytest.approx(min(free / 0.6, 1.0))
    assert (np.diff(chance[ordinary > 0]) <= 0).all()


@pytest.mark.parametrize("hire", [0.0, 0.7, 4.0])
@pytest.mark.parametrize("training", [0.0, 1.3])
def test_posts_are_at_work_in_training_or_on_their_way(hire: float, training: float) -> None:
    """All funded posts are somewhere, through grants, cuts and a turnover that changes; pay is never above them."""
    rng = np.random.default_rng(5)
    posts = Posts.of(plan(40, turnover_per_year=0.8, hire_steps=hire, training_steps=training), MONTH, 0)
    for step in range(200):
        extra = float(rng.integers(0, 30))
        posts.advance(step, Drive(turnover_times=float(rng.random() * 3), extra_workers=extra))
        pipes = (posts.coming, posts.learning, posts.coming_at, posts.learning_at)
        there = posts.working + sum(sum(pipe) for pipe in pipes)
        assert there == pytest.approx(40 + extra, abs=1e-11), step
        assert -1e-12 <= posts.paid <= 40 + extra + 1e-11
        assert min([posts.working, *(x for pipe in pipes for x in pipe)]) >= -1e-12


def test_who_is_granted_is_paid_from_the_day_of_hiring() -> None:
    """Eight are granted at step 1 and hired a step and a half later: half of step 2 is paid, and all of step 3."""
    team = plan(0, hire_steps=1.5, schedule=((1, np.array([8.0])),))
    posts, paid = Posts.of(team, MONTH, 0), []
    for step in range(5):
        posts.advance(step, Drive())
        paid.append(posts.paid)
    assert PARTS % 2 == 0  # half a step is a whole number of pieces
    assert paid == pytest.approx([0, 0, 4, 8, 8], abs=1e-12)


def test_who_leaves_is_paid_until_then() -> None:
    """With a hiring lag longer than the run, n exp(-w t) are at work: a step pays n (1 - exp(-w)) / w of its start."""
    posts, wear = Posts.of(plan(10, hire_steps=500.0), MONTH, 0), 0.06
    posts.plan = plan(10, hire_steps=500.0, turnover_per_year=wear / MONTH)
    for step in range(200):
        posts.advance(step, Drive())
        assert posts.paid == pytest.approx(-10 * exp(-wear * step) * expm1(-wear) / wear, abs=1e-12)
        assert posts.working == pytest.approx(10 * exp(-wear * (step + 1)), abs=1e-12)


@pytest.mark.parametrize("training", [0.0, 1.25])
def test_who_is_hired_within_a_step_is_paid_for_what_is_left_of_it(training: float) -> None:
    """All leave at a rate of w a step, are hired back after a lag, and train; paid time is posts less time vacant.

    By renewal theory a post is at work (1 / w) / (1 / w + lag + training) of the time, and paid for training as well;
    pieces of an eighth of a step meet it to second order in w / 8.
    """
    wear, lag = 0.05, 2.0
    posts = Posts.of(plan(100, turnover_per_year=wear / MONTH, hire_steps=lag, training_steps=training), MONTH, 0)
    for step in range(200):
        posts.advance(step, Drive())
    cycle = 1 / wear + lag + training
    assert posts.working == pytest.approx(100 / wear / cycle, rel=1e-5)
    assert posts.paid == pytest.approx(100 * (1 / wear + training) / cycle, rel=1e-5)
