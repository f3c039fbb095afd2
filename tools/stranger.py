"""
Walk a stranger's path by README alone, and print each command: `python tools/stranger.py`.

A fresh clone, a fresh HOME, no account: from nothing to the answer of a gate, to a report, and
to what changed since the day before. With `--installed` the first command's pip is left out,
and the clone runs in the environment that is there already.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

from pathlib import Path


ROOT = Path(__file__).parents[1]
DEMO = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEXT = re.compile(r"`(\.venv/bin/bili-common [^`]+)`")
# How each of them shows that it did its work: its exit code is 0, and it prints this.
PROOFS = (
    ("list", r"73 of 73|73 个"),
    ("check", r"YES|是"),
    ("compare", r"report is in|report\.html"),
    ("compare", r"\d"),
    ("diff", r"[+-]\s+\d{5,}"),
)


def read_commands(readme: str) -> list[str]:
    """Return what README tells a stranger to run: its first block, and what is next."""
    first = DEMO.search(readme)
    assert first is not None
    beginning, _, _ = readme[first.end() :].partition("\n## ")
    return [first[1].strip(), *NEXT.findall(beginning)]


def installed(command: str) -> str:
    """Return the first command without what sets an environment up."""
    return command.rpartition(" && ")[2]


def fake_environment(clone: Path) -> None:
    """Put a command into the clone that runs its code by the interpreter of this program."""
    folder = clone / ".venv" / "bin"
    folder.mkdir(parents=True)
    script = folder / "bili-common"
    python = shlex.join([sys.executable, "-m", "bili_common"])
    script.write_text(f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(clone))} exec {python} "$@"\n')
    script.chmod(0o755)


def run(command: str, folder: Path, home: Path) -> tuple[str, float, float]:
    """Run a command, and return what it printed, and when it first and last printed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BILI_")}
    began = time.monotonic()
    with subprocess.Popen(  # noqa: S603 - README's own commands
        ["bash", "-c", command],  # noqa: S607 - wherever bash is
        cwd=folder,
        env={
            **kept,
            "HOME": str(home),
            "XDG_CACHE_HOME": str(home / "cache"),
            "COLUMNS": "100",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        shown = process.stdout.readline()
        first = time.monotonic() - began
        shown += process.stdout.read()
    text = shown.decode()
    assert process.returncode == 0, f"{command} ended with {process.returncode}:\n{text}"
    return text, first, time.monotonic() - began


def main(*, is_installed: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        home, clone = Path(name, "home"), Path(name, "bili_common")
        home.mkdir()
        clone_command = f"git clone --quiet {shlex.quote(str(ROOT))} {shlex.quote(str(clone))}"
        run(f"{clone_command}; echo cloned", Path(name), home)
        commands = read_commands((clone / "README.md").read_text(encoding="utf-8"))
        if is_installed:
            commands[0] = installed(commands[0])
            fake_environment(clone)
        assert [word for word, _ in PROOFS] == [
            installed(command).split()[1] for command in commands
        ]
        print("  0  git clone ... && cd bili_common")
        for number, (command, (_, proof)) in enumerate(zip(commands, PROOFS, strict=True), 1):
            shown, first, seconds = run(command, clone, home)
            assert re.search(proof, shown), f"{command} printed\n{shown}"
            print(f"{number:3}  {command}\n     {first:.1f} s to a first line, {seconds:.1f} s")
        assert "<html" in (clone / "report.html").read_text(encoding="utf-8")


if __name__ == "__main__":
    main(is_installed="--installed" in sys.argv[1:])
