"""Each feedback loop does what its picture says: sign, delay and equilibrium, by both solvers; off, it is not there.

The small models have closed forms; `expect` has teams in expectation and one queue for all areas, so that it is the
limit of many families. Three months of recruiting are three steps.
"""

from math import sqrt
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy import stats

import sim
from sim.arrays import FloatArray
from sim.engine.counts.record import Record
from sim.engine.solvers.families import replicate
from sim.model.spec import Scenario
from tests.places import CONFIGS

LOOPS = ("crowding_out", "burn_out", "invest_to_save")
HEAD = """
title: A loop
sources: optional
clock: {step: month, steps: 240, first: 0}
units: {family: {size: 20000}}
"""
CROWDING = """
parameters: {usual: 0.05, crowding: 0.3}
chains:
  crisis:
    states: [stable, acute]
    start: {acute: 0.05}
    rates: {stable -> acute: 0.2, acute -> stable: 1.0}
services:
  help:
    kind: discretionary
    refer: {when: crisis == acute, rate: 6}
    patience: {mean: 2 months}
    engaged: {mean: 3 months}
    team: {workers: 60, caseload: 10, time_left: "max(0, 1 - crowding * (pressure / usual - 1))"}
    priority: [crisis desc, wait desc]
feedback:
  pressure: {smooth: total(acute) / 20000, over: 3 months, start: usual}
effects:
  - {name: help helps, on: crisis.improve, when: help == engaged, times: 8}
"""
BURN_OUT = """
parameters: {burn_out: 1, usual: 1.5, shock: 0}
chains: {there: {states: [there]}}
services:
  help:
    kind: discretionary
    refer: {when: always, rate: 0.000001}
    team: {workers: 4000, caseload: 10, turnover: 0.6, hire: 6 months, turnover_times: (load / usual) ^ burn_out}
feedback:
  load: {smooth: "(90000 + shock * (time >= 10)) / max(places(help), 1)", over: 1, start: usual}
"""
SAVING = """
parameters: {reinvest: 0.5, expected: 5000, price: 20, post: 40}
chains:
  care:
    states: [home, away]
    start: {away: 0.25}
    rates: {home -> away: "0.5 * max(0, 1 - 0.0004 * places(help))", away -> home: 1.5}
services:
  help:
    kind: discretionary
    refer: {when: always, rate: 0.000001}
    team: {workers: 200, caseload: 1, extra_workers: "reinvest * max(saved, 0) / post"}
feedback:
  saved: {average: price * (expected - total(away)), over: 12 months, start: 0}
"""


def scenario(tmp_path: Path, body: str, *sets: str) -> Scenario:
    """Load a small model."""
    path = tmp_path / "loop.yaml"
    path.write_text(HEAD + body, encoding="utf-8")
    return sim.load(path, list(sets))


def solved(tmp_path: Path, body: str, *sets: str) -> xr.Dataset:
    """Solve a small model by `expect`."""
    return sim.expect(scenario(tmp_path, body, *sets))


def team(ds: xr.Dataset, what: str) -> FloatArray:
    """Give a series of the team at points 1..n; that of the meeting which ends each step."""
    return np.asarray(ds["team"].sel(team_series=what).values.reshape(-1)[1:], dtype=np.float64)


def stock(ds: xr.Dataset) -> FloatArray:
    """Give the path of the only stock, at points 0..n."""
    return np.asarray(ds["feedback"].values.reshape(-1), dtype=np.float64)


def share(ds: xr.Dataset, state: str) -> FloatArray:
    """Give the share of rows in a state at points 0..n."""
    return np.asarray(ds["occupancy"].sel(state=state).values.reshape(-1) / 20000, dtype=np.float64)


def test_crowding_out_reads_last_months_pressure(tmp_path: Path) -> None:
    """Delay: places in a month are 600 x (1 - c (pressure at its start / usual - 1)), with smoothed pressure."""
    ds = solved(tmp_path, CROWDING)
    pressure, acute = stock(ds), share(ds, "crisis=acute")
    assert pressure[1:] == pytest.approx(pressure[:-1] + (acute[1:] - pressure[:-1]) / 3, abs=1e-12)
    wanted = 600.0 * np.maximum(1.0 - 0.3 * (pressure[:-1] / 0.05 - 1.0), 0.0)
    assert team(ds, "places") == pytest.approx(wanted, rel=1e-12)


