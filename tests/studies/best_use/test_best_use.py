"""The best use of a sum of money: exchanges against closed forms and brute force, equal spending, and its digest."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

import sim
from sim.cli import app
from sim.config.loading import load
from sim.errors import ModelError
from sim.report.tables import headline
from sim.runs.fits import with_fits
from sim.studies.best_use.answer import PARTS, BestUse, in_parts, search
from sim.studies.best_use.exhibits import saved_table, use_table
from sim.studies.best_use.keeping import date_of
from sim.studies.best_use.question import TOLERANCE, best_use
from sim.studies.best_use.runs import posts_at
from tests.places import STUDIES

STUDY = (STUDIES / "best_use.yaml").read_text(encoding="utf-8")


def written(folder: Path, old: str = "", new: str = "") -> Path:
    assert old in STUDY
    path = folder / "study.yaml"
    path.write_text(STUDY.replace(old, new) if old else STUDY, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("best_use"))


@pytest.fixture(scope="module")
def found(path: Path) -> BestUse:
    return best_use(path, share=1.0, replications=2)


WEIGHTS = np.array([1.0, 2.0, 3.0, 0.0])
"""Saved is the sum of weight x sqrt(part of the money): highest where parts go as the squares of the weights."""


def concave(noise: float = 0.0):
    """Give what ways save in three replications; the noise of a replication is shared by all, and a little is not."""
    rng = np.random.default_rng(1)
    shared = rng.normal(0, 10, 3)

    def evaluate(ways):
        own = [np.random.default_rng(hash(way) % 2**32).normal(0, noise, 3) for way in ways]
        return {
            way: WEIGHTS @ np.sqrt(np.array(way) / PARTS) + shared + mine for way, mine in zip(ways, own, strict=True)
        }

    return evaluate


def every_way(services: int):
    """List all ways to share the parts."""
    for cuts in combinations(range(PARTS + services - 1), services - 1):
        ends = (-1, *cuts, PARTS + services - 1)
        yield tuple(b - a - 1 for a, b in pairwise(ends))


@pytest.mark.parametrize("start", [(5, 5, 5, 5), (0, 0, 0, 20), (20, 0, 0, 0)])
def test_exchanges_find_the_closed_form_of_a_concave_sum(start):
    evaluate = concave()
    found = search(evaluate, [start])
    best = max(every_way(4), key=lambda way: WEIGHTS @ np.sqrt(np.array(way)))
    assert found.best == best
    assert np.abs(np.array(best) - PARTS * WEIGHTS**2 / (WEIGHTS**2).sum()).max() < 1
    assert len(found.tried) < 100  # of 1,771


def test_noise_that_all_ways_share_changes_nothing_and_noise_of_their_own_stops_the_search_early():
    quiet, loud = (search(concave(noise), [(5, 5, 5, 5)]) for noise in (1e-6, 1.0))
    assert quiet.best == search(concave(), [(5, 5, 5, 5)]).best
    assert WEIGHTS @ np.sqrt(np.array(loud.best)) <= WEIGHTS @ np.sqrt(np.array(quiet.best))
    assert quiet.last(3)[0] == quiet.best
    assert len(quiet.last(3)) == 3


@given(st.lists(st.floats(0, 1e9), min_size=1, max_size=9).filter(lambda money: sum(money) > 0))
def test_parts_sum_to_the_whole_and_are_within_one_of_it(money):
    parts = np.array(in_parts(money))
    assert parts.sum() == PARTS
    assert (np.abs(parts - np.array(money) / sum(money) * PARTS) < 1 + 1e-9).all()


def test_nothing_cannot_be_shared():
    for money in ([0.0, 0.0], [1.0, -1.0], [np.nan]):
        with pytest.raises(ValueError, match="to share"):
            in_parts(money)
    with pytest.raises(ValueError, match="a start"):
        search(concave(), [])


def test_money_goes_to_the_service_that_helps(found):
    """The clinic does nothing, and advice has a queue: the best use is advice alone."""
    assert found.shares == (PARTS, 0)
    assert found.levels["clinic"] == [(6, 9.0), (12, 9.0)]
    (_, half), (_, all_there) = found.levels["advice"]
    assert half - 4 == pytest.approx((all_there - 4) / 2)  # the money comes as the key workers' does
    assert (found.gap > 0).all()
    assert found.saved["best"].mean() > found.saved["pro_rata"].mean()
    assert found.places["advice"].added > 0
    assert 0 < found.places["advice"].added_used <= 1
    assert "second best" in str(saved_table(found).rows)
    assert use_table(found).rows[0][1] == "100%"


def test_a_run_of_the_written_regime_spends_what_the_other_spends(path, found):
    """The file is the study's own: its posts stand there, and a run of it says the same as the search did."""
    scenario = load(path, ["replications=1"])
    appraised = sim.appraise(sim.simulate(scenario, rows=False))
    views = [appraised.of(name).view("narrow", "fiscal") for name in ("best_use", "integrated")]
    mine, theirs = (float(view.intervention.amount[0]) for view in views)
    assert abs(mine / theirs - 1) <= TOLERANCE
    assert (mine, theirs) == pytest.approx(found.spent)
    assert "# How the money is best spent." in path.read_text(encoding="utf-8")
    assert "clinic.team.workers: {total" not in path.read_text(encoding="utf-8").split("best_use:")[1]


