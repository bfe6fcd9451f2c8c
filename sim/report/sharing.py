"""Who gains, who loses and who brought it about: tables of a run by agency, and the page of a Shapley study."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr
from matplotlib import rc_context
from matplotlib.axes import Axes

from sim.arrays import FloatArray
from sim.economics.cash.shares import NEED, RULES, Pool, pools
from sim.economics.value.terms import Terms, terms_of
from sim.exhibits.drawing import drawn_as
from sim.exhibits.numbers import MINUS, MISSING
from sim.exhibits.page import write_page
from sim.exhibits.style import COLOURS, INK, RC, new_axes, with_terms, words
from sim.intervals import Estimate, over_replications
from sim.report.appraisal_tables import terms_note
from sim.report.figures.appraisal import agency_words
from sim.results.folder.store import write_csv
from sim.studies.shapley.answer import Shared, Sharing
from sim.studies.uncertainty.exhibits import scale_of
from sim.table import Table

COLUMNS = (
    "player", "title", "over", "view", "share", "simulation_error", "order_error", "alone", "last_to_join", "terms",
)  # fmt: skip
MILLION = 1e6


def agencies_table(ds: xr.Dataset) -> Table:
    """Make the table of a run's agencies: what each pays of the services, saves, and would pay into a pooled budget."""
    terms = terms_of(ds)
    rows, notes = [], []
    for made, pool in pools(ds, terms):
        if made.against.regime != ds.attrs["baseline"]:
            continue
        for one in pool.gains:
            paid = [_millions(pool.pays_in.get(rule, {}).get(one.agency)) for rule in RULES]
            rows.append((
                made.world.name, agency_words(ds, one.agency), *(
                    _estimate(x, terms) for x in (one.intervention, one.gross, one.cashable, one.net)
                ), *paid,
            ))  # fmt: skip
        rows.append((made.world.name, "all agencies", *_together(pool, terms), *(
            _millions(sum(pool.pays_in[rule].values())) if rule in pool.pays_in else MISSING for rule in RULES
        )))  # fmt: skip
        notes.append(_transfers_note(ds, made.world.name, pool.loses, pool.why_none, [
            (agency_words(ds, t.giver), agency_words(ds, t.taker), t.pounds) for t in pool.transfers
        ]))  # fmt: skip
    columns = (
        "regime", "agency", "pays of the services, £m", "saves, £m", "of it cashable, £m", "net, £m",
        *(f"pays in by {rule}, £m" for rule in RULES),
    )  # fmt: skip
    note = (
        f"Against {words(str(ds.attrs['baseline']))}, {terms.ledger} ledger, transfers counted. The last columns share "
        f"what the services cost more in proportion to what agencies save, spend, or spend on {NEED} help now. "
        f"{' '.join(notes)} {terms_note(terms)}"
    )
    return Table("Who gains and who loses among agencies", columns, tuple(rows), note)


def _together(pool: Pool, terms: Terms) -> tuple[str, ...]:
    """Add the agencies up."""
    columns = zip(*((one.intervention, one.gross, one.cashable, one.net) for one in pool.gains), strict=True)
    return tuple(_estimate(np.sum(np.stack(column), axis=0), terms) for column in columns)


def _transfers_note(
    ds: xr.Dataset, world: str, loses: tuple[str, ...], why_none: str, transfers: list[tuple[str, str, float]]
) -> str:  # fmt: skip
    """Say who loses and what would mend it."""
    if not loses:
        return f"{words(world)}: no agency loses."
    who = ", ".join(agency_words(ds, name) for name in loses)
    if why_none:
        return f"{words(world)}: {who} lose; {why_none}."
    moved = sum(pounds for _, _, pounds in transfers)
    return f"{words(world)}: {who} would lose; transfers of {_millions(moved)} £m in all would leave nobody worse off."


def _millions(pounds: float | None) -> str:
    """Write millions to one place, two below one million."""
    if pounds is None:
        return MISSING
    value = pounds / MILLION
    text = f"{abs(value):,.2f}" if abs(value) < 1 else f"{abs(value):,.1f}"
    return f"{MINUS}{text}" if value < 0 and float(text.replace(",", "")) else text


def _estimate(samples: FloatArray, terms: Terms) -> str:
    """Write millions with their interval where replications are a sample."""
    made = over_replications(samples) if terms.sampled else Estimate(float(samples.mean()))
    if made.low is None or made.high is None:
        return _millions(made.mean)
    return f"{_millions(made.mean)} ({_millions(made.low)} to {_millions(made.high)})"


