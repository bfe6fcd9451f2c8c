"""Numbers in words: places, signs, significant figures, intervals, and a dash for what is not known."""

import math

from sim.exhibits.numbers import difference, digits, figure, fixed, interval, millions, months, share, signed
from sim.intervals import Estimate


def test_numbers_as_people_read_them() -> None:
    assert figure(None) == "–"
    assert [figure(x) for x in (1234567.8, -1234.5, -0.2)] == ["1,234,568", "−1,234", "0"]
    assert [signed(x) for x in (12.0, -12.0, 0.0)] == ["+12", "−12", "0"]
    assert difference({"mean": -3.0, "low": -5.0, "high": 1.0}) == "−3 (−5 to +1)"
    assert [share(0.01234), share(None), months(2.04)] == ["1.23%", "–", "2.0"]
    assert [fixed(x, 1, sign=True) for x in (2.04, -2.04, -0.04, math.nan)] == ["+2.0", "−2.0", "0.0", "–"]
    assert [fixed(x, 1, finer_below=10) for x in (9.876, 98.76)] == ["9.88", "98.8"]
    assert [digits(x) for x in (0.012345, -12.345, 999.7, 12345.6, None)] == ["0.0123", "−12.3", "1,000", "12,346", "–"]
    assert [interval(Estimate(2e6, low, 3e6), millions) for low in (1e6, None)] == ["2.0 (1.0 to 3.0)", "2.0"]
    assert interval(Estimate(math.nan)) == "–"
