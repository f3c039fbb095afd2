"""The command ``export``: what a store holds, as a table for other programs."""

from __future__ import annotations

import sys
import tempfile

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from ...compare.tables import ExportKind, export
from ...errors import UsageError
from ..console import Messages
from ..exits import Exit
from ..language import tr, trn
from ..opening import open_comparison
from ..output import OutputError, check_writable, stdout_bytes
from ..working import show_work


__all__ = ["export_store"]

_KINDS = ("csv", "jsonl", "parquet")


def export_store(
    store: Path,
    path: Path,
    *,
    form: str | None,
    edges: bool,
    bom: bool,
    excel: bool,
    account: str | None,
    private: bool,
    messages: Messages,
) -> Exit:
    """Write the rows of *store* to *path*, or to standard output where it is ``-``."""
    kind = _kind_of(path, form)
    if excel and kind != "csv":
        raise UsageError(tr("--excel is for CSV, not for {form}", form=kind))

    is_stdout = str(path) == "-"
    if not is_stdout:
        check_writable(path)
    where = tr("standard output") if is_stdout else path
    write = partial(
        export, kind=kind, edges=edges, include_private=private, bom=bom, excel=excel
    )
    with (
        open_comparison(store, account) as comparison,
        show_work(messages, tr("writing {where}", where=where)),
    ):
        if is_stdout:
            rows = _to_stdout(partial(write, comparison), is_text=kind != "parquet")
        else:
            rows = write(comparison, path)
    messages.say(
        trn(
            "{number} row written to {where}",
            "{number} rows written to {where}",
            rows,
            where=where,
        )
    )
    return Exit.OK


def _kind_of(path: Path, form: str | None) -> ExportKind:
    kind = form or path.suffix.lower().removeprefix(".")
    if str(path) == "-" and form is None:
        raise UsageError(tr("-o - needs --format: csv, jsonl or parquet"))
    if kind not in _KINDS:
        raise UsageError(
            tr(
                "-o {path}: its name must end in {endings}, or --format says what to write",
                path=path,
                endings=", ".join(f".{known}" for known in _KINDS),
            )
        )
    return cast(ExportKind, kind)  # pyright: ignore[reportUnnecessaryCast] - mypy needs it


def _to_stdout(write: Callable[[Path], int], *, is_text: bool) -> int:
    """Write by way of a file: what cannot be read to the end leaves nothing half."""
    target = stdout_bytes()
    if not is_text and sys.stdout.isatty():
        raise UsageError(tr("parquet is no text: lead it into a file or a program"))

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        rows = write(path)
        try:
            with path.open("rb") as file:
                while part := file.read(1 << 20):
                    target.write(part)
            target.flush()
        except BrokenPipeError:
            raise
        except OSError as exc:
            raise OutputError.of(None, exc) from None
    return rows
