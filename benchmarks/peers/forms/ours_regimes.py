"""Ten replications of three regimes with this program, on the same random numbers."""

import numpy as np

from benchmarks.peers.forms.ours import counted

RUNS = 10


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    return counted(n, steps, seed, replications=RUNS, regimes=3)
