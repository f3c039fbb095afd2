"""The commands ``export``, ``report`` and ``upgrade``: a store as a whole."""

from __future__ import annotations

import sys
import tempfile

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import cast

from ...compare.store import RunStore
from ...compare.tables import ExportKind, export
from ...errors import UsageError
from ..data.output import OutputError, check_suffix, check_writable, stdout_bytes
from ..exits import Exit
from ..language import tr, trn
from ..reach.opening import check_store, moment_in, open_comparison
from ..speech.console import Messages
from ..speech.waiting import show_work


__all__ = ["export_store", "report_store", "upgrade_store"]

_KINDS = ("csv", "jsonl", "parquet")
_KIB = 1024


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


def report_store(
    store: Path,
    path: Path,
    *,
    since: str | None,
    account: str | None,
    private: bool,
    messages: Messages,
) -> Exit:
    """Write a page about *store* to *path*."""
    # The page is loaded only where one is written.
    from ...report.writer import write_report  # noqa: PLC0415 - see above

    check_suffix(path, ".html", ".htm")
    check_writable(path)
    with (
        open_comparison(store, account) as comparison,
        show_work(messages, tr("writing {where}", where=path)),
    ):
        write_report(
            comparison,
            path,
            include_private=private,
            since=None if since is None else moment_in(comparison, since),
        )
    messages.say(tr("the report is in {path}", path=path))
    return Exit.OK


async def upgrade_store(path: Path, messages: Messages) -> Exit:
    """Upgrade the store at *path*, and say what was done."""
    check_store(path)
    async with RunStore(path, create=False) as store:
        with show_work(messages, tr("upgrading {store}", store=path)):
            report = await store.upgrade()
    if not report.is_upgraded:
        messages.say(
            tr("{store} is up to date: schema {after}", store=path, after=report.schema_after)
        )
        return Exit.OK

    messages.say(
        tr(
            "{store} went from schema {before} to {after}: {users}, "
            "{larger} KiB became {smaller}",
            store=path,
            before=report.schema_before,
            after=report.schema_after,
            users=trn("{number} UID", "{number} UIDs", report.outcomes),
            smaller=report.bytes_after // _KIB,
            larger=report.bytes_before // _KIB,
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
