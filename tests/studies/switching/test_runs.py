"""Roots over runs: a scenario whose net present value is known gives back its root; scaling effects is a power."""

import numpy as np
import pytest

import sim
from sim.results.dataset import to_dataset
from sim.studies.switching.answer import scaled_effects, switching_run
from tests.economics.priced import CARE, PLAIN, WAGE, dataset, layout, record, scenario


def run_with_less_care(value: float):
    """Run a study in which so many fewer are in care: 24,000 a year is spent, so 20 fewer pay for it."""
    return lambda of: to_dataset(
        of, layout(of), [record(of, r, {"helped": {**PLAIN["helped"], "in care": -value}}) for r in range(3)]
    )


def test_the_root_is_found_where_theory_has_it() -> None:
    made = {}

    def scenario_at(value: float):
        of = scenario()
        made[id(of)] = (value, of)
        return of

    found = switching_run(scenario_at, 0, 50, "helped", run=lambda of: run_with_less_care(made[id(of)][0])(of))
    assert found.value == pytest.approx(20 * WAGE * 12 / CARE, abs=0.5)
    assert len(found.tried) <= 6
    assert [value for value, _ in found.tried[:2]] == [0, 50]


def test_one_sign_over_the_range_has_no_root() -> None:
    found = switching_run(lambda _: scenario(), 0, 5, "helped", run=lambda _: dataset())
    assert (found.value, found.at_value, len(found.tried)) == (None, None, 2)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ValueError, match="must rise"):
        switching_run(lambda _: scenario(), 5, 5, "helped")
    with pytest.raises(ValueError, match="no comparison of nobody"):
        switching_run(lambda _: scenario(), 0, 5, "nobody", run=lambda _: dataset())


def test_effects_of_help_are_raised_to_a_power_and_nothing_else() -> None:
    """At 0 help does nothing to how families fare, at 1 all is as it was, at 2 a halving becomes a quarter."""
    base = sim.load("demo", ["units.family.size=200", "clock.steps=25"])
    services = {c.name for c in base.worlds[0].model.chains if c.service is not None}
    double = scaled_effects(base, 2.0)
    changed = 0
    for before, after in zip(base.worlds[0].model.effects, double.worlds[0].model.effects, strict=True):
        if before.when.names & services and not set(before.on) <= services:
            assert after.times.text == f"({before.times.text}) ^ 2.0"
            changed += 1
        else:
            assert after == before
    assert changed > 5
    one = scaled_effects(base, 2.0, ["keyworker"])
    assert sum(a != b for a, b in zip(one.worlds[0].model.effects, base.worlds[0].model.effects, strict=True)) < changed
    for factor, services_named, message in ((-1, None, "0 or more"), (1, ["nobody"], "nobody is no service")):
        with pytest.raises(ValueError, match=message):
            scaled_effects(base, factor, services_named)


def test_with_effects_at_0_families_fare_the_same_in_every_regime() -> None:
    ds = sim.simulate(
        scaled_effects(sim.load("demo", ["units.family.size=300", "clock.steps=25", "replications=1"]), 0.0)
    )
    chains = [i for i, name in enumerate(ds["chain"].values) if name in ("crisis", "care", "custody", "school")]
    stocks = ds["occupancy"].isel(state=chains)
    assert np.array_equal(stocks.sel(regime="siloed"), stocks.sel(regime="integrated"))
