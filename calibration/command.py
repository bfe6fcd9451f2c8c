"""The command ``families calibrate``."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from sim.console.printing import say

if TYPE_CHECKING:
    from calibration.chain import Calibrated
    from calibration.study import Study
    from sim.stages import StageListener

EXAMPLES = ("families calibrate configs/calibration/national.yaml --workers 2",)


def calibrate(
    config: Annotated[str, typer.Argument(help="A calibration, such as configs/calibration/national.yaml.")],
    workers: Annotated[int, typer.Option(min=1, help="Processes; the result does not depend on it.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder (default: results/<config name>-calibration).")] = None,
    sets: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Lay a value over the model's config.")
    ] = None,
    point_only: Annotated[bool, typer.Option("--point-only", help="Only the best point, by least squares.")] = False,
    backtest: Annotated[
        bool, typer.Option("--backtest", help="Fit to what was known by the date and predict what came later.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace what an earlier calibration found.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no table.")] = False,
) -> None:
    """Find which parameters make a model agree with published figures, and how sure that is.

    Every run of the model is kept in the folder, so that a calibration that was stopped goes on where it was. Exit code
    1, with everything written but the layer of config, says that what was found must not be used.
    """
    _check_installed()
    from calibration.study import study
    from sim.console.progress import stages
    from sim.errors import ResultError

    made = study(config, sets or [])
    store = out or Path("results") / f"{made.file.stem}-calibration"
    folder = store / "backtest" if backtest else store
    if (folder / FINISHED).exists() and not force:
        raise ResultError(f"{folder} holds a finished calibration; give another --out, or --force to replace it")
    with stages(quiet=quiet) as at:
        found = _found(made, store, workers, at, point_only=point_only, backtest=backtest)
        at.stage("Drawing figures and writing tables")
        _write(folder, found)
    for line in found.chosen.refusals:
        say(f"Not to be used: {line}.", err=True)
    if not quiet:
        _tell(folder, found)
    if not found.chosen.is_usable:
        raise typer.Exit(1)


FINISHED, LAYER = "summary.json", "calibrated.yaml"
LIBRARIES = ("arviz_stats", "emcee", "sklearn", "threadpoolctl")


def _check_installed() -> None:
    """Refuse to begin without the libraries of the extra."""
    from sim.errors import RunError

    missing = [name for name in LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        raise RunError(
            f"{', '.join(missing)} not installed; install the extra: pip install 'family-trajectories[calibration]'"
        )


def _found(
    made: Study, store: Path, workers: int, at: StageListener, *, point_only: bool, backtest: bool
) -> Calibrated:
    """Do the work; Ctrl-C says what is kept."""
    from threadpoolctl import threadpool_limits

    from calibration.chain import POINTS, chain, point
    from calibration.diagnosis.backtest import as_known
    from sim.runs.points import kept_in

    studied = as_known(made) if backtest else made
    with kept_in(store / POINTS), threadpool_limits(limits=1):  # small matrices: threads would wait for each other
        return (point if point_only else chain)(studied, store, workers, at, at.stage)


def _write(folder: Path, found: Calibrated) -> None:
    """Write everything aside, then put it in place; the summary comes last and says that it is finished."""
    from calibration.diagnosis.backtest import backtest_table
    from calibration.report.page import write_calibration
    from calibration.report.posterior import targets_digest, to_dataset, write_posterior
    from calibration.report.writing import calibrated_yaml, placement, write_summary

    digest = targets_digest(found.problem)
    attributes: dict[str, str | int | float] = {
        "title": found.study.title, "placed": placement(found.study), "model_sha256": found.study.meaning,
        "config": found.study.file.name,
    }  # fmt: skip
    ds = to_dataset(
        found.problem, found.chosen, found.conflicts, found.influences, seed=found.study.settings.seed,
        attributes=attributes,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix=".", dir=folder) as name:
        fresh = Path(name)
        write_posterior(fresh / "posterior.nc", ds)
        write_calibration(fresh, ds)
        if found.chosen.is_usable:
            (fresh / LAYER).write_text(calibrated_yaml(found.study, found.chosen, digest), encoding="utf-8")
        if found.study.is_backtest:
            (fresh / "backtest.md").write_text(backtest_table(found), encoding="utf-8")
        for earlier in (FINISHED, LAYER):
            (folder / earlier).unlink(missing_ok=True)
        shutil.copytree(fresh, folder, dirs_exist_ok=True)
    write_summary(folder / FINISHED, found)


def _tell(folder: Path, found: Calibrated) -> None:
    """Print what was found, with what must be said of it."""
    from calibration.report.tables import parameters_said, targets_said
    from sim.console.printing import print_table, say

    for made in (parameters_said(found), targets_said(found)):
        print_table(made)
    for line in found.chosen.caveats:
        say(f"To be said with it: {line}.")
    say(f"Results are in {folder}; open {folder / 'calibration.html'}")
