"""Tables of the answer: what each family helped saves and costs, in three accounts, and whose spending changed."""

from __future__ import annotations

from typing import Any

from sim.exhibits.conditions import conditions_table
from sim.exhibits.numbers import figure, fixed, interval, millions, ratio, short
from sim.exhibits.style import words
from sim.exhibits.titles import titles_of
from sim.model.price_series import prices_of
from sim.results.summary import Summary
from sim.table import Table

NOTE = (
    "Per family helped, transfers and taxes included. One episode: families first helped in the stated year, none "
    "taken on twice, each followed from its first start against its own life without help. All help: the same with "
    "every later episode. Programme: the whole population in the calendar years of the appraisal. The break-even price "
    "is what a key worker's posts may cost a family helped for nothing to be gained or lost."
)
NO_ENDS = {"low": None, "high": None}
PARTS = ("helped", "waits_longer", "gets_in_sooner", "same_wait", "posts_and_set_up", "total")


def _accounts(summary: Summary) -> list[tuple[str, str, dict[str, Any]]]:
    """List the accounts of all regimes, those that there are: regime, name, figures."""
    return [
        (regime, name, account)
        for regime, accounts in (summary.get("answer") or {}).items()
        for name, account in accounts.items()
        if isinstance(account, dict)
    ]


def _why(summary: Summary) -> str:
    """Say why an account is missing."""
    told = [one.get("why_no_cohort") for one in (summary.get("answer") or {}).values()]
    reasons = list(dict.fromkeys([summary.get("why_no_answer"), *told]))
    return " ".join(f"Not all accounts are given: {reason}." for reason in reasons if reason)


def doubt_line(summary: Summary) -> str:
    """Say how sure the answer is: from how many draws of the inputs, or that it is not worked out and what does it."""
    told: dict[str, list[str]] = {}
    for regime, _, one in _accounts(summary):
        doubt = one.get("doubt") or {}
        if one["interval"] == "inputs":
            made = f"{doubt['draws']:,} draws of {len(doubt['inputs'])} inputs, on {doubt['families']:,} families"
            drawn = f"in the intervals of the answer ({made}); elsewhere they are chance alone"
            told.setdefault(drawn, []).append(regime)
        elif one["interval"] is not None and doubt.get("why_not"):
            told.setdefault(f"not worked out: {doubt['why_not']}", []).append(regime)
    say = titles_of(summary).world
    named = {text: "; ".join(map(say, dict.fromkeys(of))) for text, of in told.items()}
    lines = [text if len(told) == 1 else f"{of}: {text}" for text, of in named.items()]
    return ". ".join(lines) or "not in these intervals; families uncertainty puts it in"


def accounts(summary: Summary) -> Table:
    """Make the table of the accounts; without rows for a run that has none."""
    rows = [
        (regime, words(name), ledger, interval(saved), interval(one["cost_per_family_helped"][ledger]),
         interval(one["bcr"][ledger], ratio))
        for regime, name, one in _accounts(summary)
        for ledger, saved in one["saved_per_family_helped"].items()
    ]  # fmt: skip
    terms = "".join(f" {words(name)}: {_terms(one)}." for _, name, one in _accounts(summary)[:3])
    columns = ("regime", "account", "ledger", "saved, £", "cost, £", "returned for each £1")
    return Table("What each family helped saves", columns, tuple(rows), f"{NOTE}{terms} {_why(summary)}".rstrip())


def followed(summary: Summary) -> Table:
    """Make the table of whom the accounts follow, and how many of their children are in care."""
    rows = []
    for regime, name, one in _accounts(summary):
        told = one["looked_after_per_1000"] or {}
        care = f"{fixed(told.get('without'), 1)} \N{RIGHTWARDS ARROW} {fixed(told.get('with'), 1)}" if told else ""
        rows.append((regime, words(name), figure(one["families"]), ratio(one["episodes_per_family"]),
                     figure(one["months"]), care))  # fmt: skip
    columns = ("regime", "account", "families", "episodes", "months", "children in care per 1,000, without and with")
    return Table("Whom the accounts follow", columns, tuple(rows))


def _terms(account: dict[str, Any]) -> str:
    """Say the terms of an account."""
    return (
        f"{prices_of(account)}, base year {account['base_year']}, discounted to {account['discounted_to']} by "
        f"{words(account['discounted'])}"
    )


