"""Worker processes for tests of desks: they answer with the name of a job, after a while, or die."""

from __future__ import annotations

import os
import time

from sim.app.work.job import JobResult

SLOW_SECONDS = 0.4


def slowly(source, jobs):
    """Answer each job after a while; die of the one named so."""
    while True:
        try:
            job = jobs.recv()
        except EOFError:
            return
        time.sleep(SLOW_SECONDS)
        if job.name == "die":
            os._exit(9)
        jobs.send(JobResult(job, job.name))
