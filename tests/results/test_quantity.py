"""Names of outputs: what people type is what is taken apart, and nothing else is."""

import numpy as np
import pytest

from sim.results.quantity import OutputName, measures_of, numbered, of_item, samples_of


@pytest.mark.parametrize(
    ("text", "quantity"),
    [
        ("cost|siloed|narrow", OutputName("cost", "siloed", "narrow")),
        ("net|better|today|wide", OutputName("net", "better", "wide", "today")),
    ],
)
def test_text_and_parts_are_one(text: str, quantity: OutputName) -> None:
    assert OutputName.parse(text) == quantity
    assert str(quantity) == text


@pytest.mark.parametrize("text", ["cost", "cost|siloed", "net|a|b|c|d", "net||b|c", ""])
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no output; write measure"):
        OutputName.parse(text)


def test_samples_come_back_in_their_order() -> None:
    samples = np.arange(12.0)
    values = {**numbered("net", samples), **numbered("spend", -samples), **measures_of("keyworker", {"wait": 2.0})}
    assert list(values)[:2] == ["net|0", "net|1"]
    assert np.array_equal(samples_of(values, "net"), samples)
    assert np.array_equal(samples_of(values, "spend"), -samples)
    assert of_item(values, "keyworker") == {"wait": 2.0}
    assert samples_of(values, "gross").shape == (0,)
