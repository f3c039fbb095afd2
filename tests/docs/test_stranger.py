"""A stranger who has README alone gets from nothing to answers."""

from __future__ import annotations

import shutil
import subprocess
import sys

from pathlib import Path

import pytest


ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_readme_leads_to_answers():
    """In a fresh clone and HOME, README gives a verdict, a report, and what changed."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs git, and a checkout to clone")

    done = subprocess.run(
        [sys.executable, "tools/stranger.py", "--installed"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    # The clone, and five more.
    assert [line[:3] for line in done.stdout.splitlines() if line[2:3].isdigit()] == [
        f"{number:3}" for number in range(6)
    ]
