"""
The tutorial's commands in a real terminal, by tmux.

``python -m tests.cli.play FOLDER`` writes what a reader sees, at 60 and 120 columns, in
English and in Chinese, a file each.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

from contextlib import suppress
from pathlib import Path
from typing import Final


__all__ = ["SCENES", "TMUX", "play"]

TMUX: Final = shutil.which("tmux")
ROWS: Final = 400
PATIENCE: Final = 60.0
LOCALES: Final = {"en": "C.UTF-8", "zh": "zh_CN.UTF-8"}

_DEMO: Final = "bili-common compare --demo --store demo.sqlite"
SCENES: Final = (
    "bili-common list 293793435 --demo --limit 5",
    "bili-common list 293793435 --demo --limit 3 --include-private",
    "bili-common list 3900022115 --demo",
    "bili-common check 293793435 3024169094 5 --demo",
    "bili-common check 293793435 5 --demo --ask-followed",
    "bili-common whoami --demo",
    "bili-common relations 3000000000 5 --demo",
    _DEMO,
    f"{_DEMO} --day 2 --refresh-after 0",
    "bili-common diff demo.sqlite --since last",
    "bili-common show demo.sqlite --mid 3000000000",
    "bili-common show demo.sqlite --against 山雀电台",
    "bili-common report demo.sqlite",
    "bili-common export demo.sqlite -o shared.xls",
    "bili-common lst",
)
"""What is typed, one after the other, in one empty folder."""


class _Terminal:
    """A tmux server of its own with one window, whose shell is in *folder*."""

    def __init__(self, folder: Path, columns: int, language: str) -> None:
        self._folder = folder
        self._socket = folder / "tmux"
        program = shlex.join([sys.executable, "-m", "bili_common"])
        (folder / "rc").write_text(
            f'PS1="$ "; bili-common() {{ {program} "$@"; }}\n', encoding="utf-8"
        )
        root = Path(__file__).parents[2]
        environment = {
            "HISTFILE": "",
            "HOME": str(folder),
            "LC_ALL": LOCALES[language],
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(root),
            "TERM": "tmux-256color",
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        settings = [f"-e{name}={value}" for name, value in environment.items()]
        size = [f"-x{columns}", f"-y{ROWS}"]
        shell = f"cd {shlex.quote(str(folder))}; exec bash --noprofile --rcfile rc -i"
        self._ask("-u", "-f", os.devnull, "new-session", "-d", *size, *settings, shell)

    def _ask(self, *words: str) -> str:
        done = subprocess.run(  # noqa: S603 - our own words
            [TMUX or "tmux", "-S", str(self._socket), *words],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def run(self, command: str) -> str:
        """Type *command*, wait for its end, and return what the window shows of it."""
        mark = self._folder / "done"
        mark.unlink(missing_ok=True)
        self._ask("send-keys", "-l", f"clear; {command}; touch done\n")
        end = time.monotonic() + PATIENCE
        while not mark.exists():
            if time.monotonic() > end:
                raise TimeoutError(self._ask("capture-pane", "-p"))
            time.sleep(0.05)
        return self._ask("capture-pane", "-p").strip("\n")

    def close(self) -> None:
        with suppress(subprocess.CalledProcessError):
            self._ask("kill-server")


def play(columns: int, language: str, scenes: tuple[str, ...] = SCENES) -> dict[str, str]:
    """Return what each command of *scenes* leaves on a terminal of that many columns."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        terminal = _Terminal(Path(folder), columns, language)
        try:
            return {scene: terminal.run(scene) for scene in scenes}
        finally:
            terminal.close()


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    for width in (60, 120):
        for tongue in LOCALES:
            shown = play(width, tongue)
            text = "\n\n".join(f"$ {scene}\n{screen}" for scene, screen in shown.items())
            (target / f"{width}.{tongue}.txt").write_text(text + "\n", encoding="utf-8")
