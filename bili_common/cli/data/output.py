"""Output: where data goes, standard output or a file that appears as a whole."""

from __future__ import annotations

import errno
import os
import sys

from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Self, TextIO

from ..._util.files import Replacement
from ...errors import UsageError
from ..language import tr


__all__ = [
    "Output",
    "OutputError",
    "check_suffix",
    "check_writable",
    "part_of",
    "stdout",
    "stdout_bytes",
]


class OutputError(Exception):
    """Data cannot be written where it was to go."""

    @classmethod
    def of(cls, path: Path | None, exc: OSError) -> Self:
        """Return the error for what the system said of *path*, None for standard output."""
        return cls(_told(path, exc.strerror or tr("unknown reason")))


def stdout() -> TextIO:
    """
    Return standard output, in UTF-8 unless a terminal says otherwise.

    Raises:
        OutputError: There is none.
    """
    if sys.stdout is None:
        raise OutputError(_told(None, tr("it is closed")))

    # What stands in for it, in a test or a notebook, may not have the method.
    if reconfigure := getattr(sys.stdout, "reconfigure", None):
        reconfigure(encoding=None if sys.stdout.isatty() else "utf-8", errors="replace")
    return sys.stdout


def stdout_bytes() -> IO[bytes]:
    """
    Return standard output for bytes.

    Raises:
        OutputError: There is none.
    """
    stream = stdout()
    stream.flush()
    return stream.buffer


def check_suffix(path: Path | None, *endings: str) -> None:
    """
    See to it that the name of a file says what is written to it.

    Raises:
        UsageError: It ends in none of *endings*.
    """
    if path is not None and path.suffix.lower() not in endings:
        raise UsageError(
            tr(
                "-o {path}: its name must end in {endings}",
                path=path,
                endings=", ".join(endings),
            )
        )


def check_writable(path: Path) -> None:
    """
    See to it that a long run does not end at a file that cannot be written.

    Raises:
        OutputError: The file at *path* cannot be made or replaced.
    """
    folder = path.parent
    if path.is_dir():
        raise OutputError(_told(path, os.strerror(errno.EISDIR)))
    if not folder.is_dir():
        raise OutputError(_told(path, tr("no such folder")))
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise OutputError(_told(path, os.strerror(errno.EACCES)))


def part_of(path: Path) -> Path:
    """Return where what had come is kept after an error."""
    return path.with_name(f"{path.name}.part")


class Output:
    """
    Where one command's data goes.

    A file is written beside its place and moved there at the end, so that no
    one ever reads half of it. After an error what had come is kept as
    ``FILE.part``, and what stood at FILE stays.

    Args:
        path: The file, or None for standard output.

        begin_with: What a file begins with.

    Attributes:
        stream: What to write to, once entered.

    Raises:
        OutputError: On entry: the file cannot be written.
    """

    stream: IO[str]

    def __init__(self, path: Path | None, *, begin_with: bytes = b"") -> None:
        self._begin_with = begin_with
        self._path = None if path is None or str(path) == "-" else path
        self._file: Replacement | None = None

    @property
    def is_file(self) -> bool:
        """Whether data goes to a file."""
        return self._path is not None

    def __enter__(self) -> Self:
        try:
            self.stream = stdout() if self._path is None else self._open(self._path)
        except OSError as exc:
            raise OutputError.of(self._path, exc) from None

        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        try:
            self._close(failed=error is not None)
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise OutputError.of(self._path, exc) from None

    def write(self, text: str) -> None:
        """
        Write *text*; standard output shows it at once.

        Raises:
            OutputError: The disk is full, or the like.
        """
        try:
            self.stream.write(text)
            if self._path is None:
                self.stream.flush()
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise OutputError.of(self._path, exc) from None

    def _open(self, path: Path) -> IO[str]:
        self._file = file = Replacement(path)
        if not file.is_aside:
            return file.path.open("w", encoding="utf-8")

        # Made as the umask says, unlike the files of `tempfile`.
        stream = file.path.open("x", encoding="utf-8", newline="")
        stream.write(self._begin_with.decode())
        return stream

    def _close(self, *, failed: bool) -> None:
        if self._file is None:
            self.stream.flush()
            return

        try:
            self.stream.flush()
        except OSError:
            self._file.discard()
            raise
        finally:
            # What cannot be written cannot be flushed by closing either.
            with suppress(OSError):
                self.stream.close()
        if failed:
            self._file.discard(keep_as=part_of(self._file.target))
        else:
            self._commit(self._file)

    def _commit(self, file: Replacement) -> None:
        try:
            file.commit()
        except OSError:
            file.discard()
            raise


def _told(path: Path | None, reason: str) -> str:
    where = tr("standard output") if path is None else str(path)
    return tr("cannot write to {where}: {reason}", where=where, reason=reason)
