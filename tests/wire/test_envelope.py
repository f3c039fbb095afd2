"""Each wrong answer is its own clear error, and none shows the body in its words."""

from __future__ import annotations

import json
import pickle

import orjson
import pytest

from hypothesis import given
from hypothesis import strategies as st

from bili_common import (
    AccountBlockedError,
    ApiError,
    BadRequestError,
    BiliCommonError,
    NotLoggedInError,
    PrivacyError,
    ResponseError,
    RiskControlError,
    SchemaError,
    ServerBusyError,
    ServerError,
    ThrottledError,
    TransportError,
    UserNotFoundError,
)
from bili_common._wire.envelope import read_data
from bili_common._wire.response import RawResponse, parse_retry_after

from .bodies import FIRST, envelope, read


RECORD = orjson.loads(FIRST)["data"]["list"][0]


CODES = [
    (-2, NotLoggedInError),
    (-6, NotLoggedInError),
    (-101, NotLoggedInError),
    (-102, AccountBlockedError),
    (-352, RiskControlError),
    (-400, BadRequestError),
    (-404, UserNotFoundError),
    (-412, RiskControlError),
    (-500, ServerBusyError),
    (-503, ServerBusyError),
    (-504, ServerBusyError),
    (-509, ThrottledError),
    (-401, ApiError),
    (-403, ApiError),
    (-626, UserNotFoundError),
    (-658, NotLoggedInError),
    (-663, NotLoggedInError),
    (-799, ThrottledError),
    (22115, PrivacyError),
    (22118, PrivacyError),
    (-1, ApiError),
    (12345, ApiError),
]


@pytest.mark.parametrize(("code", "cls"), CODES)
def test_each_code_has_its_class(code, cls):
    """Each code of the table has its class, any other is an ApiError; all tell the code."""
    with pytest.raises(ApiError) as caught:
        read(orjson.dumps({"code": code, "message": "自己的话", "ttl": 1}))
    error = caught.value
    assert type(error) is cls
    assert (error.code, error.message, error.http_status) == (code, "自己的话", 200)
    assert str(code) in str(error)


@pytest.mark.parametrize(
    ("status", "body", "cls", "code"),
    [
        (412, b"<html>banned</html>", RiskControlError, 412),
        (412, b'{"code":-412,"message":"x"}', RiskControlError, -412),
        (429, b"<html>", ThrottledError, 429),
        (429, b'{"code":-799}', ThrottledError, -799),
        (404, b'{"code":-404}', UserNotFoundError, -404),
        (401, b'{"code":-101}', NotLoggedInError, -101),
        (400, b'{"code":-400}', BadRequestError, -400),
        (403, b'{"code":-77}', ApiError, -77),
    ],
)
def test_the_status_comes_before_the_body(status, body, cls, code):
    """A ban or a throttle by HTTP status is one whatever the body is."""
    with pytest.raises(ApiError) as caught:
        read(body, status=status, retry_after=7.0)
    assert type(caught.value) is cls
    assert (caught.value.code, caught.value.http_status) == (code, status)
    assert getattr(caught.value, "retry_after", 7.0) == 7.0


@pytest.mark.parametrize("status", [500, 502, 503, 504, 599])
@pytest.mark.parametrize("body", [b"<html>", b'{"code":0}', b"", FIRST])
def test_a_failing_server_is_a_server_error(status, body):
    """HTTP 5xx is a ServerError, also with a body that says code 0."""
    with pytest.raises(ServerError, match=str(status)) as caught:
        read(body, status=status)
    assert caught.value.http_status == status
    assert caught.value.retryable


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_names_where_to(status):
    """A redirect is an error of its own that names the host it led to."""
    with pytest.raises(ResponseError, match=r"redirect to elsewhere\.example"):
        read(b"", status=status, location="elsewhere.example")
    with pytest.raises(ResponseError, match="redirect"):
        read(b"", status=status)


