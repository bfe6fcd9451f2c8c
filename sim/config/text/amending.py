"""Values set in a YAML file that people keep: comments, order and quotes around them stay as they are."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import Path

from ruamel.yaml import YAML


class YamlText(str):
    """A value as it is to stand in the file: YAML text, in whose style it is kept."""


def amend(path: Path, values: Mapping[tuple[str, ...], object]) -> None:
    """Set values in a file, all or nothing.

    Parameters
    ----------
    path
        A YAML file whose top is a mapping.
    values
        Keys from the top of the file down to a value -> the value, which may be ``YamlText``; the last key may be new.

    Raises
    ------
    KeyError
        When a mapping on the way to a value is not there; the file is then as it was.
    """
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1 << 16
    content = yaml.load(path.read_text(encoding="utf-8"))
    for (*way, last), value in values.items():
        place = content
        for key in way:
            place = place[key]
        place[last] = yaml.load(value) if isinstance(value, YamlText) else value
    text = io.StringIO()
    yaml.dump(content, text)
    staged = path.with_suffix(f"{path.suffix}.part")
    staged.write_text(text.getvalue(), encoding="utf-8")
    os.replace(staged, path)
