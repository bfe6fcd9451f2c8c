"""A small config that is right, for tests that spoil or change it."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def valid() -> Path:
    return Path(__file__).parent / "valid.yaml"
