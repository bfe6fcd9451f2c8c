"""The best setting within a budget: searches against brute force, knees by construction, frontiers against theory."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from matplotlib.axes import Axes

from sim.config.loading import load
from sim.errors import ModelError
from sim.results.dataset import to_dataset
from sim.results.worlds import world_names
from sim.runs import kept
from sim.studies.optimise.answer import Lever, Tried, best_of, search
from sim.studies.optimise.capacity import erlang_wait, knee, use_of
from sim.studies.optimise.exhibits import best_table, frontier_table, plot_frontier, plot_settings, write_optimum
from sim.studies.optimise.levers import lever_of, staffed
from sim.studies.optimise.question import optimise
from tests import synthetic
from tests.clear_text import faults_of
from tests.places import AGENCIES, KEY_WORKERS

QUEUE, EXACT = KEY_WORKERS, AGENCIES
LEVERS = [Lever("a", 0.0, 10.0, 1.0), Lever("b", 0.0, 10.0, 1.0)]


def made_up(places):
    """Value is highest at (7, 3); each step of either lever costs 1."""
    return {
        (i, j): Tried((i, j), (float(i), float(j)), np.array([-((i - 7.0) ** 2) - 2 * (j - 3.0) ** 2 + 0.5 * i * j]),
                      np.array([float(i + j)]), {})
        for i, j in places
    }  # fmt: skip


@pytest.mark.parametrize("budget", [None, 8.0, 0.0])
def test_search_finds_what_brute_force_finds(budget):
    """Concave with a budget along both axes: the whole grid is 121 points, the search runs fewer."""
    whole = made_up(product(range(11), range(11)))
    brute = best_of(whole, budget)
    found = search(made_up, LEVERS, budget, most=90)
    assert not found.whole
    assert len(found.tried) < 90
    if budget is None:
        assert found.best.place == brute.place
    else:  # a search along axes may stop on the edge of the budget, but never beyond it
        assert found.best.spend[0] <= budget
    assert search(made_up, LEVERS, budget, most=121).best.place == brute.place
    assert search(made_up, LEVERS, -1.0, most=121).best is None


def test_a_knee_lies_farthest_above_the_chord():
    x = np.arange(7.0)
    assert knee(x, np.minimum(x, 3.0)) == 3.0
    assert knee(x, -np.maximum(x - 4.0, 0.0)) == 4.0
    assert knee(x, 2 * x + 1) is None
    assert knee(x, x**2) is None
    assert knee(x[:2], x[:2]) is None


def test_a_load_is_of_the_time_for_which_a_service_is_open():
    """Little's law: where nobody waits, who joins a month times the mean stay is the mean number helped, since then."""
    study = synthetic.scenario()
    ds = to_dataset(study, synthetic.layout(study), synthetic.records(study))
    team, queue = (ds[name].copy(deep=True) * 0.0 for name in ("team", "queue"))
    opens = ds.sizes["step"] // 2
    for series, level in (("places", 6.0), ("engaged", 4.0), ("workers", 1.0)):
        team.loc[{"team_series": series}] = np.where(np.arange(ds.sizes["step"]) >= opens, level, 0.0).reshape(-1, 1)
    for count in ("joined", "admitted"):
        queue.loc[{"queue_count": count}] = 12.0
    made = ds.assign(team=team, queue=queue)
    use = use_of(made, world_names(made)[0], "keyworker")
    assert use["load"] == pytest.approx(4.0)
    assert (use["wait"], use["posts"], use["places"]) == (0.0, 1.0, 6.0)


def test_optimum_of_runs_is_that_of_brute_force():
    """Exact runs; help that costs more the keener it is, so that the budget binds inside the grid."""
    levers = [lever_of("parameters.face=0.1:0.9:0.2"), lever_of("parameters.keen=0.5:2:0.5")]
    sets = ["costs.advice cases.price.value=4000", "clock.steps=12"]
    whole = optimise(EXACT, "together", levers, sets, budget=900_000, most=20)
    part = optimise(EXACT, "together", levers, sets, budget=900_000, most=19)
    assert whole.found.whole
    assert not part.found.whole
    brute = max((t for t in whole.found.tried.values() if t.spend[0] <= 900_000), key=lambda t: t.score)
    assert whole.found.best == brute
    assert part.found.best.place == brute.place
    over = max(whole.found.tried.values(), key=lambda t: t.score)
    assert over.spend[0] > 900_000 or over.place == brute.place
    assert whole.frontier is None


@pytest.fixture(scope="module")
def posts(tmp_path_factory):
    keep = tmp_path_factory.mktemp("settings") / "settings.jsonl"
    lever = lever_of("posts:keyworker=4:24:4")
    return optimise(QUEUE, "with_key_workers", [lever], keep=keep), keep, lever


