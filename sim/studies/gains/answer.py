"""Who gains and who loses: every family followed under each regime on the same fate, summed by what families are.

Looks at every row after every step, so it costs several times a plain replication and is not part of a run. Families
that came or went after the start are left out: a difference needs the same family in both regimes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim.arrays import BoolArray, FloatArray
from sim.engine.counts.record import Layout
from sim.engine.solvers import families as engine
from sim.engine.solvers.families import Line, replicate
from sim.intervals import Estimate, between_rows
from sim.model.spec import Model, Scenario
from sim.runs.follow.rows import RowTotals
from sim.table import Table

WAITING, HELPED = "months waiting", "helped"
DECILES = 10
MOST_VALUES = 8
AGE_BANDS = ((0, 4), (5, 10), (11, 17))
_SAME = 1e-9


@dataclass(frozen=True)
class Gain:
    """What a regime changes for a group of families, against the baseline.

    ``baseline`` is the mean without the regime and ``difference`` the mean change with its 95% interval over families;
    ``less`` and ``more`` are the shares of families with less and with more of the measure.
    """

    world: str
    by: str
    group: str
    families: int
    measure: str
    baseline: float
    difference: Estimate
    less: float
    more: float


class Followed(RowTotals):
    """Follows every family of the root unit: totals since the start, months waiting, whether a service took it on."""

    def __init__(self, scenario: Scenario, layout: Layout) -> None:
        super().__init__(scenario, layout)
        self.services = [c.name for c in scenario.worlds[0].model.chains if c.service is not None]
        self.before_start: dict[str, FloatArray] = {}
        self.waited: dict[str, FloatArray] = {}
        self.helped: dict[str, dict[str, BoolArray]] = {}
        self.stayed: BoolArray = np.zeros(0, np.bool_)
        self.groups: dict[str, tuple[list[str], FloatArray]] = {}

    def look(self, step: int, line: Line) -> None:
        """Take in a point: step + 1."""
        super().look(step, line)
        if step + 1 == self.window:
            self.before_start |= {name: self.totals[name].T.copy() for name in line.names}
            if not self.groups:
                self.groups = _traits(line, self.scenario.worlds[0].model, self.window)
                self.stayed = line.world.root.active.copy()
        elif step + 1 > self.window:
            self._after(line)

    def _after(self, line: Line) -> None:
        """Add up waits and help in a step after the start."""
        world, root = line.world, line.world.root
        renewal = world.population.renewals.get(world.step)
        if renewal is not None:
            for part in (renewal.leaving, renewal.entering):
                self.stayed[part.get(root.unit.name, np.zeros(0, np.int64))] = False
        for name in line.names:
            waited = self.waited.setdefault(name, np.zeros(root.n))
            helped = self.helped.setdefault(name, {s: np.zeros(root.n, np.bool_) for s in self.services})
            for service in self.services:
                rows, state = world.rows(service), world.state[service]
                chain = world.chains[service]
                if chain.has_queue:
                    waits = (state == chain.waiting) & rows.active
                    waited += np.bincount(rows.parent, weights=waits, minlength=root.n)
                engaged = world.engaged[service][state] & rows.active
                helped[service] |= np.bincount(rows.parent, weights=engaged, minlength=root.n) > 0


def _traits(line: Line, model: Model, point: int) -> dict[str, tuple[list[str], FloatArray]]:
    """Group families by traits of few values and by the age of the youngest child; (names, group of each row)."""
    root = line.world.root
    groups: dict[str, tuple[list[str], FloatArray]] = {}
    for trait in model.traits:
        if 1 < len(trait.values) <= MOST_VALUES:
            groups[trait.name] = (
                [f"{value:.3g}" for value in trait.values],
                root.traits[trait.name].astype(np.float64),
            )
    if len(model.units) > 1:
        child = line.world.population.rows[model.units[1].name]
        years = (point - child.born) * model.clock.step_years
        youngest = np.full(root.n, np.inf)
        np.minimum.at(youngest, child.parent[child.active], years[child.active])
        bands = np.searchsorted([high + 1 for _, high in AGE_BANDS], youngest, side="right").astype(np.float64)
        groups["youngest child"] = ([f"{low} to {high}" for low, high in AGE_BANDS] + ["no child at home"], bands)
    return groups


def who_gains(
    scenario: Scenario, replications: int = 1, ledger: str | None = None, worlds: Sequence[str] | None = None
) -> list[Gain]:
    """Follow every family and sum what each regime changes, by what families are.

    Parameters
    ----------
    scenario
        The study; only whole replications are followed, and families are pooled over them.
    replications
        How many.
    ledger
        The ledger whose cost is a measure; the first unless named.
    worlds
        The worlds to report; all but the baseline's unless named.

    Returns
    -------
        One entry for each world, grouping, group and measure: outcomes, cost, months waiting, all since the first
        regime's start. Groupings are traits, the youngest child's age, the decile of severity (the first outcome before
        the start, ties in the order of rows), and whether a service helped that did not exist in the baseline.

    Raises
    ------
    ValueError
        If there is no replication, no ledger of that name, or no such world.
    """
    layout = engine.layout(scenario)
    if replications < 1:
        raise ValueError(f"replications is {replications}; it must be at least 1")
    if ledger is not None and ledger not in layout.ledgers:
        raise ValueError(f"there is no ledger '{ledger}'; there are {', '.join(layout.ledgers) or 'none'}")
    others = [w.name for w in scenario.worlds if w.regime != scenario.baseline]
    unknown = sorted(set(worlds or ()) - set(others))
    if unknown:
        raise ValueError(f"there is no regime {', '.join(unknown)}; there are {', '.join(others) or 'none'}")
    samples = []
    for replication in range(replications):
        followed = Followed(scenario, layout)
        replicate(scenario, replication, observe=followed.look, at_start=followed.look)
        samples.append(followed)
    place = layout.ledgers.index(ledger) if ledger else 0
    return [gain for name in worlds or others for gain in _gains(scenario, layout, samples, name, place)]


def gains_by_group(gains: Sequence[Gain]) -> Table:
    """Give every group and measure as a table."""
    names = ("regime", "by", "group", "families", "measure", "baseline", "difference", "low", "high", "less", "more")
    rows = [
        (g.world, g.by, g.group, g.families, g.measure, g.baseline, g.difference.mean, g.difference.low,
         g.difference.high, g.less, g.more)
        for g in gains
    ]  # fmt: skip
    return Table("Who gains", names, rows)


def _gains(scenario: Scenario, layout: Layout, samples: list[Followed], name: str, ledger: int) -> list[Gain]:
    """Sum one world against its baseline."""
    world = next(w for w in scenario.worlds if w.name == name)
    baseline = scenario.baseline_of(world).name
    mine = _measures(scenario, layout, samples, name, ledger)
    theirs = _measures(scenario, layout, samples, baseline, ledger)
    found = []
    for by, (labels, group) in _groupings(samples, name, baseline).items():
        for g, label in enumerate(labels):
            rows = group == g
            if rows.any():
                found += [
                    _gain(name, by, label, measure, theirs[measure][rows], mine[measure][rows]) for measure in mine
                ]
    return found


def _gain(world: str, by: str, label: str, measure: str, before: FloatArray, after: FloatArray) -> Gain:
    """Sum one measure of one group."""
    change = after - before
    n = len(change)
    spread = float(change.var(ddof=1)) if n > 1 else float("nan")
    return Gain(
        world, by, label, n, measure, float(before.mean()), between_rows(float(change.mean()), spread, n),
        float((change < -_SAME).mean()), float((change > _SAME).mean()),
    )  # fmt: skip


def _measures(
    scenario: Scenario, layout: Layout, samples: list[Followed], name: str, ledger: int
) -> dict[str, FloatArray]:
    """Give each measure of each family that stayed, replications one after another, (family,)."""
    outcomes = [outcome.name for outcome in scenario.worlds[0].model.outcomes]
    months = scenario.worlds[0].model.clock.step_years * 12
    result = {}
    since = [(s.totals[name].T - s.before_start[name])[s.stayed] for s in samples]
    for i, outcome in enumerate(outcomes):
        result[outcome] = np.concatenate([one[:, i] for one in since])
    if layout.ledgers:
        cost = np.concatenate([one[:, len(outcomes) + ledger] for one in since])
        result[f"cost, {layout.ledgers[ledger]} ledger"] = cost
    result[WAITING] = np.concatenate([s.waited[name][s.stayed] * months for s in samples])
    return result


def _groupings(samples: list[Followed], name: str, baseline: str) -> dict[str, tuple[list[str], FloatArray]]:
    """Give every grouping of the families that stayed: labels and the group of each."""
    groups = {
        by: (labels, np.concatenate([s.groups[by][1][s.stayed] for s in samples]))
        for by, (labels, _) in samples[0].groups.items()
    }
    n = int(sum(s.stayed.sum() for s in samples))
    groups = {"all": (["all families"], np.zeros(n)), **groups}
    if samples[0].before_start[baseline].shape[1]:
        severity = np.concatenate([_deciles(s.before_start[baseline][s.stayed, 0]) for s in samples])
        groups["severity before the start"] = ([f"decile {i + 1}" for i in range(DECILES)], severity)
    new = [s for s in samples[0].services if _is_new(samples, s, name, baseline)]
    if new:
        helped = np.concatenate(
            [np.any([s.helped[name][service] for service in new], axis=0)[s.stayed] for s in samples]
        )
        groups[HELPED] = ([f"not by {' or '.join(new)}", f"by {' or '.join(new)}"], helped.astype(np.float64))
    return groups


def _is_new(samples: list[Followed], service: str, name: str, baseline: str) -> bool:
    """Whether a service helps families in a world and none in its baseline."""
    return any(s.helped[name][service].any() for s in samples) and not any(
        s.helped[baseline][service].any() for s in samples
    )


def _deciles(values: FloatArray) -> FloatArray:
    """Rank values into tenths of equal size, the least first; ties in the order of rows."""
    order = np.argsort(values, kind="stable")
    result = np.empty(len(values))
    result[order] = np.floor(np.arange(len(values)) * DECILES / max(len(values), 1))
    return result
