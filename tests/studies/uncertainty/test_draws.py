"""Draws of the inputs: keyed, paired, mixed, resumable; what they say of a decision against closed forms.

`agreement.yaml` by `expect` is deterministic given its inputs, so that linear prices give linear results exactly.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.stats import norm

from sim.config.views.register import register
from sim.economics.voi import InformationValue
from sim.errors import ModelError, ResultError
from sim.exhibits.numbers import MINUS
from sim.exhibits.style import words
from sim.studies.uncertainty.answer import doubt, enough, samples
from sim.studies.uncertainty.decision import Decision, decide
from sim.studies.uncertainty.exhibits import readings, write_uncertainty
from sim.studies.uncertainty.figures import net_finding, plot_net_benefit, plot_swings, plot_worth
from sim.studies.uncertainty.inputs import check_enough, study
from sim.studies.uncertainty.question import run, scenario_of_draw, solve_study
from tests.clear_text import faults_of
from tests.places import AGREEMENT

CONFIG = AGREEMENT
SETS = [
    "solver=expect", "clock.steps=6", "regimes.better.start=2011-06", "units.family.size=500",
    "costs.care.price={value: 50000, low: 40000, high: 60000}",
]  # fmt: skip


def few(*more: str) -> list[str]:
    """Settings under which only the price of care and the effect of help are uncertain."""
    return [*SETS, *more]


def test_the_register_holds_every_sourced_figure_of_the_nation():
    found = register("national")
    paths = [one.path for one in found]
    assert len(paths) == len(set(paths))
    assert all(one.source for one in found if not one.path.startswith("regimes"))
    by_path = {one.path: one for one in found}
    wait = by_path["services.jobcentre.identify.mean"]
    assert (wait.number, wait.low, wait.high, wait.unit, wait.is_assumption) == (1.0, 1.0, 6.0, "months", True)
    assert wait.setting(2.5) == "services.jobcentre.identify.mean=2.5 months"


DRAW = 3
"""A draw in which no mean of a service is below a month; the study draws others again."""


def test_draws_of_the_nation_are_models():
    """Every distribution suits its interval, and drawn figures make a config without problems."""
    all_figures = ["uncertainty.only=[]", "uncertainty.leave_out=[units, estimands]"]
    made = study("national", ["effect_set=[measured]", *all_figures])
    assert len(made.uncertain) > 200
    scenario = scenario_of_draw(made, made.drawn([DRAW])[0], "measured")
    assert {world.effect_set for world in scenario.worlds} == {"measured"}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> xr.Dataset:
    keep = tmp_path_factory.mktemp("draws") / "draws.jsonl"
    return run(CONFIG, few(), draws=80, keep=keep)[1]


def test_draws_are_the_same_after_an_interruption(table: xr.Dataset, tmp_path: Path):
    keep = tmp_path / "draws.jsonl"
    run(CONFIG, few(), draws=9, keep=keep)
    whole = keep.read_text(encoding="utf-8")
    keep.write_text(whole[: len(whole) - 40], encoding="utf-8")  # killed while writing the last line
    told: list[tuple[int, int]] = []
    _, again = run(CONFIG, few(), draws=12, keep=keep, tell=lambda done, wanted: told.append((done, wanted)))
    assert told[0] == (8, 12)  # what was there was not solved again
    xr.testing.assert_identical(again.drop_attrs(), table.isel(draw=slice(0, 12)).drop_attrs())


def test_what_makes_no_model_is_drawn_again():
    """A rate of 0.1 with an interval that reaches below 0, normal: a sixth of draws, those below 0, make no model.

    Those that are kept are the same numbers as before where they are at least 0, and follow the truncated normal: its
    mean is 0.1 + s phi(a) / (1 - Phi(a)), s = 0.1, a = -1; five standard errors of 60 draws.
    """
    rate = "chains.care.rates.home -> away={value: 0.1, low: -0.096, high: 0.296, distribution: normal}"
    _, table = run(CONFIG, few(rate), draws=60)
    made = study(CONFIG, few(rate))
    at = next(i for i, one in enumerate(made.inputs) if "home -> away" in one.name)
    first, kept = made.drawn(range(60))[:, at], table["inputs"].values[:, at]
    possible = first >= 0
    assert 0 < (~possible).sum() <= table.attrs["redrawn"]
    assert kept.min() >= 0
    assert kept[possible].tolist() == first[possible].tolist()
    mean = 0.1 + 0.1 * norm.pdf(-1) / norm.sf(-1)
    assert kept.mean() == pytest.approx(mean, abs=5 * 0.1 / 60**0.5)


def test_figures_that_never_make_a_model_are_refused(monkeypatch: pytest.MonkeyPatch):
    """With one attempt a draw, one of eight that are below 0 half of the time is refused, and says which."""
    monkeypatch.setattr("sim.studies.uncertainty.question.ATTEMPTS", 1)
    rate = "chains.care.rates.home -> away={value: 0.0, low: -1, high: 1.0, distribution: normal}"
    with pytest.raises(ModelError, match="at least 0") as refused:
        run(CONFIG, few(rate), draws=8)
    assert "make no model" in refused.value.__notes__[0]


def test_draws_of_something_else_are_refused(tmp_path: Path):
    keep = tmp_path / "draws.jsonl"
    run(CONFIG, few(), draws=1, keep=keep)
    with pytest.raises(ResultError, match="another config"):
        run(CONFIG, few("parameters.helped.value=0.8"), draws=1, keep=keep)


def test_a_config_that_changed_is_read_again(tmp_path: Path):
    """Care at twice the price costs much more, though the file has the same name."""
    path, costs = tmp_path / "study.yaml", []
    for price in (50_000, 100_000):
        care = f"{{value: {price}, low: {price - 1}, high: {price + 1}}}"
        path.write_text(f"extends: {CONFIG.resolve()}\nset: {{costs.care.price: {care}}}\n", encoding="utf-8")
        costs.append(samples(run(path, SETS[:-1], draws=2)[1], "cost|today|narrow"))
    assert costs[1].min() > 1.5 * costs[0].max()


def test_costs_follow_prices_exactly(table: xr.Dataset):
    """Cost is linear in the price given the effect and smooth in the effect: six terms leave 0.1% of its spread."""
    price = table["inputs"].sel(parameter="costs.care.price.value").values
    helped = table["inputs"].sel(parameter="parameters.helped.value").values
    cost = samples(table, "cost|today|narrow")
    design = np.stack([np.ones_like(price), price, helped, helped**2, price * helped, price * helped**2], axis=1)
    left = cost - design @ np.linalg.lstsq(design, cost, rcond=None)[0]
    assert np.abs(left).max() < 1e-3 * cost.std()


def test_an_expected_result_has_no_simulation_noise(table: xr.Dataset):
    found = doubt(table, "net|better|today|narrow")
    assert found.monte_carlo_sd == 0.0
    assert found.parameter_sd == pytest.approx(samples(table, "net|better|today|narrow").std(ddof=1))


def test_parameter_and_simulation_variance_are_told_apart():
    """Known mixture: inputs N(0, 2^2), noise N(0, 1): the parts come out within 5% of 2 and 1 over 20,000 draws."""
    rng = np.random.Generator(np.random.PCG64(8))
    values = 2.0 * rng.standard_normal(20_000) + rng.standard_normal(20_000)
    made = made_table(values, np.ones(20_000))
    found = doubt(made, "net|b|a|narrow")
    assert found.parameter_sd == pytest.approx(2.0, rel=0.05)
    assert found.monte_carlo_sd == pytest.approx(1.0)


def made_table(values: np.ndarray, errors: np.ndarray, inputs: np.ndarray | None = None) -> xr.Dataset:
    inputs = np.zeros((len(values), 1)) if inputs is None else inputs
    outputs = np.stack([values, values, np.ones_like(values)], axis=1)
    return xr.Dataset(
        {
            "inputs": (("draw", "parameter"), inputs), "outputs": (("draw", "output"), outputs),
            "error": (("draw", "output"), np.stack([errors] * 3, axis=1)),
        },
        {
            "draw": np.arange(len(values)), "parameter": [f"p{i}" for i in range(inputs.shape[1])],
            "output": ["net|b|a|narrow", "gross|b|a|narrow", "intervention|b|a|narrow"],
        },
        {"baseline": "a", "groups": json.dumps({"both": ["p0", "p1"]}), "weights": "{}", "title": "made"},
    )  # fmt: skip


def test_a_decision_in_the_linear_normal_model():
    """Net benefit 0.4 + x0 + 0.5 x1: P(above 0), expected loss and EVPPI have closed forms (unit normal loss)."""
    inputs = np.random.Generator(np.random.PCG64(3)).standard_normal((20_000, 2))
    values = 0.4 + inputs @ np.array([1.0, 0.5])
    found = decide(made_table(values, np.zeros(len(values)), inputs), "narrow")
    spread = np.sqrt(1.25)
    loss = spread * norm.pdf(0.4 / spread) - 0.4 * norm.cdf(-0.4 / spread)
    b = found.standings[1]
    assert b.gains == pytest.approx(norm.cdf(0.4 / spread), abs=0.015)
    assert b.best == pytest.approx(b.gains)
    assert b.loss == pytest.approx(loss, rel=0.05)
    assert found.evpi.value == pytest.approx(loss, rel=0.05)
    assert [one.name for one in found.parameters] == ["p0", "p1"]
    assert found.groups[0].value.value == pytest.approx(loss, rel=0.05)
    assert found.parameters[0].at_high - found.parameters[0].at_low == pytest.approx(2 * 1.96, rel=0.05)
    assert b.ratio_above[1.0] == pytest.approx(norm.sf((1.0 - 0.4) / spread), abs=0.015)


def test_a_target_stops_when_it_is_reached(tmp_path: Path):
    _, found = run(CONFIG, few(), draws=256, target=("cost|today|narrow", 0.05))
    reached, share = enough(found, "cost|today|narrow", 0.05)
    assert reached
    assert share <= 0.05
    assert found.sizes["draw"] == 64


def test_what_is_wrong_is_told_before_anything_runs():
    with pytest.raises(ModelError, match="is no evidence set"):
        run(CONFIG, few("uncertainty.weights.measured=1"), draws=1)
    with pytest.raises(ModelError, match="beta distribution lies between 0 and 1"):
        run(CONFIG, few("costs.care.price.distribution=beta"), draws=1)
    with pytest.raises(ValueError, match="there is no output 'nothing'"):
        run(CONFIG, few(), draws=2, target=("nothing", 0.1))


def test_each_reading_of_the_evidence_is_told_apart():
    """Net benefits of 10, 20 and 30 million under one reading, -10 and -30 under another; noise is not known."""
    table = xr.Dataset(
        {
            "inputs": (("draw", "parameter"), np.zeros((5, 0))),
            "outputs": (("draw", "output"), np.array([[1e6], [2e6], [3e6], [-1e6], [-3e6]]) * 10),
            "error": (("draw", "output"), np.full((5, 1), np.nan)),
            "effect_set": ("draw", np.array(["claimed"] * 3 + ["null"] * 2)),
        },
        {"draw": range(5), "parameter": np.array([], dtype=str), "output": ["net|better|usual|narrow"]},
        {"weights": json.dumps({"claimed": 0.5, "null": 0.5}), "baseline": "usual", "groups": "{}"},
    )
    found = doubt(table, "net|better|usual|narrow")
    assert np.isnan(found.monte_carlo_sd)
    assert found.parameter_sd == pytest.approx(np.std([1e7, 2e7, 3e7, -1e7, -3e7], ddof=1))
    decision = Decision("narrow", "usual", 5, (), InformationValue(0.0, 0.0), (), (), "better", "")
    told = readings(table, decision)
    assert told is not None
    assert [(row[0], row[2], row[4], row[5]) for row in told.rows] == [
        ("claimed", "+20", "100%", "3"), ("null", f"{MINUS}20", "0%", "2"),
    ]  # fmt: skip
    assert readings(table.isel(draw=slice(0, 3)), decision) is None


CASE = "costs.case.price"
"""A price that no draw varies: 5,000 written without an interval."""


def test_a_surface_over_any_number_is_exact_where_the_result_is(tmp_path: Path):
    """Net value is linear in prices: care kept off x its price, and fewer cases, since better help keeps crises off."""
    sets = few("uncertainty.only=[costs.care]")
    surface = f"{CASE}=0..400000, costs.care.price"
    made = study(CONFIG, sets, surface)
    assert made.taken == (f"{CASE}.value",)
    table = solve_study(made, draws=80)
    decision = decide(table, "narrow", surface)
    assert decision.conditions is not None
    found = decision.conditions.surface
    assert found is not None
    assert found.inputs == (f"{CASE}.value", "costs.care.price.value")
    assert (found.x[0], found.x[-1]) == (0.0, 400_000.0)
    assert found.explained == pytest.approx(1.0, abs=1e-9)
    slope = np.diff(found.value, axis=1)
    assert slope == pytest.approx(slope[0, 0], rel=1e-6)
    assert slope[0, 0] > 0
    case = np.asarray(table["inputs"].sel(parameter=found.inputs[0]).values)
    assert 0 <= case.min() < 20_000
    assert 380_000 < case.max() <= 400_000
    write_uncertainty(tmp_path, table, surface)
    page = (tmp_path / "uncertainty.html").read_text(encoding="utf-8")
    assert "Price of case from 0 to 400,000: taken evenly" in page
    assert "How sure is the choice?" not in page
    assert [path.stem for path in sorted((tmp_path / "figures").glob("*.svg"))] == ["surface_narrow"]
    told = json.loads((tmp_path / "uncertainty.json").read_text(encoding="utf-8"))["narrow"]
    assert "standings" not in told
    assert told["conditions"]["surface"]["inputs"] == list(found.inputs)


def test_a_surface_over_what_is_drawn_draws_nothing_else():
    """Named with or without the key of their numbers; so draws that are there are those of the surface too."""
    made = study(CONFIG, few(), "costs.care.price,parameters.helped.value")
    assert (made.taken, made.inputs) == ((), study(CONFIG, few()).inputs)


@pytest.mark.parametrize(
    ("surface", "said"),
    [
        ("costs.care.price", "two inputs with a comma between"),
        ("title,costs.care.price", "'title' is no number of the config"),
        ("chains.crisis=0..1,costs.care.price", "'chains.crisis' is no number"),
        ("queues=0..1,costs.care.price", "'queues' is no number"),
        (f"{CASE},costs.care.price", "'costs.case.price' is 5000 and has no range of its own; give one"),
        (f"{CASE}=9..5,costs.care.price", "'9..5' is no range"),
        (f"{CASE}=5..nan,costs.care.price", "'5..nan' is no range"),
        (f"{CASE}=5-9,costs.care.price", "'5-9' is no range"),
        ("costs.care.price,costs.care.price.value", "one and the same"),
        (f"{CASE}=1..5,{CASE}.value=1..9", "one and the same"),
        ("units.family.size=100..200,costs.care.price", "units.family.size"),
        ("services.keyworker.consent=0..2,costs.care.price", "from 0 to 1"),
    ],
)  # fmt: skip
def test_what_can_be_no_surface_is_refused(surface: str, said: str):
    with pytest.raises(ModelError) as refused:
        study(CONFIG, few(), surface)
    assert said in str(refused.value)


def test_an_input_that_every_regime_sets_itself_is_refused():
    sets = few("regimes.today.set={parameters.helped: 0.7}")
    with pytest.raises(ModelError, match=r"'parameters\.helped\.value' changes nothing"):
        study(CONFIG, sets, "parameters.helped=0.2..0.9,costs.care.price")


def test_too_few_draws_for_a_surface_are_refused_before_any_is_made():
    made = study(CONFIG, few(), f"{CASE}=0..9000,costs.care.price")
    check_enough(made, 80)
    with pytest.raises(ModelError, match="79 are too few for a surface"):
        check_enough(made, 79)


def test_the_page_says_what_was_drawn(table: xr.Dataset, tmp_path: Path):
    write_uncertainty(tmp_path, table)
    page = (tmp_path / "uncertainty.html").read_text(encoding="utf-8")
    assert "80 draws of 2 uncertain inputs" in page
    assert {p.name for p in (tmp_path / "figures").iterdir()} >= {"net_benefit_narrow.svg", "worth_narrow.png"}
    first = (tmp_path / "figures" / "net_benefit_narrow.svg").read_bytes()
    write_uncertainty(tmp_path, table)
    assert (tmp_path / "figures" / "net_benefit_narrow.svg").read_bytes() == first


def test_pictures_are_clear_on_a_desk_and_a_phone(table: xr.Dataset):
    decision = decide(table, "narrow")
    assert faults_of(plot_net_benefit, table, "narrow") == []
    assert faults_of(plot_swings, decision) + faults_of(plot_worth, decision) == []
    assert words(decision.leading) in net_finding(table, "narrow")
