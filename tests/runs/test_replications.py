"""A share of a scenario: fewer families, and as many posts for each of them as before."""

from dataclasses import replace

import pytest

import sim
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.runs.replications import scaled


@pytest.fixture(scope="module")
def demo() -> Scenario:
    return sim.load("demo")


def test_posts_for_each_family_stay_as_they_are(demo: Scenario) -> None:
    smaller = scaled(demo, 0.25)
    for world, other in zip(demo.worlds, smaller.worlds, strict=True):
        assert [unit.size for unit in other.model.units] == [round(unit.size / 4) for unit in world.model.units]
        for chain, fewer in zip(world.model.chains, other.model.chains, strict=True):
            before, after = (c.service.team if c.service else None for c in (chain, fewer))
            if before is None or after is None:
                assert fewer == chain
                continue
            assert sum(after.workers.values()) == pytest.approx(sum(before.workers.values()) / 4)
            assert after.most_posts == pytest.approx(before.most_posts / 4)
            assert replace(after, workers=before.workers, funding=before.funding) == before
    assert scaled(demo, 1) is demo


def test_what_hangs_on_how_many_there_are_is_refused(demo: Scenario) -> None:
    with pytest.raises(ModelError, match="given a share of 0; it must be above 0 and at most 1"):
        scaled(demo, 0)
    with pytest.raises(ModelError, match="hang on how many there are; take all of them"):
        scaled(sim.load("loops"), 0.1)
