"""The command ``families list``: the scenarios of the library, and what came out of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sim.console.printing import say, say_notes

EXAMPLES = ("families list",)


def command(
    results: Annotated[
        Path | None, typer.Option(help="Print the scenarios as a table, with what came out of the runs in this folder.")
    ] = None,
    into: Annotated[
        Path | None, typer.Option(help="Put it, and what is found, between the markers of this page.")
    ] = None,
) -> None:
    """List the scenarios and textbook models that come with the program."""
    from sim.config.views.catalogue import scenarios

    if results is None and into is None:
        about = {f"scenarios/{entry.name}": entry for entry in scenarios()}
        for name, title in listing():
            told = f" ({about[name].population}). {about[name].about}" if name in about else ""
            say_notes(f"{name}: {title}{told}".rstrip(": "))
        return
    from sim.report.markdown.findings import findings
    from sim.report.markdown.markers import fill
    from sim.report.markdown.scenarios import table

    folder = results or Path("results")
    if into is None:
        say(table(scenarios(), folder), nl=False)
        return
    written, kept = fill(into, {**findings(folder), "scenarios": lambda: table(scenarios(), folder)})
    say(f"Wrote into {into}: {', '.join(written) or 'nothing'}")
    if kept:
        say(f"Left as it is, since its runs are not in {folder}: {', '.join(kept)}", err=True)


def listing() -> list[tuple[str, str]]:
    """List the scenarios and textbook models in the library: (name, title)."""
    from sim.config.text import library
    from sim.config.text.source import read

    found = []
    for name in library.names():
        if name.startswith(("scenarios/", "textbook/")):
            path = library.find(f"{name}.yaml")
            title = read(path, ("title",)).mapping.get("title") if path is not None else None
            found.append((name, str(title.value) if title is not None else ""))
    return found
