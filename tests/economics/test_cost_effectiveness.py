"""The table of cost-effectiveness of a run, against published tables and one worked by hand.

Published: Briggs, Claxton and Sculpher (2006), exercises 2.5 and 3.5, and Alarid-Escudero et al. (2023), table 5 of the
introductory tutorial and table 3 of the other (standing and pounds a QALY); sources in test_textbook_published. By
hand: dominance and extended dominance as in Drummond et al. (2015), chapter 4.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import sim
from sim.report.tables import cost_effectiveness
from sim.report.terminal import headline_tables
from tests.places import TEXTBOOK, language

PUBLISHED = {
    "hiv": ("life_years", {"one_drug": None, "two_drugs": "6275.95560"}),
    "hip_replacement": ("qalys", {"standard": None, "np1": "2198.486665"}),
    "sick_sicker": (
        "qalys",
        {"standard_of_care": None, "strategy_b": "72988", "strategy_a": "dominated", "strategy_ab": "125764"},
    ),
    "sick_sicker_age": (
        "qalys",
        {"standard_of_care": None, "strategy_b": "65288", "strategy_a": "dominated", "strategy_ab": "104461"},
    ),
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_published_tables(name: str) -> None:
    outcome, regimes = PUBLISHED[name]
    (found,) = sim.summarise(sim.expect(sim.load(TEXTBOOK / f"{name}.yaml")))["cost_effectiveness"]
    assert (found["outcome"], found["cost"], found["counts_as"]) == (outcome, "cost", "gain")
    assert [one["regime"] for one in found["options"]] == list(regimes)
    for one, printed in zip(found["options"], regimes.values(), strict=True):
        if printed == "dominated":
            assert (one["standing"], one["icer"]) == ("dominated", None)
        elif printed is None:
            assert (one["standing"], one["icer"], one["more_cost"]) == ("on the frontier", None, None)
        else:
            decimals = len(printed.partition(".")[2])
            assert f"{one['icer']:.{decimals}f}" == printed
            assert one["more_cost"] / one["more_effect"] == pytest.approx(one["icer"], rel=1e-12)


def documented(folder: Path, *sets: str) -> dict[str, Any]:
    blocks = re.findall(r"```yaml\n(.*?)```", language(), re.DOTALL)
    path = folder / "ways.yaml"
    path.write_text(next(block for block in blocks if "Four ways to house" in block), encoding="utf-8")
    return dict(sim.summarise(sim.expect(sim.load(path, list(sets)))))


def test_dominance_by_hand(tmp_path: Path) -> None:
    """Advice, £300 a month averted, is beaten by a mixture of nothing and a deposit, £133; a hostel by the deposit."""
    summary = documented(tmp_path)
    (found,) = summary["cost_effectiveness"]
    assert [(one["regime"], one["standing"]) for one in found["options"]] == [
        ("nothing", "on the frontier"), ("advice", "extendedly dominated"), ("deposit", "on the frontier"),
        ("support", "on the frontier"), ("hostel", "dominated"),
    ]  # fmt: skip
    icers = {one["regime"]: one["icer"] for one in found["options"] if one["icer"] is not None}
    assert icers == pytest.approx({"deposit": 400 / 3, "support": 500.0}, rel=1e-12)
    assert found["options"][2]["more_effect"] == pytest.approx(3.0, rel=1e-12)
    (table,) = cost_effectiveness(summary)
    assert table.rows[2] == ("deposit", "400", "3", "400", "3", "133")
    assert table.rows[4][-1] == "dominated"
    assert any(shown.columns == table.columns and shown.rows == table.rows for shown in headline_tables(summary))


def test_cost_lines_where_no_outcome_is_a_cost(tmp_path: Path) -> None:
    """£105 at the end of the year, at 5%: £100 a person."""
    line = "costs=[{name: help, per: person, price: 105 * (months > 0), times: 1, programme: true}]"
    summary = documented(
        tmp_path, "outcomes.spend.counts_as=harm", line, "discount={flat: 0.05}", "regimes.advice=null",
        "regimes.support=null", "regimes.hostel=null", "outcomes.months_homeless.counts_as=gain",
    )  # fmt: skip
    found = {one["outcome"]: one for one in summary["cost_effectiveness"]}
    assert found["months_homeless"]["cost"] == "narrow ledger, flat"
    costs = {one["regime"]: one["cost"] for one in found["spend"]["options"]}
    assert costs == pytest.approx({"nothing": 0.0, "deposit": 100.0}, rel=1e-12)


@pytest.mark.parametrize(
    "sets",
    [
        ["outcomes.spend.counts_as=null"],
        ["outcomes.months_homeless.counts_as=null"],
        ["regimes={nothing: {}, advice: null, deposit: null, support: null, hostel: null}"],
    ],
)
def test_no_table_where_something_is_not_known(sets: list[str], tmp_path: Path) -> None:
    assert documented(tmp_path, *sets)["cost_effectiveness"] == []
