"""The secret: a text that no repr, log or pickle shows."""

from __future__ import annotations

import hmac

from typing import NoReturn


__all__ = ["Secret"]


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
