"""Coalitions of a config: agencies that join a regime, or mechanisms of a ladder of regimes; each is run once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

from sim.arrays import FloatArray
from sim.config.check.problems import Findings
from sim.config.loading import find, load, scenario_of, tree_of
from sim.config.text.merge import put
from sim.config.text.source import Origin, Tree
from sim.config.text.source import plain as bare
from sim.config.text.writing import to_yaml
from sim.config.translate.model import config_of
from sim.economics.shapley import Coalition
from sim.errors import ModelError, ResultError
from sim.model.spec import Scenario
from sim.runs.draw_store import DrawStore
from sim.runs.ensemble import batches_of, run_batches, simulate
from sim.runs.executors import Batch
from sim.runs.identity import code_version
from sim.studies.shapley.answer import (
    VIEWS,
    Sharing,
    by_replication,
    coalitions_needed,
    headline_terms,
    named,
    number_of,
    shares,
    solved,
)
from sim.studies.shapley.joining import coalition_scenario, joint_regime
from sim.studies.uncertainty.answer import Solved

Tell = Callable[[int, int], None]
OVER = ("agencies", "mechanisms")
BATCH = 8
"""Coalitions that run beside one baseline."""
FEWEST = 2
"""Players among whom something can be shared."""
_HERE = Origin("a coalition")


@dataclass(frozen=True)
class Mechanism:
    """What one rung of a ladder adds to the rung below: entries that it sets and entries that it takes away."""

    name: str
    sets: Mapping[str, Tree]
    drops: frozenset[str]


@dataclass(frozen=True)
class Question:
    """How coalitions of a config are made; small enough to be sent to other processes."""

    path: str
    sets: tuple[str, ...]
    over: str
    regimes: tuple[str, ...]
    players: tuple[str, ...] = ()
    coalitions: tuple[Coalition, ...] = ()

    def __call__(self, batch: Batch) -> list[Solved]:
        """Run some coalitions beside one baseline."""
        chosen = self.coalitions[batch.first : batch.first + batch.count]
        return solved(simulate(self.scenario(chosen), rows=False), self.players, chosen)

    def found_players(self) -> tuple[str, ...]:
        """Name those who form coalitions."""
        if self.over == "agencies":
            return joint_regime(self._loaded(), self.regimes[-1]).agencies
        return tuple(one.name for one in self.mechanisms())

    def scenario(self, coalitions: Sequence[Coalition]) -> Scenario:
        """Make the scenario of some coalitions, under the first evidence set."""
        worlds = {named(coalition, self.players): coalition for coalition in coalitions}
        if self.over == "mechanisms":
            return self._of_mechanisms(worlds)
        base = self._loaded()
        return coalition_scenario(base, joint_regime(base, self.regimes[-1]), worlds)

    def _loaded(self) -> Scenario:
        return load(self.path, self.sets)

    def mechanisms(self) -> tuple[Mechanism, ...]:
        """Give what each rung of the ladder adds to the one below it."""
        tree = self._tree()
        regimes = tree.mapping["regimes"].mapping
        below: Mapping[str, Tree] = {}
        found = []
        for name in self.regimes:
            own = regimes[name].mapping["set"].mapping if "set" in regimes[name].mapping else {}
            new = {path: value for path, value in own.items() if path not in below or bare(below[path]) != bare(value)}
            drops = frozenset(path for path in below if path not in own)
            if new or drops:
                found.append(Mechanism(name, new, drops))
            below = own
        return tuple(found)

    def _of_mechanisms(self, coalitions: Mapping[str, Collection[str]]) -> Scenario:
        """Lay the entries of each coalition's mechanisms over each other, in the order of the ladder."""
        tree = self._tree()
        regimes = tree.mapping["regimes"]
        config = config_of(tree, Findings(tree))
        first = (config.baseline if config is not None else None) or next(iter(regimes.mapping))
        last = regimes.mapping[self.regimes[-1]]
        made = {first: regimes.mapping[first]}
        for name, members in coalitions.items():
            entries: dict[str, Tree] = {}
            for one in (one for one in self.mechanisms() if one.name in members):
                entries = {path: value for path, value in entries.items() if path not in one.drops} | dict(one.sets)
            laid = Tree(entries, _HERE, dict.fromkeys(entries, _HERE))
            made[name] = last.with_entries({**last.mapping, "set": laid}, {**last.keys, "set": _HERE})
        every = Tree(made, regimes.origin, dict.fromkeys(made, _HERE))
        tree = tree.with_entries({**tree.mapping, "regimes": every}, tree.keys)
        return scenario_of(tree, find(self.path))

    def _tree(self) -> Tree:
        """Read the config with its first evidence set alone."""
        tree = tree_of(self.path, self.sets)
        config = config_of(tree, Findings(tree))
        if config is None or not config.effect_set:
            return tree
        one = Tree((Tree(config.effect_set[0], _HERE),), _HERE)
        return put(tree, "effect_set", one, _HERE, [], "")

    def digest(self) -> str:
        """Say what values are of: the config, who is asked about, and the program."""
        told = [to_yaml(tree_of(self.path, self.sets)), self.over, *self.regimes, code_version()]
        return sha256("\n".join(told).encode()).hexdigest()


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
    base = load(path, sets)
    asked = Question(str(path), tuple(sets), over, _regimes(base, over, regimes))
    if view not in VIEWS:
        raise ModelError(f"there is no view '{view}'; there are {', '.join(VIEWS)}")
    try:
        players = asked.found_players()
        if len(players) < FEWEST:
            raise ValueError(f"there are {len(players)} {over} to share among; give at least {FEWEST}")
        needed = coalitions_needed(players, orders, base.seed)
        asked = replace(asked, players=players, coalitions=tuple(needed))
        values = _values(asked, view, workers, keep, tell)
        found = shares(values, players, orders, base.seed)
    except (ModelError, ResultError):
        raise
    except ValueError as error:
        raise ModelError(str(error)) from error
    titles = _titles(base, asked)
    return Sharing(
        over, asked.regimes[-1], base.baseline, base.title, players, titles, tuple(found), values, view,
        headline_terms(base, asked.regimes[-1], view), asked.regimes,
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


def _values(
    asked: Question, view: str, workers: int, keep: Path | None, tell: Tell | None
) -> dict[Coalition, FloatArray]:  # fmt: skip
    """Run the coalitions that are not known yet and give the value of each by replication."""
    store = DrawStore(keep, asked.digest()) if keep is not None else None
    known = store.known() if store is not None else {}
    numbers = [number_of(coalition, asked.players) for coalition in asked.coalitions]
    missing = [i for i, number in enumerate(numbers) if number not in known]
    done = run_batches(asked, batches_of(missing, BATCH), workers, None)
    with closing(done):
        for some in done:
            known |= {one.draw: one for one in some}
            if store is not None:
                store.add(some)
            if tell is not None:
                tell(sum(number in known for number in numbers), len(numbers))
    return {c: by_replication(known[n], view) for c, n in zip(asked.coalitions, numbers, strict=True)}


def _titles(base: Scenario, asked: Question) -> dict[str, str]:
    """Say what each player is: an agency's full name, or the title of the rung that adds a mechanism."""
    if asked.over == "agencies":
        return {name: base.agencies.get(name, name) for name in asked.players}
    tree = tree_of(asked.path, asked.sets)
    config = config_of(tree, Findings(tree))
    return {name: config.regimes[name].title or name if config is not None else name for name in asked.players}
