"""The command ``serve``: the fake server, for other programs and by hand."""

from __future__ import annotations

import asyncio

from ..errors import TransportError
from .exits import Exit
from .messages import say
from .output import Output


__all__ = ["serve"]


async def serve(host: str, port: int) -> Exit:
    """
    Run the fake server until Ctrl-C; its address goes to standard output.

    Raises:
        TransportError: It cannot listen there.
    """
    # A web server is loaded only where one runs.
    from ..testing import DEMO_VMIDS, FakeBilibili  # noqa: PLC0415 - see above

    fake = FakeBilibili()
    try:
        await fake.start(host=host, port=port)
    except OSError as exc:
        reason = exc.strerror or "unknown reason"
        raise TransportError(f"cannot listen on {host}, port {port}: {reason}") from None

    try:
        with Output(None) as output:
            output.write(f"{fake.base_url}\n")
        say("synthetic users; any SESSDATA will do; Ctrl-C ends it. Try:")
        vmid = DEMO_VMIDS["demo"]
        say(f"  BILI_SESSDATA=any bili-common list {vmid} --base-url {fake.base_url} --rate 50")
        await asyncio.get_running_loop().create_future()
        raise AssertionError("unreachable: nobody sets that future")
    finally:
        await fake.stop()
