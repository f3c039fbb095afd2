"""The assets of the page: template, style, words and scripts, as they lie in the package."""

from __future__ import annotations

import base64
import hashlib
import json
import re

from collections.abc import Mapping
from importlib import resources
from typing import Any, Final

from ..errors import UsageError


__all__ = [
    "DEFAULT_LANGUAGE",
    "SCRIPTS",
    "catalogue",
    "digest",
    "say",
    "script",
    "text_of",
]

SCRIPTS: Final = (
    "data",
    "words",
    "dom",
    "export",
    "table",
    "columns",
    "heatmap",
    "overview",
    "views",
    "search",
    "main",
)
"""The modules of the page's script, each after those that it imports."""

DEFAULT_LANGUAGE: Final = "en"
"""What a page says until its script has seen the browser's own language."""

_FOLDER: Final = "page"
_IMPORT: Final = re.compile(r"^import [^;]*;\n", re.MULTILINE)
_EXPORT: Final = re.compile(r"^export ", re.MULTILINE)


def text_of(name: str) -> str:
    """
    Return the text of a file of the page.

    Raises:
        UsageError: It is not where the package is: whoever packed it left it out.
    """
    try:
        data = (resources.files("bili_common.report") / _FOLDER / name).read_text(
            encoding="utf-8"
        )
    except (FileNotFoundError, NotADirectoryError):
        raise UsageError(
            f"a report needs bili_common/report/{_FOLDER}/{name}, which this installation "
            "lacks; with PyInstaller add --collect-data bili_common"
        ) from None

    # A browser hashes what it parsed, in which every line ends with LF alone.
    return data.replace("\r\n", "\n").replace("\r", "\n")


def script() -> str:
    """
    Return the page's script: its modules in one, as a page without files has to.

    Their imports and exports are left out, which works because no two of them
    name two things alike.
    """
    modules = (text_of(f"scripts/{name}.js") for name in SCRIPTS)
    text = "\n".join(_EXPORT.sub("", _IMPORT.sub("", module)) for module in modules)
    # An HTML parser must see no end of the script in it.
    return re.sub("</(?=script)", r"<\\/", text, flags=re.IGNORECASE)


def digest(text: str) -> str:
    """Return what a Content-Security-Policy calls the script or style *text*."""
    hashed = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(hashed).decode()}'"


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
