"""The queue with this program, the ordinary way: month by month, places given out at a meeting."""

import sim
from benchmarks.peers.forms.ours import FOLDER, last_replication
from benchmarks.peers.queue_job import Found


def run(requests: int, places: int, months: int, seed: int) -> Found:
    return served("teams", requests, places, months, seed)


def served(queues: str, requests: int, places: int, months: int, seed: int) -> Found:
    """Run the config through the public API."""
    scenario = sim.load(
        FOLDER / "queue_job.yaml",
        [
            f"units.request.arrive.poisson={requests / months} / month",
            f"services.service.team.workers={places}",
            f"clock.steps={months}",
            f"seed={seed + 1}",
            f"queues={queues}",
        ],
    )
    counts = last_replication(sim.simulate(scenario))["queue"].sel(service="service")
    return Found(*(float(counts.sel(queue_count=name)) for name in ("joined", "admitted", "waiting")))
