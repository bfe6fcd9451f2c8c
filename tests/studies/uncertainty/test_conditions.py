"""What would have to be true: on draws of a rule that is known, in the decision, in what is kept and in words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from matplotlib.axes import Axes

from sim.errors import ModelError
from sim.exhibits.conditions import condition_lines, conditions_table, plot_surface, surface_finding, surface_table
from sim.exhibits.style import NARROW, WIDE
from sim.studies.uncertainty.conditions import COST, conditions_of
from sim.studies.uncertainty.decision import decide
from tests.studies.uncertainty.test_draws import made_table

DRAWS = np.random.default_rng(5).random((500, 3))
CARE, POSTS, OTHER = 20_000 + 60_000 * DRAWS[:, 0], 2_000 + 6_000 * DRAWS[:, 1], DRAWS[:, 2]
INPUTS = {"costs.children looked after.price.value": CARE, "costs.keyworker staff.price.value": POSTS, "other": OTHER}
NET = 0.1 * CARE - POSTS
"""Help pays where care costs more than ten times what help does: a line through both inputs."""


def test_known_line_and_boxes_are_found_and_said() -> None:
    found = conditions_of(INPUTS, NET, {COST: POSTS})
    assert found is not None
    assert found.pays == pytest.approx((NET > 0).mean())
    assert found.surface is not None
    assert set(found.surface.inputs) == set(INPUTS) - {"other"}
    told = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    first_is_care = "children" in told["surface"]["inputs"][0]
    for x, y in zip(told["surface"]["x"], told["surface"]["crossing"], strict=True):
        if y is not None:
            assert y == pytest.approx(0.1 * x if first_is_care else 10 * x, rel=1e-6)
    lines = condition_lines(told)
    assert lines[0] == f"Help pays for itself in {(NET > 0).mean():.0%} of 500 draws of the inputs."
    assert lines[1].startswith("It pays in ")
    assert " of 10 draws where " in lines[1]
    for box in (told["box"], told["loses"]):
        assert box["density"] >= 0.8
        assert box["elsewhere"] > 0.7  # of draws that did not find it
        assert {limit["input"] for limit in box["limits"]} <= {*INPUTS, COST} - {"other"}


def test_a_decision_holds_them_and_takes_any_two_inputs() -> None:
    table = made_table(NET, np.zeros(len(NET)), DRAWS)
    found = decide(table, "narrow")
    assert found.conditions is not None
    assert found.conditions.pays == pytest.approx(found.standings[1].gains)
    assert found.conditions.surface is not None
    assert set(found.conditions.surface.inputs) == {"p0", "p1"}
    other = decide(table, "narrow", "p2, p0").conditions
    assert other is not None
    assert other.surface is not None
    assert other.surface.inputs == ("p2", "p0")
    for text in ("p0", "p0,p0", "p0,p9"):
        with pytest.raises(ModelError, match=r"two inputs that are drawn, with a comma between; p0, p1, p2"):
            decide(table, "narrow", text)
    assert decide(made_table(NET[:40], np.zeros(40), DRAWS[:40]), "narrow").conditions is None


def test_what_always_or_never_pays_needs_no_limits() -> None:
    always = conditions_of(INPUTS, np.ones(500) + OTHER)
    assert always is not None
    assert condition_lines(always.to_dict()) == ("Help pays for itself in 100% of 500 draws of the inputs.",)
    table = conditions_table([("help", always.to_dict())], "")
    assert table.rows[0][:3] == ("help", "pays", "everywhere")
    assert "whatever" in surface_finding(always.to_dict()["surface"])


def test_surface_is_drawn_for_a_desk_and_a_phone() -> None:
    found = conditions_of(INPUTS, NET)
    assert found is not None
    told = found.to_dict()["surface"]
    for canvas in (WIDE, NARROW):
        ax = plot_surface(told, "Saved less spent, £", canvas=canvas)
        assert isinstance(ax, Axes)
        assert {"pays for itself", "does not", "breaks even"} <= set(ax.get_legend_handles_labels()[1])
    assert len(surface_table(told, "Where").rows) == len(told["x"])
    assert "it breaks even where" in surface_finding(told).lower()
