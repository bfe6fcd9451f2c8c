"""The first screen: a sentence that says no more than the figures, and six figures with their unit and account."""

import pytest

from sim.report.page.first import doubt, ranges_note, reading_rows, sentence, stamp, tiles
from sim.report.page.readings import readings
from sim.results.dataset import to_dataset
from tests import synthetic
from tests.report.page.made import summary


@pytest.mark.parametrize(
    ("ratio", "told"),
    [
        ((1.33, 1.2, 1.5), "posts cost £5,000, so each family helped saves £2,000 more than it costs over five years"),
        (
            (1.33, 0.8, 1.5),
            "so on balance, though chance alone could turn it, each family helped saves £2,000 more than it costs",
        ),
    ],
)
def test_the_sentence_says_the_price_up_to_which_help_pays(ratio: tuple[float, float, float], told: str) -> None:
    said = sentence(summary(found=ratio))
    assert said.startswith("If key workers do what was found, help pays for itself up to £7,000 a family;")
    assert told in said


def test_doubt_about_the_inputs_is_in_the_sentence_and_chance_is_not() -> None:
    assert "doubt" not in sentence(summary())
    assert "up to £7,000 a family (doubt about the inputs: £6,900 to £7,100);" in sentence(summary("inputs"))
    drawn = summary("inputs")
    drawn["answer"]["one/found"]["one_episode"]["doubt"]["conditions"] = {"narrow": {"pays": 0.05}}
    assert "(doubt about the inputs: £6,900 to £7,100; it pays in 5% of draws);" in sentence(drawn)
    assert "Ranges are chance in the simulation alone" in doubt(summary())
    assert "--draws 500" in doubt(summary())
    assert "500 draws of 2 uncertain inputs" in doubt(summary("inputs"))


def test_ranges_of_two_kinds_are_told_apart() -> None:
    assert ranges_note(summary()) == ranges_note(summary("inputs")) == ""
    mixed = summary()
    mixed["answer"]["one/found"] = summary("inputs")["answer"]["one/found"]
    told = "Ranges: doubt about the inputs (as found); of the others chance alone, though doubt is larger."
    assert ranges_note(mixed) == told


def test_help_that_changes_nothing_is_said_to_cost_and_to_change_nothing() -> None:
    held = summary()
    held["answer"] = {"one/nothing": held["answer"]["one/nothing"]}
    assert sentence(held) == (
        "If help changes nothing, no family fares differently, and each family helped costs £6,000 over five years."
    )


def test_help_that_saves_less_than_what_comes_with_it_pays_at_no_price() -> None:
    held = summary()
    held["answer"]["one/found"]["one_episode"] |= {
        "saved_per_family_helped": {"narrow": {"mean": 500.0, "low": None, "high": None}},
        "break_even_price": {"narrow": {"mean": -500.0, "low": None, "high": None}},
    }
    held["differences"]["one/found"]["cost_per_family_year"] = {"narrow": {}}
    assert "help pays for itself at no price; its posts cost £5,000 a family" in sentence(held)


def test_what_nobody_has_itemised_counts_where_a_claim_is_tested_alone() -> None:
    assert [one.ledgers for one in readings(summary())] == [
        ("narrow", "wide"), ("narrow", "wide"), ("narrow", "wide", "with_unitemised"),
    ]  # fmt: skip
    ledgers, rows = reading_rows(summary(found=(1.33, 1.2, 1.5)))
    assert ledgers == ("narrow ledger", "wide ledger")
    assert [row.title for row in rows] == [
        "as found", "help changes nothing (2016)", "claimed (effects not refitted)",
    ]  # fmt: skip
    assert [row.verdict for row in rows] == [
        "pays for itself, both ledgers", "saves nothing, both ledgers",
        "pays for itself, both ledgers; £59,000 on the wide ledger and what is not itemised",
    ]  # fmt: skip
    assert (rows[0].prices[1].main, rows[0].prices[1].small) == ("£7,010", "£6,910 to £7,110")


def test_each_figure_has_its_unit_and_its_account() -> None:
    scenario = synthetic.scenario()
    ds = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    held = summary()
    held["answer"] = {"integrated/measured": held["answer"]["one/found"]}
    held["answer"]["integrated/measured"]["one_episode"]["against"] = "siloed"
    held["differences"] = {"integrated/measured": held["differences"]["one/found"]}
    held["appraisal"]["comparisons"][0] |= {"name": "integrated/measured", "against_regime": "siloed"}
    found = tiles(ds, held)
    assert [one.figure for one in found if "queue" not in one.label] == [
        "£8,000",
        "£7,000",
        "30.0 → 20.0",
        "£200m",
        "£200m",
    ]
    assert len(found) == 6
    assert found[0].small == ("£7,900 to £8,100", "one episode of help")
    less = "less the £1,000m that services cost: −£800m"
    assert found[4].small == (f"of £800m saved: the rest is time and places; {less}", "whole programme")
    assert found[5].small[0] == "never paid back in the run"
    queue = ds["queue"].sel(effect_set="measured").mean("replication").sum("service")
    left, joined = (queue.sel(queue_count=name) for name in ("left", "joined"))
    shares = " → ".join(f"{float(left.sel(regime=r) / joined.sel(regime=r)):.0%}" for r in ("siloed", "integrated"))
    assert next(one.figure for one in found if "queue" in one.label) == shares


def test_a_run_without_accounts_has_no_such_screen() -> None:
    held = summary() | {"answer": None}
    assert (sentence(held), stamp(held), doubt(held), reading_rows(held)) == ("", "", "", ((), []))
    assert stamp(held | {"why_no_answer": "too short"}) == "What each family helped saves is not given: too short."
    unknown = summary()
    for one in unknown["answer"].values():
        for name in one:
            one[name]["saved_per_family_helped"] = {"narrow": {"mean": None, "low": None, "high": None}}
    assert readings(unknown) == []


def test_without_accounts_the_figures_that_there_are_are_of_the_last_regime() -> None:
    scenario = synthetic.scenario()
    ds = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    held = summary() | {"answer": None, "baseline": "siloed"}
    for one, name in zip(
        held["appraisal"]["comparisons"], ("integrated/measured", "integrated/no_effect"), strict=False
    ):
        one |= {"name": name, "against_regime": "siloed"}
    del held["appraisal"]["comparisons"][2:]
    labels = [one.label for one in tiles(ds, held)]
    assert len(labels) == 3
    assert not any("family helped" in label for label in labels)
    assert tiles(ds, held | {"appraisal": None}) == []


def test_where_no_family_is_followed_the_programme_leads_and_is_named() -> None:
    held = summary()
    for one in held["answer"].values():
        del one["one_episode"]
    assert readings(held)[0].account == "programme"
    scenario = synthetic.scenario()
    ds = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    held["answer"] = {"integrated/measured": held["answer"]["one/found"]}
    held["answer"]["integrated/measured"]["programme"]["against"] = "siloed"
    assert tiles(ds, held)[0].small[1] == "whole programme"


def test_effects_from_another_model_are_said_to_be_so() -> None:
    assert "another model" not in stamp(summary())
    assert stamp(summary() | {"not_refitted": ["one/found"]}).endswith("Its effects were solved for in another model.")


def test_the_stamp_names_the_regime_in_words() -> None:
    assert stamp(summary()).startswith(
        "One key worker against today's services, as found: 100 families followed for five"
    )
