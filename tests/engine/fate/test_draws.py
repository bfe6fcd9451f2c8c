"""Keyed draws: the published generator, keys that never change, even and independent words, prefixes that hold.

Chi-square tests have fixed keys and a limit at 1e-6 each; there are about 60, so one set of keys in 16,000 would alarm.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from sim.engine.fate.draws import key, uniform, words

FALSE_ALARM = 1e-6
N = 1 << 16


def assert_even(cells: np.ndarray, n_cells: int) -> None:
    """Chi-square test of equally likely cells."""
    counts = np.bincount(cells, minlength=n_cells)
    assert counts.size == n_cells
    expected = cells.size / n_cells
    statistic = float(((counts - expected) ** 2 / expected).sum())
    low, high = stats.chi2.ppf([FALSE_ALARM / 2, 1 - FALSE_ALARM / 2], n_cells - 1)
    assert low < statistic < high


def nibbles(values: np.ndarray, at: int) -> np.ndarray:
    """Give four bits of each word."""
    return ((values >> np.uint64(at)) & np.uint64(15)).astype(np.int64)


@pytest.mark.parametrize(
    ("seed", "vector"),
    [
        (0, [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F, 0xF88BB8A8724C81EC]),
        (
            1234567,
            [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431, 16408922859458223821],
        ),
    ],
)
def test_words_are_splitmix64(seed: int, vector: list[int]):
    """The test vectors of Vigna's splitmix64.c: seed 0 (as in Java's SplittableRandom) and seed 1234567."""
    assert words(seed, np.arange(len(vector))).tolist() == vector


def test_keys_never_change():
    """Known answers of coreutils' ``b2sum -l 64`` (bytes in rising order): another hash would be another study."""
    assert key(1).to_bytes(8, "little").hex() == "f6fc42039fba3776"
    assert key(1, "replication", 0).to_bytes(8, "little").hex() == "bb9f3c3a646f9309"
    assert key(2011, "crisis", -24).to_bytes(8, "little").hex() == "f9c27ec885717ad3"


def test_keys_tell_words_numbers_and_order_apart():
    keys = [
        key(1),
        key(1, 1),
        key(1, "1"),
        key(11),
        key(1, "a", "b"),
        key(1, "b", "a"),
        key(1, "ab"),
        key(1, "a", "b", ""),
    ]
    assert len(set(keys)) == len(keys)
    assert all(0 <= k < 2**64 for k in keys)


def test_uniform_is_the_top_53_bits():
    ids = np.arange(1000)
    exact = [(word >> 11) / 2**53 for word in words(5, ids).tolist()]
    assert uniform(5, ids).tolist() == exact
    assert uniform(5, ids).max() < 1.0


@pytest.mark.parametrize("at", [0, 4, 12, 28, 44, 60])
def test_every_four_bits_of_neighbouring_ids_are_even(at: int):
    assert_even(nibbles(words(key(1, "even"), np.arange(N)), at), 16)


@pytest.mark.parametrize("at", [0, 12, 60])
@pytest.mark.parametrize("gap", [1, 2, 64, 4096])
def test_neighbouring_ids_are_independent(at: int, gap: int):
    """Pairs (id, id + gap) fill 16 x 16 cells evenly; gaps of children in a family and of blocks among them."""
    values = nibbles(words(key(1, "pairs"), np.arange(N + gap)), at)
    assert_even(values[:-gap] * 16 + values[gap:], 256)


@pytest.mark.parametrize("id_", [0, 1, 4095, 7_680_000])
def test_neighbouring_keys_are_independent(id_: int):
    """One id under the keys of successive steps: even, and independent of the step before."""
    values = np.array([words(key(key(1, "crisis"), step), np.array([id_]))[0] for step in range(-2048, 2048)])
    assert_even(nibbles(values, 60), 16)
    assert_even(nibbles(values[:-1], 60) * 16 + nibbles(values[1:], 60), 256)


@pytest.mark.parametrize(("one", "other"), [(("need", 3), ("crisis", 3)), (("need", 3), ("need", 4)), ((1, 3), (3, 1))])
def test_chains_steps_and_replications_are_independent(one: tuple[str | int, ...], other: tuple[str | int, ...]):
    first, second = (nibbles(words(key(7, *parts), np.arange(N)), 60) for parts in (one, other))
    assert_even(first * 16 + second, 256)


def test_raw_neighbouring_keys_give_independent_words():
    """Keys that differ in one bit, without hashing: even the finaliser alone keeps them apart."""
    for bit in (0, 1, 31, 63):
        first, second = (nibbles(words(k, np.arange(N)), 60) for k in (12345, 12345 ^ (1 << bit)))
        assert_even(first * 16 + second, 256)


def test_the_test_sees_a_counter():
    """A negative control: raw counters instead of scrambled words are caught."""
    with pytest.raises(AssertionError):
        assert_even(nibbles(np.arange(N, dtype=np.uint64) << np.uint64(40), 44), 16)


def test_more_ids_change_nobody():
    """Prefixes, parts and any order: a word belongs to its id alone."""
    ids = np.arange(10_000)
    whole = words(99, ids)
    assert np.array_equal(words(99, ids[:17]), whole[:17])
    shuffled = np.argsort(words(3, ids))
    assert np.array_equal(words(99, ids[shuffled]), whole[shuffled])
    assert ids.tolist() == list(range(10_000))
    assert words(99, np.array([], dtype=np.int64)).size == 0


def test_a_stream_beyond_64_bits_of_signed_numbers():
    """Keys use all 64 bits, the top one too, and ids may be of any whole type."""
    for dtype in (np.int32, np.int64, np.uint16):
        assert words(2**64 - 1, np.arange(5, dtype=dtype)).tolist() == words(2**64 - 1, np.arange(5)).tolist()
