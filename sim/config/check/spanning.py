"""Checks that span several parts of a config: names, rings of parameters, sources, overlapping costs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sim.config.check.draft import Draft
from sim.config.check.problems import Findings, Key, show_value
from sim.config.check.vocabulary import Vocabulary
from sim.config.schema.config import Config
from sim.config.text.source import Tree
from sim.language.evaluate import ExpressionError, Node, constant, parse
from sim.language.functions import COMPARISONS
from sim.model.spec import CostLine, Meter, Model

_SECTIONS = ("chains", "services", "traits", "parameters", "remember", "feedback")
_SOURCED = ("units", "traits", "tables", "parameters", "chains", "services", "effects", "costs", "values", "appraisal")
_STRUCTURE = frozenset({
    "source", "locator", "quality", "why", "unit", "price_year", "low", "high", "stages", "meeting", "when", "on",
    "while", "per", "name", "by", "of", "states", "fires", "priority", "classes", "stratify", "kind", "agency",
    "ages", "payers", "tier", "ledger", "control", "overlaps", "scale", "size", "number", "areas", "age", "warm_up",
    "synthetic", "replace", "variance", "from", "status",
})  # fmt: skip
_WITH_UNIT = re.compile(r"\s*[0-9.]+(?:[eE][-+]?[0-9]+)?\s*/?\s*(?:day|week|month|quarter|year|step)s?\s*")
MOST_SERVICES = 255
"""Discretionary services, of which a byte counts how many help a family."""
_TEXTBOOK = "a textbook model says 'sources: optional'"
_CODE = re.compile(r"[A-Z&]+[0-9]+(?:\.[0-9]+)+")


def names(config: Config, findings: Findings) -> None:
    """Check that no name is used twice across sections, since expressions use bare names; nor are services too many."""
    queued = [name for name, part in config.services.items() if part.kind == "discretionary"]
    if len(queued) > MOST_SERVICES:
        rule = f"there are {len(queued)} discretionary services; there may be at most {MOST_SERVICES}"
        findings.add(("services", queued[MOST_SERVICES]), rule, of_key=True)
    taken: dict[str, str] = {}
    for section in _SECTIONS:
        for name in getattr(config, section):
            if name in taken:
                findings.add(
                    (section, name),
                    f"'{name}' is already a name in '{taken[name]}'; names in expressions must differ",
                    of_key=True,
                )
            taken.setdefault(name, section)


def parameters_acyclic(draft: Draft) -> bool:
    """Check that no parameter reads itself, directly or through others."""
    parameters = draft.words.parameters
    reads = {name: [n for n in sorted(expression.names) if n in parameters] for name, expression in parameters.items()}
    done: set[str] = set()
    good = True
    for name in reads:
        if found := ring(name, reads, done):
            draft.findings.add(("parameters", name), f"reads itself: {' -> '.join(found)}")
            good = False
            done.update(found)
    return good


def ring(name: str, reads: Mapping[str, Sequence[str]], done: set[str]) -> list[str]:
    """Give a ring of names that begins at one, or nothing; ``done`` are those that no ring goes through."""
    trail: dict[str, Iterator[str]] = {}
    if name not in done:
        trail[name] = iter(reads[name])
    while trail:
        last = next(reversed(trail))
        following = next(trail[last], None)
        if following is None:
            done.add(last)
            del trail[last]
        elif following in trail:
            there = list(trail)
            return [*there[there.index(following) :], following]
        elif following not in done:
            trail[following] = iter(reads[following])
    return []


def sources(tree: Tree, findings: Findings) -> None:
    """Check that every bare number of a study stands in a mapping that says where it comes from."""
    for section in _SOURCED:
        if section in tree.mapping:
            _sourced(tree.mapping[section], (section,), False, findings)


def _sourced(tree: Tree, path: Key, covered: bool, findings: Findings) -> None:
    """Walk to the numbers; a ``source`` on the way covers all below it."""
    if covered or "source" in tree.mapping:
        return
    for key, child in tree.mapping.items():
        if key not in _STRUCTURE or (key == "age" and len(path) > 2):
            _sourced(child, (*path, key), covered, findings)
    for i, child in enumerate(tree.items):
        _sourced(child, (*path, i), covered, findings)
    if _needs_source(tree):
        example = f"{{value: {show_value(tree)}, source: ...}}"
        findings.add(path, f"every number needs a source: write {example} or put 'source' beside it; {_TEXTBOOK}")


def _needs_source(tree: Tree) -> bool:
    """Whether a value is a figure: a number other than 0 and 1, written bare, with a unit or as arithmetic."""
    value = tree.value
    if isinstance(value, bool) or value is None:
        return False
    if isinstance(value, int | float):
        return value not in (0, 1)
    if not isinstance(value, str):
        return False
    if _WITH_UNIT.fullmatch(value):
        return not value.strip()[0].isalpha()
    try:
        number = constant(parse(value))
    except ExpressionError:
        return False
    return number is not None and number not in (0, 1)


def whole(draft: Draft, model: Model) -> None:
    """Run the checks that need the whole model."""
    meters = {meter.name: meter for meter in model.meters}
    spans = [_span(draft.words, meters[line.meter]) for line in model.costs]
    codes = [_codes(line) for line in model.costs]
    for i, line in enumerate(model.costs):
        for j, other in enumerate(model.costs[:i]):
            priced_alike = line.overlaps is not None or (codes[i] and codes[j])
            shared = sorted(set(line.ledgers) & set(other.ledgers)) if priced_alike else []
            if shared and not _exclusive(spans[i], spans[j]):
                _check_pair(draft, i, (line, codes[i]), (other, codes[j]), shared)


def _check_pair(
    draft: Draft, i: int, own: tuple[CostLine, set[str]], others: tuple[CostLine, set[str]], shared: list[str]
) -> None:
    """Check that two cost lines of one ledger, each with its codes of unit costs, do not price the same thing."""
    (line, line_codes), (other, other_codes) = own, others
    ledger = " and ".join(shared)
    if line.overlaps is not None and line.overlaps == other.overlaps:
        draft.findings.add(
            ("costs", i, "overlaps"),
            f"'{line.name}' and '{other.name}' are both in the overlap group '{line.overlaps}' and in the "
            f"{ledger} ledger; price one of them, or make them different states of one chain",
        )
    for code in sorted(line_codes):
        for code2 in sorted(other_codes):
            if is_part_of(code, code2) or is_part_of(code2, code):
                draft.findings.add(
                    ("costs", i, "price"),
                    f"'{line.name}' ({code}) and '{other.name}' ({code2}) in the {ledger} ledger: one unit "
                    "cost contains the other; price one of them",
                )


def _codes(line: CostLine) -> set[str]:
    """Find the codes of unit costs that a price comes from."""
    quantity = line.quantity
    return set(_CODE.findall(f"{quantity.source or ''} {quantity.locator or ''}"))


def is_part_of(code: str, parent: str) -> bool:
    """Whether a unit cost is a component of another: HE4.0.2 of HE4.0."""
    return code != parent and code.startswith(parent + ".")


Span = tuple[str, frozenset[str]]
"""A chain, and those of its states that are counted."""


def _span(words: Vocabulary, meter: Meter) -> Span | None:
    """Give the states of one chain that a meter counts rows in; None where it counts anything else."""
    return None if meter.when is None else _states(words, meter.when.root)


def _exclusive(first: Span | None, second: Span | None) -> bool:
    """Whether two meters count rows in different states of one chain, so that no row is in both at once."""
    return first is not None and second is not None and first[0] == second[0] and not first[1] & second[1]


def _states(words: Vocabulary, node: Node) -> Span | None:
    """Give the chain and states of a comparison of a chain with a state, or of several of one chain joined by or."""
    if node.kind == "or":
        first, second = (_states(words, arg) for arg in node.args)
        return (first[0], first[1] | second[1]) if first and second and first[0] == second[0] else None
    if node.kind not in COMPARISONS or node.args[0].name not in words.chains:
        return None
    chain, state = node.args[0].name, node.args[1].name
    states = words.chains[chain].states
    if state not in states:
        return None
    at = states.index(state)
    return chain, frozenset(s for i, s in enumerate(states) if COMPARISONS[node.kind](i, at))
