"""Evaluation designs on made-up families whose fate is known.

Theory: who is drawn by lot differs from who is not only by chance, so every design that compares families of one day is
unbiased. A stationary two-state chain with share p and memory r is in crisis with p + (1 - p) r^k both k months before
and k months after a month in which it is in crisis: before and after then finds a change of known size though nothing
was done (regression to the mean). What depends on frailty alone is wholly explained by it. Parts of a bias add up.
"""

from collections.abc import Iterator

import numpy as np
import pytest

from sim.evaluation.designs.bias import (
    CENSORING,
    FRAILTY,
    OTHERWISE,
    REGIME,
    REGRESSION,
    Judged,
    Worlds,
    _served,
    judge,
    level_before,
    true_effect,
)
from sim.evaluation.designs.designs import BEFORE_AFTER, DESIGNS, Setting, everyone_served
from sim.evaluation.trial.evaluation import found_by
from sim.evaluation.trial.family_outcomes import OUTCOMES
from sim.evaluation.trial.panel import Panel
from sim.evaluation.trial.trial import admissions
from tests.evaluation.trial.small_panels import ENGAGED, WAITING, panel

STEPS, MONTHS, START = 48, (13, 24), 13
SHARE, MEMORY = 0.3, 0.85


def crises(n: int, rng: np.random.Generator, share: np.ndarray) -> np.ndarray:
    """Simulate stationary two-state chains, (step, family): 2 is in crisis."""
    state = np.zeros((STEPS, n), bool)
    state[0] = rng.random(n) < share
    for t in range(1, STEPS):
        state[t] = rng.random(n) < np.where(state[t - 1], share + (1 - share) * MEMORY, share * (1 - MEMORY))
    return (2 * state).astype(np.uint8)


def families(n: int, seed: int, *, months: int = 11, only_in_crisis: bool = False) -> tuple[Worlds, Setting]:
    """Make families of two classes of frailty of whom 4% a month are drawn by lot, and to whom help does nothing."""
    rng = np.random.default_rng(seed)
    frailty = (rng.random(n) < 0.5).astype(np.int64)
    share = np.full(n, SHARE) if only_in_crisis else np.where(frailty == 1, 0.5, 0.2)
    p = panel(n, STEPS)
    p.hub[:] = crises(n, rng, share)
    p.history[:] = [(p.hub[max(0, t - 11) : t + 1] > 0).sum(axis=0) for t in range(STEPS)]
    p.programme[:] = WAITING
    for t in range(START, STEPS):
        free = (p.programme[t] == WAITING) & ((p.hub[t] > 0) | (not only_in_crisis))
        p.programme[t:, free & (rng.random(n) < 0.04)] = ENGAGED
    return around(p, frailty, np.array([0.5, 1.5]), months)


def around(p: Panel, frailty: np.ndarray, values: np.ndarray, months: int = 11) -> tuple[Worlds, Setting]:
    """Put a panel, where help does nothing, into worlds and a setting."""
    setting = Setting(p, p.programme == WAITING, tuple(range(START, START + months)), MONTHS)
    return Worlds(p, p, frailty, values, setting.window), setting


def judged(worlds: Worlds, setting: Setting) -> Iterator[tuple[str, Judged]]:
    """Judge every design."""
    truth = true_effect(worlds, everyone_served(setting))
    for design in DESIGNS:
        yield design.name, judge(worlds, design, design.groups(setting), truth)


def test_drawn_by_lot_every_comparison_of_one_day_is_unbiased() -> None:
    """Mean bias over eight sets of families within four of its standard errors (chance of a false alarm: 1%)."""
    found: dict[str, list[float]] = {}
    for seed in range(8):
        worlds, setting = families(1500, seed)
        worlds.look_at(OUTCOMES["in_crisis"].amounts)
        for name, one in judged(worlds, setting):
            assert one.truth == 0.0
            found.setdefault(name, []).append(one.bias)
    for name, biases in found.items():
        error = np.std(biases, ddof=1) / np.sqrt(len(biases))
        assert error < 0.015, name  # else the next line would say nothing
        assert abs(np.mean(biases)) < 4 * error, name


@pytest.mark.parametrize("month", range(-1, 14))
def test_before_is_the_twelve_months_that_end_with_the_one_before_entry(month: int) -> None:
    """All are badly off in one month alone, so long before entry: it is a twelfth of the year before, or no part."""
    worlds, setting = families(300, 2, months=1)
    worst = np.zeros((STEPS, 300))
    worst[START - month] = 1.0
    worlds.look_at(lambda _: (worst, np.ones_like(worst)))
    everyone = everyone_served(setting)
    assert everyone[0].helped > 0
    parts = {(1, 12): 1 / 12, (1, 6): 1 / 6, (7, 12): 1 / 6}
    for (first, last), share in parts.items():
        found = level_before(worlds, everyone, _served, helped=True, months=(first, last))
        assert found == pytest.approx(share if first <= month <= last else 0.0)
    assert level_before(worlds, everyone, _served, helped=True) == pytest.approx(1 / 12 if 1 <= month <= 12 else 0.0)


