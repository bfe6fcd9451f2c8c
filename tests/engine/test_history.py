"""Worlds on one history until regimes part, with histories that are mere lists of what happened to them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sim.engine.history import History, Timeline
from sim.model.spec import Areas, Clock, Model, Scenario, Unit, World

STEPS, WARM_UP = 6, 2
MODEL = Model(Clock(STEPS, 1.0), (Unit("person", 1, warm_up=WARM_UP),), Areas(), (), ())


@dataclass(eq=False)
class Told(History):
    steps: list[tuple[str, int]]


def scenario(*starts: int, sets: tuple[str, ...] = ("mild",)) -> Scenario:
    """Give a scenario with a baseline and a regime for each start, under every evidence set."""
    worlds = []
    for effects in sets:
        worlds.append(World(f"base/{effects}", "base", effects, MODEL))
        worlds += [World(f"r{i}/{effects}", f"r{i}", effects, MODEL, start=start) for i, start in enumerate(starts)]
    return Scenario("", "", tuple(worlds), "base")


def run(of: Scenario) -> Timeline[Told]:
    timeline = Timeline(
        of,
        begin=lambda world, names: Told(names, world.regime, []),
        part=lambda old, world, step: Told([world.name], world.regime, list(old.steps)),
    )
    for step in range(timeline.first, timeline.end):
        timeline.part(step)
        for history in timeline.histories:
            history.steps.append((history.regime, step))
    return timeline


def test_a_world_shares_the_baseline_until_its_regime_starts() -> None:
    timeline = run(scenario(3))
    assert (timeline.first, timeline.end) == (-WARM_UP, STEPS)
    assert timeline.of("base/mild").steps == [("base", step) for step in range(-2, 6)]
    assert timeline.of("r0/mild").steps == [("base", -2), ("base", -1), ("base", 0), ("base", 1), ("base", 2),
                                            ("r0", 3), ("r0", 4), ("r0", 5)]  # fmt: skip
    assert [history.names for history in timeline.histories] == [["base/mild"], ["r0/mild"]]


def test_a_world_whose_regime_never_starts_is_its_baseline_for_good() -> None:
    timeline = run(scenario(STEPS, 0))
    assert timeline.of("r0/mild") is timeline.of("base/mild")
    assert timeline.of("base/mild").names == ["base/mild", "r0/mild"]
    assert len(timeline.histories) == 2


def test_each_evidence_set_has_a_history_of_its_own() -> None:
    timeline = run(scenario(1, sets=("mild", "strong")))
    assert [history.names for history in timeline.histories] == [
        ["base/mild"], ["base/strong"], ["r0/mild"], ["r0/strong"],
    ]  # fmt: skip


def test_a_start_before_the_first_step_is_the_first_step() -> None:
    """And it parts once: a world that goes by itself is not parted again by another one's start."""
    timeline = run(scenario(-WARM_UP, -WARM_UP - 5, 2))
    for name in ("r0/mild", "r1/mild"):
        assert {regime for regime, _ in timeline.of(name).steps} == {name[:2]}
    assert len(timeline.histories) == 4


def test_partings_say_who_leaves_whom() -> None:
    of = scenario(0, 0)
    timeline = Timeline(
        of,
        begin=lambda world, names: Told(names, world.regime, []),
        part=lambda old, world, step: replace(old, names=[world.name], regime=world.regime),
    )
    assert timeline.part(-1) == []
    partings = timeline.part(0)
    assert [parting.world.name for parting in partings] == ["r0/mild", "r1/mild"]
    assert all(parting.old is timeline.histories[0] for parting in partings)
    assert [parting.new for parting in partings] == timeline.histories[1:]
    assert timeline.part(0) == []
