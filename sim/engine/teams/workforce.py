"""The people behind the places: posts lost and filled, late money and the diary of meetings, in SimPy.

Families are not here: a meeting asks how many places there are, and `sim.engine.teams.admission` says who gets
them.

Rules. A post is working, vacant (for the hiring lag) or in training (paid, no cases); it leaves after an
exponential time at work, and trainees do not leave. Posts granted later start vacant, unless the plan says
they are ``ready``. Posts cut go at once, vacant ones first and then the newest; but as many are kept on, and
paid, as the cases of an area still need, and the places that they would free are given to nobody. When staff
leave, cases stay with the team, which is then overloaded. Step p is the time from p to p + 1 and its meeting
is at the end: a post filled at time 16 first counts in step 16.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from heapq import heappop, heappush
from math import log1p
from typing import Literal

import numpy as np
import simpy

from sim.arrays import FloatArray, IntArray
from sim.engine.fate.draws import key, uniform
from sim.engine.teams.staffing import (
    MOST_POSTS,
    Manner,
    Staff,
    TeamPlan,
    in_units,
    settled_share,
    whole_places,
)

__all__ = ["Staff", "TeamPlan", "Workforce", "settled_share", "whole_places"]

SMALLEST_POST = 1e-9  # a difference in funded workers below this is rounding


class Workforce:
    """All teams of one regime, in one SimPy environment.

    Random times are keyed by (service, area, post number, spell), so that adding areas, services or posts
    moves nobody's, and regimes with the same past plans have the same past.
    """

    def __init__(
        self,
        plans: Sequence[TeamPlan],
        step_years: float,
        seed_key: int,
        first_step: int = 0,
        area_ids: IntArray | None = None,
    ) -> None:
        """Open every team at ``first_step`` (negative in a warm-up).

        ``area_ids`` are lasting non-negative numbers of the areas, below 2**43; 0, 1, 2 ... when not given.
        """
        names = [plan.service for plan in plans]
        if len(set(names)) < len(names):
            raise ValueError(f"services {names}: two plans for one service; give each service one plan")
        self.env = simpy.Environment(initial_time=first_step)
        self._teams = {
            plan.service: _Team(
                self.env,
                plan,
                step_years,
                key(seed_key, "workforce", plan.service),
                np.arange(plan.workers.size) if area_ids is None else area_ids,
            )
            for plan in plans
        }

    def advance(self, step: int) -> dict[str, Staff]:
        """Run to the meeting at the end of ``step`` and give each service's staff; skipped steps run too."""
        if step + 1 <= self.env.now:
            raise ValueError(f"step = {step} has passed; the next is {self.env.now:.0f}")
        self.env.run(until=step + 1)
        return {service: team.staff(step) for service, team in self._teams.items()}

    def change(self, step: int, plan: TeamPlan) -> None:
        """Give a service a new plan from the start of ``step`` on: a new regime, late or saved money.

        People keep their post and their time left, which runs at the new turnover; lags that have begun run
        out as they were. A second change for the same step replaces the first.
        """
        team = self._team(plan.service)
        if step < self.env.now:
            raise ValueError(f"{plan.service}: a change at step {step} is late; the next is {self.env.now:.0f}")
        if plan.workers.shape != team.plan.workers.shape:
            n_areas = (plan.workers.size, team.plan.workers.size)
            raise ValueError(f"{plan.service}: a new plan for {n_areas[0]} areas; there are {n_areas[1]}")
        team.changes[step] = plan

    def press(self, service: str, times: float) -> None:
        """Multiply a service's turnover from the next step on (burn-out), until told otherwise."""
        if not 0.0 <= times < np.inf:
            raise ValueError(f"{service}: turnover times {times}; give a finite number >= 0")
        self._team(service).pressure = times

    def drive(self, service: str, turnover_times: float, time_left: float, extra: FloatArray) -> None:
        """Tell a team what last step's totals do to it from the next step on, until told otherwise.

        ``turnover_times`` multiplies its turnover (see ``press``), ``time_left`` its places; ``extra`` are posts on top
        of those funded, shape (area,), found and lost like others.
        """
        team = self._team(service)
        if not 0.0 <= time_left < np.inf or extra.shape != team.posts.shape or not np.all(extra >= 0):
            raise ValueError(f"{service}: time left {time_left}, extra {extra}; give numbers >= 0, one for each area")
        self.press(service, turnover_times)
        team.time_left, team.extra = time_left, extra

    def hold(self, service: str, cases: IntArray) -> None:
        """Tell a team how many cases each area has at the start of the next step, (area,); it keeps posts for them."""
        team = self._team(service)
        if cases.shape != team.posts.shape:
            raise ValueError(f"{service}: cases of {cases.size} areas; there are {team.posts.size}")
        team.cases = cases.astype(np.float64)

    def _team(self, service: str) -> _Team:
        """Find a service's team, or say which there are."""
        if service not in self._teams:
            raise KeyError(f"no team for {service!r}; there are {', '.join(self._teams) or 'none'}")
        return self._teams[service]


