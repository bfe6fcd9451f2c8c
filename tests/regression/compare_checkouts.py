"""Whether anything that users see differs between two checkouts of this program.

    python tests/regression/compare_checkouts.py BEFORE AFTER [--jobs NAME ...] [--keep DIR] [--rtol 0]

runs the same jobs in both checkouts, each command as a process of its own with this interpreter, PYTHONPATH and the
working folder set to the checkout, one thread for linear algebra and a fixed seed. It compares every file that the
commands write and what they print, shows a table of jobs, and ends with exit code 1 if anything differs. It is not a
test that pytest collects.

Examples
--------
    git worktree add ../before HEAD~1
    python tests/regression/compare_checkouts.py ../before . --keep ../kept               # all jobs, some minutes
    python tests/regression/compare_checkouts.py ../before . --keep ../kept --jobs quick  # about a minute
    python tests/regression/compare_checkouts.py ../before . --jobs demo national --workers 2
    python tests/regression/compare_checkouts.py --list                                   # the names of jobs

With ``--keep DIR`` what a checkout wrote is kept in DIR/COMMIT/JOB where the checkout has no uncommitted changes, and
used again while job, Python and NumPy are the same, so that a baseline is run once. AFTER is run anew if its commit is
that of BEFORE. ``--jobs`` takes names and groups (``quick``, ``required``, ``all``); jobs whose results a job reads are
run as well. Seconds are processor time, as machines are shared.

What is compared
----------------
==================  ==================================================================================================
files               which there are, in each job
.nc                 dimensions, coordinates, types, values (NaN is NaN) and attributes; of each array that differs the
                    largest relative change
.csv .svg .png      byte for byte
.xlsx               every sheet but Provenance: values, formats of numbers, notes; then the parts that say how it looks
.json .jsonl        key by key
.parquet            types and columns
.html and others    as text
stdout, stderr      as text, with the exit code, in ``said/`` of each job
==================  ==================================================================================================

``--rtol`` lets numbers in .nc, .csv, .json, .jsonl, .parquet and .xlsx move by that share of the larger;
``--ignore-attrs`` leaves out the attributes of .nc files, for when they are written in another form.

What is masked
--------------
==================  ==================================================================================================
run.json            the keys commit, versions, platform, time
summary.json        the key timing
manifest.json       the sha256 of files (their names are compared, and the files themselves)
sums.nc             the attributes code and config (digests)
posterior.nc        the attribute code_sha256
.jsonl              the key digest
.xlsx               the sheet Provenance, and docProps
all text            places of output folders and of the checkout; times such as 2026-01-31T12:00:00+00:00; digests and
                    commits (32, 40 or 64 hexadecimal digits); line numbers of Python files in warnings; in pages the
                    rows Commit, Made, Versions, Engine and Peak memory; the estimate of time by ``check``
==================  ==================================================================================================

.csv, .svg and .png are not masked, nor are .parquet files.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from itertools import zip_longest
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl  # type: ignore[import-untyped]
import xarray as xr

# ---------------------------------------------------------------------------------------------------------------- jobs


@dataclass(frozen=True)
class Step:
    """A command: its arguments, in which OUT is the job's folder and JOBS that of all jobs, and its exit code."""

    arguments: tuple[str, ...]
    code: int = 0
    inside: bool = False
    """Whether it is run in the job's folder rather than in the checkout."""


@dataclass(frozen=True)
class Job:
    """Commands that write into one folder."""

    steps: tuple[Step, ...]
    groups: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    """Jobs whose results it reads."""


def step(line: str, *sets: str, code: int = 0, inside: bool = False) -> Step:
    """Make a step from words and from values that are laid over the config."""
    return Step((*line.split(), *(word for one in sets for word in ("--set", one))), code, inside)


def job(*steps: Step, groups: str = "", needs: str = "") -> Job:
    """Make a job; groups and needs are words."""
    return Job(steps, tuple(groups.split()), tuple(needs.split()))


COMMANDS = (
    "run", "report", "compare", "export", "check", "show", "new", "schema", "list", "fit-effects", "sanity", "agree",
    "uncertainty", "switching", "gains", "fees", "funds", "shapley", "optimise", "calibrate", "evaluate",
)  # fmt: skip
FEW = ("seed=7", "clock.steps=24", "units.family.size=300")
LONGER = ("seed=7", "clock.steps=48", "units.family.size=300")
EXACT, POSTS, TEXTBOOK = "tests/configs/agencies.yaml", "tests/configs/key_workers.yaml", "configs/textbook"
TWO_WORLDS = ("effect_set=[as_is]", "regimes.quicker=null", "regimes.closer=null")
SMALL = ("seed=7", "clock.steps=12", "units.family.size=4000", "regimes.better.start=2011-08")

