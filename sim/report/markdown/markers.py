"""Puts texts between their markers in a page: ``<!-- answer -->`` to the next ``<!-- end -->``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from sim.errors import ModelError, Problem
from sim.table import Table

END = "<!-- end -->"
Made = Callable[[], str | None]
"""Makes a text; None where the runs that it is made of are not there."""


def marked(name: str) -> str:
    """Give the marker that begins a part."""
    return f"<!-- {name} -->"


def fill(page: Path, parts: Mapping[str, Made]) -> tuple[list[str], list[str]]:
    """Put each part whose marker stands in a page between it and its end; what cannot be made stays as it is.

    Returns
    -------
        The names of the parts that were written, and of those that stay as they were.

    Raises
    ------
    ModelError
        When the page cannot be read, has no marker at all, or lacks the end of one.
    """
    try:
        text = page.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError([Problem(str(page), "", f"cannot be read ({error})")]) from None
    there = [name for name in parts if marked(name) in text]
    if not there:
        every = ", ".join(f"'{marked(name)}'" for name in parts)
        raise ModelError([Problem(str(page), "", f"needs one of the lines {every}, and '{END}' after it")])
    written: list[str] = []
    kept: list[str] = []
    for name in there:
        before, _, rest = text.partition(marked(name))
        old, end, after = rest.partition(END)
        if not end or "<!--" in old:
            raise ModelError([Problem(str(page), "", f"needs the line '{END}' after '{marked(name)}'")])
        made = parts[name]()
        (kept if made is None else written).append(name)
        text = text if made is None else f"{before}{marked(name)}\n{made}{END}{after}"
    page.write_text(text, encoding="utf-8")
    return written, kept


def markdown(table: Table) -> str:
    """Write a table of text in Markdown."""
    heading, *rows = (
        f"| {' | '.join(_escaped(str(cell)) for cell in line)} |\n" for line in (table.columns, *table.rows)
    )
    return "".join((heading, f"|{'---|' * len(table.columns)}\n", *rows))


def _escaped(text: str) -> str:
    """Keep a bar in a cell from ending it."""
    return re.sub(r"(?<!\\)\|", r"\\|", text)
