"""Reads from a config which figures are drawn together: rank correlations, and rows of shares that keep their sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations

from sim.config.check.problems import Findings, Key
from sim.config.schema.uncertainty import RowPart, UncertaintyPart
from sim.config.text.library import nearest
from sim.config.text.merge import split_path
from sim.config.text.source import Tree
from sim.config.views.register import VALUES, RegisterEntry
from sim.runs.beliefs.distributions import Belief
from sim.runs.beliefs.joint_draws import Correlated, JointFigures, Pair, SharedRow, copula, row_size

REST = "rest"


@dataclass
class Together:
    """The figures that rows add to those that are drawn anyway, and what is drawn together."""

    figures: list[RegisterEntry] = field(default_factory=list)
    joint: list[JointFigures] = field(default_factory=list)


def together(part: UncertaintyPart, figures: Sequence[RegisterEntry], findings: Findings) -> Together:
    """Read correlations and rows, noting what is wrong with them.

    Parameters
    ----------
    part
        The ``uncertainty`` of the config.
    figures
        Those with an interval that are not left out, in their order.
    findings
        Takes problems; its tree is the config.
    """
    found = Together()
    drawn = {one.path: one for one in figures}
    taken: dict[str, str] = {}
    for label, row in part.rows.items():
        path: Key = ("uncertainty", "rows", label)
        entries = _figures_of(row, path, drawn, findings)
        for one in entries:
            if one.path in taken:
                findings.add((*path, "of"), f"'{one.path}' is in the row '{taken[one.path]}' too; one row a share")
            taken[one.path] = label
        found.figures += [one for one in entries if one.path not in drawn]
        made = _row(label, row, path, entries, findings)
        found.joint += [made] if made is not None else []
    found.joint += _correlated(part, [name for name in drawn if name not in taken], set(taken), findings)
    return found


def _figures_of(row: RowPart, path: Key, drawn: Mapping[str, RegisterEntry], findings: Findings) -> list[RegisterEntry]:
    """Find the shares of a row, in the order in which they stand."""
    found: list[RegisterEntry] = []
    for i, text in enumerate(row.of):
        at: Tree | None = findings.tree
        for step in (steps := split_path(text)):
            at = at.mapping.get(step) if at is not None else None
        if at is None:
            findings.add((*path, "of", i), f"there is nothing at '{text}'")
            continue
        for place, tree in _numbers(at, steps):
            entry = _entry(place, tree, drawn)
            if entry is None:
                findings.add((*path, "of", i), f"'{'.'.join(place)}' is no number; a row holds numbers (and 'rest')")
            elif entry.written != REST:
                found.append(entry)
    return found


def _numbers(tree: Tree, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Tree]]:
    """Give a share with its path, or every entry of a mapping of shares."""
    if not tree.mapping or any(key in tree.mapping for key in VALUES):
        yield path, tree
        return
    for name, child in tree.mapping.items():
        yield (*path, name), child


def _entry(path: tuple[str, ...], tree: Tree, drawn: Mapping[str, RegisterEntry]) -> RegisterEntry | None:
    """Give the figure at a path: one that is drawn already, or a bare number; None where it is neither."""
    key = next((key for key in VALUES if key in tree.mapping), None)
    at = tree if key is None else tree.mapping[key]
    name = ".".join(f'"{part}"' if "." in part else part for part in (*path, *((key,) if key else ())))
    if name in drawn:
        return drawn[name]
    is_number = isinstance(at.value, int | float) and not isinstance(at.value, bool)
    if not is_number and at.value != REST:
        return None
    number = float(at.value) if is_number else None  # type: ignore[arg-type]
    return RegisterEntry(name, str(at.value), number, None, None, "share", "", "", "", "", "", None, str(at.origin))


def _row(label: str, row: RowPart, path: Key, entries: Sequence[RegisterEntry], findings: Findings) -> SharedRow | None:
    """Make a row, or note why it is none."""
    shares = [one.number for one in entries if one.number is not None]
    if len(shares) < 1:
        findings.add((*path, "of"), "a row needs a share at least")
        return None
    try:
        size = row_size([_believed(one) for one in entries]) if row.sample is None else row.sample
        return SharedRow(label, tuple(one.path for one in entries), tuple(shares), size)
    except ValueError as error:
        findings.add((*path, "of"), str(error))
        return None


def _believed(one: RegisterEntry) -> Belief:
    """Give the interval of a share; none where it has none."""
    assert one.number is not None
    low, high = one.number if one.low is None else one.low, one.number if one.high is None else one.high
    return Belief(one.number, low, high, "normal" if low < high else "fixed")


def _correlated(part: UncertaintyPart, names: Sequence[str], in_rows: set[str], findings: Findings) -> list[Correlated]:
    """Join all correlations in one copula over the figures that have any."""
    ranks: dict[Pair, float] = {}
    told: dict[Pair, str] = {}
    for label, one in part.correlations.items():
        path: Key = ("uncertainty", "correlations", label)
        chosen: list[str] = []
        for i, start in enumerate(one.among):
            below = [name for name in names if name == start or name.startswith(f"{start}.")]
            chosen += [name for name in below if name not in chosen]
            if not below:
                rows = any(name == start or name.startswith(f"{start}.") for name in in_rows)
                why = " (figures of a row are tied to each other already)" if rows else nearest(start, list(names))
                findings.add((*path, "among", i), f"no figure that is drawn begins with '{start}'{why}")
        if len(chosen) == 1:
            findings.add((*path, "among"), f"'{chosen[0]}' is the only figure; a correlation needs two")
        for pair in combinations(sorted(chosen, key=list(names).index), 2):
            if ranks.get(pair, one.rank) != one.rank:
                findings.add((*path, "rank"), f"'{told[pair]}' says {ranks[pair]:g} of '{pair[0]}' and '{pair[1]}'")
            ranks[pair], told[pair] = one.rank, label
    if not ranks or findings.problems:
        return []
    involved = [name for name in names if any(name in pair for pair in ranks)]
    try:
        return [copula(involved, ranks)]
    except ValueError as error:
        findings.add(("uncertainty", "correlations"), str(error))
        return []
