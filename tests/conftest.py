"""A small config that is right, for tests that spoil or change it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.places import VALID


@pytest.fixture
def valid() -> Path:
    return VALID
