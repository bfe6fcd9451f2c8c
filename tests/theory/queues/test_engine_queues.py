"""Pure queues under the team model: against the exact chain of the same steps, which tends to Erlang's formulas.

Theory: with step d, arrivals a step are Poisson(rate x d), help ends with p = d / mean in each later step, patience
with r = d / mean, and free places are given out at the end of the step. The number N in the system after a meeting is
then a Markov chain: N' = N - Bin(min(N, c), p) - Bin(max(N - c, 0), r) + Poisson. It is solved here by plain iteration,
from the empty start at which the engine starts too, so no warm-up is guessed. As d falls it tends to M/M/c and M/M/c+M:
its gap to Erlang C and A is 2% to 8% at a twentieth of the time of help, and halves with the step.
Simulated: 300 independent areas with a queue each; their means are compared by t-tests at 1e-6, eight in all.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
import pytest
from scipy import stats

import sim
from sim.engine.counts.record import QUEUE_COUNTS, TEAM_SERIES, Record
from sim.engine.solvers.families import Line, replicate
from sim.model.spec import Areas, Scenario
from tests.places import TEXTBOOK
from tests.theory.queues.erlang import erlang_a, erlang_c, mean_wait_c

AREAS = 300
STEP = 0.05
FALSE_ALARM = 1e-6


class Discrete:
    """The exact chain of N, truncated where it is never reached."""

    def __init__(self, places: int, rate: float, patience: float | None, step: float = STEP, most: int = 90) -> None:
        self.places, self.n = places, np.arange(most + 1)
        busy, queue = np.minimum(self.n, places), np.maximum(self.n - places, 0)
        coming = stats.poisson.pmf(self.n, rate * step)
        self.leaving = step / patience if patience else 0.0
        self.matrix = np.zeros((most + 1, most + 1))
        for n in self.n:
            done = stats.binom.pmf(np.arange(busy[n] + 1), busy[n], step)
            lost = stats.binom.pmf(np.arange(queue[n] + 1), queue[n], self.leaving)
            gone = np.convolve(done, lost)
            for g, share in enumerate(gone):
                stays = n - g
                self.matrix[n, stays:] += share * coming[: most + 1 - stays]
        self.matrix[:, -1] += 1.0 - self.matrix.sum(axis=1)

    def path(self, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Give the mean numbers waiting and in help after each of the first steps, from empty."""
        now = np.zeros(len(self.n))
        now[0] = 1.0
        waiting, helped = [], []
        for _ in range(steps):
            now = now @ self.matrix
            waiting.append(now @ np.maximum(self.n - self.places, 0))
            helped.append(now @ np.minimum(self.n, self.places))
        return np.array(waiting), np.array(helped)

    def settled(self) -> tuple[float, float]:
        """Give the stationary means of waiting and in help."""
        system = np.vstack([self.matrix.T - np.eye(len(self.n)), np.ones(len(self.n))])
        share = np.linalg.lstsq(system, np.append(np.zeros(len(self.n)), 1.0), rcond=None)[0]
        return float(share @ np.maximum(self.n - self.places, 0)), float(share @ np.minimum(self.n, self.places))


def many(name: str, steps: int) -> Scenario:
    """Load a queue and run it in many areas at once, from empty."""
    scenario = sim.load(TEXTBOOK / f"{name}.yaml", [f"clock.steps={steps}"])
    names = tuple(f"a{i}" for i in range(AREAS))
    worlds = []
    for world in scenario.worlds:
        model = world.model
        unit = replace(model.units[0], warm_up=0, arrivals_per_step=model.units[0].arrivals_per_step * AREAS)
        chain = model.chains[0]
        assert chain.service is not None
        assert chain.service.team is not None
        team = replace(chain.service.team, workers=dict.fromkeys(names, chain.service.team.workers["all"]))
        chain = replace(chain, service=replace(chain.service, team=team))
        areas = Areas(names, (1.0,) * AREAS, (True,) * AREAS)
        worlds.append(replace(world, model=replace(model, units=(unit,), chains=(chain,), areas=areas)))
    return replace(scenario, worlds=tuple(worlds))


