"""The runner: from a coroutine, or an error, to an exit code and a line of text."""

from __future__ import annotations

import asyncio
import os
import sys

from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from typer.core import TyperGroup

from ..errors import BiliCommonError
from .exits import Exit, exit_for
from .messages import complain, explain, log_to_stderr, say
from .output import OutputError, drop_stdout


__all__ = ["Group", "attempt", "execute"]


def execute(
    work: Callable[[], Coroutine[Any, Any, Exit]], *, interrupted: Callable[[], str]
) -> Exit:
    """
    Run *work* in an event loop to its end, or to Ctrl-C.

    Args:
        work: Makes the coroutine.

        interrupted: Says, after Ctrl-C, how far it got and how to go on.
    """
    return attempt(lambda: asyncio.run(work()), interrupted=interrupted)


def attempt(work: Callable[[], Exit], *, interrupted: Callable[[], str]) -> Exit:
    """Run *work*, which needs no event loop, as `execute` does."""
    try:
        with log_to_stderr():
            return work()
    except BrokenPipeError:
        # Whoever read has had enough, as `head` does: that is no failure.
        # Typer would call it one.
        drop_stdout()
        return Exit.OK
    except KeyboardInterrupt:
        say(interrupted(), label="interrupted", style="bold yellow")
        return Exit.INTERRUPTED


class Group(TyperGroup):
    """All commands; whichever runs, its errors end as a line and an exit code."""

    def main(  # type: ignore[override]  # Typer itself calls it so
        self, args: Sequence[str] | None = None, *, standalone_mode: bool = True, **options: Any
    ) -> Any:
        """Run a command and leave with its exit code."""
        base = super().main
        code = _guard(lambda: base(args, standalone_mode=False, **options))
        if standalone_mode:
            sys.exit(code)
        return code


def _guard(command: Callable[[], Any]) -> int:
    try:
        return _finish(int(command() or Exit.OK))
    except BrokenPipeError:
        drop_stdout()
        return Exit.OK
    except BiliCommonError as exc:
        explain(exc)
        return exit_for(exc)
    except OutputError as exc:
        complain(str(exc))
        return Exit.OUTPUT
    except Exception as exc:  # noqa: BLE001 - the last resort, see below
        return _last_resort(exc)


def _finish(code: int) -> int:
    sys.stdout.flush()
    return code


def _last_resort(exc: Exception) -> int:
    """Tell Typer's own errors, and those that nobody thought of."""
    # Typer brings its own copy of click, whose errors have no public base.
    if tell := getattr(exc, "format_message", None):
        # No command at all: the help was shown, and there is nothing to add.
        if not (text := tell()):
            return Exit.USAGE
        complain(text)
        context = getattr(exc, "ctx", None)
        if context is not None:
            say(f"try: {context.command_path} --help")
        return Exit.USAGE

    if os.environ.get("BILI_DEBUG"):
        raise exc

    # A fault of this program must not look like check's NO, which is 1.
    complain(f"this should not happen: {type(exc).__name__}; BILI_DEBUG=1 shows where")
    return Exit.INCOMPLETE
