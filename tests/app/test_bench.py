"""What the application shows is what `families run` of the saved position says, to the last digit."""

from __future__ import annotations

import json

import pytest
import xarray as xr

from sim.app.levers.listed import levers
from sim.app.levers.position import as_sets, position, to_yaml
from sim.app.levers.study import open_study
from sim.app.work import drawing
from sim.app.work.bench import OF_STUDY, Bench, BenchStudy, Job
from sim.app.work.headline import six
from sim.app.work.repricing import POUNDS, SQUARES, repriced
from sim.config.loading import load
from sim.economics.summary import summarise
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
    return Bench(BenchStudy(study.file, study.quick, study.regime, study.of_whole))


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


def test_the_words_hold_the_figures(bench):
    held = bench.do(Job("figures", "measured", (), 1)).found
    assert held.told.startswith("If ")
    assert "pays for itself" in held.told
    assert len(six(held)) == 6
    care = held.account["looked_after_per_1000"]
    assert six(held)[2][1] == f"{care['without']:.1f} → {care['with']:.1f}"


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
