"""The assets of the page: template, style, words and scripts, as they lie in the package."""

from __future__ import annotations

import base64
import hashlib
import re

from importlib import resources
from typing import Final

from ..errors import UsageError


__all__ = ["SCRIPTS", "digest", "script", "text_of"]

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
