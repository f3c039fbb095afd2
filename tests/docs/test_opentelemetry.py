"""The page on logging: what it says of OpenTelemetry."""

from __future__ import annotations

import re

import aiohttp
import pytest

from bili_common import Client, Credential
from bili_common.testing import FakeBilibili, InstantClock

from ..checkout import ROOT


pytest.importorskip("opentelemetry.instrumentation.aiohttp_client")
export = pytest.importorskip("opentelemetry.sdk.trace.export")
memory = pytest.importorskip("opentelemetry.sdk.trace.export.in_memory_span_exporter")
sdk = pytest.importorskip("opentelemetry.sdk.trace")

KEY = "canary-0123456789abcdef"


async def test_spans_of_the_page_hold_no_key():
    """With the page's lines each request is a span, which has its URL and not the key."""
    from opentelemetry import trace as api  # noqa: PLC0415 - skipped above where it is missing

    spans, provider = memory.InMemorySpanExporter(), sdk.TracerProvider()
    provider.add_span_processor(export.SimpleSpanProcessor(spans))
    api.set_tracer_provider(provider)
    page = (ROOT / "docs" / "jobs" / "logging.md").read_text(encoding="utf-8")
    [lines] = re.findall(r"```text\n(from opentelemetry.*?)```", page, re.DOTALL)
    names = {"aiohttp": aiohttp}
    exec(lines, names)  # noqa: S102 - the page's own lines
    async with FakeBilibili() as fake, names["session"] as session:
        fake.add_user(2, followings=60)
        async with Client(
            Credential(access_key=KEY),
            base_url=fake.base_url,
            session=session,
            clock=InstantClock(),
        ) as client:
            await client.iter_same_followings(2).collect()
    told = [span.to_json() for span in spans.get_finished_spans()]
    assert len(told) == 2
    assert all("/x/relation/same/followings" in text and KEY not in text for text in told)
