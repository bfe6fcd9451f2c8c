"""Vivarium: a ``Machine`` of eight ``State`` components with transitions, stepped month by month."""

import numpy as np
import pandas as pd
from vivarium import InteractiveContext
from vivarium.framework.state_machine import Machine, State

from benchmarks.peers.job import STATES, cost_of
from benchmarks.textbook import matrix


def _machine() -> Machine:
    """Build the states and every transition that can happen."""
    rows = matrix()
    states = [State(f"s{i}") for i in range(STATES)]
    for source, state in enumerate(states):
        for target in np.flatnonzero(rows[source]):
            if target != source:
                chance = float(rows[source, target])
                state.add_transition(
                    output_state=states[target],
                    probability_function=lambda index, chance=chance: pd.Series(chance, index=index),
                )
    return Machine("place", states=states, initial_state=states[0])


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    sim = InteractiveContext(
        components=[_machine()],
        configuration={
            "population": {"population_size": n},
            "randomness": {"random_seed": seed, "key_columns": []},
            "time": {"step_size": 30.4375},
        },
        logging_verbosity=0,
    )
    names = [f"s{i}" for i in range(STATES)]
    counts = np.zeros((steps + 1, STATES), dtype=np.int64)
    for t in range(steps + 1):
        if t:
            sim.step()
        counts[t] = sim.get_population("place").value_counts().reindex(names, fill_value=0)
    return counts, cost_of(counts)