@pytest.mark.parametrize(
    ("status", "body"),
    [(404, b"<html>"), (403, b""), (204, b""), (206, FIRST), (404, b'{"code":"-404"}')],
)
def test_another_status_is_a_response_error(status, body):
    """Any other status than 200 without a code is a ResponseError that names it."""
    with pytest.raises(ResponseError, match=f"HTTP {status}") as caught:
        read(body, status=status)
    assert type(caught.value) is ResponseError


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "an empty body"),
        (b"  \n", "an empty body"),
        (b"\xef\xbb\xbf", "an empty body"),
        (b"<!DOCTYPE html><html></html>", "HTML"),
        (b"upstream connect error", "not JSON"),
        (b'{"code":0,"message":"\xff\xfe"}', "not UTF-8"),
        (b"\x1f\x8b\x08\x00", "not UTF-8"),
        (b"[]", "a list"),
        (b'"text"', "a text"),
        (b"true", "true or false"),
        (b"null", "null"),
        (b"5", "a number"),
        (b"NaN", "not JSON"),
        (b'{"code":NaN}', "not JSON"),
        (b'{"code":0,"data":{"list":[],"total":0,"new":1e999}}', "number that is too large"),
        (b"{'code': 0}", "not JSON"),
        (b"502 Bad Gateway", "not JSON"),
        (b"[" * 200_000, "nested too deep"),
        (b'{"code":0,"data":' + b"[" * 1100 + b"]" * 1100 + b"}", "nested too deep"),
        (b'{"code":0,"data":' + b"[" * 5000 + b"]" * 5000 + b"}", "nested too deep"),
    ],
)
def test_a_body_that_is_no_envelope_says_what_it_is(body, words):
    """HTML, empty, not JSON, not UTF-8, nested too deep, no object: a ResponseError each."""
    with pytest.raises(ResponseError, match=words) as caught:
        read(body)
    assert type(caught.value) is ResponseError
    assert not caught.value.retryable
    assert caught.value.body == body[:2048]


@pytest.mark.parametrize(
    "behind",
    [b"}", b",", b"<html>", b"x", b"\x00", b'{"code"', b'"', b"{}{}", b"[{]"],
)
@pytest.mark.parametrize("first", [FIRST.rstrip(), b'{"code":-509}'])
def test_something_behind_the_object_is_said_to_be_that(first, behind):
    """An object with something behind it was not cut, is not retried, and is no page."""
    with pytest.raises(ResponseError, match="something else behind it") as caught:
        read(first + behind)
    assert type(caught.value) is ResponseError
    assert not caught.value.retryable


@pytest.mark.parametrize("digits", [20, 309, 310, 4000])
@pytest.mark.parametrize("sign", [b"", b"-"])
def test_an_integer_of_any_length_is_read(digits, sign):
    """In an unknown key it costs nothing, and where it is kept it is kept exactly."""
    number = sign + b"9" * digits
    body = envelope(RECORD | {"new": {"deep": [1]}, "mtime": 5}, more=1)
    page = read(body.replace(b'"more":1', b'"more":' + number))
    assert (len(page.items), page.odd_values) == (1, 0)

    page = read(body.replace(b'"mtime":5', b'"mtime":' + number))
    assert page.items[0].mtime == int(number)
    assert page.items[0].followed_at is None
    assert page.items[0].to_wire()["mtime"] == int(number)


@pytest.mark.parametrize("digits", [20, 30, 309, 310, 4000])
def test_an_integer_in_an_unknown_key_goes_back(digits):
    """Whatever parser read it first, it is given back as it came, and not as a float."""
    number = b"9" * digits
    body = envelope(RECORD | {"new": [1]}).replace(b'"new":[1]', b'"new":[' + number + b"]")
    page = read(body)
    assert json.dumps(page.items[0].to_wire()) == json.dumps(RECORD | {"new": [int(number)]})
    assert page.raw["list"][0]["new"] == [int(number)]


@pytest.mark.parametrize("place", [b'"ttl":1', b'"new":1', b'"mid":301164820', b'"total":1'])
def test_an_integer_that_python_cannot_read_is_named(place):
    """More digits than Python reads are a ResponseError that says how many they are."""
    key, _, _ = place.partition(b":")
    body = envelope(RECORD | {"new": 1})
    assert place in body
    with pytest.raises(ResponseError, match="a number of 5000 digits"):
        read(body.replace(place, key + b":" + b"7" * 5000))


@pytest.mark.parametrize("total", [2**63, 2**64, 10**30, 10**310, -1, 1.5, 1e300])
def test_a_total_that_no_list_has_is_named(total):
    """A total is an int of 63 bits: all else is a SchemaError at its path."""
    body = json.dumps({"code": 0, "data": {"list": [RECORD], "total": total}})
    with pytest.raises(SchemaError, match=r"at \$\.data\.total$") as caught:
        read(body.encode())
    assert caught.value.paths == ("$.data.total",)


@pytest.mark.parametrize("code", [2**63, 10**30, -(10**310)])
def test_a_code_that_no_server_has_is_named(code):
    """A code beyond 63 bits is a SchemaError, by whichever parser it was read."""
    with pytest.raises(SchemaError, match=r"at \$\.code$"):
        read(json.dumps({"code": code}).encode())