def test_crowding_out_reinforces_to_its_linear_gain(tmp_path: Path) -> None:
    """Sign and equilibrium: a loop of gain g turns a small lasting push of d into d / (1 - g), whichever way it goes.

    g = (d acute / d places) x (d places / d acute), both at the equilibrium: the first measured by opening the loop and
    adding places, the second -600 c / usual. 0 < g < 1: it reinforces and settles. The push is a change of 1% in the
    rate of getting into crisis, and the usual level is that of the model without the push.
    """
    half = ["parameters.crowding=0"]
    usual = float(share(solved(tmp_path, CROWDING, *half), "crisis=acute")[-1])

    def end(rate: float, crowding: float, workers: float = 60.0) -> float:
        sets = [
            f"parameters.usual={usual!r}",
            f"parameters.crowding={crowding}",
            f"services.help.team.workers={workers}",
        ]
        rates = f"chains.crisis.rates={{stable -> acute: {rate}, acute -> stable: 1.0}}"
        return float(share(solved(tmp_path, CROWDING, *sets, rates), "crisis=acute")[-1])

    gain = (end(0.2, 0.0, 60.5) - end(0.2, 0.0, 59.5)) / 10.0 * (-600.0 * 0.3 / usual)
    assert 0.05 < gain < 0.95
    assert end(0.2, 0.3) == pytest.approx(usual, rel=1e-7)
    for rate in (0.202, 0.198):
        opened, closed = end(rate, 0.0) - usual, end(rate, 0.3) - usual
        assert opened * (rate - 0.2) > 0
        assert closed / opened == pytest.approx(1.0 / (1.0 - gain), rel=0.03)


def test_burn_out_settles_where_leaving_and_hiring_meet(tmp_path: Path) -> None:
    """Equilibrium: w = P - turnover x hiring lag x (load / usual) w, and load w = 90,000 / 10 cases: w = 4,000 - 1,800.

    Leavers a year are 0.6 x (9,000 / w / 1.5) x w = 3,600 whatever w is, and a post stays empty for half a year. Nobody
    burns out with `burn_out` 0: w = 4,000 / (1 + 0.3). By simulation a post is empty or not: a standard deviation of
    sqrt(4,000 x 0.55 x 0.45) = 31 at any month, at most, and months half a year apart are nearly independent.
    """
    assert team(solved(tmp_path, BURN_OUT), "workers")[-1] == pytest.approx(2200.0, rel=2e-3)
    assert team(solved(tmp_path, BURN_OUT, "parameters.burn_out=0"), "workers")[-1] == pytest.approx(
        4000 / 1.3, rel=1e-3
    )
    seen = team(sim.simulate(scenario(tmp_path, BURN_OUT, "units.family.size=1000")), "workers")[120:]
    assert seen.mean() == pytest.approx(2200.0, abs=4.4 * 31.0 / sqrt(20))


def test_burn_out_takes_the_hiring_lag(tmp_path: Path) -> None:
    """Sign and delay: a jump in load of a ninth makes 400 more leave a year; vacancies pile up for half a year: -200.

    They pile up evenly until the first of them is filled, and then stay: by 400 / 12 a month, less up to a tenth, since
    load is last month's and there are fewer to leave than it says.
    """
    found = team(solved(tmp_path, BURN_OUT, "parameters.shock=10000"), "workers")
    # Point 120 is time 10: its flow reads `time` 9.92, so load rises at point 121; 122 loses more.
    start = next(i for i in range(100, 130) if found[i + 1] < found[i] - 5)
    assert 119 <= start <= 123
    falls = -np.diff(found[start : start + 12])
    assert falls[1:5] == pytest.approx(400 / 12 * 0.95, rel=0.05)
    assert falls[7:] == pytest.approx(0.0, abs=400 / 12 * 0.1)
    assert found[start + 11] - found[start] == pytest.approx(-200.0, rel=0.1)


def fixed_point(reinvest: float) -> float:
    """Give the extra posts at which what is saved buys them: solved on x = reinvest x saving(x) / post."""

    def away(places: float) -> float:
        into, out = (-np.expm1(-rate / 12) for rate in (0.5 * (1 - 0.0004 * places), 1.5))
        return float(20000 * into / (into + out))

    posts = 0.0
    for _ in range(200):
        posts = reinvest * 20 * (5000 - away(200 + posts)) / 40
    return posts


def test_invest_to_save_buys_a_year_later_and_settles(tmp_path: Path) -> None:
    """Delay: nothing is bought in the first year. Sign: what is bought saves more. Equilibrium: the fixed point."""
    on, off = solved(tmp_path, SAVING), solved(tmp_path, SAVING, "parameters.reinvest=0")
    bought = team(on, "workers") - 200.0
    assert bought[:12] == pytest.approx(0.0, abs=1e-9)
    assert np.all(bought[12:24] > 5.0)
    assert np.ptp(bought[12:24]) == pytest.approx(0.0, abs=1e-9)
    assert share(on, "care=away")[-1] < share(off, "care=away")[-1] < 0.25
    assert bought[-1] == pytest.approx(fixed_point(0.5), rel=1e-4)
    yearly = 20 * (5000 - 20000 * share(on, "care=away")[1:13])
    assert stock(on)[12] == pytest.approx(yearly.mean(), rel=1e-12)


