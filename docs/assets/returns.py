"""Lets the Python reference read what docstrings say is returned: words alone, since annotations have the type."""

from __future__ import annotations

import re
from typing import Any

import griffe

SECTION = re.compile(r"^((?:Returns|Yields)\n-+\n)(?=    \S)", re.M)


class Returns(griffe.Extension):
    """Puts the annotation above an indented description, where the reader of NumPy's style looks for a type."""

    def on_function(self, *, func: griffe.Function, **_: Any) -> None:
        """Rewrite the docstring of a function."""
        if func.docstring is not None and func.returns is not None:
            func.docstring.value = SECTION.sub(lambda found: f"{found[1]}{func.returns}\n", func.docstring.value)
