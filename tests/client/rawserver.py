"""A server of bytes, which keeps what a request looked like."""

from __future__ import annotations

import asyncio


COOKIE = "a%2C1,b*c"
EMPTY = b'{"code":0,"message":"0","ttl":1,"data":{"list":[],"re_version":0,"total":0}}'


class RawServer:
    """A server of bytes: keeps each request's head, and answers what it is told."""

    def __init__(self) -> None:
        self.heads: list[str] = []
        self.open = 0
        # Bytes of one answer, None to close the connection, or "hang".
        self.reply = ok(EMPTY)
        self.url = ""
        # Set when a request came.
        self.came = asyncio.Event()

    @property
    def lines(self) -> dict[str, str]:
        """The last request's headers."""
        pairs = [line.split(": ", 1) for line in self.heads[-1].split("\r\n")[1:] if line]
        assert len({name.lower() for name, _ in pairs}) == len(pairs)
        return {name.lower(): value for name, value in pairs}

    async def handle(self, reader, writer) -> None:
        self.open += 1
        try:
            while head := await self._head(reader):
                self.heads.append(head)
                self.came.set()
                if self.reply is None:
                    return
                if self.reply == "hang":
                    await reader.read()
                    return
                writer.write(self.reply)
                await writer.drain()
        except OSError:
            pass
        finally:
            self.open -= 1
            writer.close()

    async def _head(self, reader) -> str:
        try:
            return (await reader.readuntil(b"\r\n\r\n")).decode()
        except asyncio.IncompleteReadError:
            return ""


def ok(body: bytes, *headers: str, status="200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body
