"""What the checkout promises: one version, one test command, two READMEs, guards that guard."""

from __future__ import annotations

import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib

from pathlib import Path

import pytest

import bili_common


ROOT = Path(__file__).parents[1]
PACKAGE = Path(bili_common.__file__).parent
READMES = ("README.md", "README.zh-CN.md")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# Each of these tests leaves something behind, but for the last two.
SLOPPY = """
import asyncio
import gc

import aiohttp

from aioresponses import aioresponses


kept = []


async def fail():
    raise ValueError("lost")


async def test_leaves_a_task():
    kept.append(asyncio.create_task(asyncio.sleep(100)))


async def test_loses_an_exception():
    asyncio.create_task(fail())
    await asyncio.sleep(0)


async def test_leaves_a_session():
    aiohttp.ClientSession()


async def test_provokes_on_purpose(asyncio_errors):
    asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()
    assert [record.exc_info[0] for record in asyncio_errors] == [ValueError]
    asyncio_errors.clear()


async def test_mocks_a_request():
    with aioresponses() as server:
        server.get("http://x/", payload={"code": 0})
        async with aiohttp.ClientSession() as session, session.get("http://x/") as got:
            assert await got.json() == {"code": 0}
"""


def _read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def _blocks(name: str, language: str) -> list[str]:
    return [text for kind, text in FENCE.findall(_read(name)) if kind == language]


def _pyproject() -> dict:
    return tomllib.loads(_read("pyproject.toml"))


def test_version_stands_in_one_place():
    """The distribution, the module and `_version.py` tell the same version, written once."""
    namespace: dict[str, str] = {}
    exec((PACKAGE / "_version.py").read_text(encoding="utf-8"), namespace)  # noqa: S102
    version = namespace["__version__"]
    assert bili_common.__version__ == importlib.metadata.version("bili-common") == version

    project = _pyproject()
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["hatch"]["version"]["path"] == "bili_common/_version.py"
    others = [path for path in PACKAGE.rglob("*.py") if path.name != "_version.py"]
    assert [path for path in others if f'"{version}"' in path.read_text(encoding="utf-8")] == []


def test_changelog_has_an_entry():
    """The version has its entry in the changelog; under development it is *Unreleased*."""
    version = importlib.metadata.version("bili-common")
    heading = "Unreleased" if "dev" in version else version
    [_, entry] = re.split(
        rf"^## \[{re.escape(heading)}\].*$", _read("CHANGELOG.md"), flags=re.MULTILINE
    )
    assert re.match(r"\s+### (Security|Removed|Deprecated|Added|Changed|Fixed)\n\n- ", entry)


def test_ci_runs_the_command_of_the_readme():
    """README's second command is, to the letter, what CI runs."""
    shown = subprocess.run(
        ["bash", ".ci/run", "--show"],  # noqa: S607 - wherever bash is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == _blocks("README.md", "sh")[1]


def test_nox_runs_what_ci_runs():
    """Each check of `.ci/run` is a command of a session that nox runs without arguments."""
    [checks] = re.findall(
        r'^step "lint and types"\n(.*?)^step', _read(".ci/run"), re.MULTILINE | re.DOTALL
    )
    commands = [line.split() for line in checks.splitlines() if line and "PATH=" not in line]
    assert commands
    noxfile = _read("noxfile.py")
    for command in commands:
        words = ", ".join(f'"{word}"' for word in command)
        assert f"session.run({words})" in noxfile


def test_readmes_have_the_same_build():
    """Both READMEs have the same headings, level by level, and the same code."""
    english, chinese = map(_read, READMES)
    levels = [
        re.findall(r"^(#+) ", FENCE.sub("", text), re.MULTILINE) for text in (english, chinese)
    ]
    assert levels[0] == levels[1]
    assert FENCE.findall(english) == FENCE.findall(chinese)
    links = [sorted(re.findall(r"\]\((?!README)(.*?)\)", text)) for text in (english, chinese)]
    assert links[0] == links[1]


@pytest.mark.parametrize("name", [*READMES, "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"])
def test_links_lead_somewhere(name):
    """Every relative link of the pages at the top leads to a file of the checkout."""
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", _read(name))
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("name", READMES)
def test_readme_begins_with_the_two_commands(name):
    """The demo and the tests come first, and the Python example is short and compiles."""
    demo, tests, *_ = _blocks(name, "sh")
    assert demo.rstrip().endswith("bili-common list 293793435 --demo")
    assert tests.rstrip().endswith("pytest")
    [example] = _blocks(name, "python")
    compile(example, name, "exec")


def test_package_is_typed():
    """Type checkers of other projects see the annotations."""
    assert (PACKAGE / "py.typed").is_file()


def test_type_checkers_read_the_typing_tests():
    """The checkers are pointed at `tests/typing` as soon as it is there."""
    tools = _pyproject()["tool"]
    expected = {"bili_common"} | (
        {"tests/typing"} if (ROOT / "tests/typing").is_dir() else set()
    )
    assert expected <= set(tools["mypy"]["files"])
    assert expected <= set(tools["pyright"]["include"])


def test_guards_catch_what_a_test_leaves_behind(tmp_path):
    """A test that leaves a task, an exception or a session behind fails; a tidy one passes."""
    for source in ("tests/conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / source, tmp_path)
    (tmp_path / "test_sloppy.py").write_text(SLOPPY, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_sloppy.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    blamed = re.findall(r"^(?:ERROR|FAILED) test_sloppy.py::(\w+)", done.stdout, re.MULTILINE)
    assert sorted(blamed) == [
        "test_leaves_a_session",
        "test_leaves_a_task",
        "test_loses_an_exception",
    ], done.stdout
