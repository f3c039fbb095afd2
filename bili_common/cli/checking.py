"""The command ``check``: does one user follow some accounts."""

from __future__ import annotations

from collections.abc import Sequence

from ..compare.cells import printable
from ..compare.membership import Membership, Require, Verdict
from .access import Access, open_client
from .exits import Exit, exit_for_verdict
from .messages import say
from .output import Output
from .verdict import verdict


__all__ = ["check"]


async def check(
    access: Access,
    vmid: int,
    mids: Sequence[int],
    *,
    require: Require,
    assume_followed: bool,
) -> Exit:
    """Write the answer, with what was found and what was not."""
    async with open_client(access) as client:
        answer = await client.check_same_followings(
            vmid, mids, require=require, caller_follows=mids if assume_followed else None
        )
    with Output(None) as output:
        output.write(_tell(answer, mids))
    say(verdict(answer.report))
    if answer.verdict is Verdict.UNKNOWN and answer.report.complete:
        say(
            "a miss says nothing unless your account follows the MID itself; "
            "--assume-followed says that it does",
            label="note",
            style="bold",
        )
    return exit_for_verdict(answer.verdict)


def _tell(answer: Membership, mids: Sequence[int]) -> str:
    lines = [answer.verdict.name]
    for mid in dict.fromkeys(mids):
        if mid in answer.found:
            lines.append(f"found    {mid}  {printable(answer.found[mid].uname)}")
        else:
            lines.append(f"missing  {mid}")
    return "".join(f"{line}\n" for line in lines)
