"""The summary: its keys are a contract, its intervals are Student's t of paired differences, its waits pool exactly."""

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from sim.economics.summary import summarise
from sim.economics.value.present_value import present_value_per_family, schedule_named
from sim.engine.counts.record import WAIT_EDGES, wait_sums
from sim.exhibits.csv import write_csv
from sim.intervals import between_rows, over_replications
from sim.report.tables import comparisons
from sim.results.dataset import to_dataset
from sim.results.facts import facts_of, written
from sim.results.summary import cost_per_family_year, figures_of
from sim.results.tables import LEDGER_COLUMNS, ledger_rows, ledger_table, summary_rows
from sim.results.waits import quantile, quantile_of_times
from sim.results.worlds import world_names
from tests import synthetic


def dataset(**options):
    scenario = synthetic.scenario(**options)
    return to_dataset(scenario, synthetic.layout(scenario), synthetic.records(scenario))


@pytest.fixture(scope="module")
def ds():
    return dataset()


@pytest.fixture(scope="module")
def summary(ds):
    return summarise(ds)


def test_keys_are_those_that_scripts_rely_on(summary) -> None:
    top = "families steps step replications seed baseline regimes differences interval timing"
    assert set(top.split()) <= set(summary)
    regime = summary["regimes"]["siloed/measured"]
    assert set(regime) == {"cost_per_family_year", "wait_months", "outcomes", "occupancy"}
    assert set(regime["cost_per_family_year"]["narrow"]) == {"mean", "low", "high", "gross", "programme"}
    assert set(regime["wait_months"]["keyworker"]) == {"waited_share", "mean", "p50", "p90", "waiting", "left"}
    assert set(regime["outcomes"]["crisis_months"]) == {"mean", "low", "high", "sd"}
    assert len(regime["occupancy"]["crisis"]["stable"]) == summary["steps"] + 1
    difference = summary["differences"]["integrated/measured"]
    assert set(difference) == set(regime) | {"npsv", "bcr", "why_no_ratio", "payback_month"}
    assert set(summary["timing"]) == {"engine_seconds", "family_months_per_second", "peak_mb"}
    assert list(summary["differences"]) == ["integrated/measured", "integrated/no_effect"]
    json.dumps(summary, allow_nan=False)


def test_cost_counts_from_the_start_of_the_regimes(ds, summary) -> None:
    """30 steps, regimes from point 6: 24 months, so 2 years of 1,000 families."""
    counts = np.stack([record.meters[1, 6:] for record in synthetic.records(synthetic.scenario())])
    price = 150 * np.where(np.arange(6, 30) >= 12, 1.1, 1.0)
    gross = (counts[:, :, 1] * price).sum(axis=1) / 2000
    programme = counts[:, :, 2].sum(axis=1) * 3000 * 195.97 / 190.03 / 2000
    found = summary["regimes"]["integrated/measured"]["cost_per_family_year"]["narrow"]
    assert found["gross"] == pytest.approx(gross.mean(), rel=1e-12)
    assert found["programme"] == pytest.approx(programme.mean(), rel=1e-12)
    assert found["mean"] == pytest.approx((gross + programme).mean(), rel=1e-12)


def test_interval_is_the_paired_t_interval(ds, summary) -> None:
    """The same as SciPy's one-sample t-interval of the differences within replications."""
    worlds = {world.name: world for world in world_names(ds)}
    paired = cost_per_family_year(ds, worlds["integrated/measured"], "wide") - cost_per_family_year(
        ds, worlds["siloed/measured"], "wide"
    )
    low, high = stats.t.interval(0.95, paired.size - 1, paired.mean(), stats.sem(paired))
    found = summary["differences"]["integrated/measured"]["cost_per_family_year"]["wide"]
    assert (found["mean"], found["low"], found["high"]) == pytest.approx((paired.mean(), low, high), rel=1e-12)
    assert summary["interval"] == "monte_carlo"


def test_paired_difference_is_sharper_than_two_worlds_apart(summary) -> None:
    difference = summary["differences"]["integrated/measured"]["cost_per_family_year"]["narrow"]
    alone = summary["regimes"]["integrated/measured"]["cost_per_family_year"]["narrow"]
    assert difference["high"] - difference["low"] < 1e-6 < alone["high"] - alone["low"]


