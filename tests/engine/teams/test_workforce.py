"""Posts, leavers, hiring and late money, against renewal theory and against months counted by hand.

Theory: a post alternates between an exponential time at work (mean 1 / turnover) and a fixed gap (hiring
lag and training). Its long-run share at work is mean time at work / (mean time at work + gap); posts are
independent, so the number at work is binomial. z-tests use k = 4 standard errors on fixed seeds (two-sided
false-alarm rate 6e-5 each).
"""

from __future__ import annotations

from dataclasses import replace
from math import exp, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.arrays import FloatArray
from sim.engine.teams.admission import admit, free_places
from sim.engine.teams.workforce import Staff, TeamPlan, Workforce, settled_share, whole_places

MONTH = 1 / 12
K = 4.0


def plan(workers: list[float], **given: object) -> TeamPlan:
    return TeamPlan("help", np.array(workers, dtype=np.float64), **{"caseload": 6.0, **given})  # type: ignore[arg-type]


def run(team: TeamPlan, steps: int, seed: int = 7, **changes: TeamPlan) -> list[Staff]:
    """Run one service; ``at_5=plan`` changes it at step 5."""
    workforce = Workforce([team], MONTH, seed)
    for when, later in changes.items():
        workforce.change(int(when.removeprefix("at_")), later)
    return [workforce.advance(step)["help"] for step in range(steps)]


def places(staff: list[Staff], area: int = 0) -> list[int]:
    return [int(month.places[area]) for month in staff]


def paid(staff: list[Staff], area: int = 0) -> list[float]:
    return [float(month.worker_steps[area]) for month in staff]


def working(staff: list[Staff]) -> FloatArray:
    return np.array([month.working for month in staff])


def z_of_share(count: float, n: int, share: float) -> float:
    return (count - n * share) / sqrt(n * share * (1 - share))


def test_no_turnover_gives_constant_staff():
    staff = run(plan([4, 2.5], hire_steps=4, training_steps=1), 36)
    assert places(staff) == [24] * 36
    assert places(staff, 1) == [15] * 36
    assert paid(staff) == [4.0] * 36
    assert paid(staff, 1) == [2.5] * 36


def test_turnover_without_a_hiring_lag_leaves_no_gap():
    staff = run(plan([40], turnover_per_year=0.9), 60)
    assert places(staff) == [240] * 60
    assert paid(staff) == pytest.approx([40.0] * 60)


def test_a_hiring_lag_of_six_months_costs_what_renewal_theory_says():
    # 15% a year and 6 months: 1 / (1 + 0.15 x 0.5) = 93.0% at work, from the first step on (settled opening).
    n, team = 4000, plan([4000], turnover_per_year=0.15, hire_steps=6)
    assert settled_share(team, MONTH) == pytest.approx(1 / 1.075)
    at_work = working(run(team, 121))[:, 0]
    for step in (0, 40, 80, 120):
        assert abs(z_of_share(at_work[step], n, 1 / 1.075)) < K


def test_training_is_paid_and_holds_no_cases():
    # Long run, in months: 80 at work, 4 vacant, 4 in training. At work 80/88, paid 84/88.
    n, team = 4000, plan([4000], turnover_per_year=0.15, hire_steps=4, training_steps=4)
    staff = run(team, 100)
    for step in (0, 2, 99):  # settled from the first step on
        assert abs(z_of_share(staff[step].working[0], n, 80 / 88)) < K
        assert abs(z_of_share(staff[step].worker_steps[0], n, 84 / 88)) < K


def test_before_anyone_can_be_replaced_posts_only_leave():
    # A filled start and a lag of a year: after t months the share at work is exp(-turnover x t) exactly.
    n, team = 4000, plan([4000], turnover_per_year=0.6, hire_steps=12, opening="filled")
    staff = run(team, 12)
    for step in (0, 5, 11):
        assert abs(z_of_share(staff[step].working[0], n, exp(-0.6 * (step + 1) / 12))) < K


def test_pay_adds_up_to_time_in_post():
    # Mean paid staff of a step with leavers only: the integral of exp(-turnover x t); sd of a post's time <
    # 0.5 step.
    n, team = 4000, plan([4000], turnover_per_year=1.2, hire_steps=24, opening="filled")
    for step, month in enumerate(run(team, 12)):
        mean = (exp(-0.1 * step) - exp(-0.1 * (step + 1))) / 0.1
        assert abs(month.worker_steps[0] - n * mean) < K * 0.5 * sqrt(n)


def test_a_late_grant_moves_places_in_the_month_worked_by_hand():
    # 2 posts x 6 cases; a third is granted at step 3. Hired after 4 months, it counts from step 7.
    late = plan([2], schedule=((3, np.array([3.0])),), hire_steps=4)
    assert places(run(late, 10)) == [12] * 7 + [18] * 3
    assert paid(run(late, 10)) == [2.0] * 7 + [3.0] * 3
    assert [month.posts[0] for month in run(late, 5)] == [2, 2, 2, 3, 3]


