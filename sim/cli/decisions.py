"""Commands that ask what to do: what would make it worth it, who gains, who pays, how large."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sim.console.application import Config, Sets, app, plainly, print_table
from sim.errors import ModelError


@app.command()
@plainly
def switching(
    config: Config,
    regime: Annotated[str, typer.Argument(help="The regime, as REGIME or REGIME/SET.")],
    of: Annotated[list[str], typer.Option(help="A path that takes the value (may be repeated), or 'effects'.")],
    low: Annotated[float, typer.Option(help="Lower end of the search.")],
    high: Annotated[float, typer.Option(help="Upper end of the search.")],
    against: Annotated[str | None, typer.Option(help="What it is held against (default: the baseline).")] = None,
    sets: Sets = None,
    runs: Annotated[int, typer.Option(min=3, help="Runs at most.")] = 12,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the result does not depend on it.")] = 1,
) -> None:
    """Find, by new runs, the value at which a regime's net present social value is zero."""
    from sim.studies.switching.question import switching as found
    from sim.studies.switching.question import told

    made = found(config, of, low, high, regime, against=against, sets=sets or [], most_runs=runs, workers=workers)
    typer.echo(told(made, of, regime))


@app.command()
@plainly
def gains(
    config: Config,
    sets: Sets = None,
    replications: Annotated[int, typer.Option(min=1, help="Replications; families are pooled over them.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Also write every group and measure to this CSV file.")] = None,
) -> None:
    """Follow every family under each regime: who gains, who loses, who waits longer."""
    from sim.config.loading import load
    from sim.exhibits.csv import write_csv
    from sim.studies.gains.answer import gains_by_group, who_gains
    from sim.studies.gains.exhibits import gains_table

    found = who_gains(load(config, sets or []), replications)
    print_table(gains_table(found))
    if out is not None:
        write_csv(out, gains_by_group(found))
        typer.echo(f"Every group and measure is in {out}")


@app.command()
@plainly
def fees(
    config: Config,
    sets: Sets = None,
    replications: Annotated[int, typer.Option(min=1, help="Replications; numbers are their means.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Also write every year and regime to this CSV file.")] = None,
) -> None:
    """Pay by results as the config says, and count the families who would have been paid for anyway."""
    from sim.config.loading import load
    from sim.exhibits.csv import write_csv
    from sim.studies.fees.answer import fees_by_year, payment_by_results
    from sim.studies.fees.exhibits import fees_table

    scenario = load(config, sets or [])
    if scenario.appraisal.payment_by_results is None:
        raise ModelError("there are no fees to pay: the config has no 'appraisal.payment_by_results'")
    found = payment_by_results(scenario, replications=replications)
    print_table(fees_table(found, scenario))
    if out is not None:
        write_csv(out, fees_by_year(found))
        typer.echo(f"Every year and regime is in {out}")


@app.command()
@plainly
def funds(
    config: Config,
    sets: Sets = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the result does not depend on it.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Also write fund.csv and pool.csv to this folder.")] = None,
) -> None:
    """Lend from an invest-to-save fund and pool a budget, as the config says: who pays, who pays back, what lacks."""
    from sim.config.loading import load
    from sim.economics.cash.flows import why_no_funds
    from sim.economics.cash.fund import fund_tables
    from sim.economics.cash.pooled_budget import pool_tables
    from sim.economics.value.terms import terms_of
    from sim.exhibits.csv import write_tables
    from sim.report.figures.money.fund import fund_table
    from sim.report.figures.money.pool import pool_table
    from sim.runs.ensemble import simulate

    scenario = load(config, sets or [])
    if scenario.appraisal.invest_to_save is None and scenario.appraisal.pooled_budget is None:
        raise ModelError("the config has neither 'appraisal.invest_to_save' nor 'appraisal.pooled_budget'")
    ds = simulate(scenario, workers=workers)
    if why := why_no_funds(ds):
        raise ModelError(f"there is nothing to lend or to pool: {why}")
    for made in (fund_table(ds), pool_table(ds)):
        if made.rows:
            print_table(made)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        terms = terms_of(ds)
        write_tables(out, [*fund_tables(ds, terms), *pool_tables(ds, terms)])
        typer.echo(f"Every month and year is in {out}")


