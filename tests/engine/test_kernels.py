"""Compiled kernels and NumPy give the same results to the last bit, and what may go wrong with compiling does no harm.

Theory: a kernel does the same integer and floating-point operations on the same values as the NumPy code beside it, and
none that a compiler may round otherwise (exp, log, power), so equality is exact: no tolerance, no false alarms.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import sim
from benchmarks import jobs
from sim.engine import kernels
from sim.engine.counts.record import Record
from sim.engine.fate.draws import GAMMA, mix
from sim.engine.moves.codes import CodeReader
from sim.engine.moves.step import make_pass
from sim.engine.people.population import make_population
from sim.engine.solvers.families import Line, replicate
from sim.engine.teams.admission import admit
from sim.model.compiled import tables as compiled_tables
from sim.model.compiled.worlds import compile_scenario
from sim.model.spec import Model, Scenario, World
from tests.engine.teams.test_admission import slow_admit
from tests.places import CONFIGS, ROOT, SCENARIOS, TOY
from tests.properties.test_codes_afresh import lively_models
from tests.strategies import FIXED, make_scenario

pytest.importorskip("numba")
FEW = ("units.family.size=600", "clock.steps=30")
BY_AREA = (
    "tables.here={by: area, values: {synthetic_1: 0.9, south: 0.7, north: 0.2}}",
    "chains.care.rates.plan -> in_need=2 * table(here, area)", "chains.need.rates.present -> absent=table(here, area)",
)  # fmt: skip
NATION = SCENARIOS / "national.yaml"
LIBRARY = sorted(path for folder in ("scenarios", "textbook") for path in (CONFIGS / folder).glob("*.yaml"))


def in_numpy(scenario: Scenario) -> Record:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "ON", False)
        return replicate(scenario, 0, keep_states=True)


def assert_same(scenario: Scenario) -> None:
    """Compare all that one replication counts, and everybody's final states, bit for bit."""
    assert kernels.ON
    with_kernels, without = replicate(scenario, 0, keep_states=True), in_numpy(scenario)
    for field in fields(Record):
        one, other = getattr(with_kernels, field.name), getattr(without, field.name)
        if isinstance(one, np.ndarray):
            assert one.tobytes() == other.tobytes(), field.name
    assert with_kernels.final_states.keys() == without.final_states.keys()
    for place, states in with_kernels.final_states.items():
        assert states.tobytes() == without.final_states[place].tobytes(), place


def test_the_toy_with_everything_is_the_same():
    assert_same(sim.load(TOY))


@given(model=lively_models(), start=st.integers(2, 6))
@settings(FIXED, max_examples=30)
def test_random_models_are_the_same(model: Model, start: int):
    """Children, births, leavers, memories, fires, scarce places with two services, and a regime that parts."""
    assert_same(make_scenario(model, seed=5, later=World("later", "later", "as_written", model, start, "transfer")))


def test_a_fiftieth_of_the_nation_is_the_same(monkeypatch: pytest.MonkeyPatch):
    """Queues with priorities in 152 areas, nine worlds that part, and (`claimed_bound`) chains with several tables."""
    monkeypatch.setattr(compiled_tables, "GROUP_CELLS", 1 << 15)
    scenario = jobs.shorter(jobs.larger(sim.load(NATION), 0.02), 6)
    programs = [one for compiled in compile_scenario(scenario).values() for one in compiled.programs.values()]
    assert {len(one.groups) for one in programs} == {1, 2}
    assert_same(scenario)


def test_a_row_has_the_counter_that_its_word_implies():
    """Kernels work a row's own counter out from that of its eight."""
    model = sim.load(TOY).worlds[0].model
    for rows in make_population(model, 3, 0).rows.values():
        which = np.arange(rows.n)
        of_word = np.uint64(8) * rows.word_counters[which >> 3]
        assert np.array_equal(rows.counters(which), of_word + ((which & 7) - 7).astype(np.uint64) * GAMMA)


def test_codes_of_kernels_are_those_of_numpy():
    """Every term of every chain's code, of families and children: ages, times in a state, traits and areas too."""
    seen: set[int] = set()
    areas: list[int] = []

    def look(step: int, line: Line) -> None:
        world = line.world
        for name in world.chains:
            one = make_pass(world, name, line.now(step + 1))
            for reading in one.readings:
                seen.update(reading.terms()[1][:, 0].tolist())
                areas.append(len(reading.by_area))
                assert np.array_equal(codes_by_kernels(reading), reading.of(np.arange(reading.rows.n)))

    replicate(sim.load(TOY, [*FEW, *BY_AREA]), 0, observe=look)
    assert max(areas) == 3
    assert seen >= {kernels.OWN, kernels.HOME, kernels.BORN, kernels.ENTERED}


