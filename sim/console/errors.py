"""What goes wrong in a command, as plain lines and an exit code."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import ParamSpec

import typer

from sim.console.printing import say
from sim.errors import ModelError, ResultError, RunError
from sim.interrupts import heard

BAD_INPUT, FAILED, INTERRUPTED = 2, 1, 130
P = ParamSpec("P")


def plainly(command: Callable[P, None]) -> Callable[P, None]:
    """Turn what goes wrong in a command into plain lines and an exit code.

    2 for bad input, 130 when stopped by Ctrl-C, 1 for anything else. Notes on an exception say where it comes from and
    what is kept.
    """

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            with heard():
                command(*args, **kwargs)
        except ModelError as error:
            raise ended(BAD_INPUT, *map(str, error.problems), *notes_of(error)) from None
        except ResultError as error:
            raise ended(BAD_INPUT, str(error), *notes_of(error)) from None
        except RunError as error:
            raise ended(FAILED, str(error), *notes_of(error)) from None
        except KeyboardInterrupt as stop:
            raise ended(INTERRUPTED, " ".join(["Stopped.", *notes_of(stop)])) from None
        except (typer.Exit, typer.Abort):
            raise
        except BrokenPipeError:  # the reader, such as `head`, has had enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(FAILED) from None
        except OSError as error:
            raise ended(FAILED, f"Could not read or write: {_said(error)}", *notes_of(error)) from None
        except Exception as error:
            if os.environ.get("FAMILIES_DEBUG"):
                raise
            raise ended(
                FAILED, f"Something went wrong in the program: {type(error).__name__}: {error}", *notes_of(error),
                "Please report it with the config; FAMILIES_DEBUG=1 shows where it happened.",
            ) from None  # fmt: skip

    return guarded


def _said(error: OSError) -> str:
    """Say what the system said, without its number."""
    if error.strerror is None:
        return str(error)
    return error.strerror + (f": {error.filename}" if error.filename else "")


def notes_of(error: BaseException) -> list[str]:
    """Give what was added to an exception on its way."""
    return list(getattr(error, "__notes__", []))


def ended(code: int, *lines: str) -> typer.Exit:
    """Print lines to stderr and make the exit."""
    for line in lines:
        say(line, err=True)
    return typer.Exit(code)
