"""A report as a reader of its file finds it, without running any of it."""

from __future__ import annotations

import base64
import json

from functools import cached_property
from html.parser import HTMLParser


__all__ = ["STATUSES", "Page", "unpack"]

STATUSES = ("ok", "incomplete", "private", "not_found", "failed")


def unpack(text: str) -> list[int]:
    """Return the numbers in base64 of LEB128."""
    numbers, number, shift = [], 0, 0
    for byte in base64.b64decode(text):
        number |= (byte & 0x7F) << shift
        shift += 7
        if not byte & 0x80:
            numbers.append(number)
            number = shift = 0
    return numbers


class Page(HTMLParser):
    """What a browser would find in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.scripts: list[tuple[dict, str]] = []
        self.styles: list[str] = []
        self.words: list[str] = []
        self._inside = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in {"script", "style"}:
            self._inside = tag
        if tag == "script":
            self.scripts.append((dict(attrs), ""))
        elif tag == "style":
            self.styles.append("")

    def handle_endtag(self, tag):
        if tag == self._inside:
            self._inside = ""

    def handle_data(self, data):
        if self._inside == "script":
            attrs, before = self.scripts[-1]
            self.scripts[-1] = (attrs, before + data)
        elif self._inside == "style":
            self.styles[-1] += data
        else:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def json(self, name: str):
        [text] = [text for attrs, text in self.scripts if attrs.get("id") == name]
        return json.loads(text)

    @cached_property
    def data(self) -> dict:
        return self.json("data")

    @property
    def policy(self) -> dict[str, list[str]]:
        [content] = [
            attrs["content"]
            for tag, attrs in self.tags
            if tag == "meta" and attrs.get("http-equiv") == "Content-Security-Policy"
        ]
        directives = (part.split() for part in content.split(";"))
        return {name: values for name, *values in directives}

    @cached_property
    def vmids(self) -> list[int]:
        return list(map(int, self.data["users"]["ids"].split()))

    @cached_property
    def mids(self) -> list[int]:
        return list(map(int, self.data["accounts"]["ids"].split()))

    @property
    def names(self) -> dict[int, str]:
        return dict(zip(self.mids, self.data["accounts"]["names"], strict=True))

    @property
    def statuses(self) -> dict[int, str]:
        codes = map(int, self.data["users"]["statuses"])
        return {vmid: STATUSES[code] for vmid, code in zip(self.vmids, codes, strict=True)}

    @property
    def lists(self) -> dict[int, set[int]]:
        numbers = iter(unpack(self.data["users"]["lists"]))
        lists = {}
        for vmid in self.vmids:
            place, mids = -1, []
            for _ in range(next(numbers)):
                place += next(numbers) + 1
                mids.append(self.mids[place])
            lists[vmid] = set(mids)
        assert list(numbers) == []
        return lists

    @property
    def totals(self) -> dict[int, int | None]:
        numbers = unpack(self.data["users"]["totals"])
        return {v: n - 1 if n else None for v, n in zip(self.vmids, numbers, strict=True)}

    @property
    def fetched(self) -> dict[int, int]:
        users = self.data["users"]
        numbers = unpack(users["fetched"])
        return {v: users["begin"] + n for v, n in zip(self.vmids, numbers, strict=True)}

    @property
    def notes(self) -> dict[int, str]:
        return {self.vmids[int(n)]: note for n, note in self.data["users"]["notes"].items()}

    @property
    def labels(self) -> dict[int, str]:
        return {self.vmids[int(n)]: text for n, text in self.data["users"]["labels"].items()}
