"""The calls inside the package, as the interpreter's profile hook sees them."""

from __future__ import annotations

import sys

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import CodeType, FrameType

import attrs

import bili_common


_PACKAGE = Path(bili_common.__file__).parent
# A comprehension is none to its reader, and has a frame before 3.12. To load a module is no
# call either: it falls to whoever needs the module first.
_NO_FUNCTIONS = ("<listcomp>", "<module>")


@attrs.frozen
class Call:
    """One call, also one that foreign code passes on."""

    caller: str | None
    callee: str

    @staticmethod
    def module_of(place: str) -> str:
        """Return the module of *place*, which is like ``_paging.walk:Walk.__anext__``."""
        return place.partition(":")[0]


def functions_of(calls: Iterable[Call]) -> list[str]:
    """Return each function once; those inside of another count as it, such as a hook."""
    places = (call.callee for call in calls)
    return list(dict.fromkeys(place for place in places if not place.endswith(">")))


@cache
def _place(code: CodeType) -> str | None:
    path = Path(code.co_filename)
    if not path.is_relative_to(_PACKAGE) or path.is_relative_to(_PACKAGE / "testing"):
        return None

    module = ".".join(path.relative_to(_PACKAGE).with_suffix("").parts)
    return f"{module.removesuffix('.__init__')}:{code.co_qualname}"


def _caller(frame: FrameType) -> str | None:
    """Return the nearest function of ours that waits for *frame*, through those of others."""
    back = frame.f_back
    while back is not None:
        if place := _place(back.f_code):
            return place
        back = back.f_back
    return None


@contextmanager
def traced() -> Iterator[list[Call]]:
    """Collect the calls of functions of the package, but for its test server."""
    calls: list[Call] = []

    def note(frame: FrameType, event: str, _argument: object) -> None:
        if event != "call" or frame.f_code.co_name in _NO_FUNCTIONS:
            return
        if place := _place(frame.f_code):
            calls.append(Call(_caller(frame), place))

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(before)
