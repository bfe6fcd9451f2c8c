"""The order in which chains and services move: as listed or declared, others where ``after`` puts them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sim.config.check.draft import Draft
from sim.config.check.problems import Key
from sim.config.check.spanning import ring
from sim.config.schema.config import Config
from sim.config.translate.chains import unknown_chain


def order(draft: Draft, chains: Collection[str]) -> tuple[str, ...]:
    """Give the order in which chains and services move.

    Parameters
    ----------
    draft
        The config; problems are noted at its ``order`` and at each ``after``.
    chains
        The names of all chains, then of all services, as declared.

    Returns
    -------
        Every name once: those of ``order`` (or else as declared), and right after the one that it names each that says
        ``after``; several after the same one follow as declared.
    """
    after, paths = _afters(draft.config)
    listed = draft.config.order
    if listed is None:
        listed = tuple(name for name in chains if name not in after)
    for i, name in enumerate(listed):
        if name not in chains:
            draft.findings.add(("order", i), unknown_chain(name, chains))
        elif name in listed[:i]:
            draft.findings.add(("order", i), "stands in the order twice; each chain and service moves once")
    missing = [name for name in chains if name not in listed and name not in after]
    if missing:
        rule = "every chain and service moves once; list them, or give each an 'after'"
        draft.findings.add(("order",), f"leaves out {', '.join(missing)}; {rule}")
    done: set[str] = set()
    reads = {name: [after[name]] if after.get(name) in chains else [] for name in chains}
    for name, other in after.items():
        if name in listed:
            draft.findings.add(paths[name], f"'{name}' stands in 'order' as well; take it away from one of the two")
        elif other not in chains:
            draft.findings.add(paths[name], unknown_chain(other, [word for word in chains if word != name]))
        elif found := ring(name, reads, done):
            draft.findings.add(paths[name], f"moves after itself: {' -> '.join(found)}")
            done.update(found)
    return _placed(listed, after)


def _afters(config: Config) -> tuple[dict[str, str], dict[str, Key]]:
    """Give what each chain and service that says ``after`` moves after, and where it says so."""
    after: dict[str, str] = {}
    paths: dict[str, Key] = {}
    for section, parts in (("chains", config.chains), ("services", config.services)):
        for name, part in parts.items():
            if part.after is not None:
                after[name], paths[name] = part.after, (section, name, "after")
    return after, paths


def _placed(listed: Collection[str], after: Mapping[str, str]) -> tuple[str, ...]:
    """Put each name right after the one that it names, once that stands; what cannot be placed is left out."""
    placed, left = list(listed), {name: other for name, other in after.items() if name not in listed}
    while ready := [name for name in left if left[name] in placed]:
        for name in reversed(ready):
            placed.insert(placed.index(left.pop(name)) + 1, name)
    return tuple(placed)
