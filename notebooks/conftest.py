"""Marks the notebooks that ``make test`` leaves out; ``make test-all`` runs them all (nbmake)."""

import pytest

QUICK = ("04_queues_and_waiting.ipynb", "09_reproducing_a_published_model.ipynb")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every notebook but the quick ones as slow."""
    for item in items:
        if item.path.suffix == ".ipynb" and item.path.name not in QUICK:
            item.add_marker(pytest.mark.slow)
