"""
The only list of checks: `nox` runs each in its own environment, on every Python found.

`.ci/run` runs the same sessions in the environment that stands already, by `--no-venv`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile

from pathlib import Path

import nox


PYPROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PYPROJECT)
OLDEST = PYTHONS[0]
PACKAGE = ".[all]"
PYTEST = ("pytest", "-n", "auto", "--dist", "loadgroup")
# README's second command says the same, and adds nothing.
QUICK = (*PYTEST, "-m", "not slow")
# These wait more than they work: for processes, kills and real time.
SLOW = ("pytest", "-n", "4", "--dist", "loadgroup", "-m", "slow")
AXE_CORE = "axe-core@4.14.1"

nox.needs_version = ">=2025.2.9"
nox.options.sessions = ["lint", "typing", "docs", "tests"]
nox.options.error_on_missing_interpreters = False
nox.options.download_python = "never"

# pyenv's shims answer only for the selected Pythons: select all that are installed.
if shutil.which("pyenv"):
    installed = subprocess.run(
        # Whichever pyenv stands on PATH is the one whose shims do.
        ["pyenv", "versions", "--bare"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    os.environ.setdefault("PYENV_VERSION", ":".join(installed.stdout.split()))


def group(name: str) -> tuple[str, ...]:
    """Return the requirements of a dependency group, included groups unfolded."""
    return nox.project.dependency_groups(PYPROJECT, name)


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """Run the tests on each Python: the slow ones after the others."""
    session.install("-e", PACKAGE, *group("tests"))
    session.run(*QUICK, *session.posargs, env={"HYPOTHESIS_PROFILE": "dev"})
    session.run(*SLOW, *session.posargs)


@nox.session(python=OLDEST)
def quick(session: nox.Session) -> None:
    """Run a few cases of each test that is not slow, as one does while writing."""
    session.install("-e", PACKAGE, *group("tests"))
    session.run(*QUICK, "--few", *session.posargs)


@nox.session(python=OLDEST)
def lint(session: nox.Session) -> None:
    """Check form, spelling and docstring coverage."""
    session.install(*group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("codespell")
    session.run("interrogate", "--quiet", "bili_common")
    session.run("zizmor", "--offline", "--quiet", ".github")


@nox.session(python=OLDEST)
def typing(session: nox.Session) -> None:
    """Check the types with two checkers, both strict."""
    session.install("-e", PACKAGE, *group("typing"))
    session.run("mypy")
    session.run("pyright")


@nox.session(python=OLDEST)
def docs(session: nox.Session) -> None:
    """Build the pages; a warning is an error. The tests run their code blocks."""
    session.install("-e", PACKAGE, *group("docs"))
    session.run("sphinx-build", "-q", "-W", "-n", "-b", "html", "docs", "docs/_build/html")


@nox.session(python=OLDEST)
def coverage(session: nox.Session) -> None:
    """Measure the branches that the tests take."""
    session.install("-e", PACKAGE, *group("tests"))
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", *PYTEST, *session.posargs)
    session.run("coverage", "combine")
    session.run("coverage", "report")


@nox.session(python=OLDEST)
def bench(session: nox.Session) -> None:
    """Print the table of budgets; arguments after `--` are passed on."""
    session.install("-e", PACKAGE, *group("tests"), *group("bench"))
    session.run("python", "-m", "tests.bench", *session.posargs)


@nox.session(python=OLDEST)
def accessibility(session: nox.Session) -> None:
    """Hold the report's views to axe-core, which npm brings; Chromium is the machine's."""
    session.install("-e", PACKAGE, *group("tests"))
    folder = Path(session.create_tmp()).resolve()
    with session.chdir(folder):
        session.run("npm", "pack", "--silent", AXE_CORE, external=True)
    [archive] = folder.glob("axe-core-*.tgz")
    with tarfile.open(archive) as packed:
        packed.extract("package/axe.min.js", folder, filter="data")
    session.env["AXE_CORE"] = str(folder / "package" / "axe.min.js")
    session.run("pytest", "-k", "accessibility", "tests/report", *session.posargs)


@nox.session(python=OLDEST)
def minimums(session: nox.Session) -> None:
    """Run the tests with the oldest dependencies that pyproject.toml admits."""
    session.install("uv")
    lowest = Path(session.create_tmp()).resolve() / "lowest.txt"
    command = "uv pip compile --quiet --resolution lowest-direct --all-extras pyproject.toml"
    session.run(*command.split(), "--python", session.python, "--output-file", str(lowest))
    # The groups come with their newest releases: only what users install is held down.
    session.install("-e", PACKAGE, *group("tests"), "--constraint", lowest)
    session.run(*PYTEST, *session.posargs)


@nox.session(python=OLDEST)
def package(session: nox.Session) -> None:
    """Build sdist and wheel, and test the wheel with the source out of sight."""
    session.install("build", "twine")
    dist = Path("dist").resolve()
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", dist)
    [sdist], [wheel] = dist.glob("*.tar.gz"), dist.glob("*.whl")
    session.run("twine", "check", "--strict", sdist, wheel)
    session.run("python", "-m", "zipfile", "--list", wheel)

    with tarfile.open(sdist) as archive:
        archive.extractall(dist, filter="data")
    unpacked = dist / sdist.name.removesuffix(".tar.gz")
    shutil.rmtree(unpacked / "bili_common")

    session.install(f"bili-common[all] @ {wheel.as_uri()}", *group("tests"))
    session.chdir(unpacked)
    session.run(*PYTEST, *session.posargs)
