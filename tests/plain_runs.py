"""Runs of the command of which no test reads the figures: drawing them takes as long as all else."""

from __future__ import annotations

import pytest
from click.testing import Result
from typer.testing import CliRunner

from sim.cli import app


def run_plainly(*words: str) -> Result:
    """Run ``families run`` without its figures; page, workbook and tables are made."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.report.presentation.draw_all", lambda *_: [])
        return CliRunner().invoke(app, ["run", *words])
