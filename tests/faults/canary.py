"""The canary: a secret that is easy to find, and every way out that it could take."""

from __future__ import annotations

import contextlib
import copy
import json
import logging
import pickle
import traceback

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import attrs

from bili_common import Client, Pager, Walk


# Values as the real ones look: escapes, commas and a star. The word alone is
# searched for, so that no quoting hides it.
WORD = "CANARY"
SESSDATA = f"{WORD}%2C1893456000%2Cf00d*b1"
ACCESS_KEY = f"{WORD}0123456789abcdef0123456789abcdef"

LOGGERS = ("bili_common", "aiohttp", "asyncio")


def exits(value: Any) -> Iterator[tuple[str, str]]:
    """Yield every text, with the name of the way out, that *value* can be turned into."""
    yield "repr", repr(value)
    yield "str", str(value)
    yield "format", f"{value}{value!s}{value!r}"
    yield "percent", "%s %r" % (value, [value])  # noqa: UP031 - the way out that is meant
    for path, text in reach(value):
        yield f"reach{path}", text
    yield "copy", repr(_or_error(copy.copy, value))
    if not isinstance(value, Client | Pager | Walk):
        # What holds connections has no deep copy: half an event loop is none.
        yield "deepcopy", repr(_or_error(copy.deepcopy, value))
    yield "json", str(_or_error(json.dumps, value))
    yield "json default", str(_or_error(lambda it: json.dumps(it, default=vars), value))
    yield "pickle", str(_or_error(pickle.dumps, value))
    if attrs.has(type(value)):
        yield "asdict", repr(attrs.asdict(value))
        yield "astuple", repr(attrs.astuple(value))


def _or_error(way: Any, value: Any) -> Any:
    """Return what *way* makes of *value*, or how it refuses: that must not leak either."""
    try:
        return way(value)
    except Exception as exc:  # noqa: BLE001 - any refusal will do
        return f"{exc!r} {exc}"


def reach(
    value: Any, path: str = "", seen: set[int] | None = None
) -> Iterator[tuple[str, str]]:
    """Yield the repr of all that can be reached by containers, vars and attrs fields."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return
    seen.add(id(value))
    yield path, repr(value)
    if isinstance(value, Mapping):
        children = {f"[{key!r}]": item for key, item in value.items()}
    elif isinstance(value, list | tuple | set | frozenset):
        children = {f"[{index}]": item for index, item in enumerate(value)}
    elif _is_ours(value):
        children = {f".{name}": item for name, item in _fields(value).items()}
    else:
        return
    for name, child in children.items():
        yield from reach(child, path + name, seen)


def _is_ours(value: Any) -> bool:
    return type(value).__module__.startswith("bili_common") and not isinstance(value, type)


def _fields(value: Any) -> dict[str, Any]:
    fields = dict(getattr(value, "__dict__", {}))
    if attrs.has(type(value)):
        names = [field.name for field in attrs.fields(type(value))]
        fields |= {name: getattr(value, name) for name in names}
    return fields


def error_exits(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield all that an error shows, also by its chain and by the locals of its frames."""
    for link in _chain(error):
        yield from exits(link)
        yield "args", repr(link.args)
        yield "notes", repr(getattr(link, "__notes__", ()))
        for frame, _ in traceback.walk_tb(link.__traceback__):
            if frame.f_globals.get("__name__", "").startswith("bili_common"):
                yield from reach(dict(frame.f_locals), f"@{frame.f_code.co_qualname}")
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    yield "traceback", "".join(shown.format())


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    todo = [error]
    while todo:
        link = todo.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            yield link
            todo += [link.__cause__, link.__context__]


@contextlib.contextmanager
def listening() -> Iterator[list[logging.LogRecord]]:
    """Collect what the loggers say at DEBUG."""
    kept: list[logging.LogRecord] = []
    handler = logging.Handler(logging.DEBUG)
    handler.emit = kept.append
    loggers = [logging.getLogger(name) for name in LOGGERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    try:
        yield kept
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.removeHandler(handler)
            logger.setLevel(level)


def record_exits(records: Iterable[logging.LogRecord]) -> Iterator[tuple[str, str]]:
    """Yield all that log records hold: the message, its arguments and the extra fields."""
    for record in records:
        yield f"log {record.name}", f"{record.getMessage()} {vars(record)!r}"


def leaks(*ways: Iterable[tuple[str, str]]) -> list[str]:
    """Return the names of the ways by which the canary got out."""
    return [name for way in ways for name, text in way if WORD in text]
