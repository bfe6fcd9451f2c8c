"""What each column of each CSV file holds, in words and by type: for the workbook, the docs and typed files.

A column means the same in every file that has it, unless ``IN_FILE`` says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable

from sim.intervals import ENDS
from sim.table import WIDTH, Column, Row, Table

RULES = {"gain": "what it saves", "spend": "what it spends", "need": "what reactive help costs it"}
POOL = {
    "paid_in": "What it pays in, £, or what all pay in",
    "services": "What the pool pays of what its services cost more, £",
    "settled": "What it gets back at the year's end, £; negative where it makes up what lacks",
    "saved": "The cashable saving that agencies keep, £",
}
INTERVAL = {
    "": "mean of replications",
    "_low": "lower end of the 95% interval",
    "_high": "upper end of the 95% interval",
}
FILES = {
    "summary.csv": "The headline figures in long form, without the shares at each point.",
    "ledger.csv": "Every cost by year, payer and line. The rows of a ledger add up to it; ledgers themselves overlap.",
    "waits.csv": "How long those admitted had waited, by service and place.",
    "distributions.csv": "How counts under `distributions` are spread over time: the share of the steps, since the "
    "first regime began, with so many.",
    "areas.csv": "Cost by payer and every count, by year, in the areas that a publication names.",
    "appraisal.csv": "Each comparison of two regimes in each ledger and view: money, ratio, payback.",
    "card.csv": "What a comparison buys: outcomes counted, for each million pounds, and the cost of one.",
    "switching.csv": "The value of each thing at which net present social value is zero.",
    "cashability.csv": "Net cash with one number of one rule of cashability at the end of its range.",
    "unvalued.csv": "Which cost lines and outcomes have published values that are not counted.",
    "budget.csv": "Extra cash by financial year, agency and kind of budget; negative amounts are freed.",
    "funding.csv": "The deepest running need for cash of each agency in each place.",
    "sharing.csv": "What a regime means for each agency over the horizon, and what it would pay in by three rules.",
    "transfers.csv": "The smallest payments between agencies that would leave nobody worse off.",
    "ledger_monthly.csv": "What each account pays more than under the baseline, by month, in double entry.",
    "fund.csv": "An invest-to-save fund: what it and each agency pay and receive by month, and what it is still owed.",
    "pool.csv": "A pooled budget: what each agency pays in, gets for its services and gets back, by year.",
    "cohort.csv": "What a family first helped in the stated year saves, by payer, line and month since its start.",
    "gains.csv": "Who is better or worse off: families followed under each regime on the same fate, by what they are.",
    "staffing.csv": "Posts of each service: funded, in place, recruited, what they cost, and the queue that remains.",
}
TEXTS = {
    "regime": "The way of organising help.",
    "effect_set": "The reading of the evidence.",
    "against": "The regime that it is held against, on the same random numbers.",
    "area": "A named area, or 'all areas'.",
    "service": "The service that is waited for.",
    "ledger": "The list of costs that count: narrow as measured; wide, all itemised; with_unitemised as claimed.",
    "year": "Financial year, April to March; where the clock has no dates, the number of the year.",
    "agency": "Who pays.",
    "tier": "universal, targeted, reactive and so on, as the config says of the cost line.",
    "kind": "resource (something is used up), transfer (a benefit) or tax.",
    "control": "The kind of budget it falls on: DEL, AME or local, as the config says.",
    "line": "The cost line of the config.",
    "price_year": "The year in whose prices the pounds are.",
    "what": "Whether the row is a level of a regime or a difference to the baseline.",
    "measure": "What is measured.",
    "item": "Which of them: the ledger, the service, the outcome, the line.",
    "statistic": "Which figure of it: mean, low, high and so on.",
    "unit": "The unit of the figures in the row.",
    "spend": "Whether what the services cost is extra, equal or less than in the other regime.",
    "view": "social (resources alone) or fiscal (with transfers and taxes).",
    "base_year": "The financial year to which amounts are discounted.",
    "schedule": "The discount schedule.",
    "optimism_bias": "The grade of optimism bias that is corrected for, or off.",
    "income_weight": "How much a pound of benefit counts to a family, or off.",
    "number": "The number of the card.",
    "title": "The same in words.",
    "remark": "What to know about it, such as why there is no ratio.",
    "name": "The short name of what is varied.",
    "varied": "The number of the rule that is moved.",
    "end": "To which end of its range.",
    "fiscal_value_counted": "Whether its fiscal cost is counted.",
    "economic_value_published": "Whether the unit-cost data have an economic value for it.",
    "social_value_published": "Whether the unit-cost data have a social value for it.",
    "period": "The spending period.",
    "rule": "By what agencies pay in: what they save, spend or need.",
    "year_end": "What happens at a year's end: carry_over or clawback.",
    "savings": "Which savings count: all of them, or those that can be turned into cash.",
    "prices": "cash: pounds of each year itself.",
    "evidence": "Whether the year lies within the evidence or beyond it.",
    "low_point_year": "The financial year of the deepest need.",
    "loses": "Whether the agency is worse off.",
    "financial_year": "The financial year of the month.",
    "ledgers": "The ledgers that count it.",
    "account": "The agency, or families or suppliers, who receive what agencies pay.",
    "side": "Whether the account is an agency or receives.",
    "part": "What the services themselves cost, or everything else.",
    "count": "The count, as `distributions` names it.",
    "giver": "The agency that pays.",
    "taker": "The agency that is paid.",
    "by": "What families are told apart by; all: every family.",
    "group": "The group of families.",
}
NUMBERS = {
    "mean": "Mean over replications.",
    "low": "Lower end of the 95% interval of the mean; empty where there is none.",
    "high": "Upper end of the 95% interval of the mean; empty where there is none.",
    "value": "The figure.",
    "joined": "How many joined the queue, a replication; counted for all areas together.",
    "admitted": "How many came to their turn, a replication.",
    "left": "How many left the queue before their turn, a replication; counted for all areas together.",
    "waiting": "How many wait at the end, a replication; counted for all areas together.",
    "mean_months": "Mean wait of those admitted, months; replications pooled.",
    "p50_months": "Half of those admitted waited no longer, months.",
    "p90_months": "Nine in ten of those admitted waited no longer, months.",
    "waited_share": "Share of those admitted who had to wait at all; at meetings, longer than to the next one.",
    "how_many": "How many there were.",
    "share": "Share of the steps at whose end there were exactly so many (of moves: that had so many).",
    "share_low": "Lower end of its 95% interval.",
    "share_high": "Upper end of its 95% interval.",
    "more": "Share of the steps with more than so many.",
    "more_low": "Lower end of its 95% interval.",
    "more_high": "Upper end of its 95% interval.",
    "horizon_years": "Years that are counted, from the base year.",
    "evidence_ends_month": "The month of the regime after which no evaluation followed families.",
    "now": "Its value in the run.",
    "npsv_is_zero_at": "Its value at which net present social value is zero; empty where there is none.",
    "low_point_month": "The month of the deepest need; empty for an area, which is counted by year.",
    **{f"peak_need_{end}": f"The deepest running need, £: {end}." for end in ENDS},
    **{f"at_end_{end}": f"The running total at the end of the run, £: {end}." for end in ENDS},
    "intervention": "What the services cost the agency more, £, discounted.",
    "gross": "What the agency saves elsewhere, £, discounted.",
    "cashable": "The part of it that can be turned into cash, £.",
    "net": "gross less intervention, £: mean over replications.",
    "net_low": "Lower end of its 95% interval.",
    "net_high": "Upper end of its 95% interval.",
    **{f"pays_in_by_{rule}": f"What it would pay in, £, in proportion to {by}." for rule, by in RULES.items()},
    **{f"net_paying_by_{rule}": f"Its net gain if services are paid for in that way ({rule}), £." for rule in RULES},
    "month": "The month, counted from the base year.",
    "pays_more": "What the account pays more, £, undiscounted; negative where it pays less or receives.",
    "gross_saving": "The saving in it, £.",
    "cashable_saving": "The part of the saving that can be turned into cash, £.",
    "pounds": "How much, £, discounted.",
    "posts_funded": "Posts that are paid for, mean of the period.",
    "posts_in_place": "Posts that are filled, whether at work, absent or in training, mean of the period.",
    "vacancies": "Posts funded and not filled.",
    "leavers": "Workers who left in the period.",
    "recruits": "Workers who came in the period.",
    "pay": "What the posts cost in the period, £; empty where no post is priced.",
    "of_it_in_training": "The part of pay for workers in training, £.",
    "of_it_supervision": "The part of pay for supervision, £; never to be added to pay.",
    "months_to_clear_the_queue": "How many wait, over how many start a month.",
    "pays": "What the account pays in the month, £, cash; mean of replications.",
    "receives": "What the account receives in the month, £, cash; mean of replications.",
    "families": "How many families were followed.",
    "baseline": "Mean of a family without the regime, since its start.",
    "difference": "Mean change with the regime, on the same fate; a saving is negative.",
    "less": "Share of the families with less of it.",
    "owed_after": "What the fund is still owed after the month, with interest, £; empty for an agency.",
    **{f"{part}{end}": f"{what}: {which}." for part, what in POOL.items() for end, which in INTERVAL.items()},
    **{f"left{end}": f"What is in the pool after the year, £: {INTERVAL[end]}." for end in ("_low", "_high")},
}
IN_FILE = {
    ("fund.csv", "account"): "The fund, or the agency.",
    ("pool.csv", "account"): "The agency, or the pool, in which agencies are added up.",
    ("ledger_monthly.csv", "financial_year"): (
        "The financial year of the month; a step that crosses 1 April has a row in each, with its share of the money."
    ),
    ("cohort.csv", "account"): "one_episode: nobody is taken on twice; all_help: with every later episode.",
    ("cohort.csv", "month"): "The month since the first start, which is month 1; 0 for the share of setting up.",
    ("cohort.csv", "ledgers"): "The ledgers that the line is in.",
    ("cohort.csv", "part"): "saved, or what it is of the cost of help: posts, brokered, assessments, set_up.",
    ("cohort.csv", "mean"): "£ saved a family helped, undiscounted but for setting up; negative where it costs more.",
    ("pool.csv", "year"): "The year of the pool, from 1.",
    ("pool.csv", "left"): f"What is in the pool after the year, £: {INTERVAL['']}; empty for an agency.",
    ("areas.csv", "what"): "cost, or count of a meter.",
    ("areas.csv", "item"): "The ledger of a cost, or the meter that is counted.",
    ("areas.csv", "agency"): "Who pays; empty for a count.",
    ("areas.csv", "price_year"): "The year in whose prices the pounds are; empty for a count.",
    ("gains.csv", "measure"): "An outcome, months waiting, or a cost in the ledger of the headline, £, undiscounted.",
    ("gains.csv", "low"): "Lower end of the 95% interval over these families.",
    ("gains.csv", "high"): "Upper end of the 95% interval over these families.",
    ("gains.csv", "more"): "Share of the families with more of it.",
    ("card.csv", "statistic"): "count, count per_million pounds, or cost_of_one.",
    ("unvalued.csv", "kind"): "cost line or outcome.",
    ("switching.csv", "what"): "What is varied, in words.",
    ("staffing.csv", "period"): "Quarter of a financial year; the year for a named area.",
    ("staffing.csv", "waiting"): "How many wait, mean of the period.",
    ("transfers.csv", "remark"): "Why there are no payments, where there are none.",
}  # fmt: skip
HEADINGS = {
    "p50_months": "Median, months", "p90_months": "90% within, months", "mean_months": "Mean, months",
    "effect_set": "Evidence set", "row": "Level or difference", "line": "Cost line", "path": "Key", "origin": "Set in",
}  # fmt: skip
WIDTHS = {"line": 34, "item": 34, "measure": 42, "service": 24, "path": 46, "why": 60, "locator": 46, "origin": 40}
STYLES = {"mean_months": "months", "p50_months": "months", "p90_months": "months", "how_many": "as_is"}


def meaning(file: str, name: str) -> str:
    """Say what a column of a file holds; nothing for one that is not known."""
    return IN_FILE.get((file, name)) or TEXTS.get(name) or NUMBERS.get(name, "")


def heading(name: str) -> str:
    """Write a column's name as people read it."""
    return HEADINGS.get(name, name.replace("_", " ").capitalize())


def column(file: str, name: str, style: str = "figure", width: float = WIDTH) -> Column:
    """Describe a column of a file; ``style`` is how its numbers are shown, if it holds any."""
    shown = STYLES.get(name, style) if name in NUMBERS else "text"
    return Column(name, heading(name), WIDTHS.get(name, width), shown, meaning(file, name))


def table(file: str, names: Iterable[str], rows: Iterable[Row], style: str = "figure") -> Table:
    """Make the table of a CSV file of a run from the names of its columns and its rows."""
    return Table(file, tuple(column(file, name, style) for name in names), list(rows), FILES.get(file, ""), file)


def filled(*tables: Table) -> list[Table]:
    """Leave out tables without rows."""
    return [each for each in tables if each.rows]
