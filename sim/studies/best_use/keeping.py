"""Writes the posts of a best use, and how they were found, into the file of its regime."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isclose
from pathlib import Path

from sim.config.text.amending import YamlText, amend
from sim.config.text.source import Tree
from sim.errors import ModelError, Problem
from sim.model.spec import Clock, Scenario
from sim.runs.fits import found_digest
from sim.runs.meaning import digest_of_program
from sim.studies.best_use.answer import PARTS, BestUse, error_of
from sim.studies.best_use.runs import posts_at
from sim.units import MONTHS_PER_YEAR


def keep(found: BestUse, written: Tree, reload: Callable[[], Scenario], command: str) -> None:
    """Write what was found into the file in which the regime stands; comments and order in it stay as they are.

    Parameters
    ----------
    found
        The best use.
    written
        The regime as it stands.
    reload
        Gives the study again, with the posts that were written.
    command
        Finds the same again.

    Raises
    ------
    ModelError
        When the regime does not stand in a file.
    """
    file, here = Path(written.origin.file), ("regimes", found.regime)
    if not file.is_file():
        rule = "stands in no file that could be written to; give it one, such as configs/model/regimes/best_use.yaml"
        raise ModelError([Problem(str(written.origin), ".".join(here), rule)])
    before = file.read_bytes()
    date, given = _dates(reload), [name for name, n in zip(found.services, found.shares, strict=True) if n]
    amend(file, {(*here, "set"): YamlText(settings_text(found, given, date))})
    elsewhere = _otherwise(found, reload())
    if elsewhere:  # posts of a layer beneath, which this file must take back
        amend(file, {(*here, "set"): YamlText(settings_text(found, [*given, *elsewhere], date))})
    scenario = reload()
    left = _otherwise(found, scenario)
    if left:
        file.write_bytes(before)
        rule = f"posts of {', '.join(left)} are set elsewhere in the study, so that a run would not have those found"
        raise ModelError([Problem(str(written.origin), ".".join(here), rule)])
    worlds = {w.regime: w for w in scenario.worlds if w.effect_set == found.effect_set}
    digest = found_digest(scenario, worlds[found.regime], worlds[found.money_of])
    amend(file, {(*here, "found"): as_record(found, digest, command)})


def _otherwise(found: BestUse, scenario: Scenario) -> list[str]:
    """List the services that have other posts in a study than those found."""
    world = next(w for w in scenario.worlds if (w.regime, w.effect_set) == (found.regime, found.effect_set))
    posts = {chain.name: chain for chain in world.model.chains}
    return [
        service for service, levels in found.levels.items()
        if any(not isclose(posts_at(posts[service], point), n, rel_tol=1e-6) for point, n in levels)
    ]  # fmt: skip


def _dates(reload: Callable[[], Scenario]) -> Callable[[int], str]:
    """Give how points of time are written in a study: as dates where steps are months from one."""
    clock = reload().worlds[0].model.clock
    return lambda point: date_of(clock, point)


def date_of(clock: Clock, point: int) -> str:
    """Write a point of time as a month, or as a number of steps where it is none."""
    months = point * clock.step_years * MONTHS_PER_YEAR
    if clock.start is None or abs(months - round(months)) > 1e-9:
        return str(point)
    year, month = divmod(clock.start[0] * MONTHS_PER_YEAR + clock.start[1] - 1 + round(months), MONTHS_PER_YEAR)
    return f"{year}-{month + 1:02d}"


def settings_text(found: BestUse, services: Sequence[str], date: Callable[[int], str]) -> str:
    """Write the posts of some services as what a regime sets, in YAML."""
    lines = []
    for service in (name for name in found.services if name in services):
        (_, first), *later = found.levels[service]
        lines.append(f"services.{service}.team.workers: {{total: {first:.10g}}}")
        funding = ", ".join(f"{{from: {date(point)}, workers: {{total: {n:.10g}}}}}" for point, n in later)
        lines += [f"services.{service}.team.funding: [{funding}]"] if later else []
    return "\n".join(lines) + "\n"


def as_record(found: BestUse, digest: str, command: str) -> Mapping[str, object]:
    """Give what a regime keeps of how it was found, plain and rounded to what its error lets one read."""
    gap = found.gap
    return {
        "command": command, "digest": digest, "program": digest_of_program(), "effect_set": found.effect_set,
        "money_of": found.money_of,
        "spent": {found.regime: round(found.spent[0]), found.money_of: round(found.spent[1]),
                  "differs": round(found.spent[0] / found.spent[1] - 1, 5)},
        "saved": {
            found.regime: _pounds(found.saved["best"].mean()), "standard_error": _pounds(error_of(found.saved["best"])),
            "pro_rata": _pounds(found.saved["pro_rata"].mean()), found.money_of: _pounds(found.saved["money"].mean()),
        },
        "second_best": {
            "money": _shares(found, found.second), "saves_less_by": _pounds(gap.mean()),
            "standard_error": _pounds(error_of(gap)),
        },
        "starts_end_in": len(found.searched.ends), "tried": len(found.searched.tried),
        "money": _shares(found, found.shares),
        "places_used": {name: round(of.used, 3) for name, of in found.places.items()},
        "added_places_used": {name: round(of.added_used, 3) for name, of in found.places.items() if of.added > 0},
    }  # fmt: skip


def _shares(found: BestUse, parts: tuple[int, ...]) -> dict[str, float]:
    """Give the share of the added money by service, of those that are given any."""
    return {name: round(n / PARTS, 4) for name, n in zip(found.services, parts, strict=True) if n}


def _pounds(value: float) -> int:
    """Round to a thousand pounds."""
    return round(float(value) / 1e3) * 1000
