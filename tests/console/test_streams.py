"""What reaches a terminal, and what Ctrl-C does where Python would lose it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import typer

from sim.console.errors import plainly
from sim.console.printing import print_table, say
from sim.exhibits.terminal import visible
from sim.results.columns import table
from sim.results.folder.manifest import verify
from sim.results.folder.store import staged
from sim.runs.pool import run_batches
from tests.places import ROOT

RUN = ["run", "textbook/annuity", "--set", "units.person.size=20", "--replications", "2", "--out", "out"]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;another title\x07here", "here"),
        ("\x1b]8;;http://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9b31mred, in one byte", "31mred, in one byte"),
        ("over\rwritten\x08\x7f", "overwritten"),
        ("\u202ereversed\u2066", "reversed"),
        ("cut short \x1b]0;", "cut short "),
        ("£5, naïve\n\tkept: 東京 👩‍👧", "£5, naïve\n\tkept: 東京 👩‍👧"),
    ],
)
def test_nothing_in_a_text_acts_on_a_terminal(text: str, read: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert visible(text) == read
    say(text)
    say(text, err=True, nl=False)
    assert capsys.readouterr() == (f"{read}\n", read)
    print_table(table("areas.csv", (text,), [(text,)]))
    assert "\x1b" not in capsys.readouterr().out


def test_one_place_prints() -> None:
    """So that nothing reaches a terminal as it is; rich's tables and bars are made of what is left visible."""
    files = [path for room in ("sim", "calibration") for path in (ROOT / room).rglob("*.py")]
    prints = re.compile(r"typer\.echo|click\.echo|(?<![\w.])print\(")
    found = [path.relative_to(ROOT).as_posix() for path in files if prints.search(path.read_text(encoding="utf-8"))]
    assert found == ["sim/console/printing.py"]


class Freed:
    """Presses Ctrl-C while it is freed, where Python drops what is raised; so it is while figures are drawn."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


@pytest.fixture
def _hears() -> Iterator[None]:
    """Let Ctrl-C be Python's own and unblocked, whatever other tests of this process left."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    mask = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    yield
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_hears")
def test_ctrl_c_that_python_lost_is_heard(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reached: list[str] = []

    def stopped_at_the_end() -> None:
        Freed()
        reached.append("end")

    def stopped_before_results_are_in_place() -> None:
        with staged(tmp_path / "out"):
            Freed()
        reached.append("results")

    for command in (stopped_at_the_end, stopped_before_results_are_in_place):
        with pytest.raises(typer.Exit) as ended:
            plainly(command)()
        assert ended.value.exit_code == 130
        assert capsys.readouterr() == ("", "Stopped.\n")
    assert reached == ["end"]
    assert os.listdir(tmp_path) == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    plainly(lambda: None)()  # what was pressed in one command does not stop the next


@pytest.mark.usefixtures("_hears")
@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_that_python_lost_stops_a_long_run_at_its_next_batch(workers: int) -> None:
    """The last of a hundred batches would otherwise be the first to ask."""
    answered: list[int] = []

    def command() -> None:
        for answer in run_batches(abs, range(100), workers):
            answered.append(answer)
            Freed()

    with pytest.raises(typer.Exit) as ended:
        plainly(command)()
    assert (ended.value.exit_code, len(answered)) == (130, 1)


def _hears_ctrl_c(_: int) -> bool:
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


@pytest.mark.skipif(os.name == "nt", reason="masks of signals as POSIX has them")
def test_ctrl_c_is_for_the_main_process() -> None:
    """Else a process that is still importing would print where it was.

    In a program of its own: processes are forked off a server, which other tests may have started as it is.
    """
    program = (
        "from sim.runs.executors import run_on_processes\nfrom tests.console.test_streams import _hears_ctrl_c\n"
        "print(*run_on_processes(_hears_ctrl_c, [1, 2], 2), _hears_ctrl_c(0))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "True"]


def main(folder: Path, before: str, *arguments: str, preexec: Callable[[], None] | None = None):
    """Run the command in a process of its own, without figures."""
    program = (
        f"import sys, sim.cli, sim.report.presentation\nsim.report.presentation.present = lambda *_: None\n"
        f"sys.argv = ['families', *{list(arguments)}]\n{before}\nsim.cli.main()"
    )
    return subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True,
        text=True, check=False, preexec_fn=preexec,
    )  # fmt: skip


@pytest.mark.skipif(os.name == "nt", reason="closes streams as POSIX does")
def test_a_run_without_stdout_ends_quietly(tmp_path: Path) -> None:
    done = main(tmp_path, "", *RUN, preexec=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (0, "")
    verify(tmp_path / "out")


def test_what_libraries_say_to_programmers_is_not_printed(tmp_path: Path) -> None:
    before = (
        "import warnings, logging\n"
        "sim.cli.app.command('odd')(lambda: [warnings.warn('odd'), logging.getLogger('x').error('odd'), None].clear())"
    )
    done = main(tmp_path, before, "odd")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
