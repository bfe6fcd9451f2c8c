"""A phased start: an area where a service is not open yet is one without it; once open it is like any other.

Families do not meet across areas, so that what happens in one area cannot depend on when another one opens: on the same
random numbers its counts are the same to the last one.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import sim
from sim.config.translate.opening import referred_where_open, staffed_where_open
from sim.errors import ModelError
from sim.language.evaluate import parse
from sim.model.spec import Team
from tests.places import KEY_WORKERS

CONFIG = KEY_WORKERS
OVER = """
extends: {config}
effect_set: [as_is]
units: {{family: {{size: 800, areas: {{north: 0.5, south: 0.5}}}}}}
costs:
  - name: taken on
    per: keyworker.start
    price: &price {{value: 1, unit: gbp, price_year: 2015/16}}
    payers: {{council: 1}}
    ledger: [narrow]
    tier: targeted
  - name: asked
    on: "keyworker: any -> waiting"
    price: *price
    payers: {{council: 1}}
    ledger: [narrow]
    tier: targeted
regimes:
  with_key_workers: {{set: {{services.keyworker.opens: {opens}}}}}
"""


def loaded(folder: Path, opens: str, *sets: str) -> sim.model.spec.Scenario:
    file = folder / "phased.yaml"
    file.write_text(OVER.format(config=CONFIG, opens=opens), encoding="utf-8")
    return sim.load(file, sets)


def counts(ds: xr.Dataset, area: str, meter: str) -> np.ndarray:
    """Counts by replication and year."""
    found = ds["area_meters"].sel(area=area, regime="with_key_workers", meter=meter).squeeze("effect_set")
    return np.asarray(found.transpose("replication", "year").values)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, xr.Dataset]:
    folder = tmp_path_factory.mktemp("phased")
    kinds = {"at once": "{}", "from the start": "{south: 2011-04}", "later": "{south: 2013-04}"}
    return {name: sim.simulate(loaded(folder, opens)) for name, opens in kinds.items()}


def test_opening_at_the_start_changes_nothing(found: dict[str, xr.Dataset]):
    for name in ("meters", "occupancy", "team", "area_waits"):
        assert np.array_equal(found["at once"][name].values, found["from the start"][name].values, equal_nan=True)


def test_nobody_is_referred_or_paid_before_an_area_opens(found: dict[str, xr.Dataset]):
    """The regime begins in the first year and the south opens with the third; until then the baseline's rules hold."""
    later = found["later"]
    for meter in ("keyworker.start", "keyworker: any -> waiting", "keyworker.worker"):
        in_south = counts(later, "south", meter)
        assert in_south[:, 1].sum() == 0.0
        assert (in_south[:, 2:].sum(axis=1) > 0).all()
        assert counts(found["at once"], "south", meter)[:, 1].sum() > 0


def test_what_happens_elsewhere_does_not_depend_on_it(found: dict[str, xr.Dataset]):
    for meter in ("keyworker.start", "keyworker: any -> waiting", "keyworker.worker", "crisis == acute"):
        assert np.array_equal(counts(found["later"], "north", meter), counts(found["at once"], "north", meter))


def test_expected_values_hold_no_areas_and_say_so(tmp_path: Path):
    made = loaded(tmp_path, "{south: 2012-04}", "clock.steps=24", "queues=open")
    with pytest.raises(ModelError, match="differ by area"):
        sim.expect(made)


def test_posts_and_referrals_by_hand():
    team = Team({"a": 2.0, "b": 3.0, "c": 4.0}, 6.0, funding=((10, {"a": 5.0, "b": 6.0, "c": 7.0}),))
    made = staffed_where_open(team, {"b": 4, "c": 12})
    assert made.workers == {"a": 2.0, "b": 0.0, "c": 0.0}
    assert made.funding == (
        (4, {"a": 2.0, "b": 3.0, "c": 0.0}), (10, {"a": 5.0, "b": 6.0, "c": 0.0}), (12, {"a": 5.0, "b": 6.0, "c": 7.0}),
    )  # fmt: skip
    assert staffed_where_open(team, {}) is team
    when = parse("crisis >= 2")
    assert referred_where_open(when, {}, 1 / 12) is when
    assert "area == b and" not in referred_where_open(when, {"c": 12}, 1.0).text
    assert "time < 11.5" in referred_where_open(when, {"c": 12}, 1.0).text


def test_what_cannot_open_is_told_with_its_place(tmp_path: Path):
    for opens, text in (
        ("{west: 2012-04}", "'west' is no area; there are north, south"),
        ("{south: 2019-04}", "must lie within the clock"),
        ("{south: soon}", "given 'soon'"),
    ):
        with pytest.raises(ModelError, match=r"services\.keyworker\.opens") as error:
            loaded(tmp_path, opens)
        assert text in " ".join(map(str, error.value.problems))
    with pytest.raises(ModelError, match="a service with them opens at once"):
        loaded(tmp_path, "{south: 2012-04}", "services.keyworker.team.extra_workers=1")
