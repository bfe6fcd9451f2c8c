"""The figures of a report: what is drawn adds up, says where it stops, and never claims more than was counted."""

from dataclasses import replace

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes

import sim.report
from sim.exhibits.style import COLOURS, dark
from sim.report.defaults import worlds_of_set
from sim.report.figures import figures
from sim.report.figures.evidence.evidence import headline_worths, plot_evidence
from sim.report.figures.evidence.ladder import is_ladder, ladder, plot_ladder
from sim.report.figures.evidence.naive import plot_naive
from sim.report.figures.money.payers import payer_savings
from sim.report.figures.money.tiers import tiers_of
from sim.report.figures.states.bands import plot_state_bands
from sim.report.figures.states.family_costs import plot_family_costs
from sim.report.figures.states.flows import journeys
from sim.report.figures.states.paired import plot_paired
from sim.report.figures.states.shares import state_shares, states_of
from sim.report.figures.waits.services import areas_table, left_shares, wait_months
from sim.results.dataset import to_dataset
from sim.results.folder.beside import CheckLine
from sim.results.summary import agency_cost_per_family_year, tier_cost_per_family_year
from sim.results.worlds import world_names
from sim.runs.follow.spread import PERCENTILES, CostSpread, Paired, Spread
from tests import synthetic

STUDIES = {
    "plot_family_costs", "plot_paired", "plot_naive", "plot_ladder", "plot_budget", "plot_cash_tornado",
    "plot_evaluated", "plot_bridge", "plot_price_chances", "plot_price_tornado", "plot_areas_saved",
    "plot_break_even_surface", "plot_children", "plot_displacement", *sim.report.OF_STUDIES,
}  # fmt: skip
"""Drawn from what a study found, or of more than the made-up run has."""


@pytest.fixture(scope="module")
def ds() -> xr.Dataset:
    scenario = synthetic.scenario()
    return to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))


def spread() -> Spread:
    points = tuple(1000.0 + 90.0 * p for p in PERCENTILES)
    costs = tuple(CostSpread(name, points, 5500.0, 12000.0, 0.02) for name in ("siloed/a", "integrated/a", "siloed/b"))
    return Spread(2000, 9.0, "narrow", costs, (Paired("integrated/a", "months_in_crisis", 0.3, 0.6, 0.1),))


@pytest.mark.parametrize("name", sorted(set(sim.report.__all__) - STUDIES))
def test_each_public_figure_needs_the_run_alone(ds: xr.Dataset, name: str) -> None:
    made = getattr(sim.report, name)(ds)
    assert isinstance(made, Axes)
    assert made.get_xlabel()


@pytest.mark.parametrize("name", ["plot_difference", "plot_state_bands", "plot_npsv"])
def test_evidence_ends_where_the_study_says_so(name: str) -> None:
    """Twelve months, where its evaluations followed families for no longer; not the two years of 2015 to 2020."""
    scenario = synthetic.scenario()
    scenario = replace(scenario, appraisal=replace(scenario.appraisal, evidence_months=12.0))
    ds = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    said = " ".join(text.get_text() for text in getattr(sim.report, name)(ds).texts)
    assert "month 12" in said
    assert "month 24" not in said


def test_areas_that_are_no_authorities_have_no_map(ds: xr.Dataset) -> None:
    with pytest.raises(ValueError, match="no local authorities of today"):
        sim.report.plot_areas_saved(ds)


def test_an_unknown_figure_is_refused() -> None:
    with pytest.raises(AttributeError, match="it has plot_areas_saved, plot_break_even_surface"):
        _ = sim.report.plot_nothing
    assert "plot_evidence" in dir(sim.report)


def test_every_figure_of_the_report_has_its_numbers() -> None:
    assert all(entry.table is not None for entry in figures())
    assert len({entry.name for entry in figures()}) == len(figures())


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [x / 12.92 if x <= 0.03928 else ((x + 0.055) / 1.055) ** 2.4 for x in parts]
    return float(np.dot(linear, (0.2126, 0.7152, 0.0722)))


def test_text_in_the_colour_of_a_line_can_be_read() -> None:
    """WCAG 2: (L1 + 0.05) / (L2 + 0.05) of at least 4.5, on white and on the shade beyond the evidence."""
    for colour in COLOURS[:4]:
        assert (1 + 0.05) / (luminance(dark(colour)) + 0.05) >= 4.5
        assert (luminance("#F0F0F0") + 0.05) / (luminance(dark(colour)) + 0.05) >= 4.5


def flowing(leave: float) -> tuple[xr.Dataset, np.ndarray]:
    """Make a chain of two states that moves 1 in 5 up and 1 in 10 down each step, with some who leave and join."""
    scenario = synthetic.scenario()
    ds = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    stocks = np.zeros((synthetic.STEPS + 1, 2))
    stocks[0] = (800.0, 200.0)
    moves = np.zeros((synthetic.STEPS + 1, 2))
    for t in range(1, len(stocks)):
        up, down = 0.2 * stocks[t - 1, 0], 0.1 * stocks[t - 1, 1]
        moves[t] = up, down
        stocks[t] = stocks[t - 1] + (down - up + leave, up - down - leave)
    world = next(world for world in world_names(ds) if world.regime == "integrated")
    at = {"regime": world.regime, "effect_set": world.effect_set}
    places = states_of(ds, "crisis")
    ds["occupancy"].loc[at][:, places] = 0.0
    ds["occupancy"].loc[at][:, places[:2]] = stocks
    ds["flows"].loc[at][:] = 0.0
    names = np.array(["crisis: stable -> strained", "crisis: strained -> stable"])
    ds = ds.assign_coords(flow=names, flow_chain=("flow", np.array(["crisis", "crisis"])))
    ds["flows"].loc[at][:] = moves
    return ds, stocks


