"""A program that PyInstaller freezes runs, with nothing said but its name."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib

from pathlib import Path

import pytest

from .pages import blocks


ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "jobs" / "pyinstaller.md"
# They are installed here for other tests, and would take PyInstaller minutes.
NOT_USED = (
    *("IPython", "distributed", "hypothesis", "mypy", "numpy", "pandas", "polars"),
    *("pyarrow", "pydantic", "pytest", "redis", "rich", "setuptools", "sphinx", "tornado"),
    *("trio", "typer"),
)


def _hook_dirs():
    """Return what the declared entry point gives."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, _, name = project["entry-points"]["pyinstaller40"]["hook-dirs"].partition(":")
    return getattr(importlib.import_module(module), name)()


def test_hooks_are_declared():
    """The entry point gives one folder, and each hook in it is for a package of ours."""
    [folder] = map(Path, _hook_dirs())
    hooked = [path.stem.removeprefix("hook-") for path in folder.glob("hook-*.py")]

    assert sorted(hooked) == ["bili_common", "bili_common.cli", "bili_common.report"]
    for name in hooked:
        importlib.import_module(name)


@pytest.mark.slow
def test_frozen_program_runs(account, tmp_path):
    """The page's program, frozen as the page says, fetches lists and writes its report."""
    pytest.importorskip("PyInstaller", reason="PyInstaller is not installed")
    [program] = [block for block in blocks(PAGE.read_text(encoding="utf-8")) if block.caption]
    (tmp_path / program.caption).write_text(program.text, encoding="utf-8")
    [hooks] = _hook_dirs()
    unused = [word for name in NOT_USED for word in ("--exclude-module", name)]

    # The hooks are named, as the entry point of an older installation lacks them.
    built = _run(
        *(sys.executable, "-m", "PyInstaller", "--log-level", "ERROR"),
        *("--additional-hooks-dir", hooks, *unused, program.caption),
        cwd=tmp_path,
    )
    assert built.returncode == 0, built.stderr
    done = _run(tmp_path / "dist" / "shared" / "shared", "293793435", "42", cwd=tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(("1 ", "2 "))
    assert "<html" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert account.requests >= 3


def _run(*command, cwd):
    return subprocess.run(  # noqa: S603 - our own program
        [*map(str, command)], capture_output=True, text=True, check=False, cwd=cwd, timeout=300
    )
