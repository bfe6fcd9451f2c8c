"""The variables of joint tables, and the two things done with them: sum down to a margin, and spread over a table.

A *variable* is something that a row carries: a chain, a trait, a memory, an age band, the mix of states of a family's
children. One variable may decide another, coarser one: how many children there are follows from their mix; whether a
key worker helps, from the stage of her help. The finer may stand for the coarser wherever tables are joined. What the
values of mixes and memories mean is here too; which tables there are is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from math import comb
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from sim.arrays import BoolArray, FloatArray, IntArray

Number = TypeVar("Number", bound=np.generic)
Kind = Literal["trait", "chain", "memory", "mix", "member", "others", "age", "classes", "array"]


@dataclass(frozen=True, eq=False)
class Variable:
    """An axis of joint tables; each is one object of a plan and equals itself alone.

    Attributes
    ----------
    kind
        ``chain`` (its values are stages), ``trait``, ``memory`` (histories); ``mix`` of the children in a chain, and
        ``member``, a child's own class in that mix; ``others``, whether anybody helps beside a service; ``age`` in
        bands; ``classes`` of a chain or memory, as far as some chains tell them apart; ``array``, no variable of rows.
    name
        Of the chain, trait, memory or service; of an age, the chains of the children.
    size
        Number of values.
    coarser
        The variables that it decides: the class of each of its values, (value,).
    """

    kind: Kind
    name: str
    size: int
    coarser: dict[Variable, IntArray] = field(default_factory=dict, repr=False)

    def decides(self, other: Variable, classes: IntArray) -> None:
        """Note a coarser variable, with its value for each of this one's, (value,)."""
        self.coarser[other] = classes.astype(np.intp)


Margin = tuple[Variable, ...]
"""Some variables of a table, in order."""
REST = Variable("array", "", 0)
"""An axis that is no variable (moves or marks, say), where a margin is asked for."""

Summing = tuple[tuple[int, ...], list[tuple[int, FloatArray]], tuple[int, ...] | None]
Spreading = tuple[list[tuple[int, IntArray]], tuple[int, ...] | None, list[int]]


def carrier(variable: Variable, among: Margin) -> Variable | None:
    """Give the variable among some that decides one: itself, or a finer one."""
    if variable in among:
        return variable
    return next((fine for fine in among if variable in fine.coarser), None)


def without(margin: Margin, *gone: Variable) -> Margin:
    """Leave variables out of a margin."""
    return tuple([v for v in margin if v not in gone])


def shape(margin: Margin) -> tuple[int, ...]:
    """Give the shape of a table over a margin."""
    return tuple(v.size for v in margin)


@dataclass
class Margins:
    """Sums tables down to margins and spreads margins over tables; remembers how each is done."""

    _sums: dict[tuple[Margin, Margin], Summing] = field(default_factory=dict)
    _spreads: dict[tuple[Margin, Margin], Spreading] = field(default_factory=dict)
    _shared: dict[tuple[Margin, Margin], Margin] = field(default_factory=dict)

    def shared(self, own: Margin, other: Margin) -> Margin:
        """List what two tables both hold, each thing once and as finely as both can."""
        if (own, other) not in self._shared:
            both: list[Variable] = []
            for v in own:
                if carrier(v, other) is not None:
                    both.append(v)
                else:
                    both += [coarse for coarse in v.coarser if carrier(coarse, other) is not None]
            self._shared[own, other] = tuple(dict.fromkeys(both))
        return self._shared[own, other]

    def onto(self, values: FloatArray, margin: Margin, target: Margin) -> FloatArray:
        """Sum a table (*margin) down to (*target); finer values are summed within classes."""
        if margin == target:
            return values
        steps = self._sums.get((margin, target))
        if steps is None:
            self._sums[margin, target] = steps = _summing(margin, target)
        gone, groups, order = steps
        if gone:
            values = values.sum(axis=gone)
        for axis, marks in groups:
            values = last_to(back(values, axis) @ marks, axis)
        return values if order is None else values.transpose(order)

    def over(self, values: NDArray[Number], margin: Margin, target: Margin) -> NDArray[Number]:
        """View a table (*margin) as one that broadcasts over (*target)."""
        if margin == target:
            return values
        steps = self._spreads.get((margin, target))
        if steps is None:
            self._spreads[margin, target] = steps = _spreading(margin, target)
        takes, order, places = steps
        for axis, classes in takes:
            if values.shape[axis] > 1:
                values = values.take(classes, axis=axis)
        if order is not None:
            values = values.transpose(order)
        sizes = [1] * len(target)
        for place, size in zip(places, values.shape, strict=True):
            sizes[place] = size
        return values.reshape(sizes)