JOBS: dict[str, Job] = {
    "demo": job(step("run demo --seed 7 --out OUT/results"), groups="required quick"),
    "tenth": job(step("run tenth --seed 7 --replications 2 --out OUT/results", "clock.steps=24"), groups="required"),
    "one_area": job(
        step("run one_area --seed 7 --replications 2 --out OUT/results", "clock.steps=24"), groups="required"
    ),
    "queue": job(
        step(f"run {TEXTBOOK}/queue_patience.yaml --seed 7 --out OUT/results", "clock.steps=300"),
        groups="required quick",
    ),
    "regular": job(step(f"run {TEXTBOOK}/regular.yaml --seed 7 --out OUT/results"), groups="required"),
    "coupled": job(step(f"run {TEXTBOOK}/coupled.yaml --solver expect --out OUT/results"), groups="required quick"),
    "dynamics": job(step(f"run {TEXTBOOK}/dynamics_epidemic.yaml --seed 7 --out OUT/results"), groups="required"),
    "uncertainty": job(step(f"uncertainty {EXACT} --draws 10 --out OUT/results", "seed=7"), groups="required quick"),
    "national": job(
        step("run national --seed 7 --replications 2 --out OUT/results", "clock.steps=30"), groups="required"
    ),
    "compare": job(
        step(
            "run demo --seed 7 --out OUT/results --quiet",
            "services.keyworker.team.caseload=8",
            "parameters.kw_caseload.value=8",
        ),
        step("compare JOBS/demo/results OUT/results --html OUT/comparison.html"),
        needs="demo",
    ),
    "export": job(step("export JOBS/demo/results --out OUT/tables"), groups="quick", needs="demo"),
    "report": job(
        step(f"run {EXACT} --out OUT/results --quiet", "clock.steps=12", *TWO_WORLDS), step("report OUT/results")
    ),
    "check": job(step("check demo"), step(f"check {TEXTBOOK}/coupled.yaml"), groups="quick"),
    "errors": job(
        step("check demo", "clock.stps=3", "units.family.size=many", code=2), step("check no_such_study", code=2),
        groups="quick",
    ),
    "show": job(step("show demo"), step("show demo --as text"), groups="quick"),
    "draw": job(
        step("show demo --as mermaid"),
        step("show loops --figure OUT/loops.svg"),
        step(f"show {TEXTBOOK}/dynamics_epidemic.yaml --as stocks --figure OUT/stocks.png"),
    ),
    "new": job(step("new mine", inside=True), groups="quick"),
    "schema": job(step("schema"), groups="quick"),
    "list": job(step("list")),
    "help": job(step("--help"), *(step(f"{command} --help") for command in COMMANDS), groups="quick"),
    "agree": job(step("agree tests/configs/agreement.yaml --replications 3", *SMALL), groups="quick"),
    "switching": job(
        step(f"switching {EXACT} together/as_is --of parameters.face.value --low 0 --high 3 --runs 3"), groups="quick"
    ),
    "optimise": job(
        step(f"optimise {EXACT} together --lever parameters.keen.value=1:3:1 --out OUT/results"), groups="quick"
    ),
    "posts": job(
        step(
            f"optimise {POSTS} with_key_workers --lever posts:keyworker=4:12:4 --replications 2 --out OUT/results",
            "seed=7", "clock.steps=24",
        )
    ),
    "shapley": job(
        step(f"shapley {EXACT} --out OUT/agencies"), step(f"shapley {EXACT} --over mechanisms --out OUT/mechanisms")
    ),
    "gains": job(step("gains demo --out OUT/gains.csv", *FEW)),
    "fees": job(step("fees demo --out OUT/fees.csv", *FEW)),
    "funds": job(step("funds demo --out OUT/funds", *FEW, "replications=2")),
    "evaluate": job(
        step("evaluate demo --outcome in_crisis --rule random --replications 2 --out OUT/results", *LONGER)
    ),
    "sanity": job(step("sanity tenth --replications 1", *LONGER)),
    "calibrate": job(step("calibrate tests/configs/calibration/toy.yaml --point-only --out OUT/results")),
}  # fmt: skip


