"""SimPy: a resource with places, one process a request."""

import random
from collections.abc import Generator

import simpy

from benchmarks.peers.queue_job import MEAN_HELP, Found


def run(requests: int, places: int, months: int, seed: int) -> Found:
    env, rng = simpy.Environment(), random.Random(seed)
    service = simpy.Resource(env, capacity=places)
    joined = admitted = 0

    def request() -> Generator:
        nonlocal joined, admitted
        joined += 1
        with service.request() as place:
            yield place
            admitted += 1
            yield env.timeout(rng.expovariate(1.0 / MEAN_HELP))

    def arrivals() -> Generator:
        while True:
            yield env.timeout(rng.expovariate(requests / months))
            env.process(request())

    env.process(arrivals())
    env.run(until=months)
    return Found(joined, admitted, joined - admitted)