@pytest.mark.slow
def test_a_body_cut_anywhere_was_cut():
    """Cut at any byte, inside a character too, a body is a TransportError, worth a retry."""
    for at in range(1, len(FIRST.rstrip())):
        with pytest.raises(TransportError, match="cut") as caught:
            read(FIRST[:at])
        assert caught.value.retryable


def test_a_text_cut_behind_a_brace_was_cut():
    """The same where the last byte that came is a brace inside a text."""
    with pytest.raises(TransportError, match="cut"):
        read(b'{"code":0,"message":"a {b}')


def test_a_byte_order_mark_is_stripped():
    """A BOM before the body changes nothing."""
    assert read(b"\xef\xbb\xbf" + FIRST) == read(FIRST)


@pytest.mark.parametrize("gap", [b"", b"\n", b"  "])
def test_of_two_documents_the_first_counts(gap):
    """`{"code":-509}{"code":0}`: a throttle, whatever follows; and the other way round."""
    with pytest.raises(ThrottledError):
        read(b'{"code":-509,"message":"x"}' + gap + FIRST)
    assert len(read(FIRST + gap + b'{"code":-509}').items) == 13


@pytest.mark.parametrize("code", ['"0"', '"-101"', "null", "true", "0.0", "[]"])
def test_a_code_that_is_no_int_is_a_schema_error(code):
    """`code` as a text is no code, not even "0"."""
    with pytest.raises(SchemaError) as caught:
        read(f'{{"code":{code},"data":{{"list":[],"total":0}}}}'.encode())
    assert caught.value.paths == ("$.code",)


@pytest.mark.parametrize("data", ["", ',"data":null', ',"data":[]', ',"data":"x"'])
def test_code_zero_without_data_is_a_schema_error(data):
    """A missing `data` with code 0 is never an empty list."""
    with pytest.raises(SchemaError) as caught:
        read(f'{{"code":0{data}}}'.encode())
    assert caught.value.paths == ("$.data",)


def test_no_code_at_all_is_a_schema_error():
    """JSON of somebody else is a SchemaError at `$.code`."""
    with pytest.raises(SchemaError, match=r"\$\.code"):
        read(b'{"error":"x"}')


def test_a_voucher_is_risk_control():
    """Code 0 with data.v_voucher is risk control, and no list of nothing."""
    with pytest.raises(RiskControlError) as caught:
        read(envelope(v_voucher="voucher_x"))
    assert caught.value.code == 0


@pytest.mark.parametrize("status", [200, 401, 403])
def test_minus_401_with_a_captcha_is_risk_control(status):
    """Code -401 with data.ga_data is risk control; without it a refusal of no class."""
    with pytest.raises(RiskControlError) as caught:
        read(b'{"code":-401,"message":"x","data":{"ga_data":{}}}', status=status)
    assert (caught.value.code, caught.value.http_status) == (-401, status)
    with pytest.raises(ApiError) as caught:
        read(b'{"code":-401,"data":{"other":1}}', status=status)
    assert type(caught.value) is ApiError


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (200, FIRST, 0),
        (200, b'{"code":-352}', -352),
        (200, b"", 0),
        (403, b"<html>", 403),
        (404, b'{"code":-404}', -404),
        (429, b"", 429),
        (502, b'{"code":0}', 502),
    ],
)
def test_a_header_with_a_voucher_is_risk_control(status, body, code):
    """A captcha that a header announces is risk control, whatever comes with it."""
    with pytest.raises(RiskControlError) as caught:
        read(body, status=status, has_voucher=True, retry_after=3.0)
    assert (caught.value.code, caught.value.http_status) == (code, status)
    assert caught.value.retry_after == 3.0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"msg": "m"}, "m"),
        ({"message": "a", "msg": "m"}, "a"),
        ({"message": "", "msg": "m"}, "m"),
        ({"message": None, "msg": "m"}, "m"),
        ({"message": None}, ""),
        ({"message": 5}, "5"),
        ({}, ""),
    ],
)
def test_msg_is_read_where_message_is_missing(words, message):
    """Older servers call the message `msg`; null is no text."""
    with pytest.raises(PrivacyError) as caught:
        read(orjson.dumps({"code": 22115, **words}))
    assert caught.value.message == message


class EmptyFolderError(ApiError):
    """What a code means at one endpoint."""


