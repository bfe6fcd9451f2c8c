"""Draws of the answer: their interval against closed forms, chance taken out, kept, sealed, taken by runs or refused.

In `doubtful.yaml` what help costs is linear in the price of a post, so that a draw's is known from a run without draws.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm
from typer.testing import CliRunner

from sim.cli import app
from sim.config.loading import load
from sim.config.text.source import plain, read
from sim.config.translate.fewer_areas import with_areas
from sim.economics.summary import summarise
from sim.economics.value.account_figures import account_figures
from sim.errors import ModelError, ResultError
from sim.model.spec import DrawnEffect, SetFit
from sim.report.figures.evidence.price_chances import share_at
from sim.runs.beliefs.doubt import WHY, Kept, doubt_of, read_draws
from sim.runs.beliefs.effects import at_ratio, drawn_ratios, effect_inputs, parameters_at
from sim.runs.ensemble import simulate
from sim.runs.points import Solved
from sim.runs.replications import for_accounts
from sim.studies.uncertainty.answer import DrawFacts, to_table
from sim.studies.uncertainty.inputs import study
from sim.studies.uncertainty.keeping import draw_answer, keep
from sim.studies.uncertainty.kept import accounts_of, of_inputs, without_chance
from sim.studies.uncertainty.question import solve_draw
from tests.places import DOUBTFUL, ROOT

RNG = np.random.Generator(np.random.PCG64(11))
MANY = 20_000
DRAWS = 3


def test_the_interval_is_that_of_the_inputs():
    """Inputs N(1, 2^2) with chance N(0, 1.5^2) of a known variance: 1 -+ 1.96 x 2, within 3% of the spread."""
    noisy = 1 + 2 * RNG.standard_normal(MANY) + 1.5 * RNG.standard_normal(MANY)
    found = of_inputs(noisy, np.full(MANY, 1.5))
    assert found["low"] == pytest.approx(1 - 1.96 * 2, abs=0.12)
    assert found["high"] == pytest.approx(1 + 1.96 * 2, abs=0.12)
    assert (found["parameter_sd"], found["monte_carlo_sd"]) == (pytest.approx(2, rel=0.02), 1.5)


def test_what_is_chance_alone_has_no_interval_and_what_has_none_keeps_its_own():
    noise = RNG.standard_normal(MANY)
    alone = of_inputs(noise, np.full(MANY, 1.1))
    assert alone["low"] == alone["high"] == alone["mean"]
    exact = of_inputs(noise, np.zeros(MANY))
    assert [exact["low"], exact["high"]] == pytest.approx(np.quantile(noise, [0.025, 0.975]).tolist())


@pytest.fixture(scope="module")
def linear() -> dict[str, Any]:
    """Draws in which what is saved is 3x + 10 and what help costs is 2y + 20: x and y are N(0, 1) and N(0, 2^2)."""
    x, y = RNG.standard_normal(MANY), 2 * RNG.standard_normal(MANY)

    def named(what: str) -> str:
        return f"one_episode.{what}|helped|today|narrow"

    saved, cost = 3 * x + 10, 2 * y + 20
    solved = [
        Solved(i, "", np.array([x[i], y[i]]), {named("saved"): saved[i], named("cost"): cost[i],
               named("break_even"): saved[i] - cost[i]}, dict.fromkeys(map(named, ("saved", "cost", "break_even")), 0))
        for i in range(MANY)
    ]  # fmt: skip
    inputs = study(DOUBTFUL).uncertain[:2]
    table = to_table(solved, inputs, DrawFacts(baseline="today"))
    return accounts_of(table, "helped", {named("break_even"): -10.0})["one_episode"]


def test_a_linear_answer_has_the_interval_of_its_inputs(linear: dict[str, Any]):
    """Saved less cost is N(-10, 3^2 + 4^2): its ends are -10 -+ 1.96 x 5, within 3% of that spread."""
    price = linear["figures"]["break_even"]["narrow"]
    assert [price["low"], price["high"]] == pytest.approx([-10 - 9.8, -10 + 9.8], abs=0.3)
    assert price["central"] == -10.0


def test_how_often_help_pays_at_a_price_is_the_normal_tail(linear: dict[str, Any]):
    """P(N(-10, 5^2) > p), within 0.02: a price is kept every 2.5% of draws, and chance in a share of them is 0.0035."""
    kept = linear["quantiles"]["narrow"]
    assert kept == sorted(kept)
    for price in (-20.0, -15.0, -10.0, -7.0, 0.0):
        assert share_at(kept, price) == pytest.approx(norm.sf(price, -10, 5), abs=0.02)
    assert (share_at(kept, -100.0), share_at(kept, 100.0)) == (1.0, 0.0)


def test_chance_is_not_in_what_is_kept_of_the_price():
    noisy = 1 + 2 * RNG.standard_normal(MANY) + 1.5 * RNG.standard_normal(MANY)
    alone = without_chance(noisy, np.full(MANY, 1.5))
    assert [alone.mean(), alone.std(ddof=1)] == pytest.approx([noisy.mean(), (noisy.var(ddof=1) - 2.25) ** 0.5])


def test_a_tornado_of_a_linear_answer_is_its_slopes(linear: dict[str, Any]):
    """A spline holds a line: 2y moves the price by 2 x 2 x 3.92, x by 3 x 3.92; the wider is first."""
    first, second = linear["turns_on"]["narrow"]
    assert first["at_high"] - first["at_low"] == pytest.approx(-4 * 3.92, rel=0.05)
    assert second["at_high"] - second["at_low"] == pytest.approx(3 * 3.92, rel=0.05)
    assert first["at_high"] < first["at_low"]  # a dear post leaves less for its price


def test_what_it_is_worth_to_know_is_the_unit_normal_loss(linear: dict[str, Any]):
    """Of N(-10, 5^2) against doing nothing: 5 (phi(2) - 2 (1 - Phi(2))) (Raiffa and Schlaifer 1961)."""
    expected = 5 * (norm.pdf(2) - 2 * norm.sf(2))
    found = linear["evpi"]["narrow"]
    assert found["value"] == pytest.approx(expected, abs=5 * found["standard_error"])


def test_where_a_linear_answer_pays_is_kept_in_plain_figures(linear: dict[str, Any]):
    """P(N(-10, 5^2) > 0) = 0.0228; the line of no gain is 3x = 2y + 10, a plane being fitted exactly."""
    told = json.loads(json.dumps(linear["conditions"]["narrow"], allow_nan=False))
    assert told["pays"] == pytest.approx(norm.sf(2), abs=5 * math.sqrt(0.0228 / MANY))
    assert told["loses"]["density"] == pytest.approx(1 - told["pays"])  # everywhere: no limits are needed
    assert told["loses"]["limits"] == []
    surface = told["surface"]
    for x, y in zip(surface["x"], surface["crossing"], strict=True):
        if y is not None:
            assert 3 * y - 2 * x == pytest.approx(10) or 3 * x - 2 * y == pytest.approx(10)


CURVE = ((0.5, -2.0), (0.7, -1.0), (1.0, 0.5))
EFFECT = DrawnEffect("care", "kw", 0.7, 0.5, 0.98, CURVE)


def test_effects_are_read_off_their_curve():
    assert [at_ratio(CURVE, ratio) for ratio, _ in CURVE] == pytest.approx([value for _, value in CURVE])
    assert at_ratio(CURVE, 0.7**0.5) == pytest.approx(-0.25)  # half-way in logarithms
    assert at_ratio(CURVE, 1 / 0.7) == pytest.approx(2.0)  # the line goes on


def test_half_of_the_draws_of_a_mixture_do_nothing():
    fit = SetFit("", "helped", ("kw", "other"), drawn=(EFFECT,), nothing=0.5)
    inputs, fits = effect_inputs({"mixed": fit}), {"mixed": fit}
    ratios = drawn_ratios(inputs, fits, 1, range(4000), ["mixed"] * 4000)[:, 0]
    assert (ratios == 1).mean() == pytest.approx(0.5, abs=0.03)
    log = np.log(ratios[ratios != 1])
    assert [log.mean(), log.std()] == pytest.approx([np.log(0.5 * 0.98) / 2, np.log(0.98 / 0.5) / 3.92], abs=0.01)
    assert parameters_at(fit, {"estimands.care.ratio": 1.0}) == {"kw": 0.0, "other": 0.0}
    assert (drawn_ratios(inputs, fits, 1, range(9), ["another"] * 9) == 1).all()


def test_fewer_areas_keep_their_families_and_posts():
    """Two of four areas, by size every other one: 200 and 400 of 1,000 families, each with its posts."""
    scenario = load(DOUBTFUL, ["effect_set=[works]"])
    fewer, whole = with_areas(scenario, 2).world("with_key_workers/works").model, scenario.worlds[1].model
    assert (fewer.areas.names, fewer.root.size) == (("north", "south"), 600)
    team, of_all = (model.chain("keyworker").service.team for model in (fewer, whole))
    assert team.workers == {area: of_all.workers[area] for area in ("north", "south")}
    of_shares = with_areas(load(DOUBTFUL, ["effect_set=[works]", "units.family.size=500"]), 2).worlds[0].model
    assert (of_shares.areas.weights, of_shares.root.size) == (pytest.approx((2 / 3, 1 / 3)), 300)
    assert with_areas(scenario, None) is scenario
    with pytest.raises(ModelError, match="given 9; the study has 4"):
        with_areas(scenario, 9)


def test_accounts_need_no_more_than_their_steps():
    scenario = replace(load(DOUBTFUL, ["effect_set=[works]", "clock.steps=60", "appraisal.horizon=2"]), replications=1)
    short = for_accounts(scenario)
    assert short.worlds[0].model.clock.steps == 30  # half a year before, half of entry, a year and a half followed
    assert account_figures(simulate(short, rows=False)) == account_figures(simulate(scenario, rows=False))


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Kept]]:
    folder = tmp_path_factory.mktemp("draws")
    return folder, draw_answer(DOUBTFUL, [], DRAWS, folder)


def test_a_draw_costs_what_its_price_says(drawn: tuple[Path, dict[str, Kept]]):
    """Cost per family is price x post-years: a draw's over its price is that of the same seed at the best estimate."""
    made = replace(study(DOUBTFUL, ["effect_set=[nothing]", "replications=2"]), for_answer=True)
    solved = solve_draw(made, 2)
    price = solved.inputs[[one.name for one in made.inputs].index("costs.posts.price.value")]
    plain = replace(load(DOUBTFUL, ["effect_set=[nothing]", "seed=7"]), replications=2)  # seed 5, and 2 for the draw
    expected = {name: mean for name, (mean, _) in account_figures(simulate(plain, rows=False)).items()}
    for name, mean in expected.items():
        if name.measure == "one_episode.cost":
            assert solved.values[str(name)] == pytest.approx(mean * price / 45_000, rel=1e-9)