def test_before_and_after_shows_regression_to_the_mean_of_known_size() -> None:
    """Some 1,000 families; a mean of twelve months has a deviation below 0.5, so that 0.05 is over two errors."""
    worlds, setting = families(60_000, 3, months=1, only_in_crisis=True)
    worlds.look_at(OUTCOMES["in_crisis"].amounts)
    everyone = everyone_served(setting)
    one = judge(worlds, BEFORE_AFTER, everyone, true_effect(worlds, everyone))
    before, after = (np.mean([MEMORY**k for k in ks]) for ks in (range(1, 13), range(13, 25)))
    expected = (1 - SHARE) * (after - before)
    assert expected < -0.2
    assert one.reported == pytest.approx(expected, abs=0.05)
    assert one.causes[REGRESSION] == pytest.approx(one.bias, abs=0.02)  # nothing happens to everybody


def test_what_depends_on_frailty_alone_is_explained_by_it() -> None:
    """The frail are taken on three times as often; the outcome is their frailty, and registers show nothing of it."""
    rng = np.random.default_rng(1)
    n = 3000
    frailty = (rng.random(n) < 0.5).astype(np.int64)
    p = panel(n, STEPS)
    p.programme[:] = WAITING
    for t in range(START, START + 3):
        free = p.programme[t] == WAITING
        p.programme[t:, free & (rng.random(n) < np.where(frailty == 1, 0.15, 0.05))] = ENGAGED
    worlds, setting = around(p, frailty, np.array([0.5, 1.5]), 3)
    amount = np.tile(np.array([0.5, 1.5])[frailty], (STEPS, 1))
    worlds.seen = dict.fromkeys((True, False), (amount, np.ones_like(amount)))
    for name, one in judged(worlds, setting):
        if name in ("before_after", "changes"):
            assert one.bias == pytest.approx(0.0, abs=1e-12)  # it does not change
            continue
        assert one.causes[FRAILTY] == pytest.approx(one.frailty_served - one.frailty_other, abs=1e-9)
        assert one.causes[FRAILTY] > 0.15
        assert one.causes[OTHERWISE] == pytest.approx(0.0, abs=1e-9)
        assert one.causes[CENSORING] >= 0  # the frail leave the comparison first
        assert one.bias == pytest.approx(one.causes[FRAILTY] + one.causes[CENSORING], abs=1e-9)


def test_a_regime_that_reaches_everybody_hides_from_who_compares_within_it() -> None:
    """Help takes 5 off, the regime takes 1 off for all from its start: the truth is -6, a comparison says -5."""
    worlds, setting = families(1500, 2, months=3)
    p, flat = worlds.helped, np.full((STEPS, 1500), 10.0)
    helped = flat - 5 * p.ever_helped()
    helped[START - 1 :] -= 1
    worlds.seen = {True: (helped, np.ones_like(flat)), False: (flat, np.ones_like(flat))}
    found = dict(judged(worlds, setting))
    for name in ("propensity", "stood_for"):
        assert found[name].truth == pytest.approx(-6)
        assert found[name].reported == pytest.approx(-5)
        assert found[name].causes[REGIME] == pytest.approx(1)
    kept = found["waiting_list"]  # of whom help reaches 4% a month, as everybody
    assert kept.reported == pytest.approx(-5 * np.mean([0.96**k for k in range(13, 25)]), abs=0.2)
    assert kept.causes[CENSORING] == 0
    assert kept.causes[REGIME] == pytest.approx(kept.bias)


def test_parts_of_a_bias_add_up_to_it() -> None:
    """With help that works, families who leave, and a list that not everybody is on."""
    worlds, setting = families(2000, 5)
    rng = np.random.default_rng(5)
    helped = worlds.helped
    for t, family in zip(rng.integers(20, STEPS, 300), rng.integers(0, 2000, 300), strict=True):
        helped.generation[t:, family] += 1
    better = panel(2000, STEPS)
    better.hub[:] = np.where(helped.ever_helped(), 0, helped.hub)
    worlds.seen = {True: OUTCOMES["in_crisis"].amounts(better), False: OUTCOMES["in_crisis"].amounts(helped)}
    setting.on_list[:, ::3] = False
    for name, one in judged(worlds, setting):
        assert one.truth < -0.1
        assert sum(one.causes.values()) == pytest.approx(one.bias, abs=1e-12), name
        assert 0 < one.matched <= 1, name


def test_the_waiting_list_is_that_of_the_simulated_evaluation() -> None:
    """Where all stay, a family's outcome weighted as at entry is what ``evaluation.found_by`` finds."""
    worlds, setting = families(1500, 7, months=3)
    worlds.helped.well[:] = worlds.helped.hub == 0
    worlds.look_at(OUTCOMES["well"].amounts)
    one = dict(judged(worlds, setting))["waiting_list"]
    counts = found_by(setting.panel, admissions(setting.panel, setting.steps), ["well"])["well"]
    served, other = counts.levels(MONTHS, first_events=False)
    assert one.reported == pytest.approx(served - other, abs=1e-12)


def test_nobody_to_compare_with_is_not_a_number() -> None:
    p = panel(40, STEPS)
    p.programme[START:] = ENGAGED
    worlds, setting = around(p, np.zeros(40, np.int64), np.ones(1), 2)
    worlds.look_at(OUTCOMES["in_crisis"].amounts)
    found = dict(judged(worlds, setting))
    assert found[BEFORE_AFTER.name].reported == 0.0
    assert all(np.isnan(one.reported) for name, one in found.items() if name != BEFORE_AFTER.name)


def test_months_beyond_two_years_are_refused() -> None:
    p = panel(2, STEPS)
    with pytest.raises(ValueError, match="given months 13 to 25; they run from 1 to 24"):
        Setting(p, p.programme == WAITING, (13,), (13, 25))
