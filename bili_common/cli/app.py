"""The app: all commands under one name, each loaded when it is asked for."""

from __future__ import annotations

import os
import sys

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import typer

from typer.core import TyperCommand, TyperGroup

from .._version import __version__
from ..errors import BiliCommonError, UsageError
from .commands import VERBS, load
from .exits import EXIT_CODES, Exit
from .language import tr
from .speech.help_page import help_page
from .streams import drop, fill_gaps, flush_all


__all__ = ["Command", "Group", "app", "run"]

_HELP = {"help_option_names": ["-h", "--help"]}


def run() -> None:
    """Run the command line."""
    fill_gaps()
    app(prog_name="bili-common")


class Command(TyperCommand):
    """One command, with a help page of our own."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        formatter.write(help_page(self, ctx))


class Group(TyperGroup):
    """All commands; whichever runs, its errors end as a line and an exit code."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - Typer's name
        """Return the names of the commands, in the order of the help."""
        return list(VERBS)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the command that *args* name; an unknown one is told with a guess."""
        word = args[0]
        if word not in VERBS and not word.startswith("-"):
            raise UsageError(_unknown(word))

        return super().resolve_command(ctx, args)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - Typer's name
        """Return a command; only this one is loaded."""
        if cmd_name not in VERBS:
            return None

        single = typer.Typer(
            add_completion=False,
            pretty_exceptions_enable=False,
            rich_markup_mode=None,
            context_settings=_HELP,
        )
        single.command(cmd_name, cls=Command)(load(cmd_name))
        return typer.main.get_command(single)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page."""
        formatter.write(help_page(self, ctx, VERBS))

    def main(  # type: ignore[override]  # Typer itself calls it so
        self, args: Sequence[str] | None = None, *, standalone_mode: bool = True, **options: Any
    ) -> Any:
        """Run a command and leave with its exit code."""
        base = super().main
        code = _settle(_guard(lambda: base(args, standalone_mode=False, **options)))
        if standalone_mode:
            sys.exit(code)
        return code


def _guard(command: Callable[[], Any]) -> int:
    try:
        return int(command() or Exit.OK)
    except BrokenPipeError:
        drop(sys.stdout)
        return Exit.OK
    except SystemExit as exc:
        # Typer's way out of a pipe that nobody reads, and of its own options.
        gone = isinstance(exc.__context__, BrokenPipeError)
        return Exit.OK if gone or not isinstance(exc.code, int) else exc.code
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as exc:  # noqa: BLE001 - whatever it is, it becomes a line and a code
        return _tell(exc)


def _unknown(word: str) -> str:
    # Only a wrong command line pays for these.
    from .input.uids import is_uid  # noqa: PLC0415 - see above
    from .speech.usage_words import no_such_command  # noqa: PLC0415 - see above

    return no_such_command(word, VERBS, is_uid=is_uid(word))


def _settle(code: int) -> int:
    """Return *code*, or that standard output did not take all that was written."""
    reason = flush_all()
    if reason is None:
        return code

    return _refused(reason)


def _tell(exc: Exception) -> int:
    """Tell what went wrong, and return the exit code for it."""
    # Only what went wrong pays for these.
    from .data.output import OutputError  # noqa: PLC0415 - see above
    from .speech.explanation import explain  # noqa: PLC0415 - see above

    if isinstance(exc, BiliCommonError):
        return explain(exc)
    if isinstance(exc, OutputError):
        _complain(str(exc))
        return Exit.OUTPUT
    if isinstance(exc, OSError):
        return _refused(exc)
    return _last_resort(exc)


def _refused(exc: OSError) -> int:
    where = exc.filename or tr("standard output")
    _complain(tr("cannot write to {where}: {reason}", where=where, reason=exc.strerror))
    return Exit.OUTPUT


def _complain(text: str) -> None:
    from .speech.console import complain  # noqa: PLC0415 - Rich is loaded by those who say something

    complain(text)


def _last_resort(exc: Exception) -> int:
    """Tell Typer's own errors, and those that nobody thought of."""
    # Typer brings its own copy of click, whose errors have no public base.
    if hasattr(exc, "format_message"):
        from .speech.usage_words import usage_words  # noqa: PLC0415 - only a wrong command line

        _complain(usage_words(exc))
        context = getattr(exc, "ctx", None)
        if context is not None:
            _say(tr("try: {command}", command=f"{context.command_path} --help"))
        return Exit.USAGE

    if os.environ.get("BILI_DEBUG"):
        raise exc

    # A fault of this program must not look like check's NO, which is 1.
    name = type(exc).__name__
    _complain(tr("this should not happen: {name}; BILI_DEBUG=1 shows where", name=name))
    return Exit.INCOMPLETE


def _say(text: str) -> None:
    from .speech.console import write_line  # noqa: PLC0415 - as above

    write_line(text)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"bili-common {__version__}")
        raise typer.Exit


app = typer.Typer(
    name="bili-common",
    cls=Group,
    help=(
        "Same followings (共同关注) of Bilibili: the accounts that your account and another "
        "user both follow."
    ),
    epilog="\n".join(f"{code.value} {text}" for code, text in EXIT_CODES.items()),
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=_HELP,
)


@app.callback()
def _main(
    context: typer.Context,
    *,
    _version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version."
        ),
    ] = False,
) -> None:
    """Take what stands before the command's name; show the help where there is none."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(Exit.USAGE)