def test_posts_of_a_layer_beneath_do_not_come_back_for_a_service_that_is_given_none(tmp_path):
    """A study that builds on another with a best use of its own: what is written has the posts that were found."""
    (tmp_path / "study.yaml").write_text(STUDY, encoding="utf-8")
    beneath = "regimes:\n  best_use:\n    set:\n      services.clinic.team.workers: {total: 30}\n"
    beneath += "      services.clinic.team.funding: [{from: 2012-04, workers: {total: 40}}]\n"
    (tmp_path / "beneath.yaml").write_text(f"extends: study.yaml\n{beneath}", encoding="utf-8")
    own = "regimes:\n  best_use:\n    title: the best use\n    set: {}\n"
    (tmp_path / "above.yaml").write_text(f"extends: beneath.yaml\n{own}", encoding="utf-8")
    found = best_use(tmp_path / "above.yaml", share=1.0, replications=2)
    assert found.shares == (PARTS, 0)
    model = next(w for w in load(tmp_path / "above.yaml").worlds if w.regime == "best_use").model
    clinic = next(chain for chain in model.chains if chain.name == "clinic")
    assert [posts_at(clinic, point) for point, _ in found.levels["clinic"]] == [9.0, 9.0]


def test_posts_that_a_run_would_not_have_are_refused_and_nothing_is_written(tmp_path):
    path = written(tmp_path)
    before = path.read_bytes()
    over = 'regimes.best_use.set."services.clinic.team.workers"={total: 30}'
    with pytest.raises(ModelError, match="posts of clinic are set elsewhere"):
        best_use(path, [over], share=1.0, replications=2)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "elsewhere"),
    [
        ("replications=5", ()), ("clock.steps=60", ()), ("costs.acute.price.value=16000", ("best_use",)),
        ("costs.advisers.price.value=31000", ("best_use",)), ("chains.crisis.rates.acute -> calm=0.5", ("best_use",)),
        ("regimes.integrated.set.\"services.keyworker.team.workers\"={total: 4}", ("best_use",)),
        ("regimes.best_use.set.\"services.advice.team.workers\"={total: 4}", ("best_use",)),
        ("appraisal={horizon: 2}", ("best_use",)),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("found")
def test_what_was_found_in_another_model_is_stale(path, change, elsewhere):
    assert with_fits(load(path, [change])).found_elsewhere == elsewhere


@pytest.mark.usefixtures("found")
def test_a_run_says_so_in_one_line(path):
    said = "best_use was found in another model"
    for sets, count in (([], 0), (["costs.acute.price.value=16000"], 1)):
        ds = sim.simulate(load(path, ["replications=1", *sets]))
        assert headline(sim.summarise(ds)).note.count(said) == count


CLINICIANS = next(line + "\n" for line in STUDY.splitlines() if "name: clinicians" in line)
KEY_WORKERS = next(line.partition("2011-10, ")[2][:-1] for line in STUDY.splitlines() if "integrated:" in line)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  best_use:", "  other:", r"study.yaml:\d+:\d+: regimes: has no 'best_use', .*without, other, integrated"),
        ("services.clinic.team.workers: {total: 12}", "services.clinic.consent: 1.0",
         r"study.yaml:\d+:\d+: regimes.best_use.set.services.clinic.consent: may set posts alone"),
        ("start: 2011-10\n", "start: 2012-04\n", r"study.yaml:\d+:\d+: regimes.best_use.start: .*the same start"),
        (KEY_WORKERS, "set: {services.advice.consent: 1.0}", r"study.yaml:\d+:\d+: regimes.integrated: .*adds no post"),
        ("{total: 4}", "{total: 4}, funding: [{from: 2012-04, workers: 5}]",
         r"study.yaml:\d+:\d+: regimes.integrated: services.advice: its posts of today change by 'funding'"),
        (CLINICIANS, "", "services.clinic.team: more posts cost nothing"),
    ],
    ids=["no such regime", "sets more than posts", "another start", "no posts", "funding", "free posts"],
)  # fmt: skip
def test_what_cannot_be_searched_is_refused(tmp_path, old, new, said):
    with pytest.raises(ModelError, match=said):
        best_use(written(tmp_path, old, new), share=1.0, write=False)


def test_the_command_says_where_the_money_goes_and_what_it_saves(tmp_path):
    path = written(tmp_path)
    done = CliRunner().invoke(app, ["best-use", str(path), "--share", "1", "--replications", "1", "--dry-run"])
    assert done.exit_code == 0, done.output
    assert "advice" in done.stdout
    assert "shared as posts are paid today" in done.stdout
    assert path.read_text(encoding="utf-8") == STUDY


def test_the_baseline_is_not_searched_for(tmp_path):
    with pytest.raises(ModelError, match=r"study.yaml:\d+:\d+: regimes.without: is the baseline"):
        best_use(written(tmp_path), regime="without", write=False)


def test_points_of_time_are_written_as_months_where_they_are_months(path):
    clock = load(path).worlds[0].model.clock
    assert [date_of(clock, point) for point in (0, 9, 12)] == ["2011-04", "2012-01", "2012-04"]
