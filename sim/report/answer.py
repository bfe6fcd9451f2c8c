"""The answer of a run in a sentence or two, and what it rests on, in plain words from the summary."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sim.exhibits.numbers import MINUS, difference, digits, expected, interval, plural
from sim.exhibits.style import words
from sim.exhibits.titles import titles_of
from sim.model.price_series import PriceSeries, prices_aside, prices_of
from sim.model.titles import Titles
from sim.report.accounts import doubt_line
from sim.report.page.first import sentence
from sim.report.page.replications import reached
from sim.report.tables import INTERVALS
from sim.report.told_once import same_ledgers
from sim.results.summary import Summary

MILLION = 1e6
SPEND = {"extra": "against {}, which spends less", "equal": "against {}, which spends as much",
         "less": "against {}, which spends more"}  # fmt: skip
Found = Mapping[str, Any]


def answer(summary: Summary) -> tuple[str, ...]:
    """Say what the run found: one sentence where it has accounts, two where it compares, fewer where it does not.

    Without accounts money is net present social value in the headline ledger.
    """
    if told := sentence(summary):
        return (told,)
    found = _headlines(summary)
    if not found:
        return _without_appraisal(summary)
    terms, baseline, titles = summary["appraisal"]["terms"], summary["baseline"], titles_of(summary)
    sets = list(dict.fromkeys(_set(one) for one in found))
    main = [one for one in found if _set(one) == sets[0]]
    supposed = f"If {titles.supposing(sets[0])}, " if sets[0] else ""
    price = prices_aside(terms)
    claims = ", and ".join(f"{_worth(one, terms['ledger'])} {_where(one, baseline, titles)}" for one in main)
    chance = "95% intervals are of chance alone, " if _net(main[0], terms["ledger"])["low"] is not None else ""
    said = (
        f"{supposed}help for {summary['families']:,} {plural(summary['unit'])} ({titles.regime(_regime(main[0]))}) "
        f"{claims}, over {terms['horizon_years']:.3g} years ({chance}{terms['ledger']} ledger, {price})."
    )
    return (f"{said[0].upper()}{said[1:]}", _other_readings(found, sets, terms, titles))


def _other_readings(found: list[Found], sets: list[str], terms: Mapping[str, Any], titles: Titles) -> str:
    """Say what the other readings of the evidence would make of it, and where evidence ends."""
    end = f"nothing is known beyond month {terms['evidence_ends_month']:g} of help"
    told = []
    for name in sets[1:]:
        nets = " and ".join(_signed(_net(one, terms["ledger"])) for one in found if _set(one) == name)
        told.append(f"{nets} under “{titles.reading(name)}”")
    if not told:
        return f"No other reading of the evidence was run, and {end}."
    one = len([one for one in found if _set(one) == sets[0]]) == 1
    these = "this balance becomes" if one else "these two balances become"
    return f"Saved less spent, {these} {', '.join(told)}; {end}."


def _net(found: Found, ledger: str) -> Found:
    """Give net present social value with its ends."""
    net: Found = found["ledgers"][ledger]["social"]["net"]
    return net


def _signed(net: Found) -> str:
    """Write a net present value with its sign and ends."""
    mean = _millions(net["mean"], sign=True)
    return mean if net["low"] is None else f"{mean} ({_millions(net['low'])} to {_millions(net['high'])})"


def _headlines(summary: Summary) -> list[Found]:
    """Give the comparisons of the last regime with the baseline, and with the first other regime, by evidence set."""
    made = (summary.get("appraisal") or {}).get("comparisons") or []
    regimes = list(dict.fromkeys(_regime(one) for one in made))
    others = {summary["baseline"], *regimes[:1]}
    return [one for one in made if _regime(one) == regimes[-1] and one["against_regime"] in others]


def _set(found: Found) -> str:
    """Give the evidence set in the names of both worlds; nothing where the run has one."""
    return str(found["against"])[len(found["against_regime"]) + 1 :]


def _regime(found: Found) -> str:
    """Give the regime in the name of a world."""
    return str(found["name"]).removesuffix(f"/{_set(found)}")


def _where(found: Found, baseline: str, titles: Titles) -> str:
    """Say with whom it is compared."""
    if found["against_regime"] == baseline and found["spend"] == "extra":
        return f"when paid for on top of {titles.regime(baseline)}"
    return SPEND[found["spend"]].format(titles.regime(found["against_regime"]))


def _worth(found: Found, ledger: str) -> str:
    """Say whether a comparison pays, with its interval; that it cannot be told where the interval holds 0."""
    net = _net(found, ledger)
    mean, low, high = net["mean"], net["low"], net["high"]
    if low is not None and low <= 0 <= high:
        told = f"{_millions(low)} to {_millions(high, sign=True)}"
        return f"makes no difference that can be told from chance ({told})"
    sides = sorted(abs(end) for end in (low, high) if end is not None)
    span = f" ({_millions(sides[0])} to {_millions(sides[1])})" if sides else ""
    if mean == 0:
        return "changes nothing"
    return f"{'saves' if mean > 0 else 'costs'} {_millions(abs(mean))}{span} more than it " + (
        "costs" if mean > 0 else "saves"
    )


def _millions(value: float, *, sign: bool = False) -> str:
    """Write pounds in millions, in thousands where that would be next to nothing."""
    size, unit = (abs(value) / MILLION, "m") if abs(value) >= MILLION else (abs(value) / 1e3, ",000")
    text = f"{size:,.0f}" if size >= 10 or unit != "m" else f"{size:.1f}"
    if unit == ",000" and text == "0":
        return "£0"
    lead = MINUS if value < 0 else "+" if sign else ""
    return f"{lead}£{text}{unit}"


def _without_appraisal(summary: Summary) -> tuple[str, ...]:
    """Say what there is to say without net present values: differences in cost or outcomes, else levels."""
    titles = titles_of(summary)
    for name, figures in reversed(list(summary["differences"].items())):
        for ledger, cost in figures["cost_per_family_year"].items():
            return (
                f"A {summary['unit']} costs £{difference(cost)} a year with {titles.world(name)}, held against "
                f"{titles.regime(summary['baseline'])} ({ledger} ledger, 95% interval).",
                "No net present value was worked out.",
            )
        for outcome, change_of in figures["outcomes"].items():
            against = titles.regime(summary["baseline"])
            change = f"changes {words(outcome)} by {_plain(change_of)} a {summary['unit']}"
            return (f"Held against {against}, {titles.world(name)} {change}.",)
    name, figures = next(iter(summary["regimes"].items()))
    alone = "One regime was run, so that nothing is compared."
    for ledger, cost in figures["cost_per_family_year"].items():
        return (f"A {summary['unit']} costs £{interval(cost)} a year in {titles.world(name)} ({ledger} ledger).", alone)
    for outcome, value in figures["outcomes"].items():
        return (f"In {titles.world(name)} {words(outcome)} come to {_plain(value)} a {summary['unit']}.", alone)
    return (alone,)


def _plain(value: Mapping[str, Any]) -> str:
    """Write an outcome to three figures with its interval, an expected value to four."""
    if value["mean"] is None:
        return "an unknown amount"
    if value["low"] is None:
        return expected(value["mean"])
    return f"{digits(value['mean'])} (95% interval {digits(value['low'])} to {digits(value['high'])})"


def basis(summary: Summary, run: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what the answer rests on: effects, ledger, prices, money, horizon, chance."""
    terms = summary["appraisal"]["terms"] if _headlines(summary) else None
    rows: list[tuple[str, str]] = []
    sets = list(dict.fromkeys(name.rpartition("/")[2] for name in summary["regimes"] if "/" in name))
    if sets:
        rows.append(("Effects of help", _effects(run, [titles_of(summary).reading(name) for name in sets])))
    if terms:
        same = same_ledgers(summary) or "ledgers overlap and are never added"
        rows.append(("Ledger", f"{words(terms['ledger'])}; {same[:1].lower()}{same[1:].rstrip('.')}"))
        rows.append(("Prices", f"{_prices(summary, terms)}; discounted by {words(terms['schedule'])}"))
        rows.append(("Years counted", f"{terms['horizon_years']:.3g} from {terms['base_year']}"))
        rows.append(("Money", _money(summary)))
    rows.append(("Parameters", standing(str(run.get("config", "")))))
    rows.append(("Intervals", INTERVALS[summary["interval"]]))
    rows += [("Replications", line) for line in reached(summary)]
    if terms:
        month = f"{terms['evidence_ends_month']:g}"
        rows.append(("Evidence", f"ends {month} months after help begins; everything later is an assumption"))
    rows.append(("Doubt about the inputs", doubt_line(summary)))
    return rows


