"""Keyed random numbers: a draw is a pure function of a key and a counter, so nothing that is added moves another.

Keys are 64-bit hashes (BLAKE2b) of names; words come from SplitMix64 (Steele, Lea and Flood 2014, OOPSLA,
"Fast splittable pseudorandom number generators"), used as a counter-based generator: word ``i`` of a key is the
finaliser (Stafford's mix 13) of ``key + (i + 1) * golden gamma``. There is no state and no global seed.
"""

from __future__ import annotations

from hashlib import blake2b

import numpy as np

from sim.arrays import FloatArray, IntArray, WordArray

GAMMA = np.uint64(0x9E3779B97F4A7C15)
MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
MIX_2 = np.uint64(0x94D049BB133111EB)
TO_UNIT = 2.0**-53
_GAMMA, _MIX_1, _MIX_2 = int(GAMMA), int(MIX_1), int(MIX_2)
_ALL_BITS = 2**64 - 1


def key(seed: int, *parts: str | int) -> int:
    """Hash a seed and the name of a decision to a 64-bit key.

    Parameters
    ----------
    seed
        The run's seed, or a key made earlier (keys nest).
    parts
        What the draw is for: replication, chain, step ... Order matters; ``1`` and ``"1"`` differ.

    Returns
    -------
        An integer in [0, 2**64), the same on every platform.
    """
    text = "\x1f".join([str(seed), *(f"{type(part).__name__[0]}{part}" for part in parts)])
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def mix(words: WordArray) -> WordArray:
    """Scramble 64-bit words in place (Stafford's mix 13, a bijection) and return them."""
    words ^= words >> np.uint64(30)
    words *= MIX_1
    words ^= words >> np.uint64(27)
    words *= MIX_2
    words ^= words >> np.uint64(31)
    return words


def words(stream: int, ids: IntArray) -> WordArray:
    """Give the 64-bit word of each id under one key, shape of ``ids``; ids are non-negative integers."""
    counters = ids.astype(np.uint64)
    counters += np.uint64(1)
    counters *= GAMMA
    counters += np.uint64(stream)
    return mix(counters)


def uniform(stream: int, ids: IntArray) -> FloatArray:
    """Give one float64 in [0, 1), a multiple of 2**-53, for each id under one key; shape of ``ids``."""
    return to_unit(words(stream, ids))


def to_unit(values: WordArray) -> FloatArray:
    """Turn 64-bit words into float64 in [0, 1), using their top 53 bits."""
    return (values >> np.uint64(11)).astype(np.float64) * TO_UNIT


def one_uniform(stream: int, number: int) -> float:
    """Give what ``uniform`` gives for one id, without an array: for draws that are made one by one."""
    word = (stream + (number + 1) * _GAMMA) & _ALL_BITS
    word = (word ^ (word >> 30)) * _MIX_1 & _ALL_BITS
    word = (word ^ (word >> 27)) * _MIX_2 & _ALL_BITS
    return ((word ^ (word >> 31)) >> 11) * TO_UNIT