def test_a_lag_within_a_month_pays_part_of_it_and_training_comes_after():
    # Granted at 1, hired at 3.5 (half of step 3 is paid), trained until 5.5: cases from the meeting of step
    # 5.
    late = plan([1], schedule=((1, np.array([2.0])),), hire_steps=2.5, training_steps=2)
    assert paid(run(late, 7)) == [1, 1, 1, 1.5, 2, 2, 2]
    assert places(run(late, 7)) == [6, 6, 6, 6, 6, 12, 12]


@pytest.mark.parametrize(("granted", "lag"), [(2, 0), (2, 6), (5, 0), (5, 6)])
def test_a_late_grant_moves_each_wait_by_its_lateness(granted: int, lag: int):
    # 12 families hold the 12 places of 2 workers and stay; 9 wait from step 0. A third worker brings 6
    # places, so the first 6 are admitted when she starts, at the meeting of step granted + lag, and the
    # other 3 wait on.
    team = plan([2], schedule=((granted, np.array([3.0])),), hire_steps=lag)
    waits, queue, engaged = {}, np.arange(9), np.array([12])
    for step, month in enumerate(run(team, 15)):
        chosen = admit(free_places(month.places, engaged), queue * 0, queue * 0)
        waits |= {int(family): step for family in queue[chosen]}
        queue, engaged = np.delete(queue, chosen), engaged + chosen.size
    assert waits == dict.fromkeys(range(6), granted + lag)


def test_ready_posts_and_a_change_of_plan():
    # Six workers are transferred at step 5: no lag. At step 8 the plan goes back to two posts: four go at
    # once.
    ready = plan([8], hire_steps=4, ready=True)
    staff = run(plan([2]), 10, at_5=ready, at_8=plan([2]))
    assert places(staff) == [12] * 5 + [48] * 3 + [12] * 2
    assert paid(staff) == [2.0] * 5 + [8.0] * 3 + [2.0] * 2


def test_cuts_take_the_newest_posts_and_part_of_one():
    # 3.5 posts to 1.25: the half post, one whole post and three quarters of another go.
    staff = run(plan([3.5], caseload=4.0), 4, at_2=plan([1.25], caseload=4.0))
    assert places(staff) == [14, 14, 5, 5]
    # Posts that are still vacant when they are cut never come.
    late = plan([1], schedule=((1, np.array([3.0])), (3, np.array([1.0]))), hire_steps=4)
    assert places(run(late, 9)) == [6] * 9
    assert paid(run(late, 9)) == [1.0] * 9


def test_a_part_time_post_is_hired_like_any_other():
    grown = plan([1], schedule=((1, np.array([1.5])),), hire_steps=2)
    assert places(run(grown, 5)) == [6, 6, 6, 9, 9]


def test_regimes_share_their_past_to_the_bit():
    base = plan([30, 12.4], turnover_per_year=0.4, hire_steps=5, absence=0.04)
    usual, richer = run(base, 40), run(base, 40, at_20=replace(base, workers=np.array([60.0, 30.0])))
    for step in range(20):
        for name in ("places", "working", "worker_steps"):
            assert np.array_equal(getattr(usual[step], name), getattr(richer[step], name))
    assert richer[39].working.sum() > usual[39].working.sum() + 30


def test_the_same_plan_given_again_changes_nothing():
    base = plan([30], turnover_per_year=0.4, hire_steps=5, training_steps=1, absence=0.04, meeting_steps=3)
    for usual, again in zip(run(base, 40), run(base, 40, at_7=replace(base)), strict=True):
        assert np.array_equal(usual.worker_steps, again.worker_steps)
        assert np.array_equal(usual.places, again.places)
        assert usual.meets == again.meets


def test_adding_areas_posts_or_services_moves_nobody():
    given: dict[str, object] = {
        "turnover_per_year": 0.5,
        "hire_steps": 5,
        "training_steps": 1,
        "absence": 0.04,
    }
    alone = run(plan([20], **given), 48)
    wider = run(plan([20, 35, 3], **given), 48)
    other = TeamPlan("other", np.array([50.0]), caseload=10, turnover_per_year=0.3, hire_steps=2)
    workforce = Workforce([other, plan([20], **given)], MONTH, 7)
    beside = [workforce.advance(step)["help"] for step in range(48)]
    assert places(alone) == places(wider) == places(beside)
    assert paid(alone) == paid(wider) == paid(beside)
    # One more post, filled from the start, adds its own fate to that of the twenty, at each moment 0 or 1.
    more = working(run(plan([21], **given), 48)) - working(alone)
    assert set(np.unique(more)) == {0.0, 1.0}


