"""Help that lasts a fixed, gamma or lognormal time, or one that reads a trait, against queues with such service.

Theory: one worker is M/G/1, where lambda^2 E[S^2] / (2 (1 - rho)) wait (Pollaczek and Khinchine; for M/D/1 the mean
wait is lambda / (2 mu (mu - lambda)), half that of M/M/1). Without a limit the number in help is Poisson with mean
lambda E[S] whatever the law (M/G/infinity is insensitive). Forty areas are so many independent queues; Student's t over
areas at 1e-4: some fifteen comparisons give a false alarm in 700 runs (seeds are fixed).
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.engine.counts.layout import layout_of
from sim.engine.counts.record import Record
from sim.engine.solvers.by_day.run import replicate_families
from sim.engine.solvers.families import replicate
from sim.errors import ModelError
from sim.model.lengths import Law, Length
from sim.model.spec import Scenario
from sim.results.summary import shares_over_time
from sim.results.worlds import world_names
from tests.places import TEXTBOOK, language
from tests.theory.queues.erlang import erlang_b
from tests.theory.queues.lived import Queue, live, scenario, tail

ALARM = 1e-4
LAWS: dict[Law, float] = {"fixed": 0.0, "gamma": 0.5, "lognormal": 0.5}
"""Standard deviations, of a mean of 1."""


@pytest.mark.parametrize(("law", "sd"), [("fixed", 0.0), ("gamma", 1.5), ("gamma", 0.3), ("lognormal", 1.2)])
def test_mean_and_spread_of_a_law(law: Law, sd: float) -> None:
    """The mean over a hundred thousand even shares; the tails that those leave out are below the tolerance."""
    length = Length(law, 2.0, 2.0 * sd)
    times = np.array([length.quantile(share) for share in (np.arange(100_000) + 0.5) / 100_000])
    assert times.mean() == pytest.approx(2.0, rel=1e-3)
    assert times.std() == pytest.approx(2.0 * sd, rel=2e-2, abs=1e-12)
    assert (np.diff(times) >= 0).all()


def waiting(arrivals: float, second_moment: float) -> float:
    """Give how many wait for one worker whose help has a mean of 1 and a second moment, on average."""
    return arrivals**2 * second_moment / (2 * (1 - arrivals))


@pytest.mark.parametrize("law", LAWS)
def test_waits_for_one_worker(law: Law) -> None:
    """Pollaczek and Khinchine; the wait of the exponential law is not taken for it."""
    seen = live(Queue(0.6, 1, law=law, sd=LAWS[law]), 1.0, 600.0, 30.0)
    assert tail(seen.waiting - waiting(0.6, 1 + LAWS[law] ** 2)) > ALARM
    assert tail(seen.helped - 0.6) > ALARM
    assert tail(seen.waiting - waiting(0.6, 2.0)) < ALARM


def test_mean_wait_of_a_fixed_length() -> None:
    """M/D/1: lambda / (2 mu (mu - lambda)), whatever the step, of which help is a quarter here."""
    seen = live(Queue(2.8, 1, help=0.25, law="fixed"), 1.0, 150.0, 10.0)
    wait = seen.by_area(seen.wait) / seen.by_area(np.ones_like(seen.wait))
    assert tail(wait - 2.8 / (2 * 4.0 * (4.0 - 2.8))) > ALARM
    assert tail(wait - 2.8 / (4.0 * (4.0 - 2.8))) < ALARM  # M/M/1


@pytest.mark.parametrize("law", LAWS)
def test_the_number_in_help_is_poisson_whatever_the_law(law: Law) -> None:
    """Looked at every eight days, when next to nobody of those seen before is left; chi-square over 0 to 5 or more."""
    seen = live(Queue(2.0, None, law=law, sd=LAWS[law]), 1.0, 200.0, 24.0)
    numbers = seen.course[::8, 1].ravel()
    observed = np.bincount(np.minimum(numbers, 5).astype(int), minlength=6)
    expected = np.append(stats.poisson.pmf(np.arange(5), 2.0), stats.poisson.sf(4, 2.0)) * numbers.size
    assert stats.chisquare(observed, expected).pvalue > ALARM


@pytest.mark.parametrize("law", ["exponential", "fixed"])
def test_help_that_reads_a_trait(law: Law) -> None:
    """A quarter are helped four times as long: E[S] = 1.75; waits by the second moment of the mixture."""
    seen = live(Queue(2.0, None, law=law, longer=4.0, urgent=0.25), 1.0, 200.0, 40.0)
    assert tail(seen.helped - 3.5) > ALARM
    assert tail(seen.helped - 2.0) < ALARM


def documented(folder: Path, *sets: str) -> Scenario:
    blocks = re.findall(r"```yaml\n(.*?)```", language(), re.DOTALL)
    path = folder / "ward.yaml"
    path.write_text(next(block for block in blocks if "title: A ward and its beds" in block), encoding="utf-8")
    return sim.load(path, list(sets))


def stock(study: Scenario, record: Record, chain: str, state: str) -> np.ndarray:
    """Give how many are in a state at each point, (world, point)."""
    names = [name[1:] for name in layout_of(study).states]
    return np.asarray(record.stocks[:, :, names.index((chain, state))])


def test_teams_keep_an_exponential_mean_that_reads_a_trait(tmp_path: Path) -> None:
    """In whole steps a stay of mean m is left with 1 / m a step: L = lambda E[S] in steps, seen at points."""
    plain = "services.ward.engaged={mean: 2 days, sd: null, law: null, times: severity}"
    study = documented(tmp_path, "queues=open", plain, "clock.steps=250", "distributions=null")
    means = [stock(study, replicate(study, r), "ward", "engaged")[0, 1:].mean() for r in range(6)]
    mean_stay = 2 * sum(t.values[i] * t.shares[i] for t in study.worlds[0].model.traits for i in range(len(t.values)))
    assert tail(np.array(means) - 3.0 * mean_stay) > ALARM


def test_a_regime_leaves_drawn_lengths_as_they_are(tmp_path: Path) -> None:
    """Posts end at step 40: with ``finish`` all are gone a length later, none before, with ``close`` all are at once.

    Every day before is that of the regime without an end.
    """
    sets = (
        "services.ward.engaged={mean: 10 days, sd: null, law: fixed, times: null}",
        "services.ward.team={workers: 50, caseload: 1}", "clock.steps=80", "units.patient.warm_up=30",
        "distributions=null", "traits=null",
        "regimes={open: {}, finish: {start: 40, set: {services.ward.team.workers: 0}}, "
        "close: {start: 40, handover: close, set: {services.ward.team.workers: 0}}}",
    )  # fmt: skip
    study = documented(tmp_path, *sets)
    helped = stock(study, replicate_families(study, 0), "ward", "engaged")
    assert (helped[:, :41] == helped[0, :41]).all()
    assert (helped[1, 41:50] > 0).all()
    assert (helped[1, 51:] == 0).all()
    assert (np.diff(helped[1, 40:]) <= 0).all()
    assert (helped[2, 41:] == 0).all()
    assert (helped[0, 41:] > 0).all()


def test_a_regime_may_change_the_law_and_what_it_reads(tmp_path: Path) -> None:
    """One history until it starts; then help is twice as long for all, or of another law with the same mean."""
    sets = (
        "parameters.factor={value: 1}", "services.ward.engaged.times=severity * factor", "clock.steps=160",
        "regimes={plain: {}, longer: {start: 20, set: {parameters.factor: 2}}, fixed: {start: 20, set: "
        "{services.ward.engaged.law: fixed, services.ward.engaged.sd: null}}}",
    )  # fmt: skip
    study = documented(tmp_path, *sets)
    helped = stock(study, replicate_families(study, 0), "ward", "engaged")
    assert (helped[:, :21] == helped[0, :21]).all()
    plain, longer, fixed = helped[:, 80:].mean(axis=1)
    assert longer == pytest.approx(2 * plain, rel=0.2)
    assert fixed == pytest.approx(plain, rel=0.2)
    assert (helped[2, 80:] != helped[0, 80:]).any()


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        (("queues=teams",), r"ward\.yaml:\d+:\d+: services\.ward\.engaged\.law: .*queues: per_family.*stages"),
        (("queues=open",), r"services\.ward\.engaged\.law: .*queues: per_family"),
        (("services.ward.engaged.sd=null",), r"a lognormal length needs an 'sd'"),
        (("services.ward.engaged.law=fixed",), r"'sd' belongs to a gamma or lognormal length"),
        (("services.ward.engaged.stages=2",), r"write 'law: gamma' and 'sd'"),
        (("services.ward.engaged.mean=now",), r"takes no time"),
        (("services.ward.engaged.times=severity - 1",), r"engaged\.times: .*comes to 0 for some"),
        (("services.ward.engaged.times=cycle + 1",), r"engaged\.times: .*reads more than that"),
        (("services.ward.start={engaged: 0.5}",), r"services\.ward\.start\.engaged: .*warm_up"),
        (
            ("effects=[{name: out, on: 'ward: engaged -> closed', when: always, times: 2}]",),
            r"effects\.0\.on: .*drawn when it begins.*engaged\.times",
        ),
        (
            ("queues=teams", "services.ward.engaged={mean: 1.5 days, sd: null, law: null, times: severity / 2}"),
            r"engaged\.mean: .*is 0\.75 steps",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_refused(sets: tuple[str, ...], said: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=said):
        documented(tmp_path, *sets)


def test_models_in_python_are_refused_by_solvers_of_whole_steps() -> None:
    study = scenario(Queue(2.0, 1, law="fixed"), 1.0, 5.0, 1, 1)
    model = replace(study.worlds[0].model, queues="open")
    study = replace(study, worlds=(replace(study.worlds[0], model=model),))
    with pytest.raises(ModelError, match=r"services\.desk: help whose length is drawn.*per_family"):
        replicate(study, 0)
    with pytest.raises(ModelError, match="help whose length is drawn"):
        sim.expect(study)


def test_the_beds_of_a_stroke_unit() -> None:
    """Monks and others (2016): with 10 beds 1 in 7 is delayed (0.14), with 14 beds 1 in 50 (0.02), with 9 one in five.

    P(N = n) / P(N <= n) of a Poisson number is Erlang's loss formula; the shares of the distribution over time are held
    against Poisson ones by Student's t over replications.
    """
    sets = ["replications=5", "clock.steps=400", "units.patient.warm_up=60"]
    study = sim.load(TEXTBOOK / "queue_stroke_unit.yaml", sets)
    (stay,) = study.worlds[0].model.traits
    mean = study.worlds[0].model.root.arrivals_per_step * float(np.dot(stay.values, stay.shares))
    assert {n: round(erlang_b(n, mean), 2) for n in (9, 10, 14)} == {9: 0.19, 10: 0.14, 14: 0.02}
    ds = sim.simulate(study)
    numbers, shares = shares_over_time(ds, world_names(ds)[0], "beds")
    wanted = stats.poisson.pmf(numbers, mean)
    assert shares.sum(axis=1) == pytest.approx(1.0)
    assert min(tail(shares[:, i] - wanted[i]) for i in np.flatnonzero(wanted > 0.03)) > ALARM
    assert tail(shares @ numbers - mean) > ALARM
    assert tail(shares @ numbers - mean * 1.5) < 1e-2
