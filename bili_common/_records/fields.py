"""The fields of records: which key of the server's object, and which values.

The hooks are ours, because cattrs' own would turn null into the text "None",
"false" into True and 1.9 into 1. Here a wrong type is an error, and a null takes
the field's default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import attrs

from .._util.arguments import MAX_ID


__all__ = [
    "HOOK",
    "Hook",
    "HookFactory",
    "integers",
    "strict_bool",
    "strict_int",
    "strict_str",
    "user_id",
    "wire",
    "wire_key",
]

Hook = Callable[[Any, Any], Any]
# From a field's default, and whether a failure shall name its path.
HookFactory = Callable[[Any, bool], Hook]

# Where a field's metadata hold its factory and its key.
HOOK: Final = "bili_common.hook"
_NAME: Final = "bili_common.name"


def wire(hook: HookFactory, *, name: str | None = None, **options: Any) -> Any:
    """
    Declare a field that comes over the wire.

    Args:
        hook: Makes the function that checks and converts the value.

        name: The server's key, where it differs from the attribute's name.

        options: What `attrs.field` takes.
    """
    return attrs.field(metadata={HOOK: hook, _NAME: name}, **options)


def wire_key(field: attrs.Attribute[Any]) -> str:
    """Return the server's key for *field*."""
    return str(field.metadata.get(_NAME) or field.name)


def _scalar(kind: type, noun: str) -> HookFactory:
    def make(default: Any, _detailed: bool) -> Hook:
        def hook(value: Any, _type: Any) -> Any:
            # `type() is`, since a bool is also an instance of int.
            if type(value) is kind:
                return value

            if value is None and default is not attrs.NOTHING:
                return default

            raise TypeError(f"expected {noun}")

        return hook

    return make


strict_bool = _scalar(bool, "true or false")
strict_int = _scalar(int, "an integer")
strict_str = _scalar(str, "a text")


def user_id(_default: Any, _detailed: bool) -> Hook:
    """Make the hook for a mid: an integer, or its digits as a text."""

    def hook(value: Any, _type: Any) -> int:
        if type(value) is str and value.isascii() and value.isdigit() and len(value) < 20:  # noqa: PLR2004 - 2**63 has 19 digits
            value = int(value)
        if type(value) is not int or value > MAX_ID:
            raise TypeError("expected a user id of at most 63 bits")

        return value

    return hook


def integers(_default: Any, _detailed: bool) -> Hook:
    """Make the hook for a list of integers, where null stands for none."""

    # Typed as what the server should send; other things come too.
    def hook(value: list[Any] | None, _type: Any) -> tuple[int, ...]:
        if value is None:
            return ()

        if type(value) is not list or not all(type(item) is int for item in value):
            raise TypeError("expected a list of integers")

        return tuple(value)

    return hook
