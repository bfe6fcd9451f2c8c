"""Coalitions of a config: agencies that join a regime, or mechanisms of a ladder of regimes; each is run once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sim.config.check.problems import Findings
from sim.config.loading import find, scenario_of, tree_of
from sim.config.text.source import Origin, Tree
from sim.config.text.source import plain as bare
from sim.config.text.writing import to_yaml
from sim.config.translate.model import config_of
from sim.economics.shapley import Coalition
from sim.economics.value.terms import headline_terms
from sim.errors import ModelError, ResultError
from sim.model.spec import Scenario
from sim.runs.ensemble import simulate
from sim.runs.identity import digest_of_points
from sim.runs.points import Points, Solved, Tell, kept_in, store_of_solved
from sim.runs.replications import without_answer
from sim.runs.variants import beside_baseline, settings_of, under_first_set, with_settings
from sim.studies.shapley.answer import (
    VIEWS,
    Sharing,
    by_replication,
    coalition_of,
    coalitions_needed,
    named,
    number_of,
    shares,
    solved,
)
from sim.studies.shapley.joining import FEWEST, coalition_scenario, joint_regime

OVER = ("agencies", "mechanisms")
BATCH = 8
"""Coalitions that run beside one baseline."""
_HERE = Origin("a coalition")


@dataclass(frozen=True)
class Mechanism:
    """What one rung of a ladder adds to the rung below: entries that it sets and entries that it takes away."""

    name: str
    sets: Mapping[str, Tree]
    drops: frozenset[str]


@dataclass(frozen=True)
class Coalitions:
    """A config and those who form coalitions in it; coalitions are numbered by who is in them."""

    file: Path
    tree: Tree
    over: str
    regimes: tuple[str, ...]
    players: tuple[str, ...] = ()

    def __call__(self, numbers: Sequence[int]) -> list[Solved]:
        """Run some coalitions beside one baseline."""
        chosen = [coalition_of(number, self.players) for number in numbers]
        return solved(simulate(without_answer(self.scenario(chosen)), rows=False), self.players, chosen)

    def found_players(self) -> tuple[str, ...]:
        """Name those who form coalitions."""
        if self.over == "agencies":
            return joint_regime(self.base(), self.regimes[-1]).agencies
        return tuple(mechanism.name for mechanism in self.mechanisms())

    def base(self) -> Scenario:
        """Give the scenario as the config has it."""
        return scenario_of(self.tree, self.file)

    def scenario(self, coalitions: Sequence[Coalition]) -> Scenario:
        """Make the scenario of some coalitions, under the first evidence set."""
        worlds = {named(coalition, self.players): coalition for coalition in coalitions}
        if self.over == "mechanisms":
            return self._of_mechanisms(worlds)
        base = self.base()
        return coalition_scenario(base, joint_regime(base, self.regimes[-1]), worlds)

    def mechanisms(self) -> tuple[Mechanism, ...]:
        """Give what each rung of the ladder adds to the one below it."""
        regimes = self.tree.mapping["regimes"].mapping
        below: Mapping[str, Tree] = {}
        found = []
        for name in self.regimes:
            own = settings_of(regimes[name])
            new = {path: value for path, value in own.items() if path not in below or bare(below[path]) != bare(value)}
            drops = frozenset(path for path in below if path not in own)
            if new or drops:
                found.append(Mechanism(name, new, drops))
            below = own
        return tuple(found)

    def _of_mechanisms(self, coalitions: Mapping[str, Collection[str]]) -> Scenario:
        """Lay the entries of each coalition's mechanisms over each other, in the order of the ladder."""
        last = self.tree.mapping["regimes"].mapping[self.regimes[-1]]
        made = {}
        for name, members in coalitions.items():
            entries: dict[str, Tree] = {}
            for rung in (rung for rung in self.mechanisms() if rung.name in members):
                entries = {path: value for path, value in entries.items() if path not in rung.drops} | dict(rung.sets)
            made[name] = with_settings(last, entries, _HERE)
        return scenario_of(beside_baseline(under_first_set(self.tree, _HERE), made, _HERE), self.file)

    def titles(self, base: Scenario) -> dict[str, str]:
        """Say what each player is: an agency's full name, or the title of the rung that adds a mechanism."""
        if self.over == "agencies":
            return {name: base.agencies.get(name, name) for name in self.players}
        config = config_of(self.tree, Findings(self.tree))
        return {name: config.regimes[name].title or name if config is not None else name for name in self.players}

    def digest(self) -> str:
        """Say what values are of: the config, who is asked about, and the program."""
        return digest_of_points(to_yaml(self.tree), self.over, *self.regimes)


