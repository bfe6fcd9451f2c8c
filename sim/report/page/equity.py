"""Who is better or worse off, who waits longest and what that costs, by what families are: tables of a run's report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sim.exhibits.numbers import digits, figure, share, short
from sim.exhibits.style import words
from sim.exhibits.titles import titles_of
from sim.report.page.first import led
from sim.results.folder.beside import PLAIN, WAITING, WEIGHTED, Equity, Gain
from sim.results.summary import Summary
from sim.table import Table

MOST_AREAS = 12
"""Areas that the page shows; gains.csv has all."""
ALL = "all"
WHOLE = "families report DIR --families"
"""The command that follows all of them."""


def equity_tables(summary: Summary) -> tuple[Table, ...]:
    """Make the tables of the world that leads; nothing where no families were followed one by one."""
    pair, equity = led(summary), equity_held(summary)
    mine = [one for one in equity.gains if pair is not None and one.world == pair[0]] if equity else []
    if equity is None or not mine:
        return ()
    title = titles_of(summary).world(mine[0].world)
    return (*_better_off(mine, title, followed(equity)), _waits(mine, title), *_costs(mine, title, summary))


def equity_held(summary: Summary) -> Equity | None:
    """Read who is better or worse off; None where no families were followed."""
    held = summary.get("equity")
    return None if held is None else Equity.from_dict(held)


def one_by_one(summary: Summary) -> str:
    """Say for which families it is not told who is better or worse off, and the command that tells it."""
    equity = equity_held(summary)
    if equity is None:
        return f"families one by one, and who is better or worse off ({WHOLE})"
    others = f", and families of all {equity.of_areas} areas" if equity.areas < equity.of_areas else ""
    return f"how far families differ one by one{others} ({WHOLE})"


def followed(equity: Equity) -> str:
    """Say who was followed, and what the intervals are."""
    where = f" in {equity.areas} of {equity.of_areas} areas" if equity.areas < equity.of_areas else ""
    return (
        f"{equity.families:,} families{where} on the books throughout, each under both regimes on the same fate, since "
        "the regime's start, in one replication; 95% intervals over these families are their chance alone. Every group "
        "and measure is in gains.csv."
    )


def _of(gains: Sequence[Gain], measure: str) -> list[Gain]:
    """Give the groups of a measure that the page shows, in their order."""
    found, areas = [], 0
    for one in gains:
        if one.measure == measure and not one.measure.startswith(f"{WAITING},"):
            areas += one.by == "area"
            if one.by != "area" or areas <= MOST_AREAS:
                found.append(one)
    return found


def named(one: Gain) -> str:
    """Name a group."""
    return one.group if one.by == ALL else f"{words(one.by)}: {words(one.group)}"


def _better_off(gains: Sequence[Gain], title: str, followed: str) -> Iterator[Table]:
    """Make the table of the first outcome, of which less is better; none where there is no outcome."""
    first = gains[0].measure
    if first.startswith(("cost", WAITING)):
        return
    rows = [
        (named(one), figure(one.families), digits(one.baseline), _change(one), share(one.less, 0), share(one.more, 0))
        for one in _of(gains, first)
    ]
    columns = ("group", "families", f"{words(first)}, without help", "change", "better off", "worse off")
    note = f"Fewer is better off. {followed}"
    yield Table(f"Who is better or worse off: {title}", columns, rows, note)


def _change(one: Gain) -> str:
    """Write a change with half of its interval."""
    return short({**one.difference.as_dict()}, sign=True)


def _waits(gains: Sequence[Gain], title: str) -> Table:
    """Make the table of months in queues, whoever waits longest first, all families on top."""
    found = _of(gains, WAITING)
    ranked = sorted(found, key=lambda one: (one.by != ALL, -(one.baseline + one.difference.mean)))
    rows = [
        (named(one), digits(one.baseline), digits(one.baseline + one.difference.mean), _change(one),
         share(one.less, 0), share(one.more, 0))
        for one in ranked
    ]  # fmt: skip
    columns = ("group", "months waiting, without help", "with help", "change", "wait less", "wait longer")
    note = "Months in the queues of all services together, the key worker's among them; whoever waits longest first."
    return Table(f"Who waits longest: {title}", columns, rows, note)


def _costs(gains: Sequence[Gain], title: str, summary: Summary) -> Iterator[Table]:
    """Make the table of what each group costs and saves: all spending, resources alone, and with benefits weighted."""
    held = {kind: next((m for m in dict.fromkeys(g.measure for g in gains) if m.startswith(f"{kind}, ")), "")
            for kind in ("cost", PLAIN)}  # fmt: skip
    weighted = next((one.measure for one in gains if one.measure.startswith(WEIGHTED)), "")
    held[PLAIN] = next((g.measure for g in gains if g.measure.startswith(PLAIN) and g.measure != weighted), "")
    if not held["cost"]:
        return
    measures = [held["cost"], held[PLAIN], *([weighted] if weighted else [])]
    by_group = [{(g.by, g.group): g for g in _of(gains, measure)} for measure in measures]
    rows = [
        (named(one), figure(one.baseline), *(_saved(told[key]) for told in by_group))
        for key, one in by_group[0].items()
    ]
    weight = (summary.get("appraisal") or {}).get("terms", {}).get("income_weight")
    columns = ("group", "cost a family without help, £", "saved, £", "saved, resources alone, £",
               *([f"saved, a pound of benefit counting {weight:g} times, £"] if weighted else []))  # fmt: skip
    note = (
        f"Undiscounted, {held['cost'].partition(', ')[2]}; a saving is positive. Resources alone: benefits are "
        "transfers, which cost the payer what they give the family. No family's income is in the model: one weight "
        "stands for all groups where the switch appraisal.income_weight is on, and it is off unless a column says so."
    )
    yield Table(f"What each group costs: {title}", columns, rows, note)


def _saved(one: Gain) -> str:
    """Write a change in cost as a saving with half of its interval."""
    mean, high, low = (None if end is None else -end for end in one.difference.cells)
    return short({"mean": mean, "low": low, "high": high}, finest=0, sign=True)
