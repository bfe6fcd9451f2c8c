"""A service's pathway: which states and moves a description gives, and durations whose means are exact.

Theory: a stage that ends in each step with probability p lasts a geometric number of steps with mean 1 / p; n stages
with p = n / mean have the mean asked for exactly, with variance n (1 - p) / p^2. What takes no time is left out.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sim.engine.solvers.families import replicate
from sim.language.evaluate import parse
from sim.model.services import NOW_HAZARD, complement, hazard_of_mean, negation, product
from sim.model.spec import Chain, Team
from tests.strategies import make_model, make_scenario, make_service, watch

N = 20_000


def moves(chain: Chain) -> set[tuple[str, str]]:
    return {(t.source, t.target) for t in chain.transitions}


@pytest.mark.parametrize(("mean", "stages"), [(9.0, 3), (9.0, 1), (2.5, 2), (40.0, 4), (1.5, 1)])
def test_a_mean_is_exact(mean: float, stages: int):
    p = 1 - np.exp(-hazard_of_mean(mean, stages))
    assert stages / p == pytest.approx(mean, rel=1e-12)


@pytest.mark.parametrize(("mean", "stages"), [(1.0, 1), (0.5, 1), (0.0, 1), (3.0, 3)])
def test_a_step_or_less_ends_now(mean: float, stages: int):
    assert hazard_of_mean(mean, stages) == NOW_HAZARD


def test_the_shortest_pathway():
    chain = make_service("help")
    assert chain.states == ("none", "waiting", "engaged", "closed", "dropped_out")
    assert moves(chain) == {("none", "waiting"), ("closed", "waiting"), ("dropped_out", "waiting")}


def test_the_whole_pathway():
    chain = make_service(
        "help",
        identify_steps=2.0, assess_steps=1.0, offer_steps=1.0, consent=parse(0.8), refused_steps=6.0,
        patience_steps=3.0, engaged_steps=9.0, stages=3, dropout_rate=parse(0.4), aftercare_steps=12.0,
    )  # fmt: skip
    assert chain.states == (
        "none", "eligible", "identified", "offered", "refused", "waiting", "engaged_1", "engaged_2", "engaged_3",
        "aftercare", "closed", "dropped_out",
    )  # fmt: skip
    stages = ["engaged_1", "engaged_2", "engaged_3"]
    assert moves(chain) == {
        ("none", "eligible"), ("closed", "eligible"), ("dropped_out", "eligible"), ("eligible", "identified"),
        ("identified", "offered"), ("offered", "waiting"), ("offered", "refused"), ("refused", "none"),
        ("waiting", "dropped_out"), ("engaged_1", "engaged_2"), ("engaged_2", "engaged_3"), ("engaged_3", "aftercare"),
        ("aftercare", "closed"), *((stage, "dropped_out") for stage in stages),
    }  # fmt: skip
    assert chain.level_names["engaged"] == 6
    assert [chain.levels[chain.states.index(stage)] for stage in stages] == [6, 6, 6]


def test_nobody_moves_from_waiting_to_help_but_through_the_gate():
    for options in ({}, {"patience_steps": 3.0, "engaged_steps": 4.0, "stages": 2}, {"consent": parse(0.5)}):
        targets = {target for source, target in moves(make_service("help", **options)) if source == "waiting"}
        assert targets <= {"dropped_out"}


def test_numbers_do_not_change_states():
    """Regimes that differ in numbers share their structure, also where a number is zero."""
    one = make_service("help", dropout_rate=parse(0.4), engaged_steps=9.0, stages=3, consent=parse(1.0))
    other = make_service("help", dropout_rate=parse(0.0), engaged_steps=3.0, stages=3, consent=parse(0.0))
    assert one.states == other.states
    assert moves(one) == moves(other)


def durations(chain: Chain, steps: int, state: str) -> np.ndarray:
    """Let everyone in at once and count the steps that each spends in states of that name."""
    model = make_model([chain], N, steps, 1 / 12, queues="open")
    inside = watch(
        make_scenario(model, seed=3),
        lambda step, line: np.array([s.startswith(state) for s in chain.states])[line.world.state["help"][:N]],
    )
    return np.sum(inside, axis=0)


def only_once(chain: Chain) -> Chain:
    entry = ("closed", "dropped_out")
    return replace(chain, transitions=tuple(t for t in chain.transitions if t.source not in entry))


@pytest.mark.parametrize(("mean", "stages"), [(9.0, 3), (4.0, 1), (2.0, 2)])
def test_help_lasts_what_was_asked_for(mean: float, stages: int):
    """Mean by a z-test at 1e-6; every length by chi-square at 1e-6 against the negative binomial."""
    lasted = durations(only_once(make_service("help", engaged_steps=mean, stages=stages)), 120, "engaged")
    p = min(stages / mean, 1.0)
    sd = np.sqrt(stages * (1 - p)) / p
    assert abs(lasted.mean() - mean) <= stats.norm.isf(5e-7) * sd / np.sqrt(N)
    lengths = np.arange(stages, int(mean * 3) + 1)
    expected = N * stats.nbinom.pmf(lengths - stages, stages, p)
    observed = np.array([(lasted == n).sum() for n in lengths])
    seen = expected >= 5
    if seen.sum() > 1:
        statistic = ((observed[seen] - expected[seen]) ** 2 / expected[seen]).sum()
        assert statistic < stats.chi2.isf(1e-6, seen.sum())


def test_consent_splits_those_referred():
    """Of 20,000 referred at once 78% wait and 22% refuse: a binomial at 1e-6."""
    chain = make_service("help", consent=parse(0.78), patience_steps=1e9, team=None)
    found = replicate(make_scenario(make_model([chain], N, 1, 1 / 12, queues="open"), seed=5), 0)
    referrals, refused, joined, admitted = found.queue[0, 0, :4]
    assert (referrals, joined + refused) == (N, N)
    assert admitted == joined
    assert stats.binom.cdf(refused, N, 0.22) > 1e-6
    assert stats.binom.sf(refused - 1, N, 0.22) > 1e-6


def test_patience_and_dropping_out_end_as_asked():
    """Places come after the run: half a year of patience on average, p = 1/6 a month after the first; binomials."""
    team = Team({"all": 0.0}, 1.0, funding=((9, {"all": 1.0}),))
    chain = only_once(make_service("help", patience_steps=6.0, team=team))
    found = replicate(make_scenario(make_model([chain], N, 4, 1 / 12), seed=7), 0)
    left = N - found.team[0, :, 0, 3]
    assert left[0] == 0
    for month in (1, 2, 3):
        gone = 1 - (5 / 6) ** month
        assert stats.binom.cdf(left[month], N, gone) > 1e-6
        assert stats.binom.sf(left[month] - 1, N, gone) > 1e-6


def test_expressions_are_put_together():
    assert product(parse(1.0), parse("a"), parse("b")).text == "(a) * (b)"
    assert product(parse(1.0)).root.args[-1:] == ()
    assert complement(parse(0.3)).root.value == 0.7
    assert complement(parse("a")).text == "1 - (a)"
    assert negation(parse("a > 1")).text == "not (a > 1)"
