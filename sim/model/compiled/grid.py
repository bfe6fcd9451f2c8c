"""Axes: what factors read, with values that they never tell apart folded into one class.

Leaves out rows and time: a grid says what would happen to a row with such a code at such a moment.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from sim.arrays import FloatArray, IntArray
from sim.language.evaluate import Expression
from sim.model.compiled.factors import Factor, Raws, every_raw, horizon, raw_size, seen
from sim.model.compiled.scope import Moment, Reader, Source


@dataclass(frozen=True)
class Axis:
    """A source with raw values folded: ``classes`` (raw,) is the class of each, ``first`` (class,) one raw value."""

    source: Source
    classes: IntArray
    first: FloatArray

    @property
    def size(self) -> int:
        """Number of classes."""
        return len(self.first)


def fold(
    factors: Sequence[Factor],
    reader: Reader,
    own: str = "",
    raws: Raws = every_raw,
    values: Sequence[list[FloatArray]] | None = None,
) -> list[Axis]:
    """Fold each source that the factors read to classes of raw values that no factor tells apart at any moment.

    Parameters
    ----------
    factors
        What will be multiplied.
    reader
        The rows that carry the sources.
    own
        A chain whose states are all kept (the chain that moves); it gets no axis.
    raws
        What the sources can be; other raw values are put into the first class.
    values
        What ``seen`` gives for each factor, where that is known.

    Returns
    -------
        One axis for each source with more than one class.
    """
    signatures: dict[Source, list[FloatArray]] = {}
    for factor, told in zip(factors, values or [seen(factor, raws) for factor in factors], strict=True):
        for i, source in enumerate(factor.sources):
            parts = [np.moveaxis(one, i, 0).reshape(one.shape[i], -1) for one in told]
            signatures.setdefault(source, []).extend(parts)
    axes = []
    for source, parts in signatures.items():
        if source == Source("chain", own):
            continue
        first, classes = told_apart(np.hstack(parts))
        if len(first) > 1:
            raw = raws(source, reader)
            by_raw = np.zeros(raw_size(source, reader, horizon(reader.model)), np.int32)
            by_raw[raw] = classes
            axes.append(Axis(source, by_raw, raw[first].astype(np.float64)))
    return axes


def told_apart(rows: FloatArray) -> tuple[IntArray, IntArray]:
    """Put equal rows, (row, value), in one class; classes are numbered by their first row.

    Returns
    -------
        The first row of each class, (class,), and the class of each row, (row,).
    """
    number: dict[bytes, int] = {}
    classes = np.array([number.setdefault(row.tobytes(), len(number)) for row in rows + 0.0])  # -0 is 0
    return np.unique(classes, return_index=True)[1], classes


def truth(condition: Expression, reader: Reader) -> tuple[list[Axis], Callable[[Moment], FloatArray]]:
    """Compile a condition to its axes and a function giving its 1 or 0 over them at a moment."""
    factor = Factor(reader, condition)
    axes = fold([factor], reader)
    return axes, lambda now: reduced(factor, axes, now)


def reduced(factor: Factor, axes: Sequence[Axis], now: Moment, own: str = "", own_state: int = 0) -> FloatArray:
    """Evaluate a factor at one raw value of each class: an array that broadcasts over ``axes``.

    A source folded to a single class is read at its first raw value; the chain ``own`` at ``own_state``.
    """
    by_source = {axis.source: axis for axis in axes}
    sources = factor.sources
    raw = {}
    for source in sources:
        if source == Source("chain", own):
            raw[source] = np.array([float(own_state)])
        else:
            raw[source] = by_source[source].first if source in by_source else np.zeros(1)
    values = factor.values(raw, now)
    order = [i for axis in axes for i, source in enumerate(sources) if source == axis.source]
    rest = [i for i in range(len(sources)) if i not in order]
    values = np.transpose(values, order + rest).reshape([values.shape[i] for i in order])
    present = [axis.source in sources for axis in axes]
    shape, k = [], 0
    for there in present:
        shape.append(values.shape[k] if there else 1)
        k += there
    return values.reshape(shape)
