"""A second program for the same model, slow and plain, held against the engine: no fault of one can hide in both.

``tests/theory/rebuild`` reads the resolved config and the equations of the docs and shares no line with the package:
its own reader of expressions, its own dice, families one by one. What is compared has chance in it on both sides,
so that each figure is held to a t test: the rebuild's town is one more replication if both are right. The worst of
hundreds of figures is held to 1 in 1,000 (Bonferroni); counts have at least the variance of as many independent cases.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import chain

import numpy as np
import pytest
import xarray as xr
from scipy.stats import t as student

import sim
from sim.arrays import FloatArray
from sim.economics.value.accounts import answers
from sim.economics.value.terms import terms_of
from tests.places import STUDIES
from tests.theory.rebuild.lives import Followed, Town, World
from tests.theory.rebuild.rules import Rules
from tests.theory.rebuild.words import read

STUDY = STUDIES / "rebuilt.yaml"
BEGINS, ENTRY, HORIZON, RATE = 12, 12, 60, 0.035
"""Month in which key workers come, months in which the cohort is first helped, and that are counted of the programme;
discount rate a year."""
ALPHA = 1e-3
SMALL = ("units.family.size=60", "clock.steps=36", "replications=4")
MIDDLE = ("units.family.size=400", "clock.steps=36", "replications=30")
Fault = Callable[[Rules], None]


@dataclass(frozen=True)
class Rebuilt:
    """What the second program made of a config: its three worlds, and whom it followed; ``months`` at most."""

    families: int
    months: int
    siloed: World
    all_help: World
    once: World
    followed: list[Followed]

    def saved(self, account: str) -> FloatArray:
        """Give what each family of the cohort saved."""
        cohort = [f for f in self.followed if f.world == account and BEGINS <= f.started < BEGINS + ENTRY]
        return np.array([family.saved(self.months, RATE) for family in cohort])


@cache
def of_engine(effects: str, *sets: str) -> xr.Dataset:
    """Run the config by the engine, under one evidence set."""
    return sim.simulate(sim.load(STUDY, [*sets, f"effect_set={effects}"]), rows=False)


def rebuilt(effects: str, *sets: str, fault: Fault = lambda _: None) -> Rebuilt:
    """Live the same config by the second program, perhaps with a fault in its rules."""
    text = sim.load(STUDY, [*sets, f"effect_set={effects}"]).resolved
    before, helped = (read(text, f"effect_sets.{effects}", *more) for more in ((), ("regimes.key_workers",)))
    steps, families = before["clock"]["steps"], before["units"]["family"]["size"]
    rules = Rules(before), Rules(helped), Rules(helped, once=True)
    for one in rules:
        fault(one)
    siloed, all_help, once = (World(one, steps) for one in rules)
    town = Town(siloed, {"all_help": all_help, "one_episode": once}, BEGINS, seed=1)
    followed = list(chain.from_iterable(town.live(number) for number in range(families)))
    return Rebuilt(families, min(60, steps - BEGINS - ENTRY), siloed, all_help, once, followed)


def chance(mine: float, mean: float, variance: float, n: int) -> float:
    """Give the chance of so large a difference between one more draw and the mean of n."""
    return float(2.0 * student.sf(abs(mine - mean) / math.sqrt(variance * (1.0 + 1.0 / n)), n - 1))


def worst_states(ds: xr.Dataset, one: Rebuilt) -> tuple[float, list[tuple[object, ...]]]:
    """Hold rows by state, in every chain and service at moments over the run, to each other.

    Returns
    -------
        The chance of the worst difference, times the number of figures; and the ten worst.
    """
    found: list[tuple[object, ...]] = []
    n, steps = ds.sizes["replication"], ds.sizes["step"] - 1
    names = list(zip(ds["chain"].values.tolist(), ds["state_name"].values.tolist(), strict=True))
    for regime, world in (("siloed", one.siloed), ("key_workers", one.all_help)):
        told = ds.sel(regime=regime).isel(effect_set=0)
        for point in range(1 if regime == "siloed" else BEGINS + 1, steps + 1, 8):
            means, variances = (told[v].isel(step=point).values for v in ("occupancy", "occupancy_var"))
            for (name, state), mean, variance in zip(names, means, variances, strict=True):
                states = world.rules.tracks[name].states
                mine = world.lived.counts[point - 1].get((name, states.index(state)), 0)
                least = max(min(mean, one.families), 1.0)
                found.append((chance(mine, mean, max(variance, least), n), regime, point, name, state, mine, mean))
    assert len(found) > 300
    found.sort()
    return float(str(found[0][0])) * len(found), found[:10]


def assert_same(ds: xr.Dataset, one: Rebuilt, most: float) -> None:
    """Hold states, families helped, episodes, and what each saved to each other; ``most`` is the widest tolerance."""
    chance_of_worst, worst = worst_states(ds, one)
    assert chance_of_worst > ALPHA, worst
    told, n = ds["helped_families"].sel(regime="key_workers").isel(effect_set=0), ds.sizes["replication"]
    lived = one.all_help.lived
    for starts, kind in ((lived.first_starts, "families"), (lived.starts, "episodes")):
        mine = sum(step < BEGINS + HORIZON for step in starts)
        counts = told.sel(people=kind).values
        assert chance(mine, counts.mean(), max(counts.var(ddof=1), counts.mean() / 4), n) > ALPHA
    (answer,) = answers(ds, terms_of(ds))
    for account in answer.accounts[:2]:
        saved, estimate = one.saved(account.name), account.worth["narrow"].saved
        assert estimate.high is not None
        of_engine_alone = (estimate.high - estimate.mean) / float(student.ppf(0.975, n - 1))
        error = math.hypot(float(saved.std(ddof=1)) / math.sqrt(len(saved)), of_engine_alone)
        assert 3.3 * error < most, error  # or the comparison would say too little
        assert abs(saved.mean() - estimate.mean) < 3.3 * error, (account.name, saved.mean(), estimate.mean, error)
        assert abs(len(saved) - account.families) < 4.0 * math.sqrt(account.families)


def test_a_small_town_is_the_same_in_both_programs() -> None:
    assert_same(of_engine("claimed_bound", *SMALL), rebuilt("claimed_bound", *SMALL), most=25_000.0)


def no_strain(rules: Rules) -> None:
    """Leave out all that strains a family."""
    for move in rules.tracks["crisis"].moves:
        if move.target > move.source:
            move.effects.clear()


@pytest.mark.slow
def test_a_fault_is_seen() -> None:
    ds = of_engine("claimed_bound", *MIDDLE)
    assert worst_states(ds, rebuilt("claimed_bound", *MIDDLE))[0] > ALPHA
    assert worst_states(ds, rebuilt("claimed_bound", *MIDDLE, fault=no_strain))[0] < ALPHA / 10


@pytest.mark.slow
@pytest.mark.parametrize(("effects", "most"), [("measured", 4_500.0), ("claimed_bound", 6_000.0)])
def test_two_thousand_families_are_the_same_in_both_programs(effects: str, most: float) -> None:
    one = rebuilt(effects)
    assert one.families == 2_000
    assert_same(of_engine(effects), one, most)
