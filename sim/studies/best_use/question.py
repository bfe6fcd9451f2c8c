"""Searches for the best use of a regime's money on today's services, at equal spending, and writes what it finds.

The regime that is searched for stands in a file as every other does; its posts are written there, with how they were
found and the digest of the models in which they were. What is searched is in ``sim.studies.best_use.answer``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import floor, log10
from pathlib import Path

from sim.arrays import FloatArray
from sim.config.loading import find, load, scenario_of, tree_of
from sim.config.text.source import Tree
from sim.errors import ModelError, Problem
from sim.model.spec import Scenario
from sim.runs.variants import settings_of
from sim.stages import SILENT, StageListener
from sim.studies.best_use.answer import PARTS, BestUse, Searched, Shares, in_parts, search
from sim.studies.best_use.keeping import keep
from sim.studies.best_use.runs import Came, Posts, Trials, trials

NAME, MONEY_OF = "best_use", "integrated"
TOLERANCE = 0.001
"""Spending that differs by no more, as a share of it, is equal."""
NEAR = 0.25
"""Of the tolerance: where scaling ends early, so that other replications still spend the same."""
SCALINGS = 8
FINALISTS = 4
"""Ways that are run again on replications of their own, from which the best and the second best are taken."""


def best_use(
    path: str | Path, sets: Sequence[str] = (), *, regime: str = NAME, money_of: str = MONEY_OF, share: float = 0.3,
    replications: int = 2, workers: int = 1, write: bool = True, at: StageListener = SILENT,
) -> BestUse:  # fmt: skip
    """Search for the best use of a regime's money on the services of today, and keep it.

    Parameters
    ----------
    path, sets
        The study, as for ``load``; what is found is that of its first evidence set.
    regime
        The one that is searched for.
    money_of
        The regime whose money it is.
    share
        Of the families, and of the posts that serve them, that a search follows. Spending is made equal on the whole.
    replications
        In which ways are told apart; as many again decide among the last few.
    workers
        Processes; what is found does not depend on it.
    write
        Write the posts, and how they were found, into the file of the regime.
    at
        Told where the work stands.

    Raises
    ------
    ModelError
        With the place, when the study has no such regime, one sets more than posts, or there is no money to spend.
    """
    tree, file = tree_of(path, sets), find(path)
    written = _regime_in(tree, regime)
    _regime_in(tree, money_of)
    scenario = scenario_of(tree, file)
    _check(scenario, tree, written, regime, money_of)
    made = _trials(scenario, tree, money_of, share, replications, workers)
    found = _found(made, regime, at)
    if write:
        at.stage("Writing the posts")
        keep(found, written, lambda: load(path, sets), _command(path, sets, regime, money_of, share, replications))
    return found


def _found(made: Trials, regime: str, at: StageListener) -> BestUse:
    """Search, decide among the last few in replications of their own, and make spending equal."""
    at.stage("What posts cost")
    cost = _cost_of_posts(made)
    at.stage("Ways to spend the money")
    searched = _search(made, cost, at)
    at.stage("The last few, in replications of their own")
    fresh = replace(made, scenario=replace(made.scenario, seed=made.scenario.seed + 1))
    last = searched.last(FINALISTS)
    pro_rata = _as_paid_today(made, cost)
    *saved, of_pro_rata = _saved(fresh, cost, [*last, pro_rata])
    order = sorted(range(len(last)), key=lambda i: -float(saved[i].mean()))
    first, second = order[0], order[min(1, len(order) - 1)]
    at.stage("Equal spending in the whole population")
    whole = replace(made, share=1.0, scenario=replace(made.scenario, replications=1))
    posts, came = _equal(whole, cost, last[first])
    return BestUse(
        regime, made.money.regime, made.money.effect_set, tuple(made.today), last[first], last[second], searched,
        {name: made.levels(name, posts[name]) for name in made.today},
        {"best": saved[first] / made.share, "second": saved[second] / made.share, "pro_rata": of_pro_rata / made.share,
         "money": fresh.target.saved / made.share},
        (float(came.spent.mean()), float(whole.target.spent.mean())), came.places,
        made.scenario.titles,
    )  # fmt: skip


def _command(
    path: str | Path, sets: Sequence[str], regime: str, money_of: str, share: float, replications: int
) -> str:  # fmt: skip
    """Write the command that finds the same again."""
    parts = ["families best-use", Path(path).stem, *(f"--set '{one}'" for one in sets)]
    parts += [f"--regime {regime}"] if regime != NAME else []
    parts += [f"--money-of {money_of}"] if money_of != MONEY_OF else []
    return " ".join([*parts, f"--share {share:g}", f"--replications {replications}"])


def _regime_in(tree: Tree, name: str) -> Tree:
    """Find a regime of the study."""
    there = tree.mapping["regimes"].mapping if "regimes" in tree.mapping else {}
    if name not in there:
        where = str(tree.mapping["regimes"].origin) if there else str(tree.origin)
        has = ", ".join(there) or "none"
        raise ModelError([Problem(where, "regimes", f"has no '{name}', which is asked for; there are {has}")])
    return there[name]


def _check(scenario: Scenario, tree: Tree, written: Tree, regime: str, money_of: str) -> None:
    """Refuse a regime that is more than posts, that begins at another time, or whose baseline is asked for."""
    key = f"regimes.{regime}"
    for path, value in settings_of(written).items():
        if not path.startswith("services.") or not path.endswith((".team.workers", ".team.funding")):
            rule = "may set posts alone (team.workers, team.funding of services): they are what is searched for"
            raise ModelError([Problem(str(value.origin), f"{key}.set.{path}", rule)])
    for name in (regime, money_of):
        if name == scenario.baseline:
            where = str(tree.mapping["regimes"].mapping[name].origin)
            raise ModelError([Problem(where, f"regimes.{name}", "is the baseline; ask for a regime beside it")])
    starts = {world.regime: world.start for world in scenario.worlds}
    if starts[regime] != starts[money_of]:
        rule = f"begins at step {starts[regime]} and '{money_of}', whose money it is, at step {starts[money_of]}"
        raise ModelError([Problem(str(written.origin), f"{key}.start", f"{rule}; give both the same start")])


def _trials(
    scenario: Scenario, tree: Tree, money_of: str, share: float, replications: int, workers: int
) -> Trials:  # fmt: skip
    """Make the runs; what they refuse is said with the place of the regime."""
    effect_set = scenario.worlds[0].effect_set
    try:
        return trials(scenario, effect_set, money_of, share=share, replications=replications, workers=workers)
    except ValueError as error:
        where = str(tree.mapping["regimes"].mapping[money_of].origin)
        raise ModelError([Problem(where, f"regimes.{money_of}", str(error))]) from error


def _cost_of_posts(made: Trials) -> dict[str, float]:
    """Give what a post more of each service costs over the horizon, with what else services cost for it.

    Each service alone is given as many posts again.
    """
    names = tuple(made.today)
    came = made.came([{**made.today, name: 2 * made.today[name]} for name in names])
    cost = {n: float(one.spent.mean()) / made.today[n] / made.share for n, one in zip(names, came, strict=True)}
    free = [name for name, pounds in cost.items() if pounds <= 0]
    if free:
        raise ModelError(f"services.{free[0]}.team: more posts cost nothing in the headline ledger, so that money does "
                         "not say how many there are; price them ('per: SERVICE.worker')")  # fmt: skip
    return cost


def _as_paid_today(made: Trials, cost: Mapping[str, float]) -> Shares:
    """Share the money as posts are paid today."""
    return in_parts([made.today[name] * cost[name] for name in made.today])


def _search(made: Trials, cost: Mapping[str, float], at: StageListener) -> Searched:
    """Search from three starts: as posts are paid today, evenly, and as each service does with all of the money."""
    done = 0

    def evaluate(wanted: Sequence[Shares]) -> dict[Shares, FloatArray]:
        nonlocal done
        found = dict(zip(wanted, _saved(made, cost, wanted), strict=True))
        done += len(wanted)
        at.say(f"{done} ways to spend the money; the best of the last {len(wanted)} saves "
               f"£{max(float(one.mean()) for one in found.values()) / made.share:,.0f}")  # fmt: skip
        return found

    n = len(made.today)
    alone = evaluate([tuple(PARTS if i == j else 0 for j in range(n)) for i in range(n)])
    worth = [max(float(saved.mean()), 0.0) for saved in alone.values()]
    starts = [_as_paid_today(made, cost), in_parts([1.0] * n), *([in_parts(worth)] if any(worth) else [])]
    return search(evaluate, starts, alone)


def _saved(made: Trials, cost: Mapping[str, float], ways: Sequence[Shares]) -> list[FloatArray]:
    """Say what ways to share the money save at equal spending, (replication,) each.

    What a way spends differs a little from the money, since assessments do not grow as posts do; what it saves is
    brought to the same spending in proportion.
    """
    target = float(made.target.spent.mean())
    came = made.came([_posts(made, cost, way, target / made.share) for way in ways])
    return [one.saved * (target / float(one.spent.mean())) for one in came]


def _posts(made: Trials, cost: Mapping[str, float], way: Shares, budget: float) -> dict[str, float]:
    """Turn parts of the money into posts at scale, on top of those of today."""
    return {
        name: made.today[name] + part / PARTS * budget / cost[name]
        for name, part in zip(made.today, way, strict=True)
    }  # fmt: skip


def _equal(whole: Trials, cost: Mapping[str, float], way: Shares) -> tuple[dict[str, float], Came]:
    """Scale the added posts of a way by one factor until it spends what the regime spends whose money it is."""
    budget = target = float(whole.target.spent.mean())
    tried: list[tuple[float, dict[str, float], Came]] = []
    while len(tried) < SCALINGS and (not tried or min(off for off, _, _ in tried) > NEAR * TOLERANCE):
        posts = _rounded(_posts(whole, cost, way, budget), whole.today)
        came = whole.came([posts])[0]
        mine = float(came.spent.mean())
        tried.append((abs(mine / target - 1), posts, came))
        budget *= target / mine
    off, posts, came = min(tried, key=lambda one: one[0])
    if off > TOLERANCE:
        raise ModelError(
            f"the best use spends {off:.2%} more or less than '{whole.money.regime}'; posts come no nearer than "
            f"{TOLERANCE:.1%}, since they are too few: take a larger population"
        )
    return posts, came


def _rounded(posts: Mapping[str, float], today: Posts) -> dict[str, float]:
    """Round posts to what can be written: one in ten thousand of all that are added."""
    added = sum(posts[name] - today[name] for name in posts)
    places = max(0, 4 - floor(log10(added))) if added > 0 else 0
    return {name: round(number, places) for name, number in posts.items()}
