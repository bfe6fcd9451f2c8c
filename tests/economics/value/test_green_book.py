"""Discount factors against the table that HM Treasury publishes (Green Book 2022, annex 6, four decimals)."""

import numpy as np
import pytest
from ruamel.yaml import YAML

from sim.economics.value.terms import terms_of
from sim.money.discounting import factors
from tests.economics.priced import dataset, with_spec
from tests.places import ROOT

# Year and factor as printed: 3.5% in years 1 to 30, 3.0% in 31 to 75, 2.5% in 76 to 125.
STANDARD = {
    0: 1.0000, 1: 0.9662, 2: 0.9335, 3: 0.9019, 4: 0.8714, 5: 0.8420, 6: 0.8135, 7: 0.7860, 8: 0.7594, 9: 0.7337,
    10: 0.7089, 20: 0.5026, 30: 0.3563, 31: 0.3459, 40: 0.2651, 50: 0.1973, 75: 0.0942, 76: 0.0919, 100: 0.0508,
    125: 0.0274,
}  # fmt: skip
HEALTH = {1: 0.9852, 2: 0.9707, 5: 0.9283, 10: 0.8617, 20: 0.7425, 30: 0.6398}


def schedule(name: str) -> list[tuple[float, float]]:
    """Read a schedule of the library."""
    text = (ROOT / "configs" / "costs" / "discount.yaml").read_text(encoding="utf-8")
    held = YAML(typ="safe", pure=True).load(text)["discount"]["schedules"][name]
    return [(entry["from"], entry["rate"]["value"]) for entry in held["rates"]]


@pytest.mark.parametrize(("name", "table"), [("green_book", STANDARD), ("health", HEALTH)])
def test_published_factors(name: str, table: dict[int, float]) -> None:
    """Half a unit of the last printed digit, which is all that the table says."""
    years = np.array(list(table), dtype=float)
    assert factors(schedule(name), years) == pytest.approx(list(table.values()), abs=0.5001e-4)


def test_flat_and_none_are_what_they_say() -> None:
    years = np.arange(100.0)
    assert factors(schedule("flat"), years) == pytest.approx(1.035**-years, rel=1e-12)
    assert (factors(schedule("none"), years) == 1).all()


def test_the_first_year_is_not_discounted_and_the_next_has_the_published_factor() -> None:
    """Months 1 to 12 are year 0, months 13 to 24 year 1, and so on to the end of the run."""
    factor = terms_of(dataset()).factors()
    assert factor[:12] == pytest.approx(1.0, abs=0)
    assert factor[12:24] == pytest.approx(0.9662, abs=0.5001e-4)
    assert factor[59] == pytest.approx(0.8714, abs=0.5001e-4)


def test_discounting_by_step_counts_from_the_end_of_each_month() -> None:
    terms = terms_of(dataset(spec=with_spec(timing="step")))
    assert terms.factors()[[0, 11, 23]] == pytest.approx([1.035 ** (-1 / 12), 1 / 1.035, 1.035**-2], rel=1e-12)
