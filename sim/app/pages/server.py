"""Serves the application on this machine alone, at an address with a token, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import socket
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import uvicorn
from shiny import App, ui
from starlette.requests import Request

from sim.app.levers.study import open_study
from sim.app.pages import screens
from sim.app.pages.guard import Application, Guard, Receive, Scope, Send
from sim.app.pages.house import House
from sim.app.pages.inputs import visit
from sim.errors import ModelError
from sim.interrupts import is_pressed, stop_if_pressed

LOOPBACK = "127.0.0.1"
STATIC = Path(__file__).with_name("static")
OWN = ("pin", "screen")
"""Keys of an address that are no levers."""


def serve(what: str, port: int, say: Callable[[str], None], open_page: Callable[[str], object]) -> None:
    """Open a study and serve it until Ctrl-C.

    Parameters
    ----------
    what
        A config or a finished folder.
    port
        Where; 0 for any that is free.
    say
        Told the address.
    open_page
        Opens it in a browser.

    Raises
    ------
    ModelError
        When the study cannot be opened, or somebody else has the port.
    """
    with tempfile.TemporaryDirectory(prefix="families-app-") as scratch, socket.socket() as door:
        study = open_study(what, Path(scratch))
        if os.name == "posix":  # a port that was just closed is free; elsewhere the option would share it
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((LOOPBACK, port))
        except OSError as error:
            raise ModelError(f"port {port} of this machine cannot be had: {error.strerror}; leave --port out") from None
        door.listen()  # whoever comes before the server is ready waits and is not sent away
        port = door.getsockname()[1]
        house, token = House(study, Path(scratch)), secrets.token_urlsafe(24)
        try:
            address = f"http://{LOOPBACK}:{port}/?token={token}"
            guarded = Guard(_reading_first(house, application(house)), port, token, _scripts())
            config = uvicorn.Config(
                guarded, log_level="error", access_log=False, timeout_graceful_shutdown=1,
                server_header=False, ws_max_size=1 << 20, lifespan="on",
            )  # fmt: skip
            server = uvicorn.Server(config)
            say(f"{study.title}: open {address}\nOn this machine alone; Ctrl-C ends it.")
            asyncio.run(_serve(server, door, partial(open_page, address)))
            stop_if_pressed()  # before its workers are ended, which takes a moment
        except KeyboardInterrupt:
            pass
        finally:
            if goes_on := house.close():
                say(goes_on)


async def _serve(server: uvicorn.Server, door: socket.socket, open_page: Callable[[], object]) -> None:
    """Serve, and open the page once the door is open; a Ctrl-C from before the server listened to it ends it."""

    def opened() -> None:
        if is_pressed():
            server.should_exit = True
        else:
            open_page()

    asyncio.get_running_loop().call_later(0.2, opened)
    await server.serve(sockets=[door])


def application(house: House) -> App:
    """Make Shiny's application: a page for each address, and a server function for each page."""
    return App(partial(_page, house), partial(visit, house), static_assets={"/app": STATIC})


def _reading_first(house: House, inner: Application) -> Application:
    """Read the study of an address away from the server's loop, before its page is made."""

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/":
            query = scope.get("query_string", b"").decode("latin-1")
            await asyncio.to_thread(house.studies.nearest, "&".join(_of_levers(query)))
        await inner(scope, receive, send)

    return served


def _scripts() -> list[str]:
    """Give the scripts that Shiny itself puts into a page."""
    return re.findall(r"<script>(.*?)</script>", str(ui.busy_indicators.use()), re.DOTALL)


def _page(house: House, request: Request) -> Any:
    """Make the page of an address."""
    query = request.url.query
    asked = parse_qs(query).get("screen", ["answer"])[0]
    screen = asked if asked in dict(screens.SCREENS) else "answer"
    study, at, problem = house.studies.nearest("&".join(_of_levers(query)))
    return ui.page_html(screens.page(study, house.studies.levers(study), at, screen, problem))


def _of_levers(query: str) -> list[str]:
    """Give the parts of a query that are of levers."""
    return [part for part in query.split("&") if part and part.partition("=")[0] not in OWN]
