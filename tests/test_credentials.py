"""The credential: what it takes, what it refuses, and that it shows nothing."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback

from datetime import UTC, datetime
from types import MappingProxyType

import attrs
import pytest

from bili_common import BiliCommonError, Credential, UsageError


CANARY = "a%2C1,b*c-CANARY"


def _header(credential):
    secret = credential.cookie_header()
    return None if secret is None else secret.reveal()


def test_a_cookie_is_kept_verbatim():
    """Percent signs, commas and stars of SESSDATA stay as they are."""
    assert _header(Credential(sessdata=CANARY)) == f"SESSDATA={CANARY}"
    assert Credential(sessdata=CANARY).sessdata == CANARY


def test_further_cookies_follow():
    """Cookies that the user brings go beside SESSDATA, none is made up."""
    credential = Credential(sessdata="s", cookies={"buvid3": "b", "x": "y=z"})
    assert _header(credential) == "SESSDATA=s; buvid3=b; x=y=z"
    assert _header(Credential(access_key="k")) is None
    assert _header(Credential(access_key="k", cookies={"a": "b"})) == "a=b"


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({}, "neither"),
        ({"sessdata": "a", "access_key": "b"}, "both"),
        ({"sessdata": ""}, "sessdata"),
        ({"sessdata": "  "}, "sessdata"),
        ({"access_key": ""}, "access_key"),
        ({"sessdata": f"{CANARY}\r\nX: y"}, "sessdata"),
        ({"sessdata": f"{CANARY}\n"}, "sessdata"),
        ({"sessdata": f"{CANARY}; a=b"}, "sessdata"),
        ({"sessdata": f"{CANARY}\x00"}, "sessdata"),
        ({"sessdata": f"{CANARY}\ud800"}, "sessdata"),
        ({"access_key": f"{CANARY}\n"}, "access_key"),
        ({"sessdata": 5}, "sessdata"),
        ({"sessdata": b"a"}, "sessdata"),
        ({"sessdata": True}, "sessdata"),
        ({"access_key": ["a"]}, "access_key"),
        ({"sessdata": "a", "account": ""}, "account"),
        ({"sessdata": "a", "account": None}, "account"),
        ({"sessdata": "a", "account": 5}, "account"),
        ({"sessdata": "a", "cookies": None}, "cookies"),
        ({"sessdata": "a", "cookies": "b=c"}, "cookies"),
        ({"sessdata": "a", "cookies": {"b c": "d"}}, "cookies"),
        ({"sessdata": "a", "cookies": {"": "d"}}, "cookies"),
        ({"sessdata": "a", "cookies": {5: "d"}}, "cookies"),
        ({"sessdata": "a", "cookies": {"b": f"{CANARY}\n"}}, "cookies"),
        ({"sessdata": "a", "cookies": {"b": 5}}, "cookies"),
        ({"sessdata": "a", "cookies": {"SESSDATA": CANARY}}, "cookies"),
    ],
)
def test_a_wrong_credential_is_a_usage_error(arguments, name):
    """Each wrong argument is a UsageError that names it and does not show the secret."""
    with pytest.raises(UsageError, match=name) as caught:
        Credential(**arguments)
    assert "CANARY" not in str(caught.value)


def test_from_env(monkeypatch):
    """from_env reads BILI_SESSDATA or BILI_ACCESS_KEY, and BILI_ACCOUNT."""
    for name in ("SESSDATA", "ACCESS_KEY", "ACCOUNT"):
        monkeypatch.delenv(f"BILI_{name}", raising=False)
    with pytest.raises(UsageError, match=r"BILI_SESSDATA.*BILI_ACCESS_KEY"):
        Credential.from_env()
    monkeypatch.setenv("BILI_SESSDATA", CANARY)
    assert Credential.from_env() == Credential(sessdata=CANARY)
    monkeypatch.setenv("BILI_ACCOUNT", "mine")
    assert Credential.from_env().account == "mine"
    monkeypatch.setenv("BILI_ACCESS_KEY", "k")
    with pytest.raises(UsageError, match="exactly one"):
        Credential.from_env()
    monkeypatch.setenv("BILI_SESSDATA", "")
    assert Credential.from_env().access_key == "k"
    monkeypatch.setenv("OTHER_SESSDATA", "o")
    assert Credential.from_env(prefix="OTHER_").sessdata == "o"


@pytest.mark.parametrize(
    ("header", "cookie"),
    [
        ("SESSDATA=a%2C1,b*c", "SESSDATA=a%2C1,b*c"),
        ("Cookie: SESSDATA=s; x=y", "SESSDATA=s; x=y"),
        ("cookie:x=y;SESSDATA=s", "SESSDATA=s; x=y"),
        (" x=y=z ; SESSDATA=s ;; ", "SESSDATA=s; x=y=z"),
    ],
)
def test_from_cookie_header(header, cookie):
    """A Cookie header as a browser shows it, with or without its name, values verbatim."""
    credential = Credential.from_cookie_header(header, account="mine")
    assert _header(credential) == cookie
    assert credential.account == "mine"


@pytest.mark.parametrize("header", ["", "x=y", "SESSDATA=", CANARY, "sessdata=x", None, b"x"])
def test_a_cookie_header_without_sessdata_is_a_usage_error(header):
    """Without SESSDATA, or no text at all: a UsageError that shows nothing."""
    with pytest.raises(UsageError, match="header") as caught:
        Credential.from_cookie_header(header)
    assert "CANARY" not in str(caught.value)


EXPORT = [
    {"domain": ".bilibili.com", "name": "SESSDATA", "value": CANARY, "expirationDate": 1.5},
    {"domain": "api.bilibili.com", "name": "buvid3", "value": "b", "hostOnly": True},
    {"domain": ".other.example", "name": "session", "value": "of another site"},
    {"name": "x", "value": ""},
]
MAPPING = {"buvid3": "b", "SESSDATA": CANARY, "x": ""}


@pytest.mark.parametrize(
    "cookies",
    [
        EXPORT,
        tuple(EXPORT),
        MAPPING,
        MappingProxyType(MAPPING),
        json.dumps(EXPORT, indent=4),
        "\ufeff" + json.dumps(MAPPING),
    ],
)
def test_from_cookies(cookies):
    """A mapping, a browser's export or the JSON of either; cookies of other sites stay out."""
    credential = Credential.from_cookies(cookies, account="mine")
    assert _header(credential) == f"SESSDATA={CANARY}; buvid3=b; x="
    assert credential.account == "mine"


