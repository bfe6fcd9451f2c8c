"""What the application shows is what `families run` of the saved position says, to the last digit."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import xarray as xr

from sim.app.levers.listed import levers
from sim.app.levers.position import as_sets, position, to_yaml
from sim.app.levers.study import open_study
from sim.app.pages.house import of_bench
from sim.app.work import drawing
from sim.app.work.bench import Bench
from sim.app.work.grid import Grid, Point
from sim.app.work.job import OF_STUDY, Job
from sim.app.work.repricing import POUNDS, SQUARES, repriced
from sim.app.work.six import KINDS, NOT_TOLD, changes, per_family, six
from sim.app.work.surface import told
from sim.config.loading import load
from sim.economics.summary import summarise
from sim.intervals import over_replications
from sim.runs.beliefs.doubt import read_draws
from sim.runs.ensemble import simulate
from sim.table import all_plain
from tests.economics.priced import chance, dataset
from tests.places import APPLICATION, CONFIGS
from tests.studies.assure.made import bridge

MOVED = {"caseload": 8, "posts": 45, "effect": 50, "post_price": 4500, "horizon": 3}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return open_study(str(APPLICATION), tmp_path_factory.mktemp("scratch"))


@pytest.fixture(scope="module")
def bench(study):
    return Bench(of_bench(study))


def sets_of(study, **values):
    return tuple(as_sets(position(levers(study), values).settings(levers(study), but=("reading",))))


def test_a_position_is_what_a_run_of_its_saved_config_gives(study, bench, tmp_path):
    """Through the kept start: first the study, one replication, then moved, all replications."""
    assert bench.do(Job("figures", "measured", (), 1)).how == "simulated whole"
    done = bench.do(Job("figures", "measured", sets_of(study, **MOVED)))
    assert done.why == ""
    saved = tmp_path / "saved.yaml"
    saved.write_text(to_yaml(study.extends, "moved", levers(study), position(levers(study), MOVED)), encoding="utf-8")
    summary = summarise(simulate(load(saved, [*study.quick, "effect_set=[measured]"]), rows=False))
    world = study.world("measured")
    assert json.dumps(all_plain(done.found.answer), sort_keys=True) == json.dumps(
        summary["answer"][world], sort_keys=True
    )
    assert done.found.net["siloed"] == pytest.approx(
        next(
            one["ledgers"]["narrow"]["fiscal"]["net"]["mean"]
            for one in summary["appraisal"]["comparisons"] if one["name"] == world
        ),
        rel=1e-12,
    )  # fmt: skip


def test_only_what_was_touched_is_simulated(study, bench):
    bench.do(Job("figures", "measured", (), 1))
    moved = bench.do(Job("figures", "measured", sets_of(study, caseload=10), 1))
    assert "taken as before: siloed/measured" in moved.how
    assert "from the start of the regime: integrated/measured" in moved.how
    priced = bench.do(Job("figures", "measured", sets_of(study, caseload=10, post_price=3000), 1))
    assert "simulated" not in priced.how
    posts = [one.found.money("cost_per_family_helped")["posts"] for one in (moved, priced)]
    assert posts[1] == pytest.approx(posts[0] * 3000 / 3925, rel=1e-9)


def test_what_cannot_be_is_said(bench):
    done = bench.do(Job("figures", "measured", ("parameters.nothing=1",), 1))
    assert done.found is None
    assert "parameters" in done.why


def test_a_fault_of_the_program_is_told_as_one_and_ends_no_worker(bench, monkeypatch):
    def fails(job):
        raise TypeError("no digest")

    monkeypatch.setattr(bench, "_do", fails)
    done = bench.do(Job("figures", "measured"))
    assert done.found is None
    assert done.why == "something went wrong in the program, please report it: TypeError: no digest"
    monkeypatch.setenv("FAMILIES_DEBUG", "1")
    with pytest.raises(TypeError):
        bench.do(Job("figures", "measured"))


def test_the_words_hold_the_figures(bench):
    held = bench.do(Job("figures", "measured", (), 1)).found
    assert held.told.startswith("If ")
    assert "pays for itself" in held.told
    assert len(six(held)) == 6
    care = held.account["looked_after_per_1000"]
    assert six(held)[2].number == f"{care['without']:.1f} → {care['with']:.1f}"
    assert {one.chance for one in six(held)} == {NOT_TOLD}


def test_each_figure_has_its_chance_and_a_change_its_own(study, bench):
    """Chance is the t-interval over replications, of a change that of the differences within them."""
    held = bench.do(Job("figures", "measured")).found
    n = study.replications
    assert {len(held.each[kind.name]) for kind in KINDS} == {n}
    assert all(one.chance.endswith("by chance") for one in six(held))
    saved, care = held.money("saved_per_family_helped"), held.account["looked_after_per_1000"]
    found = over_replications(held.each["saved"])
    assert (found.mean, found.low, found.high) == pytest.approx((saved["mean"], saved["low"], saved["high"]), rel=1e-9)
    assert np.mean(held.each["per_1000"]) == pytest.approx(care["with"] - care["without"], abs=2.0)  # not pooled
    assert np.mean(held.each["yearly"]) == pytest.approx(held.yearly, rel=1e-12)
    helped = held.answer["programme"]["families"] * n
    assert np.average(held.net_each["siloed"]) == pytest.approx(held.net["siloed"] * n / helped, rel=0.05)
    dearer = bench.do(Job("figures", "measured", sets_of(study, post_price=5000))).found
    rows = {row[0]: row[3] for row in changes(dearer, held, is_alike=True)}
    assert rows["saved for each family helped"] == "nothing"  # what a post costs is not saved
    assert rows["help costs a year, at full scale"].startswith("+£")
    assert {row[3] for row in changes(dearer, held, is_alike=False)} == {"–"}
    assert "±" in per_family(held, "siloed")


def test_screens_are_drawn_by_the_functions_of_the_report(bench):
    names, tables = bench.do(Job("screen", "measured", (), 1, "money")).found
    assert "payers" in names
    assert "What each family helped saves" in {table.title for table in tables}
    drawn = bench.do(Job("draw", "measured", (), 1, "payers")).found
    assert drawn.svg.startswith("<svg")
    assert drawn.table.rows
    assert bench.do(Job("draw", "measured", (), 1, "../../etc/passwd")).found is None


def test_what_is_paid_varies_as_its_price_does():
    """Twice the price of a line: twice its pounds, and twice their spread, in every table that holds either."""
    ds = dataset(chance(), noise=2.0)
    made = repriced(ds, {"care": 2.0})
    for name in (*POUNDS, *SQUARES):
        if name in ds:
            once, times = ds[name], 4.0 if name in SQUARES else 2.0
            xr.testing.assert_allclose(made[name].sel(line="care"), times * once.sel(line="care"))
            xr.testing.assert_identical(made[name].drop_sel(line="care"), once.drop_sel(line="care"))
    assert ds["area_cost_var"].sel(line="care").any()


def test_what_is_kept_of_the_unmoved_study_is_drawn_under_its_reading(bench, monkeypatch):
    """The toy has no draws and no bridge: those of the nation stand for its own."""
    names, _ = bench.do(Job("screen", "measured", (), 1, "sure")).found
    assert set(OF_STUDY) <= set(names)
    assert [bench.do(Job("draw", "measured", (), 1, name)).found for name in OF_STUDY] == [None] * len(OF_STUDY)
    kept = read_draws(CONFIGS / "draws" / "national.json")["integrated/measured"]
    monkeypatch.setattr(drawing, "doubt_of", lambda study: {"integrated/measured": kept})
    monkeypatch.setattr(drawing, "kept_bridge", lambda study: bridge())
    for name in OF_STUDY:
        assert bench.do(Job("draw", "measured", (), 1, name)).found.svg.startswith("<svg"), name
    assert bench.do(Job("draw", "no_effect", (), 1, "price_tornado")).found is None


def test_a_price_by_a_factor_is_the_price_of_the_config(study, bench):
    """Two prices moved by factors give what the config with these prices gives, to rounding (1e-9)."""
    at = position(levers(study), {"post_price": 3000, "care_price": 0.5})
    quick = bench.do(Job("figures", "measured", (), 1, factors=at.factors(levers(study)))).found
    whole = bench.do(Job("figures", "measured", sets_of(study, **at.values), 1)).found
    assert dict(at.factors(levers(study))) == {"keyworker staff": 3000 / 3925, "children looked after": 0.5}
    for what in ("saved_per_family_helped", "cost_per_family_helped", "break_even_price"):
        assert quick.money(what)["mean"] == pytest.approx(whole.money(what)["mean"], rel=1e-9)
    assert [quick.cash, quick.yearly, *quick.net.values(), *quick.displaced.values()] == pytest.approx(
        [whole.cash, whole.yearly, *whole.net.values(), *whole.displaced.values()], rel=1e-9
    )
    unmoved = bench.do(Job("figures", "measured", (), 1)).found
    assert unmoved.money("break_even_price")["mean"] != pytest.approx(quick.money("break_even_price")["mean"], rel=1e-3)


def test_a_surface_is_runs_of_its_points_and_breaks_even_where_they_say(study, bench):
    """Of two prices saved less spent is linear, so that the line of no gain is known from three points of the grid."""
    across, down = (lever for lever in levers(study) if lever.name in ("post_price", "care_price"))
    x, y = (3000.0, 4500.0, 6000.0), (0.5, 0.75, 1.0)
    points = tuple(
        Point((), position(levers(study), {across.name: first, down.name: second}).factors(levers(study)))
        for second in y for first in x
    )  # fmt: skip
    grid = Grid((across.title, down.title), x, y, points, (3925.0, 1.0))
    job = Job("surface", "measured", grid=grid)
    assert bench.do(replace(job, what="row", name="1")).found == len(x)
    drawn = bench.do(job).found
    assert drawn.svg.startswith("<svg")
    values = [bench.saved_less_spent(job, grid, point) for point in points]
    for i, second in enumerate(y):
        for j, first in enumerate(x):
            sets = sets_of(study, post_price=first, care_price=second)
            held = bench.do(Job("figures", "measured", sets)).found
            each = held.money("saved_per_family_helped")["mean"] - held.money("cost_per_family_helped")["mean"]
            assert values[3 * i + j] == pytest.approx(each, rel=1e-9)
    surface = told(grid, values)
    at = np.array(surface["value"])
    assert at[1, 1] == pytest.approx((at[0, 0] + at[2, 2]) / 2, rel=1e-9)
    slope = (at[2, 0] - at[0, 0]) / (y[2] - y[0])
    for j, crossing in enumerate(surface["crossing"]):
        expected = y[0] - at[0, j] / slope
        assert crossing == (pytest.approx(expected, abs=0.01) if y[0] <= expected <= y[2] else None)
    assert drawn.table.rows[0][0] == "0.5"


def test_a_lever_breaks_even_where_a_run_of_its_value_says_so(study, bench):
    """What is saved is linear in the price of care, so that nothing is lost but the steps in which a track is read."""
    y = (0.5, 0.75, 1.0)

    def crossing(of_posts: float) -> float | None:
        """Give where the price of care breaks even when posts cost so many times what they do."""
        points = tuple(Point((), (("keyworker staff", of_posts), ("children looked after", value))) for value in y)
        grid = Grid(("care_price", "care_price"), y[:1], y, points, (y[0], y[0]))
        return bench.do(Job("crossing", "measured", name="care_price", grid=grid)).found.value

    at = bench.do(Job("figures", "measured", sets_of(study, care_price=0.75))).found.breaks_even["keyworker staff"]
    assert crossing(at) == pytest.approx(0.75, abs=0.5 / 200)
    assert crossing(at * 100) is None
    assert crossing(at / 100) is None


def test_at_a_price_that_is_marked_nothing_is_gained_or_lost(study, bench):
    """Of a post and of a year in care; where others stand the mark moves with them."""
    held = bench.do(Job("figures", "measured", sets_of(study, care_price=0.9))).found
    for line in ("keyworker staff", "children looked after"):
        factor = held.breaks_even[line]
        moved = Job("figures", "measured", sets_of(study, care_price=0.9), factors=((line, factor),))
        found = bench.do(moved).found
        saved, cost = (found.money(f"{what}_per_family_helped")["mean"] for what in ("saved", "cost"))
        assert saved == pytest.approx(cost, rel=1e-9), line
    price = held.money("break_even_price")["mean"] / held.money("cost_per_family_helped")["posts"]
    assert held.breaks_even["keyworker staff"] == pytest.approx(price, rel=1e-9)