@given(
    places=st.lists(st.integers(-1, 4), min_size=1, max_size=4),
    queue=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=25),
)
@settings(FIXED, max_examples=100)
def test_the_same_are_admitted(places: list[int], queue: list[tuple[int, int]]):
    """Both against the slow reference of test_admission.py: teams that are full, over-full or have room for all."""
    team = np.array([t % len(places) for t, _ in queue], np.int64)
    rank = np.array([r for _, r in queue], np.int64)
    with_kernels = admit(np.array(places), team, rank).tolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernels, "ON", False)
        assert admit(np.array(places), team, rank).tolist() == with_kernels
    assert with_kernels == slow_admit(places, team.tolist(), rank.tolist())


def codes_by_kernels(reading: CodeReader) -> np.ndarray:
    world, rows = reading.world, reading.rows
    base, terms = reading.terms()
    codes, at_home = np.empty(rows.n, np.uint16), np.empty(world.root.n, np.uint16)
    kernels.read_codes(codes, base, terms, kernels.OWN, world.sheets[rows.unit.name].bytes)
    kernels.read_codes(at_home, 0, terms, kernels.HOME, world.sheets[world.root.unit.name].bytes)
    timed = [axis.source.name for axis, _ in reading.code.axes if axis.source.kind == "k"]
    entered = world.entered[timed[0]] if timed else kernels.NO_STEPS
    everyone = np.arange(rows.n).astype(np.uint16)
    kernels.add_fixed(codes, everyone, 0, terms, rows.born, entered, reading.by_area, rows.area, world.step)
    return codes + at_home[rows.parent]


CALL = """
import numpy as np
from sim.engine import kernels
assert kernels.ON
drawn = np.zeros(3, np.uint64)
kernels.draw_bytes(np.arange(3, dtype=np.uint64), np.uint64(5), drawn)
print(drawn.tolist())
"""


def call(folder: Path, **environment: str) -> subprocess.Popen[str]:
    """Let another process compile one kernel, from a copy of the package's files that it needs."""
    return subprocess.Popen(
        [sys.executable, "-c", CALL], env={**os.environ, **environment, "PYTHONPATH": str(folder)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def drawn_in_numpy() -> str:
    words = np.arange(3, dtype=np.uint64) + np.uint64(5)
    return str(mix(words).tolist())


def test_two_processes_that_compile_at_once_do_no_harm(tmp_path: Path):
    """Both start with an empty cache; a third finds it filled."""
    both = [call(ROOT, NUMBA_CACHE_DIR=str(tmp_path)) for _ in range(2)]
    for process in (*both, call(ROOT, NUMBA_CACHE_DIR=str(tmp_path))):
        out, err = process.communicate()
        assert (process.returncode, out.strip()) == (0, drawn_in_numpy()), err
    assert list(tmp_path.rglob("*.nbc"))


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path):
    """Files stand where each folder for a cache would be made, which stops even those who may write everywhere."""
    engine = tmp_path / "sim" / "engine"
    engine.mkdir(parents=True)
    for name in ("sim/__init__.py", "sim/engine/__init__.py"):
        (tmp_path / name).touch()
    for name in ("sim/arrays.py", "sim/engine/kernels.py"):
        shutil.copy(ROOT / name, tmp_path / name)
    taken = tmp_path / "taken"
    for place in (taken, engine / "__pycache__"):
        place.touch()
    process = call(tmp_path, NUMBA_CACHE_DIR=str(taken / "cache"), HOME=str(taken), XDG_CACHE_HOME=str(taken))
    out, err = process.communicate()
    assert (process.returncode, out.strip()) == (0, drawn_in_numpy()), err


def test_kernels_can_be_switched_off():
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from sim.engine import kernels; print(kernels.ON, 'numba' in sys.modules)"],
        env={**os.environ, "FAMILIES_KERNELS": "0", "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.slow
@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_config_of_the_library_is_the_same(path: Path):
    scenario = sim.load(path)
    model = scenario.worlds[0].model
    if any(chain.between_steps for chain in model.chains):
        pytest.skip("lives between steps alone, where there are no kernels")
    assert_same(sim.load(path, [f"units.{model.root.name}.size=1500", "queues=teams"]))