def test_posts_areas_and_services_have_fates_of_their_own():
    # 400 areas of 10 posts: the spread between areas is binomial (chi-square, 400 degrees of freedom, as a
    # z).
    team = plan([10.0] * 400, turnover_per_year=0.5, hire_steps=6)
    share = settled_share(team, MONTH)
    workforce = Workforce([team, replace(team, service="other")], MONTH, 7)
    staff = workforce.advance(30)
    for service in ("help", "other"):
        spread = ((staff[service].working - 10 * share) ** 2).sum() / (10 * share * (1 - share))
        assert abs(spread - 400) < K * sqrt(2 * 400 + 400 * (1 / (share * (1 - share)) - 6) / 10)
    # Neither two services nor neighbouring areas go together: sd of a correlation is 1 / sqrt(400).
    here, there = staff["help"].working, staff["other"].working
    for one, another in ((here, there), (here[:-1], here[1:])):
        assert abs(np.corrcoef(one, another)[0, 1]) < K / sqrt(400)


def test_areas_keep_their_fate_under_their_own_ids():
    team = plan([20, 30], turnover_per_year=0.5, hire_steps=5)
    turned = plan([30, 20], turnover_per_year=0.5, hire_steps=5)
    first = Workforce([team], MONTH, 7, area_ids=np.array([811, 302]))
    second = Workforce([turned], MONTH, 7, area_ids=np.array([302, 811]))
    for step in range(48):
        here, there = first.advance(step)["help"], second.advance(step)["help"]
        assert here.working.tolist() == there.working[::-1].tolist()


def test_burn_out_runs_the_clock_of_leaving_faster():
    # Twice the turnover by pressure or by plan is the same thing, person by person.
    calm = plan([200], turnover_per_year=0.2, hire_steps=3, opening="filled")
    pressed = Workforce([calm], MONTH, 7)
    pressed.press("help", 2.0)
    worse = run(replace(calm, turnover_per_year=0.4), 36)
    assert [float(pressed.advance(step)["help"].worker_steps[0]) for step in range(36)] == paid(worse)
    assert sum(paid(worse)) < sum(paid(run(calm, 36)))


def test_a_new_turnover_holds_from_its_step_on():
    # Nobody leaves before step 12; then leavers only, at exp(-turnover x time since).
    n, steady = 4000, plan([4000], hire_steps=99)
    staff = run(steady, 18, at_12=replace(steady, turnover_per_year=0.6))
    assert staff[11].working[0] == n
    assert abs(z_of_share(staff[17].working[0], n, exp(-0.6 * 6 / 12))) < K


def test_skipped_steps_are_run_too():
    team = plan([50], turnover_per_year=0.5, hire_steps=4, absence=0.1)
    jumped = Workforce([team], MONTH, 7).advance(30)["help"]
    walked = run(team, 31)[30]
    assert (jumped.places, jumped.worker_steps) == (walked.places, walked.worker_steps)


def test_a_warm_up_counts_below_zero():
    workforce = Workforce([plan([2], schedule=((-2, np.array([3.0])),))], MONTH, 7, first_step=-4)
    assert [int(workforce.advance(step)["help"].places[0]) for step in range(-4, 1)] == [12, 12, 18, 18, 18]


def test_meetings_are_in_every_third_month():
    assert [month.meets for month in run(plan([1], meeting_steps=3), 7)] == [
        True, False, False, True, False, False, True,
    ]  # fmt: skip


def test_hiring_times_spread_evenly_around_the_lag():
    # 2,000 posts granted at 0, lag 6 +- 50%: none before 3, all by 9, half by 6 (binomial).
    n = 2000
    staff = run(plan([n], hire_steps=6, hire_jitter=0.5, opening="vacant"), 10)
    at_work = working(staff)[:, 0]
    assert at_work[2] == 0
    assert at_work[8] == n
    assert abs(z_of_share(at_work[5], n, 0.5)) < K


def test_absence_takes_its_mean_share():
    # Each area's share is even on [0, 0.08]: mean 0.04, sd 0.08 / sqrt(12); 100 places, so whole places add
    # 1/12.
    staff = run(plan([10.0] * 200, caseload=10.0, absence=0.04), 24)
    lost = 100.0 - np.array([month.places for month in staff])  # (step, area)
    sd = sqrt(100**2 * 0.08**2 / 12 + 1 / 12)
    assert abs(lost.mean() - 4.0) < K * sd / sqrt(200)  # areas alone count: the rounding of an area is fixed
    assert lost.min() >= 0
    assert lost.max() <= 8
    assert len(np.unique(lost[:, 0])) > 3  # it changes from month to month