def test_journeys_follow_a_markov_chain_exactly() -> None:
    """With everybody alike and nobody coming or going, who is where is the power of the matrix of one step."""
    ds, stocks = flowing(0.0)
    world = next(world for world in world_names(ds) if world.regime == "integrated")
    (held,) = journeys(ds, world, "crisis", [6, 18])
    power = np.linalg.matrix_power(np.array([[0.8, 0.2], [0.1, 0.9]]), 12)
    np.testing.assert_allclose(held[:2, :2], np.diag(stocks[6]) @ power, rtol=1e-9)
    np.testing.assert_allclose(held[-1], 0.0, atol=1e-9)  # nobody joined


def test_journeys_end_in_what_was_counted_whoever_comes_and_goes() -> None:
    ds, stocks = flowing(3.0)
    world = next(world for world in world_names(ds) if world.regime == "integrated")
    held = journeys(ds, world, "crisis", [6, 18, 30])
    for part, point in zip(held, (18, 30), strict=True):
        np.testing.assert_allclose(part[:, :2].sum(axis=0), stocks[point], rtol=1e-9)
    assert held[0][-1, 0] > 0  # those who joined are in the state that gains
    assert (held[0] >= 0).all()


def test_bands_are_t_intervals_of_the_replications(ds: xr.Dataset) -> None:
    """The half-width of a share is t x sd / sqrt(n) of its counts over the rows; none for one replication."""
    world = worlds_of_set(ds)[0]
    share, half = state_shares(ds, world, "crisis")
    np.testing.assert_allclose(share.sum(axis=1), 1.0)
    variance = ds["occupancy_var"].sel(regime=world.regime, effect_set=world.effect_set).values[:, :4]
    np.testing.assert_allclose(half, 3.182446305 * np.sqrt(variance / 4) / synthetic.ROWS, rtol=1e-8)  # t(3), 97.5%
    one = synthetic.scenario(replications=1)
    alone = to_dataset(one, synthetic.layout(one), synthetic.records(one))
    assert np.isnan(state_shares(alone, world, "crisis")[1]).all()
    with pytest.raises(ValueError, match="there are stable, strained, crisis, acute"):
        plot_state_bands(ds, state="cured")


def test_tiers_and_agencies_share_the_same_money(ds: xr.Dataset) -> None:
    for world in worlds_of_set(ds):
        for ledger in ("narrow", "wide"):
            tiers = tier_cost_per_family_year(ds, world, ledger, tiers_of(ds)).sum(axis=1)
            np.testing.assert_allclose(tiers, agency_cost_per_family_year(ds, world, ledger).sum(axis=1))


def test_saving_by_agency_is_the_difference_between_regimes(ds: xr.Dataset) -> None:
    (saving,) = payer_savings(ds, "narrow").values()
    siloed, integrated = (agency_cost_per_family_year(ds, world, "narrow") for world in worlds_of_set(ds))
    np.testing.assert_allclose(saving, (siloed - integrated).T)


def test_waits_and_leaving_are_read_from_the_queue(ds: xr.Dataset) -> None:
    """The made-up queue counts 2 joined and 4 left in each replication, with no spread."""
    world = worlds_of_set(ds)[0]
    np.testing.assert_allclose(left_shares(ds, world, ["keyworker"]), 2.0)
    first, half, ninth, mean = wait_months(ds, world, "keyworker")
    assert first <= half <= ninth
    assert first <= mean <= ninth
    rows = areas_table(ds).rows
    assert [row[0] for row in rows[::2]] == ["north", "south"]


def test_evidence_shows_each_reading_once(ds: xr.Dataset) -> None:
    found = headline_worths(ds)
    assert [(one.world.effect_set, one.against) for one in found] == [("measured", "siloed"), ("no_effect", "siloed")]
    drawn = plot_evidence(ds)
    assert [label.get_text() for label in drawn.get_yticklabels()] == ["measured", "no effect"]
    assert "evidence ends at month 24" in drawn.get_xlabel()


def test_steps_of_a_ladder_add_up_to_its_top() -> None:
    """Each rung stands on the one below: steps sum to the last rung against the baseline."""
    scenario = synthetic.scenario(sets=("measured",))
    low, high = scenario.worlds
    rungs = [replace(high, name=f"rung_{i}", regime=f"rung_{i}") for i in range(3)]
    rungs[0] = replace(rungs[0], model=synthetic.model(police=300.0))
    scenario = replace(scenario, worlds=(replace(low, name="siloed"), *rungs))
    ds = to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))
    assert is_ladder(ds)
    from_start, steps = ladder(ds)
    assert steps[0].net.mean != pytest.approx(steps[1].net.mean)
    assert sum(step.net.mean for step in steps) == pytest.approx(from_start[-1].net.mean)
    drawn = plot_ladder(ds)
    assert [label.get_text() for label in drawn.get_yticklabels()] == ["1. rung 0", "2. rung 1", "3. rung 2"]


def test_single_families_are_drawn_for_one_reading_alone() -> None:
    costs = plot_family_costs(spread())
    assert len(costs.get_lines()) == 2
    assert "2,000 families" in costs.get_xlabel()
    paired = plot_paired(spread())
    widths = [patch.get_width() for patch in paired.patches]
    assert sum(widths) == pytest.approx(1.0)
    assert Spread.from_dict(spread().to_dict()) == spread()


def test_naive_falls_need_checks_that_looked_at_them() -> None:
    checks = [CheckLine("fall", "-1,000 gbp", "", "within", key="naive_onset", number=-1000.0)]
    assert [label.get_text() for label in plot_naive(checks).get_yticklabels()] == ["referral at the onset of crisis"]
    with pytest.raises(ValueError, match="--checks"):
        plot_naive([])
