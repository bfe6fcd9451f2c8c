"""The command ``families report``: the page of a finished run made again."""

from __future__ import annotations

from typing import Annotated

import typer

from sim.console.arguments import Quiet, Run
from sim.console.printing import say
from sim.console.progress import stages

EXAMPLES = ("families report results/demo",)


def command(
    folder: Run,
    checks: Annotated[bool, typer.Option("--checks", help="Hold it against what is known (a national study).")] = False,
    families: Annotated[bool, typer.Option("--families", help="Follow every family of one replication.")] = False,
    bridge: Annotated[
        bool, typer.Option("--bridge", help="Lead the answer to the published one that it names.")
    ] = False,
    quiet: Quiet = False,
) -> None:
    """Rebuild the report and figures of a finished run; what is worked out for it once is kept and shown."""
    from sim.config.views.recorded import recorded_scenario
    from sim.evaluation.checks.beside import write_checks
    from sim.exhibits.csv import write_tables
    from sim.report.presentation import present
    from sim.results.folder.beside import PACK
    from sim.results.folder.files import write_json
    from sim.results.folder.held import held
    from sim.results.folder.store import copy_results, read_results, staged_in
    from sim.runs.follow.beside import followed_of, write_families
    from sim.studies.bridge.keeping import lay_beside
    from sim.studies.gains.answer import gains_by_group
    from sim.studies.gains.question import equity_of

    with stages(quiet=quiet) as at, held(folder) as work:
        at.stage("Reading the results")
        ds, summary, record = read_results(folder)
        had_pack = (folder / PACK[0]).is_file()
        with staged_in(work, folder, force=True) as fresh:
            copy_results(folder, fresh, but=("figures", "report.html", "workbook.xlsx", *PACK))
            if checks:
                at.stage("Holding it against what is known")
                write_checks(fresh, ds, record)
            if families:
                at.stage("Following families")
                study, followed = followed_of(record)
                write_families(fresh, study, followed)
                if equity := equity_of(study, followed, len(study.worlds[0].model.areas.names)):
                    write_tables(fresh, [gains_by_group(equity.gains, study.worlds)])
                    summary["equity"] = equity.to_dict()
                    write_json(fresh / "summary.json", summary)
            if bridge:
                lay_beside(fresh, recorded_scenario(record), ds, whatever_it_takes=True, at=at)
            present(fresh, ds, summary, record, at=at)
    say(f"Rebuilt {folder / 'report.html'}")
    if had_pack:
        say(f"The assurance pack was of the report before: families assure {folder} writes it anew")
