"""The two inputs of a break-even surface that no draw varies of itself: any number of the config, over a range.

An input that is drawn keeps its own doubt. Any other, or one with a range given, is taken evenly between two ends, as
``PATH=LOW..HIGH`` or from its own ``low`` and ``high``; what is then said of draws is said over that range.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from math import isfinite
from pathlib import Path

from sim.config.loading import scenario_of
from sim.config.text.merge import put
from sim.config.text.source import Origin, Tree
from sim.config.views.register import RegisterEntry, figure_at
from sim.errors import ModelError, Problem
from sim.model.spec import Scenario
from sim.runs.beliefs.distributions import Belief
from sim.runs.beliefs.draws import Uncertain
from sim.runs.meaning import said
from sim.studies.uncertainty.conditions import named_in, parted

OPTION = "--surface"
RANGE = ".."
ODD = 0.381966
"""Where between the ends a value is tried that is no whole number, if anything takes whole numbers alone."""
Taken = tuple[RegisterEntry, Uncertain]


def taken_inputs(text: str, tree: Tree, file: Path, drawn: Collection[str], fixed: Collection[str]) -> list[Taken]:
    """Read the two inputs of a surface, ``A,B``, each a path, perhaps with a range ``=LOW..HIGH``.

    Parameters
    ----------
    text
        As it was given.
    tree, file
        The config, and where it is.
    drawn
        Names of inputs that are drawn.
    fixed
        Those among them that have no range but their own: measured ratios, what a posterior holds, what is drawn with
        others.

    Returns
    -------
        Figures that are taken evenly over a range; none where both inputs are drawn as they are.

    Raises
    ------
    ModelError
        When it is not two different inputs, one is no number, has no range or a wrong one, or changes nothing.
    """
    pair = next((both for both in parted(text) if all(_stands(one, tree, drawn) for one in both)), None)
    if pair is None:
        both = next(iter(parted(text)), None)
        raise _refused(text, _why_none(both, tree, drawn) if both else "write two inputs with a comma between")
    made = [found for one in pair if (found := _taken(one, text, tree, drawn, fixed)) is not None]
    names = [one.path for one, _ in made] + [named_in(_path(one), drawn) for one in pair]
    if len(set(filter(None, names))) < 2:
        raise _refused(text, "the two inputs are one and the same")
    for figure, one in made:
        _check(figure, one.belief, text, tree, file)
    return made


def _path(one: str) -> str:
    """Give the path of an input without its range."""
    return one.partition("=")[0].strip()


def _refused(text: str, why: str) -> ModelError:
    """Say why a surface cannot be made."""
    return ModelError([Problem("", f"{OPTION} {text}", why)])


def _stands(one: str, tree: Tree, drawn: Collection[str]) -> bool:
    """Whether an input is drawn, or a number of the config."""
    return bool(named_in(_path(one), drawn)) or figure_at(tree, _path(one)) is not None


def _why_none(both: Sequence[str], tree: Tree, drawn: Collection[str]) -> str:
    """Say which of two inputs is neither drawn nor a number."""
    lacking = next(_path(one) for one in both if not _stands(one, tree, drawn))
    return f"'{lacking}' is no number of the config: write a path as --set takes it, which leads to one"


def _taken(
    one: str, text: str, tree: Tree, drawn: Collection[str], fixed: Collection[str]
) -> Taken | None:  # fmt: skip
    """Read one input; None where it is drawn as it is."""
    path, sign, span = one.partition("=")
    name = named_in(path.strip(), drawn)
    if name and not sign:
        return None
    if name in fixed:
        raise _refused(text, f"'{name}' is drawn from what was measured, or together with others; give it no range")
    figure = figure_at(tree, path.strip())
    assert figure is not None
    assert figure.number is not None
    low, high = _ends(span, text) if sign else (figure.low, figure.high)
    if low is None or high is None or not low < high:
        own = f"'{path.strip()}' is {figure.written} and has no range of its own"
        raise _refused(text, f"{own}; give one: {path.strip()}=LOW{RANGE}HIGH")
    return figure, Uncertain(figure.path, Belief((low + high) / 2, low, high, "uniform"))


def _ends(span: str, text: str) -> tuple[float, float]:
    """Read the ends of a range."""
    low, dots, high = span.partition(RANGE)
    try:
        ends = float(low), float(high)
    except ValueError:
        ends = (float("nan"), float("nan"))
    if not dots or not all(map(isfinite, ends)) or not ends[0] < ends[1]:
        raise _refused(text, f"'{span.strip()}' is no range; write two numbers, the smaller first, such as 5{RANGE}15")
    return ends


def _check(figure: RegisterEntry, belief: Belief, text: str, tree: Tree, file: Path) -> None:
    """Refuse an input at which the config makes no model, or which changes nothing under some reading."""
    low, _, high = (
        _at(figure, belief.low + share * (belief.high - belief.low), tree, file) for share in (0.0, ODD, 1.0)
    )
    whole = [said((one.deflators, one.discount, one.appraisal)) for one in (low, high)]
    same = {a.effect_set for a in low.worlds}
    same -= {a.effect_set for a, b in zip(low.worlds, high.worlds, strict=True) if said(a.model) != said(b.model)}
    if same and whole[0] == whole[1]:
        where = "" if len(same) == len({world.effect_set for world in low.worlds}) else f" under {', '.join(same)}"
        why = "nothing uses it there, or a reading or a regime sets it"
        raise _refused(text, f"'{figure.path}' changes nothing{where}: {why}")


def _at(figure: RegisterEntry, value: float, tree: Tree, file: Path) -> Scenario:
    """Give the study with a figure at a value."""
    key, _, written = figure.setting(value).partition("=")
    here, problems = Origin(f"{OPTION} {key}"), list[Problem]()
    laid = put(tree, key, Tree(written if figure.is_duration else value, here), here, problems, "")
    if problems:
        raise ModelError(problems)
    return scenario_of(laid, file)

