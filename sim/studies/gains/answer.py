"""Who gains and who loses: every family followed under each regime on the same fate, summed by what families are.

Looks at every row after every step, so it costs several times a plain replication; a run does it for some areas.
Families that came or went after the start are left out: a difference needs the same family in both regimes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim.arrays import FloatArray
from sim.engine.counts.record import Layout
from sim.intervals import between_rows
from sim.model.spec import Scenario, World
from sim.results.columns import table
from sim.results.folder.beside import PLAIN, WAITING, WEIGHTED, Gain
from sim.runs.follow.families import Followed
from sim.table import Table

HELPED = "helped"
GAINS_COLUMNS = (
    "regime", "effect_set", "by", "group", "families", "measure", "baseline", "difference", "low", "high", "less",
    "more",
)  # fmt: skip
DECILES = 10
_SAME = 1e-9


def gains_by_group(gains: Sequence[Gain], worlds: Sequence[World]) -> Table:
    """Give gains.csv: every group and measure; ``worlds`` are those of the scenario."""
    named = {world.name: (world.regime, world.effect_set) for world in worlds}
    rows = [
        (*named[g.world], g.by, g.group, g.families, g.measure, g.baseline, g.difference.mean, g.difference.low,
         g.difference.high, g.less, g.more)
        for g in gains
    ]  # fmt: skip
    return table("gains.csv", GAINS_COLUMNS, rows)


def gains_of(scenario: Scenario, layout: Layout, samples: Sequence[Followed], name: str, ledger: int) -> list[Gain]:
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
    scenario: Scenario, layout: Layout, samples: Sequence[Followed], name: str, ledger: int
) -> dict[str, FloatArray]:
    """Give each measure of each family that stayed, replications one after another, (family,)."""
    outcomes = [outcome.name for outcome in scenario.worlds[0].model.outcomes]
    months = scenario.worlds[0].model.clock.step_years * 12
    result = {}
    since = [(s.totals[name].T - s.before_start[name])[s.stayed] for s in samples]
    for i, outcome in enumerate(outcomes):
        result[outcome] = np.concatenate([one[:, i] for one in since])
    if layout.ledgers:
        first, shown = len(outcomes), f"{layout.ledgers[ledger]} ledger"
        cost = np.concatenate([one[:, first + ledger] for one in since])
        result[f"cost, {shown}"] = cost
        transfers = np.concatenate([one[:, first + len(layout.ledgers) + ledger] for one in since])
        result[f"{PLAIN}, {shown}"] = cost - transfers
        income = scenario.appraisal.income_weight
        if income.apply:
            result[f"{WEIGHTED}, {shown}"] = cost - income.weight.value * transfers
    waited = {s: np.concatenate([one.waited[name][s][one.stayed] * months for one in samples])
              for s in samples[0].waited[name]}  # fmt: skip
    nobody = np.zeros(sum(int(s.stayed.sum()) for s in samples))
    result[WAITING] = np.sum(list(waited.values()), axis=0) if waited else nobody
    if len(waited) > 1:
        result |= {f"{WAITING}, {service}": steps for service, steps in waited.items()}
    return result


def _groupings(samples: Sequence[Followed], name: str, baseline: str) -> dict[str, tuple[list[str], FloatArray]]:
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


def _is_new(samples: Sequence[Followed], service: str, name: str, baseline: str) -> bool:
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
