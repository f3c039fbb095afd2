"""The help page: what a command is for, its options by their use, and examples."""

from __future__ import annotations

import inspect
import re
import shutil
import unicodedata

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..language import tr


__all__ = ["columns_of_text", "help_page", "paragraphs", "wrap"]

# Longer lines are hard to read, on however wide a terminal.
_WIDEST = 100
_NARROWEST = 40
# What is longer has its description below.
_LONGEST_TERM = 30
# A line may end behind a wide letter or a word, but no mark that closes begins one,
# and none that opens ends one.
_WORDS = re.compile(
    r"[（「『《]*(?:[\u2e80-\uffef]|[^\s\u2e80-\uffef]+)[，。、；：？！）」』》”]*|\s+"
)


def columns_of_text(text: str) -> int:
    """Return how many columns of a terminal *text* takes: Chinese two a letter."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def wrap(text: str, width: int) -> list[str]:
    """Return *text* in lines of at most *width* columns, broken where one may."""
    lines = [""]
    for word in _WORDS.findall(text):
        room = width - columns_of_text(lines[-1])
        if columns_of_text(word.rstrip()) > room and lines[-1]:
            lines.append("")
        # A blank is no way to begin a line.
        lines[-1] += word if lines[-1] else word.lstrip()
    return [line.rstrip() for line in lines]


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a docstring, each as one line, but its examples as they are."""
    parts = re.split(r"\n\s*\n", inspect.cleandoc(text))
    return [part if part.startswith("$ ") else " ".join(part.split()) for part in parts if part]


def help_page(command: Any, context: Any, verbs: Mapping[str, str] | None = None) -> str:
    """
    Return the help of *command*.

    Args:
        command: Typer's command or group.

        context: Its context.

        verbs: What a group's commands are for.
    """
    width = max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST))
    lines = list(_head(command, context, width))
    for title, entries in _sections(command, context, verbs or {}):
        lines += ["", title + tr(": ").rstrip(), *_entries(entries, width)]
    lines += _examples(command)
    return "\n".join(lines) + "\n"


def _head(command: Any, context: Any, width: int) -> Iterator[str]:
    pieces = [context.command_path, "[OPTIONS]", *map(_usage, _arguments(command, context))]
    if hasattr(command, "subcommand_metavar"):
        pieces += ["COMMAND ..."]
    yield from wrap(tr("Usage: {usage}", usage=" ".join(pieces)), width)
    for part in paragraphs(command.help or ""):
        if not part.startswith("$ "):
            yield ""
            yield from wrap(tr(part), width)


def _arguments(command: Any, context: Any) -> Iterator[Any]:
    params = command.get_params(context)
    return (param for param in params if param.param_type_name == "argument")


def _usage(argument: Any) -> str:
    name = f"{argument.display_name_raw}{'' if argument.nargs == 1 else '...'}"
    return name if argument.required else f"[{name}]"


def _sections(
    command: Any, context: Any, verbs: Mapping[str, str]
) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Yield each title with its terms and what they mean."""
    panels: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
    for param in command.get_params(context):
        if (record := param.get_help_record(context)) is not None:
            is_argument = param.param_type_name == "argument"
            panel = getattr(param, "rich_help_panel", None) or "Options"
            title = "Arguments" if is_argument else panel
            term = param.display_name_raw if is_argument else record[0]
            text = param.help or ""
            panels.setdefault(title, []).append((term, tr(text)))
    panels["Commands"] = [(verb, tr(text)) for verb, text in verbs.items()]
    panels["Exit codes"] = [
        (code, tr(text)) for code, text in (_code(line) for line in _epilog(command))
    ]
    for title, entries in panels.items():
        if entries:
            yield tr(title), entries


def _epilog(command: Any) -> list[str]:
    epilog: str = command.epilog or ""
    return epilog.splitlines()


def _code(line: str) -> tuple[str, str]:
    code, _, text = line.partition(" ")
    return code, text


def _entries(entries: Iterable[tuple[str, str]], width: int) -> Iterator[str]:
    pairs = list(entries)
    fitting = [length for term, _ in pairs if (length := len(term)) <= _LONGEST_TERM]
    indent = 2 + max(fitting, default=0) + 2
    for term, text in pairs:
        lines = wrap(text, max(width - indent, _NARROWEST // 2))
        first = f"  {term}"
        if len(term) > _LONGEST_TERM:
            yield first
        else:
            yield f"{first:{indent}}{lines.pop(0)}".rstrip()
        yield from (" " * indent + line for line in lines)


def _examples(command: Any) -> list[str]:
    shown = [part for part in paragraphs(command.help or "") if part.startswith("$ ")]
    if not shown:
        return []

    lines = [f"  {line}" for part in shown for line in part.splitlines()]
    return ["", tr("Examples") + tr(": ").rstrip(), *lines]
