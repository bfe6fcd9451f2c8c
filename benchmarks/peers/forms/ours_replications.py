"""Ten replications with this program in one go; what it takes is divided by ten."""

import numpy as np

from benchmarks.peers.forms.ours import counted

RUNS = 10


def run(n: int, steps: int, seed: int) -> tuple[np.ndarray, float]:
    return counted(n, steps, seed, replications=RUNS, regimes=1)
