"""A secret is struck out in whatever spelling a server echoes it."""

from __future__ import annotations

import html
import html.entities
import json
import time

from urllib.parse import quote

import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import Credential
from bili_common._transport.login import Login
from bili_common._wire.response import RawResponse


SESSDATA = "a1b2c3d4%2C1795000000%2C5e6f7*91_-+/=.~"
PLAIN = "a1b2c3d4,1795000000,5e6f7*91_-+/=.~"
KEY = "xY0/&<'>9"
NAMES: dict[str, list[str]] = {}
for _name, _character in html.entities.html5.items():
    NAMES.setdefault(_character, []).append(_name)

_PERCENT = st.sampled_from(["%", "%25", "%2525", "&#37;", "&#x25;", "&percnt;", r"\u0025"])
_AMPERSAND = st.sampled_from(["&", "&amp;", "&amp;amp;", r"\u0026"])
_BACKSLASH = st.sampled_from(["\\", "\\\\", "\\\\\\\\"])


def _cased(digits: str) -> st.SearchStrategy[str]:
    return st.sampled_from([digits.lower(), digits.upper()])


@st.composite
def _spelled(draw: st.DrawFn, character: str) -> str:
    """Return *character* in one of the ways in which servers write it."""
    code = ord(character)
    digits = draw(_cased(f"{code:02x}"))
    ways = [
        st.just(character),
        st.just(character),
        _PERCENT.map(lambda percent: percent + digits),
        _AMPERSAND.map(lambda sign: f"{sign}#{code};"),
        _AMPERSAND.map(lambda sign: f"{sign}#x{digits};"),
        _BACKSLASH.map(lambda slash: f"{slash}u00{digits}"),
        _BACKSLASH.map(lambda slash: f"{slash}x{digits}"),
    ]
    if not character.isalnum():
        ways.append(_BACKSLASH.map(lambda slash: slash + character))
    if character in NAMES:
        ways.append(
            st.tuples(_AMPERSAND, st.sampled_from(NAMES[character])).map(
                lambda both: f"{both[0]}{both[1].rstrip(';')};"
            )
        )
    return draw(st.one_of(ways))


def _echo(text: str) -> st.SearchStrategy[str]:
    """Return *text* with each character spelled in its own way."""
    return st.tuples(*map(_spelled, text)).map("".join)


REDACTOR = Login(
    Credential(sessdata=SESSDATA, cookies={"one": KEY, "two": quote(PLAIN[6:22])})
).redactor
_noise = st.sampled_from(
    ["", " ", '{"message":"', '"', "\\", "&", "%", "%2", "&amp;", "SESSDATA="]
)


@pytest.mark.slow
@given(before=_noise, echo=st.sampled_from([PLAIN[6:22], KEY]).flatmap(_echo), after=_noise)
def test_a_mixed_spelling_is_struck_out(before, echo, after):
    """Percent-encoded in any case, in part and doubly, HTML- and JSON-escaped: all at once."""
    body = f"{before}{echo}{after}".encode()
    left = REDACTOR.redact_bytes(body)
    assert len(left) == len(body)
    assert left.startswith(before.rstrip("\\%&").encode())
    assert left.endswith(after.encode())
    # Of the echo itself no byte is left, nor a part that could be put together.
    assert left[len(before) : len(left) - len(after)].strip(b"*") == b""


@pytest.mark.parametrize("text", [SESSDATA, PLAIN])
@pytest.mark.parametrize(
    "spell",
    [
        str,
        str.encode,
        lambda text: quote(text, safe=""),
        lambda text: quote(quote(quote(text, safe=""), safe=""), safe=""),
        lambda text: quote(text).lower() if text == PLAIN else text.replace("%2C", "%2c"),
        html.escape,
        lambda text: json.dumps(text)[1:-1],
        lambda text: json.dumps(text)[1:-1].replace("/", "\\/").replace("+", "\\u002b"),
        lambda text: json.dumps(json.dumps(text).replace("/", "\\/")),
        lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
        lambda text: "".join(f"&#{byte};" for byte in text.encode()),
        lambda text: "".join(f"&#x{byte:X};" for byte in text.encode()),
        lambda text: html.escape(quote(text, safe="")).replace("%", "&#37;"),
        lambda text: text.replace("%2C", ",").replace(",", "&comma;").replace("+", " "),
        lambda text: json.dumps("".join(f"&#{byte};" for byte in text.encode())).replace(
            "&", "\\u0026"
        ),
    ],
)
def test_what_real_encoders_write_is_struck_out(text, spell):
    """So it is for the spellings of this language's own encoders."""
    spelled = spell(text)
    echo = spelled if isinstance(spelled, bytes) else spelled.encode()
    left = REDACTOR.redact_bytes(b"<b>" + echo + b"</b>")
    assert b"795000000" not in left
    assert b"a1b2" not in left
    assert left.startswith(b"<b>")
    assert left.endswith(b"</b>")


@given(st.binary(max_size=60))
def test_what_holds_no_secret_stays(body):
    """Other bytes are untouched, and the answer is the same object."""
    answer = RawResponse(200, body)
    assert REDACTOR.redact(answer) is answer


@pytest.mark.parametrize("sessdata", ["%E4%BD%A0%E5%A5%BD!", "%F0%9F%98%80%F0%9F%98%80"])
def test_a_secret_that_spells_other_letters(sessdata):
    """What decodes to more than ASCII is known decoded, and as JSON and HTML escape it."""
    redactor = Login(Credential(sessdata=sessdata)).redactor
    text = plain_of(sessdata)
    for echo in (
        sessdata,
        sessdata.lower(),
        text,
        json.dumps(text)[1:-1],
        "".join(f"&#{ord(it)};" for it in text),
    ):
        assert redactor.redact_bytes(echo.encode()).strip(b"*") == b""


def plain_of(sessdata: str) -> str:
    return bytes.fromhex(sessdata.replace("%", "").replace("!", "21")).decode()


def test_a_short_value_is_no_secret():
    """A cookie of three letters may be a part of any word."""
    redactor = Login(Credential(sessdata=SESSDATA, cookies={"lang": "zh"})).redactor
    assert redactor.redact_bytes(b"zh zhzh") == b"zh zhzh"


@pytest.mark.parametrize("piece", [b"\\", b"%25", b"&amp;", b"%", b"a1b2c3d4", b"\\u0025"])
def test_no_body_takes_long(piece):
    """A body that looks like the beginning of a secret all along is read in linear time."""
    body = piece * (2**17 // len(piece))
    REDACTOR.redact_bytes(body)
    began = time.process_time()
    assert REDACTOR.redact_bytes(body) == body
    # Measured: 0.2 s at the most. Each byte looked at from each other takes minutes.
    assert time.process_time() - began < 5
