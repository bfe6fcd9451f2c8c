"""Runs batches on a Dask cluster that is there already; loaded only when one is asked for.

Whoever controls a scheduler can run code on every machine of it, this one included, so that a scheduler is spoken to
on this machine alone, or over TLS with certificates on both sides. Leaves out starting and ending clusters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from importlib import import_module
from importlib.util import find_spec
from ipaddress import ip_address
from typing import Any

from sim.errors import ModelError, RunError
from sim.runs.executors import Answer, Task, Work

_ADDRESS = re.compile(r"(?:(?P<protocol>[a-z]+)://)?(?P<host>\[[0-9a-fA-F:]+\]|[^\s:/\[\]@]+):(?P<port>\d{1,5})")
_CERTIFICATES = (
    ("tls.ca-file", "the authority that signed the scheduler's certificate"),
    ("tls.client.cert", "this machine's certificate"),
    ("tls.client.key", "its key"),
)
SECONDS_TO_CONNECT = 10


def check_address(address: str) -> str:
    """Give the full address of a scheduler, refusing what is not safe to speak to.

    Parameters
    ----------
    address
        ``host:port`` or ``tcp://host:port`` on this machine, ``tls://host:port`` anywhere.

    Raises
    ------
    ModelError
        If it is no such address, if it is plain and elsewhere, or if Dask is not installed.
    """
    found = _ADDRESS.fullmatch(address)
    protocol = (found["protocol"] or "tcp") if found else ""
    if found is None or protocol not in ("tcp", "tls") or not 0 < int(found["port"]) < 65536:
        raise ModelError(
            f"--cluster: given '{address}'; a scheduler is 127.0.0.1:PORT on this machine, or tls://HOST:PORT elsewhere"
        )
    if protocol == "tcp" and not _is_this_machine(found["host"].strip("[]")):
        raise ModelError(
            f"--cluster: given '{address}'; a scheduler on another machine is spoken to over TLS alone, since a plain "
            "connection lets anybody on the network run code here. Start it with certificates and give tls://HOST:PORT"
        )
    if find_spec("distributed") is None:
        raise ModelError("--cluster needs Dask: pip install 'family-trajectories[cluster]'")
    return f"{protocol}://{found['host']}:{found['port']}"


def _is_this_machine(host: str) -> bool:
    """Whether a host is a loopback address; other names are not looked up, as an answer can be forged."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def run_on_cluster(task: Task[Work, Answer], batches: Iterable[Work], address: str) -> Iterator[Answer]:
    """Run batches on the workers of a Dask scheduler; those of a worker that is lost are run again by others.

    Parameters
    ----------
    task
        What to do with a batch; sent once to the scheduler, which hands it to workers.
    batches
        In the order in which they are begun.
    address
        As for ``check_address``.

    Yields
    ------
        Answers as they come.

    Raises
    ------
    ModelError
        As ``check_address``, and if certificates are missing.
    RunError
        If no scheduler answers, or a batch could not be run.
    Exception
        What a task raised.
    """
    full = check_address(address)
    distributed, security = _dask("distributed"), _security(full)
    try:
        client = distributed.Client(full, security=security, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise RunError(f"no Dask scheduler answered at {full}: {error}") from None
    with client:
        # A task rather than scattered data: it can be made again when the workers that hold it are lost.
        shared = client.submit(_same, task, pure=False)
        batch_of = {client.submit(_call, shared, batch, pure=False): batch for batch in batches}
        try:
            for future in distributed.as_completed(list(batch_of), loop=client.loop):
                answer = _answer(future, batch_of.pop(future))
                future.release()
                yield answer
        finally:
            client.cancel([*batch_of, shared])


def _answer(future: Any, batch: Work) -> Any:
    """Give the answer of a finished future, or say what went wrong with which replications."""
    distributed = _dask("distributed")
    try:
        return future.result()
    except distributed.KilledWorker:
        raise RunError(f"each worker that ran {batch} was killed, perhaps for want of memory") from None
    except (ModelError, RunError, OSError):
        raise
    except (Exception, distributed.CancelledError) as error:
        raise RunError(f"the cluster could not run {batch}: {type(error).__name__}: {error}") from None


def _dask(module: str) -> Any:
    """Load a part of Dask, which says little of its types."""
    return import_module(module)


def _security(address: str) -> Any:
    """Give the certificates that Dask's own settings name; a TLS scheduler is not spoken to without them."""
    if not address.startswith("tls://"):
        return None
    names = [f"distributed.comm.{key}" for key, _ in _CERTIFICATES]
    missing = [
        f"{name} ({what})"
        for name, (_, what) in zip(names, _CERTIFICATES, strict=True)
        if not _dask("dask").config.get(name, None)
    ]
    if missing:
        raise ModelError(
            f"--cluster: {address} needs certificates; Dask's settings lack {', '.join(missing)}. Set them in "
            "~/.config/dask/distributed.yaml, or as DASK_DISTRIBUTED__COMM__TLS__CA_FILE and so on"
        )
    return _dask("distributed").Security(require_encryption=True)


def _same(task: Task[Work, Answer]) -> Task[Work, Answer]:
    """Give the task back."""
    return task


def _call(task: Task[Work, Answer], batch: Work) -> Answer:
    """Call the task."""
    return task(batch)
