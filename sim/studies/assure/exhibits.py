"""Writes the assurance pack as a page that prints and as a workbook, into the results folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sim.exhibits.html import environment
from sim.exhibits.xlsx import cover, write_book
from sim.results.folder.beside import PACK
from sim.results.folder.held import held
from sim.results.folder.store import copy_results, staged_in
from sim.studies.assure.answer import Pack
from sim.table import Table

FORMS = ("roles", "checklist")
"""Parts whose empty cells are filled in by hand."""


def write_pack(folder: Path, pack: Pack) -> None:
    """Write the page and the workbook into a finished results folder, in place of earlier ones."""
    page, book = PACK
    with held(folder) as work, staged_in(work, folder, force=True) as fresh:
        copy_results(folder, fresh, but=PACK)
        write_page(fresh / page, pack)
        write_workbook(fresh / book, pack)


def write_page(path: Path, pack: Pack) -> None:
    """Write the pack as a page."""
    template = environment("sim.studies.assure").get_template("assurance.html")
    path.write_text(
        template.render(
            title=f"Assurance pack: {pack.title}", pack=pack, kind=kind(pack), standing=standing(pack),
            complete=complete(pack), forms=FORMS,
        ),
        encoding="utf-8",
    )  # fmt: skip


def write_workbook(path: Path, pack: Pack) -> None:
    """Write the pack as a workbook, a sheet a table."""
    front = cover(f"Assurance pack: {pack.title}", [kind(pack), *pack.answer, standing(pack)], ())
    write_book(path, f"Assurance pack: {pack.title}", front, [complete(pack), *sheets(pack)])


def sheets(pack: Pack) -> list[Table]:
    """Give the tables of a pack as sheets, named by what stands before a colon, each with what its part says first."""
    made = []
    for part in pack.parts:
        lines = part.lines
        for table in (one for one in part.in_workbook if one.rows):
            name, _, rest = table.title.partition(": ")
            note = " ".join(filter(None, (f"{rest}." if rest else "", *lines, table.note)))
            made.append(replace(table, title=name, note=note))
            lines = ()
    return made


def kind(pack: Pack) -> str:
    """Say whether anybody may decide by it."""
    return f"A study for decision: {pack.decision}" if pack.decision else "Not a study for decision."


def standing(pack: Pack) -> str:
    """Say what follows from what is missing."""
    if not pack.lacking:
        return "Every part is here, or is left out on purpose with the reason; what people sign is for them to fill in."
    if pack.decision:
        return "Until they are here, or it is said why they may be left out, nobody should rely on this study."
    return "A study that nobody decides by may lack them."


def complete(pack: Pack) -> Table:
    """List the parts with what each lacks, and what brings it or why it is left out."""
    rows = []
    for part in pack.parts:
        for lack in part.lacks:
            why = pack.without.get(lack.key)
            said = f"left out on purpose: {why}" if why else lack.brings
            rows.append((part.title, f"missing: {lack.text}", said))
        if not part.lacks:
            rows.append((part.title, "here", ""))
    return Table("What is here", ("part", "state", "what brings it"), rows)
