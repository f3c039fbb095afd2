"""
A FastAPI endpoint that streams JSON lines, and stops asking when its client leaves.

    uvicorn fastapi_stream:app
    curl -N http://127.0.0.1:8000/same-followings/293793435

One client serves all requests, so that all of them keep one pace.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import orjson

from fastapi import FastAPI, HTTPException, Path, Request
from fastapi.responses import StreamingResponse

from bili_common import (
    ApiError,
    BiliCommonError,
    Client,
    Following,
    PrivacyError,
    RiskControlError,
    UserNotFoundError,
    Walk,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with Client.from_env() as client:
        app.state.client = client
        yield


app = FastAPI(lifespan=lifespan)


@app.get("/same-followings/{vmid}")
async def same_followings(
    vmid: Annotated[int, Path(ge=1)], request: Request
) -> StreamingResponse:
    client: Client = request.app.state.client
    walk = aiter(client.iter_same_followings(vmid))
    try:
        # The first record decides on the status: after it, it is too late.
        first = await anext(walk, None)
    except (PrivacyError, UserNotFoundError) as error:
        raise HTTPException(404, "hidden, or no such user") from error
    except RiskControlError as error:
        wait = {"Retry-After": str(int(error.retry_after or 60))}
        raise HTTPException(503, "asked to stop", headers=wait) from error
    except ApiError as error:
        raise HTTPException(502, f"code {error.code}") from error
    return StreamingResponse(lines(first, walk), media_type="application/x-ndjson")


async def lines(first: Following | None, walk: Walk[Following]) -> AsyncIterator[bytes]:
    """Yield a line for each record, and a last one that says how the walk ended."""
    # When the client leaves, the server cancels this generator: no further page is asked for.
    try:
        if first is not None:
            yield line(first)
        async for following in walk:
            yield line(following)
    except BiliCommonError as error:
        yield orjson.dumps({"error": str(error), "resume": walk.cursor.dumps()}) + b"\n"
    else:
        yield orjson.dumps({"complete": walk.report.complete}) + b"\n"


def line(following: Following) -> bytes:
    return orjson.dumps({"mid": following.mid, "uname": following.uname}) + b"\n"
