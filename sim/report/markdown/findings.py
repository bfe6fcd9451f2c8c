"""The answer, the headline and the ladder of finished runs in Markdown, from their summaries."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import fill
from typing import Any

from sim.exhibits.numbers import MISSING, difference, figure, fixed, interval, opposite, ratio, share
from sim.exhibits.titles import titles_of
from sim.report.answer import answer
from sim.report.markdown.markers import Made, markdown
from sim.results.folder.held import is_there
from sim.results.folder.store import read_results
from sim.results.shown import looked_after
from sim.results.summary import Summary
from sim.table import Table

STUDIES = ("phase_two", "national")
"""Whose answers stand in the documents: the programme that was evaluated, and the families of 2011."""
HEADLINE, LADDER, ACCOUNT = "national", "ladder", "one_episode"
WIDTH = 130


def findings(results: Path) -> dict[str, Made]:
    """Give what makes each part, by its marker, of the runs in ``results/NAME``."""

    @cache
    def of(name: str) -> Summary | None:
        return read_results(results / name)[1] if is_there(results / name) else None

    def made_of(make: Any, *names: str) -> Made:
        def make_now() -> str | None:
            found = [summary for name in names if (summary := of(name)) is not None]
            return make(*found) if len(found) == len(names) else None

        return make_now

    return {
        "sentence": made_of(sentences, *STUDIES), "answer": made_of(answers, *STUDIES),
        "headline": made_of(headline, HEADLINE), "ladder": made_of(ladder, LADDER),
    }  # fmt: skip


def sentences(*summaries: Summary) -> str:
    """Write what each study says first, as a quotation."""
    told = [f"**{summary['title']}.** {answer(summary)[0]}" for summary in summaries]
    return "\n>\n".join(fill(text, WIDTH, initial_indent="> ", subsequent_indent="> ", break_long_words=False,
                             break_on_hyphens=False) for text in told) + "\n"  # fmt: skip


def answers(*summaries: Summary) -> str:
    """Write what each family helped saves and costs, a row for each study and reading of the evidence."""
    columns = ("study", "evidence", "saved, narrow, £", "saved, wide, £", "cost, £", "of it posts, £",
               "break-even price of posts, £", "saved for each £1", "in care per 1,000: without -> with")  # fmt: skip
    rows = [row for summary in summaries for row in _answer_rows(summary)]
    return markdown(Table("", columns, rows))


def _answer_rows(summary: Summary) -> Iterator[tuple[str, ...]]:
    """Give the rows of one study."""
    titles = titles_of(summary)
    for world, accounts in (summary.get("answer") or {}).items():
        one = accounts.get(ACCOUNT) if isinstance(accounts, dict) else None
        if not isinstance(one, dict):
            continue
        regime, _, reading = world.rpartition("/")
        narrow, wide = (one["saved_per_family_helped"].get(ledger) for ledger in ("narrow", "wide"))
        cost, care = one["cost_per_family_helped"]["narrow"], one["looked_after_per_1000"] or {}
        yield (
            titles.regime(regime) if regime else titles.regime(world), titles.reading(reading) if regime else MISSING,
            interval(narrow), interval(wide) if wide else MISSING, figure(cost["mean"]), figure(cost["posts"]),
            interval(one["break_even_price"]["narrow"]), ratio(one["bcr"]["narrow"]["mean"]),
            f"{fixed(care.get('without'), 1)} -> {fixed(care.get('with'), 1)}",
        )  # fmt: skip


def headline(summary: Summary) -> str:
    """Write the programme as a budget sees it: cost a family-year and what is saved, by reading and regime."""
    titles = titles_of(summary)
    columns = ("evidence", "regime", f"cost a {summary['unit']}-year, narrow, £", "saved, narrow, £", "saved, wide, £",
               "looked after at the end")  # fmt: skip
    rows = []
    for world, figures in summary["regimes"].items():
        regime, _, reading = world.rpartition("/")
        change = summary["differences"].get(world, {}).get("cost_per_family_year", {})
        saved = [difference(opposite(change[ledger])) if ledger in change else "" for ledger in ("narrow", "wide")]
        cost = interval(figures["cost_per_family_year"]["narrow"])
        rows.append((titles.reading(reading), titles.regime(regime), cost, *saved, share(looked_after(figures))))
    return markdown(Table("", columns, rows))


def ladder(summary: Summary) -> str:
    """Write each rung of the ladder: services, other costs, their sum and what is saved against the lowest."""
    titles = titles_of(summary)
    columns = ("rung", "services themselves, £", "all other costs, £", "together, £", "saved against the first, £",
               "looked after at the end")  # fmt: skip
    rows = []
    for world, figures in summary["regimes"].items():
        cost = figures["cost_per_family_year"]["narrow"]
        change = summary["differences"].get(world, {}).get("cost_per_family_year", {}).get("narrow")
        parts = (figure(cost[part]) for part in ("programme", "gross", "mean"))
        saved = difference(opposite(change)) if change else ""
        rows.append((titles.regime(world.partition("/")[0]), *parts, saved, share(looked_after(figures))))
    return markdown(Table("", columns, rows))