@pytest.mark.parametrize(
    ("cookies", "reason"),
    [
        ({}, "cookies holds no SESSDATA"),
        ([], "cookies holds no SESSDATA"),
        ({"sessdata": CANARY}, "cookies holds no SESSDATA"),
        ([{**EXPORT[0], "domain": "bilibili.com.example"}], "cookies holds no SESSDATA"),
        ([EXPORT[0], {**EXPORT[0], "value": "other"}], "twice"),
        (["SESSDATA", CANARY], r"cookies\[0\] must be a mapping, not str"),
        ([{"name": "SESSDATA", CANARY: 1}], r"cookies\[0\] lacks"),
        ([EXPORT[0], {"name": 5, "value": CANARY}], r"cookies\[1\] lacks"),
        ({"SESSDATA": 5}, "sessdata must be a text, not int"),
        ({"SESSDATA": ""}, "sessdata is empty"),
        ({"SESSDATA": "s", "b": f"{CANARY};"}, r"cookies\['b'\]"),
        (f"SESSDATA={CANARY}", "from_cookie_header"),
        (f'"{CANARY}"', "not str"),
        ("[" * 100_000, "no JSON"),
        (CANARY.encode(), "not bytes"),
        (None, "not NoneType"),
    ],
)
def test_wrong_cookies_are_a_usage_error(cookies, reason):
    """What holds no SESSDATA, or a broken cookie, is refused with the reason and not shown."""
    with pytest.raises(UsageError, match=reason) as caught:
        Credential.from_cookies(cookies)
    assert "CANARY" not in str(caught.value)
    assert caught.value.__context__ is None


