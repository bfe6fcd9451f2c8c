"""The accounts of the answer on small studies, against closed forms and identities.

Theory: with constant rates and help that never ends, a cohort's saving is a sum of two geometric series; a help that
does nothing saves exactly nothing; the price of a key worker's posts is in no break-even price; and the five parts of
the programme's account are its paired total to the penny.
"""

from __future__ import annotations

import json
from dataclasses import replace
from math import exp

import numpy as np
import pytest
import xarray as xr

import sim
from sim.economics.report import full_appraisal
from sim.economics.rows import run_tables
from sim.economics.summary import summarise
from sim.economics.value.accounts import SHOWN, Account, answers
from sim.economics.value.appraisal import appraise
from sim.economics.value.terms import terms_of
from sim.engine.counts.layout import layout_of
from sim.language.evaluate import parse
from sim.model.appraisal import AnswerSpec, AppraisalSpec, CardItem
from sim.model.spec import Meter, Scenario, Team, World
from sim.results.accounts import BROKERED, SET_UP, SHARES
from sim.results.dataset import facts_of_run
from tests.economics.priced import line
from tests.places import TOY
from tests.strategies import make_chain, make_effect, make_model, make_scenario, make_service

LEAVES, FACTOR, PRICE, FAMILIES, MONTHS = 0.6, 3.0, 1000.0, 4000, 24
POSTS = "{north: 8, south: 5, synthetic_1: 2}"
PRICED = "price: {value: 3800, unit: gbp/month}, payers: {council: 0.5, other: 0.5}, ledger: [narrow, wide]"
TOY_SETS = [
    "units.family.size=500", "clock.steps=48", "feedback=null", "outcomes=null", "values=null", "replications=2",
    "services.keyworker.team.workers={north: 0, south: 0, synthetic_1: 0}",
    f'regimes.integrated.set."services.keyworker.team.workers"={POSTS}', "parameters.setting_up=0",
    'regimes.integrated.set."parameters.setting_up"="year < 2013"',
    "costs=["
    "{name: care, while: care == looked_after, price: {value: 52676, unit: gbp/year}, payers: {council: 1}, "
    "ledger: [narrow, wide]},"
    '{name: care order, on: "care: any -> looked_after", price: {value: 31112, unit: gbp}, payers: {council: 0.4, '
    "courts: 0.6}, ledger: [wide]},"
    "{name: both, while: crisis >= crisis and need == present, price: {value: 100, unit: gbp/month}, payers: "
    "{council: 1}, ledger: [wide]},"
    f"{{name: key workers, per: keyworker.worker, {PRICED}}}, {{name: others, per: need_service.worker, {PRICED}}},"
    f'{{name: seen, on: "keyworker: none -> waiting", price: {{value: 200, unit: gbp}}, payers: {{council: 1}}}},'
    "{name: setting up, while: setting_up == 1, price: {value: 10, unit: gbp/month}, payers: {council: 1}}"
    "]",
    "appraisal={card: {care_months: {title: in care, averted: [{while: care == looked_after}]}}, "
    "answer: {looked_after: care_months, at: 12}}",
]  # fmt: skip


CARD = (CardItem("trouble", "in trouble", ("trouble",), "averted", True),)


def account(ds: xr.Dataset, name: str, world: str | None = None) -> Account:
    found = answers(ds, terms_of(ds))
    one = next(one for one in found if world in (None, one.world.name))
    return next(account for account in one.accounts if account.name == name)


def steady(factor: float = FACTOR, post: float = 50.0, spec: AnswerSpec | None = None) -> Scenario:
    """Everybody is in trouble and leaves it at a constant rate, times a factor while helped; help never ends."""
    trouble = make_chain("trouble", "no yes", {"yes -> no": LEAVES}, {"yes": 1.0})
    none, staffed = (
        make_service("key", refer_rate=None, engaged_steps=None, team=Team({"all": posts}, 10.0))
        for posts in (0.0, FAMILIES / 10.0)
    )
    rest = {
        "step_years": 1 / 12,
        "effects": (make_effect("helps", {"trouble": ["yes -> no"]}, "key == engaged", factor),),
    }
    model = make_model([trouble, none], FAMILIES, MONTHS + 12, **rest)
    meters = (
        Meter("trouble", "while", "family", parse("trouble == yes")),
        Meter("posts", "per", "family", chain="key", what="worker"),
    )
    costs = (
        line("trouble", "trouble", PRICE, 1.0, {"council": 1.0}),
        line("posts", "posts", post, 1.0, {"council": 1.0}),
    )
    model = replace(model, meters=meters, costs=costs)
    helped = replace(model, chains=(trouble, staffed))
    made = make_scenario(model, replications=3, helped=World("helped", "helped", "as_written", helped))
    terms = AppraisalSpec(ledger="narrow", answer=spec or AnswerSpec(), card=CARD, horizon_years=3.0)
    return replace(made, appraisal=terms, price_year="2015/16", agencies={"council": "Council"})