def test_regimes_are_compared_with_each_other_at_the_same_money() -> None:
    """A third regime that is a copy of the second differs from it by exactly nothing, and by as much from the first."""
    scenario = synthetic.scenario(sets=("measured",))
    copy = replace(scenario.worlds[1], name="copy/measured", regime="copy")
    scenario = replace(scenario, worlds=(*scenario.worlds, copy))
    made = [replace_world(record, 2, 1) for record in synthetic.records(scenario)]
    summary = summarise(to_dataset(scenario, synthetic.layout(scenario), made))
    against = summary["comparisons"]["copy/measured"]["integrated/measured"]["cost_per_family_year"]["wide"]
    assert against == {"mean": 0, "low": 0, "high": 0, "gross": 0, "programme": 0}
    first, second = (summary["differences"][f"{name}/measured"] for name in ("integrated", "copy"))
    assert first["cost_per_family_year"] == second["cost_per_family_year"]
    table = comparisons(summary)
    assert [row[:2] for row in table.rows] == [("copy/measured", "integrated/measured")]


def replace_world(record, target: int, source: int):
    """Copy the counts of one world over those of another."""
    record.meters[target] = record.meters[source]
    return record


def test_one_replication_takes_the_variance_between_families() -> None:
    summary = summarise(dataset(replications=1))
    assert summary["interval"] == "between_family"
    cost = summary["regimes"]["siloed/measured"]["cost_per_family_year"]["narrow"]
    # 2,000 pounds between families over the 2 years since the regime began, 1,000 families.
    assert cost["high"] - cost["mean"] == pytest.approx(stats.norm.ppf(0.975) * 2000 / 2.0 / np.sqrt(1000))
    outcome = summary["regimes"]["siloed/measured"]["outcomes"]["crisis_months"]
    assert outcome["high"] - outcome["mean"] == pytest.approx(stats.norm.ppf(0.975) * 3 / np.sqrt(1000))
    assert outcome["sd"] == 3.0
    assert summary["differences"]["integrated/measured"]["outcomes"]["crisis_months"]["low"] is None


def test_expected_values_have_no_interval() -> None:
    summary = summarise(dataset(replications=1, solver="expect"))
    assert summary["interval"] is None
    cost = summary["regimes"]["siloed/measured"]["cost_per_family_year"]["narrow"]
    assert cost["low"] is None
    assert cost["high"] is None


def test_intervals_without_what_they_need() -> None:
    assert over_replications(np.array([3.0])).low is None
    assert over_replications(np.array([np.nan, 1.0])).low is None
    assert between_rows(1.0, float("nan"), 10).low is None


def test_waits_by_hand() -> None:
    histogram = np.array([5.0, 0.0, 3.0, 0.0, 2.0, 0.0])
    assert wait_sums(histogram).tolist() == [14.0, 5.0]
    assert [quantile(histogram, share) for share in (0.5, 0.51, 0.8, 0.9)] == [0, 2, 2, 4]
    assert np.isnan(quantile(np.zeros(3), 0.5))


def test_quantiles_of_times_are_good_to_two_percent() -> None:
    """Of 100,000 exponential waits of a tenth of a step and of 30 steps, a third of them none at all."""
    for mean in (0.1, 30.0):
        u = (np.arange(100_000) + 0.5) / 100_000
        waits = np.where(u < 1 / 3, 0.0, -mean * np.log1p(-np.maximum(u - 1 / 3, 0.0) * 1.5))
        histogram = np.bincount(np.searchsorted(WAIT_EDGES, waits), minlength=len(WAIT_EDGES)).astype(float)
        assert quantile_of_times(histogram, 0.3) == 0.0
        for share in (0.4, 0.5, 0.9, 0.99):
            assert quantile_of_times(histogram, share) == pytest.approx(np.quantile(waits, share), rel=0.02)
    assert np.isnan(quantile_of_times(np.zeros_like(WAIT_EDGES), 0.5))


def test_no_mean_of_waits_longer_than_are_told_apart() -> None:
    """Two of ten waited four steps or longer: the mean is not known, the median is, the ninth decile is not."""
    histogram = np.array([5.0, 0.0, 3.0, 0.0, 2.0])
    assert np.isnan(wait_sums(histogram)[0])
    assert wait_sums(histogram)[1] == 5.0
    assert [quantile(histogram, share) for share in (0.5, 0.8)] == [0, 2]
    assert np.isnan(quantile(histogram, 0.9))


