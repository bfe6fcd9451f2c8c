"""Classic models of system dynamics against their closed forms: an epidemic, a cooling cup, a supply line with delays.

With `integration: euler` a run is a recursion that can be worked by hand, so `expect` must agree to rounding; as
the step goes to 0 it must approach the differential equation at first order. `simulate` must agree in the limit of
many rows.
"""

from functools import cache
from math import exp, log
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats
from scipy.optimize import brentq

import sim
from sim.arrays import FloatArray
from sim.errors import ModelError
from tests.places import TEXTBOOK

BOYS, FIRST, RHO, INFECTION = 763.0, 762.0, 202.0, 0.00218
"""Murray's boarding school: rows, susceptible at first, removal over infection, infection a day and pair."""


@cache
def solved(name: str, *sets: str) -> xr.Dataset:
    """Solve a textbook model by `expect`."""
    return sim.expect(sim.load(TEXTBOOK / f"dynamics_{name}.yaml", list(sets)))


def levels(ds: xr.Dataset, regime: str, stock: str) -> FloatArray:
    """Give the path of a stock."""
    return np.asarray(ds["feedback"].sel(regime=regime, stock=stock).values.reshape(-1), dtype=np.float64)


def epidemic(*sets: str) -> FloatArray:
    """Give removed, susceptible and ill at every point, (point, state)."""
    return np.asarray(solved("epidemic", *sets)["occupancy"].values[0, 0], dtype=np.float64)


def test_epidemic_is_the_euler_recursion() -> None:
    """S -= r S I dt, I += r S I dt - a I dt, worked here with numbers alone."""
    dt, found = 0.03125, epidemic()
    s, i, r = FIRST, 1.0, 0.0
    wanted = []
    for _ in range(961):
        wanted.append([r, s, i])
        ill, well = INFECTION * s * i * dt, INFECTION * RHO * i * dt
        s, i, r = s - ill, i + ill - well, r + well
    np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-12)


def test_epidemic_peaks_and_ends_where_the_equations_say() -> None:
    """Most ill: N - rho + rho ln(rho / S0) = 292.8; never ill: S = S0 exp(-(N - S) / rho). Errors halve."""
    most = BOYS - RHO + RHO * log(RHO / FIRST)
    never = brentq(lambda s: s - FIRST * exp(-(BOYS - s) / RHO), 1.0, RHO)
    assert most == pytest.approx(292.8, abs=0.05)  # as printed in the config
    errors = []
    for step, steps in ((0.0625, 640), (0.03125, 1280)):
        found = epidemic(f"clock.step={step} day", f"clock.steps={steps}")
        errors.append((found[:, 2].max() - most, found[-1, 1] - never))
    for coarse, fine in zip(*errors, strict=True):
        assert 1.8 < coarse / fine < 2.2
        assert abs(fine) < 2.5


def test_epidemic_with_exact_steps_has_a_final_size_of_its_own() -> None:
    """With p = 1 - exp(-rate dt): S = S0 exp(-r dt sum of I), and (1 - exp(-a dt)) x sum of I = all who were ever ill.

    So S = S0 exp(-(N - S) r dt / (1 - exp(-a dt))) at any step, to rounding once nobody is ill.
    """
    dt = 0.25
    found = epidemic("clock.integration=exact", f"clock.step={dt} day", "clock.steps=1200")
    removed_a_step = 1.0 - exp(-INFECTION * RHO * dt)
    never = brentq(lambda s: s - FIRST * exp(-(BOYS - s) * INFECTION * dt / removed_a_step), 1.0, RHO)
    assert found[-1, 2] < 1e-12
    assert found[-1, 1] == pytest.approx(never, rel=1e-9)


def test_epidemic_by_simulation_approaches_expect() -> None:
    """Of 76,300 boys, 763 ill at first: the mean of 4 replications departs from the recursion by early chance alone.

    A birth-and-death process of n0, birth 1.66 and death 0.44, grows with a relative spread of sqrt(1.72 / n0) = 4.7%,
    and 2.4% in the mean of four; four standard errors are 10%. Who is never ill then varies by far less.
    """
    sets = ["units.boy.size=76300", "parameters.infection=0.0000218 * days", "parameters.removal=0.44036 * days"]
    sets += ["chains.flu.start={susceptible: 0.99, ill: 0.01}", "clock.step=0.125 day", "clock.steps=200"]
    scenario = sim.load(TEXTBOOK / "dynamics_epidemic.yaml", sets)
    mean, exact = sim.simulate(scenario)["occupancy"].values[0, 0], sim.expect(scenario)["occupancy"].values[0, 0]
    assert mean[24, 2] == pytest.approx(exact[24, 2], rel=0.10)
    assert mean[-1, 1] == pytest.approx(exact[-1, 1], rel=0.10)


@pytest.mark.parametrize(("regime", "start"), [("hot", 100.0), ("warm", 60.0), ("iced", 4.0)])
def test_cup_cools_geometrically(regime: str, start: float) -> None:
    """Euler: room + (start - room) (1 - dt / 10)^n; the error against the exponential falls with the step."""
    path = levels(solved("cooling_cup"), regime, "cup")
    wanted = 18.0 + (start - 18.0) * (1.0 - 0.0125) ** np.arange(321)
    assert path == pytest.approx(wanted, rel=1e-12)
    limit = 18.0 + (start - 18.0) * exp(-1.0)
    fine = levels(solved("cooling_cup", "clock.step=0.0625 year", "clock.steps=160"), regime, "cup")[-1]
    assert 1.9 < (path[80] - limit) / (fine - limit) < 2.1


