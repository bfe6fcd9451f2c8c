"""Whether help is paid for: months of help against months of posts, and what was kept on beyond funding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import xarray as xr

from sim.arrays import FloatArray
from sim.results.facts import facts_of
from sim.results.worlds import WorldName, of_world, world_names


@dataclass(frozen=True)
class PaidHelp:
    """A service's help in a world since its regime began, mean of replications.

    ``overload`` is stated, not hidden: cases beyond those that the paid posts of the month hold, since somebody left
    and the post is vacant. ``beyond`` is what not even all posts would hold; whole places are cut from capacity without
    bias, so up to about a place an area, and cases taken on at a larger caseload where a regime makes it smaller.
    """

    world: WorldName
    service: str
    caseload: float
    engaged: float
    """Months of help of all families (or children)."""
    posts: float
    """Months of posts paid, absent staff and those in training included."""
    kept_on: float
    """Months of posts kept on beyond funding until cases end."""
    kept_cost: float
    """What they cost, in pounds of the price year."""
    overload: float
    beyond: float

    @property
    def paid_for(self) -> float:
        """Months of help that the posts paid hold."""
        return self.posts * self.caseload

    @property
    def share(self) -> float:
        """Months of help over those that are paid for or stated as overload; at most 1 where help is paid for."""
        held = self.paid_for + self.overload
        return self.engaged / held if held > 0 else (np.inf if self.engaged > 0 else 0.0)


def paid_help(ds: xr.Dataset) -> list[PaidHelp]:
    """Hold the help of every service with a team in every world to the posts that are paid for it.

    Parameters
    ----------
    ds
        What ``simulate`` or ``expect`` gave. A month's help is of the cases at its start.

    Returns
    -------
        One for each world and service; nothing for results that do not say what was paid.
    """
    if "caseload" not in ds or "paid" not in ds["team_series"].values:
        return []
    return [
        _of(ds, world, str(service))
        for world in world_names(ds)
        for service in ds["service"].values
        if np.isfinite(float(of_world(ds, world, "caseload").sel(service=service)))
    ]


def posts_kept_on(ds: xr.Dataset) -> list[dict[str, object]]:
    """List the services whose posts were kept on beyond funding, in post-months and pounds, for a summary."""
    return [
        {"name": one.world.name, "service": one.service, "post_months": one.kept_on, "pounds": one.kept_cost}
        for one in paid_help(ds)
        if one.kept_on > 0
    ]


def _price_of_post(ds: xr.Dataset, world: WorldName, service: str) -> FloatArray:
    """Give the price of a post in each step, (steps + 1,); 0 where none is priced."""
    mine = ds["line_meter"].values == f"{service}.worker"
    return np.asarray(of_world(ds, world, "price").values[:, mine].sum(axis=1), dtype=np.float64)


def _of(ds: xr.Dataset, world: WorldName, service: str) -> PaidHelp:
    """Hold one service in one world to its posts."""
    team = of_world(ds, world, "team").sel(service=service)
    caseload = float(of_world(ds, world, "caseload").sel(service=service))
    start = int(of_world(ds, world, "start")) if world.regime != facts_of(ds).baseline else 0
    after = slice(max(start, 0) + 2, None)  # cases at the end of a step are those of the next
    cases = team.sel(team_series="engaged").values[max(start, 0) + 1 : -1]
    paid, posts, kept_on = (team.sel(team_series=name).values[after] for name in ("paid", "posts", "kept_on"))
    held = np.maximum(paid, posts) * caseload
    return PaidHelp(
        world, service, caseload, float(cases.sum()), float(paid.sum()), float(kept_on.sum()),
        float(kept_on @ _price_of_post(ds, world, service)[after]),
        float(np.maximum(np.minimum(cases, held) - paid * caseload, 0.0).sum()),
        float(np.maximum(cases - held, 0.0).sum()),
    )  # fmt: skip
