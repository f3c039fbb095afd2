"""The writer: makes the page of a comparison, and puts it into a file."""

from __future__ import annotations

import json

from collections.abc import Mapping
from datetime import UTC, datetime
from os import PathLike
from typing import Any, Final

from .._util.files import replacing
from .._version import __version__
from ..compare.cells import printable
from ..compare.comparison import Comparison
from ..errors import UsageError
from .assets import DEFAULT_LANGUAGE, catalogue, digest, say, script, text_of
from .contents import STATUSES, contents_of
from .view import View, view_of


__all__ = ["render_report", "write_report"]

# Nothing is loaded and nothing sent; no script and no style runs but the page's own two.
_POLICY: Final = (
    "default-src 'none'; script-src {}; style-src {}; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
# What an HTML parser could take for markup, and what JavaScript took for line ends.
_ESCAPES: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def write_report(
    comparison: Comparison,
    path: str | PathLike[str],
    *,
    title: str | None = None,
    include_private: bool = False,
    labels: Mapping[int, str] | None = None,
    since: datetime | None = None,
) -> None:
    """
    Write *comparison* as one HTML page, which loads nothing from anywhere.

    The page speaks English and Chinese. The file appears as a whole or not at all.

    Args:
        comparison: What to show.

        path: The file, which is replaced if it is there.

        title: The page's heading.

        include_private: Whether to show the logged-in account's private fields:
            tag, special, mtime and attribute.

        labels: The caller's own names for users, by vmid; None for those of the
            comparison.

        since: Shows what changed after this moment; None for what the last fetch
            of each user found, against the one before. Only a store knows any.

    Raises:
        UsageError: Jinja2 is not installed, a file of the page is missing, or an
            argument is wrong.

        StoreError: The store cannot be read or the file not written.
    """
    # Made whole first, so that a failure leaves what is at *path* as it is.
    page = render_report(
        comparison, title=title, include_private=include_private, labels=labels, since=since
    )
    with replacing(path) as file:
        file.write_text(page, encoding="utf-8", newline="\n")


def render_report(
    comparison: Comparison,
    *,
    title: str | None = None,
    include_private: bool = False,
    labels: Mapping[int, str] | None = None,
    since: datetime | None = None,
) -> str:
    """
    Return the page that `write_report` writes.

    Args:
        comparison: What to show.

        title: The page's heading.

        include_private: Whether to show the logged-in account's private fields.

        labels: The caller's own names for users, by vmid; None for those of the
            comparison.

        since: Shows what changed after this moment; None for what the last fetch
            of each user found, against the one before. Only a store knows any.

    Raises:
        UsageError: Jinja2 is not installed, a file of the page is missing, or an
            argument is wrong.

        StoreError: The store cannot be read.
    """
    _check_comparison(comparison)
    contents = contents_of(comparison)
    view = view_of(comparison, contents)
    data = {
        "changes": contents.changes(comparison, since),
        "users": contents.users(comparison.labels if labels is None else labels),
        "accounts": contents.accounts(private=include_private),
        "pairs": [[str(a), str(b), score] for a, b, score in view.pairs],
        "mapped": list(map(str, view.heat.vmids)),
        "highest": view.heat.highest,
    }
    return _rendered(view, data, title, private=include_private)


def _rendered(view: View, data: dict[str, Any], title: str | None, *, private: bool) -> str:
    words = catalogue()
    style, code = text_of("page.css"), script()
    template = _environment(words[DEFAULT_LANGUAGE]).from_string(text_of("page.html.j2"))
    page: str = template.render(
        view=view,
        changes=len(data["changes"]),
        title=printable(title) if title else None,
        include_private=private,
        statuses=STATUSES,
        languages=words,
        style=style,
        script=code,
        data=_json(data),
        words=_json(words),
        policy=_POLICY.format(digest(code), digest(style)),
        made_at=datetime.now(UTC),
        version=__version__,
    )
    return page


def _environment(texts: Mapping[str, str]) -> Any:
    """Return the template engine, which only a report needs."""
    try:
        # An import that tools which pack an application can see.
        import jinja2  # noqa: PLC0415
    except ModuleNotFoundError as exc:
        raise UsageError(
            f'a report needs {exc.name}, which is not installed: pip install "bili-common[cli]"'
        ) from None

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )

    def say_in_both(key: str, **arguments: Any) -> Any:
        return say(texts[key], arguments)

    functions: dict[str, Any] = environment.globals
    functions["say"] = say_in_both
    environment.filters["moment"] = _moment
    return environment


def _moment(value: datetime) -> str:
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _json(value: Any) -> str:
    """Return *value* as it may stand inside a script element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.translate(_ESCAPES)


def _check_comparison(comparison: Any) -> None:
    if not isinstance(comparison, Comparison):
        kind = type(comparison).__name__
        raise UsageError(f"comparison must be a Comparison, not {kind}")
