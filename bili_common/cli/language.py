"""The language: what people read is Chinese where the locale is, English elsewhere."""

from __future__ import annotations

import functools
import gettext
import os
import sys

from pathlib import Path
from typing import Any, Final


__all__ = ["DOMAIN", "LOCALE", "language", "tr", "trn"]

DOMAIN: Final = "bili_common"
LOCALE: Final = Path(__file__).with_name("locale")

_CHINESE: Final = "zh"
_ENGLISH: Final = "en"
# Windows: the primary language of an interface, in the lower ten bits.
_WINDOWS_CHINESE: Final = 0x04
_WINDOWS_MASK: Final = 0x3FF


def tr(text: str, /, **values: object) -> str:
    """
    Return *text* in the reader's language, with *values* in its braces.

    Args:
        text: What the catalogue has it under: itself in English.

        values: What its braces stand for.
    """
    shown = _catalogue(language()).gettext(text) if text else text
    return shown.format(**values) if values else shown


def trn(one: str, many: str, /, number: int, **values: object) -> str:
    """
    Return *one* or *many* in the reader's language, as *number* wants it.

    Args:
        one: For the number 1, in English.

        many: For any other.

        number: How many; ``{number}`` in the text.

        values: What other braces stand for.
    """
    shown = _catalogue(language()).ngettext(one, many, number)
    return shown.format(number=number, **values)


def language() -> str:
    """Return the reader's language, as the environment has it: ``zh`` or ``en``."""
    names = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    locale = next(filter(None, names), None) or _windows_locale()
    # As in GNU's gettext: LANGUAGE is a list that counts where the locale is no C.
    if not locale.startswith(("C.", "POSIX")) and locale != "C":
        locale = os.environ.get("LANGUAGE", "").partition(":")[0] or locale
    chosen = locale.lower().startswith(_CHINESE) and _shows_chinese()
    return _CHINESE if chosen else _ENGLISH


def _windows_locale() -> str:
    if os.name != "nt":
        return ""

    import ctypes  # noqa: PLC0415 - what it loads is there on Windows alone

    # Nothing of that name is there for a type checker elsewhere.
    windll: Any = getattr(ctypes, "windll")  # noqa: B009 - see above
    interface = windll.kernel32.GetUserDefaultUILanguage()
    return _CHINESE if interface & _WINDOWS_MASK == _WINDOWS_CHINESE else ""


def _shows_chinese() -> bool:
    """Tell whether standard error can carry Chinese at all."""
    try:
        "中文".encode(getattr(sys.stderr, "encoding", None) or "utf-8")
    except (LookupError, UnicodeEncodeError):
        return False

    return True


@functools.cache
def _catalogue(name: str) -> gettext.NullTranslations:
    if name == _ENGLISH:
        return gettext.NullTranslations()

    # Where the file is missing, English is better than a traceback.
    return gettext.translation(DOMAIN, LOCALE, languages=[name], fallback=True)
