"""What the workers of the tests do: make a client for the server that the environment names."""

from __future__ import annotations

import os

from bili_common import Client, Credential, RateLimit, RetryPolicy


def make_client() -> Client:
    """Return a client of the account that the worker's environment holds."""
    return Client(
        Credential.from_env(),
        base_url=os.environ["BILI_BASE_URL"],
        rate_limit=RateLimit(per_second=None),
        retry=RetryPolicy(attempts=2, base=0, cool_down=0),
    )
