"""Published statements of the programme's time, as data for tests; sources are ids of the evidence."""

from __future__ import annotations

from calibration.problem import Definition, Relation, Target

COST, FALL, HELP = "cost of a family", "fall in cost after help", "cost of helping a family"
ALL, ENTRANTS = "all 120,000 families", "families taken on in seven areas"


def said(name: str, value: float, error: float, definition: Definition, source: str) -> Target:
    """Make a claim in pounds."""
    return Target(name, "claim", value, error, 0.0, "GBP", definition, source)


CLAIMS = (
    said("average_cost", 75_000, 2_000,
         Definition(COST, ledger="wide", population=ALL, statistic="mean", months=12), "C2"),
    said("measured_cost", 26_000, 1_500,
         Definition(COST, ledger="narrow", population=ENTRANTS, statistic="mean", months=12), "C13"),
    said("average_saving", 70_000, 2_000,
         Definition(FALL, ledger="wide", population=ALL, statistic="mean", months=12), "E1"),
    said("measured_fall", 11_200, 800,
         Definition(FALL, ledger="narrow", net="gross", contrast="before and after", months=12), "E5"),
    said("no_net_impact", 0, 800,
         Definition(FALL, ledger="narrow", net="net", contrast="comparison group", months=12), "F1"),
    said("episode_claimed", 14_000, 500, Definition(HELP, given=(("caseload", "6"),)), "D1"),
    said("episode_measured", 5_214, 300, Definition(HELP, given=(("caseload", "6"),)), "D6"),
    said("month_of_help", 1_600, 153, Definition("cost of intensive help", months=1), "D4"),
    said("year_of_help", 19_250, 1_913, Definition("cost of intensive help", months=12), "D4"),
)  # fmt: skip
SAVING = Relation(
    "a saving comes out of the cost of reacting", FALL, COST, 0.615,
    "54.3 of 88.3 thousand pounds a family are reactive, the rest is universal or targeted", "C4",
)  # fmt: skip
