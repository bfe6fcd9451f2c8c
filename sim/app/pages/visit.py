"""One open page: where its levers stand, what it waits for, what has come; Shiny redraws what hangs on it.

Leaves out what the words are (``screens``) and who works (``crew``).
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from shiny import Session, reactive

from sim.app.levers.lever import StudyLever, Value, of_surface
from sim.app.levers.position import Position, as_sets, position
from sim.app.levers.study import OpenStudy
from sim.app.pages import screens
from sim.app.pages.house import House
from sim.app.work.crew import Desk
from sim.app.work.grid import LINES, Grid, Point
from sim.app.work.job import OF_STUDY, QUICK_REPLICATIONS, Figures, Job, JobResult
from sim.config.sizes import TENTH_SETTINGS

MOST_PINNED = 4
QUIET_SECONDS = 0.7
"""How long a hand rests before more is worked out than what it asked for."""
QUICK = QUICK_REPLICATIONS
"""Those of the quick settings follow once nothing newer is asked for."""


class Visit:
    """The state of one page.

    Attributes
    ----------
    at, pinned, screen
        Where the levers stand, pinned positions, and the screen that is looked at.
    changed
        Raised whenever something has come, so that outputs are made again.
    """

    def __init__(self, house: House, session: Session) -> None:
        self.house, self.session, self.name = house, session, session.id
        self.at: reactive.Value[Position] = reactive.Value(Position())
        self.pinned: reactive.Value[tuple[Position, ...]] = reactive.Value(())
        self.screen: reactive.Value[str] = reactive.Value("answer")
        self.changed: reactive.Value[int] = reactive.Value(0)
        self.news, self.asked = 0, ""
        self.pair: tuple[str, ...] = ()
        self._loop = asyncio.get_running_loop()
        self._shown: tuple[Figures, JobResult] | None = None

    # Jobs of a position.

    def study(self, at: Position) -> OpenStudy:
        """Give the study that a position is of."""
        return self.house.studies.of(at)

    def reading(self, at: Position) -> str:
        """Give the reading of the evidence of a position."""
        return str(at.values.get("reading", self.study(at).readings[0]))

    def settings(self, at: Position, *, but: tuple[str, ...] = ()) -> dict[str, object]:
        """Give what a position sets in the study that it is of, apart from its reading."""
        return at.settings(self.house.studies.levers(self.study(at)), but=("reading", "area", *but))

    def sets(self, at: Position) -> tuple[str, ...]:
        """Give what a position sets, as ``--set`` takes it."""
        return tuple(as_sets(self.settings(at)))

    def job(self, at: Position, reading: str, replications: int = 0) -> Job:
        """Give the job of a position: of a finished folder where it has one, else a simulation.

        What is seen first is what was counted, priced again by factors; what follows is the config, loaded whole.
        """
        study = self.study(at)
        levers, elsewhere = self.house.studies.levers(study), self.house.elsewhere(study)
        by_factor = tuple(lever.name for lever in levers if lever.line)
        counted, factors = self.settings(at, but=by_factor), at.factors(levers)
        own, folder = (self.house.folder_of(study, settings) for settings in (self.settings(at), counted))
        if own is not None or folder is not None:
            factors = () if own else factors
            return Job("figures", reading, folder=str(own or folder), factors=factors, elsewhere=elsewhere)
        if replications == QUICK:
            sets = tuple(as_sets(counted))
            return Job("figures", reading, sets, QUICK, factors=factors, elsewhere=elsewhere)
        return Job("figures", reading, self.sets(at), replications, elsewhere=elsewhere)

    def best(self, at: Position, reading: str) -> JobResult | None:
        """Give the best figures that there are of a position."""
        for replications in (0, QUICK):
            done = self.house.done.get(self.job(at, reading, replications))
            if done is not None:
                return done
        return None

    def move(self, at: Position) -> None:
        """Ask for what a position needs: the reading in hand first, then the others, then what is steadier."""
        reading = self.reading(at)
        self.house.crew.in_hand.forget(self.name)
        self._ask(self.house.crew.in_hand, "quick", self.job(at, reading, QUICK), first=True)
        self.house.crew.beside.forget(self.name)
        self.look(self.screen.get(), at)

    def _rest(self, at: Position) -> None:
        """Ask for what is steadier and for the other readings, once the reading in hand is there and the hand rests."""
        with reactive.isolate():
            if self.at.get() != at:
                return
        reading = self.reading(at)
        self._ask(self.house.crew.in_hand, "settled", self.job(at, reading))
        for other in self.study(at).readings:
            if other != reading:
                self._ask(self.house.crew.beside, f"ghost {other}", self.job(at, other, QUICK))
        self._ask(self.house.crew.beside, "doubt", self._doubt_job(at))
        self.draw_surface(at)
        self._find_crossings(at)

    def look(self, screen: str, at: Position) -> None:
        """Ask for the figures of a screen."""
        if screen in screens.DRAWN:
            of = self.job(at, self.reading(at), QUICK)
            self._ask(self.house.crew.in_hand, "screen", replace(of, what="screen", name=screen))
        if screen == "families" and self.best(at, self.reading(at)) is not None:
            self._ask(self.house.crew.beside, "dots", self._dots_job(at))

    def draw_surface(self, at: Position) -> None:
        """Ask for where help breaks even in two levers, a row after the other, if somebody looks."""
        with reactive.isolate():
            job = self._surface_job(at) if self.screen.get() == "sure" else None
        if job is None or job.grid is None:
            return
        for number in range(len(job.grid.y)):
            self._ask(self.house.crew.beside, f"row {number}", replace(job, what="row", name=str(number)))
        self._ask(self.house.crew.beside, "surface", job)

    def _find_crossings(self, at: Position) -> None:
        """Ask where help breaks even along each lever that is simulated, after all else: a point after the other."""
        for lever in of_surface(self.house.studies.levers(self.study(at))):
            if not lever.line:
                job = self._track_job(at, lever)
                for number in range(LINES):
                    row = replace(job, what="row", name=str(number))
                    self._ask(self.house.crew.beside, f"{lever.name} {number}", row, later=True)
                self._ask(self.house.crew.beside, f"crossing {lever.name}", job, later=True)

    def _track_job(self, at: Position, lever: StudyLever) -> Job:
        """Give the job of where help breaks even along one lever, all others where they stand."""
        y = tuple(float(v) for v in np.linspace(*lever.span, LINES))
        points = tuple(self._point(at, {lever.name: value}) for value in y)
        grid = Grid((lever.title, lever.title), y[:1], y, points, (y[0], y[0]))  # wherever this lever stands itself
        elsewhere = self.house.elsewhere(self.study(at))
        return Job("crossing", self.reading(at), name=lever.name, elsewhere=elsewhere, grid=grid)

    def _point(self, at: Position, moved: dict[str, Value]) -> Point:
        """Give the point of a grid at which some levers stand elsewhere."""
        levers = self.house.studies.levers(self.study(at))
        by_factor = tuple(lever.name for lever in levers if lever.line)
        there = position(levers, {**at.values, **moved})
        return Point(tuple(as_sets(self.settings(there, but=by_factor))), there.factors(levers))

    def _surface_job(self, at: Position) -> Job | None:
        """Give the job of a surface in the two levers that were chosen, at first the first two; None without two."""
        study = self.study(at)
        of = {lever.name: lever for lever in of_surface(self.house.studies.levers(study))}
        pair = self.pair or tuple(of)[:2]
        if len(set(pair)) < 2 or not set(pair) <= set(of):
            return None
        across, down = (of[name] for name in pair)
        x, y = (tuple(float(v) for v in np.linspace(*lever.span, LINES)) for lever in (across, down))
        points = tuple(self._point(at, {across.name: first, down.name: second}) for second in y for first in x)
        stands = float(at.value(across)), float(at.value(down))
        grid = Grid((_within(across.title), _within(down.title)), x, y, points, stands)
        return Job("surface", self.reading(at), elsewhere=self.house.elsewhere(study), grid=grid)

    def _dots_job(self, at: Position) -> Job:
        """Give the job of families as dots."""
        elsewhere = self.house.elsewhere(self.study(at))
        return Job("dots", self.reading(at), self.sets(at), QUICK, elsewhere=elsewhere)

    def _doubt_job(self, at: Position) -> Job:
        """Give the job of what kept draws say of a study, unmoved."""
        return Job("doubt", elsewhere=self.house.elsewhere(self.study(at)))

    def _ask(self, desk: Desk, slot: str, job: Job, *, first: bool = False, later: bool = False) -> None:
        """Ask for a job unless it is done."""
        known = self.house.done.get(job)
        if known is not None:
            self._loop.create_task(self._take(known))
        else:
            desk.want(self.name, slot, job, self._tell, first=first, later=later)

    def _tell(self, done: JobResult) -> None:
        """Take what came from a worker, called from a thread."""
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(lambda: self._loop.create_task(self._take(done)))

    async def _take(self, done: JobResult) -> None:
        """Keep what came and let the page be made again."""
        self.house.done.keep(done)
        async with reactive.lock():
            with reactive.isolate():
                at = self.at.get()
                if done.job.what in ("screen", "draw"):
                    await self._send(done)
                elif done.job.what == "dots":
                    await self._send_dots(done)
                elif done.job.what == "crossing":
                    await self._send_crossing(done)
                elif done.job.grid is not None:
                    await self._send_surface(done)
                elif done.job == self.job(at, self.reading(at), QUICK):
                    self._loop.call_later(QUIET_SECONDS, self._rest, at)
                    self.look(self.screen.get(), at)
                if done.job == self.job(at, self.reading(at)):
                    await self._tick(done)
                self.changed.set(self.changed.get() + 1)
            await reactive.flush()

    async def _send_dots(self, done: JobResult) -> None:
        """Send families as dots to the page, if they are still of where the levers stand."""
        at = self.at.get()
        study = self.study(at)
        if done.found is None or done.job != self._dots_job(at):
            return
        words = [study.titles.regime(study.baseline), study.titles.regime(study.regime)]
        told = {**asdict(done.found), "worlds": words, "evidence": study.evidence_months}
        await self.session.send_custom_message("dots", told)

    async def _send_surface(self, done: JobResult) -> None:
        """Send a surface to the page, or how far it is, if it is still of where the levers stand."""
        grid, now = done.job.grid, self._surface_job(self.at.get())
        if grid is None or now is None or replace(done.job, what=now.what, name=now.name) != now:
            return
        if done.found is None:
            html = screens.told_so(done.why)
        elif done.job.what == "row":
            html = screens.told_so(f"{int(done.job.name) + 1} of {len(grid.y)} rows are simulated")
        else:
            is_priced = len({point.sets for point in grid.points}) == 1
            size = "at a tenth" if self._is_tenth(done.job) else "in full"
            stamp = f"repriced on what was simulated {size}" if is_priced else f"simulated {size}, every point"
            html = screens.part(done.found, (), stamp)
        await self.session.send_custom_message("surface", {"html": html})

    async def _send_crossing(self, done: JobResult) -> None:
        """Mark on the track of a lever where help breaks even, if all others still stand where they stood."""
        at = self.at.get()
        levers = {lever.name: lever for lever in self.house.studies.levers(self.study(at))}
        lever = levers.get(done.job.name)
        if lever is not None and done.found is not None and done.job == self._track_job(at, lever):
            await self.session.send_custom_message("tick", {"lever": lever.name, "value": done.found.value})

    async def _tick(self, done: JobResult) -> None:
        """Mark on the tracks of prices at which of them nothing is gained or lost, all else where it stands."""
        if done.found is None:
            return
        at, posts = self.at.get(), done.found.money("cost_per_family_helped")["posts"]
        for lever in self.house.studies.levers(self.study(at)):
            factor = done.found.breaks_even.get(lever.line)
            if factor is not None:
                now = float(at.value(lever))
                told = {"lever": lever.name, "value": now * factor}
                if lever.name == "post_price" and posts:
                    told["each"] = posts / now  # pounds a family for each pound a month
                await self.session.send_custom_message("tick", told)

    async def _send(self, done: JobResult) -> None:
        """Send a figure or tables to the page, if they are still of where the levers stand."""
        of, at = done.job, self.at.get()
        now = self.job(at, self.reading(at), QUICK)
        if replace(of, what="figures", name="") != now:
            return
        stamp = "of the unmoved study, as it is kept" if of.name in OF_STUDY else self.stamp(done)[0]
        if of.what == "draw":
            html = screens.part(done.found, (), stamp) if done.found is not None else ""
            await self.session.send_custom_message("part", {"name": of.name, "html": html})
            return
        if done.found is None:
            await self.session.send_custom_message("parts", {"screen": of.name, "names": [], "html": done.why})
            return
        names, tables = done.found
        html = screens.part(None, tables, stamp)
        await self.session.send_custom_message("parts", {"screen": of.name, "names": names, "html": html})
        for name in names:
            self._ask(self.house.crew.in_hand, f"draw {name}", replace(of, what="draw", name=name))

    # What is shown.

    def stamp(self, done: JobResult) -> tuple[str, str]:
        """Say how figures came about: what was simulated, and on how many families."""
        if done.job.folder and done.job.factors:
            return "repriced on what was simulated in full", f"in {done.seconds:.1f} seconds"
        if done.job.folder:
            return "simulated in full", f"as a finished run has it ({Path(done.job.folder).name})"
        size = "at a tenth" if self._is_tenth(done.job) else "in full"
        many = "1 replication, more follow" if done.job.replications == QUICK else "all replications"
        took = f"{many}, in {done.seconds:.1f} seconds"
        moved = done.job.sets
        if (moved or done.job.factors) and not any(text.startswith("regimes.") for text in moved):
            return f"repriced on what was simulated {size}", took
        return f"simulated {size}", took

    def _is_tenth(self, job: Job) -> bool:
        """Whether a job is of some of the areas of its study."""
        return self.house.study.is_tenth if job.elsewhere is None else job.elsewhere.quick == TENTH_SETTINGS

    def figures(self, at: Position) -> dict[str, Figures | None]:
        """Give the figures of every reading at a position that are there."""
        found = {name: self.best(at, name) for name in self.study(at).readings}
        return {name: done.found if done is not None else None for name, done in found.items()}

    def answer(self) -> str:
        """Write the first screen; figures of before the last move are said to be out of date."""
        self.changed.get()
        at = self.at.get()
        reading = self.reading(at)
        done = self.best(at, reading)
        if done is not None and done.found is not None:
            self._shown = (done.found, done)
        if self._shown is None:
            why = done.why if done is not None and done.why else "a few seconds."
            return screens.answer(
                self.study(at), at, {}, reading, "", "", why, doubt={}, pinned=None, old=True, asked=self.asked
            )  # fmt: skip
        held, of = self._shown
        old = of is not done
        stamp, more = self.stamp(of)
        if old:
            stamp, more = "out of date", f"being simulated anew. {done.why if done is not None else ''}"
        pins = self.pinned.get()
        then = self._pinned(pins[0], at) if pins else None
        seen = {**self.figures(at), reading: held}
        return screens.answer(
            self.study(at), at, seen, reading, stamp, more, "", doubt=self.doubt(), pinned=then, old=old,
            asked=self.asked,
        )  # fmt: skip

    def _pinned(self, pin: Position, at: Position) -> screens.Pinned | None:
        """Give the figures of a pin, where they are there."""
        held = self.figures(pin).get(self.reading(pin))
        mine, its = self.study(at), self.study(pin)
        is_alike = (mine.area, mine.regime, mine.quick) == (its.area, its.regime, its.quick)
        return None if held is None else screens.Pinned(held, is_alike)

    def doubt(self) -> dict[str, Any]:
        """Give what kept draws say, by world."""
        done = self.house.done.get(self._doubt_job(self.at.get()))
        return dict(done.found or {}) if done is not None else {}

    def compare(self) -> str:
        """Write the pinned positions beside where the levers stand."""
        self.changed.get()
        places = [*self.pinned.get(), self.at.get()]
        for i, place in enumerate(places[:-1]):
            if self.best(place, self.reading(place)) is None:
                self._ask(self.house.crew.beside, f"pin {i}", self.job(place, self.reading(place)))
        seen = [self.figures(place).get(self.reading(place)) for place in places]
        studies = [self.study(place) for place in places]
        levers = [self.house.studies.levers(study) for study in studies]
        return screens.compare([study.titles for study in studies], levers, places, seen)

    def sources(self) -> str:
        """Write every figure in force."""
        at = self.at.get()
        study = self.study(at)
        return screens.sources(study, self.house.studies.levers(study), at)


def _within(title: str) -> str:
    """Write a title as it stands within a sentence."""
    return f"{title[:1].lower()}{title[1:]}"
