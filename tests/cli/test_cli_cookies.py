"""Cookie files."""

from __future__ import annotations

import json

import pytest

from bili_common.cli.reach.cookies import read_cookie_file
from bili_common.errors import UsageError
from bili_common.testing import DEMO_VMIDS

from .commandline import CANARY


NETSCAPE = f"""# Netscape HTTP Cookie File
# https://curl.se/docs/http-cookies.html

.bilibili.com\tTRUE\t/\tTRUE\t0\tbuvid3\tABC-infoc
#HttpOnly_.bilibili.com\tTRUE\t/\tTRUE\t4102444800\tSESSDATA\t{CANARY}
.bilibili.com\tTRUE\t/\tFALSE\t4102444800\tbili_jct\t0123
.bilibili.com\tTRUE\t/\tFALSE\t1000000000\told\tgone
.bilibili.com\tTRUE\t/\tFALSE\tsoon\tbroken\tend
.example.org\tTRUE\t/\tFALSE\t4102444800\tforeign\tsecret
live.bilibili.com\tFALSE\t/\tFALSE\t4102444800\tlive\tonly
"""


def _read(tmp_path, content, **options):
    path = tmp_path / "cookies.txt"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_cookie_file(path, **options)


def test_netscape(tmp_path):
    """Of a cookies.txt those cookies are taken that a browser would send, verbatim."""
    credential = _read(tmp_path, NETSCAPE)

    header = credential.cookie_header().reveal()
    assert header == f"SESSDATA={CANARY}; buvid3=ABC-infoc; bili_jct=0123"


@pytest.mark.parametrize(
    "text",
    [
        f"SESSDATA={CANARY}; buvid3=ABC",
        f"Cookie: SESSDATA={CANARY}; buvid3=ABC\n",
        f"\ufeff# mine\n\ncookie:buvid3=ABC;SESSDATA={CANARY}\r\n",
    ],
)
def test_header_line(tmp_path, text):
    """A Cookie header line is taken with its name or without, verbatim."""
    header = _read(tmp_path, text).cookie_header().reveal()

    assert header == f"SESSDATA={CANARY}; buvid3=ABC"


def test_account_is_the_users_label(tmp_path):
    """The credential bears the label that the user gave to the account."""
    assert _read(tmp_path, NETSCAPE).account == "default"
    assert _read(tmp_path, NETSCAPE, account="second").account == "second"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "no cookie file"),
        (CANARY, "holds no SESSDATA"),
        (f"{CANARY}; x={CANARY}", "holds no SESSDATA"),
        (f"SESSDATA={CANARY}; ca nary=1", "a broken cookie"),
        (f"SESSDATA={CANARY}\n{CANARY}\n", "no cookie file"),
        (NETSCAPE.replace("SESSDATA", "OTHER"), "holds no SESSDATA"),
        (NETSCAPE.replace("4102444800", "1000000000"), "has expired"),
        (b"\xff\xfe\x00canary", "no cookie file"),
        (b"x" * (1 << 21), "no cookie file"),
    ],
)
def test_refused_without_showing_it(tmp_path, content, words):
    """A file that is of no use is named, and nothing of what it holds is shown."""
    with pytest.raises(UsageError, match=words) as caught:
        _read(tmp_path, content)
    assert "canary" not in repr(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_command_takes_it(cli, fake, tmp_path):
    """--cookie-file goes before the environment, and its cookie is what is sent."""
    path = tmp_path / "cookies.txt"
    path.write_text(NETSCAPE)
    done = cli(
        "list",
        DEMO_VMIDS["demo"],
        "--cookie-file",
        path,
        env={"BILI_SESSDATA": "", "BILI_ACCESS_KEY": ""},
    )

    assert done.exit_code == 0
    assert all(seen.has_credential for seen in fake.log)


def test_json_of_an_extension(tmp_path):
    """What a browser extension exports is read; cookies of other sites stay where they are."""
    path = tmp_path / "cookies.json"
    cookies = [
        {"name": "SESSDATA", "value": "value", "domain": ".bilibili.com"},
        {"name": "other", "value": "x", "domain": "example.org"},
    ]
    path.write_text(json.dumps(cookies), encoding="utf-8")

    credential = read_cookie_file(path, account="work")

    assert credential.sessdata == "value"
    assert (credential.account, dict(credential.cookies)) == ("work", {})
