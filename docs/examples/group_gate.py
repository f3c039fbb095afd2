"""
A gate for a group: does an applicant follow one of our accounts?

    python group_gate.py 293793435 --ours 3000000001 3000000002

It prints the verdict and ends with 0 for yes, 1 for no, 7 for unknown. An unknown is for a
person to decide: a hidden list and a broken walk are no refusals.
"""

from __future__ import annotations

import argparse
import asyncio

from collections.abc import Collection

from bili_common import Client, PrivacyError, UserNotFoundError, Verdict


EXIT_CODES = {Verdict.YES: 0, Verdict.NO: 1, Verdict.UNKNOWN: 7}


async def decide(client: Client, applicant: int, ours: Collection[int]) -> tuple[Verdict, str]:
    """Return the verdict and a reason that can be shown to the applicant."""
    try:
        # The gate's own account follows all of ours: only so is a miss a no.
        answer = await client.check_same_followings(applicant, ours, caller_follows=ours)
    except PrivacyError:
        return (
            Verdict.UNKNOWN,
            "the list is hidden: please show it and apply again",
        )
    except UserNotFoundError:
        return Verdict.UNKNOWN, "there is no such user"
    if answer.verdict is Verdict.YES:
        return answer.verdict, ", ".join(found.uname for found in answer.found.values())
    if answer.verdict is Verdict.NO:
        return answer.verdict, f"none of {len(answer.missing)} accounts"
    return answer.verdict, f"the list could not be read to its end: {answer.report.stop_reason}"


async def main() -> int:
    parser = argparse.ArgumentParser(description="Does an applicant follow one of ours?")
    parser.add_argument("applicant", type=int)
    parser.add_argument("--ours", type=int, nargs="+", required=True)
    args = parser.parse_args()

    async with Client.from_env() as client:
        verdict, reason = await decide(client, args.applicant, args.ours)
    print(f"{verdict.value}: {reason}")
    return EXIT_CODES[verdict]


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