def test_a_cohort_saves_what_two_geometric_series_differ_by() -> None:
    ds = sim.simulate(steady(), rows=False)
    stays, helped = exp(-LEAVES / 12), exp(-LEAVES * FACTOR / 12)
    months = np.arange(MONTHS)
    expected = PRICE * (stays ** (months + 1) - stays * helped**months).sum()
    one, every = (account(ds, name) for name in ("one_episode", "all_help"))
    assert (one.months, one.families, one.episodes) == (MONTHS, FAMILIES, 1.0)
    worth = one.worth["narrow"]
    assert worth.saved.mean == pytest.approx(expected, abs=4 * PRICE * MONTHS / 4 / (3 * FAMILIES) ** 0.5)
    assert worth.cost.mean == pytest.approx(50.0 * MONTHS / 10)  # a tenth of a post a family
    assert worth.break_even.mean == pytest.approx(worth.saved.mean)
    assert worth.bcr.mean == pytest.approx(worth.saved.mean / worth.cost.mean)
    assert every.worth == one.worth  # nobody's help ends, so that both are one history
    whole = account(ds, "programme")
    assert whole.months == MONTHS + 12
    assert whole.displacement["narrow"]["helped"].mean == pytest.approx(whole.worth["narrow"].saved.mean * FAMILIES)


def test_help_that_does_nothing_saves_nothing_and_its_price_is_in_no_break_even_price() -> None:
    nothing = account(sim.simulate(steady(factor=1.0), rows=False), "one_episode").worth["narrow"]
    assert (nothing.saved.mean, nothing.saved.low, nothing.saved.high) == (0.0, 0.0, 0.0)
    assert nothing.break_even.mean == 0.0
    single, double = (account(sim.simulate(steady(post=post), rows=False), "one_episode") for post in (50.0, 100.0))
    assert double.worth["narrow"].break_even == single.worth["narrow"].break_even
    assert double.worth["narrow"].cost.mean == pytest.approx(2 * single.worth["narrow"].cost.mean)