@pytest.mark.parametrize(("body", "state"), [(CROWDING, "crisis=acute"), (SAVING, "care=away")])
def test_both_solvers_see_the_same_loop(tmp_path: Path, body: str, state: str) -> None:
    """Means of 12 replications against `expect`: Student's t at 1e-4, and 0.5% for whole places."""
    study = scenario(tmp_path, body, "replications=12", "clock.steps=60")
    found, exact = sim.simulate(study), sim.expect(study)
    for point in (6, 24, 60):
        mean, wanted = share(found, state)[point], share(exact, state)[point]
        error = sqrt(float(found["occupancy_var"].sel(state=state).values.reshape(-1)[point]) / 12) / 20000
        assert abs(mean - wanted) <= stats.t.isf(0.5e-4, 11) * error + 0.005 * wanted


@pytest.mark.parametrize(
    ("body", "off", "keys"),
    [
        (CROWDING, "parameters.crowding=0", ["services.help.team.time_left=null"]),
        (BURN_OUT, "parameters.burn_out=0", ["services.help.team.turnover_times=null"]),
        (SAVING, "parameters.reinvest=0", ["services.help.team.extra_workers=null"]),
    ],
)
def test_a_loop_of_no_strength_is_no_loop(tmp_path: Path, body: str, off: str, keys: list[str]) -> None:
    """Bit for bit, by both solvers."""
    short = ["units.family.size=500", "clock.steps=36", "services.help.team.workers=7.5"]
    with_it = scenario(tmp_path, body, off, *short)
    without = scenario(tmp_path, body, *short, *keys, "feedback=null") if body != SAVING else None
    without = without or scenario(tmp_path, body, *short, *keys)
    for solve in (sim.simulate, sim.expect):
        one, other = solve(with_it), solve(without)
        for name in ("occupancy", "flows", "team", "queue", "waits"):
            assert np.array_equal(one[name].values, other[name].values, equal_nan=True), name


NATIONAL = [
    "effect_set=measured",
    "clock.steps=26",
    "units.family.size=1500",
    "units.family.warm_up=0",
    "replications=1",
]
STRENGTHS = {"crowding_out": "crowding", "burn_out": "burn_out", "invest_to_save": "reinvest"}


def national(tmp_path: Path, loops: tuple[str, ...], *sets: str) -> Scenario:
    """Load a short national study with some of its loops."""
    path = tmp_path / "national_loops.yaml"
    files = ", ".join(["national", *(str(CONFIGS / "model" / "loops" / f"{loop}.yaml") for loop in loops)])
    path.write_text(f"title: Loops\nextends: [{files}]\n", encoding="utf-8")
    fewer = [f"services.{name}.team.workers={{total: {posts / 80}}}" for name, posts in POSTS.items()]
    return sim.load(path, [*NATIONAL, "regimes.best_use=null", *fewer, *sets])


POSTS = {"family_support": 1800, "adult_mental_health": 900, "education_welfare": 800, "jobcentre": 600}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """One replication of the short national study without loops."""
    study = national(tmp_path_factory.mktemp("plain"), ())
    assert not any(world.model.stocks for world in study.worlds)
    return replicate(study, 0)


def test_national_blocks_of_no_strength_are_bit_identical(tmp_path: Path, plain: Record) -> None:
    """National names no stock; with all three blocks at strength 0 every count is the same to the last bit."""
    zero = replicate(national(tmp_path, LOOPS, *(f"parameters.{name}.value=0" for name in STRENGTHS.values())), 0)
    for name in ("stocks", "flows", "meters", "waits", "queue", "team"):
        assert np.array_equal(getattr(plain, name), getattr(zero, name)), name


@pytest.mark.parametrize("loop", LOOPS)
def test_each_national_block_acts_on_its_own(tmp_path: Path, plain: Record, loop: str) -> None:
    """Each file stands alone over national: places follow its stock, and only key workers are bought."""
    sets = ["tables.looked_after_without.linear={2011: 500}"] if loop == "invest_to_save" else []
    on = replicate(national(tmp_path, (loop,), *sets), 0)
    assert on.levels is not None
    assert np.all(np.isfinite(on.levels))
    assert not np.array_equal(on.team[..., :2], plain.team[..., :2])
    if loop == "invest_to_save":
        assert on.team[1, -1, -1, 0] > plain.team[1, -1, -1, 0]
        assert np.array_equal(on.team[..., :-1, :2], plain.team[..., :-1, :2])
        assert np.array_equal(on.stocks[0], plain.stocks[0])
