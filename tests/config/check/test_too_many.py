"""More than a byte can number is refused at its place, before anything is compiled; the largest number allowed runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim
from sim.engine.solvers.families import replicate
from sim.errors import ModelError

HEAD = "title: many\nsources: optional\nclock: {step: year, steps: 2}\nunits: {person: {size: 3}}\n"
SERVICE = "{kind: discretionary, refer: {when: never, rate: 1}, engaged: {mean: 1 year}}"


def many(kind: str, n: int) -> str:
    """Write a config with n of something."""
    numbered = [f"s{i}" for i in range(n)]
    chain = f"chains: {{a: {{states: [{', '.join(numbered)}], rates: {{s0 -> s{n - 1}: 400}}}}}}\n"
    two = "chains: {a: {states: [x, y], rates: {x -> y: 1}}}\n"
    return (
        HEAD
        + {
            "states": chain,
            "shares": two + f"traits: {{t: {{shares: {{{', '.join(f'{i}: {1 / n!r}' for i in range(n))}}}}}}}\n",
            "services": two + f"services: {{{', '.join(f'{name}: {SERVICE}' for name in numbered)}}}\n",
        }[kind]
    )


@pytest.mark.parametrize(
    ("kind", "n", "place"),
    [
        ("states", 257, "5:22: chains.a.states: .*has 257 entries; it must have at most 256"),
        ("shares", 257, "6:22: traits.t.shares: .*has 257 values; it must have at most 256"),
        ("services", 256, "6:.*: services.s255: .*there may be at most 255"),
    ],
)
def test_too_many_are_refused_at_their_place(kind: str, n: int, place: str, tmp_path: Path) -> None:
    file = tmp_path / "many.yaml"
    file.write_text(many(kind, n), encoding="utf-8")
    with pytest.raises(ModelError, match=rf"many.yaml:{place}"):
        sim.load(file)


def test_the_last_of_256_states_is_reached(tmp_path: Path) -> None:
    """At 400 a year all three rows move to the last state in two years but for 3 x exp(-800)."""
    file = tmp_path / "many.yaml"
    file.write_text(many("states", 256), encoding="utf-8")
    stocks = replicate(sim.load(file), 0).stocks[0]
    assert stocks[0, 0] == 3 == stocks[2, 255]


def test_what_reads_too_much_at_once_is_refused(tmp_path: Path) -> None:
    """Five traits of 100 values are 10^10 combinations: no table can hold them."""
    shares = ", ".join(f"{i}: 0.01" for i in range(100))
    traits = "".join(f"  t{k}: {{shares: {{{shares}}}}}\n" for k in range(5))
    rate = " + ".join(f"t{k}" for k in range(5))
    file = tmp_path / "wide.yaml"
    chain = f"chains:\n  a:\n    states: [x, y]\n    rates:\n      x -> y: {rate}\n"
    file.write_text(f"{HEAD}traits:\n{traits}{chain}", encoding="utf-8")
    with pytest.raises(ModelError, match=r"wide.yaml:15:15: chains.a.rates.x -> y: .*10,000,000,000 combinations"):
        replicate(sim.load(file), 0)
