"""What the site makes of pages: parts of the README, formulas as MathML, diagrams as SVG, notebooks.

All of it is done while the site is built, so that a page that is read fetches nothing and runs nothing for it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from latex2mathml.converter import convert

sys.path.insert(0, str(Path(__file__).parent))

from diagrams import flowchart
from notebook_pages import notebook_files

ROOT = Path(__file__).parents[2]
README_PART = re.compile(r"^<!-- readme: (\w+) -->$", re.M)
MATH_BLOCK = re.compile(r"^```math\n(.*?)^```$", re.M | re.S)
MATH_INLINE = re.compile(r"\$`(.+?)`\$")
MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.M | re.S)


def on_files(files: Any, config: Any, **_: Any) -> Any:
    """Add the notebooks, which lie beside docs/."""
    for file in notebook_files(config):
        files.append(file)
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """Turn what plain Markdown cannot show into what a browser shows by itself."""
    text = README_PART.sub(lambda found: readme_part(found[1]), markdown)
    text = MATH_BLOCK.sub(lambda found: f'<div class="formula">{_math(found[1], "block")}</div>', text)
    # The span keeps Markdown from taking a formula that begins a line for a block of its own.
    text = MATH_INLINE.sub(lambda found: f"<span>{_math(found[1], 'inline')}</span>", text)
    return MERMAID.sub(lambda found: f'<div class="diagram">{flowchart(found[1])}</div>', text)


def _math(latex: str, display: str) -> str:
    """Write a formula as MathML, on one line."""
    return convert(latex.strip(), display=display).replace("\n", " ")


def readme_part(name: str) -> str:
    """Give a part of the README as a page in docs/ shows it.

    Raises
    ------
    ValueError
        If the README has no such part; says how parts are marked.
    """
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    if name == "intro":  # what stands between the title and the first heading
        part = readme.partition("\n\n")[2].partition("\n## ")[0]
    else:
        marked = re.search(rf"<!-- {name} -->\n(.*?)<!-- end -->", readme, re.S)
        if marked is None:
            raise ValueError(f"README.md has no part '{name}': from <!-- {name} --> to <!-- end -->")
        part = marked[1]
    return part.replace("](docs/", "](")
