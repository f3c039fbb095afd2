"""The command ``serve``: the fake server, for other programs and by hand."""

from __future__ import annotations

import asyncio

from ..data.output import Output
from ..exits import Exit
from ..language import tr
from ..speech.console import Messages, complain


__all__ = ["serve"]


async def serve(host: str, port: int, *, messages: Messages) -> Exit:
    """Run the fake server until Ctrl-C; its address goes to standard output."""
    # A web server is loaded only where one runs.
    from ...testing import DEMO_VMIDS, FakeBilibili  # noqa: PLC0415 - see above

    fake = FakeBilibili()
    try:
        await fake.start(host=host, port=port)
    except OSError as exc:
        # No server of others is at fault, so that no advice about the network helps.
        complain(
            tr(
                "cannot listen on {host}, port {port}: {reason}",
                host=host,
                port=port,
                reason=exc.strerror or tr("unknown reason"),
            )
        )
        return Exit.NETWORK

    try:
        with Output(None) as output:
            output.write(f"{fake.base_url}\n")
        messages.say(tr("synthetic users; any SESSDATA will do; Ctrl-C ends it. Try:"))
        vmid = DEMO_VMIDS["demo"]
        messages.say(
            f"  BILI_SESSDATA=any bili-common list {vmid} --base-url {fake.base_url} --rate 50"
        )
        await asyncio.get_running_loop().create_future()
        raise AssertionError("unreachable: nobody sets that future")
    finally:
        await fake.stop()