def _prices(summary: Summary, terms: Mapping[str, Any]) -> str:
    """Say of which year pounds are, and which series of prices brought them there."""
    series = PriceSeries(**summary.get("price_series") or {}).title
    return f"{prices_of(terms)}{f', by the {series}' if series else ''}"


def standing(config: str) -> str:
    """Say whether the parameters of a resolved config stand on a calibration or are assumed."""
    section = re.search(r"^calibrated:\n((?:  .*\n)+)", config, re.MULTILINE)
    if section is None:
        return "assumed: each as the config has it, none found by a calibration"
    told = dict(re.findall(r'^  (\w+): "?([^"\n]*)"?$', section[1], re.MULTILINE))
    digest = f", targets {told['targets'][:12]}" if "targets" in told else ""
    caveats = f", but {told['caveats']}" if "caveats" in told else ""
    return f"calibrated by {told.get('of', 'a calibration')} ({told.get('method', 'no method said')}{digest}){caveats}"


def _effects(run: Mapping[str, Any], sets: list[str]) -> str:
    """Say whether effects of help were solved for from evaluations or are assumed."""
    solved = "solved for by families fit-effects" in str(run.get("config", ""))
    how = (
        "solved for, so that a simulated evaluation finds what real ones measured, where the register says so; "
        "the rest assumed" if solved else "assumptions of the config"
    )  # fmt: skip
    return f"{how}. Readings of the evidence: {', '.join(sets)}"


def _money(summary: Summary) -> str:
    """Say which comparisons have extra and which have equal spend."""
    found, titles = _headlines(summary), titles_of(summary)
    main = [one for one in found if _set(one) == _set(found[0])]
    told = [f"{one['spend']} spend against {titles.regime(one['against_regime'])}" for one in main]
    return "; ".join(told) or "one regime, no comparison"