class Over(StrEnum):
    """Among whom a net saving is shared."""

    AGENCIES = "agencies"
    MECHANISMS = "mechanisms"


@app.command()
@plainly
def shapley(
    config: Config,
    sets: Sets = None,
    over: Annotated[Over, typer.Option(help="Agencies that join a regime, or mechanisms of a ladder.")] = Over.AGENCIES,
    regime: Annotated[
        list[str] | None,
        typer.Option(help="The regime that agencies join (default: the last); or a rung, from below, may be repeated."),
    ] = None,
    view: Annotated[str, typer.Option(metavar="fiscal|social", help="Whether transfers count.")] = "fiscal",
    solver: Annotated[str | None, typer.Option(metavar="simulate|expect", help="In place of the config's.")] = None,
    replications: Annotated[int | None, typer.Option(min=1, help="In place of the config's.")] = None,
    orders: Annotated[int, typer.Option(min=4, help="Orders sampled where more than eight share.")] = 200,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the result does not depend on it.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder (default: results/<config name>-shapley-<over>).")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no table.")] = False,
) -> None:
    """Share what a regime saves among those who bring it about; coalitions run are kept, so that a study goes on."""
    from sim.studies.shapley.exhibits import shares_table, write_sharing
    from sim.studies.shapley.question import share

    folder = out or Path("results") / f"{Path(config).stem}-shapley-{over.value}"
    found = share(
        config, [*(sets or []), *_changed(solver, replications)], over=over.value, regimes=regime or [], view=view,
        orders=orders, workers=workers, keep=folder / "coalitions.jsonl",
        tell=None if quiet else lambda done, wanted: typer.echo(f"{done} of {wanted} coalitions", err=True),
    )  # fmt: skip
    write_sharing(folder, found)
    if not quiet:
        print_table(shares_table(found))
        typer.echo(f"Results are in {folder}; open {folder / 'shapley.html'}")


def _changed(solver: str | None, replications: int | None) -> list[str]:
    """Write options as settings of the config."""
    flags = {"solver": solver, "replications": replications}
    return [f"{key}={value}" for key, value in flags.items() if value is not None]


@app.command()
@plainly
def optimise(
    config: Config,
    regime: Annotated[str, typer.Argument(help="The regime that is set; the baseline stays as it is.")],
    lever: Annotated[
        list[str],
        typer.Option(
            help="NAME=LOW:HIGH[:STEP], may be repeated. NAME is posts:SERVICE[@AREA], a path, several with commas, or "
            "'PATH: TEXT' with {x} for the value."
        ),
    ],
    sets: Sets = None,
    budget: Annotated[
        float | None, typer.Option(help="The most that services may cost more than the baseline's, £ of present value.")
    ] = None,
    points: Annotated[int, typer.Option(min=1, help="Settings run at most; a smaller grid is run whole.")] = 64,
    solver: Annotated[str | None, typer.Option(metavar="simulate|expect", help="In place of the config's.")] = None,
    replications: Annotated[int | None, typer.Option(min=1, help="In place of the config's.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes; the result does not depend on it.")] = 1,
    out: Annotated[Path | None, typer.Option(help="Folder (default: results/<config name>-optimise).")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no tables.")] = False,
) -> None:
    """Find the levers with the best net present social value within a budget, and what more or fewer posts bring."""
    from sim.studies.optimise.exhibits import best_table, frontier_table, write_optimum
    from sim.studies.optimise.levers import lever_of
    from sim.studies.optimise.question import optimise as found_by

    folder = out or Path("results") / f"{Path(config).stem}-optimise"
    found = found_by(
        config, regime, [lever_of(text) for text in lever], [*(sets or []), *_changed(solver, replications)],
        budget=budget, most=points, workers=workers, keep=folder / "settings.jsonl",
        tell=None if quiet else lambda known: typer.echo(f"{known} settings run", err=True),
    )  # fmt: skip
    write_optimum(folder, found)
    if not quiet:
        for made in (best_table(found), *([frontier_table(found.frontier)] if found.frontier is not None else [])):
            print_table(made)
        typer.echo(f"Results are in {folder}; open {folder / 'optimum.html'}")
