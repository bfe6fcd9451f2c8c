"""Who gives up, in all queues and in those that both worlds have: counted by hand."""

from __future__ import annotations

from math import isnan

import numpy as np
import xarray as xr

from sim.engine.counts.record import QUEUE_COUNTS
from sim.results.waits import joined_in_both, left_of_joined
from sim.results.worlds import WorldName

SILOED, JOINED_UP = WorldName("siloed", "siloed", "measured"), WorldName("joined up", "joined up", "measured")


def queues(joined: list[list[float]], left: list[list[float]]) -> xr.Dataset:
    """Make a run of two replications: who joined and left, by world and service, in each of them."""
    counts = np.zeros((2, 1, 2, len(joined[0]), len(QUEUE_COUNTS)))
    for name, values in (("joined", joined), ("left", left)):
        counts[..., QUEUE_COUNTS.index(name)] = np.array(values)[:, None, None, :]
    dims = ("regime", "effect_set", "replication", "service", "queue_count")
    names = [f"service {i}" for i in range(len(joined[0]))]
    worlds = {"regime": ["siloed", "joined up"], "effect_set": ["measured"]}
    return xr.Dataset({"queue": (dims, counts)}, {**worlds, "service": names, "queue_count": list(QUEUE_COUNTS)})


def test_a_queue_of_one_world_alone_is_left_out_of_what_both_have() -> None:
    """Of 100 and 300 who join, 10 and 30 leave; the third queue, of 400 of whom 240 leave, is in one world alone."""
    ds = queues([[100, 300, 0], [100, 300, 400]], [[10, 30, 0], [5, 15, 240]])
    both = joined_in_both(ds, SILOED, JOINED_UP)
    assert both == ["service 0", "service 1"]
    assert (left_of_joined(ds, SILOED, both), left_of_joined(ds, JOINED_UP, both)) == (0.1, 0.05)
    everything = [f"service {i}" for i in range(3)]
    assert left_of_joined(ds, JOINED_UP, everything) == 260 / 800


def test_nothing_is_told_apart_where_both_have_the_same_queues_or_nobody_joins() -> None:
    ds = queues([[100, 0], [50, 0]], [[10, 0], [5, 0]])
    assert joined_in_both(ds, SILOED, JOINED_UP) == []
    assert isnan(left_of_joined(ds, SILOED, []))
    assert isnan(left_of_joined(ds, SILOED, ["service 1"]))
