"""Some of the areas of a study in their own sizes, or a share of all families, in place of all: for many runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from sim.errors import ModelError
from sim.model.spec import Areas, Chain, LookupTable, Model, Scenario, World


def with_areas(scenario: Scenario, count: int | None) -> Scenario:
    """Take some of the areas of every world, each with its own families and posts.

    A large area idles less than a small one, so that areas are chosen evenly among those sorted by size, and keep
    theirs.

    Parameters
    ----------
    scenario
        Whose.
    count
        How many; None, or as many as there are, leaves the scenario as it is.

    Raises
    ------
    ModelError
        When there are fewer, or something in a model hangs on the number of all families: stocks, or posts that are
        worked out.
    """
    fewer = worlds_of_areas(scenario.worlds, count, "uncertainty.areas")
    return scenario if fewer is scenario.worlds else replace(scenario, worlds=tuple(fewer))


def worlds_of_areas(worlds: Sequence[World], taken: int | Sequence[str] | None, key: str) -> Sequence[World]:
    """Take some of the areas of worlds, so many or those named, as ``with_areas``; ``key`` is what asked for them.

    Raises
    ------
    ModelError
        As ``with_areas``; also when there is no area of a name.
    """
    areas = worlds[0].model.areas if worlds else None
    if areas is None or taken is None:
        return worlds
    if isinstance(taken, int):
        chosen = _evenly(areas, taken, key)
    elif unknown := [name for name in taken if name not in areas.names]:
        raise ModelError(f"{key}: the study has no area {', '.join(unknown)}")
    else:
        chosen = [i for i, name in enumerate(areas.names) if name in taken]
    if len(chosen) == len(areas.names):
        return worlds
    return [replace(world, model=of_areas(world.model, chosen, key)) for world in worlds]


def _evenly(areas: Areas, count: int, key: str) -> list[int]:
    """Choose so many areas, evenly among those sorted by size."""
    if not 1 <= count <= len(areas.names):
        raise ModelError(f"{key}: given {count}; the study has {len(areas.names)}")
    order = sorted(range(len(areas.names)), key=lambda i: (areas.weights[i], areas.names[i]))
    step = len(order) / count
    return sorted(order[int((i + 0.5) * step)] for i in range(count))


def of_areas(model: Model, chosen: list[int], key: str) -> Model:
    """Keep some areas of a model, by number; `key` is what asked for them."""
    if name := _team_of_all(model, waiting_rooms=False):
        said = "some of the areas cannot be taken where posts or stocks hang on all of them"
        raise ModelError(f"services.{name}: {said}; take `{key}` away")
    names, weights = tuple(model.areas.names[i] for i in chosen), tuple(model.areas.weights[i] for i in chosen)
    synthetic = tuple(model.areas.synthetic[i] for i in chosen)
    left_out = tuple(sorted({*model.areas.left_out, *model.areas.names} - set(names)))
    areas = replace(model.areas, names=names, weights=weights, synthetic=synthetic, left_out=left_out)
    share = sum(weights) / sum(model.areas.weights)
    if sum(model.areas.weights) < 1.5:  # shares of one size
        areas = replace(areas, weights=tuple(weight / sum(weights) for weight in weights))
    root = model.root

    def part(level: Mapping[str, float]) -> dict[str, float]:
        return {area: posts for area, posts in level.items() if area in names}

    smaller = replace(root, size=round(root.size * share), arrivals_per_step=root.arrivals_per_step * share)
    chains = tuple(_with_posts(chain, part) for chain in model.chains)
    tables = {name: _with_rows(table, chosen) for name, table in model.tables.items()}
    return replace(model, areas=areas, units=(smaller, *model.units[1:]), chains=chains, tables=tables)


def of_families(model: Model, share: float) -> Model:
    """Take a share of the rows of a model, and of the posts that serve them.

    Raises
    ------
    ModelError
        When something hangs on how many rows there are: stocks, posts that are worked out, waiting rooms.
    """
    if name := _team_of_all(model, waiting_rooms=True):
        said = "a share of the families cannot be taken where posts, waiting rooms or stocks hang on how many there are"
        raise ModelError(f"services.{name}: {said}; take all of them")
    units = tuple(
        replace(u, size=round(u.size * share), arrivals_per_step=u.arrivals_per_step * share) for u in model.units
    )

    def part(level: Mapping[str, float]) -> dict[str, float]:
        return {area: posts * share for area, posts in level.items()}

    return replace(model, units=units, chains=tuple(_with_posts(chain, part) for chain in model.chains))


def _with_rows(table: LookupTable, chosen: list[int]) -> LookupTable:
    """Keep what a table by area says of some areas."""
    if table.kind != "areas":
        return table
    return replace(table, x=table.x[: len(chosen)], y=tuple(table.y[i] for i in chosen))


def _with_posts(chain: Chain, levels: Callable[[Mapping[str, float]], dict[str, float]]) -> Chain:
    """Change the posts of a service, if it is one that has a team: first and later levels alike, each by area."""
    team = chain.service.team if chain.service is not None else None
    if chain.service is None or team is None:
        return chain
    funding = tuple((point, levels(level)) for point, level in team.funding)
    changed = replace(team, workers=levels(team.workers), funding=funding)
    return replace(chain, service=replace(chain.service, team=changed))


def _team_of_all(model: Model, *, waiting_rooms: bool) -> str:
    """Name a service whose team cannot be made smaller: posts or stocks hang on all families; else nothing."""
    for chain in model.chains:
        team = chain.service.team if chain.service is not None else None
        of_all = team is not None and (model.stocks or team.extra_workers is not None)
        if of_all or (waiting_rooms and team is not None and team.waiting_room is not None):
            return chain.name
    return ""