@dataclass
class Seen:
    """What was seen of a regime: (step, area) waiting and in help; steps waited by those let in and who left."""

    waiting: list[np.ndarray] = field(default_factory=list)
    helped: list[np.ndarray] = field(default_factory=list)
    let_in: list[np.ndarray] = field(default_factory=list)
    left: list[np.ndarray] = field(default_factory=list)
    still: np.ndarray = field(default_factory=lambda: np.zeros(0))
    before: np.ndarray = field(default_factory=lambda: np.zeros(0))


@cache
def run(name: str, steps: int) -> tuple[Record, dict[str, Seen]]:
    """Run it; give the record and what was seen by regime."""
    regimes: dict[str, Seen] = {}

    def look(step: int, line: Line) -> None:
        world, seen = line.world, regimes.setdefault(line.regime, Seen())
        names = world.chains["clinic"].states
        waiting, engaged, out = (names.index(state) for state in ("waiting", "engaged", "dropped_out"))
        now, joined = world.state["clinic"], world.joined["clinic"]
        before = seen.before if seen.before.size else np.zeros_like(now)
        seen.let_in.append(step - joined[(now == engaged) & (before != engaged)])
        seen.left.append(step - joined[(now == out) & (before == waiting)])
        seen.waiting.append(np.bincount(world.root.area[now == waiting], minlength=AREAS))
        seen.helped.append(world.busy["clinic"].copy())
        seen.still, seen.before = step + 1 - joined[now == waiting], now.copy()

    return replicate(many(name, steps), 0, observe=look), regimes


QUEUES = [
    ("queue_delay", "only", 3, 2.1, None),
    ("queue_patience", "three", 3, 3.6, 3.0),
    ("queue_patience", "four", 4, 3.6, 3.0),
]
STEPS = {"queue_delay": 1200, "queue_patience": 600}


