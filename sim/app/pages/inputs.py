"""What a page sends and what it shows: Shiny's inputs and outputs on one side, a visit on the other.

Whatever a page sends is checked by the levers or as a name before anything else sees it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from shiny import Inputs, Outputs, Session, reactive, render, ui

from sim.app.levers.lever import OF_SURFACE
from sim.app.levers.position import LONGEST_ADDRESS, Position, to_yaml
from sim.app.pages import screens
from sim.app.pages.house import House
from sim.app.pages.visit import MOST_PINNED, Visit
from sim.app.work.full import FINISHED, STARTED, safe_name, save
from sim.errors import ModelError


def visit(house: House, input: Inputs, output: Outputs, session: Session) -> None:
    """Serve one page."""
    here = Visit(house, session)
    house.arrived(here.name)
    session.on_ended(partial(house.left, here.name))

    @reactive.effect
    @reactive.event(input.position)
    async def _moved() -> None:
        try:
            _, at = house.studies.at(str(input.position())[: LONGEST_ADDRESS + 1])
        except ModelError as error:
            await session.send_custom_message("say", {"title": "This cannot be", "text": str(error)})
            return
        here.asked = str(input.position())
        here.at.set(at)
        here.changed.set(here.changed.get() + 1)  # also where the address is another way to say the same
        here.move(at)

    @reactive.effect
    @reactive.event(input.screen)
    def _looked() -> None:
        name = str(input.screen())
        if name in dict(screens.SCREENS):
            here.screen.set(name)
            here.look(name, here.at.get())
            here.draw_surface(here.at.get())

    @reactive.effect
    @reactive.event(input.surface)
    def _paired() -> None:
        given = input.surface()
        names = tuple(str(name) for name in given) if isinstance(given, list | tuple) else ()
        if len(names) == 2 and set(names) <= set(OF_SURFACE):
            here.pair = (names[0], names[1])
            here.draw_surface(here.at.get())

    @reactive.effect
    @reactive.event(input.pins)
    async def _pinned() -> None:
        given = input.pins()
        try:
            texts = given if isinstance(given, list | tuple) else ()
            pins = [house.studies.at(str(text))[1] for text in texts]
        except ModelError as error:
            await session.send_custom_message("say", {"title": "A pin was lost", "text": str(error)})
            return
        here.pinned.set(tuple(pins[:MOST_PINNED]))

    @reactive.effect
    @reactive.event(input.save)
    async def _saved() -> None:
        await session.send_custom_message("say", _save(house, here.at.get(), input.save(), run=False))

    @reactive.effect
    @reactive.event(input.full)
    async def _in_full() -> None:
        await session.send_custom_message("say", _save(house, here.at.get(), input.full(), run=True))

    @reactive.effect
    @reactive.event(input.stop)
    def _stopped() -> None:
        house.stop()

    @reactive.effect
    def _ticks() -> None:
        reactive.invalidate_later(1)
        with reactive.isolate():
            if house.news != here.news:
                here.news = house.news
                if house.state == FINISHED:
                    here.move(here.at.get())
                here.changed.set(here.changed.get() + 1)

    _outputs(output, here, house)


def _outputs(output: Outputs, here: Visit, house: House) -> None:
    """Say what each output shows."""

    def shown(name: str, make: Callable[[], str]) -> None:
        def made() -> ui.HTML:
            return ui.HTML(make())

        made.__name__ = name  # by which Shiny knows an output
        output(render.ui(made))

    shown("answer", here.answer)
    shown("compare", here.compare)
    shown("sources", here.sources)

    def running() -> str:
        here.changed.get()
        return screens.running(house.state, house.line)

    shown("running", running)


def _save(house: House, at: Position, name: object, *, run: bool) -> dict[str, object]:
    """Save a position as a config in the working folder, and run it in full if asked; gives what to say."""
    try:
        safe = safe_name(name)
        if run and house.state == STARTED:
            return {"title": "One run at a time", "text": "Another one runs; stop it, or wait for its end."}
        study = house.studies.of(at)
        levers = house.studies.levers(study)
        path = save(to_yaml(study.extends, f"{study.title}, moved", levers, at), safe)
        if run:
            house.run_in_full(path, study, at.settings(levers, but=("reading", "area")))
    except (ModelError, OSError) as error:
        return {"title": "Not saved", "text": str(error)}
    size = " --size tenth" if study.is_tenth else ""
    text = f"Saved as {path}. These figures again: families run {path}{size}. In full: families run {path}"
    return {"title": "Running in full" if run else "Saved", "text": text}
