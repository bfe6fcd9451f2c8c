"""Whether solvers agree: what `simulate` counts against what `expect` expects, quantity by quantity.

An exact solver must be met within chance alone. A closure has a declared tolerance for each kind of quantity, and must
be met within that and chance. Waits are not judged here: a mean field understates those of small teams, for which one
process a family and Erlang's formulas are the reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import xarray as xr
from scipy import stats

from sim.arrays import BoolArray, FloatArray
from sim.results.facts import facts_of
from sim.results.worlds import WorldName, world_names

FALSE_ALARM = 1e-4
"""Chance that any of all comparisons fails although the solvers agree."""
FEWEST = 25.0
"""Cases over all replications, counted or expected, below which a count says nothing."""
RARE = 1e-3
"""Share of rows below which a state or a move of a closure is not judged."""
_WORD = re.compile(r"\W")
ROUNDING = 1e-9
KINDS = ("occupancy", "flows", "services", "meters", "outcomes", "cost")
CLOSURE: Mapping[str, float] = {
    "occupancy": 0.03, "flows": 0.05, "services": 0.10, "meters": 0.05, "outcomes": 0.01, "cost": 0.005,
}  # fmt: skip
"""What the closure declares, as shares of the expected value; docs/solvers.md has the measurements behind it."""
OF_THE_QUEUE = ("waiting", "left")
"""What a fluid queue is not judged by: it knows no chance arrivals."""


@dataclass(frozen=True)
class Agreement:
    """One quantity of one world, at the number (``where``, of ``compared``) that is furthest beyond what is allowed.

    ``tolerance`` is a share of the expected value; ``critical`` how many standard errors chance may make.
    """

    world: str
    quantity: str
    where: str
    simulated: float
    expected: float
    standard_error: float
    tolerance: float
    critical: float
    compared: int

    @property
    def standard_errors(self) -> float:
        """The difference in standard errors; infinite where there is a difference and no error."""
        gap = self.simulated - self.expected
        if abs(gap) <= ROUNDING * max(abs(self.expected), 1.0):
            return 0.0
        return gap / self.standard_error if self.standard_error > 0 else float(np.copysign(np.inf, gap))

    @property
    def share(self) -> float:
        """The difference as a share of the expected value."""
        return (self.simulated - self.expected) / self.expected if self.expected else 0.0

    @property
    def passed(self) -> bool:
        """Whether the difference is within tolerance and chance."""
        return bool(abs(self.simulated - self.expected) <= _allowed(self))


@dataclass(frozen=True)
class Numbers:
    """Numbers of one quantity that both solvers give, all of shape (number,)."""

    quantity: str
    kind: str
    names: list[str]
    simulated: FloatArray
    standard_error: FloatArray
    expected: FloatArray
    judged: BoolArray
    over_run: bool = False
    """Whether they are totals over the run, rather than one number a point."""


def agree(
    simulated: xr.Dataset, expected: xr.Dataset, tolerances: Mapping[str, float] | None = None
) -> list[Agreement]:
    """Compare two Datasets of one scenario.

    Parameters
    ----------
    simulated
        Of ``simulate``, with at least two replications.
    expected
        Of ``expect``.
    tolerances
        Share of the expected value by which a closure may be off, for each of ``KINDS``; none for an exact solver.

    Returns
    -------
        The worst comparison of every quantity of every world. Each is a Student t test over replications, with one
        bound for all numbers compared (Bonferroni): the chance of any false alarm is at most ``FALSE_ALARM``. The
        variance of a count is taken to be no less than that of as many independent cases, since the sample variance
        of a few rare cases is often far too small.

    Raises
    ------
    ValueError
        If the Datasets are of different scenarios, there are fewer than two replications, or a tolerance is for
        something unknown.
    """
    n, tolerances = simulated.sizes["replication"], tolerances or {}
    if n < 2:
        raise ValueError("one replication has no standard error; give at least two")
    if any(list(simulated[axis].values) != list(expected[axis].values) for axis in ("state", "flow", "meter", "step")):
        raise ValueError("the two results are of different scenarios: compare runs of one config")
    if unknown := set(tolerances) - set(KINDS):
        raise ValueError(f"a tolerance is given for {min(unknown)}; there are {', '.join(KINDS)}")
    worlds = world_names(simulated)
    numbers = [(world, one) for world in worlds for one in _numbers(simulated, expected, world, bool(tolerances))]
    critical = {}
    for over_run in (False, True):  # totals are few, and so can be held to a tighter bound
        compared = sum(int(one.judged.sum()) for _, one in numbers if one.over_run == over_run)
        critical[over_run] = float(stats.t.isf(FALSE_ALARM / (4 * max(compared, 1)), n - 1))
    return [
        _worst(world, one, tolerances.get(one.kind, 0.0), critical[one.over_run])
        for world, one in numbers
        if one.judged.any()
    ]


def _numbers(simulated: xr.Dataset, expected: xr.Dataset, world: WorldName, closed: bool) -> Iterator[Numbers]:
    """List what the solvers both give for one world."""
    a, e = (ds.sel(regime=world.regime, effect_set=world.effect_set) for ds in (simulated, expected))
    yield from _by_chain(a, e, "occupancy", "state", "chain", closed)
    yield from _by_chain(a, e, "flows", "flow", "flow_chain", closed)
    for title, variable, along, kind in (
        ("steps in each state", "state_steps", "state", "occupancy"),
        ("moves over the run", "flow_totals", "flow", "flows"),
    ):
        chosen = [i for i, name in enumerate(a[along].values) if not closed or _is_judged(a, e, variable, i, str(name))]
        mine, theirs = (ds[variable].isel({along: chosen}) for ds in (a, e))
        yield from _parted(title, kind, mine, theirs, _services(a))
    for service in (str(name) for name in a["service"].values):
        counts = [name for name in a["queue_count"].values if not closed or name not in OF_THE_QUEUE]
        mine, theirs = (ds["queue"].sel(service=service, queue_count=counts) for ds in (a, e))
        yield _totals(f"queue of {service}", "services", mine, theirs, counts=True)
    mine, theirs = (ds["meters"].sum("step") for ds in (a, e))
    yield from _parted("meters", "meters", mine, theirs, _services(a))
    yield _totals("outcomes", "outcomes", a["outcomes"], e["outcomes"])
    if a.sizes["line"]:
        mine, theirs = (ds["cost"].sum("year").dot(ds["in_ledger"].astype(float)) for ds in (a, e))
        yield _totals("cost by ledger", "cost", mine, theirs)


def _services(ds: xr.Dataset) -> set[str]:
    """Name the chains that are services."""
    return set(facts_of(ds).service_chains)


def _parted(title: str, kind: str, a: xr.DataArray, e: xr.DataArray, services: set[str]) -> Iterator[Numbers]:
    """Compare totals of services and of all else apart, since tolerances differ."""
    along = next(str(dim) for dim in a.dims if dim != "replication")
    of_services = [_WORD.split(str(name))[0] in services for name in a[along].values]
    for chosen, what, of in ((False, kind, ""), (True, "services", " of services")):
        at = [i for i, is_service in enumerate(of_services) if is_service == chosen]
        yield _totals(f"{title}{of}", what, a.isel({along: at}), e.isel({along: at}), counts=True)


def _is_judged(a: xr.Dataset, e: xr.Dataset, variable: str, i: int, name: str) -> bool:
    """Say whether a total of a closure is large enough to be judged, and not of a queue."""
    row_steps = facts_of(a).rows * (a.sizes["step"] - 1)
    least = RARE * row_steps if variable == "state_steps" else RARE * RARE * row_steps
    return bool(e[variable].values[..., i].max() >= least) and not _of_the_queue(name)


def _of_the_queue(name: str) -> bool:
    """Say whether a state or move is of those who wait."""
    return name.endswith("=waiting") or "waiting -> dropped_out" in name


def _by_chain(
    a: xr.Dataset, e: xr.Dataset, variable: str, along: str, chain_of: str, closed: bool
) -> Iterator[Numbers]:
    """Compare every state or move of each chain at every point."""
    n, names, chains = a.sizes["replication"], a[along].values, a[chain_of].values
    for chain in dict.fromkeys(str(name) for name in chains):
        mine = np.flatnonzero(chains == chain)
        mean, variance, means = (
            np.asarray(array.values[:, mine], dtype=np.float64)
            for array in (a[variable], a[f"{variable}_var"], e[variable])
        )
        rows = np.asarray(e["occupancy"].values[:, e["chain"].values == chain].sum(axis=1, keepdims=True))
        independent = means * (1.0 - means / np.maximum(rows, 1.0)) if variable == "occupancy" else means
        judged = (np.maximum(mean, means) * n >= FEWEST) & (not closed or means >= RARE * rows)
        if closed:
            judged &= np.array([not _of_the_queue(str(names[i])) for i in mine])
        where = [f"{names[i]}, step {point}" for point in range(len(means)) for i in mine]
        error = np.sqrt(np.maximum(variance, independent) / n)
        kind = "services" if chain in _services(a) else variable
        yield Numbers(
            f"{variable} of {chain}", kind, where, mean.reshape(-1), error.reshape(-1), means.reshape(-1),
            judged.reshape(-1),
        )  # fmt: skip


def _totals(quantity: str, kind: str, a: xr.DataArray, e: xr.DataArray, counts: bool = False) -> Numbers:
    """Compare totals over the run, one number for each name."""
    along = next(str(dim) for dim in a.dims if dim != "replication")
    samples, means = (np.asarray(x.transpose("replication", along).values, dtype=np.float64) for x in (a, e))
    n, expected = len(samples), means[0]
    variance = samples.var(axis=0, ddof=1)
    if counts:
        variance = np.maximum(variance, expected)
    mean, error = samples.mean(axis=0), np.sqrt(variance / n)
    judged = np.maximum(mean, expected) * n >= FEWEST if counts else np.isfinite(expected)
    names = [str(name) for name in a[along].values]
    return Numbers(quantity, kind, names, mean, error, expected, judged, over_run=True)


def _worst(world: WorldName, one: Numbers, tolerance: float, critical: float) -> Agreement:
    """Find the number that is furthest beyond what is allowed."""
    found = [
        Agreement(
            world.name, one.quantity, one.names[i], float(one.simulated[i]), float(one.expected[i]),
            float(one.standard_error[i]), tolerance, critical, int(one.judged.sum()),
        )
        for i in one.judged.nonzero()[0]
    ]  # fmt: skip
    return max(found, key=lambda number: abs(number.simulated - number.expected) / _allowed(number))


def _allowed(one: Agreement) -> float:
    """Give the difference that tolerance, chance and rounding allow."""
    rounding = ROUNDING * max(abs(one.expected), 1.0)
    return one.tolerance * abs(one.expected) + one.critical * one.standard_error + rounding
