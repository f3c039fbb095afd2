"""The calls inside the package, as the interpreter's profile hook sees them."""

from __future__ import annotations

import sys

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import attrs

import bili_common


_PACKAGE = Path(bili_common.__file__).parent


@attrs.frozen
class Call:
    """One call, also one that foreign code passes on."""

    caller: str | None
    callee: str

    @staticmethod
    def module_of(place: str) -> str:
        """Return the module of *place*, which is like ``_paging.walk:Walk.__anext__``."""
        return place.partition(":")[0]


def _place(frame: FrameType) -> str | None:
    path = Path(frame.f_code.co_filename)
    if not path.is_relative_to(_PACKAGE) or path.is_relative_to(_PACKAGE / "testing"):
        return None

    module = ".".join(path.relative_to(_PACKAGE).with_suffix("").parts)
    return f"{module.removesuffix('.__init__')}:{frame.f_code.co_qualname}"


def _caller(frame: FrameType) -> str | None:
    """Return the nearest function of ours that waits for *frame*, through those of others."""
    back = frame.f_back
    while back is not None:
        if place := _place(back):
            return place
        back = back.f_back
    return None


@contextmanager
def traced() -> Iterator[list[Call]]:
    """Collect the calls of functions of the package, but for its test server."""
    calls: list[Call] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        # A comprehension is no function to its reader, and has a frame before 3.12.
        if event == "call" and (place := _place(frame)) and "<listcomp>" not in place:
            calls.append(Call(_caller(frame), place))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before)
