"""Two runs compared: nothing differs from itself, a changed price shows with its exact effect, pairing only when valid.

In the made-up study calls do not depend on their price, so a dearer call-out costs calls x the change in price: the
paired difference is known in each replication.
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from scipy.stats import ttest_ind
from typer.testing import CliRunner

from sim.cli import app
from sim.config.views.recorded import config_differences, recorded_register
from sim.economics.summary import summarise
from sim.errors import ResultError
from sim.intervals import Estimate, over_replications
from sim.model.titles import Titles
from sim.results.dataset import to_dataset
from sim.results.folder.store import staged, write_results
from sim.results.summary import cost_per_family_year
from sim.results.worlds import world_names
from sim.studies.compare import exhibits as comparison
from sim.studies.compare.answer import Compared, SampledFigure, compare_runs, difference, overlap, welch, why_not_paired
from tests import synthetic

NASTY = '<script>alert(1)</script> [bold]& "'
CONFIG = """
title: {title}
parameters:
  callout: {{value: {callout}, low: 100, high: 300, source: assumption, why: made up}}
effects:
  - {{name: strains, times: 2}}
"""


def made(price: float = 150.0, seed: int = 3, replications: int = 4, sets=("measured",)):
    study = replace(synthetic.scenario(replications, sets), seed=seed)
    return replace(study, worlds=tuple(replace(world, model=synthetic.model(price)) for world in study.worlds))


def run(study) -> tuple[xr.Dataset, dict]:
    ds = to_dataset(study, synthetic.layout(study), synthetic.records(study))
    return ds, summarise(ds)


def figure(found, world: str, measure: str, item: str) -> Compared:
    return next(one for one in found.figures if (one.world, one.measure, one.item) == (world, measure, item))


def test_a_run_does_not_differ_from_itself() -> None:
    a = run(made())
    found = compare_runs(a, a)
    assert len(found.figures) > 8
    assert not any(one.differs for one in found.figures)
    assert (found.only_a, found.only_b, found.left_out_a, found.left_out_b) == ((), (), (), ())
    assert (found.why_not_paired, found.remarks) == ("", ())
    assert comparison.results_table(found).rows == ()


def test_a_changed_price_has_its_exact_effect_in_each_replication() -> None:
    a, b = run(made(150.0)), run(made(200.0))
    found = compare_runs(a, b)
    assert found.why_not_paired == ""
    one = figure(found, "siloed/measured", "cost", "narrow")
    world = world_names(a[0])[0]
    # Costs count from step 6, where the regimes begin; a call-out costs a tenth more from cycle 12 on.
    calls = a[0]["meters"].sel(regime="siloed", effect_set="measured", meter="calls").values
    dearer = 50.0 * np.where(np.arange(-1, synthetic.STEPS) >= 12, 1.1, 1.0)
    years = (synthetic.STEPS - 6) / 12 * synthetic.ROWS
    exact = (calls * dearer)[:, 7:].sum(axis=1) / years
    expected = over_replications(exact)
    assert (one.difference.mean, one.difference.low, one.difference.high) == pytest.approx(
        (expected.mean, expected.low, expected.high), rel=1e-9
    )  # rounding of the sums alone
    apart = welch(cost_per_family_year(a[0], world, "narrow"), cost_per_family_year(b[0], world, "narrow"))
    assert one.difference.high - one.difference.low < apart.high - apart.low
    assert not figure(found, "siloed/measured", "outcome", "crisis_months").differs
    assert not figure(found, "siloed/measured", "mean wait", "keyworker").differs


def test_the_same_price_change_leaves_the_difference_between_regimes_alone() -> None:
    """Calls are the same under both regimes, so what one regime costs more than the other stays."""
    found = compare_runs(run(made(150.0)), run(made(200.0)))
    assert not figure(found, "integrated/measured", "cost minus siloed", "narrow").differs


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (made(seed=4), "seeds"), (made(replications=3), "replications"), (replace(made(), solver="expect"), "expected"),
        (replace(made(), baseline="integrated"), "baselines"), (made(replications=1), "replications"),
    ],
)  # fmt: skip
def test_runs_of_another_kind_are_not_paired(other, reason: str) -> None:
    a, b = run(made()), run(other)
    assert reason in why_not_paired(a[0], b[0])
    assert reason in " ".join(comparison.said(compare_runs(a, b)))


def test_independent_runs_have_welch_s_interval() -> None:
    """Against the one in SciPy, an independent implementation."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(10, 1, 12), rng.normal(11, 3, 7)
    found = welch(a, b)
    expected = ttest_ind(b, a, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-10)
    assert welch(np.ones(3), np.full(4, 2.0)) == Estimate(1.0, 1.0, 1.0)


