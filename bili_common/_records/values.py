"""Odd values: what one of a wrong type becomes where nothing is lost by it.

Servers turn ints into bools and numbers into texts from one day to the next. cattrs'
own conversions would turn null into the text "None", "false" into True and 1.9 into 1.
"""

from __future__ import annotations

import re

from typing import Any, Final


__all__ = ["REFUSED", "to_bool", "to_dict", "to_float", "to_int", "to_text"]

# Stands for a value that cannot be converted.
REFUSED: Final = object()

_DIGITS: Final = re.compile(r"-?[0-9]{1,400}")
# Up to here a float and an int are the same number.
_EXACT: Final = 2**53


def to_int(value: Any) -> Any:
    """Return the int that a bool, a text of digits or a whole float says."""
    if type(value) is bool:
        return int(value)
    if type(value) is str and _DIGITS.fullmatch(value):
        return int(value)
    if type(value) is float and value.is_integer() and abs(value) <= _EXACT:
        return int(value)

    return REFUSED


def to_bool(value: Any) -> Any:
    """Return the bool that 0 or 1 says."""
    return bool(value) if type(value) is int and value in (0, 1) else REFUSED


def to_text(value: Any) -> Any:
    """Return the digits of an int."""
    return str(value) if type(value) is int and abs(value) < 10**400 else REFUSED


def to_float(value: Any) -> Any:
    """Return the float that a small int says."""
    return float(value) if type(value) is int and abs(value) <= _EXACT else REFUSED


def to_dict(value: Any) -> Any:
    """Return an empty object for an empty list, which some servers send for it."""
    return {} if value == [] else REFUSED
