"""The forks: no file is open while this process forks."""

from __future__ import annotations

import os
import threading

from collections.abc import Callable
from functools import cache, partial
from typing import Protocol
from weakref import WeakSet


__all__ = ["ForkGuard", "Pausable", "fork_guard"]


class Pausable(Protocol):
    """Something that must not be open during a fork."""

    def pause(self) -> None:
        """Close, and stay closed until `resume`."""
        raise NotImplementedError

    def resume(self, *, is_child: bool) -> None:
        """Go on after `pause`."""
        raise NotImplementedError


class ForkGuard:
    """
    Closes what was added before each fork of this process.

    SQLite takes a file that its parent had open for open in the child, and so
    locks it for neither. When the parent closes it, the log of changes is
    removed, and what the child writes is seen by nobody else.
    """

    def __init__(self) -> None:
        self._members: WeakSet[Pausable] = WeakSet()
        # Held during a fork, so that nothing is added meanwhile.
        self._adding = threading.Lock()
        self._paused: list[Pausable] = []

    def add(self, member: Pausable) -> None:
        """Close *member* before each fork."""
        with self._adding:
            self._members.add(member)

    def before(self) -> None:
        """Close all members."""
        self._adding.acquire()
        for member in list(self._members):
            member.pause()
            self._paused.append(member)

    def after(self, *, is_child: bool) -> None:
        """Let all members go on, in the parent and in the child."""
        while self._paused:
            self._paused.pop().resume(is_child=is_child)
        self._adding.release()


@cache
def fork_guard() -> ForkGuard:
    """Return the guard of this process, which is made when it is first asked for."""
    guard = ForkGuard()
    # There is no fork on Windows.
    register: Callable[..., None] | None = getattr(os, "register_at_fork", None)
    if register is not None:
        register(
            before=guard.before,
            after_in_parent=partial(guard.after, is_child=False),
            after_in_child=partial(guard.after, is_child=True),
        )
    return guard
