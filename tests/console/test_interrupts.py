"""Ctrl-C in code that must not be broken off: that code is done first, and the command stops at once afterwards.

The signal is raised for real, from within such code: an import, and xarray while it writes a file.
"""

from __future__ import annotations

import importlib
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import xarray as xr
from xarray.backends.netCDF4_ import NetCDF4DataStore

from sim.interrupts import heard, noted, stop_if_pressed

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="a press is tried again by an alarm of POSIX")


def press_and_go_on(done: list[str]) -> None:
    """Press Ctrl-C, and go on with what must not be broken off for longer than until it is tried again."""
    signal.raise_signal(signal.SIGINT)
    last = time.monotonic() + 0.1
    while time.monotonic() < last:
        pass
    done.append("done")


def go_on_for_long() -> None:
    """Work that may be broken off."""
    last = time.monotonic() + 20
    while time.monotonic() < last:
        pass
    pytest.fail("Ctrl-C was not heard")


@pytest.fixture
def listening() -> Iterator[None]:
    """Listen as a terminal has it; tests in the background may be deaf."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("listening")
def test_an_import_is_done_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"from {__name__} import press_and_go_on\nDONE = []\npress_and_go_on(DONE)\n"
    (tmp_path / "pressed_in.py").write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, __name__, sys.modules[__name__])
    with pytest.raises(KeyboardInterrupt), heard():
        importlib.import_module("pressed_in")
        go_on_for_long()
    assert sys.modules.pop("pressed_in").DONE == ["done"]


@pytest.mark.usefixtures("listening")
def test_a_file_is_written_first_and_can_be_closed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    close = NetCDF4DataStore.close
    monkeypatch.setattr(NetCDF4DataStore, "close", lambda store: (press_and_go_on(done), close(store)))
    table = xr.Dataset({"a": ("x", [1.0, 2.0])})
    with pytest.raises(KeyboardInterrupt), heard():
        table.to_netcdf(tmp_path / "a.nc", engine="netcdf4")
        go_on_for_long()
    assert done
    monkeypatch.undo()
    with xr.open_dataset(tmp_path / "a.nc", engine="netcdf4") as kept:
        xr.testing.assert_identical(kept.load(), table)


@pytest.mark.usefixtures("listening")
def test_elsewhere_it_is_raised_where_it_is_pressed_and_once() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt), heard():
        press_and_go_on(done)
    assert not done
    stop_if_pressed()  # nothing is left of it
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGALRM) is signal.SIG_DFL


@pytest.mark.usefixtures("listening")
def test_cleaning_up_after_a_press_is_not_broken_off_by_the_same_press(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pressed in an import, and asked about before it would have been tried again."""
    (tmp_path / "pressed_at_the_end.py").write_text(
        "import signal\nsignal.raise_signal(signal.SIGINT)\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(tmp_path)
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt), heard():
        importlib.import_module("pressed_at_the_end")
        try:
            stop_if_pressed()
        finally:
            last = time.monotonic() + 0.1
            while time.monotonic() < last:
                pass
            done.append("cleaned up")
    sys.modules.pop("pressed_at_the_end")
    assert done


@pytest.mark.usefixtures("listening")
def test_a_press_before_the_command_stops_it_where_it_begins() -> None:
    done: list[str] = []
    with noted():
        press_and_go_on(done)
        with pytest.raises(KeyboardInterrupt), heard():
            pytest.fail("it began")
    assert done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
