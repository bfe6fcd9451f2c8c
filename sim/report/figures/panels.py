"""How each figure of a run is drawn for the report, and whether the run has it; see ``gallery`` for the list."""

from __future__ import annotations

import xarray as xr
from matplotlib.figure import Figure

from sim.economics.cash.fund import fund_accounts
from sim.economics.cash.pooled_budget import pool_accounts
from sim.economics.value.appraisal import is_appraised
from sim.economics.value.cash_prices import why_no_cash
from sim.economics.value.terms import terms_of
from sim.exhibits.drawing import figure_of
from sim.exhibits.style import new_axes, new_panels, words
from sim.report.figures.appraisal import plot_budget, plot_cash_tornado, plot_npsv
from sim.report.figures.evidence import plot_evidence, plot_ladder
from sim.report.figures.funds import plot_fund, plot_pool
from sim.report.figures.overview import (
    main_chain,
    plot_cost_by_agency,
    plot_difference,
    plot_queues,
    plot_states,
    worlds_of_set,
)
from sim.report.figures.payers import plot_payers, plot_tiers
from sim.report.figures.sankey import any_flow, plot_sankey
from sim.report.figures.services import plot_left, plot_waits, waited_for
from sim.report.figures.states import plot_flows, plot_state_bands, states_of

BESIDE = 2
"""Panels beside each other where a phone must still show them."""


def draw_evidence(ds: xr.Dataset) -> Figure:
    """Draw the picture beside the answer."""
    return figure_of(plot_evidence(ds))


def draw_states(ds: xr.Dataset) -> Figure:
    """Draw one panel for each regime under the first evidence set."""
    worlds = worlds_of_set(ds)
    beside = len(worlds) if len(worlds) <= BESIDE + 1 else BESIDE
    panels = new_panels(len(worlds), 7.4 / min(len(worlds), beside), 3.2, beside=beside)
    for ax, world in zip(panels, worlds, strict=True):
        plot_states(ds, ax, world)
    for left in panels[::beside]:
        left.set_ylabel(f"Share in each state of {words(main_chain(ds))}")
    return figure_of(panels[0])


def draw_bands(ds: xr.Dataset) -> Figure:
    """Draw one panel for each state of the main chain."""
    chain = main_chain(ds)
    names = [str(name) for name in ds["state_name"].values[states_of(ds, chain)]]
    panels = new_panels(len(names), 3.9, 2.7, beside=BESIDE, share_y=False)
    for ax, name in zip(panels, names, strict=True):
        plot_state_bands(ds, ax, name, chain)
    return figure_of(panels[0])


def draw_flows(ds: xr.Dataset) -> Figure:
    """Draw where those in each state went, under the last regime."""
    return figure_of(plot_flows(ds, new_axes(7.4, 4.4)))


def draw_waits(ds: xr.Dataset) -> Figure:
    """Draw how long people wait."""
    return figure_of(plot_waits(ds))


def draw_left(ds: xr.Dataset) -> Figure:
    """Draw who gives up waiting."""
    return figure_of(plot_left(ds))


def draw_tiers(ds: xr.Dataset) -> Figure:
    """Draw cost by tier in the first ledger."""
    return figure_of(plot_tiers(ds))


def draw_payers(ds: xr.Dataset) -> Figure:
    """Draw who pays more and less."""
    return figure_of(plot_payers(ds))


def draw_ladder(ds: xr.Dataset) -> Figure:
    """Draw the swap ladder."""
    return figure_of(plot_ladder(ds))


def draw_queues(ds: xr.Dataset) -> Figure:
    """Draw waiting and places, tall enough for the services."""
    return figure_of(plot_queues(ds, new_axes(7.5, 1.6 + 0.42 * ds.sizes["service"])))


def draw_agencies(ds: xr.Dataset) -> Figure:
    """Draw cost by agency, tall enough for the agencies, in the first ledger."""
    height = 1.2 + (0.18 * len(worlds_of_set(ds)) + 0.15) * ds.sizes["agency"]
    return figure_of(plot_cost_by_agency(ds, new_axes(7.5, height), str(ds["ledger"].values[0])))


def draw_difference(ds: xr.Dataset) -> Figure:
    """Draw the paired difference in the first ledger."""
    return figure_of(plot_difference(ds, new_axes(7.5, 4.2), str(ds["ledger"].values[0])))


def draw_npsv(ds: xr.Dataset) -> Figure:
    """Draw net present value as the years go by."""
    return figure_of(plot_npsv(ds, new_axes(7.5, 4.2)))


def draw_budget(ds: xr.Dataset) -> Figure:
    """Draw extra cash by year and agency."""
    return figure_of(plot_budget(ds, new_axes(8.5, 4.2)))


def draw_tornado(ds: xr.Dataset) -> Figure:
    """Draw what the rules of cashability turn on."""
    return figure_of(plot_cash_tornado(ds, new_axes(7.5, 4.6)))


def draw_fund(ds: xr.Dataset) -> Figure:
    """Draw what the invest-to-save fund is owed."""
    return figure_of(plot_fund(ds, new_axes(7.5, 4.2)))


def draw_pool(ds: xr.Dataset) -> Figure:
    """Draw what agencies pay into their pool and save."""
    return figure_of(plot_pool(ds))


def draw_sankey(ds: xr.Dataset) -> Figure:
    """Draw where the money of the last regime comes from and goes."""
    return figure_of(plot_sankey(ds, new_axes(8.5, 4.8)))


def has_costs(ds: xr.Dataset) -> bool:
    """Whether anything is priced."""
    return ds.sizes["line"] > 0 and ds.sizes["ledger"] > 0 and ds.attrs["rows"] > 0


def is_paid(ds: xr.Dataset) -> bool:
    """Whether agencies pay anything after the first regime's start."""
    return has_costs(ds) and ds.sizes["agency"] > 0 and is_appraised(ds, terms_of(ds)) and any_flow(ds)


def compares(ds: xr.Dataset) -> bool:
    """Whether a regime can be held against another one in money."""
    return has_costs(ds) and ds.sizes["regime"] > 1 and is_appraised(ds, terms_of(ds))


def has_cash(ds: xr.Dataset) -> bool:
    """Whether amounts can be given in cash."""
    return compares(ds) and not why_no_cash(ds, terms_of(ds))


def has_fund(ds: xr.Dataset) -> bool:
    """Whether a fund pays anything."""
    return has_cash(ds) and bool(fund_accounts(ds, terms_of(ds)))


def has_pool(ds: xr.Dataset) -> bool:
    """Whether agencies pool a budget."""
    return has_cash(ds) and bool(pool_accounts(ds, terms_of(ds)))


def has_waits(ds: xr.Dataset) -> bool:
    """Whether anybody was admitted to a service."""
    return ds.sizes["service"] > 0 and bool(waited_for(ds))


def has_places(ds: xr.Dataset) -> bool:
    """Whether any service has places."""
    return ds.sizes["service"] > 0 and bool((ds["team"].sel(team_series="places") > 0).any())


def has_moves(ds: xr.Dataset) -> bool:
    """Whether moves of the main chain were counted, over enough time for a picture."""
    return bool((ds["flow_chain"].values == main_chain(ds)).any()) if ds.sizes["state"] and ds.sizes["flow"] else False
