"""The body: a response read whole, up to a cap, and no further."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import aiohttp

from yarl import URL

from .._wire.envelope import is_told_by_head
from .._wire.response import RawResponse, parse_retry_after
from ..errors import ResponseError
from .login import Login


__all__ = ["MAX_BODY", "ResponseReader"]

# After decompression: a few hundred bytes can become hundreds of MiB. A page of
# 50 records has about 25 KiB.
MAX_BODY: Final = 8 * 2**20
# An error keeps half of this: no secret is to be cut in two at its end.
_HEAD: Final = 4096
# Names a captcha that would have to be solved first.
_VOUCHER: Final = "x-bili-gaia-vvoucher"


class ResponseReader:
    """
    Reads responses, and counts their bytes.

    Args:
        login: Its credential is struck out of what an error keeps.
    """

    def __init__(self, login: Login) -> None:
        self._login = login
        # After decompression, with those of bodies that were cut.
        self.bytes = 0

    async def read(self, response: aiohttp.ClientResponse, *, now: float) -> RawResponse:
        """
        Return what *response* brings.

        Args:
            response: The response, whose body was not read.

            now: What time it is, for a Retry-After that is a date.

        Raises:
            ResponseError: The body is longer than 8 MiB, and the status alone
                does not tell what the answer is. So for all errors of reading.
        """
        headers = response.headers
        retry_after, location = headers.get("Retry-After"), headers.get("Location")
        return RawResponse(
            status=response.status,
            body=await self._read_body(response),
            retry_after=None
            if retry_after is None
            else parse_retry_after(retry_after, now=now),
            location=None if location is None else _host_of(location),
            has_voucher=_VOUCHER in headers,
            # An answer that has no body by its status has a reader without a count.
            compressed=bool(getattr(response.content, "total_compressed_bytes", 0)),
        )

    async def _read_body(self, response: aiohttp.ClientResponse) -> bytes:
        chunks: list[bytes] = []
        size = 0
        try:
            while size <= MAX_BODY and (chunk := await response.content.readany()):
                chunks.append(chunk)
                size += len(chunk)
                self.bytes += len(chunk)
        except (aiohttp.ClientError, OSError):
            # A timeout is an OSError too.
            if not _is_told_by_head(response):
                raise
        else:
            if size <= MAX_BODY:
                return b"".join(chunks)

        response.close()
        # A ban is one, and is not to be asked again, whether its page came whole or not.
        if _is_told_by_head(response):
            return _head(chunks)

        raise ResponseError(
            f"the server sent a body of more than {MAX_BODY} bytes",
            http_status=response.status,
            body=self._login.redactor.redact_bytes(_head(chunks)),
        )


def _is_told_by_head(response: aiohttp.ClientResponse) -> bool:
    return is_told_by_head(response.status, has_voucher=_VOUCHER in response.headers)


def _head(chunks: Iterable[bytes]) -> bytes:
    """Return the first bytes of *chunks*, without a second copy of them all."""
    head = b""
    for chunk in chunks:
        head += chunk[: _HEAD - len(head)]
        if len(head) == _HEAD:
            break

    return head


def _host_of(location: str) -> str | None:
    try:
        return URL(location).host
    except ValueError:
        return None
