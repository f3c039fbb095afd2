"""The replacement: a file that appears as a whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat

from collections.abc import Generator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path

from ..errors import StoreError


__all__ = ["Replacement", "replacing"]


class Replacement:
    """
    A file that is written beside its place, and moved there at the end.

    Args:
        path: The place. A link stays one: what it leads to is replaced. A pipe or a
            device is written to, and never replaced.

    Attributes:
        target: The place, where links lead.

        path: What to write to until `commit` or `discard`.

    Raises:
        PermissionError: The file in that place is not to be written.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self._mode = _mode(Path(path))
        if self._mode is not None and not stat.S_ISREG(self._mode):
            # As it was named: what /dev/stdout points to may have no name.
            self.target = self.path = Path(path)
            return

        self.target = target = Path(os.path.realpath(path))
        if self._mode is not None and not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        self.path = target.with_name(f".{target.name}.{secrets.token_hex(4)}.tmp")

    @property
    def is_aside(self) -> bool:
        """Whether `path` is another than `target`."""
        return self.path != self.target

    def commit(self) -> None:
        """Put what was written in its place, with the mode of the file that was there."""
        if not self.is_aside:
            return

        # Else a loss of power could leave the new name on an empty file.
        with self.path.open("rb+") as file:
            os.fsync(file.fileno())
        if self._mode is not None:
            self.path.chmod(stat.S_IMODE(self._mode))
        self.path.replace(self.target)

    def discard(self, *, keep_as: Path | None = None) -> None:
        """Leave the place as it is, and put what was written, if anything, at *keep_as*."""
        if not self.is_aside or not self.path.exists():
            return

        if keep_as is not None and self.path.stat().st_size:
            self.path.replace(keep_as)
        else:
            self.path.unlink()


@contextmanager
def replacing(path: str | PathLike[str]) -> Generator[Path, None, None]:
    """
    Give the path of a file beside *path*, which becomes *path* if all goes well.

    Otherwise it is removed, and what was at *path* stays as it was.

    Raises:
        StoreError: *path* cannot be written.
    """
    fresh: Replacement | None = None
    try:
        fresh = Replacement(path)
        yield fresh.path
        fresh.commit()
    except OSError as exc:
        raise StoreError(f"cannot write {path}: {exc.strerror or exc}") from None
    finally:
        if fresh is not None:
            with suppress(OSError):
                fresh.discard()


def _mode(path: Path) -> int | None:
    """Return the mode of the file at *path*, or None where there is none."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None
