"""Examples of each command, shown under its help."""

from __future__ import annotations

EXAMPLES = {
    "run": (
        "families run national",
        "families run demo --out results/mine --replications 20 --workers 2",
        "families run demo --set parameters.kw_caseload.value=8 --out results/caseload_8",
        "families run demo --json --quiet --force > summary.json",
    ),
    "report": ("families report results/demo",),
    "check": ("families check national", "families check study.yaml --set replications=50"),
    "show": (
        "families show demo",
        "families show demo --as text",
        "families show loops --figure loops.svg",
    ),
    "new": ("families new mine",),
    "schema": ("families schema > schema.json",),
    "list": ("families list",),
    "compare": (
        "families compare results/demo results/caseload_8",
        "families compare results/demo results/caseload_8 --html comparison.html",
    ),
    "export": (
        "families export results/demo",
        "families export results/demo --out tables --force",
    ),
    "fit-effects": ("families fit-effects national --dry-run --replications 2",),
    "calibrate": ("families calibrate configs/calibration/national.yaml --workers 2",),
    "evaluate": (
        "families evaluate evaluation/designs --replications 2",
        "families evaluate demo --set clock.steps=48 --outcome in_crisis --rule random --replications 2",
    ),
    "sanity": ("families sanity national --replications 1",),
    "agree": ("families agree demo --replications 4",),
    "uncertainty": (
        "families uncertainty national --draws 1000 --workers 2",
        "families uncertainty demo --draws 20 --solver simulate",
    ),
    "shapley": ("families shapley demo --over agencies --replications 1",),
    "optimise": ("families optimise demo integrated --lever posts:keyworker=40:120:20 --solver expect",),
    "gains": ("families gains demo --out gains.csv",),
    "fees": ("families fees demo --out fees.csv",),
    "funds": ("families funds demo", "families funds demo --set appraisal.pooled_budget.by=gain --out funds"),
    "switching": ("families switching demo integrated --of effects --low 0 --high 3 --runs 3",),
}


def epilog(command: str) -> str | None:
    """Write the examples of a command for the end of its help, a line each; None where there are none."""
    examples = EXAMPLES.get(command, ())
    return "\n\n".join(("Examples:", *examples)) if examples else None
