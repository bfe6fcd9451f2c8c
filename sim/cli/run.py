"""The command ``families run``: every regime of a config simulated, and a results folder written."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sim.console.arguments import Config, Sets, Solver
from sim.console.printing import print_table, say, say_missing_kernels, say_notes, say_paragraphs
from sim.console.progress import stages

if TYPE_CHECKING:
    import xarray as xr

    from sim.model.spec import Scenario
    from sim.results.summary import Summary
    from sim.runs.resume import Work
    from sim.runs.until.rule import PrecisionRule
    from sim.runs.until.stopping import Limits
    from sim.stages import StageListener

EXAMPLES = (
    "families run national",
    "families run demo --out results/mine --replications 20 --workers 2",
    "families run demo --set parameters.kw_caseload.value=8 --out results/caseload_8",
    "families run national --size tenth",
    "families run national --size tenth --until 'saved_per_family_helped within 2%'",
    "families run demo --json --quiet --force > summary.json",
)


def command(
    config: Config,
    out: Annotated[Path | None, typer.Option(help="Results folder (default: results/<config name>).")] = None,
    sets: Sets = None,
    replications: Annotated[int | None, typer.Option(help="Number of replications, in place of the config's.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed, in place of the config's.")] = None,
    workers: Annotated[
        int, typer.Option(min=1, max=1024, help="Processes; results are the same whatever their number.")
    ] = 1,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="A Dask scheduler: 127.0.0.1:PORT here, tls://HOST:PORT elsewhere."),
    ] = None,
    solver: Solver = None,
    size: Annotated[
        str | None,
        typer.Option(
            metavar="full|tenth",
            help="The whole study, or 16 of its areas, each whole; of fewer areas a tenth of families and posts.",
        ),
    ] = None,
    totals: Annotated[
        bool,
        typer.Option(
            "--totals",
            help="Follow no family: no spread between families, and several workers may share one replication.",
        ),
    ] = False,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted run, or add replications to a finished one.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace finished results at the end.")] = False,
    until: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FIGURE within AMOUNT",
            help="Add replications until a figure of the answer is known so closely, such as 'break_even_price within "
            "£200' or 'saved_per_family_helped within 2%'; may be repeated.",
        ),
    ] = None,
    at_least: Annotated[
        int | None, typer.Option(metavar="N", help="With --until: replications before the first look (20).")
    ] = None,
    at_most: Annotated[
        int | None, typer.Option(metavar="N", help="With --until: replications that it may take (1,000).")
    ] = None,
    draws: Annotated[
        int | None,
        typer.Option(min=2, help="Draw the inputs of the answer so often by reading: its doubt."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json instead of the table.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar and no table.")] = False,
) -> None:
    """Simulate every regime of a config and write a results folder."""
    from sim.config.loading import find, load
    from sim.config.sizes import settings_of_size
    from sim.config.text.layers import load_tree
    from sim.results.folder.store import check_destination
    from sim.runs.resume import at_work

    tell = functools.partial(say, err=True)
    limits = _limits(until or [], replications, at_least, at_most)
    laid = settings_of_size(size, load_tree(find(config), only=("areas_taken", "units"))) if size else ()

    def loaded(number: int | None) -> Scenario:
        flags = {"replications": number, "seed": seed, "solver": solver}
        stated = [f"{key}={value}" for key, value in flags.items() if value is not None]
        return load(config, [*laid, *(sets or []), *stated])

    scenario = loaded(limits.ceiling if until else replications)
    rules = _rules(until or [], scenario)
    for note in scenario.notes:
        tell(f"note: {note}")
    say_missing_kernels()
    destination = out or Path("results") / (Path(scenario.name).name + ("-tenth" if size == "tenth" else ""))
    check_destination(destination, force=force or resume)
    if draws is not None:
        scenario = _drawn(scenario, config, sets or [], draws, destination, workers, quiet=quiet)
    if cluster is not None:
        from sim.runs.cluster import check_address

        check_address(cluster)
    with (
        at_work(destination, scenario, resume=resume, force=force, rows=not totals, tell=tell) as work,
        stages(quiet=quiet) as at,
    ):
        if scenario.solver == "simulate" and not work.is_finished:
            at.stage("Replications")
            simulate = functools.partial(work.simulate, workers, at, cluster=cluster)
            if rules:
                _until(work, rules, limits, simulate, loaded)
            else:
                simulate()
        if work.is_finished:
            say(f"{destination} is finished; there is nothing to add")
            return
        summary = _write(work, at, {"totals": totals, "draws": draws})
    _tell(summary, destination, scenario.resolved, as_json=as_json, quiet=quiet)


def _limits(until: list[str], replications: int | None, at_least: int | None, at_most: int | None) -> Limits:
    """Read the fewest and most replications of ``--until``; refuse options that go only with it, or against it."""
    from sim.errors import ModelError
    from sim.runs.until.stopping import CEILING, FLOOR, Limits

    if until and replications is not None:
        raise ModelError("--until finds the number of replications; leave out --replications, or say --at-most")
    if not until and (at_least is not None or at_most is not None):
        raise ModelError("--at-least and --at-most go with --until")
    return Limits(FLOOR if at_least is None else at_least, CEILING if at_most is None else at_most)


def _rules(until: list[str], scenario: Scenario) -> list[PrecisionRule]:
    """Read what is to be known how closely."""
    from sim.runs.until.rule import rule_of

    return [rule_of(text, scenario) for text in until]


def _until(
    work: Work, rules: list[PrecisionRule], limits: Limits, simulate: Callable[[], None],
    loaded: Callable[[int | None], Scenario],
) -> None:  # fmt: skip
    """Add replications until the rules are reached; the study then is that of so many replications."""
    from dataclasses import replace

    from sim.runs.until.running import run_until

    tell = functools.partial(say_notes, err=True)
    reached = run_until(work, rules, limits, simulate, tell)
    study = loaded(reached.replications)
    work.scenario = replace(work.scenario, resolved=study.resolved, origins=study.origins, until=reached.records())


def _drawn(
    scenario: Scenario, config: str, sets: list[str], draws: int, destination: Path, workers: int, *, quiet: bool
) -> Scenario:  # fmt: skip
    """Draw the inputs of the answer; draws are kept beside the results, so that the same command goes on from them."""
    from dataclasses import replace

    from sim.runs.beliefs.doubt import name_of
    from sim.studies.uncertainty.keeping import draw_answer

    seeded = [*sets, f"seed={scenario.seed}"]
    with stages(quiet=quiet) as at:
        at.stage("Draws of the inputs")
        found = draw_answer(config, seeded, draws, destination.with_name(f"{destination.name}-draws"), workers, tell=at)
    named = {world.name: name_of(world) for world in scenario.worlds}
    return replace(scenario, doubt={name: found[of] for name, of in named.items() if of in found})


def _write(work: Work, at: StageListener, options: dict[str, object]) -> Summary:
    """Write the whole results folder, or nothing."""
    from sim.config.views.inputs import inputs_of
    from sim.economics.report import full_appraisal
    from sim.economics.rows import run_tables
    from sim.economics.summary import summarise
    from sim.exhibits.csv import write_tables
    from sim.report.presentation import present
    from sim.results.folder.run_record import run_record
    from sim.results.folder.store import write_results
    from sim.runs.identity import source_version
    from sim.studies.gains.answer import gains_by_group
    from sim.studies.gains.question import groups_in_a_run

    read = inputs_of(work.scenario)
    record = run_record(work.scenario, work.identity.code, source_version(), inputs=read, options=options)
    at.stage("Putting replications together" if work.scenario.solver == "simulate" else "Working out expected values")
    with work.staged() as folder, work.assembled(folder) as ds:
        at.stage("Appraising")
        full = full_appraisal(ds)
        at.stage("Following families")
        equity = groups_in_a_run(work.scenario) if work.rows else None
        summary = summarise(ds, full, equity)
        at.stage("Writing results")
        write_results(folder, ds, summary, record)
        at.stage("Writing tables")
        groups = [] if equity is None else [gains_by_group(equity.gains, work.scenario.worlds)]
        write_tables(folder, [*run_tables(work.scenario, ds, summary, full), *groups])
        _lead(folder, work.scenario, ds, at)
        present(folder, ds, summary, record, full, at)
        at.stage("Sealing the results")
    return summary


def _lead(folder: Path, scenario: Scenario, ds: xr.Dataset, at: StageListener) -> None:
    """Lead the answer to the published one that the config names, where that is kept or soon done."""
    from sim.errors import ModelError, ResultError
    from sim.studies.bridge.keeping import lay_beside

    try:
        lay_beside(folder, scenario, ds, whatever_it_takes=False, at=at)
    except (ModelError, ResultError) as error:  # the run is done, and is kept
        say_notes(f"note: not led to the published answer: {error}", err=True)


def _tell(summary: Summary, destination: Path, config: str, *, as_json: bool, quiet: bool) -> None:
    """Print what was found, what its parameters stand on, and where it is."""
    from sim.report.answer import standing
    from sim.report.page.replications import reached

    if as_json:
        import json

        say(json.dumps(summary, indent=1, allow_nan=False))
    elif not quiet:
        print_headline(summary)
        say_paragraphs(*reached(summary), f"Parameters {standing(config)}.")
        say(f"\nResults are in {destination}; open {destination / 'report.html'}")


def print_headline(summary: Summary) -> None:
    """Print what was run, the answer in sentences, and the headline as tables that fit 80 columns."""
    from sim.report.answer import answer
    from sim.report.tables import headline
    from sim.report.terminal import headline_tables
    from sim.report.told_once import ledgers_once

    summary = ledgers_once(summary)
    say_paragraphs(headline(summary).title, *answer(summary))
    for made in headline_tables(summary):
        print_table(made)
