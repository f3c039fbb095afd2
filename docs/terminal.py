"""Draw _static/terminal.svg, the command in a terminal: `python docs/terminal.py`."""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys

from pathlib import Path

from rich.console import Console
from rich.text import Text


COMMAND = ["bili-common", "list", "293793435", "--demo", "--limit", "8"]
COLUMNS = 104
PICTURE = Path(__file__).parent / "_static" / "terminal.svg"
WIDE = re.compile(r"[\u2e80-\uffef]+")
WIDE_ELEMENT = re.compile(r'textLength="([\d.]+)"([^<>]*>[\u2e80-\uffef]+<)')
# A line of progress, drawn while the cursor is hidden, and erased again.
PROGRESS = re.compile(r"\x1b\[\?25l.*?\x1b\[\?25h(?:\r?\x1b\[1A\x1b\[2K)*", re.DOTALL)
# The font would be fetched from another host: whoever looks has one.
FONT_FACES = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def run() -> str:
    """Return what the command writes to a terminal, colours and all."""
    ours, theirs = pty.openpty()
    program = Path(sys.executable).with_name(COMMAND[0])
    environment = {
        **os.environ,
        "COLUMNS": str(COLUMNS),
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
    with subprocess.Popen(  # noqa: S603 - our own command
        [program, *COMMAND[1:]], stdout=theirs, stderr=theirs, env=environment
    ):
        os.close(theirs)
        shown = b""
        # Linux ends a terminal without a writer by an error.
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:
                break
            if not part:
                break
            shown += part
    os.close(ours)
    return PROGRESS.sub("", shown.decode().replace("\r\n", "\n"))


def draw(shown: str) -> str:
    """Return the picture of a terminal with the command and what it wrote."""
    console = Console(
        file=io.StringIO(),
        record=True,
        width=COLUMNS,
        force_terminal=True,
        color_system="truecolor",
    )
    console.print(Text("$ ", style="bold green") + Text(" ".join(COMMAND)))
    text = Text.from_ansi(shown)
    # A colour of their own, if hardly another one, gives them an element of their own.
    text.highlight_regex(WIDE, "#c5c8c7")
    console.print(text)
    svg = console.export_svg(title="bili-common", unique_id="terminal")
    return WIDE_ELEMENT.sub(widen, FONT_FACES.sub("", svg))


def widen(element: re.Match[str]) -> str:
    """Give Chinese text its two columns a letter, where Rich reckons with one."""
    return f'textLength="{2 * float(element[1]):g}"{element[2]}'


if __name__ == "__main__":
    PICTURE.write_text(draw(run()), encoding="utf-8")
