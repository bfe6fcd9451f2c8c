"""Studies that are odd and legal: old dates, populations that begin empty, prices of several years."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

import sim
from sim.cli import app
from sim.errors import ModelError

DESK = """
title: A desk
sources: optional
replications: 2
clock: {step: day, steps: 2000, first: 0}
units: {caller: {size: 0, arrive: {poisson: 3 / day}, warm_up: 50}}
services:
  desk:
    kind: discretionary
    refer: {when: always, rate: now, again: 0}
    engaged: {mean: 1 day}
    team: {workers: 3, caseload: 1, waiting_room: 4}
outcomes: {turned_away: {counts_as: harm}}
values: [{on: "desk: waiting -> turned_away", turned_away: 1}]
queues: per_family
"""
PRICED = """
title: Prices of two years
sources: optional
clock: {step: month, steps: 12, start: 2012-04}
units: {family: {size: 100}}
chains: {need: {states: [none, some], start: {some: 0.5}, rates: {none -> some: 1, some -> none: 1}}}
costs: [{name: care, while: need == some, price: {value: 1, unit: gbp/month, price_year: 2010/11}}]
"""


LEAVING = """
title: Families leave from the first month on
sources: optional
clock: {step: month, steps: 12, first: 0}
units: {family: {size: 2000, leaves: {rate: 1}}}
chains: {need: {states: [none, some], start: {some: 0.5}, rates: {none -> some: 1, some -> none: 1}}}
services:
  court: {kind: statutory, refer: {when: need == some, rate: 12}, respond: 2 months}
  group: {kind: discretionary, refer: {when: need == some, rate: 2}, engaged: {mean: 3 months}}
  desk:
    kind: discretionary
    refer: {when: need == some, rate: 2}
    engaged: {mean: 3 months}
    team: {workers: 1, caseload: 3}
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "odd.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_what_befalls_who_comes_is_told_for_each_of_them(tmp_path: Path) -> None:
    """M/M/3/7 with load 3: turned away is who finds all seven places taken (Erlang's loss formula with a buffer).

    6,000 callers in each of two replications; five standard errors of callers who depend on each other.
    """
    found = sim.simulate(sim.load(written(tmp_path, DESK)))["outcomes"].values
    weights = [3.0**n / np.prod(np.arange(1, n + 1)) for n in range(3)] + [3.0**3 / 6.0] * 5
    lost = weights[-1] / sum(weights)
    assert np.isfinite(found).all()
    assert found.mean() == pytest.approx(lost, abs=0.03)


def test_a_study_may_begin_in_any_year(tmp_path: Path) -> None:
    ds = sim.simulate(sim.load(written(tmp_path, PRICED), ["clock.start=0999-04"]))
    assert float(ds["cost"].sum()) > 0
    assert ds["year"].values.tolist() == [999]


def test_prices_that_nothing_brings_together_are_refused_before_a_run(tmp_path: Path) -> None:
    path = written(tmp_path, PRICED)
    with pytest.raises(ModelError, match=r"odd\.yaml:7:\d+: costs\.0\.price\.price_year: .* there are no 'deflators'"):
        sim.load(path, ["price_year=2012/13"])
    assert sim.load(path, ["price_year=2010/11"]).worlds
    more = (
        PRICED.rstrip().removesuffix("]")
        + ", {name: more, on: need.any, price: {value: 2, unit: gbp, price_year: YEAR}}]\n"
    )
    with pytest.raises(
        ModelError, match=r"costs\.1\.price\.price_year: .* others are in prices of 2010/11, and there are no"
    ):
        sim.load(written(tmp_path, more.replace("YEAR", "2012/13")))
    assert sim.load(written(tmp_path, more.replace("YEAR", "2010/11"))).worlds


@pytest.mark.parametrize("queues", ["teams", "per_family"])
def test_who_leaves_in_the_first_month_is_gone(queues: str, tmp_path: Path) -> None:
    """A year on exp(-1) of all are there; five standard deviations of a binomial."""
    ds = sim.simulate(sim.load(written(tmp_path, LEAVING), [f"queues={queues}"]))
    there = float(ds["occupancy"].sel(state=["need=none", "need=some"]).isel(step=-1).sum())
    stays = np.exp(-1.0)
    assert there == pytest.approx(2000 * stays, abs=5 * np.sqrt(2000 * stays * (1 - stays)))


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("waiting(court)", r"waiting\(\) takes a service with a queue; there are desk, group"),
        ("places(group)", r"places\(\) takes a service with a team; there are desk"),
        ("places(court)", r"places\(\) takes a service with a team; there are desk"),
    ],
)
def test_what_a_service_has_not_is_refused(expression: str, said: str, tmp_path: Path) -> None:
    path = written(tmp_path, LEAVING)
    with pytest.raises(ModelError, match=said):
        sim.load(path, [f"feedback={{load: {{smooth: {expression}, over: 3 months}}}}"])
    assert sim.load(path, ["feedback={load: {smooth: waiting(group) + places(desk), over: 3 months}}"]).worlds


def test_what_is_no_file_is_said_to_be_none(tmp_path: Path) -> None:
    (tmp_path / "loop.yaml").symlink_to(tmp_path / "loop.yaml")
    (tmp_path / "folder.yaml").mkdir()
    for name, said in (
        ("loop.yaml", "which is no regular file"), ("folder.yaml", "which is a folder"), ("a" * 300, "no such file"),
    ):  # fmt: skip
        result = CliRunner().invoke(app, ["check", str(tmp_path / name)])
        assert result.exit_code == 2
        assert said in " ".join(result.output.split())
        assert "did you mean" not in result.output


def test_a_study_without_estimands_has_nothing_to_solve_for(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["fit-effects", str(written(tmp_path, PRICED))])
    assert result.exit_code == 2
    assert "lists estimands, so that there is nothing to solve for" in " ".join(result.output.split())


def test_results_cannot_lie_in_a_file(tmp_path: Path) -> None:
    """Said before any work is done, with what would do."""
    path = written(tmp_path, PRICED)
    for out in (path, path / "inside", path / "deep" / "inside"):
        result = CliRunner().invoke(app, ["run", str(path), "--out", str(out)])
        assert result.exit_code == 2
        assert "is a file" in result.output
        assert "--out" in result.output
    assert sorted(tmp_path.iterdir()) == [path]
