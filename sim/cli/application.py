"""The command ``families app``: the application, served on this machine until Ctrl-C."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated

import typer

from sim.console.printing import say
from sim.errors import ModelError

NAME = "app"
EXAMPLES = ("families app", "families app demo --no-browser", "families app results/national")


def command(
    what: Annotated[str, typer.Argument(metavar="[CONFIG | DIR]", help="A config, or a results folder.")] = "national",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Where it is served on this machine; 0: any.")] = 0,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
) -> None:
    """Move a lever and see families' lives change: a page on this machine, without any network."""
    if find_spec("shiny") is None:
        raise ModelError("the application needs one extra more: pip install 'family-trajectories[app]'")
    import webbrowser

    from sim.app.pages.server import serve

    serve(what, port, say, webbrowser.open if browser else lambda address: None)
