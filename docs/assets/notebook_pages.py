"""Notebooks as pages of the site: as they are kept, with their outputs; none is run and nothing is fetched."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File
from nbconvert import MarkdownExporter

FOLDER = Path(__file__).parents[2] / "notebooks"
STYLE = re.compile(r"<style scoped>.*?</style>", re.S)
PICTURE = re.compile(r"!\[png\]\((.+?)\)")


def notebook_files(config: Any) -> Iterator[File]:
    """Give the pages of all notebooks with their pictures, and the page that lists them."""
    listed = (FOLDER / "README.md").read_text(encoding="utf-8").replace(".ipynb)", ".md)")
    yield File.generated(config, "notebooks/index.md", content=listed)
    for path in sorted(FOLDER.glob("[0-9]*.ipynb")):
        text, kept = MarkdownExporter().from_filename(str(path))
        yield File.generated(config, f"notebooks/{path.stem}.md", content=page(text, path.stem))
        for name, picture in kept["outputs"].items():
            yield File.generated(config, f"notebooks/{path.stem}_{name}", content=picture)


def page(text: str, stem: str) -> str:
    """Write the Markdown of a notebook as a page of the site: pictures under names of their own, tables unstyled."""
    named = PICTURE.sub(rf"![What the code above draws]({stem}_\1)", text)
    return STYLE.sub("", named).replace("](../docs/", "](../")
