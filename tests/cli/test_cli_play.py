"""The tutorial's commands in a real terminal: what is left on the screen is fit to read."""

from __future__ import annotations

import re

import pytest

from .play import SCENES, TMUX, play


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(TMUX is None, reason="needs tmux: apt-get install tmux"),
]

# A few of all: the rest is for people, by `python -m tests.cli.play FOLDER`.
FEW = tuple(scene for scene in SCENES if re.search("private|22115|compare|diff|against", scene))


@pytest.mark.parametrize(("columns", "language"), [(60, "zh"), (120, "en")])
def test_the_screen_is_fit_to_read(columns, language):
    """No figure is cut, no line of a progress bar stays, and messages are in one language."""
    screens = play(columns, language, FEW)

    whole = "\n".join(screens.values())
    assert "…" not in whole
    assert "━" not in whole
    assert "Traceback" not in whole
    diff = next(text for scene, text in screens.items() if "diff" in scene)
    group = next(text for scene, text in screens.items() if "against" in scene)
    # Nothing breaks a number, and the labels stand beside their users.
    assert re.search(r"^演示用户 293793435 20\d\d-\d\d-\d\d \d\d:\d\d$", diff, re.MULTILINE)
    assert re.search(r"^  [+-] +\d{10,16}  \S+ +\S", diff, re.MULTILINE)
    assert re.search(r"3900010034  副歌循环中 +10/12 +落砂画笔小铺", group)
    told = {"zh": "错误：该用户隐藏了列表：代码 22115", "en": "error: the user hides the list"}
    assert told[language] in whole
    assert ("接下来可以：" in whole) == (language == "zh")
