"""The pytest plugin and the public face of the folder it lives in."""

from __future__ import annotations

import subprocess
import sys

import pytest


ASKS = """
async def test_it(fake_bilibili, instant_clock):
    assert fake_bilibili.base_url.startswith("http://127.0.0.1:")
    assert fake_bilibili.requests == 0
    await instant_clock.sleep(9)
    assert instant_clock.slept == [9]
    fake_bilibili.ban(60)
    fake_bilibili.answer("/x/relation/same/followings", {}, login=b"x")
    assert fake_bilibili.banned_for == 60
    instant_clock.advance(40)
    assert fake_bilibili.banned_for == 20
    fake_bilibili.fail()

async def test_again(fake_bilibili):
    assert not fake_bilibili._rules
    assert fake_bilibili._clock.monotonic() > 0
"""

STRICT = "import pytest\npytestmark = pytest.mark.asyncio\n"


def run(folder, text, *args):
    """Run pytest over one file in a process of its own."""
    (folder / "test_sample.py").write_text(text, encoding="utf-8")
    return subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *args],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
    )


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "text"), [("auto", ASKS), ("strict", STRICT + ASKS)])
def test_fixtures_in_both_modes(tmp_path, mode, text):
    """The fixtures work in both modes of pytest-asyncio, anew for each test."""
    settings = (
        "[pytest]",
        f"asyncio_mode = {mode}",
        "asyncio_default_fixture_loop_scope = function",
        "filterwarnings = error",
    )
    (tmp_path / "pytest.ini").write_text("\n".join(settings), encoding="utf-8")

    result = run(tmp_path, text)

    assert "2 passed" in result.stdout, result.stdout + result.stderr


@pytest.mark.slow
def test_without_pytest_asyncio(tmp_path):
    """Without pytest-asyncio the fixture fails with what to install; others run."""
    (tmp_path / "block.py").write_text(
        "import sys\nsys.modules['pytest_asyncio'] = None\n", encoding="utf-8"
    )
    text = (
        "def test_fake(fake_bilibili): pass\n"
        "def test_clock(instant_clock): assert instant_clock.slept == []\n"
    )
    code = "import block, pytest; raise SystemExit(pytest.main())"
    (tmp_path / "test_sample.py").write_text(text, encoding="utf-8")
    # The user's project and not ours, wherever the temporary folder is.
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    result = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_PLUGINS": "pytest_bili_common",
        },
        check=False,
        capture_output=True,
        text=True,
    )

    assert "1 passed, 1 error" in result.stdout, result.stdout + result.stderr
    assert "pip install pytest-asyncio" in result.stdout


@pytest.mark.slow
def test_plugin_loads_nothing_of_the_package():
    """Loading the plugin loads nothing of the package, and so no HTTP client."""
    code = (
        "import sys, pytest, pytest_asyncio; before = set(sys.modules);"
        "import pytest_bili_common; print(*sorted(set(sys.modules) - before))"
    )
    result = subprocess.run(  # noqa: S603 - our own interpreter and text
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    )

    assert result.stdout.split() == ["pytest_bili_common"]