@pytest.mark.parametrize("name", ["sessdata", "access_key"])
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (f'"{CANARY}"', "quotation marks"),
        (f" '{CANARY}' ", "quotation marks"),
        (f'{CANARY}"', "quotation marks"),
        (f"SESSDATA={CANARY}", "name in front"),
        (f"sessdata = {CANARY}", "name in front"),
        (f"access_key={CANARY}", "name in front"),
        (f"Cookie: SESSDATA={CANARY}", "name in front"),
        (f"Set-Cookie: SESSDATA={CANARY}; Path=/", "name in front"),
        (json.dumps([{"name": "SESSDATA", "value": CANARY}]), "from_cookies"),
        (json.dumps({"SESSDATA": CANARY}), "from_cookies"),
        (f"{CANARY}; Path=/", "Set-Cookie"),
        (f"{CANARY};HttpOnly", "Set-Cookie"),
        (f"{CANARY}; expires=Thu, 01 Jan 2026 00:00:00 GMT; Secure", "Set-Cookie"),
        (f"{CANARY}; x=y", "semicolon"),
        (f"{CANARY}\u2026", "not ASCII"),
        (f"\u201c{CANARY}\u201d", "not ASCII"),
        (f"{CANARY}\ud800", "control character"),
    ],
)
def test_what_is_no_login_is_refused_with_the_reason(name, value, reason):
    """Quotes, a name in front, JSON, attributes and text that is not ASCII are told apart."""
    with pytest.raises(UsageError, match=f"^{name} .*{reason}") as caught:
        Credential(**{name: value})
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize("value", ["a'b", 'a"b', "Path=/", "a[1]{2}", "a b", "mySESSDATA=a"])
def test_what_may_be_a_login_is_taken(value):
    """Only what is plainly wrong is refused: odd values are sent as they are."""
    assert _header(Credential(sessdata=value)) == f"SESSDATA={value}"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (json.dumps(EXPORT), "from_cookies"),
        (f"SESSDATA={CANARY}; Path=/; HttpOnly", "Set-Cookie"),
        (f'SESSDATA="{CANARY}"; x=y', "quotation marks"),
    ],
)
def test_what_is_no_cookie_header_is_refused_with_the_reason(header, reason):
    """JSON, a Set-Cookie header and a quoted value are told apart, and nothing is shown."""
    with pytest.raises(UsageError, match=reason) as caught:
        Credential.from_cookie_header(header)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    ("sessdata", "expected"),
    [
        ("f00d%2C1893456000%2Cbeef*b1", datetime(2030, 1, 1, tzinfo=UTC)),
        ("f00d%2c1893456000%2cbeef%2Ab1", datetime(2030, 1, 1, tzinfo=UTC)),
        ("f00d,1893456000,beef", datetime(2030, 1, 1, tzinfo=UTC)),
        ("f00d,0", datetime(1970, 1, 1, tzinfo=UTC)),
        ("1893456000", None),
        ("f00d%252C1893456000%252Cbeef", None),
        ("f00d,,1893456000", None),
        ("f00d,-5,", None),
        ("f00d,1e9,", None),
        ("f00d, 1893456000,", None),
        ("f00d,%D9%A1%D9%A2,", None),
        ("f00d,%FF,", None),
        ("f00d,999999999999,", None),
        (f"f00d,{'9' * 5000},", None),
    ],
)
def test_expires_at_is_what_sessdata_says(sessdata, expected):
    """The second part of SESSDATA is a unix time in seconds; anything else says nothing."""
    assert Credential(sessdata=sessdata).expires_at == expected
    assert Credential(access_key="f00d,1893456000,").expires_at is None


CREDENTIALS = [
    Credential(sessdata=CANARY, cookies={"buvid3": CANARY}),
    Credential(access_key=CANARY, account="mine"),
]


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_a_secret_is_shown_nowhere(credential, caplog):
    """Not by repr, str, format, asdict, vars, a log line or a pickle's refusal."""
    logging.getLogger("test").warning("%s %r", credential, credential)
    asdict = attrs.asdict(credential)
    shown = [
        repr(credential),
        str(credential),
        f"{credential}",
        f"{credential.sessdata}",
        f"{credential.access_key!s:>30}",
        repr(asdict),
        repr(dict(credential.cookies)),
        caplog.text,
    ]
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError) as caught:
            pickle.dumps(credential, protocol)
        shown.append("".join(traceback.format_exception(caught.value)))
    assert not [text for text in shown if "CANARY" in text]


@pytest.mark.parametrize("credential", CREDENTIALS)
def test_a_credential_is_a_value(credential):
    """Equal, hashable, frozen, and it can be copied inside one process."""
    twin = copy.deepcopy(credential)
    assert twin == credential == copy.copy(credential)
    assert hash(twin) == hash(credential)
    assert Credential(sessdata="other") != credential
    with pytest.raises((attrs.exceptions.FrozenInstanceError, BiliCommonError)):
        credential.account = "x"


def test_cookies_cannot_be_changed_afterwards():
    """The mapping that was given and the one that is kept do not hang together."""
    given = {"a": "b"}
    credential = Credential(sessdata="s", cookies=given)
    given["c"] = "d"
    assert list(credential.cookies) == ["a"]
    with pytest.raises(TypeError):
        credential.cookies["e"] = "f"


def test_a_copied_secret_is_the_same_secret():
    """A copy, deep or not, makes no second place where the text is kept."""
    secret = Credential(sessdata=CANARY).cookie_header()
    assert copy.copy(secret) is secret
    assert copy.deepcopy([secret])[0] is secret
