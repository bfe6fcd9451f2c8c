"""A rota of a week against the exact course of a loss queue whose places change by the hour.

Nobody waits, and who is at the desk when it closes is seen to the end; so the number n at the desk alone is a Markov
chain. Case by case it grows at the rate of arrivals while n is below the places of the hour, falls at n / mean; its
law is stepped on by the exponential of that generator. Under teams it is stepped on hour by hour: each case ends with
chance 1 / mean, then as many of a Poisson number who came in the hour before are let in as there are free places. Forty
desks are so many independent copies; each mean over them, at 40 hours of nine days, is within 5 of its own exact
standard errors (a false alarm every 20,000 runs of all). A Saturday that is taken for a weekday is seen by the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.linalg import expm
from scipy.stats import binom, poisson

import sim
from sim.arrays import FloatArray
from sim.engine.counts.record import Record
from sim.engine.solvers.by_day.run import replicate_families
from sim.engine.solvers.families import replicate
from sim.model.spec import Scenario
from tests.places import language

DESKS, HOURS, A_WEEK, ARRIVALS, MEAN = 40, 216, 168, 30 / 24, 12.0
SEEN = (*range(8, 24, 2), *range(104, 152, 3), *range(176, 216, 3))
"""Hours of Monday, of Friday to Sunday, and of the second week."""
Rota = Callable[[int], int]


def of_hour(cycle: int) -> int:
    """Give the posts of an hour of the example, by its words: 9 to 17 on weekdays two, 10 to 14 on Saturdays one."""
    day, hour = divmod(cycle % A_WEEK, 24)
    return 2 * (day < 5 and 9 <= hour < 17) + (day == 5 and 10 <= hour < 14)


def wrong(cycle: int) -> int:
    """Take Saturday for a weekday."""
    return 2 * (cycle % A_WEEK < 144 and 9 <= cycle % 24 < 17)


def scenario_file(folder: Path) -> Path:
    """Write the example of the language."""
    blocks = re.findall(r"```yaml\n(.*?)```", language(), re.DOTALL)
    path = folder / "rota.yaml"
    path.write_text(next(block for block in blocks if "A desk with a rota" in block), encoding="utf-8")
    return path


def scenario(folder: Path, queues: str) -> Scenario:
    """Load the example of the language with forty desks."""
    areas = ", ".join(f"a{i}: {1 / DESKS!r}" for i in range(DESKS))
    sets = [
        f"queues={queues}", f"clock.steps={HOURS}", f"units.caller.areas={{{areas}}}",
        f"units.caller.arrive.poisson={24 * ARRIVALS * DESKS!r} / day", f"services.desk.team.workers={2 * DESKS}",
    ]  # fmt: skip
    return sim.load(scenario_file(folder), sets)


def case_by_case(rota: Rota = of_hour) -> FloatArray:
    """Step on the law of the number at a desk in continuous time, (point, number)."""
    path, n = [np.eye(1, 3)[0]], np.arange(3)
    for hour in range(HOURS):
        born = np.where(n < rota(hour), ARRIVALS, 0.0)[:2]
        q = np.diag(born, 1) + np.diag(n[1:] / MEAN, -1)
        path.append(path[-1] @ expm(q - np.diag(q.sum(axis=1))))
    return np.array(path)


def by_the_hour(rota: Rota = of_hour) -> FloatArray:
    """Step on the law under teams, (point, number); who came in the first hour is let in at the end of the second."""
    path = [np.eye(1, 3)[0]]
    for hour in range(HOURS):
        now = np.zeros(3)
        for n, chance in enumerate(path[-1]):
            for kept in range(n + 1):
                free = max(rota(hour) - kept, 0)
                stays = chance * binom.pmf(kept, n, 1 - 1 / MEAN)
                for more in range(free + 1):
                    comes = poisson.pmf(more, ARRIVALS) if more < free else poisson.sf(free - 1, ARRIVALS)
                    now[kept + more] += stays * (comes if hour else float(more == 0))
        path.append(now)
    return np.array(path)


def off(record: Record, law: FloatArray) -> float:
    """Give the largest distance of the mean number at a desk from its own, in standard errors."""
    helped, n = record.team[0, :, 0, 2] / DESKS, np.arange(3)
    mean = law[1:] @ n
    error = np.sqrt(np.maximum(law[1:] @ n**2 - mean**2, 1e-12) / DESKS)
    return float(max(abs(helped[p] - mean[p]) / error[p] for p in SEEN))


@pytest.mark.parametrize("queues", ["per_family", "teams"])
def test_a_rota_of_a_week(queues: str, tmp_path: Path) -> None:
    """Its places in every hour of nine days, exactly, and how many are at the desk."""
    run, law = (replicate_families, case_by_case) if queues == "per_family" else (replicate, by_the_hour)
    record = run(scenario(tmp_path, queues), 0)
    assert record.team[0, :, 0, 1].tolist() == [DESKS * of_hour(hour) for hour in range(HOURS)]
    assert off(record, law()) < 5 < off(record, law(wrong))


@pytest.mark.parametrize("queues", ["per_family", "teams"])
def test_a_rota_of_posts(queues: str, tmp_path: Path) -> None:
    """Posts on top of none, found at once: the same places in every hour of a week."""
    weekdays = "2 * (mod(cycle, 168) < 120 and hour >= 9 and hour < 17)"
    posts = f"extra_workers={weekdays} + (day == 5 and hour >= 10 and hour < 14)"
    team = ("workers=0", "time_left=1", posts)
    study = sim.load(
        scenario_file(tmp_path),
        [f"queues={queues}", f"clock.steps={HOURS}", *(f"services.desk.team.{key}" for key in team)],
    )
    record = (replicate_families if queues == "per_family" else replicate)(study, 0)
    assert record.team[0, :, 0, 1].tolist() == [of_hour(hour) for hour in range(HOURS)]