def test_readings_are_drawn_by_themselves(drawn: tuple[Path, dict[str, Kept]]):
    folder, worlds = drawn
    assert sorted(worlds) == ["with_key_workers/nothing", "with_key_workers/works"]
    lines = (folder / "draws_nothing.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["effect_set"] for line in lines[1:]} == {"nothing"}
    saved = worlds["with_key_workers/nothing"]["accounts"]["one_episode"]["figures"]["saved"]["narrow"]
    assert (saved["low"], saved["high"]) == (0, 0)


@pytest.fixture
def library(drawn: tuple[Path, dict[str, Kept]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the draws in a library of the working folder."""
    (tmp_path / "configs").mkdir()
    monkeypatch.chdir(tmp_path)
    return keep(load(DOUBTFUL), drawn[1])


WORLD = "with_key_workers/works"


def test_draws_are_taken_by_the_model_that_they_are_of(library: Path):
    kept = doubt_of(load(DOUBTFUL))[WORLD]
    assert kept == read_draws(library)[WORLD]
    alone = doubt_of(load(DOUBTFUL, ["effect_set=[works]", "replications=9", "title=Another name"]))[WORLD]
    assert alone == kept  # neither the other reading nor the number of replications is what they are of


def test_a_run_takes_what_is_kept_of_its_draws(library: Path):
    """Every run of the model has the interval of its inputs, also one in memory; of another model it says why not."""
    small = ["replications=2", "effect_set=[works]"]
    for changed, interval in ((small, "inputs"), ([*small, "costs.acute.price.value=16000"], "monte_carlo")):
        ds = simulate(load(DOUBTFUL, changed))
        account = summarise(ds)["answer"][WORLD]["one_episode"]
        assert account["interval"] == interval
        assert ("why_not" in account["doubt"]) == (interval == "monte_carlo")


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ("costs.acute.price.value=16000", "of another model"),
        ("parameters.threshold=1", "of another model"),
        ("costs.acute.price.high=21000", "of other inputs, or of other ranges"),
        ("uncertainty.areas=2", "of other inputs, or of other ranges"),
        ("effect_sets.works.fit.curves.calm=[[0.3, -3], [1, 0]]", "of other inputs, or of other ranges"),
    ],
)
def test_draws_of_something_else_are_not_taken(library: Path, changed: str, why: str):
    found = doubt_of(load(DOUBTFUL, [changed]))[WORLD]
    assert why in found[WHY]
    assert "families run doubtful --draws 500" in found[WHY]


def test_a_damaged_file_is_no_draws(library: Path):
    library.write_text("{}", encoding="utf-8")
    with pytest.raises(ResultError, match="holds no draws"):
        doubt_of(load(DOUBTFUL))


def test_a_run_draws_its_inputs_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """With --draws the interval is that of the inputs and chance is beside it; without, a line says what would do."""
    monkeypatch.chdir(tmp_path)
    runner, few = CliRunner(), ["--set", "effect_set=[works]", "--set", "units.family.size=200", "--json"]
    areas = ["--set", "units.family.areas={north: 120, south: 80}"]
    asked = runner.invoke(app, ["run", str(ROOT / DOUBTFUL), *few, *areas, "--draws", "2", "--quiet"])
    assert asked.exit_code == 0, asked.output
    one = json.loads(asked.stdout)["answer"][WORLD]["one_episode"]
    price = one["break_even_price"]["narrow"]
    assert (one["interval"], one["doubt"]["draws"]) == ("inputs", 2)
    assert price["low"] <= price["draws"]["mean"] <= price["high"]
    assert set(price["chance"]) == {"low", "high"}
    page = (tmp_path / "results" / "doubtful" / "report.html").read_text(encoding="utf-8")
    assert "2 draws of 3 inputs, on 200 families" in page


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        (["effect_sets.works.fit.curves.calm=[]"], "calm.interval: has an interval, and its effect was never solved"),
        (["uncertainty.only=[costs.nothing]"], "no figure with an interval has a path that begins so"),
        (["effect_sets.works.estimands.calm.interval=[0.8, 0.9]"], "95% interval of 'ratio', given 0.7"),
    ],
)
def test_what_cannot_be_drawn_is_refused(sets: list[str], said: str):
    with pytest.raises(ModelError, match=said.replace("[", r"\[")):
        study(DOUBTFUL, sets)


def test_a_curve_in_a_file_that_nobody_solved_for_is_refused(tmp_path: Path):
    """Not so with the digest of a fit, nor where the study's author wrote the curve into the study."""
    text = (
        (ROOT / DOUBTFUL)
        .read_text(encoding="utf-8")
        .replace("key_workers.yaml", str((ROOT / DOUBTFUL).with_name("key_workers.yaml")))
    )
    own = plain(read(ROOT / DOUBTFUL))["effect_sets"]["works"]
    config, file = tmp_path / "doubtful.yaml", tmp_path / "evidence_sets" / "found.yaml"
    config.write_text(text.replace("effect_set: [works, nothing]", "effect_set: [found]"), encoding="utf-8")
    file.parent.mkdir()
    file.write_text(json.dumps(own), encoding="utf-8")
    with pytest.raises(
        ModelError, match=r"found.yaml:1:\d+: estimands.calm.interval: .* its effect was never solved for"
    ) as caught:
        study(config)
    assert "families fit-effects doubtful --set 'effect_set=[found]' --only found --grid 9" in str(caught.value)
    file.write_text(json.dumps(own | {"fit": own["fit"] | {"digest": "ab" * 32}}), encoding="utf-8")
    assert "estimands.calm.ratio" in [one.name for one in study(config).inputs]


def test_a_study_without_an_answer_has_none_to_draw(tmp_path: Path):
    with pytest.raises(ModelError, match="expected values follow no family"):
        draw_answer(DOUBTFUL, ["solver=expect"], 2, tmp_path)


def test_tables_of_draws_hold_the_accounts(drawn: tuple[Path, dict[str, Kept]]):
    """Every figure of every account is kept, with the one where nothing is drawn."""
    accounts = drawn[1][WORLD]["accounts"]
    assert set(accounts) == {"one_episode", "all_help", "programme"}
    for one in accounts.values():
        assert {"saved", "cost", "break_even", "bcr"} <= set(one["figures"])
        assert all(told["central"] is not None for of in one["figures"].values() for told in of.values())
