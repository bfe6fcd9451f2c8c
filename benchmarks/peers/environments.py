"""A virtual environment for each peer, made once in a cache folder."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.peers.listing import ENVIRONMENTS, HERE

ROOT = Path(__file__).parents[2]


def cache() -> Path:
    """Give the folder of the environments: BENCH_PEERS_CACHE, or build/peers in the checkout, which git ignores."""
    return Path(os.environ.get("BENCH_PEERS_CACHE") or ROOT / "build" / "peers")


def interpreter(name: str) -> Path:
    """Give the interpreter of an environment, making it when its requirements have changed or it is not there.

    Raises
    ------
    RuntimeError
        When packages cannot be installed: says which, and where pip's own words are.
    """
    if name == HERE:
        return Path(sys.executable)
    wanted = ENVIRONMENTS[name]
    digest = hashlib.sha256("\n".join((sys.version, *wanted)).encode()).hexdigest()[:12]
    folder = cache() / f"{name}-{digest}"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    ready = folder / "ready"
    if not ready.exists():
        print(f"Installing {', '.join(wanted)} (once) ...", flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        log = folder / "pip.log"
        with log.open("w", encoding="utf-8") as out:
            done = subprocess.run(
                [str(python), "-m", "pip", "install", "--disable-pip-version-check", *wanted],
                stdout=out,
                stderr=subprocess.STDOUT,
                check=False,
            )
        if done.returncode:
            raise RuntimeError(f"could not install {', '.join(wanted)} (neworder needs a C++ compiler); see {log}")
        ready.touch()
    return python