def chosen(names: Sequence[str]) -> list[str]:
    """Give the jobs of these names and groups with those that they need, in the order of the list."""
    known = {"all", *JOBS, *(group for one in JOBS.values() for group in one.groups)}
    if unknown := set(names) - known:
        raise SystemExit(f"there is no job {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    wanted = {name for name, one in JOBS.items() if {"all", name, *one.groups} & set(names)}
    wanted |= {need for name in wanted for need in JOBS[name].needs}
    return [name for name in JOBS if name in wanted]


# ------------------------------------------------------------------------------------------------------------- running


@dataclass(frozen=True)
class Checkout:
    """Where a checkout is, where the outputs of its jobs go, and whether finished ones are used again."""

    place: Path
    outputs: Path
    kept: bool = False

    def masked(self, text: str, name: str) -> str:
        """Take out of text what differs between two runs of the same program."""
        places = {self.outputs / name: "<out>", self.outputs: "<jobs>", self.place: "<checkout>"}
        for place, instead in places.items():
            text = text.replace(str(place), instead)
        return mask(text)


def git(place: Path, *words: str) -> str:
    """Ask git about a checkout; nothing where it is none."""
    found = subprocess.run(["git", "-C", str(place), *words], capture_output=True, text=True, check=False)
    return found.stdout.strip()


def commit_of(place: Path) -> str:
    """Give the commit of a checkout without uncommitted changes, nothing otherwise."""
    return "" if git(place, "status", "--porcelain") else git(place, "rev-parse", "HEAD")


def environment(place: Path) -> dict[str, str]:
    """Set what a command sees: the code of one checkout, one thread, a plain terminal of one width."""
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    plain = {"COLUMNS": "100", "NO_COLOR": "1", "PYTHONUTF8": "1", "PYTHONPATH": str(place)}
    inherited = {key: value for key, value in os.environ.items() if key not in {"PYTHONHASHSEED", "FORCE_COLOR"}}
    return {**inherited, **one_thread, **plain}


def check_checkout(place: Path) -> None:
    """Refuse a folder whose code would not be the one that runs."""
    command = [sys.executable, "-c", "import sim; print(sim.__file__)"]
    said = subprocess.run(command, cwd=place, env=environment(place), capture_output=True, text=True, check=False)
    if not said.stdout.startswith(str(place)):
        raise SystemExit(f"'import sim' in {place} gives {said.stdout or said.stderr}")


def run_step(checkout: Checkout, folder: Path, number: int, one: Step) -> float:
    """Run a command, keep what it says in ``said/``, and give its processor time in seconds."""
    words = [word.replace("OUT", str(folder)).replace("JOBS", str(checkout.outputs)) for word in one.arguments]
    named = folder / "said" / f"{number:02d}-{one.arguments[0].strip('-')}"
    named.parent.mkdir(exist_ok=True)
    with open(f"{named}.out", "wb") as out, open(f"{named}.err", "wb") as err:
        child = subprocess.Popen(
            [sys.executable, "-m", "sim.cli", *words], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
            cwd=folder if one.inside else checkout.place, env=environment(checkout.place),
        )  # fmt: skip
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    Path(f"{named}.code").write_text(f"{child.returncode}\n")
    return used.ru_utime + used.ru_stime


def recipe(name: str) -> dict[str, Any]:
    """Say what kept outputs depend on beside the checkout."""
    made = {**asdict(JOBS[name]), "python": sys.version, "numpy": np.__version__}
    return dict(json.loads(json.dumps(made)))


def finished(checkout: Checkout, name: str) -> float | None:
    """Give the seconds that a kept job took; None where there is none, or it was made in another way."""
    note = checkout.outputs / f"{name}.json"
    if not (checkout.kept and note.exists() and (checkout.outputs / name).is_dir()):
        return None
    noted = json.loads(note.read_text())
    return float(noted["seconds"]) if noted["recipe"] == recipe(name) else None


def run_job(checkout: Checkout, name: str) -> tuple[float, bool]:
    """Run a job unless it is kept: its processor time in seconds, and whether it was run."""
    if (before := finished(checkout, name)) is not None:
        return before, False
    folder, note = checkout.outputs / name, checkout.outputs / f"{name}.json"
    note.unlink(missing_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seconds = sum(run_step(checkout, folder, number, one) for number, one in enumerate(JOBS[name].steps, 1))
    note.write_text(json.dumps({"seconds": seconds, "recipe": recipe(name)}))
    return seconds, True


def run_all(
    checkouts: Sequence[Checkout], names: Sequence[str], workers: int
) -> dict[tuple[int, str], tuple[float, bool]]:
    """Run jobs in every checkout, those that others need first."""
    needed = {need for name in names for need in JOBS[name].needs}
    done: dict[tuple[int, str], tuple[float, bool]] = {}
    for stage in ([name for name in names if name in needed], [name for name in names if name not in needed]):
        places = [(i, name) for name in stage for i in range(len(checkouts))]
        with ThreadPoolExecutor(workers) as pool:
            results = pool.map(lambda at: run_job(checkouts[at[0]], at[1]), places)
            for (i, name), (seconds, ran) in zip(places, results, strict=True):
                done[i, name] = seconds, ran
                told = f"{seconds:6.1f} s" if ran else "   kept"
                print(f"{told}  {name} in {checkouts[i].place}", file=sys.stderr, flush=True)
    return done


# ------------------------------------------------------------------------------------------------------------- masking

MASKED_KEYS: dict[str, frozenset[str]] = {
    "run.json": frozenset({"commit", "versions", "platform", "time", "uncommitted", "inputs", "source_sha256"}),
    "summary.json": frozenset({"timing"}),
    ".jsonl": frozenset({"digest"}),
}
"""Keys left out at the top of JSON files, by name or suffix."""
MASKED_ATTRS: dict[str, frozenset[str]] = {
    "sums.nc": frozenset({"code", "config"}), "posterior.nc": frozenset({"code_sha256"}),
}  # fmt: skip
"""Attributes of datasets left out, by name of the file."""
MASKED_TEXT: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?"), "<time>"),
    (re.compile(r"(?<![0-9a-zA-Z])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9a-zA-Z])"), "<digest>"),
    (
        re.compile(
            r'(<th scope="row">(?:Commit|Made|Versions|Engine, CPU seconds|Peak memory, MB)</th><td[^>]*>)[^<]*'
        ),
        r"\1",
    ),
    (re.compile(r"(a run needs about )[\d.,]+ (?:seconds?|minutes?|hours?|days?)"), r"\1<time>"),
    (re.compile(r"(of it )[\d.,]+ \w+( simulating, )[\d.,]+ \w+( tables)"), r"\1<time>\2<time>\3"),
    (re.compile(r"(\.py):\d+:"), r"\1:<line>:"),
)
UNSEEN_SHEET = "Provenance"


def mask(text: str) -> str:
    """Take times, digests, versions and the like out of text."""
    for pattern, instead in MASKED_TEXT:
        text = pattern.sub(instead, text)
    return text


# ----------------------------------------------------------------------------------------------------------- comparing


@dataclass(frozen=True)
class Pair:
    """The same file of two checkouts, and how strictly it is compared."""

    before: Path
    after: Path
    mask_before: Callable[[str], str] = mask
    mask_after: Callable[[str], str] = mask
    rtol: float = 0.0
    attrs: bool = True

    def texts(self) -> tuple[str, str]:
        """Read both as text, masked."""
        return (
            self.mask_before(self.before.read_text("utf-8", "replace")),
            self.mask_after(self.after.read_text("utf-8", "replace")),
        )


Differences = Iterator[str]
"""What differs, the first place first."""
Compared = tuple[int, dict[str, list[str]]]
"""How many files a job has, and what differs by file."""


def short(value: object, most: int = 60) -> str:
    """Write a value in one short line."""
    text = value if isinstance(value, str) else repr(value)
    text = " ".join(text.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def against(x: object, y: object) -> str:
    """Write two values that differ, from shortly before the place where they do."""
    x, y = (one if isinstance(one, str) else repr(one) for one in (x, y))
    start = next((i for i, (a, b) in enumerate(zip_longest(x, y)) if a != b), 0)
    start = max(0, start - 20) if start > 40 else 0
    return f"{short(x[start:])} -> {short(y[start:])}"


def close(x: float, y: float, rtol: float) -> bool:
    """Whether two numbers are the same, or near enough; NaN is NaN."""
    return x == y or (isnan(x) and isnan(y)) or (rtol > 0 and abs(x - y) <= rtol * max(abs(x), abs(y)))


def compare_bytes(pair: Pair) -> Differences:
    """Say that bytes differ; of text, where."""
    x, y = pair.before.read_bytes(), pair.after.read_bytes()
    if x == y:
        return
    if pair.before.suffix == ".png":
        yield f"{len(x):,} -> {len(y):,} bytes"
    else:
        yield from compare_lines(x.decode("utf-8", "replace"), y.decode("utf-8", "replace"))


def compare_lines(x: str, y: str) -> Differences:
    """Compare line by line."""
    if x == y:
        return
    found = False
    for number, (a, b) in enumerate(zip_longest(x.splitlines(), y.splitlines()), 1):
        if a != b:
            found = True
            yield f"line {number}: {against('(none)' if a is None else a, '(none)' if b is None else b)}"
    if not found:
        yield "ends of lines differ"


def compare_text(pair: Pair) -> Differences:
    """Compare masked text."""
    yield from compare_lines(*pair.texts())


def compare_csv(pair: Pair) -> Differences:
    """Compare byte for byte, or with a tolerance cell by cell."""
    if not pair.rtol:
        yield from compare_bytes(pair)
        return
    x, y = (list(csv.reader(file.read_text("utf-8-sig").splitlines())) for file in (pair.before, pair.after))
    nothing: list[str] = []
    for number, (a, b) in enumerate(zip_longest(x, y, fillvalue=nothing), 1):
        for column, (one, other) in enumerate(zip_longest(a, b), 1):
            if not alike_text(one, other, pair.rtol):
                yield f"line {number}, column {column}: {against(one, other)}"


def alike_text(one: str | None, other: str | None, rtol: float) -> bool:
    """Whether two cells are the same text, or numbers near enough."""
    try:
        return one == other or close(float(one or ""), float(other or ""), rtol)
    except ValueError:
        return False


def compare_json(pair: Pair) -> Differences:
    """Compare key by key, without masked keys; of a manifest the names of files alone."""
    x, y = (json.loads(text) for text in pair.texts())
    if pair.before.name == "manifest.json":
        x, y = ({**one, "files": sorted(one["files"])} for one in (x, y))
    hidden = MASKED_KEYS.get(pair.before.name, frozenset())
    yield from walk(without(x, hidden), without(y, hidden), "", pair.rtol)


def compare_json_lines(pair: Pair) -> Differences:
    """Compare the JSON of every line."""
    for number, (a, b) in enumerate(zip_longest(*(text.splitlines() for text in pair.texts()), fillvalue="null"), 1):
        if a != b:
            x, y = (without(json.loads(one), MASKED_KEYS[".jsonl"]) for one in (a, b))
            yield from walk(x, y, f"line {number}", pair.rtol)


def without(tree: Any, keys: frozenset[str]) -> Any:
    """Leave out keys at the top."""
    return {key: value for key, value in tree.items() if key not in keys} if isinstance(tree, dict) else tree


def walk(x: Any, y: Any, at: str, rtol: float) -> Differences:
    """Compare two trees, naming the place; the order of keys counts too."""
    if isinstance(x, dict) and isinstance(y, dict):
        for key in dict.fromkeys([*x, *y]):
            if key in x and key in y:
                yield from walk(x[key], y[key], f"{at}.{key}", rtol)
            else:
                yield f"{at}.{key}: only {'before' if key in x else 'after'}"
        if list(x) != list(y) and set(x) == set(y):
            yield f"{at}: keys in another order"
    elif isinstance(x, list) and isinstance(y, list):
        if len(x) != len(y):
            yield f"{at}: {len(x)} -> {len(y)} entries"
        for i, (a, b) in enumerate(zip(x, y, strict=False)):
            yield from walk(a, b, f"{at}[{i}]", rtol)
    elif not alike(x, y, rtol):
        yield f"{at}: {against(x, y)}"


def alike(x: Any, y: Any, rtol: float) -> bool:
    """Whether two plain values are the same and of one type, or numbers near enough."""
    if type(x) is not type(y):
        return False
    return close(x, y, rtol) if isinstance(x, float) else bool(x == y)


def compare_netcdf(pair: Pair) -> Differences:
    """Compare all of two datasets, as they are stored."""
    opened = partial(xr.open_dataset, decode_times=False, mask_and_scale=False)
    with opened(pair.before) as x, opened(pair.after) as y:
        yield from compare_mappings("dimensions", dict(x.sizes), dict(y.sizes))
        yield from compare_mappings("coordinates", dict.fromkeys(x.coords, ""), dict.fromkeys(y.coords, ""))
        yield from compare_mappings("arrays", dict.fromkeys(x.data_vars, ""), dict.fromkeys(y.data_vars, ""))
        for name in (name for name in x.variables if name in y.variables):
            yield from compare_arrays(str(name), x[name].variable, y[name].variable, pair.rtol)
        if pair.attrs:
            hidden = MASKED_ATTRS.get(pair.before.name, frozenset())
            yield from compare_attributes("attributes", without(x.attrs, hidden), without(y.attrs, hidden))
            for name in (name for name in x.variables if name in y.variables):
                yield from compare_attributes(f"attributes of {name}", x[name].attrs, y[name].attrs)


def compare_mappings(what: str, x: dict[Any, Any], y: dict[Any, Any]) -> Differences:
    """Compare names and values."""
    for key in dict.fromkeys([*x, *y]):
        if key not in x or key not in y:
            yield f"{what}: {key} only {'before' if key in x else 'after'}"
        elif x[key] != y[key]:
            yield f"{what}: {key}: {against(x[key], y[key])}"


def compare_attributes(what: str, x: dict[Any, Any], y: dict[Any, Any]) -> Differences:
    """Compare attributes: names, types and values, times and digests masked."""
    yield from compare_mappings(what, *({str(key): told(value) for key, value in one.items()} for one in (x, y)))


def told(value: Any) -> str:
    """Write an attribute whole, with its type unless it is text."""
    if isinstance(value, str):
        return mask(value)
    array = np.asarray(value)
    return f"{array.dtype} {array.tolist()!r}"


def compare_arrays(name: str, x: xr.Variable, y: xr.Variable, rtol: float) -> Differences:
    """Compare dimensions, type and values of one array, and give the largest relative change."""
    if x.dims != y.dims or x.shape != y.shape or x.dtype.kind != y.dtype.kind:
        yield f"{name}: {x.dtype} {dict(x.sizes)} -> {y.dtype} {dict(y.sizes)}"
        return
    if x.dtype != y.dtype and x.dtype.kind not in "UO":
        yield f"{name}: {x.dtype} -> {y.dtype}"
    a, b = x.values, y.values
    differs = different(a, b, rtol)
    if differs.any():
        at = tuple(int(i) for i in np.argwhere(differs)[0])
        where = ", ".join(f"{dim}={i}" for dim, i in zip(x.dims, at, strict=True))
        most = f", largest relative change {largest_change(a, b):.3g}" if a.dtype.kind in "iuf" else ""
        how_many = f"{int(differs.sum()):,} of {a.size:,} values{most}"
        yield f"{name}[{where}]: {against(a[at].item(), b[at].item())} ({how_many})"


def different(a: np.ndarray, b: np.ndarray, rtol: float) -> np.ndarray:
    """Give where two arrays differ; NaN is NaN."""
    if a.dtype.kind not in "iuf" or not rtol:
        both_nan = np.isnan(a) & np.isnan(b) if a.dtype.kind == "f" else np.zeros(a.shape, bool)
        return np.asarray((a != b) & ~both_nan)
    return np.asarray(relative_change(a, b) > rtol)


def relative_change(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Give each change as a share of the larger value; infinite where one alone is not a number."""
    a, b = a.astype(float), b.astype(float)
    larger = np.maximum(np.abs(a), np.abs(b))
    with np.errstate(invalid="ignore"):
        share = np.divide(np.abs(a - b), larger, out=np.zeros_like(larger), where=larger != 0)
    share[np.isnan(a) & np.isnan(b) | (a == b)] = 0.0
    return np.asarray(np.nan_to_num(share, nan=np.inf))


def largest_change(a: np.ndarray, b: np.ndarray) -> float:
    """Give the largest relative change."""
    return float(relative_change(a, b).max(initial=0.0))


def compare_workbooks(pair: Pair) -> Differences:
    """Compare cells; where all are alike, how the sheets look. Reading cells takes long, so equal parts come first."""
    x, y = parts(pair.before, pair.mask_before), parts(pair.after, pair.mask_after)
    if x == y:
        return
    found = False
    for difference in compare_cells(pair):
        found = True
        yield difference
    if not found:
        for name in dict.fromkeys([*x, *y]):
            if x.get(name) != y.get(name) and name != "xl/sharedStrings.xml" and name not in unseen(x) | unseen(y):
                yield f"cells are alike, but {name} differs"


def parts(path: Path, masked: Callable[[str], str]) -> dict[str, str]:
    """Read the files in a workbook, masked, without its properties."""
    with zipfile.ZipFile(path) as book:
        names = [name for name in book.namelist() if not name.startswith("docProps")]
        return {name: masked(book.read(name).decode("utf-8", "replace")) for name in names}


def unseen(files: dict[str, str]) -> set[str]:
    """Name the file of the sheet that is not compared; files are numbered in the order of sheets."""
    sheets = re.findall(r'<sheet name="([^"]*)"', files["xl/workbook.xml"])
    return {f"xl/worksheets/sheet{i}.xml" for i, name in enumerate(sheets, 1) if name == UNSEEN_SHEET}


def compare_cells(pair: Pair) -> Differences:
    """Compare the value, format and note of every cell."""
    x, y = openpyxl.load_workbook(pair.before), openpyxl.load_workbook(pair.after)
    yield from compare_mappings("sheets", dict.fromkeys(x.sheetnames, ""), dict.fromkeys(y.sheetnames, ""))
    if x.sheetnames != y.sheetnames and set(x.sheetnames) == set(y.sheetnames):
        yield "sheets in another order"
    for name in (name for name in x.sheetnames if name in y.sheetnames and name != UNSEEN_SHEET):
        a, b = cells(x[name], pair.mask_before), cells(y[name], pair.mask_after)
        for place in dict.fromkeys([*a, *b]):
            one, other = a.get(place, (None,) * 3), b.get(place, (None,) * 3)
            for what, before, after in zip(("", " format", " note"), one, other, strict=True):
                if not alike(before, after, pair.rtol):
                    yield f"{name}!{place}{what}: {against(before, after)}"


def cells(sheet: Any, masked: Callable[[str], str]) -> dict[str, tuple[Any, Any, Any]]:
    """Read the cells of a sheet that hold something: value, format of numbers, note."""
    found = {}
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value is not None or cell.comment is not None:
                value = masked(cell.value) if isinstance(cell.value, str) else cell.value
                found[cell.coordinate] = (value, cell.number_format, cell.comment and cell.comment.text)
    return found


def compare_parquet(pair: Pair) -> Differences:
    """Compare types and columns."""
    from pyarrow import parquet

    x, y = parquet.read_table(pair.before), parquet.read_table(pair.after)
    types = [dict(zip(one.schema.names, map(str, one.schema.types), strict=True)) for one in (x, y)]
    yield from compare_mappings("columns", *types)
    if x.num_rows != y.num_rows:
        yield f"{x.num_rows} -> {y.num_rows} rows"
    for name in (name for name in x.column_names if name in y.column_names):
        a, b = x[name].to_pylist(), y[name].to_pylist()
        yield from walk(a, b, name, pair.rtol)


COMPARISONS: dict[str, Callable[[Pair], Differences]] = {
    ".nc": compare_netcdf, ".xlsx": compare_workbooks, ".json": compare_json, ".jsonl": compare_json_lines,
    ".parquet": compare_parquet, ".csv": compare_csv, ".svg": compare_bytes, ".png": compare_bytes,
}  # fmt: skip
"""How files are compared, by suffix; all others as masked text."""


def files_in(folder: Path) -> dict[str, Path]:
    """Give every file of a job by its name in it."""
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


def compare_job(
    name: str, before: Checkout, after: Checkout, rtol: float, attrs: bool
) -> tuple[int, dict[str, list[str]]]:
    """Compare what a job left in two checkouts: how many files, and what differs by file."""
    x, y = (files_in(checkout.outputs / name) for checkout in (before, after))
    found: dict[str, list[str]] = {}
    for file in sorted({*x, *y}):
        if file in x and file in y:
            masks = partial(before.masked, name=name), partial(after.masked, name=name)
            found[file] = compare_files(Pair(x[file], y[file], *masks, rtol, attrs))
        else:
            found[file] = [f"only {'before' if file in x else 'after'}"]
    for number, one in enumerate(JOBS[name].steps, 1):
        found[f"step {number}"] = unexpected(one, number, [before.outputs / name, after.outputs / name])
    return len({*x, *y}), {file: differences for file, differences in found.items() if differences}


def compare_files(pair: Pair) -> list[str]:
    """Compare a file by its kind; equal bytes need no reading."""
    if pair.before.read_bytes() == pair.after.read_bytes():
        return []
    try:
        return list(COMPARISONS.get(pair.before.suffix, compare_text)(pair))
    except (ValueError, KeyError, OSError, zipfile.BadZipFile) as error:
        return [f"could not be compared: {type(error).__name__}: {error}"]


def unexpected(one: Step, number: int, folders: Sequence[Path]) -> list[str]:
    """Say where a command ended with another exit code than it should: two failures alike are no agreement."""
    codes = [next((folder / "said").glob(f"{number:02d}-*.code")).read_text().strip() for folder in folders]
    if codes == [str(one.code)] * 2:
        return []
    return [f"exit code {' and '.join(dict.fromkeys(codes))} in place of {one.code}: {' '.join(one.arguments)}"]


# ----------------------------------------------------------------------------------------------------------- reporting


def table(rows: Sequence[Sequence[str]]) -> str:
    """Write rows in columns; the last is as wide as it is, numbers are to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        padded = [
            row[0].ljust(widths[0]),
            *(cell.rjust(width) for cell, width in zip(row[1:-1], widths[1:], strict=True)),
        ]
        lines.append("  ".join([*padded, row[-1]]).rstrip())
    return "\n".join(lines)


def details(found: dict[str, dict[str, list[str]]], most: int) -> str:
    """List what differs in each file, up to so many places of each."""
    lines = []
    for name, files in found.items():
        for file, differences in files.items():
            lines.append(f"\n{name}/{file}: {len(differences):,} places")
            lines += [f"  {difference}" for difference in differences[:most]]
            lines += ["  ..."] if len(differences) > most else []
    return "\n".join(lines)


def first_of(files: dict[str, list[str]]) -> str:
    """Name the first differing place."""
    return next((f"{file}: {differences[0]}" for file, differences in files.items()), "")


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Say whether anything that users see differs between two checkouts.")
    parser.add_argument("before", type=Path, nargs="?", help="a checkout")
    parser.add_argument("after", type=Path, nargs="?", help="another")
    parser.add_argument(
        "--jobs", nargs="+", default=["all"], metavar="NAME", help="jobs or groups: quick, required, all"
    )
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep what a commit gives here, and use it again")
    parser.add_argument("--rtol", type=float, default=0.0, help="by what share numbers may move (default: 0)")
    parser.add_argument("--ignore-attrs", action="store_true", help="leave out the attributes of .nc files")
    parser.add_argument("--workers", type=int, default=1, help="commands run at once (default: 1)")
    parser.add_argument("--show", type=int, default=5, help="places listed of each file that differs (default: 5)")
    parser.add_argument("--list", action="store_true", help="list the jobs")
    asked = parser.parse_args()
    if not asked.list and asked.after is None:
        parser.error("BEFORE and AFTER are needed")
    return asked


def listed() -> str:
    """List jobs with their groups and commands."""
    rows = [(name, " ".join(one.groups), f"{' '.join(one.steps[0].arguments)}{' ...' if len(one.steps) > 1 else ''}")
            for name, one in JOBS.items()]  # fmt: skip
    return table(rows)


def placed(asked: argparse.Namespace, scratch: Path) -> tuple[Checkout, Checkout]:
    """Say where the outputs of both checkouts go; those of one commit twice are not shared."""
    made: list[Checkout] = []
    for label, place in (("before", asked.before.resolve()), ("after", asked.after.resolve())):
        check_checkout(place)
        commit = commit_of(place)
        kept = bool(asked.keep and commit)
        outputs = asked.keep.resolve() / commit if kept else scratch / label
        if made and outputs == made[0].outputs:
            kept, outputs = False, scratch / label
        made.append(Checkout(place, outputs, kept))
        print(f"{label}: {place}, {commit or 'with changes'}{', kept' if kept else ''}", file=sys.stderr)
    return made[0], made[1]


def main() -> int:
    """Run jobs, compare, report."""
    asked = arguments()
    if asked.list:
        print(listed())
        return 0
    names, began = chosen(asked.jobs), time.perf_counter()
    scratch = Path(tempfile.mkdtemp(prefix="compare_checkouts_"))
    differs = False
    try:
        checkouts = placed(asked, scratch)
        seconds = run_all(checkouts, names, asked.workers)
        compared = {name: compare_job(name, *checkouts, asked.rtol, not asked.ignore_attrs) for name in names}
        differs = report(compared, seconds, asked.show, time.perf_counter() - began)
    finally:
        if differs and any(scratch.iterdir()):
            print(f"\nOutputs that are not kept elsewhere are in {scratch}")
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    return int(differs)


def report(
    compared: dict[str, Compared], seconds: dict[tuple[int, str], tuple[float, bool]], most: int, took: float
) -> bool:
    """Print the table and what differs, and say whether anything does."""
    rows: list[tuple[str, ...]] = [("job", "before, s", "after, s", "files", "differ", "first place")]
    for name, (files, found) in compared.items():
        times = [f"{used:.1f}" if ran else "kept" for used, ran in (seconds[0, name], seconds[1, name])]
        rows.append((name, *times, str(files), str(len(found)), first_of(found)))
    spent = [sum(used for (i, _), (used, ran) in seconds.items() if ran and i == side) for side in (0, 1)]
    n_files, n_differ = sum(n for n, _ in compared.values()), sum(len(found) for _, found in compared.values())
    rows.append(("total", *(f"{one:.1f}" for one in spent), str(n_files), str(n_differ), f"in {took:.0f} s"))
    print(table(rows))
    print(details({name: found for name, (_, found) in compared.items()}, most) or "\nNothing differs.")
    return n_differ > 0


if __name__ == "__main__":
    sys.exit(main())