def _summing(margin: Margin, target: Margin) -> Summing:
    """Work out how to sum ``margin`` down to ``target``: axes gone, classes of what is left, order."""
    carriers = [_carried(v, margin) for v in target]
    if len(set(carriers)) < len(carriers):
        raise KeyError(f"{_names(target)} asks twice for what one of {_names(margin)} decides")
    gone = tuple(i for i, v in enumerate(margin) if v not in carriers)
    kept = [v for v in margin if v in carriers]
    groups = []
    for v, fine in zip(target, carriers, strict=True):
        if v is not fine:
            axis = kept.index(fine)
            groups.append((axis, one_hot(fine.coarser[v], v.size)))
            kept[axis] = v
    order = tuple(kept.index(v) for v in target)
    return gone, groups, None if order == tuple(range(len(order))) else order


def _spreading(margin: Margin, target: Margin) -> Spreading:
    """Work out how to spread ``margin`` over ``target``: finer values, order, and where each axis goes."""
    carriers = [_carried(v, target) for v in margin]
    takes = [
        (axis, fine.coarser[v]) for axis, (v, fine) in enumerate(zip(margin, carriers, strict=True)) if fine is not v
    ]
    place = [target.index(fine) for fine in carriers]
    order = tuple(sorted(range(len(place)), key=place.__getitem__))
    return takes, None if order == tuple(range(len(order))) else order, [place[i] for i in order]


def _carried(variable: Variable, among: Margin) -> Variable:
    fine = carrier(variable, among)
    if fine is None:
        raise KeyError(f"{variable.kind} {variable.name} is not decided by {_names(among)}")
    return fine


def _names(margin: Margin) -> str:
    return ", ".join(f"{v.kind} {v.name}" for v in margin)


def front(values: FloatArray, axis: int) -> FloatArray:
    """View an array with one axis first."""
    return values.transpose(axis, *range(axis), *range(axis + 1, values.ndim)) if axis else values


def back(values: FloatArray, axis: int) -> FloatArray:
    """View an array with one axis last."""
    return values.transpose(*range(axis), *range(axis + 1, values.ndim), axis)


def last_first(values: FloatArray) -> FloatArray:
    """View an array with its last axis first."""
    return front(values, values.ndim - 1)


def last_to(values: FloatArray, axis: int) -> FloatArray:
    """View an array with its last axis at another place."""
    n = values.ndim - 1
    return values.transpose(*range(axis), n, *range(axis, n))


def in_order(values: FloatArray, margin: Margin, table: Margin) -> tuple[FloatArray, Margin]:
    """View (move, *margin) with the margin in a table's order."""
    order = sorted(range(len(margin)), key=lambda i: table.index(margin[i]))
    return values.transpose(0, *(1 + i for i in order)), tuple(margin[i] for i in order)


def one_hot(classes: IntArray, n_classes: int) -> FloatArray:
    """Give a 1 for the class of each value, (value, class)."""
    marks = np.zeros((len(classes), n_classes))
    marks[np.arange(len(classes)), classes] = 1.0
    return marks


def divide(part: FloatArray, whole: FloatArray) -> FloatArray:
    """Divide, giving 0 where there is nothing to divide by."""
    there = whole > 0
    if there.all():
        return part / whole
    sizes = np.broadcast_shapes(part.shape, whole.shape)
    return np.divide(part, whole, out=np.zeros(sizes), where=there)