@pytest.mark.parametrize(("name", "regime", "places", "rate", "patience"), QUEUES)
def test_the_engine_is_the_exact_chain(name: str, regime: str, places: int, rate: float, patience: float | None):
    """Numbers waiting and in help, averaged over the second half of the run, area by area."""
    steps = STEPS[name]
    exact = Discrete(places, rate, patience).path(steps)
    seen = run(name, steps)[1][regime]
    for series, mean in zip((seen.waiting, seen.helped), exact, strict=True):
        sample = np.array(series[steps // 2 :]).mean(axis=0)
        t = (sample.mean() - mean[steps // 2 :].mean()) / (sample.std(ddof=1) / np.sqrt(AREAS))
        assert abs(t) < stats.t.isf(FALSE_ALARM / 2, AREAS - 1)


@pytest.mark.parametrize(("name", "regime", "places", "rate", "patience"), QUEUES)
def test_the_start_is_right_too(name: str, regime: str, places: int, rate: float, patience: float | None):
    """The first twenty steps from empty: nobody is helped before help can be given, nobody waits without need."""
    seen = run(name, STEPS[name])[1][regime]
    waiting, helped = np.array(seen.waiting), np.array(seen.helped)
    exact = Discrete(places, rate, patience).path(20)[1]
    sample = helped[:20].mean(axis=0)
    t = (sample.mean() - exact.mean()) / (sample.std(ddof=1) / np.sqrt(AREAS))
    assert abs(t) < stats.t.isf(FALSE_ALARM / 2, AREAS - 1)
    assert np.all((waiting == 0) | (helped == places))
    assert helped.max() == places


def test_the_exact_chain_tends_to_erlang_c():
    """M/M/3 at 70%: mean queue and busy workers; the gap is under 8% at d = 1/20 and halves with d (2.0 +- 0.15)."""
    queue = 2.1 * mean_wait_c(3, 2.1, 1.0)
    gaps = []
    for step in (0.05, 0.025, 0.0125):
        waiting, helped = Discrete(3, 2.1, None, step).settled()
        assert helped == pytest.approx(2.1, rel=1e-6)
        gaps.append(abs(waiting / queue - 1))
    assert gaps[0] < 0.08
    assert 2 * gaps[1] - gaps[0] == pytest.approx(0.0, abs=0.004)  # extrapolated to steps of no length
    assert gaps[0] / gaps[1] == pytest.approx(2.0, abs=0.15)
    assert gaps[1] / gaps[2] == pytest.approx(2.0, abs=0.15)
    assert erlang_c(3, 2.1) == pytest.approx(0.4923, abs=5e-5)


@pytest.mark.parametrize("places", [3, 4])
def test_the_exact_chain_tends_to_erlang_a(places: int):
    """M/M/c+M with 3.6 a day and patience 3 days: queue and busy share, first order in the step."""
    theory = erlang_a(places, 3.6, 1.0, 3.0)
    gaps = []
    for step in (0.05, 0.025, 0.0125):
        waiting, helped = Discrete(places, 3.6, 3.0, step).settled()
        gaps.append((abs(waiting / theory.mean_queue - 1), abs(helped / places / theory.busy - 1)))
    assert max(gaps[0]) < 0.08
    for i in (0, 1):
        assert gaps[0][i] / gaps[2][i] == pytest.approx(4.0, abs=0.6)


@pytest.mark.parametrize("name", ["queue_delay", "queue_patience"])
def test_littles_law_holds_case_by_case(name: str):
    """Steps waited by those let in, those who left and those still there add up to the queue summed over time."""
    record, regimes = run(name, STEPS[name])
    for w, seen in enumerate(regimes.values()):
        let_in, left = np.concatenate(seen.let_in), np.concatenate(seen.left)
        assert let_in.sum() + left.sum() + seen.still.sum() == np.sum(seen.waiting)
        counts = dict(zip(QUEUE_COUNTS, record.queue[w, 0], strict=True))
        assert (counts["admitted"], counts["left"], counts["waiting"]) == (len(let_in), len(left), len(seen.still))
        joined = len(let_in) + len(left) + len(seen.still)  # who comes in a step joins in the next
        assert counts["joined"] == joined == record.row_counts[w, -2, 0]
        assert np.array_equal(record.team[w, :, 0, TEAM_SERIES.index("waiting")], np.sum(seen.waiting, axis=1))
        bins = record.waits.shape[2]  # the last one holds that or longer
        assert np.array_equal(record.waits[w, 0], np.bincount(np.minimum(let_in, bins - 1), minlength=bins))


def test_patience_shortens_the_queue_by_those_who_leave():
    """Leavers are the queue summed over time x d / patience: a binomial each step."""
    record, regimes = run("queue_patience", STEPS["queue_patience"])
    for w, seen in enumerate(regimes.values()):
        left = record.queue[w, 0, QUEUE_COUNTS.index("left")]
        exposed, r = np.sum(seen.waiting[:-1]), STEP / 3.0
        assert abs(left - exposed * r) < stats.norm.isf(FALSE_ALARM / 2) * np.sqrt(exposed * r * (1 - r))


def test_the_check_catches_help_that_lasts_five_percent_longer():
    """A negative control: against the chain of a slower clinic the same run must fail."""
    steps = STEPS["queue_patience"]
    sample = np.array(run("queue_patience", steps)[1]["three"].waiting[steps // 2 :]).mean(axis=0)
    wrong = Discrete(3, 3.6 * 1.05, 3.0).path(steps)[0][steps // 2 :].mean()
    assert abs(sample.mean() - wrong) / (sample.std(ddof=1) / np.sqrt(AREAS)) > stats.t.isf(FALSE_ALARM / 2, AREAS - 1)
