"""Small alphabets: the mix of states among a family's children, and the history of a yes or no within a window."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import numpy as np

from sim.arrays import BoolArray, IntArray


@dataclass(frozen=True)
class Mix:
    """How many of a family's children are in each class of states of one chain.

    ``number`` (mix,) is the family's class of number of children; ``members`` (mix, class) how many are in each class;
    ``class_of`` (state,) the class of a child's state, within the chain's ages; class 0 holds who is absent.
    ``truths`` maps a count's name to the classes that it counts, (class,); ``shifts[a, b]`` lists the mixes from and to
    which a child leads that goes from class a to b.
    """

    chain: str
    number: IntArray
    members: IntArray
    class_of: IntArray
    truths: dict[str, BoolArray]
    shifts: dict[tuple[int, int], tuple[IntArray, IntArray]]
    apart: bool
    """Whether class 0 holds those out of the chain's ages and nobody else who is there."""

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return int(self.members.shape[1])

    def counted(self, name: str) -> IntArray:
        """Give how many children a count counts in each mix, (mix,)."""
        return self.members @ self.truths[name]


def make_mix(chain: str, numbers: list[int], marks: dict[str, BoolArray], apart: bool) -> Mix:
    """List the mixes of a chain.

    Parameters
    ----------
    chain
        The children's chain.
    numbers
        Number of children by class of the family's trait.
    marks
        Count -> whether it counts each state, (state,).
    apart
        Whether children out of the chain's ages are told from those in its first state.
    """
    signatures = np.stack([np.asarray(mark, dtype=np.int64) for mark in marks.values()], axis=1)
    apart = apart or bool(signatures[0].any())
    distinct = [tuple(signatures[0])]
    for row in signatures[1:]:
        if tuple(row) not in distinct:
            distinct.append(tuple(row))
    class_of = np.array([distinct.index(tuple(row)) for row in signatures]) + apart
    n_classes = len(distinct) + apart
    truths = {name: np.array([False] * apart + [bool(d[i]) for d in distinct]) for i, name in enumerate(marks)}
    number, members = [], []
    for i, n in enumerate(numbers):
        for mix in _compositions(n, n_classes):
            number.append(i)
            members.append(mix)
    place = {(number[i], mix): i for i, mix in enumerate(members)}
    shifts = {}
    for a in range(n_classes):
        for b in range(n_classes):
            pairs = [
                (i, place[number[i], tuple(k - (c == a) + (c == b) for c, k in enumerate(mix))])
                for i, mix in enumerate(members)
                if a != b and mix[a] > 0
            ]
            if pairs:
                shifts[a, b] = (np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]))
    return Mix(chain, np.array(number), np.array(members), class_of, truths, shifts, apart)


def _compositions(n: int, classes: int) -> list[tuple[int, ...]]:
    """List the ways to put n children into classes."""
    if classes == 1:
        return [(n,)]
    return [(k, *rest) for k in range(n, -1, -1) for rest in _compositions(n - k, classes - 1)]


@dataclass(frozen=True)
class History:
    """What must be remembered of a yes or no within a window to know if it held ``most`` times or more.

    A history keeps the latest ``most`` steps in which it held: ``count`` (history,) is how many those are, and
    ``following[bit]`` (history,) the history after one more step.
    """

    name: str
    count: IntArray
    following: tuple[IntArray, IntArray]

    @cached_property
    def sums(self) -> list[tuple[IntArray, IntArray, IntArray]]:
        """For each bit: histories in order of what follows, where each following one begins, and which it is."""
        found: list[tuple[IntArray, IntArray, IntArray]] = []
        for following in self.following:
            order = np.argsort(following, kind="stable")
            targets, starts = np.unique(following[order], return_index=True)
            found.append((order, starts, targets))
        return found

    @property
    def size(self) -> int:
        """Number of histories."""
        return len(self.count)


def make_history(name: str, window: int, most: int) -> History:
    """List the histories of a window that are told apart by how often something held, up to ``most`` times."""
    kept = [set_ for k in range(most + 1) for set_ in combinations(range(window), k)]
    place = {set_: i for i, set_ in enumerate(kept)}
    following = []
    for bit in (0, 1):
        after = []
        for set_ in kept:
            ages = ([0] if bit else []) + [age + 1 for age in set_ if age + 1 < window]
            after.append(place[tuple(ages[:most])])
        following.append(np.array(after))
    return History(name, np.array([len(set_) for set_ in kept]), (following[0], following[1]))
