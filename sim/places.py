"""Where the package stands on disk and what travels with it; every path that is not the user's own is here."""

from __future__ import annotations

from pathlib import Path

OWN = "family-trajectories"
"""The program as a distribution; run from its source it has no version, and its commit tells."""
PACKAGE = Path(__file__).resolve().parent
"""The package ``sim``: its rooms are the folders in it."""
CHECKOUT = PACKAGE.parent
"""What the package lies in: a source checkout, or the packages of an environment."""
IN_WHEEL = PACKAGE / "library"
"""The library of configs where the package was installed from a wheel."""


def installed_configs() -> Path:
    """Give the library of configs that came with the program: inside a wheel, or beside the package in a checkout."""
    return IN_WHEEL if IN_WHEEL.is_dir() else CHECKOUT / "configs"


EVIDENCE, CHANGES = "docs/evidence.md", "CHANGELOG.md"
"""Pages of the checkout that travel with the program, since an assurance pack reads them."""


def page_of(name: str) -> Path:
    """Give such a page: beside the library in a wheel, in its own place in a checkout."""
    return IN_WHEEL / "pages" / Path(name).name if IN_WHEEL.is_dir() else CHECKOUT / name


def is_checkout() -> bool:
    """Whether the package is read from a source checkout under git."""
    return (CHECKOUT / ".git").exists()
