"""The credential: who asks, in a form that does not leak."""

from __future__ import annotations

import hmac
import os
import re

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NoReturn, cast

import attrs

from .errors import UsageError


__all__ = ["Credential", "Secret"]

# What a Cookie header cannot carry: it would end the cookie or the header, or
# is half a character.
_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f;\ud800-\udfff]")
_NO_COOKIES: Final[Mapping[str, str | Secret]] = MappingProxyType({})
_COOKIE_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class Secret:
    """
    A text that shows itself only to `reveal`.

    A plain text field left out of the repr still leaks through ``asdict``,
    pickle, ``vars`` and a traceback's locals. Memory stays readable, of course.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)

    def __eq__(self, other: object) -> bool:
        # In constant time, and equal to the plain text too, for the tests of
        # those who made it.
        value = other._value if isinstance(other, Secret) else other
        if not isinstance(value, str):
            return NotImplemented

        return hmac.compare_digest(self._value.encode(), value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, _memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled; make the credential anew where it is needed")


class _Unfit:
    """Stands for a value of a wrong type, and forgets the value."""

    def __init__(self, value: object) -> None:
        self.kind = type(value).__name__


def _secret(value: Any) -> Any:
    if value is None or isinstance(value, Secret):
        return value

    return Secret(value) if isinstance(value, str) else _Unfit(value)


def _secrets(values: Any) -> Any:
    if not isinstance(values, Mapping):
        return _Unfit(values)

    mapping = cast(Mapping[str, Any], values)
    return MappingProxyType({name: _secret(value) for name, value in mapping.items()})


def _read_header(header: Any) -> dict[str, Secret] | None:
    """Return the cookies in a Cookie header, None if it is no text."""
    if not isinstance(header, str):
        return None

    header = re.sub(r"(?i)^\s*cookie:", "", header.strip())
    pairs = (part.strip().partition("=") for part in header.split(";") if part.strip())
    return {name.strip(): Secret(value.strip()) for name, _, value in pairs}


def _check_secret(_self: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is None:
        return

    # The value is a secret even where it is wrong: say its name alone.
    if not isinstance(value, Secret):
        raise UsageError(f"{attribute.name} must be a text, not {value.kind}")
    if not value.reveal().strip():
        raise UsageError(f"{attribute.name} is empty")
    if _FORBIDDEN.search(value.reveal()):
        raise UsageError(
            f"{attribute.name} holds a semicolon, a line break or a control character"
        )


def _check_cookies(_self: Any, _attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, Mapping):
        raise UsageError(f"cookies must be a mapping, not {value.kind}")

    for name, cookie in cast(Mapping[object, Any], value).items():
        if not isinstance(name, str) or not _COOKIE_NAME.fullmatch(name):
            raise UsageError(f"cookies has a name that no cookie can have: {name!r}")
        if name == "SESSDATA":
            raise UsageError("cookies holds SESSDATA; pass it as sessdata")
        if not isinstance(cookie, Secret) or _FORBIDDEN.search(cookie.reveal()):
            raise UsageError(f"cookies[{name!r}] is no text that a cookie can carry")


def _check_account(_self: Any, _attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"account must be a text that is not empty, not {value!r}")


@attrs.frozen(init=False)
class Credential:
    """
    The logged-in account: exactly one of *sessdata* and *access_key*.

    No part of it is shown, logged, pickled or put into an error.

    Args:
        sessdata: The cookie ``SESSDATA``, sent verbatim: ``%2C``, raw commas and
            ``*`` stay as they are.

        access_key: The token of the mobile app, sent as a parameter of the URL.
            Prefer the cookie, since proxies write URLs to their logs.

        account: Your own label for the account. Same followings belong to the
            account that asked, so stores keep them apart by this label.

        cookies: Further cookies of your own, sent beside SESSDATA. None is ever
            generated.

    Raises:
        UsageError: Both or neither is given, or one is empty or holds a line
            break, a semicolon or another control character.
    """

    sessdata: Secret | None = attrs.field(validator=_check_secret)
    access_key: Secret | None = attrs.field(validator=_check_secret)
    account: str = attrs.field(validator=_check_account)
    cookies: Mapping[str, Secret] = attrs.field(validator=_check_cookies, hash=False)

    def __init__(
        self,
        sessdata: str | Secret | None = None,
        access_key: str | Secret | None = None,
        *,
        account: str = "default",
        cookies: Mapping[str, str | Secret] = _NO_COOKIES,
    ) -> None:
        fields = {
            "sessdata": _secret(sessdata),
            "access_key": _secret(access_key),
            "account": account,
            "cookies": _secrets(cookies),
        }
        # What is wrong is raised from here: a traceback that shows locals shall
        # find no plain text.
        del sessdata, access_key, cookies
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        attrs.validate(self)
        if (self.sessdata is None) == (self.access_key is None):
            given = "neither" if self.sessdata is None else "both"
            raise UsageError(f"give exactly one of sessdata and access_key, not {given}")

    def __deepcopy__(self, _memo: object) -> Credential:
        # Nothing in it changes, and a read-only mapping knows no copy.
        return self

    @classmethod
    def from_env(cls, prefix: str = "BILI_") -> Credential:
        """
        Return the credential that the environment holds.

        Args:
            prefix: What comes before ``SESSDATA``, ``ACCESS_KEY`` and ``ACCOUNT``
                in the names of the variables.

        Raises:
            UsageError: Both or neither of the first two is set, or is wrong.
        """
        sessdata = _secret(os.environ.get(f"{prefix}SESSDATA") or None)
        access_key = _secret(os.environ.get(f"{prefix}ACCESS_KEY") or None)
        if (sessdata is None) == (access_key is None):
            raise UsageError(f"set exactly one of {prefix}SESSDATA and {prefix}ACCESS_KEY")

        account = os.environ.get(f"{prefix}ACCOUNT") or "default"
        return cls(sessdata=sessdata, access_key=access_key, account=account)

    @classmethod
    def from_cookie_header(cls, header: str, *, account: str = "default") -> Credential:
        """
        Return the credential in a Cookie header, as a browser shows it.

        Args:
            header: ``SESSDATA=...; other=...``, with or without ``Cookie:``
                before it. Values are taken verbatim.

            account: Your own label for the account.

        Raises:
            UsageError: *header* holds no SESSDATA, or a broken cookie.
        """
        kind = type(header).__name__
        cookies = _read_header(header)
        del header
        if cookies is None:
            raise UsageError(f"header must be a text, not {kind}")
        sessdata = cookies.pop("SESSDATA", None)
        if sessdata is None or not sessdata.reveal():
            raise UsageError("header holds no SESSDATA")

        return cls(sessdata=sessdata, account=account, cookies=cookies)

    def cookie_header(self) -> Secret | None:
        """Return the value of the Cookie header, or None where there is none."""
        cookies = dict(self.cookies)
        if self.sessdata is not None:
            cookies = {"SESSDATA": self.sessdata, **cookies}
        if not cookies:
            return None

        return Secret("; ".join(f"{name}={value.reveal()}" for name, value in cookies.items()))
