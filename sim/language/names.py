"""The reserved names of the language: those with a meaning of their own in expressions, and which row or step has them.

Leaves out the names that a config gives (parameters, chains, traits ...): the model knows those.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sim.language.functions import FUNCTIONS, Known, operands
from sim.language.tree import Expression, Node, walk


@dataclass(frozen=True)
class Word:
    """A reserved name: when its value is known, what it means, and its value where that never changes.

    ``axis`` says that a table may be ``by`` it. ``state`` says that a state may have this name.
    """

    known: Known
    meaning: str
    value: float | None = None
    axis: bool = False
    state: bool = True


WORDS: dict[str, Word] = {
    "cycle": Word("step", "number of the step, from `clock.first`", axis=True),
    "year": Word("step", "calendar year with its fraction (2011.25)", axis=True),
    "month": Word("step", "calendar month, 1 to 12", axis=True),
    "time": Word("step", "years since point 0", axis=True),
    "age": Word("row", "age of the row in years", axis=True),
    "k": Word("row", "steps already in the state, from 0; in an effect, of the first chain in `when`", axis=True),
    "agencies": Word("row", "number of discretionary services that the row is engaged with"),
    "area": Word("row", "compared with the name of an area, `area == north`, or what a table is read by", axis=True),
    "step_years": Word("compile", "length of a step in years"),
    "always": Word("parse", "1", 1.0),
    "never": Word("parse", "0", 0.0),
    "and": Word("never", "joins two conditions", state=False),
    "or": Word("never", "joins two conditions", state=False),
    "not": Word("never", "turns a condition round", state=False),
    "rest": Word("never", "in place of a probability: what the other moves leave", state=False),
    "now": Word("never", "in place of a rate or a mean duration: at once"),
}
CLOCK = frozenset(name for name, word in WORDS.items() if word.known == "step")
TIMED = CLOCK | {"age"}
"""What a moment's clock may hold: ``age`` is there when all rows of the root unit share it."""
AXES = tuple(name for name, word in WORDS.items() if word.axis)
NO_STATES = frozenset(name for name, word in WORDS.items() if not word.state) | {"any"}
"""Words that no state may be called: ``any`` stands for every state in a move."""


def is_reserved(name: str) -> bool:
    """Whether a word has a meaning of its own in expressions, so that no parameter, chain ... may be called it."""
    return name in WORDS or name in FUNCTIONS


def readable(*known: Known) -> list[str]:
    """List the reserved names that have a value in expressions, or those whose value is known then."""
    return [name for name, word in WORDS.items() if word.known in (known or ("parse", "compile", "row", "step"))]


def below_first(names: Iterable[str], below: Callable[[str], Iterable[str]], done: Container[str]) -> Iterator[str]:
    """Give names after all that they read, however long the line of those that name the next.

    Parameters
    ----------
    names
        Where to begin.
    below
        Names that a name reads.
    done
        What needs not be given: whoever asks adds each name when it is given.

    Raises
    ------
    RecursionError
        When a name reads itself, directly or through others.
    """
    stack, opened = list(names), set[str]()
    while stack:
        name = stack[-1]
        ahead = [] if name in done else [other for other in below(name) if other not in done]
        if not ahead:
            stack.pop()
            if name not in done:
                yield name
            continue
        opened.add(name)
        if not opened.isdisjoint(ahead):
            raise RecursionError(f"'{name}' reads itself")
        stack += ahead


def reads(
    expression: Expression,
    parameter: Callable[[str], Expression | None],
    below: Callable[[Node], Sequence[Node]] = operands,
) -> Iterator[Node]:
    """Walk what a row must know to evaluate an expression, the parameters that it names opened once each.

    Parameters
    ----------
    expression
        What is read.
    parameter
        Gives the expression of a parameter by name, None for other names.
    below
        The arguments to go on with.

    Returns
    -------
        Nodes, parents first and the last argument before the first: axes of tables are laid out in this order.
    """
    opened: set[str] = set()

    def onward(node: Node) -> Sequence[Node]:
        if node.kind != "name":
            return below(node)
        inside = parameter(node.name) if node.name not in opened else None
        opened.add(node.name)
        return () if inside is None else (inside.root,)

    return walk(expression.root, onward)
