"""The headline table: one row for each world, in words and rounded figures that people read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sim.exhibits.numbers import count, difference, digits, expected, figure, fixed, interval, months, plural, share
from sim.exhibits.style import words
from sim.exhibits.titles import titles_of
from sim.model.price_series import prices_of
from sim.results.shown import looked_after
from sim.results.summary import Summary
from sim.results.worlds import said_elsewhere
from sim.table import Table
from sim.units import steps_of

INTERVALS = {
    "monte_carlo": "95% interval over replications (chance in the simulation only; not doubt about the inputs)",
    "between_family": "95% interval from the variance between families (one replication)",
    "not_followed": "No interval: one replication, of which no family was followed",
    "parameter": "95% interval over draws of the inputs",
    None: "No interval: expected values, without chance",
}


def headline(summary: Summary) -> Table:
    """Make the table that ends a run: costs and outcomes by regime, and what is saved against the baseline."""
    ledgers = _first(summary, "cost_per_family_year")
    outcomes = [] if ledgers else _first(summary, "outcomes")
    if not ledgers and not outcomes:
        return replace(waits(summary), title=_title(summary))
    columns = ["regime", *(f"{ledger}, £ a family-year" for ledger in ledgers)]
    columns += [f"saved, {ledger}" for ledger in ledgers]
    appraised = summary.get("appraisal") or {}
    worth = bool(ledgers and appraised.get("comparisons"))
    columns += ["net present value, £m", "benefit-cost ratio"] if worth else []
    care = any(looked_after(figures) is not None for figures in summary["regimes"].values())
    columns += ["looked after at the end"] if care else []
    columns += [outcome.replace("_", " ") for outcome in outcomes]
    rows = []
    for name, figures in summary["regimes"].items():
        row = [name, *(interval(figures["cost_per_family_year"][ledger]) for ledger in ledgers)]
        row += [_difference(summary, name, ledger) for ledger in ledgers]
        row += _worth(summary, name) if worth else []
        row += [share(looked_after(figures))] if care else []
        row += [_outcome(figures["outcomes"][outcome]) for outcome in outcomes]
        rows.append(tuple(row))
    year = f" in {prices_of(summary)}, undiscounted" if summary["price_year"] else ""
    note = f"{INTERVALS[summary['interval']]}. {'Costs' + year + '. ' if ledgers else ''}{_convention(summary)}"
    if worth:
        baseline = titles_of(summary).regime(summary["baseline"])
        note = f"{note.rstrip()} {_terms(appraised['terms'], baseline)} {no_ratios(summary)}".rstrip()
    note = f"{note.rstrip()} {said_elsewhere(summary.get('found_elsewhere', ()))}".rstrip()
    return Table(_title(summary), tuple(columns), rows, note)


def _worth(summary: Summary, name: str) -> list[str]:
    """Write net present social value and ratio against the baseline; dashes for the baseline itself."""
    found = next(
        (one for one in summary["appraisal"]["comparisons"]
         if one["name"] == name and one["against_regime"] == summary["baseline"]), None,
    )  # fmt: skip
    if found is None:
        return ["", ""]
    view = found["ledgers"][summary["appraisal"]["terms"]["ledger"]]["social"]
    return [_scaled(view["net"], 1e6, 0), _scaled(view["bcr"], 1.0, 2)]


def no_ratios(summary: Summary) -> str:
    """Say in sentences why regimes have no benefit-cost ratio against the baseline; nothing where all have one."""
    why: dict[str, dict[str, None]] = {}
    titles = titles_of(summary)
    for found in summary["appraisal"]["comparisons"]:
        if found["against_regime"] == summary["baseline"] and found["why_no_ratio"]:
            regime = titles.regime(found["name"].rpartition("/")[0] or found["name"])
            why.setdefault(found["why_no_ratio"], {})[regime] = None
    return " ".join(f"No benefit-cost ratio of {', '.join(names)}: {reason}." for reason, names in why.items())


def _scaled(value: Mapping[str, Any], unit: float, places: int) -> str:
    """Write an estimate in a unit to so many places, one more where it is small."""
    places += not places and value["mean"] is not None and abs(value["mean"] / unit) < 100
    return interval(value, lambda part: fixed(part / unit, places))


def _terms(terms: Mapping[str, Any], baseline: str) -> str:
    """Say what net present values stand on."""
    bias = f" Corrected for optimism bias, grade {terms['optimism_bias']}." if terms["optimism_bias"] else ""
    if terms.get("income_weight"):
        bias += f" A pound of benefit counts {terms['income_weight']:g} to a family."
    by = f"discounted by {terms['schedule'].replace('_', ' ')}" if terms["schedule"] != "none" else "not discounted"
    return (
        f"Net present value against {baseline}: resources only, {terms['ledger']} ledger, {prices_of(terms)}, "
        f"{terms['horizon_years']:.3g} years from {terms['base_year']}, {by}; "
        f"evidence ends at month {terms['evidence_ends_month']:g}.{bias}"
    )


def comparisons(summary: Summary) -> Table:
    """Make the table of regimes against each other, paired, beside the differences to the baseline."""
    ledgers = _first(summary, "cost_per_family_year")
    worth = bool(summary.get("appraisal", {}).get("comparisons"))
    rows = [
        (name, against, *_saved(figures, ledgers),
         *((_scaled({"mean": figures.get("npsv"), "low": None, "high": None}, 1e6, 0),) if worth else ()))
        for name, others in summary["comparisons"].items()
        for against, figures in others.items()
        if ledgers
    ]  # fmt: skip
    columns = ("regime", "against", *(f"saved, {ledger}, £ a family-year" for ledger in ledgers))
    columns += ("net present value, £m",) if worth else ()
    return Table("Regimes against each other, on the same random numbers", columns, tuple(rows))


def _saved(figures: Mapping[str, Any], ledgers: list[str]) -> list[str]:
    """Write what is saved in each ledger; nothing where it does not count in differences."""
    held = map(figures["cost_per_family_year"].get, ledgers)
    return [difference(saving(one)) if one else "" for one in held]


def costs(summary: Summary) -> Table:
    """Make the table of cost per family-year: services themselves, everything else, total."""
    rows = [
        (name, ledger, *(figure(cost[part]) for part in ("programme", "gross")), interval(cost),
         _difference(summary, name, ledger))
        for name, figures in summary["regimes"].items()
        for ledger, cost in figures["cost_per_family_year"].items()
    ]  # fmt: skip
    columns = ("regime", "ledger", "services themselves", "all other costs", "total", "saved against the first")
    return Table("Cost per family-year, £", columns, tuple(rows))


def waits(summary: Summary) -> Table:
    """Make the table of waits by service and regime: who waited, how long, waiting at the end and left."""
    rows = [
        (titles_of(summary).service(service), name, share(wait["waited_share"], 0),
         *(months(wait[part]) for part in ("p50", "p90", "mean")), *(count(wait[part]) for part in ("waiting", "left")))
        for service in _first(summary, "wait_months")
        for name, figures in summary["regimes"].items()
        if any((wait := figures["wait_months"][service])[part] is not None for part in ("mean", "p50", "p90"))
    ]  # fmt: skip
    columns = ("service", "regime", "waited", "median", "90% within", "mean", "waiting at end", "left")
    return Table("Waits of those admitted, months", columns, tuple(rows))


def distributions(summary: Summary) -> Table:
    """Make the table of how counts are spread over time, by regime."""
    rows = [
        (name.replace("_", " "), regime, digits(spread["mean"]),
         *(count(spread[part]) for part in ("p50", "p90", "p99", "most")))
        for regime, figures in summary["regimes"].items()
        for name, spread in figures.get("distributions", {}).items()
    ]  # fmt: skip
    columns = ("count", "regime", "mean", "half the time up to", "90% up to", "99% up to", "most")
    return Table("Counts over time", columns, tuple(rows), "Every share of the steps is in distributions.csv.")


def kept_on(summary: Summary) -> Table:
    """Make the table of posts kept on, beyond what is funded, until the help that was begun has ended."""
    rows = [
        (one["name"], titles_of(summary).service(one["service"]), digits(one["post_months"] / 12),
         _scaled(_exactly(one["pounds"]), 1e6, 2))
        for one in summary.get("posts_kept_on", ())
    ]
    columns = ("regime", "service", "post-years", "£m")
    return Table("Posts kept on beyond their funding, until help that was begun has ended", columns, tuple(rows))


def _exactly(value: float) -> Mapping[str, Any]:
    """Give a mean without an interval."""
    return {"mean": value, "low": None, "high": None}


def outcomes(summary: Summary) -> Table:
    """Make the table of outcomes per family, with how many fewer or more than in the baseline."""
    rows = []
    for name, figures in summary["regimes"].items():
        other = summary["differences"].get(name)
        for outcome, value in figures["outcomes"].items():
            change = _fewer(other["outcomes"][outcome]) if other else ""
            rows.append((outcome.replace("_", " "), name, _outcome(value), change))
    return Table("Outcomes per family", ("outcome", "regime", "mean", "against the first"), tuple(rows))


def cost_effectiveness(summary: Summary) -> list[Table]:
    """Make the tables of cost-effectiveness, one for each evidence set and outcome: regimes by rising cost."""
    made, several = [], len({found["effect_set"] for found in summary.get("cost_effectiveness", [])}) > 1
    for found in summary.get("cost_effectiveness", []):
        unit, sign = found["outcome"].replace("_", " "), -1 if found["counts_as"] == "harm" else 1
        rows = []
        for one in found["options"]:
            last = ("", "", "" if one["standing"] == "on the frontier" else one["standing"])
            if one["icer"] is not None:
                last = (figure(one["more_cost"]), expected(one["more_effect"]), figure(one["icer"]))
            rows.append((one["regime"], figure(one["cost"]), expected(sign * one["effect"]), *last))
        change = f"{'more' if sign > 0 else 'fewer'} {unit}"
        title = f"£ per {summary['unit']} for {change}, over the next cheaper regime that none beats"
        note = (
            f"Cost: {words(found['cost'])}. Dominated: another costs no more and does as well; extendedly: a mixture."
        )
        columns = ("", "cost", unit, "more cost", change, "£ for one")
        made.append(Table(f"{title}{', ' + words(found['effect_set']) if several else ''}", columns, tuple(rows), note))
    return made


def _first(summary: Summary, measure: str) -> list[str]:
    """List the items of a measure, the same in each world."""
    return list(next(iter(summary["regimes"].values()))[measure])


def _difference(summary: Summary, name: str, ledger: str) -> str:
    """Write what a world saves, paired, nothing for the baseline itself."""
    other = summary["differences"].get(name)
    found = other["cost_per_family_year"].get(ledger) if other else None
    return difference(saving(found)) if found else ""


def saving(cost: Mapping[str, Any]) -> Mapping[str, Any]:
    """Turn a difference in cost into what is saved, with its ends."""
    mean, low, high = (None if cost[end] is None else -cost[end] for end in ("mean", "low", "high"))
    return {"mean": mean, "low": high, "high": low}


def _outcome(value: Mapping[str, Any]) -> str:
    """Write an outcome to three figures with its interval, an expected value to four."""
    return interval(value, expected if value["low"] is None else digits)


def _fewer(change: Mapping[str, Any]) -> str:
    """Write a change without a sign, since fewer of one outcome is better and of another worse."""
    if change["mean"] is None or not change["mean"]:
        return "" if change["mean"] is None else "the same"
    fewer = change["mean"] < 0
    told = saving(change) if fewer else change
    mean, _, ends = _outcome(told).partition(" ")
    return f"{mean} {'fewer' if fewer else 'more'} {ends}".rstrip()


def _title(summary: Summary) -> str:
    """Say what was run."""
    return f"{summary['title']}: {size_of(summary)}"


def size_of(summary: Summary) -> str:
    """Say how large a run was."""
    times = f"{summary['replications']} replications" if summary["solver"] == "simulate" else "expected values"
    rows = f"{summary['families']:,} {plural(summary['unit'])}"
    return f"{rows}, {summary['steps']} steps{steps_of(summary['step'])}, {times}"


def _convention(summary: Summary) -> str:
    """Say how points are counted and outcomes discounted, where there are outcomes."""
    conventions = summary["conventions"]
    ways = {
        "start": "at the start of each step", "end": "at the end of each step", "simpson": "by Simpson's rule",
        "half_cycle": "with half weight at both ends", "weights": "with stated weights",
    }  # fmt: skip
    if not conventions["discount"]:
        return ""
    rates = ", ".join(f"{name.replace('_', ' ')} {_yearly(rate)}" for name, rate in conventions["discount"].items())
    first = f"the first cycle is {conventions['first_cycle']}"
    return f"Outcomes are counted {ways[conventions['count']]}; {first}; discounted a year: {rates}."


def _yearly(discount: float | str) -> str:
    """Write a rate in per cent, or say which schedule it is."""
    return f"by {discount.replace('_', ' ')}" if isinstance(discount, str) else f"{100 * discount:.3g}%"
