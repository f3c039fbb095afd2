"""What the checkout promises: one version, one test command, two READMEs, guards that guard."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import shlex
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


def _lines(pattern: str, name: str, flags: int = 0) -> list[str]:
    """Return what *pattern* finds in the file *name*, where `^` is the start of any line."""
    return re.findall(pattern, _read(name), re.MULTILINE | flags)


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


def test_checks_stand_in_one_list():
    """`.ci/run` leaves the checks to nox: all sessions of a plain `nox`, and the tests."""
    [sessions] = _lines(r"^nox --no-venv --no-install --session (.*)$", ".ci/run")
    [default] = _lines(r"^nox\.options\.sessions = (\[.*\])$", "noxfile.py")
    assert [*sessions.split(), "tests"] == ast.literal_eval(default)

    [words] = _lines(r"^PYTEST = (\(.*\))$", "noxfile.py")
    command = shlex.join(ast.literal_eval(words))
    assert _blocks("README.md", "sh")[1].endswith(f'/{command} -m "not slow"\n')
    [slow] = _lines(r"^SLOW = (\(.*\))$", "noxfile.py")
    assert _lines(r"^\.venv/bin/(pytest .*)$", ".ci/run") == [
        shlex.join(ast.literal_eval(slow))
    ]


def test_every_extra_is_in_all():
    """The extra `all` is the sum of the others: README's test command installs it."""
    extras = _pyproject()["project"]["optional-dependencies"]
    [everything] = extras.pop("all")
    assert everything == f"bili-common[{','.join(sorted(extras))}]"


def test_pythons_are_the_same_everywhere():
    """The workflow runs on the Pythons of the classifiers, and tools aim at the oldest."""
    project, tools = (_pyproject()[table] for table in ("project", "tool"))
    pythons = re.findall(r":: (3\.\d+)'", str(project["classifiers"]))
    workflow = ".github/workflows/ci.yml"
    assert set(pythons) == set(_lines(r"^ {12}(3\.\d+)$", workflow))
    assert set(pythons[1:]) == set(_lines(r"- tests-(3\.\d+)$", workflow))
    assert project["requires-python"] == f">={pythons[0]}"
    assert tools["mypy"]["python_version"] == tools["pyright"]["pythonVersion"] == pythons[0]
    assert tools["ruff"]["target-version"] == f"py{pythons[0].replace('.', '')}"


@pytest.mark.parametrize("name", ["ci", "release"])
def test_workflows_pin_what_they_use(name):
    """Each action of another project is named by its commit, with its version beside it."""
    used = _lines(r"uses: (.*)$", f".github/workflows/{name}.yml")
    pinned = re.compile(r"[\w/-]+@[0-9a-f]{40} # v[\d.]+")
    assert used
    assert [line for line in used if not pinned.fullmatch(line)] == []


def test_commits_are_held_to_what_nox_checks():
    """Each command of the session `lint` runs before a commit too."""
    [session] = _lines(r"^def lint\((.*?)^@nox", "noxfile.py", re.DOTALL)
    commands = re.findall(r"session\.run\((.*)\)", session)
    hooks = _read(".pre-commit-config.yaml")
    assert commands
    for command in commands:
        first, *_ = words = ast.literal_eval(f"({command},)")
        assert f"entry: {first}" in hooks, words


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
    assert "/bin/pytest " in tests
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


@pytest.mark.slow
def test_guards_catch_what_a_test_leaves_behind(tmp_path):
    """A test that leaves a task, an exception or a session behind fails; a tidy one passes."""
    (tmp_path / "tests").mkdir()
    for source in ("__init__.py", "conftest.py", "few.py"):
        shutil.copy(ROOT / "tests" / source, tmp_path / "tests")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests" / "test_sloppy.py").write_text(SLOPPY, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    blamed = re.findall(
        r"^(?:ERROR|FAILED) tests/test_sloppy.py::(\w+)", done.stdout, re.MULTILINE
    )
    assert sorted(blamed) == [
        "test_leaves_a_session",
        "test_leaves_a_task",
        "test_loses_an_exception",
    ], done.stdout