def shares_table(found: Sharing) -> Table:
    """Make the table of Shapley shares, the largest first, with their sum."""
    factor, unit = scale_of(np.array([one.share for one in found.shares]))
    rows = [
        (
            words(one.player), found.titles[one.player], _in(one.share, factor), _error(one, factor),
            _in(one.alone, factor), _in(one.last, factor),
        )
        for one in sorted(found.shares, key=lambda one: -one.share)
    ]  # fmt: skip
    rows.append(("all of them", "", _in(float(found.whole.mean()), factor), "", "", ""))
    alone = sum(one.alone for one in found.shares)
    who = "agencies join, the others staying as they are" if found.over == "agencies" else "mechanisms are at work"
    note = (
        f"Net saving of {words(found.regime)} against {words(found.baseline)} when only some {who}, shared by "
        f"each one's contribution averaged over all orders (Shapley). Alone they would bring {_in(alone, factor)} "
        f"together; the other {_in(float(found.whole.mean()) - alone, factor)} comes of acting jointly. "
        f"{len(found.values):,} coalitions. {found.terms}"
    )
    what = "agency" if found.over == "agencies" else "mechanism"
    columns = (what, "what it is", f"share, {unit}", "standard error", "alone", "last to join")
    return Table(f"How much each {what} brings", columns, tuple(rows), note)


def _in(value: float, factor: float) -> str:
    """Write an amount in a unit to two places with its sign."""
    text = f"{abs(value / factor):,.2f}"
    return text if float(text.replace(",", "")) == 0 else f"{MINUS if value < 0 else '+'}{text}"


def _error(one: Shared, factor: float) -> str:
    """Write the standard error of chance and of sampled orders together; a dash where there is none."""
    error = float(np.hypot(one.simulation_error, one.order_error))
    return f"{error / factor:,.2f}" if error > 0 else MISSING


def plot_shares(found: Sharing, ax: Axes | None = None) -> Axes:
    """Draw Shapley shares as bars, with what each achieves alone and as the last to join.

    Parameters
    ----------
    found
        What ``sim.studies.shapley.question.share`` gave.
    ax
        Axes to draw on; new ones when not given.
    """
    shown = sorted(found.shares, key=lambda one: one.share)
    ax = new_axes(8.0, 1.6 + 0.36 * len(shown)) if ax is None else ax
    factor, unit = scale_of(np.array([[one.share, one.alone, one.last] for one in shown]))
    errors = [1.96 * float(np.hypot(one.simulation_error, one.order_error)) / factor for one in shown]
    at = np.arange(len(shown))
    ax.barh(
        at,
        [one.share / factor for one in shown],
        0.6,
        color=COLOURS[4],
        label="share, with 95% interval" if any(errors) else "share",
    )
    if any(errors):
        ax.errorbar([one.share / factor for one in shown], at, xerr=errors, fmt="none", ecolor=INK, capsize=2)
    ax.plot([one.alone / factor for one in shown], at, "o", mfc="white", color=COLOURS[0], label="alone")
    ax.plot([one.last / factor for one in shown], at, "s", color=COLOURS[1], markersize=4.5, label="last to join")
    ax.axvline(0.0, color=INK, linewidth=0.8)
    ax.set_yticks(at, [words(one.player) for one in shown])
    ax.set_xlabel(with_terms(f"Net present value, {unit}", found.terms, 6.0))
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, fontsize=8)
    return ax


def write_sharing(folder: Path, found: Sharing) -> None:
    """Write shapley.csv, coalitions.csv and shapley.html with its figure."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    write_csv(
        folder / "shapley.csv", COLUMNS,
        [
            (one.player, found.titles[one.player], found.over, found.view, one.share, one.simulation_error,
             one.order_error, one.alone, one.last, found.terms)
            for one in found.shares
        ],
    )  # fmt: skip
    write_csv(
        folder / "coalitions.csv", ("members", "net_present_value", "replications", "view", "terms"),
        [
            (" + ".join(p for p in found.players if p in coalition), float(np.mean(value)), float(len(value)),
             found.view, found.terms)
            for coalition, value in found.values.items()
        ],
    )  # fmt: skip
    table = shares_table(found)
    with rc_context(RC):
        drawn = drawn_as(
            plot_shares(found), "shapley", table.title,
            "Bars sum to what all bring together; a player that brings more as the last to join than alone needs the "
            "others. Thin lines are 95% intervals of chance in the simulation, where there is any.",
            folder / "figures",
        )  # fmt: skip
    write_page(folder / "shapley.html", f"Shares: {found.title}", [str(table.note)], [drawn], [table])
