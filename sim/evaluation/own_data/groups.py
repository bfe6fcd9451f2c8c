"""Streams an XML file as groups of texts that know where they stand: one group at a time is held, never the tree.

Document types, and with them entities of a file's own, are refused: the formats that are read here need none, and they
are how a small file grows to billions of letters or takes in others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from sim.errors import ModelError, Problem
from sim.evaluation.england.cells import PlacedCell

MOST_DEEP = 32
MOST_TEXT = 200
"""Letters of a text that is read, and elements within each other, at most; the formats that are read have far fewer."""
_CHUNK = 1 << 16


@dataclass(frozen=True)
class XmlGroup:
    """An element with the texts that were asked for of it.

    Attributes
    ----------
    path
        Names of elements from the root on, such as ``Message/Header``.
    where
        File, line and column (in characters) of its start.
    cells
        By name, the text of each element that is in it, without spaces around it.
    """

    path: str
    where: str
    cells: Mapping[str, PlacedCell]

    def of(self, name: str) -> PlacedCell:
        """Give a text; where there is none, a blank one that stands where the group does."""
        return self.cells.get(name, PlacedCell("", self.where))


def read_groups(path: Path, wanted: Mapping[str, Sequence[str]]) -> Iterator[XmlGroup]:
    """Read an XML file group by group, each as it ends, those within another before it.

    Parameters
    ----------
    path
        The file.
    wanted
        Paths of groups with the elements that are read of each; others are passed over. All have the same root.

    Raises
    ------
    ModelError
        With file, line and column of what is wrong: no XML, another root, a document type, an element that stands twice
        in a group or holds others. Nothing that the file holds is repeated.
    """
    stream = _Stream(path, wanted)
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                yield from stream.read(chunk)
            yield from stream.read(b"", is_last=True)
    except OSError as error:
        raise ModelError([Problem(str(path), "", f"cannot be read ({error.strerror})")]) from None


class _Stream:
    """Turns what the parser meets into groups."""

    def __init__(self, path: Path, wanted: Mapping[str, Sequence[str]]) -> None:
        self.path, self.wanted = path, wanted
        self.at: list[str] = []
        self.open: list[tuple[str, str, dict[str, PlacedCell]]] = []
        self.done: list[XmlGroup] = []
        self.text: list[str] | None = None
        self.text_where = ""
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._document_type
        self.parser.StartElementHandler = self._start
        self.parser.CharacterDataHandler = self._letters
        self.parser.EndElementHandler = self._end

    def read(self, chunk: bytes, *, is_last: bool = False) -> list[XmlGroup]:
        """Give the groups that end in the next part of the file."""
        self.done = []
        try:
            self.parser.Parse(chunk, is_last)
        except ModelError:
            raise
        except expat.ExpatError as error:
            where = f"{self.path}:{error.lineno}:{error.offset + 1}"
            said = f"is not well-formed XML: {expat.errors.messages[error.code]}"
            raise ModelError([Problem(where, "", said)]) from None
        except (LookupError, ValueError):  # of the encoding that it says it is in
            self._refuse("", "is in an encoding that is not known; save it as UTF-8")
        return self.done

    def _where(self) -> str:
        """Give the place that the parser has come to."""
        return f"{self.path}:{self.parser.CurrentLineNumber}:{self.parser.CurrentColumnNumber + 1}"

    def _refuse(self, key: str, said: str, where: str = "") -> NoReturn:
        """Refuse the file for what stands where the parser is."""
        raise ModelError([Problem(where or self._where(), key, said)])

    def _document_type(self, *_: object) -> None:
        """Refuse a document type before anything of it is read."""
        self._refuse("", "has a document type (<!DOCTYPE); such a file is not read, since entities may stand in it")

    def _start(self, name: str, _: Mapping[str, str]) -> None:
        """Begin an element."""
        above = self.at[-1] if self.at else ""
        path = f"{above}/{name}" if above else name
        if not above and not all(one.split("/")[0] == name for one in self.wanted):
            self._refuse("", f"its first element must be {next(iter(self.wanted)).split('/')[0]}")
        if self.text is not None:
            self._refuse(above.rpartition("/")[2], "must hold text alone", self.text_where)
        if len(self.at) >= MOST_DEEP:
            self._refuse("", f"more than {MOST_DEEP} elements stand within each other")
        self.at.append(path)
        if path in self.wanted:
            self.open.append((path, self._where(), {}))
        elif name in self.wanted.get(above, ()):
            if name in self.open[-1][2]:
                self._refuse(name, f"stands at {self.open[-1][2][name].where} already, in the same group")
            self.text, self.text_where = [], self._where()

    def _letters(self, letters: str) -> None:
        """Take the letters of a text that is read."""
        if self.text is not None:
            self.text.append(letters)
            if sum(map(len, self.text)) > MOST_TEXT:
                self._refuse(self.at[-1].rpartition("/")[2], f"is longer than {MOST_TEXT} letters", self.text_where)

    def _end(self, name: str) -> None:
        """End an element."""
        path = self.at.pop()
        if self.text is not None:
            self.open[-1][2][name] = PlacedCell("".join(self.text).strip(), self.text_where)
            self.text = None
        elif path in self.wanted:
            self.done.append(XmlGroup(*self.open.pop()))
