"""Spend that no service makes: a cost line says so itself, and a study without spend says why it has no ratio.

Ten thousand people who never move: so much a year is paid for each of them, and an illness that the drug halves costs
so much a year. Everything is expected, undiscounted and of one price, so that the ratio is a quotient of two prices.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from sim import expect
from sim.config import load
from sim.economics.report import full_appraisal
from sim.economics.summary import summarise
from sim.report.tables import headline

STUDY = """
title: A drug that no service gives out
sources: optional
solver: expect
clock: {step: year, steps: 4, first: 0}
units: {person: {size: 10000}}
parameters: {ill: 0.4, dose: 0}
chains:
  health:
    states: [well, ill]
    start: {ill: ill}
    probabilities: {well -> ill: 0}
costs:
  - {name: drug, while: health >= well, price: dose, ledger: [narrow]%s}
  - {name: illness, while: health == ill, price: 1000, ledger: [narrow]}
baseline: nothing
regimes:
  nothing: {}
  drug: {set: {parameters.ill: 0.1, parameters.dose: 150}}
"""


@pytest.mark.parametrize("marked", [True, False])
def test_a_drug_is_spend_where_its_line_says_so(tmp_path: Path, marked: bool) -> None:
    """It costs 150 and saves 0.3 x 1,000 a person-year: a ratio of 2 where it is spend, else a reason."""
    path = tmp_path / "study.yaml"
    path.write_text(STUDY % (", programme: true" if marked else ""), encoding="utf-8")
    ds = expect(load(path))
    (found,) = full_appraisal(ds).appraisal.comparisons
    view = found.view("narrow", "social")
    summary = summarise(ds)
    note = headline(summary).note
    assert view.net.amount.mean() == pytest.approx(10_000 * 4 * (300 - 150))
    if marked:
        assert (found.spend, found.why_no_ratio) == ("extra", "")
        assert view.bcr.mean == pytest.approx(2.0)
        assert view.intervention.amount.mean() == pytest.approx(10_000 * 4 * 150)
        assert summary["differences"]["drug"]["why_no_ratio"] is None
        assert "No benefit-cost ratio" not in note
    else:
        assert summary["differences"]["drug"]["bcr"]["mean"] is None
        why = summary["differences"]["drug"]["why_no_ratio"]
        assert why.startswith("no cost line of the narrow ledger is what a service or a programme costs")
        assert f"No benefit-cost ratio of drug: {why}." in note
