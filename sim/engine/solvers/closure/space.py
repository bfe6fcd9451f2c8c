"""Named axes of the closure's tables, and the two things done with them: sum out, and spread over more axes.

A *name* stands for something that a row carries (a chain, a trait, a memory, an age band, the mix of states of a
family's children). One name may be told from another, finer one: how many children there are, from their mix; whether
a key worker helps, from the stage of her help. Such a coarser name may stand for the finer wherever tables are joined.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from sim.arrays import FloatArray, IntArray

Names = tuple[str, ...]
Summing = tuple[tuple[int, ...], list[tuple[int, FloatArray]], tuple[int, ...] | None]
Spreading = tuple[list[tuple[int, IntArray]], tuple[int, ...] | None, list[int]]


@dataclass
class Space:
    """Sizes of the names, and which coarser names each tells: fine -> coarse -> class of each fine value."""

    sizes: dict[str, int] = field(default_factory=dict)
    tells: dict[str, dict[str, IntArray]] = field(default_factory=dict)
    _sums: dict[tuple[Names, Names], Summing] = field(default_factory=dict)
    _spreads: dict[tuple[Names, Names], Spreading] = field(default_factory=dict)
    _shared: dict[tuple[Names, Names], Names] = field(default_factory=dict)

    def add(self, name: str, size: int) -> None:
        """Add a name."""
        self.sizes[name] = size

    def add_coarser(self, fine: str, coarse: str, classes: IntArray) -> None:
        """Say that a name tells another: ``classes`` (fine value,) is its value."""
        self.sizes[coarse] = int(classes.max()) + 1 if coarse not in self.sizes else self.sizes[coarse]
        self.tells.setdefault(fine, {})[coarse] = classes.astype(np.intp)

    def carrier(self, name: str, among: Names) -> str | None:
        """Give the name among some that tells a name: itself, or a finer one."""
        if name in among:
            return name
        return next((fine for fine in among if name in self.tells.get(fine, {})), None)

    def shared(self, mine: Names, other: Names) -> Names:
        """List what two sets of names both tell, each thing once and as finely as both can."""
        if (mine, other) not in self._shared:
            found = []
            for name in mine:
                if self.carrier(name, other) is not None:
                    found.append(name)
                    continue
                found += [coarse for coarse in self.tells.get(name, {}) if self.carrier(coarse, other) is not None]
            self._shared[mine, other] = tuple(dict.fromkeys(found))
        return self._shared[mine, other]

    def shape(self, names: Names) -> tuple[int, ...]:
        """Give the shape of a table over names."""
        return tuple(self.sizes[name] for name in names)

    def onto(self, values: FloatArray, names: Names, target: Names) -> FloatArray:
        """Sum a table over ``names`` down to ``target``; finer names are summed within classes."""
        if names == target:
            return values
        steps = self._sums.get((names, target))
        if steps is None:
            self._sums[names, target] = steps = self._summing(names, target)
        gone, groups, order = steps
        if gone:
            values = values.sum(axis=gone)
        for axis, one_hot in groups:
            values = last_to(back(values, axis) @ one_hot, axis)
        return values if order is None else values.transpose(order)

    def _summing(self, names: Names, target: Names) -> Summing:
        """Work out how to sum ``names`` down to ``target``: axes gone, classes of what is left, order."""
        out = []
        for name in target:
            carrier = self.carrier(name, names)
            if carrier is None:
                raise KeyError(f"{name} is not told by {', '.join(names)}")
            out.append(carrier)
        if len(set(out)) < len(out):
            raise KeyError(f"{target} asks twice for what one of {names} tells")
        gone = tuple(i for i, name in enumerate(names) if name not in out)
        kept = [name for name in names if name in out]
        groups = []
        for name, carrier in zip(target, out, strict=True):
            if name != carrier:
                axis = kept.index(carrier)
                groups.append((axis, one_hot(self.tells[carrier][name], self.sizes[name])))
                kept[axis] = name
        order = tuple(kept.index(name) for name in target)
        return gone, groups, None if order == tuple(range(len(order))) else order

    def over(self, values: FloatArray, names: Names, target: Names) -> FloatArray:
        """View a table over ``names`` as one that broadcasts over ``target``."""
        if names == target:
            return values
        steps = self._spreads.get((names, target))
        if steps is None:
            self._spreads[names, target] = steps = self._spreading(names, target)
        takes, order, places = steps
        for axis, classes in takes:
            if values.shape[axis] > 1:
                values = values.take(classes, axis=axis)
        if order is not None:
            values = values.transpose(order)
        shape = [1] * len(target)
        for place, size in zip(places, values.shape, strict=True):
            shape[place] = size
        return values.reshape(shape)

    def _spreading(self, names: Names, target: Names) -> Spreading:
        """Work out how to spread ``names`` over ``target``: finer values, order, and where each axis goes."""
        place, takes = [], []
        for axis, name in enumerate(names):
            carrier = self.carrier(name, target)
            if carrier is None:
                raise KeyError(f"{name} is not told by {', '.join(target)}")
            if carrier != name:
                takes.append((axis, self.tells[carrier][name]))
            place.append(target.index(carrier))
        order = tuple(sorted(range(len(place)), key=place.__getitem__))
        places = [place[i] for i in order]
        return takes, None if order == tuple(range(len(order))) else order, places


def front(values: FloatArray, axis: int) -> FloatArray:
    """View an array with one axis first."""
    return values.transpose(axis, *range(axis), *range(axis + 1, values.ndim)) if axis else values


def back(values: FloatArray, axis: int) -> FloatArray:
    """View an array with one axis last."""
    return values.transpose(*range(axis), *range(axis + 1, values.ndim), axis)


def last_first(values: FloatArray) -> FloatArray:
    """View an array with its last axis first."""
    return front(values, values.ndim - 1)


def first_last(values: FloatArray) -> FloatArray:
    """View an array with its first axis last."""
    return back(values, 0)


def last_to(values: FloatArray, axis: int) -> FloatArray:
    """View an array with its last axis at another place."""
    n = values.ndim - 1
    return values.transpose(*range(axis), n, *range(axis, n))


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
    shape = np.broadcast_shapes(part.shape, whole.shape)
    return np.divide(part, whole, out=np.zeros(shape), where=there)
