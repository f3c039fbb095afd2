"""
A Scrapy spider: records are the items, and the SDK asks in Scrapy's own loop.

    scrapy runspider scrapy_spider.py -a vmids=293793435,3900000051 -O followings.jsonl

The records are attrs objects, which Scrapy takes as items as they are. The pace is that of the
SDK; Scrapy's own scheduler sends nothing, so its delays and caches do not apply.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import scrapy

from bili_common import Client, PrivacyError, UserNotFoundError


class SameFollowingsSpider(scrapy.Spider):
    """Yields each account that you and one of *vmids* both follow."""

    name = "same_followings"
    custom_settings = {  # noqa: RUF012 - Scrapy wants a plain dict
        "TWISTED_REACTOR": "twisted.internet.asyncioreactor.AsyncioSelectorReactor",
        # Named, since a record also holds your own private data: groups, dates, special marks.
        "FEED_EXPORT_FIELDS": ["mid", "uname", "sign", "face"],
    }

    def __init__(self, vmids: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vmids = [int(vmid) for vmid in vmids.split(",") if vmid]

    async def start(self) -> AsyncIterator[Any]:
        async with Client.from_env() as client:
            for vmid in self.vmids:
                try:
                    async for following in client.iter_same_followings(vmid):
                        yield following
                except (PrivacyError, UserNotFoundError) as error:
                    # An answer about this user; what concerns the account ends the crawl.
                    self.logger.info("nothing is known of %d: %s", vmid, error)