def test_whole_places_are_right_on_average():
    # 4,000 areas with 2.3 places: mean 2.3, where floor would give 2. sd of one area is sqrt(0.3 x 0.7).
    dither = np.arange(4000) * 0.618033988749895 % 1.0
    given = whole_places(np.full(4000, 2.3), dither)
    assert set(given.tolist()) == {2, 3}
    assert abs(z_of_share(float((given == 3).sum()), 4000, 0.3)) < K


@given(st.floats(0, 1e5), st.floats(0, 100), st.floats(0, 1, exclude_max=True))
@settings(max_examples=300, deadline=None)
def test_more_capacity_never_gives_fewer_places(capacity: float, more: float, dither: float):
    fewer, greater = whole_places(np.array([capacity, capacity + more]), np.array([dither, dither]))
    assert fewer <= greater
    assert abs(fewer - capacity) <= 1.0


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
@settings(max_examples=100, deadline=None)
def test_whole_capacity_stays_whole(capacity: int, dither: float):
    near = np.array([float(capacity), capacity + 1e-12, max(capacity - 1e-12, 0.0)])
    assert whole_places(near, np.full(3, dither)).tolist() == [capacity] * 3


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"caseload": -1.0}, "help: caseload = -1.0; give a finite number >= 0"),
        ({"turnover_per_year": float("nan")}, "turnover_per_year = nan"),
        ({"hire_steps": float("inf")}, "hire_steps = inf"),
        ({"absence": 0.6}, "absence = 0.6; give 0 to 0.5"),
        ({"hire_jitter": 1.5}, "hire_jitter = 1.5"),
        ({"meeting_steps": 0}, "meeting_steps = 0"),
        ({"workers": np.array([-1.0])}, "give each area a number from 0"),
        ({"schedule": ((3, np.array([1.0, 2.0])),)}, "give each area a number from 0"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(given: dict[str, object], message: str):
    with pytest.raises(ValueError, match=message.replace(".", r"\.")):
        replace(plan([1]), **given)  # type: ignore[arg-type]


def test_requests_out_of_time_or_place_are_refused():
    workforce = Workforce([plan([1])], MONTH, 7)
    workforce.advance(4)
    with pytest.raises(ValueError, match="step = 4 has passed; the next is 5"):
        workforce.advance(4)
    with pytest.raises(ValueError, match="a change at step 4 is late"):
        workforce.change(4, plan([2]))
    with pytest.raises(ValueError, match="a new plan for 2 areas; there are 1"):
        workforce.change(6, plan([1, 1]))
    with pytest.raises(KeyError, match="no team for 'police'; there are help"):
        workforce.press("police", 2.0)
    with pytest.raises(ValueError, match="turnover times -1"):
        workforce.press("help", -1)
    with pytest.raises(ValueError, match="two plans for one service"):
        Workforce([plan([1]), plan([2])], MONTH, 7)


@settings(deadline=None, max_examples=60)
@given(
    levels=st.lists(
        st.lists(st.sampled_from([0.0, 0.4, 1.0, 2.5, 6.0]), min_size=2, max_size=2), min_size=1, max_size=8
    ),
    every=st.integers(1, 4),
    hire=st.sampled_from([0.0, 0.6, 2.0]),
    training=st.sampled_from([0.0, 0.5, 1.0, 3.0]),
    turnover=st.sampled_from([0.0, 0.3, 6.0]),
    seed=st.integers(0, 1000),
)
def test_nobody_is_paid_who_is_not_funded(
    levels: list[list[float]], every: int, hire: float, training: float, turnover: float, seed: int
):
    """Posts come and go, in training and at work: pay is never below 0 or above what is funded; none where none is."""
    schedule = tuple((every * (i + 1), np.array(level)) for i, level in enumerate(levels))
    team = plan([3.0, 0.0], hire_steps=hire, training_steps=training, turnover_per_year=turnover, schedule=schedule)
    for month in run(team, every * (len(levels) + 3), seed):
        assert np.all(month.worker_steps >= -1e-9)
        assert np.all(month.worker_steps <= month.posts + 1e-9)
        assert np.all(month.working >= -1e-9)
        assert np.all(month.working <= month.posts + 1e-9)
        nobody = month.posts == 0
        assert np.allclose(month.worker_steps[nobody], 0, atol=1e-9)
        assert not month.places[nobody].any()


def test_trainees_who_are_cut_are_paid_no_longer():
    """Four are granted at step 2, hired at once and trained for five steps; two are cut while they learn."""
    team = plan([0], training_steps=5, schedule=((2, np.array([4.0])), (4, np.array([2.0])), (6, np.array([0.0]))))
    assert paid(run(team, 10)) == [0, 0, 4, 4, 2, 2, 0, 0, 0, 0]
