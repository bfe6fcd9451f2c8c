"""A small config that is right, for tests that spoil or change it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from tests.places import VALID

settings.register_profile("any machine", deadline=None)  # a busy one is no fault
settings.load_profile("any machine")


@pytest.fixture
def valid() -> Path:
    return VALID