def test_more_posts_cost_in_proportion_and_shorten_waits(posts):
    """8 posts at £45,000 for 3.5 years; on common random numbers no wait grows with posts."""
    found = posts[0]
    points = found.frontier.points
    assert [float(p.spend.mean()) for p in points] == pytest.approx([p.point[0] * 45_000 * 3.5 for p in points])
    waits = [p.use["keyworker"]["wait"] for p in points]
    assert np.all(np.diff(waits) < 0.02)
    assert waits[0] > 3
    erlang = [erlang_wait(p.use["keyworker"]) for p in points]
    assert np.all(np.diff(erlang) < 0)
    assert [p.use["keyworker"]["places"] for p in points] == pytest.approx([6 * p.point[0] for p in points])


def test_value_bends_where_waits_end(posts):
    """Posts beyond the load stand idle: each costs its wage and brings nothing, so that value falls in a line."""
    lines = posts[0].frontier
    assert 8 <= lines.knee.mean <= 16
    assert lines.knee.low <= lines.knee.mean <= lines.knee.high
    idle = [p for p in lines.points if p.point[0] >= 16]
    assert np.diff([p.score for p in idle]) == pytest.approx(-4 * 45_000 * 3.5, rel=0.02)
    assert 48 < lines.needed < 144


def test_the_baseline_of_settings_is_run_once(posts, monkeypatch):
    """What it was for the first four is taken for the others, and each setting comes to what it did before."""
    whole: list[int] = []

    def counted(scenario, **settings):
        whole.append(len(scenario.worlds))
        return keep(scenario, **settings)

    keep = kept.keep
    monkeypatch.setattr(kept, "keep", counted)
    lever = lever_of("posts:keyworker=2:24:2")
    found = optimise(QUEUE, "with_key_workers", [lever]).found.tried
    assert whole == [5]
    for tried in posts[0].found.tried.values():
        same = next(one for one in found.values() if one.point == tried.point)
        assert np.array_equal(same.net, tried.net)
        assert np.array_equal(same.spend, tried.spend)


def test_settings_are_kept(posts):
    found, keep, lever = posts
    before = keep.read_text(encoding="utf-8")
    again = optimise(QUEUE, "with_key_workers", [lever], keep=keep)
    assert keep.read_text(encoding="utf-8") == before
    assert again.found.best.point == found.found.best.point
    assert best_table(again) == best_table(found)


def test_a_threshold_in_a_text():
    text = "services.keyworker.refer.when: crisis >= {x}"
    found = optimise(QUEUE, "with_key_workers", [lever_of(f"{text}=1:2:1")], ["clock.steps=18", "replications=2"])
    low, high = (found.found.tried[place,].net.mean() for place in (0, 1))
    assert low != high
    at_default = optimise(
        QUEUE, "with_key_workers", [lever_of("parameters.threshold=1:2:1")], ["clock.steps=18", "replications=2"]
    )
    assert (low, high) == tuple(at_default.found.tried[place,].net.mean() for place in (0, 1))


def test_figures_tables_and_page(posts, tmp_path):
    found = posts[0]
    assert isinstance(plot_settings(found), Axes)
    assert faults_of(plot_settings, found) + faults_of(plot_frontier, found.frontier) == []
    assert isinstance(plot_frontier(found.frontier), Axes)
    assert best_table(found).rows[0][-1] == "best"
    assert len(frontier_table(found.frontier).rows) == 6
    write_optimum(tmp_path, found)
    assert (tmp_path / "optimum.html").stat().st_size > 10_000
    assert len((tmp_path / "frontier.csv").read_text(encoding="utf-8").splitlines()) == 7


@pytest.mark.parametrize(
    "text",
    ["", "posts:keyworker", "a=1", "a=2:1", "a=1:2:0", "a=1:2:x", "=1:2", "a=0:1:0.0001", "a=1:2:3:4", "a=0:inf"],
)
def test_levers_that_are_none_are_refused(text):
    with pytest.raises(ModelError):
        lever_of(text)


@pytest.mark.parametrize(
    ("lever", "message"),
    [
        ("posts:nobody=1:2:1", "no service 'nobody'"),
        ("posts:keyworker=-1:1:1", "number >= 0"),
        ("posts:keyworker@moon=1:2:1", "in the area 'moon'"),
        ("parameters.nothing=1:2:1", "nothing"),
        ("services.keyworker.refer.when: crisis >= 1=1:2:1", "{x}"),
    ],
)
def test_levers_that_do_not_suit_the_config_are_refused(lever, message):
    with pytest.raises(ModelError, match=message):
        optimise(QUEUE, "with_key_workers", [lever_of(lever)], ["clock.steps=12", "replications=1"])


def test_a_service_has_so_many_posts_when_it_has_most_and_its_shares_at_other_dates():
    model = next(w.model for w in load("one_area", ["queues=teams"]).worlds if w.regime == "integrated")
    team, given = (m.chain("keyworker").service.team for m in (model, staffed(model, "keyworker", 40.0)))
    levels, fresh = ([sum(p.values()) for p in (t.workers, *(p for _, p in t.funding))] for t in (team, given))
    assert max(fresh) == pytest.approx(40.0)
    assert fresh == pytest.approx([40.0 * level / max(levels) for level in levels])
    assert max(levels) > min(levels) > 0
