"""Times of a service under `queues: teams` and `open`: their means are those asked for, or refused.

A time that ends in each step with chance 1 / m is geometric: its mean is m steps, and somebody who is in the state at
point 0 is seen in it at m points on average. The exact solver gives the expected stock at each point, so its sum over
a run long against m is m itself, with no chance in it (what is left at the end, m (1 - 1/m) to the power of the run's
length, is below 1e-14 for 20 steps in 800).
"""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from sim.config.loading import load
from sim.config.translate.durations import step_for
from sim.engine.solvers.choice import solve
from sim.engine.solvers.families import replicate
from sim.errors import ModelError
from sim.model.spec import Scenario

TIMES = {
    "identify": "eligible", "assess": "identified", "offer": "offered", "refused_for": "refused", "patience": "waiting",
    "engaged": "engaged", "aftercare": "aftercare", "respond": "identified",
}  # fmt: skip
"""What each time is spent in."""
STEPS = 800


def study(tmp_path: Path, name: str, mean: str, queues: str = "open", stages: int = 1) -> Scenario:
    """Load a service in which everybody is, from the start, where the time that is asked about is spent.

    With stages all are referred in the first step, and never again.
    """
    statutory = name == "respond"
    kind = "statutory" if statutory else "discretionary"
    rate, again = 0 if stages == 1 else "now", "" if statutory else ", again: 0"
    written = f"{{mean: {mean}, stages: {stages}}}" if name == "engaged" else mean
    lines = [
        "sources: optional", "title: one time", f"queues: {queues}", f"clock: {{step: day, steps: {STEPS}}}",
        "units: {case: {size: 40}}", "services:", "  desk:", f"    kind: {kind}",
        f"    refer: {{when: always, rate: {rate}{again}}}", f"    {name}: {written}",
        *(["    consent: 0.5"] if name == "refused_for" else []),
        *(["    team: {workers: 0, caseload: 1}"] if name == "patience" else []),
        *([f"    start: {{{TIMES[name]}: 1}}"] if stages == 1 else []),
    ]  # fmt: skip
    path = tmp_path / "time.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return load(path)


def points_in(scenario: Scenario, state: str) -> float:
    """Sum the expected share in a state (and its stages) over all points of a run."""
    record, _ = solve(scenario)
    chain = scenario.worlds[0].model.chains[0]
    chosen = [i for i, name in enumerate(chain.states) if name.startswith(state)]
    return float(record.stocks[0][:, chosen].sum()) / 40


@pytest.mark.parametrize("mean", [1, 1.25, 2, 7.5, 20])
@pytest.mark.parametrize("name", sorted(TIMES))
def test_a_mean_of_a_step_or_more_is_kept(name: str, mean: float, tmp_path: Path) -> None:
    queues = "teams" if name == "patience" else "open"  # where places have no limit nobody waits
    assert points_in(study(tmp_path, name, f"{mean} days", queues), TIMES[name]) == pytest.approx(mean, abs=1e-8)


@pytest.mark.parametrize(("mean", "stages"), [(3, 3), (8, 4), (9, 2)])
def test_stages_add_up_to_the_mean(mean: int, stages: int, tmp_path: Path) -> None:
    found = points_in(study(tmp_path, "engaged", f"{mean} days", stages=stages), "engaged")
    assert found == pytest.approx(mean, abs=1e-8)


@pytest.mark.parametrize("queues", ["teams", "open"])
@pytest.mark.parametrize("hundredths", [1, 10, 25, 50, 99])
@pytest.mark.parametrize("name", sorted(TIMES))
def test_a_mean_below_a_step_is_refused(name: str, hundredths: int, queues: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=rf"services\.desk\.{name}.*cannot keep a mean below one") as caught:
        study(tmp_path, name, f"{hundredths / 100} days", queues)
    assert len(caught.value.problems) == 1


@pytest.mark.parametrize("hundredths", [1, 50, 100])
@pytest.mark.parametrize("name", sorted(TIMES))
def test_case_by_case_keeps_any_mean_and_none_is_zero(name: str, hundredths: int, tmp_path: Path) -> None:
    assert study(tmp_path, name, f"{hundredths / 100} days", "per_family").worlds
    with pytest.raises(ModelError, match="write 'now' for what takes no time"):
        study(tmp_path, name, "0 days", "per_family")


def test_each_stage_must_last_a_step(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is 0\.75 steps a stage \(4 stages\)"):
        study(tmp_path, "engaged", "3 days", stages=4)


@pytest.mark.parametrize("name", ["identify", "assess", "offer", "aftercare", "respond"])
def test_what_takes_no_time_is_left_out(name: str, tmp_path: Path) -> None:
    path = tmp_path / "now.yaml"
    kind = "statutory" if name == "respond" else "discretionary"
    text = (
        "sources: optional\ntitle: now\nclock: {step: day, steps: 5}\nunits: {case: {size: 10}}\n"
        f"services: {{desk: {{kind: {kind}, refer: {{when: always, rate: now}}, engaged: 5 days"
    )
    path.write_text(f"{text}}}}}\n", encoding="utf-8")
    without = load(path).worlds[0].model
    path.write_text(f"{text}, {name}: now}}}}\n", encoding="utf-8")
    assert load(path).worlds[0].model == without


def test_without_patience_nobody_stays_who_finds_no_place(tmp_path: Path) -> None:
    """Nine ask each day, four are let in and the others have left before the next meeting: nobody is let in late."""
    path = tmp_path / "lost.yaml"
    path.write_text(
        "sources: optional\ntitle: lost\nclock: {step: day, steps: 40}\n"
        "units: {case: {size: 900}}\n"
        "services:\n  desk: {kind: discretionary, refer: {when: always, rate: 40, again: 0}, patience: now, "
        "engaged: 10 days, team: {workers: 4, caseload: 1}, priority: [wait desc]}\n",
        encoding="utf-8",
    )
    record = replicate(load(path), 0)
    joined, admitted, left, waiting = (record.queue[0, 0, i] for i in (2, 3, 4, 5))
    assert record.waits[0, 0, 0] == admitted > 4
    assert not record.waits[0, 0, 1:].any()
    assert joined == admitted + left + waiting
    states = load(path).worlds[0].model.chains[0].states
    gave_up = record.stocks[0][:, states.index("dropped_out")]
    in_line = record.stocks[0][:, states.index("waiting")]
    assert np.array_equal(np.diff(gave_up)[1:], in_line[1:-1])  # all of a day's line is gone a day later


def test_no_low_and_high_of_no_time(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="takes no time, so it has no low"):
        study(tmp_path, "identify", "{mean: now, low: 1 day, high: 2 days}")


def test_check_names_what_loses_its_spread(tmp_path: Path) -> None:
    """A geometric time of mean 1.25 has a standard deviation of sqrt(1.25 x 0.25) = 0.56."""
    (note,) = study(tmp_path, "assess", "1.25 days").cautions
    assert "a mean of 1.25 steps is kept" in note
    assert "standard deviation is 0.56," in note
    assert note.endswith("services.desk.assess")
    assert not study(tmp_path, "assess", "2 days").cautions
    assert not study(tmp_path, "assess", "1.25 days", "per_family").cautions


@pytest.mark.parametrize(
    ("days", "step"), [(400, "year"), (92, "quarter"), (31, "month"), (15, "week"), (6, "day"), (0.7, "0.5 day"),
                       (0.25, "0.25 day"), (0.2, "0.125 day")],
)  # fmt: skip
def test_the_longest_ordinary_step(days: float, step: str) -> None:
    assert step_for(Fraction(days).limit_denominator(1000) * Fraction(4, 1461)) == step
