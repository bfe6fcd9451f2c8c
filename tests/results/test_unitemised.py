"""What nobody has itemised: in levels always, in differences only of a claim that is tested as it stands.

Two thirds of the rows are in crisis for good in ``siloed`` and a third in ``joined``: hand-worked, exact. A row in
crisis costs 12 a year itemised and 120 unitemised; so levels are 88 and 44, and the difference -44 or, itemised, -4.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import sim
from sim.report.tables import costs

CONFIG = """
title: What is not itemised
sources: optional
solver: expect
clock: {step: month, steps: 12, start: 2011-04}
units: {row: {size: 300}}
parameters: {share: 0.6666666666666666}
chains:
  crisis: {states: [calm, crisis], start: {crisis: share}, rates: {}}
costs:
  - {name: known, while: crisis == crisis, price: {value: 1, unit: gbp/month}, ledger: [narrow, wide],
     payers: {council: 1}}
  - {name: unknown, while: crisis == crisis, price: {value: 10, unit: gbp/month}, ledger: [with_unitemised],
     payers: {council: 1}}
effect_sets: {plain: {set: {}}, claim: {set: {}, counts_unitemised: true}}
effect_set: [plain, claim]
regimes: {siloed: {}, joined: {set: {parameters.share: 0.3333333333333333}}}
"""


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("unitemised") / "unitemised.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return sim.summarise(sim.expect(sim.load(path)))


def cost(figures: dict[str, Any]) -> dict[str, float]:
    return {ledger: round(found["mean"], 9) for ledger, found in figures["cost_per_family_year"].items()}


@pytest.mark.parametrize("effects", ["plain", "claim"])
def test_levels_hold_what_is_not_itemised_beside_the_wide_ledger(summary: dict[str, Any], effects: str) -> None:
    assert cost(summary["regimes"][f"siloed/{effects}"]) == {"narrow": 8, "wide": 8, "with_unitemised": 88}
    assert cost(summary["regimes"][f"joined/{effects}"]) == {"narrow": 4, "wide": 4, "with_unitemised": 44}


@pytest.mark.parametrize(("ledger", "beside"), [("narrow", False), ("wide", True)])
def test_what_is_in_the_wide_ledger_is_in_the_one_that_holds_all(tmp_path: Path, ledger: str, beside: bool) -> None:
    path = tmp_path / "one.yaml"
    path.write_text(CONFIG.replace("ledger: [narrow, wide]", f"ledger: [{ledger}]"), encoding="utf-8")
    known, unknown = sim.load(path).worlds[0].model.costs
    assert known.ledgers == ((ledger, "with_unitemised") if beside else (ledger,))
    assert unknown.ledgers == ("with_unitemised",)


def test_differences_leave_it_out_but_for_a_claim(summary: dict[str, Any]) -> None:
    assert cost(summary["differences"]["joined/plain"]) == {"narrow": -4, "wide": -4}
    assert cost(summary["differences"]["joined/claim"]) == {"narrow": -4, "wide": -4, "with_unitemised": -44}
    ledgers = {found["name"]: list(found["ledgers"]) for found in summary["appraisal"]["comparisons"]}
    assert ledgers == {"joined/plain": ["narrow", "wide"], "joined/claim": ["narrow", "wide", "with_unitemised"]}


def test_the_table_leaves_the_cell_empty(summary: dict[str, Any]) -> None:
    cells = {(row[0], row[1]): row[-1] for row in costs(summary).rows}
    assert cells["joined/plain", "with_unitemised"] == ""
    assert cells["joined/claim", "with_unitemised"] != ""