def test_simulate_and_expect_hold_the_same_cups() -> None:
    """Stocks that read nobody have no chance in them: both solvers give the same numbers to the last bit."""
    scenario = sim.load(TEXTBOOK / "dynamics_cooling_cup.yaml", ["clock.steps=20"])
    assert np.array_equal(sim.simulate(scenario)["feedback"].values, sim.expect(scenario)["feedback"].values)


def test_third_order_delay_is_a_binomial_tail() -> None:
    """Sales rise by 10 and nothing else is ordered: arrivals rise by 10 P(binomial(n, dt / 2) >= 3) n steps later.

    Each stage passes on a fraction dt / 2 a step, so that what has passed all three after n steps is the chance of
    three successes in n trials; arrivals are those who pass the last one.
    """
    ds = solved("supply_line", "parameters.close=0")
    arrivals = levels(ds, "heeding", "third") / 2.0
    steps = np.maximum(np.arange(961) - 64, 0)  # sales rise in the move from point 64 on
    wanted = 100.0 + 10.0 * stats.binom.sf(2, steps, 0.0625)
    assert arrivals == pytest.approx(wanted, rel=1e-12)


def test_supply_line_is_a_linear_recursion_with_its_equilibrium() -> None:
    """Heeding the line: x(t + dt) = x + dt (A x + b), worked here as a matrix; it ends at stock 400 and stages 220."""
    ds = solved("supply_line")
    names = ("first", "second", "third", "stock")
    found = np.stack([levels(ds, "heeding", name) for name in names], axis=1)
    close, dt = 0.125, 0.125
    a = np.array([[-0.5 - close, -close, -close, -close], [0.5, -0.5, 0, 0], [0, 0.5, -0.5, 0], [0, 0, 0.5, 0]])
    x = np.array([200.0, 200.0, 200.0, 400.0])
    wanted = []
    for point in range(961):
        wanted.append(x)
        sales = 110.0 if point >= 64 else 100.0
        x = x + dt * (a @ x + np.array([sales + close * (400 + 6 * sales), 0.0, 0.0, -sales]))
    np.testing.assert_allclose(found, wanted, rtol=1e-11)
    assert found[64] == pytest.approx([200, 200, 200, 400], rel=1e-12)
    assert found[-1] == pytest.approx([220, 220, 220, 400], rel=1e-5)


def test_who_ignores_the_supply_line_swings() -> None:
    """Sterman's lesson: unheeded, stock overshoots and swings; heeded, it comes back from below."""
    ds = solved("supply_line")
    heeding, ignoring = (levels(ds, regime, "stock") - 400.0 for regime in ("heeding", "ignoring"))
    assert heeding.max() < 1.0
    assert ignoring.max() > 5.0
    assert ignoring.min() < heeding.min() < -20.0
    assert np.count_nonzero(np.diff(np.sign(ignoring[70:]))) >= 4


EULER = """
title: Euler
sources: optional
clock: {{step: 0.25 year, steps: 4, integration: euler}}
units: {{row: {{size: 10}}}}
chains:
  one: {{states: [a, b, c], rates: {{a -> b: {rate}, a -> c: 0.4}}}}
  two: {{states: [x, y], start: {{y: 1}}, probabilities: {{y -> x: 0.3}}}}
effects:
  - {{name: both, on: [one.worsen, two.improve], when: always, times: 2}}
"""


def euler(tmp_path: Path, rate: float, more: str = "") -> xr.Dataset:
    """Solve a small model with Euler steps."""
    path = tmp_path / "euler.yaml"
    path.write_text(EULER.format(rate=rate) + more, encoding="utf-8")
    return sim.expect(sim.load(path))


def test_euler_adds_rates_and_leaves_probabilities_alone(tmp_path: Path) -> None:
    """Rates 1 and 0.4, doubled: 0.5 and 0.2 a step. A probability of 0.3 doubled as a rate: 1 - 0.7^2 = 0.51."""
    found = euler(tmp_path, 1.0)["occupancy"].values[0, 0] / 10
    assert found[1] == pytest.approx([0.3, 0.5, 0.2, 0.51, 0.49], abs=1e-14)


def test_euler_refuses_steps_that_are_too_long(tmp_path: Path) -> None:
    """Two rates of 2 and 0.4 a year, doubled, take 1.2 of a quarter's rows: refused by name, never cut off."""
    with pytest.raises(
        ModelError, match=r"effects.both.times: given '2'; probabilities out of 'a' of 'one' add up to 1.2"
    ):
        euler(tmp_path, 2.0)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("services: {help: {kind: discretionary, refer: {when: always, rate: 1}}}\n", "models without services"),
        ("integration: euler\n", "integration"),
    ],
)
def test_euler_is_refused_where_it_has_no_meaning(tmp_path: Path, more: str, message: str) -> None:
    """Services have exact durations; the key belongs to the clock."""
    with pytest.raises(ModelError, match=message):
        euler(tmp_path, 1.0, more)