@dataclass(frozen=True, eq=False)
class Mix:
    """How many of a family's children are in each class of states of one chain.

    ``number`` (mix,) is the family's class of number of children; ``members`` (mix, class) how many are in each class;
    ``class_of`` (state,) the class of a child's state, within the chain's ages; class 0 holds who is absent.
    ``truths`` maps a count's name to the classes that it counts, (class,); ``shifts[a, b]`` lists the mixes from and to
    which a child leads that goes from class a to b. ``apart``: class 0 holds those out of the chain's ages and nobody
    else who is there. The mix is a variable of families, a child's own class (``member``) one of children.
    """

    chain: str
    number: IntArray
    members: IntArray
    class_of: IntArray
    truths: dict[str, BoolArray]
    shifts: dict[tuple[int, int], tuple[IntArray, IntArray]]
    apart: bool
    variable: Variable
    member: Variable

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
    signatures = [tuple(row) for row in np.stack(list(marks.values()), axis=1).astype(np.int64).tolist()]
    apart = apart or any(signatures[0])
    distinct = list(dict.fromkeys(signatures))
    class_of = np.array([distinct.index(row) for row in signatures]) + apart
    n_classes = len(distinct) + apart
    truths = {name: np.array([False] * apart + [bool(d[i]) for d in distinct]) for i, name in enumerate(marks)}
    mixes = [(i, mix) for i, n in enumerate(numbers) for mix in _compositions(n, n_classes)]
    place = {mix: at for at, mix in enumerate(mixes)}
    shifts = {}
    for a, b in np.ndindex(n_classes, n_classes):
        pairs = [
            (at, place[i, tuple(k - (c == a) + (c == b) for c, k in enumerate(mix))])
            for at, (i, mix) in enumerate(mixes)
            if a != b and mix[a] > 0
        ]
        if pairs:
            shifts[a, b] = (np.array([p[0] for p in pairs]), np.array([p[1] for p in pairs]))
    number, members = np.array([i for i, _ in mixes]), np.array([mix for _, mix in mixes])
    variable, member = Variable("mix", chain, len(mixes)), Variable("member", chain, int(class_of.max()) + 1)
    return Mix(chain, number, members, class_of, truths, shifts, apart, variable, member)


def _compositions(n: int, classes: int) -> list[tuple[int, ...]]:
    """List the ways to put n children into classes."""
    if classes == 1:
        return [(n,)]
    return [(k, *rest) for k in range(n, -1, -1) for rest in _compositions(n - k, classes - 1)]


def still(ages: tuple[int, ...], oldest: tuple[int, ...]) -> tuple[int, ...]:
    """Give the ages, latest first, up to the first that is too old to be kept."""
    return tuple(age for age, _ in takewhile(lambda pair: pair[0] <= pair[1], zip(ages, oldest, strict=False)))


@dataclass(frozen=True, eq=False)
class WindowHistories:
    """What must be remembered of a yes or no within a window to know if it held ``most`` times or more.

    A history keeps the latest ``most`` steps in which it held: ``count`` (history,) is how many those are, and
    ``following[bit]`` (history,) the history after one more step. ``sums[bit]`` has the histories in order of what
    follows, where each following one begins, and which it is.
    """

    variable: Variable
    count: IntArray
    following: tuple[IntArray, ...]
    sums: tuple[tuple[IntArray, IntArray, IntArray], ...]


def oldest_ages(window: int, bounds: Sequence[int], most_histories: int) -> tuple[int, ...]:
    """Give the age up to which the latest step in which it held must be kept, the one before it, and so on.

    Where all of them within the window are too many, those are left out that no future lets count: the i-th latest
    one, of age a, helps to reach the next bound b only if b - i more can follow before it leaves the window, so that
    a <= window - 1 - (b - i). Of "12 of 12" an unbroken run is left, 13 histories; of "k of n" (n + 1 choose k).
    """
    most = max(bounds)
    if sum(comb(window, k) for k in range(most + 1)) <= most_histories:
        return (window - 1,) * most
    return tuple(window - 1 - (min(b for b in bounds if b >= i) - i) for i in range(1, most + 1))


def make_histories(name: str, window: int, bounds: Sequence[int], most_histories: int) -> WindowHistories | None:
    """List the histories of a window that are told apart by how often something held: less than each bound, or more.

    None where there are more than ``most_histories``.
    """
    oldest = oldest_ages(window, bounds, most_histories)
    kept: list[tuple[int, ...]] = [()]
    longest = kept
    for last in oldest:
        longest = [(*ages, age) for ages in longest for age in range(ages[-1] + 1 if ages else 0, last + 1)]
        kept = kept + longest
        if len(kept) > most_histories:
            return None
    place = {ages: i for i, ages in enumerate(kept)}
    following, sums = [], []
    for bit in (0, 1):
        older = [(*([0] if bit else []), *(age + 1 for age in ages)) for ages in kept]
        after = np.array([place[still(ages, oldest)] for ages in older])
        order = np.argsort(after, kind="stable")
        targets, starts = np.unique(after[order], return_index=True)
        following.append(after)
        sums.append((order, starts, targets))
    count = np.array([len(ages) for ages in kept])
    return WindowHistories(Variable("memory", name, len(kept)), count, tuple(following), tuple(sums))
