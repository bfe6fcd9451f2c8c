"""Where a command stands, in words and on time: with a clock of its own, so that nothing here waits."""

from __future__ import annotations

import sys

import pytest

from sim.console import progress
from sim.console.progress import EVERY, Progress, stages
from sim.stages import SILENT, StageListener


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def at(clock: Clock, told: list[str]) -> Progress:
    return Progress(told.append, clock)


def test_a_line_comes_every_ten_seconds_and_not_before(at: Progress, clock: Clock, told: list[str]) -> None:
    at.stage("Draws", 100)
    for second in range(1, 36):
        clock.now = 1000.0 + second
        at(second, 100)
        at.tick()
        at.tick()
    assert EVERY == 10.0
    assert told == [
        "Draws: 10 of 100, 10 seconds gone, about 90 seconds left",
        "Draws: 20 of 100, 20 seconds gone, about 80 seconds left",
        "Draws: 30 of 100, 30 seconds gone, about 70 seconds left",
    ]


def test_a_stage_that_counts_nothing_is_told_by_its_name_and_time(at: Progress, clock: Clock, told: list[str]) -> None:
    at.stage("Draws", 4)
    at(4, 4)
    clock.now += 3.0
    at.stage("Writing the workbook")
    clock.now += 130.0
    at.tick()
    assert told == ["Writing the workbook, 2.2 minutes gone"]


def test_what_was_kept_from_before_says_nothing_about_the_pace(at: Progress, clock: Clock) -> None:
    """90 of 100 were there: one more in 6 seconds leaves 9 of them, 54 seconds."""
    at.stage("Replications")
    at(90, 100)
    assert at.line() == "Replications: 90 of 100, 0 seconds gone"
    clock.now += 6.0
    at(91, 100)
    assert at.line() == "Replications: 91 of 100, 6 seconds gone, about 54 seconds left"
    clock.now += 4.0
    assert at.line().endswith("about 50 seconds left")
    clock.now += 400.0
    assert at.line().endswith("about 0 seconds left")


def test_a_count_below_the_last_begins_anew(at: Progress, clock: Clock) -> None:
    at.stage("Runs of the model")
    for done in (0, 5, 10):
        at(done, 10)
        clock.now += 1.0
    at(0, 4)
    clock.now += 20.0
    at(2, 4)
    assert at.line() == "Runs of the model: 2 of 4, 23 seconds gone, about 20 seconds left"


def test_a_line_to_read_comes_at_once_and_puts_off_the_next(at: Progress, clock: Clock, told: list[str]) -> None:
    clock.now += 9.0
    at.say("sweep 1")
    clock.now += 9.0
    at.tick()
    assert told == ["sweep 1"]


def test_nothing_done_or_wanted_has_no_time_left(at: Progress) -> None:
    at.stage("Draws", 0)
    assert (at.line(), at.share) == ("Draws: 0 of 0, 0 seconds gone", None)


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with stages(quiet=True) as at:
        assert at is SILENT
        at.stage("Draws", 3)
        at(1, 3)
        at.say("nothing of this")
    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_lines_go_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with stages() as at:
        at.stage("Draws", 3)
        at.say("a line")
    assert capsys.readouterr() == ("", "a line\n")


def test_without_a_terminal_a_busy_command_is_heard_from(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The thread looks at the clock by itself: here every line is due at once, and the command waits for one."""
    from threading import Event

    heard = Event()
    monkeypatch.setattr(progress, "EVERY", 0.0)
    monkeypatch.setattr(progress, "LOOK", 0.0)
    monkeypatch.setattr(Progress, "say", lambda self, line: (self._tell(line), heard.set()))
    with stages() as at:
        at.stage("Writing the workbook")
        assert heard.wait(10.0)
    assert "gone" in capsys.readouterr().err


def test_on_a_terminal_there_is_one_bar_of_the_stage(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    from rich.console import Console

    console = Console(width=80, force_terminal=True, color_system=None)
    at = Progress(print, clock)
    at.stage("Drawing figures", 4)
    clock.now += 2.0
    at(2, 4)
    with console.capture() as shown:
        console.print(at)
    assert "━" * 6 in shown.get()
    assert shown.get().rstrip().endswith("Drawing figures: 2 of 4, 2 seconds gone, about 2 seconds left")
    assert max(map(len, shown.get().splitlines())) <= 80


def test_a_terminal_is_told_through_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with stages() as at:
        assert isinstance(at, StageListener)
        assert at is not SILENT
        at.stage("Draws", 2)
        at(1, 2)