def test_a_price_that_grows_bills_each_month_at_its_own_year() -> None:
    """The same counts at 10% more a year: month 13 of a family that starts in the first is in the second year."""
    plain = replace(steady(), replications=1)
    grown = replace(plain, appraisal=replace(plain.appraisal, growth={"trouble": 0.1}))
    one, other = (
        sim.simulate(study, rows=False)["cohort_saved"].sel(regime="helped", account="one_episode", line="trouble")
        for study in (plain, grown)
    )
    assert one.any()
    factor = 1.1 ** ((one["month"].round() - 1) // 12)
    np.testing.assert_allclose(other.transpose(..., "month"), (one * factor).transpose(..., "month"), rtol=1e-12)


def test_one_replication_has_no_interval() -> None:
    ds = sim.simulate(replace(steady(), replications=1), rows=False)
    worth = account(ds, "one_episode").worth["narrow"]
    assert (worth.saved.low, worth.saved.high, worth.bcr.low) == (None, None, None)
    assert summarise(ds)["answer"]["helped"]["one_episode"]["interval"] is None


def test_named_key_workers_and_families_that_come_later() -> None:
    """From month 6 on nobody starts any more, so that nobody is followed; figures are then unknown, not 0."""
    ds = sim.simulate(steady(spec=AnswerSpec(("key",), after_months=6.0, follow_up_months=12.0)), rows=False)
    later = account(ds, "one_episode")
    assert later.families == 0
    assert np.isnan(later.worth["narrow"].saved.mean)
    assert account(ds, "programme").families == FAMILIES
    told = summarise(ds)["answer"]["helped"]["one_episode"]
    assert told["saved_per_family_helped"]["narrow"] == {"mean": None, "low": None, "high": None}
    assert json.dumps(told, allow_nan=False)


@pytest.fixture(scope="module")
def toy() -> Scenario:
    return sim.load(TOY, TOY_SETS)


@pytest.fixture(scope="module")
def ds(toy: Scenario) -> xr.Dataset:
    return sim.simulate(toy, rows=False)


def test_the_parts_of_the_programme_are_its_total_to_the_penny(ds: xr.Dataset) -> None:
    """The paired total is the net of the fiscal view, which is added up from other counts."""
    per = ds["class_value"].sel(regime="integrated", effect_set="as_written")
    extra = per.sel(side="with") - per.sel(side="without")  # (replication, share, line)
    view = appraise(ds).of("integrated")
    for ledger in ("narrow", "wide"):
        lines = ds["in_ledger"].sel(ledger=ledger).values > 0
        total = -extra.transpose("replication", "share", "line").values[..., lines].sum(axis=(1, 2))
        np.testing.assert_allclose(total, view.view(ledger, "fiscal").net.amount, rtol=0, atol=0.005)
        found = account(ds, "programme").displacement[ledger]
        assert sum(found[share].mean for share in SHARES) == pytest.approx(found["total"].mean, abs=0.005)
        assert all(found[share].mean != 0 for share in ("helped", "posts_and_set_up"))


def test_what_is_saved_and_spent_adds_up(ds: xr.Dataset) -> None:
    for name in ("one_episode", "all_help", "programme"):
        for worth in account(ds, name).worth.values():
            spent = {part: one.mean for part, one in worth.spent.items()}
            assert worth.cost.mean == pytest.approx(sum(spent.values()))
            assert worth.break_even.mean == pytest.approx(worth.saved.mean - sum(spent[part] for part in SHOWN))
    each = {name: account(ds, name).worth["narrow"].spent[SET_UP].mean for name in ("one_episode", "programme")}
    assert each["one_episode"] == pytest.approx(each["programme"])
    assert each["programme"] > 0
    assert account(ds, "one_episode").worth["narrow"].spent[BROKERED].mean != 0


def test_what_a_key_worker_assesses_before_a_start_is_in_its_price(ds: xr.Dataset) -> None:
    """Each start carries its share of all who were seen, at £200, in every account alike."""
    told = {name: account(ds, name) for name in ("one_episode", "all_help", "programme")}
    each = {name: one.worth["narrow"].spent["assessments"].mean / one.episodes for name, one in told.items()}
    assert 100.0 < each["one_episode"] < 200.0  # discounted; who comes back is not seen again
    assert each["one_episode"] == pytest.approx(each["all_help"], rel=0.02)
    assert each["one_episode"] == pytest.approx(each["programme"], rel=0.02)


def test_cohort_csv_adds_up_to_the_accounts(toy: Scenario, ds: xr.Dataset) -> None:
    """The study discounts nothing, so that months and agencies add up to what is saved less what it costs."""
    full = full_appraisal(ds)
    table = next(t for t in run_tables(toy, ds, summarise(ds, full), full) if t.file == "cohort.csv")
    at = {name: i for i, name in enumerate(table.names)}
    for name in ("one_episode", "all_help"):
        for ledger, worth in account(ds, name).worth.items():
            rows = [
                row for row in table.rows if row[at["account"]] == name and ledger in str(row[at["ledgers"]]).split()
            ]
            assert sum(float(row[at["mean"]] or 0.0) for row in rows) == pytest.approx(
                worth.saved.mean - worth.cost.mean
            )
    assert {row[at["month"]] for row in table.rows} >= {0.0, 1.0, 27.0}


def test_children_of_whom_it_is_told_are_those_there_at_the_end_of_the_month(ds: xr.Dataset) -> None:
    told = account(ds, "programme").looked_after
    assert told is not None
    rows = ds["rows"].sel(regime="integrated", effect_set="as_written", unit="child").mean("replication")
    at = terms_of(ds).base_point + 12
    assert told.children == float(rows[at])
    assert float(rows[at]) != float(rows[at - 1])  # or this would show nothing


def test_summary_says_what_it_holds(ds: xr.Dataset) -> None:
    answer = summarise(ds)["answer"]
    assert list(answer) == ["integrated"]
    assert list(answer["integrated"]) == ["one_episode", "all_help", "programme"]
    keys = {
        "against", "price_year", "base_year", "discounted", "months", "families", "episodes_per_family", "interval",
        "saved_per_family_helped", "cost_per_family_helped", "break_even_price", "bcr", "looked_after_per_1000",
    }  # fmt: skip
    for told in answer["integrated"].values():
        assert keys <= told.keys()
        assert {"without", "with", "month", "of"} <= told["looked_after_per_1000"].keys()
    assert set(answer["integrated"]["programme"]["displacement"]) >= {*SHARES, "total"}
    assert json.dumps(answer, allow_nan=False)


def test_a_kept_study_run_again_has_the_accounts_of_a_fresh_one(toy: Scenario) -> None:
    """The baseline runs on from where the regime parts from it, since every family's twin lives in it."""
    kept = sim.keep(replace(toy, replications=1))
    again = sim.again(kept, {"regimes.integrated.set.parameters.helped": 0.6, "replications": 1})
    assert (again.from_start, again.whole) == (("integrated",), ())
    changed = [*TOY_SETS, "regimes.integrated.set.parameters.helped=0.6", "replications=1"]
    fresh = sim.simulate(sim.load(TOY, changed), rows=False)
    xr.testing.assert_identical(again.ds.drop_attrs(), fresh.drop_attrs())
    assert (again.ds["cohort_value"] != kept.ds["cohort_value"]).any()


@pytest.mark.parametrize(
    ("sets", "why"),
    [
        (["solver=expect"], "expected values follow no family"),
        (["queues=per_family"], "lives each family between steps"),
    ],
)
def test_other_solvers_leave_accounts_out_with_a_word(sets: list[str], why: str) -> None:
    scenario = sim.load(TOY, [*TOY_SETS, *sets])
    assert why in str(facts_of_run(scenario, layout_of(scenario)).why_no_answer)
