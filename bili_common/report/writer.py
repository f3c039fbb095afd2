"""The report: a comparison as one HTML page that stands on its own."""

from __future__ import annotations

import base64
import hashlib
import re

from datetime import UTC, datetime
from importlib import import_module, resources
from os import PathLike
from typing import Any

from .._util.files import replacing
from .._version import __version__
from ..compare.cells import printable
from ..compare.comparison import Comparison
from ..compare.outcome import Status
from ..errors import UsageError
from .facts import facts_of


__all__ = ["render_report", "write_report"]

_FILES = resources.files(__package__)

# Nothing may be loaded and nothing sent. Styles go unhashed, as Plotly makes its
# own by script; a style could load nothing either.
_POLICY = (
    "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)

_WORDS = {
    Status.OK: "complete",
    Status.INCOMPLETE: "in part",
    Status.PRIVATE: "private",
    Status.NOT_FOUND: "not found",
    Status.FAILED: "failed",
}


def write_report(
    comparison: Comparison,
    path: str | PathLike[str],
    *,
    title: str | None = None,
    include_private: bool = False,
) -> None:
    """
    Write *comparison* as one HTML page, which loads nothing from anywhere.

    The file appears as a whole or not at all.

    Args:
        comparison: What to show.

        path: The file, which is replaced if it is there.

        title: The page's heading.

        include_private: Whether to show the logged-in account's private fields:
            tag, special, mtime and attribute.

    Raises:
        UsageError: Jinja2 or Plotly is not installed, or an argument is wrong.

        StoreError: The file cannot be written.
    """
    # Made whole first, so that a failure leaves what is at *path* as it is.
    page = render_report(comparison, title=title, include_private=include_private)
    with replacing(path) as file:
        file.write_text(page, encoding="utf-8", newline="\n")


def render_report(
    comparison: Comparison, *, title: str | None = None, include_private: bool = False
) -> str:
    """
    Return the page that `write_report` writes.

    Args:
        comparison: What to show.

        title: The page's heading.

        include_private: Whether to show the logged-in account's private fields.

    Raises:
        UsageError: Jinja2 or Plotly is not installed, or an argument is wrong.
    """
    _check_comparison(comparison)
    jinja2, plotly = _libraries()
    facts = facts_of(comparison, include_private=include_private)
    scripts = [_script(plotly.get_plotlyjs()), _script(_text("page.js"))]
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(number=_number, moment=_moment)
    page: str = environment.from_string(_text("page.html.j2")).render(
        facts=facts,
        title=printable(title) if title else "Same followings",
        include_private=include_private,
        Status=Status,
        words=_WORDS,
        style=_text("page.css"),
        scripts=scripts,
        policy=_POLICY.format(" ".join(map(_digest, scripts))),
        made_at=datetime.now(UTC),
        version=__version__,
    )
    return page


def _check_comparison(comparison: Any) -> None:
    if not isinstance(comparison, Comparison):
        kind = type(comparison).__name__
        raise UsageError(f"comparison must be a Comparison, not {kind}")


def _libraries() -> tuple[Any, Any]:
    """Import what only a report needs: both are heavy and optional."""
    try:
        return import_module("jinja2"), import_module("plotly.offline")
    except ModuleNotFoundError as exc:
        raise UsageError(
            f'a report needs {exc.name}, which is not installed: pip install "bili-common[cli]"'
        ) from None


def _text(name: str) -> str:
    return _newlines((_FILES / name).read_text(encoding="utf-8"))


def _script(text: str) -> str:
    """Return *text* so that an HTML parser sees no end in it and changes nothing."""
    return re.sub("</(?=script)", r"<\\/", _newlines(text), flags=re.IGNORECASE)


def _newlines(text: str) -> str:
    # A browser hashes what it parsed, in which every line ends with LF alone.
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _digest(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _number(value: float) -> str:
    """Return *value* with its thousands apart; halves only where there are any."""
    return f"{value:,.0f}" if value == int(value) else f"{value:,.1f}"


def _moment(value: datetime) -> str:
    """Return *value* in UTC, to the minute."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
