"""Who gains and who loses: the table of a run's agencies, and what each would pay into a pooled budget."""

from __future__ import annotations

from functools import partial

import numpy as np
import xarray as xr

from sim.economics.cash.shares import NEED, RULES, Pool, pools
from sim.economics.value.terms import Terms, terms_of
from sim.exhibits.numbers import MISSING, interval, millions
from sim.exhibits.titles import titles_of
from sim.report.appraisal_tables import terms_note
from sim.report.defaults import agency_words
from sim.results.facts import facts_of
from sim.table import Table

_millions = partial(millions, finer_below=1.0)


def agencies_table(ds: xr.Dataset, world: str = "") -> Table:
    """Make the table of what each agency pays of the services, saves, and would pay into a pool; of a world or all."""
    terms, titles = terms_of(ds), titles_of(ds)
    rows, notes = [], []
    for made, pool in pools(ds, terms):
        if made.against.regime != facts_of(ds).baseline or world not in ("", made.world.name):
            continue
        for one in pool.gains:
            paid = [_millions(pool.pays_in.get(rule, {}).get(one.agency)) for rule in RULES]
            rows.append((
                made.world.name, agency_words(ds, one.agency), *(
                    interval(terms.estimate(x), _millions) for x in (one.intervention, one.gross, one.cashable, one.net)
                ), *paid,
            ))  # fmt: skip
        rows.append((made.world.name, "all agencies", *_together(pool, terms), *(
            _millions(sum(pool.pays_in[rule].values())) if rule in pool.pays_in else MISSING for rule in RULES
        )))  # fmt: skip
        notes.append(_transfers_note(ds, titles.world(made.world.name), pool.loses, pool.why_none, [
            (agency_words(ds, t.giver), agency_words(ds, t.taker), t.pounds) for t in pool.transfers
        ]))  # fmt: skip
    columns = (
        "regime", "agency", "pays of the services, £m", "saves, £m", "of it cashable, £m", "net, £m",
        *(f"pays in by {rule}, £m" for rule in RULES),
    )  # fmt: skip
    note = (
        f"Against {titles.regime(facts_of(ds).baseline)}, {terms.ledger} ledger, transfers counted. The last columns "
        f"share what the services cost more in proportion to what agencies save, spend, or spend on {NEED} help now. "
        f"{' '.join(notes)} {terms_note(terms)}"
    )
    return Table("Who gains and who loses among agencies", columns, tuple(rows), note)


def _together(pool: Pool, terms: Terms) -> tuple[str, ...]:
    """Add the agencies up."""
    columns = zip(*((one.intervention, one.gross, one.cashable, one.net) for one in pool.gains), strict=True)
    return tuple(interval(terms.estimate(np.sum(np.stack(column), axis=0)), _millions) for column in columns)


def _transfers_note(
    ds: xr.Dataset, world: str, loses: tuple[str, ...], why_none: str, transfers: list[tuple[str, str, float]]
) -> str:  # fmt: skip
    """Say who loses and what would mend it."""
    if not loses:
        return f"{world}: no agency loses."
    who = ", ".join(agency_words(ds, name) for name in loses)
    if why_none:
        return f"{world}: {who} lose; {why_none}."
    moved = sum(pounds for _, _, pounds in transfers)
    return f"{world}: {who} would lose; transfers of {_millions(moved)} £m in all would leave nobody worse off."