def share(
    path: str | Path, sets: Sequence[str] = (), *, over: str = "agencies", regimes: Sequence[str] = (),
    view: str = "fiscal", orders: int = 200, workers: int = 1, keep: Path | None = None, tell: Tell | None = None,
) -> Sharing:  # fmt: skip
    """Share what a regime saves among the agencies that join it, or among the mechanisms of a ladder.

    Parameters
    ----------
    path, sets
        As for ``load``.
    over
        ``agencies`` or ``mechanisms``.
    regimes
        For agencies the regime, by default the last one; for mechanisms the rungs in their order, by default all
        regimes but the baseline.
    view
        ``fiscal`` (net saving, transfers counted) or ``social`` (resources alone).
    orders
        Orders sampled where there are more than eight players.
    workers
        Processes; the results are the same whatever their number.
    keep
        A file in which values are kept as they come; those that are there already are not run again.
    tell
        Called with coalitions done and wanted.

    Raises
    ------
    ModelError
        When the config is wrong, nothing can be shared, or the value is additive.
    ResultError
        When ``keep`` holds values of something else.
    """
    file, tree = find(path), tree_of(path, sets)
    base = scenario_of(tree, file)
    coalitions = Coalitions(file, tree, over, _regimes(base, over, regimes))
    if view not in VIEWS:
        raise ModelError(f"there is no view '{view}'; there are {', '.join(VIEWS)}")
    try:
        players = coalitions.found_players()
        if len(players) < FEWEST:
            raise ValueError(f"there are {len(players)} {over} to share among; give at least {FEWEST}")
        needed = coalitions_needed(players, orders, base.seed)
        coalitions = replace(coalitions, players=players)
        points = Points(coalitions, store_of_solved(keep, coalitions.digest), workers, BATCH, tell)
        with kept_in(keep):
            found = points.at([number_of(coalition, players) for coalition in needed])
        values = {c: by_replication(one, view) for c, one in zip(needed, found, strict=True)}
        shared = shares(values, players, orders, base.seed)
    except (ModelError, ResultError):
        raise
    except ValueError as error:
        raise ModelError(str(error)) from error
    regime = coalitions.regimes[-1]
    return Sharing(
        over, regime, base.baseline, base.title, players, coalitions.titles(base), tuple(shared), values, view,
        headline_terms(base, regime, view), coalitions.regimes,
    )  # fmt: skip


def _regimes(base: Scenario, over: str, regimes: Sequence[str]) -> tuple[str, ...]:
    """Check what is asked for; default the last regime, or the whole ladder."""
    if over not in OVER:
        raise ModelError(f"shares are over {' or '.join(OVER)}, not '{over}'")
    there = [name for name in dict.fromkeys(w.regime for w in base.worlds) if name != base.baseline]
    unknown = [name for name in regimes if name not in there]
    if unknown or not there:
        raise ModelError(f"there is no regime '{', '.join(unknown)}'; there are {', '.join(there) or 'none'}")
    if over == "agencies" and len(regimes) > 1:
        raise ModelError(f"agencies join one regime; {len(regimes)} are given")
    return tuple(regimes) or tuple(there if over == "mechanisms" else there[-1:])
