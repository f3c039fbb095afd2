"""The words: what a page says, in each of its languages."""

from __future__ import annotations

import json

from collections.abc import Mapping
from typing import Any, Final

from .assets import text_of


__all__ = ["DEFAULT_LANGUAGE", "catalogue", "say"]

DEFAULT_LANGUAGE: Final = "en"
"""What a page says until its script has seen the browser's own language."""


def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Return the texts of the page, by language and key."""
    texts: Mapping[str, Mapping[str, str]] = json.loads(text_of("words.json"))
    return texts


def say(template: str, arguments: Mapping[str, Any]) -> str:
    """
    Return a text with its arguments filled in, as the page's script does.

    Args:
        template: A text of the catalogue. ``{n}`` is an argument; ``one list|{n}
            lists`` is two texts, of which the first is said where *n* is 1.

        arguments: Numbers and texts, by name. Numbers get their thousands apart.
    """
    one, _, more = template.partition("|")
    chosen = more if more and arguments.get("n") != 1 else one
    for name, value in arguments.items():
        chosen = chosen.replace(f"{{{name}}}", _text(value))
    return chosen


def _text(value: Any) -> str:
    return f"{value:,.10g}" if isinstance(value, int | float) else str(value)
