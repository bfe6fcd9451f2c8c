"""Replications on a Dask cluster: the same bits, though workers die; and no scheduler that is not safe to speak to.

One scheduler and two workers are started on loopback, as a user would start them.
"""

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
import xarray as xr
from typer.testing import CliRunner

import sim
from sim.cli import app
from sim.errors import ModelError, RunError
from sim.runs.cluster import check_address, run_on_cluster
from sim.runs.pool import Batch, batches_of
from tests.places import ROOT
from tests.runs.runs_to_kill import contents
from tests.runs.synthetic_many import SETS, TOY

HAS_DASK = importlib.util.find_spec("distributed") is not None
needs_dask = pytest.mark.skipif(not HAS_DASK, reason="Dask is missing: pip install 'family-trajectories[cluster]'")
STUDY = [str(TOY), *(part for each in SETS for part in ("--set", each)), "--replications", "2", "--quiet"]


@pytest.mark.parametrize(
    "address",
    ["tcp://10.0.0.1:8786", "cluster.example.org:8786", "127.0.0.1.evil.example:8786", "0.0.0.0:8786", "[::]:8786"],
)
def test_a_plain_scheduler_elsewhere_is_refused(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["run", *STUDY, "--cluster", address])
    assert result.exit_code == 2
    assert "spoken to over TLS alone" in result.stderr
    assert not Path("results").exists()


@pytest.mark.parametrize(
    "address",
    ["", "8786", "127.0.0.1", "inproc://here", "ws://127.0.0.1:1", "ucx://127.0.0.1:1", "tcp://a@127.0.0.1:1",
     "127.0.0.1:99999", "127.0.0.1:0", "tcp://127.0.0.1:1/x", "tcp://127.0.0.1:1 "],
)  # fmt: skip
def test_what_is_no_scheduler_is_refused(address: str) -> None:
    with pytest.raises(ModelError, match=r"a scheduler is 127\.0\.0\.1:PORT on this machine"):
        check_address(address)


@needs_dask
def test_addresses_that_are_allowed() -> None:
    assert check_address("127.0.0.1:8786") == "tcp://127.0.0.1:8786"
    assert check_address("tcp://localhost:8786") == "tcp://localhost:8786"
    assert check_address("[::1]:8786") == "tcp://[::1]:8786"
    assert check_address("tls://cluster.example.org:8786") == "tls://cluster.example.org:8786"


def test_without_dask_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.runs.cluster.find_spec", lambda _: None)
    with pytest.raises(ModelError, match=r"pip install 'family-trajectories\[cluster\]'"):
        check_address("127.0.0.1:8786")


@needs_dask
def test_a_tls_scheduler_needs_certificates() -> None:
    with pytest.raises(ModelError, match=r"needs certificates; Dask's settings lack distributed.comm.tls.ca-file"):
        list(run_on_cluster(len, batches_of([0], 1), "tls://127.0.0.1:8786"))  # type: ignore[arg-type]


@needs_dask
@pytest.mark.filterwarnings("ignore")  # Dask's own, while connections that were never made are given up
def test_no_scheduler_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.runs.cluster.SECONDS_TO_CONNECT", 1)
    with pytest.raises(RunError, match=r"no Dask scheduler answered at tcp://127\.0\.0\.1:1"):
        list(run_on_cluster(len, batches_of([0], 1), "127.0.0.1:1"))  # type: ignore[arg-type]


NO_PAGES = ["--no-dashboard", "--dashboard-address", "127.0.0.1:0"]
"""Without a dashboard Dask still serves a few pages, to the whole network unless it is told an address."""


class Cluster:
    """A scheduler and two workers, processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        env = {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}
        self.command = partial(subprocess.Popen, env=env, cwd=folder, stderr=subprocess.DEVNULL, start_new_session=True)
        found = folder / "scheduler.json"
        words = ["scheduler", "--host", "127.0.0.1", "--port", "0", *NO_PAGES, "--no-show"]
        self.processes = [self.command([sys.executable, "-m", "dask", *words, "--scheduler-file", str(found)])]
        last = time.monotonic() + 60
        while not found.exists():
            assert time.monotonic() < last
            time.sleep(0.05)
        self.address = str(json.loads(found.read_text())["address"])
        self.workers = [self.hire() for _ in range(2)]

    def hire(self) -> "subprocess.Popen[bytes]":
        """Start one more worker, which nobody starts again when it is killed."""
        words = ["worker", self.address, *NO_PAGES, "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"]
        process = self.command([sys.executable, "-m", "dask", *words])
        self.processes.append(process)
        return process

    def end(self) -> None:
        """End every process."""
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    yield made
    made.end()


@needs_dask
def test_it_listens_on_loopback_alone(cluster: Cluster) -> None:
    """As /proc/net/tcp has it: no socket of the scheduler or a worker listens for the network."""
    if not Path("/proc/net/tcp").exists():
        pytest.skip("only Linux says which sockets a process listens on")
    sockets = {os.readlink(fd) for p in cluster.processes for fd in Path(f"/proc/{p.pid}/fd").iterdir()}
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    hosts = {row[1].split(":")[0] for row in rows if row[3] == "0A" and f"socket:[{row[9]}]" in sockets}
    assert hosts == {"0100007F"}


@needs_dask
def test_a_cluster_gives_the_same_bytes(cluster: Cluster, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        "sim.report.presentation.present", lambda folder, *_: None
    )  # figures are not what this is about
    assert CliRunner().invoke(app, ["run", *STUDY, "--out", "here"]).exit_code == 0
    result = CliRunner().invoke(app, ["run", *STUDY, "--out", "there", "--cluster", cluster.address])
    assert result.exit_code == 0, result.output
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
    scenario = sim.load(TOY, [*SETS, "replications=2"])
    in_memory = sim.simulate(scenario, cluster=cluster.address)
    xr.testing.assert_identical(in_memory.drop_attrs(), xr.load_dataset("here/results.nc").drop_attrs())


def _slowly(folder: Path, batch: Batch) -> int:
    """Note who runs a batch, and take a moment over it."""
    (folder / f"{batch.first}-{os.getpid()}").touch()
    time.sleep(0.3)
    return batch.first


@needs_dask
def test_a_killed_worker_loses_nothing(cluster: Cluster, tmp_path: Path) -> None:
    answers, killed = [], None
    for answer in run_on_cluster(partial(_slowly, tmp_path), batches_of(range(20), 1), cluster.address):
        answers.append(answer)
        if len(answers) == 3:
            begun = {path.name.split("-")[1] for path in tmp_path.iterdir()}
            killed = next(worker for worker in cluster.workers if str(worker.pid) in begun)
            killed.send_signal(signal.SIGKILL)
            cluster.workers.append(cluster.hire())
    assert sorted(answers) == list(range(20))
    assert killed is not None


def _poisoned(batch: Batch) -> int:
    if batch.first == 2:
        raise OSError(28, "No space left on device")
    return batch.first


def _deadly(batch: Batch) -> int:
    os._exit(1)


@needs_dask
def test_what_a_task_raises_is_raised_here(cluster: Cluster) -> None:
    with pytest.raises(OSError, match="No space left"):
        list(run_on_cluster(_poisoned, batches_of(range(4), 1), cluster.address))


@needs_dask
def test_a_batch_that_kills_every_worker_is_named(cluster: Cluster) -> None:
    """Dask gives a task up when two workers died of it, as this scheduler was told."""
    cluster.workers.append(cluster.hire())
    with pytest.raises(RunError, match=r"each worker that ran replications 0 to 3 was killed"):
        list(run_on_cluster(_deadly, batches_of(range(4), 4), cluster.address))