def test_half_widths_of_single_replications_add_up_as_independent_ones() -> None:
    a = SampledFigure(Estimate(10.0, 7.0, 13.0), "£", np.array([10.0]))
    b = SampledFigure(Estimate(20.0, 16.0, 24.0), "£", np.array([20.0]))
    assert difference(a, b, paired=False) == Estimate(10.0, 5.0, 15.0)
    assert difference(a, replace(b, estimate=Estimate(20.0)), paired=False) == Estimate(10.0)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [((0, 1), (1, 2), True), ((0, 1), (1.1, 2), False), ((0, 4), (1, 2), True), ((None, None), (1, 2), None)],
)
def test_overlap_of_intervals(a, b, expected: bool | None) -> None:
    first, second = Estimate(0.5, *a), Estimate(1.5, *b)
    assert overlap(first, second) is expected
    assert overlap(second, first) is expected


def test_worlds_that_one_run_alone_has_are_named() -> None:
    found = compare_runs(run(made()), run(made(sets=("measured", "no_effect"))))
    assert found.only_b == ("siloed/no_effect", "integrated/no_effect")
    assert {one.world for one in found.figures} == {"siloed/measured", "integrated/measured"}


def recorded(title: str, callout: float, **more: object) -> dict:
    return {"config": CONFIG.format(title=json.dumps(title), callout=callout), "title": title, **more}


def test_keys_that_differ_are_found_with_where_they_were_set() -> None:
    a = recorded(
        "One", 150, origins={"parameters.callout.value": "here/../study.yaml:3:5", "effects.strains.times": "x"}
    )
    b = recorded("One", 200, origins={"parameters.callout.value": "--set parameters.callout=200"})
    (found,) = config_differences(a, b)
    assert (found.key, found.a, found.b) == ("parameters.callout.value", "150", "200")
    assert (found.set_a, found.set_b) == ("study.yaml:3:5", "--set parameters.callout=200")
    assert config_differences(a, a) == []
    more = {**a, "config": a["config"] + "replications: 3\nareas: []\n"}
    assert [(one.key, one.a, one.b) for one in config_differences(a, more)] == [
        ("replications", None, "3"), ("areas", None, "nothing"),
    ]  # fmt: skip


def test_the_register_of_a_run_knows_the_file_that_set_a_figure() -> None:
    (entry,) = recorded_register(recorded("One", 150, origins={"parameters.callout.value": "study.yaml:3:5"}))
    assert (entry.path, entry.number, entry.origin) == ("parameters.callout.value", 150.0, "study.yaml:3:5")


def folder_of(path: Path, price: float) -> Path:
    ds, summary = run(made(price))
    with staged(path) as out:
        write_results(out, ds, summary, recorded(NASTY, price, versions={"python": "3.11"}))
    return path


def test_the_command_says_what_differs_and_writes_a_safe_page(tmp_path: Path) -> None:
    a, b = folder_of(tmp_path / "a", 150.0), folder_of(tmp_path / "b", 200.0)
    page = tmp_path / "page.html"
    result = CliRunner().invoke(app, ["compare", str(a), str(b), "--html", str(page)])
    assert result.exit_code == 0, result.output
    assert "parameters.callout.value\n  A: 150.0\n  B: 200.0\n" in result.output
    assert "cost narrow" in result.output
    assert "so the pairing is valid" in " ".join(result.output.split())
    assert all(len(line) <= 80 for line in result.output.splitlines() if str(tmp_path) not in line)
    html = page.read_text(encoding="utf-8")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "parameters.callout.value" in html
    assert "cost narrow" in html
    same = CliRunner().invoke(app, ["compare", str(a), str(a)])
    assert "Nothing differs in the configs." in same.output
    assert "Nothing differs in the results." in same.output


