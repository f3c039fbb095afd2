"""Cookie files: a Cookie header on one line, a cookies.txt, or a browser extension's JSON."""

from __future__ import annotations

import time

from collections.abc import Callable
from pathlib import Path

import attrs

from ...credentials import Credential
from ...errors import UsageError
from ..language import tr


__all__ = ["read_cookie_file"]

_HTTP_ONLY = "#HttpOnly_"
# Who the cookies of the endpoint's host may be set for.
_DOMAINS = {"bilibili.com", "api.bilibili.com"}
_FIELDS = 7
# More is no cookie file.
_MAX_BYTES = 1 << 20


@attrs.frozen
class _Cookie:
    """One line of a cookies.txt."""

    domain: str
    expires: float
    name: str
    value: str = attrs.field(repr=False)

    def is_for_us(self) -> bool:
        return self.domain.lstrip(".").lower() in _DOMAINS


def read_cookie_file(path: Path, *, account: str = "default") -> Credential:
    """
    Return the credential in the file at *path*.

    Of a Netscape cookies.txt, and of a JSON list, only Bilibili's own cookies are
    taken.

    Args:
        path: The file.

        account: The user's own label for the account.

    Raises:
        UsageError: The file cannot be read, or holds no SESSDATA that is valid.
            Nothing of what it holds is told.
    """
    text = _read(path)
    if text.lstrip()[:1] in ("[", "{"):
        # What browser extensions export.
        return _named(path, Credential.from_cookies, text, account)

    lines = [line for line in text.splitlines() if line.strip()]
    # A cookies.txt has seven fields on each line; a Cookie header has no tab.
    if any(line.count("\t") == _FIELDS - 1 for line in lines):
        header = _from_netscape(lines, path)
    else:
        lines = [line for line in lines if not line.lstrip().startswith("#")]
        if len(lines) != 1:
            raise UsageError(
                tr(
                    "{path} is no cookie file: neither one Cookie header line, nor a "
                    "cookies.txt, nor a browser extension's JSON",
                    path=path,
                )
            )
        header = lines[0]
    return _named(path, Credential.from_cookie_header, header, account)


def _named(path: Path, read: Callable[..., Credential], text: str, account: str) -> Credential:
    """Return what *read* makes of *text*, or say which file it is that it cannot take."""
    try:
        return read(text, account=account)
    except UsageError:
        # Its message may name a cookie, and what stands there may be a value.
        raise UsageError(
            tr("{path} holds no SESSDATA, or a broken cookie", path=path)
        ) from None


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES + 1)
        if len(data) <= _MAX_BYTES:
            return data.decode("utf-8-sig")
    except OSError as exc:
        raise UsageError(
            tr("cannot read {name}: {reason}", name=path, reason=exc.strerror)
        ) from None
    except UnicodeDecodeError:
        pass

    raise UsageError(tr("{path} is no cookie file: not a short text in UTF-8", path=path))


def _from_netscape(lines: list[str], path: Path) -> str:
    """Return a Cookie header of the lines that are for Bilibili and still hold."""
    found = [cookie for cookie in map(_parse, lines) if cookie and cookie.is_for_us()]
    # 0 is a cookie of the session, which has no end.
    valid = [cookie for cookie in found if not cookie.expires or cookie.expires > time.time()]
    names = {cookie.name for cookie in valid}
    if "SESSDATA" not in names and any(cookie.name == "SESSDATA" for cookie in found):
        raise UsageError(
            tr("the SESSDATA in {path} has expired: log in and export it again", path=path)
        )

    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in valid)


def _parse(line: str) -> _Cookie | None:
    # Browsers mark cookies that scripts do not see by what looks like a comment.
    fields = line.removeprefix(_HTTP_ONLY).split("\t")
    if fields[0].startswith("#") or len(fields) != _FIELDS:
        return None

    domain, _subdomains, _path, _secure, expires, name, value = fields
    try:
        return _Cookie(domain, float(expires or 0), name, value)
    except ValueError:
        return None