def test_quantiles_pool_replications(ds, summary) -> None:
    waits = np.concatenate(
        [np.repeat(np.arange(20), r.waits[0, 0].astype(int)) for r in synthetic.records(synthetic.scenario())]
    )
    found = summary["regimes"]["siloed/measured"]["wait_months"]["keyworker"]
    assert found["p50"] == np.quantile(waits, 0.5, method="inverted_cdf")
    assert found["p90"] == np.quantile(waits, 0.9, method="inverted_cdf")
    assert found["mean"] == pytest.approx(waits.mean())
    assert found["waited_share"] == pytest.approx((waits > 0).mean())


def test_shares_of_a_chain_sum_to_one(summary) -> None:
    states = summary["regimes"]["integrated/measured"]["occupancy"]["crisis"]
    assert np.sum(list(states.values()), axis=0) == pytest.approx(np.ones(31))


def test_ledger_rows_sum_to_the_cost_of_the_run(ds) -> None:
    rows = [dict(zip(LEDGER_COLUMNS, row, strict=True)) for row in ledger_rows(ds)]
    for world in world_names(ds):
        mine = [row for row in rows if (row["regime"], row["effect_set"]) == (world.regime, world.effect_set)]
        wide = sum(row["mean"] for row in mine if row["ledger"] == "wide")
        total = float(ds["cost"].sel(regime=world.regime, effect_set=world.effect_set).sum(["year", "line"]).mean())
        assert wide == pytest.approx(total, abs=0.01)
    assert {row["year"] for row in rows} == {"2011/12", "2012/13", "2013/14"}
    assert all(row["low"] <= row["mean"] <= row["high"] for row in rows)


def test_tables_survive_being_read_back(tmp_path, ds, summary) -> None:
    write_csv(tmp_path / "ledger.csv", ledger_table(ds))
    read = list(csv.DictReader(io.StringIO((tmp_path / "ledger.csv").read_text(encoding="utf-8-sig"))))
    assert tuple(read[0]) == LEDGER_COLUMNS
    assert [float(row["mean"]) for row in read] == [row[-3] for row in ledger_rows(ds)]
    long = {row[:6]: row[6] for row in summary_rows(ds, summary)}
    key = ("regime", "siloed", "measured", "cost_per_family_year", "narrow", "mean")
    assert long[key] == summary["regimes"]["siloed/measured"]["cost_per_family_year"]["narrow"]["mean"]


def test_present_value_discounts_each_month(ds) -> None:
    world = world_names(ds)[0]
    counts = np.stack([record.meters[0] for record in synthetic.records(synthetic.scenario())])
    factor = 1.035 ** -(np.arange(1, 31) / 12)
    narrow = counts[:, :, 1] * 150 * np.where(np.arange(30) >= 12, 1.1, 1) + counts[:, :, 2] * 3000 * 195.97 / 190.03
    found = present_value_per_family(ds, world, "narrow", schedule_named(ds, "green_book"))
    np.testing.assert_allclose(found, (narrow * factor).sum(axis=1) / 1000, rtol=1e-12)
    with pytest.raises(ValueError, match="no discount schedule 'x'; there are green_book"):
        schedule_named(ds, "x")


def test_a_quantile_of_times_lies_within_its_bin_by_the_share_that_is_wanted():
    """One waited in bin 300 and three in bin 500: half of four is one of the three, a third of the way through."""
    histogram = np.zeros_like(WAIT_EDGES)
    histogram[[300, 500]] = 1.0, 3.0
    low, high = WAIT_EDGES[499], WAIT_EDGES[500]
    assert quantile_of_times(histogram, 0.5) == pytest.approx(low + (high - low) / 3, rel=1e-12)
    assert quantile_of_times(histogram, 1.0) == pytest.approx(high, rel=1e-12)


def test_half_the_time_up_to_a_number_is_the_least_that_holds_for_half_of_it(ds):
    """3 in twelve of 24 steps and 8 in the others: up to 3 in just half of them, up to 8 in nine of ten."""
    named = replace(facts_of(ds), distributions={"load": "calls"})
    counts = ds["meters"].copy(deep=True)
    counts.loc[{"meter": "calls"}] = np.where(np.arange(ds.sizes["step"]) % 2, 3.0, 8.0)
    made = ds.assign(meters=counts).assign_attrs(written(named))
    told = figures_of(made, world_names(made)[0])["distributions"]["load"]
    assert told == {"mean": 5.5, "p50": 3, "p90": 8, "p99": 8, "most": 8}