def test_runs_without_a_world_in_common_are_not_said_to_agree() -> None:
    """The same study under two readings of the evidence: no figure is in both, and each says what it had."""
    found = compare_runs(run(made(sets=("measured",))), run(made(sets=("no_effect",))))
    assert found.figures == ()
    assert comparison.verdict(found).startswith("Nothing could be compared in the results")
    said = " ".join(comparison.said(found))
    assert "Only A has siloed (measured)" in said
    assert "Only B has siloed (no effect)" in said
    assert said.count("cost narrow") == 2


def test_worlds_and_what_they_are_held_against_are_told_by_their_titles() -> None:
    titles = Titles({"siloed": "today's services", "integrated": "one key worker"}, {"measured": "as measured (2019)"})
    found = compare_runs(run(made(150.0)), run(made(200.0, seed=4)))
    pages = comparison.page_tables(found, titles)
    assert pages[0].title == "What differs in the results: today's services (as measured, 2019)"
    labels = [row[0] for table in pages for row in table.rows]
    labels += [row[0].strip() for row in comparison.results_table(found, titles).rows]
    assert "cost minus today's services wide, £" in labels
    assert not any("siloed" in label or "/" in label for label in labels)
    apart = compare_runs(run(made(sets=("measured",))), run(made(sets=("no_effect",))))
    assert "Only A has today's services (as measured, 2019)" in " ".join(comparison.said(apart, titles))
    assert "siloed" not in " ".join(comparison.said(apart, titles))


def test_what_one_run_alone_has_of_a_world_is_left_out_by_name() -> None:
    ds, summary = run(made())
    fewer = ds.isel(service=slice(1, None))
    regimes = summary["regimes"]
    fewer_waits = {name: dict(list(of["wait_months"].items())[1:]) for name, of in regimes.items()}
    regimes = summary["regimes"]
    fewer_waits = {name: dict(list(of["wait_months"].items())[1:]) for name, of in regimes.items()}
    known = {**summary, "regimes": {name: {**of, "wait_months": fewer_waits[name]} for name, of in regimes.items()}}
    found = compare_runs((ds, summary), (fewer, known))
    gone = next(iter(next(iter(summary["regimes"].values()))["wait_months"]))
    assert (found.left_out_a, found.left_out_b) == ((f"mean wait {gone}",), ())
    assert f"Left out, since only A has them: mean wait {gone.replace('_', ' ')}." in comparison.said(found)
    assert comparison.verdict(found) == "Nothing differs in the results."


def test_an_unfinished_or_altered_run_is_not_compared(tmp_path: Path) -> None:
    a = folder_of(tmp_path / "a", 150.0)
    missing = CliRunner().invoke(app, ["compare", str(a), str(tmp_path / "none")])
    assert (missing.exit_code, "not a finished results folder" in missing.output) == (2, True)
    (a / "summary.json").write_text("{}")
    altered = CliRunner().invoke(app, ["compare", str(a), str(a)])
    assert (altered.exit_code, "summary.json was altered" in altered.output) == (2, True)


def test_pounds_of_different_years_are_not_taken_from_each_other() -> None:
    """Amounts of different price years are an error, between runs as within one."""
    made = synthetic.scenario()
    ds = to_dataset(made, synthetic.layout(made), synthetic.records(made))
    other = ds.assign_attrs(price_year="2010/11")
    summary = summarise(ds)
    with pytest.raises(ResultError, match=r"pounds are of .* in A and of 2010/11 in B"):
        compare_runs((ds, summary), (other, summary))
