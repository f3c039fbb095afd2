"""The credential: who asks, in a form that does not leak."""

from __future__ import annotations

import os
import re

from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Any, Final, cast

import attrs

from ._util.arguments import shown, shown_name
from ._util.cookie_text import (
    expiry_of,
    is_cookie_value,
    login_fault,
    read_export,
    read_header,
)
from ._util.secret import Secret
from .errors import UsageError


__all__ = ["Credential"]

_NO_COOKIES: Final[Mapping[str, str | Secret]] = MappingProxyType({})
_COOKIE_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")


class _Unfit:
    """Stands for a value of a wrong type, and forgets the value."""

    def __init__(self, value: object) -> None:
        self.kind = type(value).__name__


def _secret(value: Any) -> Any:
    if value is None or isinstance(value, (Secret, _Unfit)):
        return value

    return Secret(value) if isinstance(value, str) else _Unfit(value)


def _secrets(values: Any) -> Any:
    if not isinstance(values, Mapping):
        return _Unfit(values)

    mapping = cast(Mapping[str, Any], values)
    return MappingProxyType({name: _secret(value) for name, value in mapping.items()})


def _secrets_or_fault(found: Mapping[str, Any] | str) -> Any:
    return found if isinstance(found, str) else _secrets(found)


def _check_secret(_self: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is None:
        return

    # The value is a secret even where it is wrong: say its name alone.
    if not isinstance(value, Secret):
        raise UsageError(f"{attribute.name} must be a text, not {value.kind}")
    if fault := login_fault(value.reveal()):
        raise UsageError(f"{attribute.name} {fault}")


def _check_cookies(_self: Any, _attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, Mapping):
        raise UsageError(f"cookies must be a mapping, not {value.kind}")

    for name, cookie in cast(Mapping[object, Any], value).items():
        if not isinstance(name, str) or not _COOKIE_NAME.fullmatch(name):
            raise UsageError(f"cookies has a name that no cookie can have: {shown_name(name)}")
        if name == "SESSDATA":
            raise UsageError("cookies holds SESSDATA; pass it as sessdata")
        if not isinstance(cookie, Secret) or not is_cookie_value(cookie.reveal()):
            raise UsageError(f"cookies[{shown(name)}] is no text that a cookie can carry")


def _check_account(_self: Any, _attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"account must be a text that is not empty, not {shown(value)}")


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
        UsageError: Both or neither is given, or one is plainly no login: empty,
            quoted, JSON, not ASCII, with its name in front, with attributes
            behind it, or with a semicolon or a control character.
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
        found = _secrets_or_fault(read_header(header))
        del header
        return cls._of_cookies(found, account)

    @classmethod
    def from_cookies(
        cls,
        cookies: Mapping[str, str | Secret] | Sequence[Mapping[str, Any]] | str,
        *,
        account: str = "default",
    ) -> Credential:
        """
        Return the credential in *cookies*, as programs and browsers hold them.

        Args:
            cookies: A mapping of names to values, or the list that browser
                extensions export: a mapping with *name* and *value* for each
                cookie, of which those with the *domain* of another site are left
                out. Or the JSON of either.

            account: Your own label for the account.

        Raises:
            UsageError: *cookies* holds no SESSDATA, or a broken cookie.
        """
        found = _secrets_or_fault(read_export(cookies))
        del cookies
        return cls._of_cookies(found, account)

    @classmethod
    def _of_cookies(cls, found: Mapping[str, Any] | str, account: str) -> Credential:
        if isinstance(found, str):
            raise UsageError(found)

        others = {name: value for name, value in found.items() if name != "SESSDATA"}
        return cls(sessdata=found["SESSDATA"], account=account, cookies=others)

    @property
    def expires_at(self) -> datetime | None:
        """
        Until when SESSDATA is good at the latest, in UTC, by what it says itself.

        None where it says nothing. A hint only: the server may end it sooner.
        """
        return None if self.sessdata is None else expiry_of(self.sessdata.reveal())

    def cookie_header(self) -> Secret | None:
        """Return the value of the Cookie header, or None where there is none."""
        cookies = dict(self.cookies)
        if self.sessdata is not None:
            cookies = {"SESSDATA": self.sessdata, **cookies}
        if not cookies:
            return None

        return Secret("; ".join(f"{name}={value.reveal()}" for name, value in cookies.items()))
