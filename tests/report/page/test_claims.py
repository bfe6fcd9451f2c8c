"""Claimed, measured, modelled: figures with their source that no digest and no draw knows of."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

import sim
from sim.config.views.recorded import recorded_claims
from sim.errors import ModelError
from sim.model.spec import Scenario
from sim.report.page.claims import claim_rows, claims_of, prices
from sim.runs.beliefs.doubt import belief_digest, model_digest
from sim.runs.fits import fit_digest
from tests.places import ROOT
from tests.report.page.made import summary

CLAIMS = ROOT / "configs" / "appraisal" / "published.yaml"
TARGETS = ROOT / "configs" / "targets"


@pytest.fixture(scope="module")
def tenth() -> Scenario:
    return sim.load("tenth")


def test_no_digest_and_no_register_of_doubt_knows_of_claims(tenth: Scenario) -> None:
    """Fits, searches and draws that are kept stay of use whatever is claimed."""
    without = sim.load("tenth", ["appraisal.claims=null", "appraisal.rests_on=null"])
    assert recorded_claims({"config": without.resolved}) == ((), "")
    for mine, other in zip(tenth.worlds, without.worlds, strict=True):
        assert model_digest(tenth, mine) == model_digest(without, other)
        assert belief_digest(tenth, mine) == belief_digest(without, other)
        solved = tenth.fits[mine.effect_set].solved if mine.effect_set in tenth.fits else ()
        assert fit_digest(tenth, mine, solved) == fit_digest(without, other, solved)


def test_claims_are_the_figures_of_the_targets() -> None:
    """The same number stands once in the page and once in the search for contradictions, under the same source."""
    yaml = YAML(typ="safe")
    known: dict[str, list[float]] = {}
    for path in TARGETS.glob("*.yaml"):
        for target in yaml.load(path)["targets"].values():
            known.setdefault(target.get("source"), []).append(target.get("value"))
    for claim in yaml.load(CLAIMS)["appraisal"]["claims"].values():
        for told in (claim.get("claimed"), claim.get("measured")):
            if told and told["source"] not in ("C13", "F8"):  # no target: an average of the entrants, and a ratio
                assert told["value"] in known[told["source"]], told


def test_a_claim_needs_its_source_and_a_figure() -> None:
    base = "appraisal.claims={a: {title: A, of: price, "
    with pytest.raises(ModelError, match="needs its 'source'"):
        sim.load("demo", [f"{base}claimed: {{value: 3}}}}}}"])
    with pytest.raises(ModelError, match="claimed"):
        sim.load("demo", [f"{base[:-2]}}}}}"])


def test_rows_stand_beside_what_the_run_finds(tenth: Scenario) -> None:
    claims, rests_on = claims_of({"config": tenth.resolved})
    rows = {row.title: row for row in claim_rows(summary(), claims)}
    assert "one evaluation" in rests_on
    assert (rows["120,000 families cost a year"].claimed.main, rows["120,000 families cost a year"].modelled.main) == (
        "£8bn", "£2.28bn",
    )  # fmt: skip
    family = rows["one family costs a year"]
    assert family.claimed.small == "up to, 2006/07, C6"
    assert family.measured.small == "year before entry, 2013/14, C13"
    assert rows["help saves a year"].claimed.small == "2011/12, E1"
    assert rows["each £1 of help returns"].measured.small == "fiscal, over five years, F8"
    assert family.modelled.small == "mean; wide £46,000; not itemised too £75,000"
    assert rows["help saves a year"].modelled.main == "£1,600"
    assert rows["help costs"].modelled.main == "£5,000"
    assert rows["each £1 of help returns"].modelled.main == "£1.33"
    assert claim_rows(summary() | {"answer": None}, claims) == []


def test_each_price_is_held_against_what_help_may_cost(tenth: Scenario) -> None:
    """£10,000 of 2012/13 is £11,000 of 2015/16 here; a year without a deflator is not guessed."""
    claims, _ = claims_of({"config": tenth.resolved})
    table = prices(summary(), claims, {"2012/13": 100.0, "2015/16": 110.0})
    rows = {row[0]: row[1:] for row in table.rows}
    assert rows["£10,000 (claimed, D5)"] == ("£11,000", "−£4,000", "−£3,990")
    assert rows["£14,000 (claimed, D1)"] == ("–", "–", "–")
    assert rows["posts in this study"] == ("£5,000", "+£2,000", "+£2,010")
    assert "come on top (£1,000 a family). A price that holds them already gains that much more" in str(table.note)


def test_a_config_that_cannot_be_read_has_no_claims() -> None:
    assert claims_of({"config": "a: [1"}) == ((), "")
    assert claims_of({}) == ((), "")


def test_a_study_of_nothing_claimed_shows_none(tmp_path: Path) -> None:
    assert claims_of({"config": sim.load("demo").resolved}) == ((), "")
