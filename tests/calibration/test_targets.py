"""Targets are data: each with source, error and definition, refused at its place where something is missing.

The arithmetic: an interval of 95% is 2 x 1.96 standard errors; pounds of a year times the ratio of deflators are pounds
of another; a saving cannot exceed its share of the cost that it comes out of.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from calibration.conflicts.arithmetic import arithmetic_conflicts
from calibration.study import study
from calibration.targets import Listed, read_targets
from sim.errors import ModelError
from tests.places import CALIBRATION, ROOT

FILES = sorted((ROOT / "configs" / "targets").glob("*.yaml"))
TOY = CALIBRATION
GOOD = "kind: fit, value: 0.5, unit: share, se: 0.1, uncertainty: published, quantity: q, source: A1"


@pytest.fixture(scope="module")
def listed() -> Listed:
    return read_targets(FILES)


def one(folder: Path, entry: str) -> Path:
    """Write a file with one target."""
    path = folder / "targets.yaml"
    path.write_text(f"targets:\n  a_name: {{{entry}}}\n", encoding="utf-8")
    return path


def test_there_are_enough_targets_of_each_kind(listed: Listed) -> None:
    kinds = Counter(target.kind for target in listed.targets.values())
    assert kinds.total() >= 45
    assert min(kinds.values()) >= 12
    assert set(kinds) == {"fit", "held_out", "claim"}


def test_every_source_is_a_row_of_the_register(listed: Listed) -> None:
    ids = set(re.findall(r'<a id="([A-Z]\d+)"></a>', (ROOT / "docs" / "evidence.md").read_text(encoding="utf-8")))
    assert {target.source for target in listed.targets.values()} <= ids
    assert {relation.source for relation in listed.relations} <= ids


def test_claims_are_never_fitted_and_the_headline_is_a_claim(listed: Listed) -> None:
    for name in (
        "claim_saving_70000",
        "claim_cost_75000",
        "claim_cost_330000",
        "claim_help_14000",
        "claim_turned_around",
    ):
        assert listed.targets[name].kind == "claim"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        (GOOD + ", output: shares(care)", "did you mean 'share'"),
        (GOOD + ", output: share(care)", "takes (chain, state), given 1"),
        (GOOD.replace("se: 0.1, ", "") + ", output: consent", "a figure without its uncertainty cannot be fitted"),
        (GOOD.replace("se: 0.1", "se: 0") + ", output: consent", "must be above 0"),
        (GOOD + ", low: 0.4, high: 0.6, output: consent", "give 'se', or both 'low' and 'high'"),
        (GOOD.replace("se: 0.1", "low: 0.6, high: 0.7") + ", output: consent", "must be in this order"),
        (GOOD, "a target of kind 'fit' is answered by the model"),
        (GOOD + ", output: consent, discrepancy: 0.1", "needs 'discrepancy_why'"),
        (GOOD + ", output: consent, headline: true", "'headline' is no key here"),
        (GOOD.replace(", source: A1", "") + ", output: consent", "'source' is missing"),
        (GOOD.replace("published", "assumption") + ", output: consent", "needs 'why'"),
        (GOOD + ", output: cost(narrow)", "the output is an amount of money, in gbp"),
        (GOOD.replace("share", "gbp") + ", output: cost(narrow)", "an amount of money needs 'price_year'"),
        (GOOD.replace("share", "gbp") + ", output: cost(narrow), ledger: wide, price_year: 2013", "they must agree"),
        (GOOD.replace("fit", "guess") + ", output: consent", "must be fit, held_out"),
    ],
)
def test_a_bad_target_is_refused_at_its_place(entry: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        read_targets([one(tmp_path, entry)])
    line = str(caught.value.problems[0])
    assert said in line
    assert re.search(r"targets\.yaml:2:\d+: targets\.a_name", line)


def test_a_model_without_the_chain_refuses_the_target_at_its_place(tmp_path: Path) -> None:
    for name in ("model.yaml", "toy.yaml", "targets.yaml"):
        text = (TOY / name).read_text(encoding="utf-8").replace("share(trouble, present)", "share(care, looked_after)")
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        study(tmp_path / "toy.yaml")
    (problem,) = caught.value.problems
    assert re.search(r"targets\.yaml:5:\d+$", problem.where)
    assert problem.key == "targets.troubled.output"
    assert "'care' is no chain of the model, which has worry, trouble" in problem.message


def test_an_interval_is_two_times_1_96_standard_errors_wide(tmp_path: Path) -> None:
    entry = GOOD.replace("se: 0.1", "low: 0.402, high: 0.598") + ", output: consent"
    target = read_targets([one(tmp_path, entry)]).targets["a_name"]
    assert target.standard_error == pytest.approx(0.05, rel=1e-3)


def test_money_is_brought_to_the_price_year_of_the_model() -> None:
    price = next(t for t in study(TOY / "toy.yaml").targets if t.name == "price")
    assert (price.value, price.standard_error) == pytest.approx((2325 * 1.04, 120 * 1.04))
    assert price.definition.price_year == 2015


def test_names_shared_by_two_files_are_refused() -> None:
    with pytest.raises(ModelError, match="a target of this name is in another file"):
        read_targets([FILES[0], FILES[0]])


def test_the_contradictions_in_the_register_are_found_by_arithmetic(listed: Listed) -> None:
    found = {frozenset(c.names): c for c in arithmetic_conflicts(list(listed.targets.values()), listed.relations)}
    saving = found[frozenset(("claim_saving_70000", "claim_cost_75000"))]
    assert saving.kind == "fact"  # both of all families on average: 70,000 is more than its share of 75,000
    narrow = found[frozenset(("claim_cost_75000", "narrow_before_entry"))]
    assert narrow.kind == "definition"
    assert any(text.startswith("ledger") for text in narrow.differs)
    gross = found[frozenset(("claim_benefits_11200", "claim_no_impact"))]
    assert gross.kind == "definition"
    assert any(text.startswith("net") for text in gross.differs)
    assert frozenset(("claim_help_14000", "episode_cost")) in found


def test_a_month_and_twelve_months_of_the_same_help_do_not_contradict(listed: Listed) -> None:
    conflicts = arithmetic_conflicts(list(listed.targets.values()), listed.relations)
    pair = {"claim_help_month", "claim_help_twelve_months"}
    assert not [conflict for conflict in conflicts if pair & set(conflict.names)]
