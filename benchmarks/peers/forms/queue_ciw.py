"""Ciw: a network of one node with as many servers as places."""

import ciw

from benchmarks.peers.queue_job import MEAN_HELP, Found


def run(requests: int, places: int, months: int, seed: int) -> Found:
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Exponential(rate=requests / months)],
        service_distributions=[ciw.dists.Exponential(rate=1.0 / MEAN_HELP)],
        number_of_servers=[places],
    )
    ciw.seed(seed)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(months)
    here = simulation.transitive_nodes[0].all_individuals
    waiting = sum(1 for one in here if one.service_start_date is False)
    joined = len(simulation.get_all_records()) + len(here)
    return Found(joined, joined - waiting, waiting)