class _Team:
    """One service's posts in all areas, numbered as they come; in lists, because they change one by one.

    Time to leaving is kept on a *wear clock* that runs at the turnover of the step, so that a post's keyed
    exponential draw holds under any later change of turnover.
    """

    def __init__(
        self, env: simpy.Environment, plan: TeamPlan, step_years: float, stream: int, area_ids: IntArray
    ) -> None:
        self.env, self.plan, self.step_years, self.stream = env, plan, step_years, stream
        self.changes: dict[int, TeamPlan] = {}
        self.pressure, self.time_left = 1.0, 1.0
        self.extra = np.zeros(plan.workers.size)
        self.area_ids = area_ids.astype(np.int64)
        self.dither = uniform(key(stream, "rounding"), self.area_ids)
        n_areas = plan.workers.size
        self.posts = np.zeros(n_areas)  # funded, and kept on
        self.kept_on = np.zeros(n_areas)  # beyond what is funded
        self.cases = np.zeros(n_areas)
        self.working, self.paid, self.paid_steps = [0.0] * n_areas, [0.0] * n_areas, [0.0] * n_areas
        self.area: list[int] = []  # of each post, as are the next four
        self.share: list[float] = []  # 1, or less when part-time; 0 when cut
        self.draw_id: list[int] = []
        self.spell: list[int] = []
        self.status: list[Literal["working", "vacant", "training"]] = []
        self.posts_of_area: list[list[int]] = [[] for _ in range(n_areas)]
        self.numbers_given = [0] * n_areas
        self.draws: dict[tuple[str, int], list[float]] = {}
        self.wear_due: list[tuple[float, int]] = []  # heap of (reading of the wear clock, post)
        self.wear_start, self.wear_end, self.wear_rate = 0.0, 0.0, 0.0
        self.step_start = self.step_end = env.now
        self._resize(plan.funded(int(env.now)), plan.opening)
        env.process(self._manage())

    def staff(self, step: int) -> Staff:
        """Describe the team now, at the end of ``step``."""
        working = np.array(self.working)
        present = np.ones(working.size)
        if self.plan.absence:
            present -= 2.0 * self.plan.absence * uniform(key(self.stream, "absence", step), self.area_ids)
        open_to_all = np.where(self.kept_on > 0, np.minimum(working, self.posts - self.kept_on), working)
        places = whole_places(open_to_all * present * self.plan.caseload * self.time_left, self.dither)
        meets = step % self.plan.meeting_steps == 0
        paid = in_units(np.array(self.paid_steps))
        return Staff(places, in_units(working), paid, in_units(self.posts), meets, in_units(self.kept_on))

    def _manage(self) -> Generator[simpy.Event]:
        """Start each step: the plan in force, the wear of the step, money, and who leaves in it."""
        while True:
            step = int(self.env.now)
            self.plan = self.changes.pop(step, self.plan)
            self.step_start, self.step_end = self.env.now, self.env.now + 1
            self.wear_rate = self.plan.turnover_per_year * self.step_years * self.pressure
            self.wear_start, self.wear_end = self.wear_end, self.wear_end + self.wear_rate
            self.paid_steps = self.paid.copy()
            funded = self.plan.funded(step) + self.extra
            needed = self.cases / self.plan.caseload if self.plan.caseload else self.posts
            posts = np.maximum(funded, np.minimum(self.posts, needed))
            self.kept_on = posts - funded
            self._resize(posts, "filled" if self.plan.ready else "vacant")
            while self.wear_due and self.wear_due[0][0] < self.wear_end:
                wear, post = heappop(self.wear_due)
                self._leave_at(wear, post)
            yield self.env.timeout(1)

    def _resize(self, workers: FloatArray, manner: Manner) -> None:
        """Add or cut posts until each area has its funded number."""
        more = workers - self.posts
        for area in np.flatnonzero(more < -SMALLEST_POST):
            self._cut(int(area), -float(more[area]))
        grows = more > SMALLEST_POST
        self.posts = workers.astype(np.float64)
        if grows.any():
            first = len(self.share)
            for area in np.flatnonzero(grows):
                self._append(int(area), float(more[area]))
            self.draws.clear()
            self._fill(range(first, len(self.share)), manner)

    def _append(self, area: int, amount: float) -> None:
        """List new posts in an area: full ones, then a part-time one for the fraction."""
        while amount > SMALLEST_POST:
            self.posts_of_area[area].append(len(self.share))
            self.area.append(area)
            self.share.append(min(1.0, amount))
            self.draw_id.append(int(self.area_ids[area]) * MOST_POSTS + self.numbers_given[area])
            self.spell.append(0)
            self.status.append("vacant")
            self.numbers_given[area] += 1
            amount -= 1.0

    def _cut(self, area: int, amount: float) -> None:
        """Take posts away, vacant ones first, then the newest; events still to come for them do nothing."""
        for post in sorted(reversed(self.posts_of_area[area]), key=lambda post: self.status[post] != "vacant"):
            part = min(self.share[post], amount)
            if self.status[post] == "working":
                self.working[area] -= part
            if self.status[post] != "vacant":
                self._pay(area, -part)
            self.share[post] -= part
            amount -= part
            if self.share[post] <= SMALLEST_POST:
                self.share[post] = 0.0
            if amount <= SMALLEST_POST:
                break
        self.posts_of_area[area] = [post for post in self.posts_of_area[area] if self.share[post]]

    def _fill(self, new: range, manner: Manner) -> None:
        """Put new posts where the manner says: at work, vacant, or at a settled moment of their cycle."""
        if manner == "vacant":
            for post in new:
                self._advertise(post)
            return
        training = self.plan.training_steps
        lag = self.plan.hire_steps + training
        away = 0.0 if manner == "filled" else 1.0 - settled_share(self.plan, self.step_years)
        position = self._draw("opening", 0)
        for post in new:
            left = lag * position[post] / away if position[post] < away else 0.0  # steps until at work
            if left > training:
                self._after(left - training, self._hire, post)
            else:
                self._train(post, left)

    def _advertise(self, post: int) -> None:
        """Start the hiring lag of a vacant post."""
        lag = self.plan.hire_steps
        if self.plan.hire_jitter:
            lag *= 1.0 + self.plan.hire_jitter * (2.0 * self._draw("hire", self.spell[post])[post] - 1.0)
        self._after(lag, self._hire, post)

    def _hire(self, post: int) -> None:
        """Fill a vacant post; the new person trains first."""
        if self.share[post]:
            self._train(post, self.plan.training_steps)

    def _train(self, post: int, steps: float) -> None:
        """Pay the person in a post, who takes cases after so many steps."""
        self.status[post] = "training"
        self._pay(self.area[post], self.share[post])
        self._after(steps, self._start_work, post)

    def _start_work(self, post: int) -> None:
        """Put a post to work until its wear is used up."""
        if not self.share[post]:
            return
        self.status[post] = "working"
        self.working[self.area[post]] += self.share[post]
        worn = self.wear_start + self.wear_rate * (self.env.now - self.step_start)
        leaves = worn - log1p(-self._draw("stay", self.spell[post])[post])
        if leaves < self.wear_end:
            self._leave_at(leaves, post)
        else:
            heappush(self.wear_due, (leaves, post))

    def _leave_at(self, wear: float, post: int) -> None:
        """Have a post leave within this step, when the wear clock reads ``wear``."""
        time = self.step_start + (wear - self.wear_start) / self.wear_rate
        self._after(max(time - self.env.now, 0.0), self._leave, post)

    def _leave(self, post: int) -> None:
        """Let the person in a post go; cases stay with the team and the post is advertised."""
        if self.share[post]:
            self.status[post] = "vacant"
            self.working[self.area[post]] -= self.share[post]
            self._pay(self.area[post], -self.share[post])
            self.spell[post] += 1
            self._advertise(post)

    def _pay(self, area: int, change: float) -> None:
        """Change the paid staff of an area from now on, and what this step pays for the rest of it."""
        self.paid[area] += change
        self.paid_steps[area] += change * (self.step_end - self.env.now)

    def _after(self, steps: float, action: Callable[[int], None], post: int) -> None:
        """Do something to a post after a time: at once, or as a SimPy event."""
        if steps <= 0.0:
            action(post)
            return
        event = self.env.timeout(steps)
        event.callbacks.append(lambda _: action(post))

    def _draw(self, what: str, spell: int) -> list[float]:
        """Give every post's keyed uniform for one decision of one spell, drawn for all at once and kept."""
        if (what, spell) not in self.draws:
            stream = key(self.stream, what, spell)
            self.draws[what, spell] = uniform(stream, np.array(self.draw_id, dtype=np.int64)).tolist()
        return self.draws[what, spell]
