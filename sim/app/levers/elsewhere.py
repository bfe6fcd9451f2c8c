"""The studies that a page may stand on: the one that was opened, one of its areas, at other prices, or of today.

Prices of another year are not a factor on those of the study: some were observed anew, each has a price year of its
own, and discounting comes with them. So they are a layer of the library under what is moved, and levers are made of
the study with it: the price of a post keeps the year in which it is written, and is brought forward once.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from threading import RLock

from sim.app.levers.lever import AS_IT_IS, StudyLever
from sim.app.levers.listed import levers
from sim.app.levers.position import Position, position, said, to_yaml
from sim.app.levers.study import LAID, OTHERS, OpenStudy, open_study, study_of
from sim.errors import ModelError, Problem


class Studies:
    """The study that was opened and those that can be made of it, each read when it is first asked for.

    Parameters
    ----------
    opened
        The study.
    scratch
        Takes the configs of others.
    """

    def __init__(self, opened: OpenStudy, scratch: Path) -> None:
        self.opened, self._scratch, self._lock = opened, scratch, RLock()
        self._held: dict[tuple[str, str], OpenStudy] = {(AS_IT_IS, AS_IT_IS): self.opened}
        self._levers: dict[tuple[str, str], tuple[StudyLever, ...]] = {}

    def at(self, query: str) -> tuple[OpenStudy, Position]:
        """Read the query of an address: the study that it is of, and where its levers stand.

        Raises
        ------
        ModelError
            With a problem for each value that names no lever or lies beyond its track; for an address of absurd length.
        """
        study, given = self._asked(query)
        return study, position(self.levers(study), given)

    def nearest(self, query: str) -> tuple[OpenStudy, Position, str]:
        """Read the query of an address, leaving out what cannot be; gives what was left out and why, in words."""
        try:
            study, given = self._asked(query)
        except ModelError as error:
            return self.opened, Position(), str(error)
        try:
            return study, position(self.levers(study), given), ""
        except ModelError as error:
            wrong = {problem.key for problem in error.problems}
            kept = {name: value for name, value in given.items() if name[:40] not in wrong}
            return study, position(self.levers(study), kept), str(error)

    def of(self, at: Position) -> OpenStudy:
        """Give the study of a position."""
        values = at.values
        return self._study(str(values.get("prices", AS_IT_IS)), str(values.get("area", AS_IT_IS)))

    def levers(self, study: OpenStudy) -> tuple[StudyLever, ...]:
        """Give the levers of one of the studies."""
        key = (study.stands_at, study.area)
        if key not in self._levers:
            self._levers[key] = levers(study)
        return self._levers[key]

    def _asked(self, query: str) -> tuple[OpenStudy, dict[str, str]]:
        """Give the study that an address asks for, and what it says."""
        given = said(query)
        prices = _known("prices", given.get("prices", AS_IT_IS), {AS_IT_IS, *self.opened.prices})
        whole = self._study(prices, AS_IT_IS)
        return self._study(prices, _known("area", given.get("area", AS_IT_IS), {AS_IT_IS, *whole.areas})), given

    def _study(self, prices: str, area: str) -> OpenStudy:
        """Give a study, reading it where it is new."""
        with self._lock:
            if (prices, area) not in self._held:
                self._held[prices, area] = self._of_area(prices, area) if area else self._at_prices(prices)
            return self._held[prices, area]

    def _of_area(self, prices: str, area: str) -> OpenStudy:
        """Give one area of a study."""
        return replace(self._study(prices, AS_IT_IS), area=area, of_whole=1.0, folder=None)

    def _at_prices(self, prices: str) -> OpenStudy:
        """Give the study at other prices, or the study of today."""
        if prices in OTHERS:
            made = open_study(prices, self._scratch)
        else:
            extends = (*self.opened.extends, LAID[prices])
            folder = self._scratch / prices
            folder.mkdir(exist_ok=True)
            file = folder / f"{self.opened.file.stem}.yaml"
            file.write_text(to_yaml(extends, self.opened.title, (), Position()), encoding="utf-8")
            made = study_of(extends, file)
        return replace(made, stands_at=prices, prices=self.opened.prices)


def _known(lever: str, value: str, among: Collection[str]) -> str:
    """Give a value from outside if it is one of those that can be."""
    if value not in among:
        others = ", ".join(sorted(name for name in among if name))
        raise ModelError([Problem("the address", lever, f"must be one of {others}" if others else "is no lever here")])
    return value
