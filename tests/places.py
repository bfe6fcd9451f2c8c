"""Where tests find what they read: the checkout, its configs, and the small configs made for tests."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
DOCS = ROOT / "docs"
LANGUAGE = tuple(DOCS / f"language{part}.md" for part in ("", "_time", "_money", "_reference"))
"""The pages of the config language."""
CONFIGS = ROOT / "configs"
SCENARIOS, TEXTBOOK = CONFIGS / "scenarios", CONFIGS / "textbook"

STUDIES = TESTS / "configs"
"""Small configs that only tests use."""
VALID = STUDIES / "valid.yaml"
"""A config with something of everything, nothing wrong in it."""
INVALID = STUDIES / "invalid"
"""Configs with one thing wrong in each, and the message that says so."""
TOY = STUDIES / "toy.yaml"
AGREEMENT = STUDIES / "agreement.yaml"
AGENCIES = STUDIES / "agencies.yaml"
KEY_WORKERS = STUDIES / "key_workers.yaml"
DOUBTFUL = STUDIES / "doubtful.yaml"
APPLICATION = STUDIES / "application.yaml"
"""A small study with all the levers of the application."""
CLOSURE_STAR = STUDIES / "closure_star.yaml"
CALIBRATION = STUDIES / "calibration"
"""A calibration of a toy with its targets."""


def language() -> str:
    """Give the text of all pages of the config language."""
    return "\n".join(page.read_text(encoding="utf-8") for page in LANGUAGE)
