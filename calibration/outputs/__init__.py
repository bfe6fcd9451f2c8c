"""What the model answers targets with: outputs by name, each a function of the history of one world.

An output is written as ``name`` or ``name(argument, ...)``, such as ``share(care, looked_after)``; ``KNOWN`` has all
of them with what they take. Leaves out which targets there are, and how often the model is run.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules

from calibration.outputs.following import WorldHistory
from sim.config.text.library import nearest
from sim.errors import ModelError
from sim.evaluation.trial.panel import Names
from sim.evaluation.trial.trial import OUTCOMES
from sim.model.spec import Model

Answer = Callable[..., float]


def _known() -> dict[str, Answer]:
    """Find the outputs: the public functions of the files in this folder whose first argument is the history ``h``."""
    modules = [import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__)]
    return {
        name: function
        for module in modules
        for name, function in vars(module).items()
        if inspect.isfunction(function) and function.__module__ == module.__name__ and name[0] != "_"
        and next(iter(inspect.signature(function).parameters), "") == "h"
    }  # fmt: skip


KNOWN = _known()
"""Outputs by name; a new function in a file of this folder is one more."""
OF_PROGRAMME = frozenset(name for name, answer in KNOWN.items() if answer.__module__ != f"{__name__}.states")
"""Outputs that ask whom the programme takes on."""
_FORM = re.compile(r"\s*([a-z_]+)\s*(?:\(([^()]*)\))?\s*")


@dataclass(frozen=True)
class Output:
    """An output as it is written, taken apart."""

    text: str
    name: str
    arguments: tuple[str, ...]

    @property
    def ledger(self) -> str:
        """The ledger that it adds up; empty where it is no cost."""
        takes = list(inspect.signature(KNOWN[self.name]).parameters)
        return self.arguments[0] if takes[1:2] == ["ledger"] else ""

    @property
    def is_money(self) -> bool:
        """Whether it is an amount of money."""
        return self.name == "episode_cost" or bool(self.ledger and self.name != "lower_share")

    def check(self, model: Model) -> None:
        """Refuse a chain, a state, a ledger or a trait that a model does not have.

        Raises
        ------
        ModelError
            With what there is.
        """
        states = {chain.name: chain.states for chain in model.chains}
        ledgers = sorted({"gross", *(ledger for line in model.costs for ledger in line.ledgers)})
        there = {"chain": list(states), "ledger": ledgers, "trait": [t.name for t in model.traits],
                 "outcome": list(OUTCOMES)}  # fmt: skip
        takes = list(inspect.signature(KNOWN[self.name]).parameters)[1:]
        given = dict(zip(takes, self.arguments, strict=False))
        there["state"] = list(states.get(given.get("chain", Names().hub), ()))
        for what, word in given.items():
            if what in there and word not in there[what]:
                has = ", ".join(there[what]) or "none"
                raise ModelError(f"'{word}' is no {what} of the model, which has {has}{nearest(word, there[what])}")
        if self.name in OF_PROGRAMME and Names().programme not in states:
            raise ModelError(f"the model has no chain '{Names().programme}', whom the output is about")

    def of(self, history: WorldHistory) -> float:
        """Work it out."""
        return KNOWN[self.name](history, *self.arguments)


def output(text: str) -> Output:
    """Read an output.

    Raises
    ------
    ModelError
        When there is none of that name, or it takes other arguments.
    """
    match = _FORM.fullmatch(text)
    if match is None or match[1] not in KNOWN:
        name = match[1] if match else text
        raise ModelError(f"no output of this name; there are {', '.join(sorted(KNOWN))}{nearest(name, list(KNOWN))}")
    name, given = match[1], tuple(part.strip() for part in (match[2] or "").split(",") if part.strip())
    takes = list(inspect.signature(KNOWN[name]).parameters.values())[1:]
    least = sum(one.default is inspect.Parameter.empty for one in takes)
    if not least <= len(given) <= len(takes):
        words = ", ".join(one.name.rstrip("_") for one in takes)
        raise ModelError(f"'{name}' takes ({words}), given {len(given)}")
    return Output(text, name, given)


def answers(history: WorldHistory, outputs: Sequence[Output]) -> list[float]:
    """Work out outputs of one history, in their order."""
    return [one.of(history) for one in outputs]
