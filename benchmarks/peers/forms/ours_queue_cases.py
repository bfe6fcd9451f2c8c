"""The queue with this program in continuous time: `queues: per_family`, one case after another."""

from benchmarks.peers.forms.ours_queue_monthly import served
from benchmarks.peers.queue_job import Found


def run(requests: int, places: int, months: int, seed: int) -> Found:
    return served("per_family", requests, places, months, seed)
