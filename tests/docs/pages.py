"""
Pages: the fenced blocks of a Markdown page, run from top to bottom.

`python`   runs as at the prompt of ``python -m asyncio``: `await` is allowed at the top.
`output`   is what the block above it printed; ``...`` stands for anything.
`console`  lines after ``$`` run in a shell, the lines below are what they print.
A `{code-block}` with a caption is a file of that name: one that begins with `test_` is given to
pytest, any other is there for what comes after.
Blocks of any other kind are prose.
"""

from __future__ import annotations

import ast
import asyncio
import contextlib
import doctest
import inspect
import io
import os
import re
import subprocess
import sys

from pathlib import Path

import attrs


FENCE = re.compile(
    r"^(?P<fence>`{3,})(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=fence)[ ]*$",
    re.MULTILINE | re.DOTALL,
)
CAPTION = re.compile(r"\A(?::\w[\w-]*:.*\n)*?:caption: (?P<name>\S+)\n(?::\w[\w-]*:.*\n)*\n*")
BIN = Path(sys.executable).parent


@attrs.frozen
class Block:
    """One fenced block: its kind, its text, and the line on which the text begins."""

    kind: str
    text: str
    line: int
    caption: str | None = None


def blocks(markdown: str) -> list[Block]:
    """Return the blocks of a page, in order."""
    found = []
    for match in FENCE.finditer(markdown):
        kind, text = match["info"].strip(), match["body"]
        caption = CAPTION.match(text) if kind.startswith("{code-block}") else None
        line = markdown.count("\n", 0, match.start("body")) + 1
        if caption:
            line += caption[0].count("\n")
            text = text[caption.end() :]
        found.append(Block(kind, text, line, caption and caption["name"]))
    return found


class Reader:
    """Runs the blocks of one page, which share their names and their event loop."""

    def __init__(self, page: Path, folder: Path) -> None:
        self.page = page
        self.folder = folder
        self.names: dict[str, object] = {"__name__": "__main__"}
        self.printed = ""
        self.ran = 0

    def read(self) -> None:
        """Run the page, and close what it left open."""
        with asyncio.Runner() as runner:
            try:
                for block in blocks(self.page.read_text(encoding="utf-8")):
                    self._take(block, runner)
            finally:
                runner.run(self._close())

    def _take(self, block: Block, runner: asyncio.Runner) -> None:
        if block.caption:
            self._keep(block)
        elif block.kind == "python":
            self._run(block, runner)
        elif block.kind == "output":
            self._compare(block.text, self.printed, block.line)
        elif block.kind == "console":
            self._shell(block)

    def _run(self, block: Block, runner: asyncio.Runner) -> None:
        # Blank lines above make tracebacks name the page's own line.
        source = "\n" * (block.line - 1) + block.text
        code = compile(
            source,
            str(self.page),
            "exec",
            flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            dont_inherit=True,
        )
        self.ran += 1
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            # As at the prompt: only a block that awaits runs inside the loop.
            result = eval(code, self.names)  # noqa: S307 - the page's own code
            if inspect.iscoroutine(result):
                runner.run(result)
        self.printed = printed.getvalue()

    def _keep(self, block: Block) -> None:
        self.ran += 1
        file = self.folder / str(block.caption)
        file.write_text(block.text, encoding="utf-8")
        if file.name.startswith("test_"):
            command = [
                sys.executable,
                "-m",
                "pytest",
                "-q",
                "-p",
                "no:cacheprovider",
                file.name,
            ]
        elif file.suffix == ".py":
            command = [sys.executable, "-m", "py_compile", file.name]
        else:
            return
        done = self._call(command)
        assert done.returncode == 0, f"{self.page.name}:{block.line}\n{done.stdout}"

    def _shell(self, block: Block) -> None:
        """Run each command, and compare what all of them print with the block."""
        printed = ""
        for line in block.text.splitlines(keepends=True):
            if line.startswith("$ "):
                self.ran += 1
                printed += line + self._call(["bash", "-c", line[2:]]).stdout
        self._compare(block.text, printed, block.line)

    def _call(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        search = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(  # noqa: S603 - the page's own commands
            command,
            cwd=self.folder,
            env={**os.environ, "PATH": search, "COLUMNS": "100", "NO_COLOR": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )

    def _compare(self, expected: str, actual: str, line: int) -> None:
        if not doctest.OutputChecker().check_output(expected, actual, doctest.ELLIPSIS):
            raise AssertionError(
                f"{self.page.name}:{line}: the page says\n{expected}\nbut it printed\n{actual}"
            )

    async def _close(self) -> None:
        # Clients before servers: the names are in the order in which they were given.
        for value in reversed(list(self.names.values())):
            for name in ("aclose", "stop"):
                close = getattr(value, name, None)
                if inspect.ismethod(close) and inspect.iscoroutinefunction(close):
                    await close()
