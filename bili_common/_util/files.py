"""The replacement: a file that appears as a whole or not at all."""

from __future__ import annotations

import os
import secrets
import stat

from collections.abc import Generator
from contextlib import contextmanager, suppress
from os import PathLike
from pathlib import Path

from ..errors import StoreError


__all__ = ["replacing"]


@contextmanager
def replacing(path: str | PathLike[str]) -> Generator[Path, None, None]:
    """
    Give the path of a file beside *path*, which becomes *path* if all goes well.

    Otherwise it is removed, and what was at *path* stays as it was.

    Raises:
        StoreError: *path* cannot be written.
    """
    # Where a link leads, so that the link stays.
    target = Path(os.path.realpath(path))
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        mode = target.stat().st_mode if target.exists() else stat.S_IFREG
        if not stat.S_ISREG(mode):
            # A pipe or a device is written to, never replaced. A directory refuses.
            yield target
            return

        yield fresh
        if stat.S_IMODE(mode):
            fresh.chmod(stat.S_IMODE(mode))
        _flush(fresh)
        fresh.replace(target)
    except OSError as exc:
        raise StoreError(f"cannot write {target}: {exc.strerror or exc}") from None
    finally:
        with suppress(OSError):
            fresh.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    # Else a loss of power could leave the new name on an empty file.
    with path.open("rb+") as file:
        os.fsync(file.fileno())
