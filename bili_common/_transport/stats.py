"""The counts of a client."""

from __future__ import annotations

import attrs


__all__ = ["Stats"]


@attrs.frozen
class Stats:
    """
    What a client did so far, with the copies that ``with_options`` made.

    Attributes:
        requests: Requests sent, with those that were repeated.

        retries: How many of them repeated one that failed.

        throttled: Answers that told the client to slow down or to stop.

        bytes: Bytes of answers' bodies, after decompression.

        waited: Seconds that calls waited for their turn and between attempts,
            added up over all tasks.
    """

    requests: int = 0
    retries: int = 0
    throttled: int = 0
    bytes: int = 0
    waited: float = 0.0
