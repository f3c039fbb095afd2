"""Shared options: what every command takes, and what those take that ask a server."""

from __future__ import annotations

import functools
import inspect
import math

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from ..exits import Exit
from ..language import tr
from ..reach.access import Access
from ..speech.console import Messages


__all__ = ["asks", "talks"]

_SERVER = "Account, server and pace"
_SPEECH = "What is said"


def _positive(value: float | None) -> float | None:
    if value is not None and not (math.isfinite(value) and value > 0):
        raise typer.BadParameter(tr("{value} is not a number above 0", value=value))
    return value


_QUIET = Annotated[
    bool,
    typer.Option("-q", "--quiet", help="Say nothing but errors.", rich_help_panel=_SPEECH),
]
_VERBOSE = Annotated[
    bool,
    typer.Option(
        "-v",
        "--verbose",
        help="Say every retry, rest and step, also where there is no terminal.",
        rich_help_panel=_SPEECH,
    ),
]
_TALKING: Final = {"quiet": (_QUIET, False), "verbose": (_VERBOSE, False)}


def _shared(kind: Any, *names: str, help: str, metavar: str | None = None, **more: Any) -> Any:  # noqa: A002 - Typer's word
    option = typer.Option(*names, help=help, metavar=metavar, rich_help_panel=_SERVER, **more)
    return Annotated[kind, option]


_ASKING: Final = {
    "demo": (
        _shared(
            bool,
            "--demo",
            help="Ask an embedded server of synthetic users: no account, no network.",
        ),
        False,
    ),
    "day": (
        _shared(
            int | None,
            "--day",
            metavar="N",
            min=1,
            max=2,
            help="The demo's day: on the second one some lists have changed.",
        ),
        None,
    ),
    "cookie_file": (
        _shared(
            Path | None,
            "--cookie-file",
            metavar="FILE",
            help=(
                "Your cookie: a Cookie header line, a cookies.txt, or a browser "
                "extension's JSON. Otherwise BILI_SESSDATA or BILI_ACCESS_KEY has it."
            ),
        ),
        None,
    ),
    "account": (
        _shared(
            str | None,
            "--account",
            metavar="NAME",
            help="Your own label for the account; also BILI_ACCOUNT. Stores and pace go by it.",
        ),
        None,
    ),
    "base_url": (
        _shared(
            str | None,
            "--base-url",
            metavar="URL",
            help="Another server: https, or http on loopback. Also BILI_BASE_URL.",
        ),
        None,
    ),
    "proxy": (
        _shared(
            str | None,
            "--proxy",
            metavar="URL",
            help="Ask through this proxy. Without it HTTPS_PROXY is not used.",
        ),
        None,
    ),
    "timeout": (
        _shared(
            float | None,
            "--timeout",
            metavar="SECONDS",
            callback=_positive,
            help="How long to wait for one answer; 15 by default.",
        ),
        None,
    ),
    "rate": (
        _shared(
            float | None,
            "--rate",
            metavar="NUMBER",
            callback=_positive,
            help="Requests per second at the most; 1 by default, no limit in the demo.",
        ),
        None,
    ),
    "pace": (
        _shared(
            str | None,
            "--pace",
            metavar="PLACE",
            help=(
                "Where an account's pace lives: file, for all commands of this machine "
                "together (the default); redis://HOST, for several machines; or local, "
                "for this command alone."
            ),
        ),
        None,
    ),
}


def talks(work: Callable[..., Exit]) -> Callable[..., Exit]:
    """Give a command that takes *messages* the options that say how much is said."""

    def build(values: dict[str, Any]) -> dict[str, Any]:
        return {"messages": Messages(**values)}

    return _with_options(work, _TALKING, "messages", build)


def asks(work: Callable[..., Exit]) -> Callable[..., Exit]:
    """Give a command that takes *access* the options that say who asks which server."""

    def build(values: dict[str, Any]) -> dict[str, Any]:
        said = {name: values.pop(name) for name in _TALKING}
        return {"access": Access(**values, messages=Messages(**said))}

    return _with_options(work, _ASKING | _TALKING, "access", build)


def _with_options(
    work: Callable[..., Exit],
    options: dict[str, tuple[Any, Any]],
    parameter: str,
    build: Callable[[dict[str, Any]], dict[str, Any]],
) -> Callable[..., Exit]:
    """Return *work* with *options* in the place of one *parameter*, as Typer reads it."""

    @functools.wraps(work)
    def command(**values: Any) -> Exit:
        given = {name: values.pop(name) for name in options}
        return work(**values, **build(given))

    own = inspect.signature(work, eval_str=True).parameters.values()
    added = [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default
        )
        for name, (annotation, default) in options.items()
    ]
    kept = [one for one in own if one.name != parameter]
    command.__signature__ = inspect.Signature([*kept, *added])  # type: ignore[attr-defined]  # read by inspect
    return command
