"""Cookie text: what a login looks like, until when it is good, and how browsers export it."""

from __future__ import annotations

import json
import re

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import cast
from urllib.parse import unquote


__all__ = ["expiry_of", "is_cookie_value", "login_fault", "read_export", "read_header"]

# No function here raises: the frames of a traceback would hold the text. A
# fault is returned, in words that hold nothing of it.

# What a Cookie header cannot carry: it would end the cookie or the header, or
# is half a character.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f;\ud800-\udfff]")
_ATTRIBUTES = r"(?:domain|expires|httponly|max-age|partitioned|path|priority|samesite|secure)"
_SET_COOKIE = re.compile(rf"(?i);\s*{_ATTRIBUTES}\s*(?:[=;]|$)")
_IN_FRONT = re.compile(r"(?i)^\s*(?:(?:set-)?cookie\s*:|(?:sessdata|access_key)\s*=)")
_JSON = re.compile(r"^\s*[\[{]")
# The first that is found is told.
_FAULTS = (
    (re.compile(r"^\s*$"), "is empty"),
    (_IN_FRONT, "has its name in front; give the value alone"),
    (_JSON, "is JSON; give the value alone, or all of it to Credential.from_cookies"),
    (_SET_COOKIE, "holds attributes of a Set-Cookie header; give what is before them"),
    (re.compile(r"^\s*[\"']|[\"']\s*$"), "is in quotation marks; give the value without them"),
    (_FORBIDDEN, "holds a semicolon, a line break or a control character"),
    (re.compile(r"[^\x00-\x7f]"), "is not ASCII, as each login is; copy the value again"),
)
# Whom the cookies of the endpoint's host may be set for.
_DOMAINS = {"bilibili.com", "api.bilibili.com"}
_NO_LOGIN = "cookies holds no SESSDATA"


def is_cookie_value(text: str) -> bool:
    """Return whether a Cookie header can carry *text*."""
    return not _FORBIDDEN.search(text)


def login_fault(text: str) -> str | None:
    """Return why *text* is plainly no value of a login, None if it may be one."""
    return next((fault for pattern, fault in _FAULTS if pattern.search(text)), None)


def expiry_of(sessdata: str) -> datetime | None:
    """Return the time in the second part of *sessdata*, None where there is none."""
    parts = unquote(sessdata).split(",")
    if len(parts) < 2 or not re.fullmatch(r"[0-9]{1,12}", parts[1]):  # noqa: PLR2004 - a pair
        return None

    try:
        return datetime.fromtimestamp(int(parts[1]), UTC)
    except (OSError, OverflowError, ValueError):
        return None


def read_header(header: object) -> dict[str, str] | str:
    """Return the cookies in a Cookie header, or what is wrong with it."""
    if not isinstance(header, str):
        return f"header must be a text, not {type(header).__name__}"
    if _JSON.match(header):
        return "header is JSON; give it to Credential.from_cookies"
    if _SET_COOKIE.search(header):
        return "header holds attributes of a Set-Cookie header; keep the cookies alone"

    header = re.sub(r"(?i)^\s*cookie:", "", header.strip())
    pairs = (part.strip().partition("=") for part in header.split(";") if part.strip())
    cookies = {name.strip(): value.strip() for name, _, value in pairs}
    return cookies if cookies.get("SESSDATA") else "header holds no SESSDATA"


def read_export(cookies: object) -> dict[str, object] | str:
    """
    Return the cookies in a mapping, in a browser's export or in JSON of either.

    Args:
        cookies: What is read. Of an export, cookies for other sites are left out.
    """
    if isinstance(cookies, str):
        try:
            cookies = json.loads(cookies.removeprefix("\ufeff"))
        except (ValueError, RecursionError):
            return "cookies is no JSON; a Cookie header is for Credential.from_cookie_header"
    found: dict[str, object] | str
    if isinstance(cookies, Mapping):
        found = dict(cast(Mapping[str, object], cookies))
    elif isinstance(cookies, Sequence) and not isinstance(cookies, str | bytes | bytearray):
        found = _read_list(cast(Sequence[object], cookies))
    else:
        return f"cookies must be a mapping or a list of cookies, not {type(cookies).__name__}"

    return found if "SESSDATA" in found or isinstance(found, str) else _NO_LOGIN


def _read_list(entries: Sequence[object]) -> dict[str, object] | str:
    found: dict[str, object] = {}
    for index, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            return f"cookies[{index}] must be a mapping, not {type(entry).__name__}"

        cookie = cast(Mapping[str, object], entry)
        name, value = cookie.get("name"), cookie.get("value")
        if not isinstance(name, str) or not isinstance(value, str):
            return f"cookies[{index}] lacks a name or a value that is a text"
        if not _is_for_us(cookie):
            continue
        if name == "SESSDATA" and found.get(name, value) != value:
            return "cookies holds SESSDATA twice, of two logins; keep one"
        found[name] = value
    return found


def _is_for_us(cookie: Mapping[str, object]) -> bool:
    domain = cookie.get("domain")
    return not isinstance(domain, str) or domain.lstrip(".").lower() in _DOMAINS