def break_even(summary: Summary) -> Table:
    """Make the table of what a break-even price is after: all that is saved and spent but for a key worker's posts."""
    ledger, leading = _ledger(summary), {regime: name for regime, name, _ in reversed(_accounts(summary))}
    rows = [
        (regime, interval(one["saved_per_family_helped"][ledger]),
         *(figure(one["break_even_price"][ledger][part]) for part in ("brokered", "assessments", "set_up")),
         interval(one["break_even_price"][ledger]))
        for regime, name, one in _accounts(summary)
        if leading[regime] == name and ledger in one["break_even_price"]
    ]  # fmt: skip
    columns = ("regime", "saved, £", "less: places in other services, £", "less: assessments, £",
               "less: setting up, £", "break-even price, £")  # fmt: skip
    note = (
        f"Means per family helped, {words(next(iter(leading.values()), ''))}, {words(ledger)} ledger. A place in "
        "another service counts at what it takes to keep one."
    )
    return Table("How the break-even price comes about", columns, tuple(rows), note)


def _ledger(summary: Summary) -> str:
    """Name the ledger of the headline."""
    return str(((summary.get("appraisal") or {}).get("terms") or {}).get("ledger", ""))


MOST_COLUMNS = 5
"""Readings or ledgers beside the parts of the programme."""


def displacement(summary: Summary) -> Table:
    """Make the table of whose spending changes: the programme by class of families."""
    titles, shown = titles_of(summary), []
    for regime, _, one in _accounts(summary):
        if "displacement" in one:
            held = one["displacement"]
            shown.append((f"{titles.world(regime)}, {held['ledger']} ledger, £m", held))
            wide = held["other_ledgers"].get("wide") if len(shown) == 1 else None
            shown += [("the same, wide ledger, £m", wide)] if wide else []
    shown = shown[:MOST_COLUMNS]
    rows = [(words(part), *(interval(held[part], millions) for _, held in shown)) for part in PARTS if shown]
    note = (
        "Savings, negative where spending rises. Every family is in one class in every month: helped since its first "
        "start with a key worker, else by how long it has waited so far, in services that both worlds have, against "
        "its twin without the regime. Posts and setting up are nobody's. The five parts add up to the total."
    )
    return Table("Whose spending changes", ("whose", *(name for name, _ in shown)), tuple(rows), note)


def short_accounts(summary: Summary) -> Table:
    """Give the accounts for a terminal: savings, cost and break-even price in the headline ledger, in words."""
    ledger = _ledger(summary)
    titles, rows = titles_of(summary), list[tuple[str, ...]]()
    for world, name, one in _accounts(summary):
        if ledger not in one["saved_per_family_helped"]:
            continue
        heading = (f"{titles.world(world)}:", "", "", "")
        rows += [] if heading in rows else [heading]
        cost = short({**NO_ENDS, "mean": one["cost_per_family_helped"][ledger]["mean"]}, finest=0)
        saved, price = (
            short(one[told][ledger], finest=0, sign=True) for told in ("saved_per_family_helped", "break_even_price")
        )
        rows.append((f"  {words(name)}", saved, cost, price))
    columns = ("", "saved", "cost", "break-even price")
    title = f"What each {summary['unit']} helped saves, £, {ledger} ledger; ± 95% interval"
    return Table(title, columns, tuple(rows), _why(summary))


def conditions(summary: Summary) -> Table:
    """Make the table of what would have to be true for help to pay, in the account of each regime that leads."""
    ledger, leading = _ledger(summary), {regime: name for regime, name, _ in reversed(_accounts(summary))}
    said = titles_of(summary).world
    told = [
        (said(regime), found)
        for regime, name, one in _accounts(summary)
        if leading[regime] == name and (found := ((one.get("doubt") or {}).get("conditions") or {}).get(ledger))
    ]
    note = (
        "Over draws of the inputs: limits on one or two of them within which help pays, or does not, in 8 of 10 draws, "
        "and which share of all such draws lies there. The last column holds limits found in half of the draws against "
        f"the other half. {ledger} ledger."
    )
    return conditions_table(told, note)


def beside_doubt(summary: Summary) -> Table:
    """Make the table of break-even prices with nothing drawn under readings that are told beside the draws."""
    rows = []
    for regime, name, one in _accounts(summary):
        doubt = one.get("doubt") or {}
        for ledger, price in one["break_even_price"].items() if doubt.get("draws") else ():
            cells = [figure(told.get("break_even", {}).get(ledger)) for told in doubt["beside"].values()]
            rows.append((regime, words(name), ledger, interval(price), figure(price["draws"]["mean"]),
                         figure(price["draws"]["central"]), *cells))  # fmt: skip
    known = [one["doubt"]["beside"] for *_, one in _accounts(summary) if (one.get("doubt") or {}).get("draws")]
    named: dict[str, Any] = known[0] if known else {}
    columns = ("regime", "account", "ledger", "break-even price, £", "mean over draws", "nothing drawn, their families",
               *(words(other) for other in named))  # fmt: skip
    note = (
        "Intervals are those of the inputs. Draws run on some of the areas, and a column says what these give with "
        "nothing drawn, to be held against the whole run. The last columns are not drawn: other readings of the dose "
        "and of who is chosen, for which effects were not fitted again."
    )
    return Table("How sure is the break-even price?", columns, tuple(rows), note)
