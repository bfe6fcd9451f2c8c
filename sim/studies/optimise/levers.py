"""Levers as people write them: posts of a service, or any path of a config, with the range of values to try."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from sim.config.text.source import Origin, Tree, parse
from sim.errors import ModelError
from sim.model.services import with_team
from sim.model.spec import Model
from sim.studies.optimise.answer import Lever

POSTS = "posts:"
"""Begins a lever that is how many posts a service has: ``posts:SERVICE``, or ``posts:SERVICE@AREA``."""
HOLE = "{x}"
STEPS = 8
"""Steps of a range whose step is not given."""
_FORM = "write NAME=LOW:HIGH or NAME=LOW:HIGH:STEP, such as posts:keyworker=4:16:2"


def lever_of(text: str) -> Lever:
    """Read a lever: ``NAME=LOW:HIGH[:STEP]``.

    NAME is ``posts:SERVICE`` or ``posts:SERVICE@AREA`` (a number of posts), one or more paths with commas between
    them that all take the value, or ``PATH: TEXT`` with ``{x}`` in the text where the value goes.

    Raises
    ------
    ModelError
        When it is written otherwise, or its range is wrong.
    """
    name, sign, span = text.rpartition("=")
    parts = span.split(":")
    try:
        numbers = [float(part) for part in parts]
    except ValueError:
        numbers = []
    if not sign or not name.strip() or len(numbers) not in (2, 3):
        raise ModelError(f"given the lever '{text}'; {_FORM}")
    step = numbers[2] if len(numbers) > 2 else (numbers[1] - numbers[0]) / STEPS
    service = name.strip().removeprefix(POSTS).split("@")[0] if name.strip().startswith(POSTS) else ""
    try:
        return Lever(name.strip(), numbers[0], numbers[1], step, service)
    except ValueError as error:
        raise ModelError(str(error)) from error


def entries_of(lever: Lever, value: float) -> list[tuple[str, Tree]]:
    """Give the paths of a lever with their value, which stands in a text where one is given."""
    number = f"{value:.12g}"
    path, sign, text = lever.name.partition(": ")
    if sign and HOLE not in text:
        raise ModelError(f"the lever '{lever.name}' has no {HOLE} in its text to say where the value goes")
    where = f"the lever {lever.name}"
    shown = parse(text.replace(HOLE, number) if sign else number, where)
    return [(one.strip(), Tree(shown.value, Origin(where))) for one in (path.split(",") if not sign else [path])]


def staffed(model: Model, service: str, number: float, area: str = "") -> Model:
    """Give a service so many posts, in one area or (by default) all together.

    The number is what it has when it has most; areas keep their shares, and other dates theirs of that.

    Raises
    ------
    ModelError
        When there is no such service or area, it has no posts to go by, or the number is negative.
    """
    chain = next((c for c in model.chains if c.name == service and c.service is not None), None)
    team = chain.service.team if chain is not None and chain.service is not None else None
    if chain is None or chain.service is None or team is None:
        there = ", ".join(c.name for c in model.chains if c.service is not None and c.service.team is not None)
        raise ModelError(f"there is no service '{service}' with a team; there are {there or 'none'}")
    if area and area not in team.workers:
        raise ModelError(f"'{service}' has no posts of its own in the area '{area}'; it has some in "
                         f"{', '.join(list(team.workers)[:20])}")  # fmt: skip
    levels = (team.workers, *(posts for _, posts in team.funding))
    most = max(sum(n for name, n in posts.items() if not area or name == area) for posts in levels)
    if number < 0 or most <= 0:
        raise ModelError(f"'{service}' has {most:g} posts and is to have {number:g}: give it some, and a number >= 0")
    factor = number / most

    def more(posts: Mapping[str, float]) -> dict[str, float]:
        return {name: n * factor if not area or name == area else n for name, n in posts.items()}

    grown = replace(team, workers=more(team.workers), funding=tuple((at, more(posts)) for at, posts in team.funding))
    staffed_ = with_team(chain, grown, model.clock.step_years)
    chains = tuple(staffed_ if c.name == service else c for c in model.chains)
    return replace(model, chains=chains)