def _read_data(code):
    codes = {
        11010: EmptyFolderError,
        -400: UserNotFoundError,
        -799: EmptyFolderError,
        -101: EmptyFolderError,
    }
    with pytest.raises(ApiError) as caught:
        read_data(RawResponse(200, orjson.dumps({"code": code, "message": "m"})), codes=codes)
    return caught.value


def test_an_endpoint_brings_codes_of_its_own():
    """Its codes stand beside the common ones, but none that concerns the account changes."""
    error = _read_data(11010)
    assert (type(error), error.code, error.message) == (EmptyFolderError, 11010, "m")
    assert type(_read_data(-400)) is UserNotFoundError
    assert type(_read_data(-404)) is UserNotFoundError
    assert type(_read_data(-799)) is ThrottledError
    assert type(_read_data(-101)) is NotLoggedInError


def test_half_a_surrogate_does_not_cost_the_page():
    """A name cut in the middle of an emoji comes with U+FFFD in the place of the half."""
    body = (
        rb'{"code":0,"data":{"list":[{"mid":1,"uname":"a\ud83d","sign":"\ud83d\ude00"},'
        rb'{"mid":2,"uname":"\ude00b"}],"total":2}}'
    )
    page = read(body)
    assert [item.uname for item in page.items] == ["a\ufffd", "\ufffdb"]
    assert page.items[0].sign == "\U0001f600"
    orjson.dumps([item.to_wire() for item in page.items])


MARKER = "MARKER-of-the-body"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, f"<html>{MARKER}".encode()),
        (200, f"{MARKER}".encode()),
        (200, f'{{"code":"x","m":"{MARKER}"}}'.encode()),
        (200, f'{{"code":0,"data":"{MARKER}"}}'.encode()),
        (200, f'{{"code":0,"data":{{"list":["{MARKER}"],"total":1}}}}'.encode()),
        (200, f'{{"code":0,"data":{{"list":[{{"mid":"{MARKER}"}}],"total":1}}}}'.encode()),
        (200, MARKER.encode() + b"\xff"),
        (500, MARKER.encode()),
        (404, MARKER.encode()),
        (302, MARKER.encode()),
    ],
)
def test_the_body_is_on_the_attribute_and_not_in_the_message(status, body):
    """At most 2 KiB of the body is kept on `body`; str, repr and the context show none."""
    body += b" " * 5000
    with pytest.raises(ResponseError) as caught:
        read(body, status=status)
    error = caught.value
    assert error.body == body[:2048]
    assert MARKER not in str(error) + repr(error) + repr(error.args)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert pickle.loads(pickle.dumps(error)).body == error.body  # noqa: S301 - our own


def test_a_long_message_is_cut():
    """The server's own words are kept to a line's length."""
    with pytest.raises(ApiError) as caught:
        read(orjson.dumps({"code": -1, "message": "x" * 10_000}))
    assert len(str(caught.value)) < 400


@given(body=st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_any_bytes_are_an_answer_or_an_error_of_ours(body):
    """Whatever bytes come, what is raised is ours."""
    with pytest.raises(BiliCommonError):
        read(body)


@pytest.mark.slow
@given(
    root=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(st.sampled_from(["code", "data", "list", "total", "x"]), inner)
        ),
    )
)
def test_any_json_is_a_page_or_an_error_of_ours(root):
    """Whatever JSON comes, it is a page or one of our errors."""
    try:
        page = read(json.dumps(root).encode())
    except BiliCommonError:
        return
    assert page.total == root["data"]["total"]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("1.5", 1.5),
        ("-1", None),
        ("nan", None),
        ("-inf", None),
        ("86400", 86400.0),
        ("86401", 86400.0),
        ("inf", 86400.0),
        ("1e400", 86400.0),
        ("9" * 5000, 86400.0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86400.0),
        ("Sat, 01 Jan 10000 00:00:00 GMT", 86400.0),
        ("soon", None),
        ("", None),
        ("Wed, 22 Nov 2023 10:00:10 GMT", 10.0),
        ("Wed, 22 Nov 2023 09:00:00 GMT", 0.0),
        ("Wed, 22 Nov 2023 10:00:10", 10.0),
        ("Wed, 99 Nov 2023 10:00:10 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header, seconds, caplog):
    """Seconds or a date, a day at most, of which the log tells; what is neither is absent."""
    now = 1_700_647_200.0
    assert parse_retry_after(header, now=now) == seconds
    told = "more than a day" in caplog.text
    assert told == (seconds == 86400.0 and header != "86400")
