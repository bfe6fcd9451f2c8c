"""The benchmark's judgement, on made-up histories: nothing is timed here.

A ratio fails from just over 15% worse than the recorded median, whichever way is better; noise of 14% does not. A power
law has a straight line of logarithms, so its exponent comes back exactly.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.check import compare, main
from benchmarks.ensemble import hundred
from benchmarks.growth import exponent
from benchmarks.history import KERNELS, Line, Metric, append, default_path, read
from benchmarks.scaling import fit, settings
from tests.places import ROOT

HERE = "made up"


def line(machine: str = HERE, **values: tuple[float, str]) -> Line:
    return Line(machine, {name: Metric(value, better) for name, (value, better) in values.items()})  # type: ignore[arg-type]


def failed(*lines: Line) -> list[str]:
    return [finding.name for finding in compare(lines) if finding.failed]


@pytest.mark.parametrize(
    ("recorded", "now", "better", "worse"),
    [
        (10.0, 8.51, "more", False),
        (10.0, 8.49, "more", True),
        (10.0, 30.0, "more", False),
        (8.5, 9.99, "less", False),
        (8.5, 10.01, "less", True),
        (8.5, 1.0, "less", False),
        (1.0, 1.14, "flatter", False),
        (1.0, 1.16, "flatter", True),
        (0.0, -0.1, "flatter", False),
    ],
)
def test_fifteen_per_cent_either_way(recorded: float, now: float, better: str, worse: bool) -> None:
    assert bool(failed(line(speed=(recorded, better)), line(speed=(now, better)))) is worse


def test_the_recorded_value_is_the_median_of_the_last_five() -> None:
    """One lucky run, and one long ago, do not count: 10, not 40 or 100, is what 9 is held against."""
    values = [100.0, 100.0, 100.0, 10.0, 10.0, 40.0, 9.5, 10.0, 9.0]
    assert failed(*(line(speed=(value, "more")) for value in values)) == []
    assert failed(*(line(speed=(value, "more")) for value in [*values[:-1], 8.0])) == ["speed"]


def test_only_machines_of_the_same_kind_are_compared() -> None:
    (finding,) = compare([line("another", speed=(100.0, "more")), line(speed=(1.0, "more"))])
    assert finding.recorded is None
    assert not finding.failed


def test_a_measurement_that_is_left_out_does_not_pass() -> None:
    assert failed(line(a=(1.0, "more"), b=(1.0, "more")), line(a=(1.0, "more"))) == ["b (not measured any more)"]


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 for no worse, 1 for worse, 2 when there is nothing to read; what is written is read back."""
    path = tmp_path / "deep" / "history.jsonl"
    assert main([str(path)]) == 2
    assert "make bench" in capsys.readouterr().err
    lines = [line(speed=(10.0, "more"), memory=(100.0, "less")), line(speed=(9.0, "more"), memory=(90.0, "less"))]
    for one in lines:
        append(path, one)
    assert read(path) == lines
    assert main([str(path)]) == 0
    append(path, line(speed=(5.0, "more"), memory=(90.0, "less")))
    assert main([str(path)]) == 1
    assert "WORSE  speed: 5 (recorded 9.5)" in capsys.readouterr().out
    assert main([str(path), "--worse", "0.6"]) == 0
    with pytest.raises(SystemExit):
        main([str(path), "--worse", "1.5"])


@pytest.mark.parametrize(
    "text",
    ["nonsense", "[]", '{"machine": "x"}', '{"machine": "x", "metrics": {"a": {"value": "b", "better": "more"}}}',
     '{"machine": "x", "metrics": {"a": {"value": NaN, "better": "more"}}}',
     '{"machine": "x", "metrics": {"a": {"value": 1, "better": "faster"}}}'],
)  # fmt: skip
def test_a_line_that_is_none_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "history.jsonl"
    append(path, line(speed=(1.0, "more")))
    with path.open("a", encoding="utf-8") as file:
        file.write(text + "\n")
    with pytest.raises(ValueError, match="line 2: not a measurement"):
        read(path)
    assert main([str(path)]) == 2


def test_the_history_may_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_HISTORY", str(tmp_path / "kept.jsonl"))
    assert default_path() == tmp_path / "kept.jsonl"
    monkeypatch.delenv("BENCH_HISTORY")
    assert default_path().name == "history.jsonl"


def test_an_exponent_comes_back() -> None:
    sizes = np.array([1.0, 2.0, 5.0, 10.0])
    assert exponent(sizes, 3.0 * sizes**1.7) == pytest.approx(1.7, rel=1e-12)
    assert exponent(sizes, np.full(4, 2.0)) == pytest.approx(0.0, abs=1e-12)
    for nonsense in (([1.0], [1.0]), ([1.0, 1.0], [1.0, 2.0]), ([1.0, 2.0], [1.0]), ([1.0, 2.0], [0.0, 1.0])):
        with pytest.raises(ValueError, match="size"):
            exponent(*nonsense)


def test_a_line_of_costs_comes_back() -> None:
    sizes = [1.0, 10.0, 100.0]
    assert fit(sizes, [5.0 + 2.0 * size for size in sizes]) == pytest.approx((5.0, 2.0), rel=1e-9)
    with pytest.raises(ValueError, match="two at least"):
        fit([1.0, 1.0], [1.0, 2.0])


def test_posts_follow_families() -> None:
    """A tenth of the nation has a tenth of its posts, and the config takes the settings."""
    import sim

    config = ROOT / "benchmarks" / "ten_million.yaml"
    siloed, integrated = sim.load(config, settings(12_000, 25)).worlds

    def posts(model: object, name: str) -> float:
        chain = next(chain for chain in model.chains if chain.name == name)  # type: ignore[attr-defined]
        return sum(chain.service.team.workers.values())

    assert (siloed.model.units[0].size, siloed.model.clock.steps) == (12_000, 25)
    assert posts(siloed.model, "family_support") == pytest.approx(180)
    assert posts(integrated.model, "keyworker") == pytest.approx(300)
    whole = {world.regime: world.model for world in sim.load(config).worlds}
    assert posts(whole["integrated"], "keyworker") == pytest.approx(250_000)
    for one in (integrated.model, whole["integrated"]):  # the rest of the regime is still there
        assert one.parameters["joined_up"].expression.root.value == 1


def test_a_hundred_replications_are_worked_out_from_two_ensembles() -> None:
    """A pair takes 10; each replication 10.5 and 3 are fixed: 100 on two cores last (3 + 1050) / 2 = 52.65 pairs."""
    assert hundred(2, 24.0, 6, 66.0, 10.0, 2) == pytest.approx((0.3, 1.05, 52.65))
    with pytest.raises(ValueError, match="larger"):
        hundred(4, 1.0, 4, 1.0, 1.0, 2)


def test_lines_with_kernels_and_without_are_held_to_their_own_kind(tmp_path: Path, capsys) -> None:
    """Both last lines are judged, each against its own past, however far apart they are."""
    path = tmp_path / "history.jsonl"
    for machine, speed in ((HERE, 10.0), (HERE + KERNELS, 50.0), (HERE, 5.0), (HERE + KERNELS, 49.0)):
        append(path, line(machine, speed=(speed, "more")))
    assert main([str(path)]) == 1
    told = capsys.readouterr().out
    assert "WORSE  speed: 5 (recorded 10)" in told
    assert f"ok     speed{KERNELS}: 49 (recorded 50)" in told
