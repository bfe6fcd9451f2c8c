"""Random small models: what ``simulate`` counts is what ``expect`` expects, for every stock and every move.

Families are independent, so the number of families in a state at a point is exactly Binomial(families, expected share):
an exact tail. Moves of one kind in a step, and everything about children, are sums over independent families of a few
each: a normal tail with a bound on the variance. Each comparison is at 1e-9; with about 40 models x 200 comparisons the
false-alarm rate of the whole is below 1e-5, and the models are derandomised.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from scipy import stats

from sim.engine.counts.record import Record
from sim.engine.solvers.exact.expect import expect_record
from sim.engine.solvers.families import layout, replicate
from sim.language.evaluate import Expression, parse
from sim.model.services import product
from sim.model.spec import Chain, Model, Scenario, Trait, Transition, Unit, World
from tests.strategies import (
    FIXED,
    make_chain,
    make_effect,
    make_fire,
    make_model,
    make_scenario,
    random_models,
    with_service,
)

FALSE_ALARM = 1e-9


def tails(counts: np.ndarray, n: int, means: np.ndarray) -> np.ndarray:
    """Give the two-sided exact binomial tail of each count."""
    p = np.clip(means / n, 0.0, 1.0)
    below, above = stats.binom.cdf(counts, n, p), stats.binom.sf(counts - 1, n, p)
    return np.minimum(1.0, 2.0 * np.minimum(below, above))


def normal_tails(counts: np.ndarray, means: np.ndarray, most: int) -> np.ndarray:
    """Give bounds on the tails of sums over families of 0 to ``most`` children each.

    The variance is at most ``most`` x mean; five more rows allow for what is rare.
    """
    deviation = np.maximum(np.abs(counts - means) - 5.0, 0.0)
    return 2.0 * stats.norm.sf(deviation / np.sqrt(most * np.maximum(means, 1.0)))


def worst(scenario: Scenario, found: Record, exact: Record, world: int = 0) -> dict[str, float]:
    """Give the smallest tail of each kind of comparison of a world."""
    axes, model = layout(scenario), scenario.worlds[0].model
    n = model.units[0].size
    result = {}
    kinds = (
        ("stock", axes.states, found.stocks[world], exact.stocks[world]),
        ("flow", axes.flows, found.flows[world], exact.flows[world]),
    )
    for kind, names, counts, means in kinds:
        for unit in {name[0] for name in names}:
            chosen = [i for i, name in enumerate(names) if name[0] == unit]
            counted, mean = counts[:, chosen], means[:, chosen]
            family = unit == model.units[0].name
            twice = 1 if kind == "stock" else 2  # a row may be fired, move back and be fired again
            exactly = family and kind == "stock"
            p = tails(counted, n, mean) if exactly else normal_tails(counted, mean, twice if family else 2 * twice)
            result[f"{kind} of {unit}"] = float(p.min(initial=1.0))
            assert counted[mean < 1e-12].sum() == 0, "something happens that cannot"
    return result


def both(model: Model, seed: int, scheme: str = "bytes") -> dict[str, float]:
    scenario = make_scenario(model, seed=seed)
    return worst(scenario, replicate(scenario, 0, scheme=scheme), expect_record(scenario))


@given(model=random_models())
@FIXED
def test_random_models(model: Model):
    for what, p in both(model, seed=2011).items():
        assert p > FALSE_ALARM, what


@given(model=random_models(size=3000, steps=4))
@settings(FIXED, max_examples=15)
def test_random_models_by_plain_draws(model: Model):
    """The plain scheme (one uniform a row) is another road to the same distribution."""
    for what, p in both(model, seed=5, scheme="plain").items():
        assert p > FALSE_ALARM, what


@given(model=random_models(size=4000, steps=5).flatmap(with_service))
@settings(FIXED, max_examples=12)
def test_random_models_with_help_for_all(model: Model):
    """With open queues a service is a chain like any other: referral, consent, stages, dropping out, aftercare."""
    for what, p in both(model, seed=9).items():
        assert p > FALSE_ALARM, what


@pytest.mark.slow
@given(model=random_models(size=40_000, steps=10))
@settings(FIXED, max_examples=150)
def test_many_larger_random_models(model: Model):
    for what, p in both(model, seed=1).items():
        assert p > FALSE_ALARM, what


def family_of_three() -> Model:
    """Two family chains and two child chains that read and fire each other every way that the language has."""
    house = make_chain(
        "house",
        "safe risk lost",
        {
            "safe -> risk": 0.3,
            "risk -> safe": "0.8 * (k < 2) + 0.2 * (k >= 2)",
            "risk -> lost": 0.4,
            "lost -> safe": 0.5,
        },
        {"risk": 0.2},
        fires=(
            make_fire(["risk -> lost"], "mood", "well low", "bad"),
            make_fire(["risk -> lost"], "care", "home", "away", 0.4),
        ),
    )
    mood = make_chain(
        "mood",
        "well low bad",
        {"well -> low": "0.2 * frailty", "low -> well": 0.5, "low -> bad": 0.3, "bad -> low": 0.6},
    )
    care = make_chain(
        "care", "home away", {"home -> away": 0.1, "away -> home": "0.5 * (k < 1) + 0.1 * (k >= 1)"}, unit="child"
    )
    care = replace(care, fires=(make_fire(["home -> away"], "mood", "well", "low", 0.5),))
    return base_of((house, mood, care))


def base_of(chains: tuple[Chain, ...]) -> Model:
    """Add the children, the trait and the effects."""
    return make_model(
        chains,
        100_000,
        8,
        units=(Unit("family", 100_000), Unit("child", of="family", number="children")),
        traits=(Trait("frailty", (0.5, 2.0), (0.7, 0.3), stratify=True), Trait("children", (1.0, 2.0), (0.5, 0.5))),
        effects=(
            make_effect("mood reaches children", {"care": ["home -> away"]}, "mood >= bad", 4),
            make_effect("a child away", {"mood": ["low -> bad", "well -> low"]}, "any(care == away)", 2),
            make_effect("both away", {"house": ["risk -> lost"]}, "count(care == away) >= 2", 3),
        ),
    )


def test_a_family_that_does_everything():
    for what, p in both(family_of_three(), seed=3).items():
        assert p > FALSE_ALARM, what


@pytest.mark.parametrize("warm_up", [0, 2])
def test_a_regime_that_starts_later(warm_up: int):
    """From step 3 on a child away matters no more and recovery is quicker; both worlds agree with their expectation."""
    base = family_of_three()
    base = replace(base, units=(replace(base.units[0], warm_up=warm_up), base.units[1]))
    mood = base.chain("mood")
    quicker = replace(mood, transitions=tuple(replace(t, expression=parse(0.7)) for t in mood.transitions))
    model = replace(base, effects=base.effects[:1], chains=(base.chains[0], quicker, base.chains[2]))
    scenario = make_scenario(base, seed=12, later=World("later", "later", "as_written", model, start=3))
    found, exact = replicate(scenario, 0), expect_record(scenario)
    assert not np.allclose(exact.stocks[0, 4:], exact.stocks[1, 4:])
    for world in (0, 1):
        for what, p in worst(scenario, found, exact, world).items():
            assert p > FALSE_ALARM, what


def test_a_window_of_ages_opens_and_ends():
    """Everyone is two years old: `nursery` runs for a step more and is then left; `school` begins three steps later."""
    moves = {"out -> part": 0.5, "part -> full": 0.5, "part -> out": 0.2}
    nursery = make_chain("nursery", "out part full", moves, {"part": 0.4, "full": 0.3}, unit="child", ages_steps=(0, 4))
    school = make_chain("school", "out part full", moves, {"full": 0.9}, unit="child", ages_steps=(5, 9))
    units = (Unit("family", 20_000), Unit("child", of="family", number="children", age_steps=(2, 2)))
    children = Trait("children", (1.0, 2.0), (0.5, 0.5))
    mood = make_chain("mood", "well low", {"well -> low": 0.2, "low -> well": 0.4})
    effects = (make_effect("at nursery", {"mood": ["well -> low"]}, "any(nursery >= part)", 0.3),)
    model = make_model([nursery, school, mood], 20_000, 9, units=units, traits=(children,), effects=effects)
    for what, p in both(model, seed=8).items():
        assert p > FALSE_ALARM, what


@pytest.mark.parametrize("chain", ["house", "mood", "care"])
def test_the_check_catches_one_rate_slightly_off(chain: str):
    """A negative control: 100,000 families over 8 steps rule out one rate 6 to 15% too high."""
    right = family_of_three()
    changed = right.chain(chain)
    first = changed.transitions[0]
    factor = {"house": 1.06, "mood": 1.08, "care": 1.15}[chain]
    wrong = (Transition(first.source, first.target, _times(first, factor)), *changed.transitions[1:])
    chains = tuple(replace(c, transitions=wrong) if c.name == chain else c for c in right.chains)
    scenario = make_scenario(right, seed=3)
    exact = expect_record(make_scenario(replace(right, chains=chains), seed=3))
    assert min(worst(scenario, replicate(scenario, 0), exact).values()) < FALSE_ALARM


def _times(transition: Transition, factor: float) -> Expression:
    assert transition.expression is not None
    return product(transition.expression, parse(factor))
