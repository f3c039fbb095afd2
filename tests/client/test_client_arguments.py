"""Bad input: each wrong argument is named, at the call, before anything is sent."""

from __future__ import annotations

import inspect

from functools import partial

import pytest

from bili_common import (
    SAME_FOLLOWINGS,
    Client,
    Comparison,
    Credential,
    Cursor,
    FilePace,
    Following,
    ListEndpoint,
    LocalPace,
    RateLimit,
    RetryPolicy,
    RunStore,
    UsageError,
)


async def _async_hook(_told):
    """Nobody awaits it."""


class _AsyncHook:
    async def __call__(self, _told):
        """Nobody awaits it."""


NO_INTS = [-1, 0, True, False, "5", "abc", 1.0, 1.5, b"1", [1]]
CALLS = [
    *[("vmid", {"vmid": value}) for value in [*NO_INTS, None, 2**63]],
    *[("page_size", {"page_size": value}) for value in [*NO_INTS, None, 51]],
    *[("limit", {"limit": value}) for value in [-1, True, "5", 1.0]],
    *[("max_pages", {"max_pages": value}) for value in [-1, True, "5", 1.0]],
    *[("on_bad_record", {"on_bad_record": value}) for value in [None, "drop", True]],
    *[("on_page", {"on_page": value}) for value in [5, "print", _async_hook]],
    *[("on_bad_record", {"on_bad_record": value}) for value in [10**5000, "x" * 10_000]],
    *[(flag, {flag: "false"}) for flag in ["dedupe", "verify", "strict"]],
    ("strict", {"strict": None}),
    ("vmid", {"start": Cursor(vmid=3)}),
    ("page_size", {"start": Cursor(vmid=2, page_size=20)}),
    ("page_size", {"start": Cursor(vmid=2), "page_size": 20}),
    *[
        ("start", {"start": value})
        for value in [
            5,
            True,
            b"x",
            "",
            "garbage",
            "{}",
            "[]",
            '"x"',
            "[" * 100_000,
            Cursor(vmid=2).dumps().replace('"v":1', '"v":2'),
            Cursor(vmid=2).dumps().replace('"v":1,', ""),
            Cursor(vmid=2).dumps().replace('"pn":1', '"pn":0'),
            Cursor(vmid=2).dumps().replace('"pn":1', '"pn":"1"'),
            Cursor(vmid=2).dumps().replace('"index":0', '"index":-1'),
            Cursor(vmid=2).dumps().replace('"total":null', '"total":true'),
            Cursor(vmid=2).dumps().replace('"seen":0', '"seen":0,"more":1'),
            Cursor(vmid=3).dumps(),
        ]
    ],
]


@pytest.mark.parametrize(("name", "arguments"), CALLS)
async def test_a_wrong_argument_of_iter_is_named_at_the_call(
    client, fake_bilibili, name, arguments
):
    """iter_same_followings raises UsageError with the name, at the call and unawaited."""
    arguments = {"vmid": 2} | arguments
    vmid = arguments.pop("vmid")
    with pytest.raises(UsageError, match=name):
        client.iter_same_followings(vmid, **arguments)
    assert fake_bilibili.requests == 0


@pytest.mark.parametrize("value", [-1, 51, "abc", 1.5])
async def test_the_message_holds_the_value(client, value):
    """A UsageError shows the wrong value, cut to a line's length."""
    with pytest.raises(UsageError) as caught:
        client.iter_same_followings(2, page_size=value)
    assert repr(value) in str(caught.value)
    with pytest.raises(UsageError) as caught:
        client.iter_same_followings("x" * 10_000)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        *[("vmid", {"vmid": value}) for value in NO_INTS],
        *[("pn", {"pn": value}) for value in [*NO_INTS, None]],
        *[("ps", {"ps": value}) for value in [*NO_INTS, None, 51]],
    ],
)
async def test_a_wrong_argument_of_get_is_named(client, fake_bilibili, name, arguments):
    """get_same_followings raises UsageError with the name, before anything is sent."""
    arguments = {"vmid": 2} | arguments
    with pytest.raises(UsageError, match=name):
        await client.get_same_followings(arguments.pop("vmid"), **arguments)
    assert fake_bilibili.requests == 0


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("vmid", {"vmid": 0}),
        ("mids", {"mids": []}),
        ("mids", {"mids": 5}),
        ("mids", {"mids": "12"}),
        ("mids", {"mids": [0]}),
        ("mids", {"mids": ["5"]}),
        ("mids", {"mids": [True]}),
        ("require", {"require": "some"}),
        ("require", {"require": None}),
        ("caller_follows", {"caller_follows": 5}),
        ("caller_follows", {"caller_follows": "12"}),
        ("caller_follows", {"caller_follows": ["1"]}),
    ],
)
async def test_a_wrong_argument_of_check_is_named(client, fake_bilibili, name, arguments):
    """check_same_followings raises UsageError with the name, before anything is sent."""
    arguments = {"vmid": 2, "mids": [1]} | arguments
    vmid, mids = arguments.pop("vmid"), arguments.pop("mids")
    with pytest.raises(UsageError, match=name):
        await client.check_same_followings(vmid, mids, **arguments)
    assert fake_bilibili.requests == 0


@pytest.mark.parametrize("value", [-1, True, "2", 1.0, None])
async def test_a_wrong_argument_of_a_view_is_named(client, fake_bilibili, value):
    """walk, collect and batched name their argument."""
    pager = client.iter_same_followings(2)
    with pytest.raises(UsageError, match="prefetch"):
        pager.walk(prefetch=value)
    with pytest.raises(UsageError, match="prefetch"):
        await pager.collect(prefetch=value)
    with pytest.raises(UsageError, match=r"\bn\b"):
        pager.batched(value)
    with pytest.raises(UsageError, match=r"\bn\b"):
        pager.batched(0)
    assert fake_bilibili.requests == 0


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("credential", {"credential": "SECRET"}),
        ("credential", {"credential": None}),
        ("trust_env", {"trust_env": "no"}),
        *[
            ("base_url", {"base_url": value})
            for value in [
                "http://api.bilibili.com",
                "http://192.168.1.1",
                "http://127.0.0.1.example.com",
                "http://localhost.example.com",
                "ftp://127.0.0.1",
                "https://exam\nple.com",
                "https://exam ple.com",
                "api.bilibili.com",
                "https://",
                "",
                "https://u:SECRET@api.bilibili.com",
                "https://u:SECRET@api.bilibili.com:99999",
                "ftp://u:SECRET@api.bilibili.com",
                "https://api.bilibili.com?SECRET=1",
                "https://api.bilibili.com#x",
                "https://api.bilibili.com:99999",
                None,
                5,
                b"https://api.bilibili.com",
            ]
        ],
        *[("timeout", {"timeout": value}) for value in [0, -1, True, "5", float("inf")]],
        ("rate_limit", {"rate_limit": 5}),
        ("retry", {"retry": None}),
        ("session", {"session": "x"}),
        ("headers", {"headers": "x"}),
        ("headers", {"headers": {"X": "SECRET\r\nY: z"}}),
        ("headers", {"headers": {"X Y": "z"}}),
        ("headers", {"headers": {"X": 5}}),
        ("headers", {"headers": {"cookie": "SESSDATA=SECRET"}}),
        ("proxy", {"proxy": "SECRET"}),
        ("proxy", {"proxy": "socks5://u:SECRET@h:1"}),
        ("proxy", {"proxy": "http://u:SECRET@h:99999"}),
        ("proxy", {"proxy": 5}),
    ],
)
def test_a_wrong_argument_of_the_client_is_named(name, options):
    """Client refuses each wrong argument by name, without a loop, and shows no secret."""
    options = {"credential": Credential(sessdata="s")} | options
    with pytest.raises(UsageError, match=name) as caught:
        Client(options.pop("credential"), **options)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.bilibili.com",
        "https://api.bilibili.com/",
        "https://example.com/prefix",
        "http://127.0.0.1:80",
        "http://127.1.2.3",
        "http://localhost:1",
        "http://[::1]:8080",
    ],
)
def test_a_right_base_url_is_taken(url):
    """Https anywhere, http on loopback alone."""
    assert "open" in repr(Client(Credential(sessdata="s"), base_url=url))


@pytest.mark.parametrize(
    ("cls", "name", "value"),
    [
        (RateLimit, "per_second", 0),
        (RateLimit, "burst", 0),
        (RateLimit, "jitter", 2),
        (RetryPolicy, "attempts", 0),
        (RetryPolicy, "max_wait", -1),
    ],
)
def test_a_wrong_policy_is_named(cls, name, value):
    """The policies name what is wrong, too."""
    with pytest.raises(UsageError, match=name):
        cls(**{name: value})


# No float, no decimal text, next to nothing, and three that are no numbers to reckon with.
ABSURD = [10**400, 10**5000, 1e-320, 1e300, float("inf"), float("nan")]
_KEY = Credential(sessdata="s")
NUMBERS = {
    "iter vmid": ("vmid", lambda c, x: c.iter_same_followings(x)),
    "iter limit": ("limit", lambda c, x: c.iter_same_followings(2, limit=x)),
    "iter page_size": ("page_size", lambda c, x: c.iter_same_followings(2, page_size=x)),
    "iter max_pages": ("max_pages", lambda c, x: c.iter_same_followings(2, max_pages=x)),
    "list page_size": (
        "page_size",
        lambda c, x: c.iter_list(SAME_FOLLOWINGS, {"vmid": 2}, page_size=x),
    ),
    "walk prefetch": ("prefetch", lambda c, x: c.iter_same_followings(2).walk(prefetch=x)),
    "batched n": ("n", lambda c, x: c.iter_same_followings(2).batched(x)),
    "get vmid": ("vmid", lambda c, x: c.get_same_followings(x)),
    "get pn": ("pn", lambda c, x: c.get_same_followings(2, pn=x)),
    "get ps": ("ps", lambda c, x: c.get_same_followings(2, ps=x)),
    "check vmid": ("vmid", lambda c, x: c.check_same_followings(x, [1])),
    "check mids": ("mids", lambda c, x: c.check_same_followings(2, [x])),
    "check caller_follows": (
        "caller_follows",
        lambda c, x: c.check_same_followings(2, [1], caller_follows=[x]),
    ),
    "relations mids": ("mids", lambda c, x: c.get_relations([x])),
    "run vmids": ("vmids", lambda c, x: c.compare_same_followings([x]).collect()),
    **{
        f"run {name}": (
            name,
            lambda c, x, name=name: c.compare_same_followings([2], **{name: x}),
        )
        for name in (
            "budget",
            "give_up_after",
            "max_concurrency",
            "page_size",
            "refresh_after",
        )
    },
    "run ask_follows": (
        "ask_follows",
        lambda c, x: c.compare_same_followings([2], ask_follows=[x], store="x"),
    ),
    **{
        f"cursor {name}": (name, lambda _, x, name=name: Cursor(**{"vmid": 2, name: x}))
        for name in ("vmid", "page_size", "pn", "index", "seen", "total")
    },
    "client timeout": ("timeout", lambda _, x: Client(_KEY, timeout=x)),
    "with_options timeout": ("timeout", lambda c, x: c.with_options(timeout=x)),
    "client pace_share": (
        "pace_share",
        lambda _, x: Client(_KEY, pace=LocalPace(), on_pace_loss="slow", pace_share=x),
    ),
    **{
        f"RateLimit {name}": (name, lambda _, x, name=name: RateLimit(**{name: x}))
        for name in ("per_second", "burst", "jitter")
    },
    **{
        f"RetryPolicy {name}": (name, lambda _, x, name=name: RetryPolicy(**{name: x}))
        for name in ("attempts", "base", "max_wait", "max_elapsed", "cool_down", "breaker")
    },
    **{
        f"RetryPolicy {name}": (name, lambda _, x, name=name: RetryPolicy(**{name: (x,)}))
        for name in ("risk_control_waits", "outage_waits")
    },
    "FilePace busy_timeout": ("busy_timeout", lambda _, x: FilePace("x", busy_timeout=x)),
    "RunStore busy_timeout": ("busy_timeout", lambda _, x: RunStore("x", busy_timeout=x)),
    "most_shared n": ("n", lambda _, x: Comparison([]).most_shared(x)),
    "shared_by min_count": ("min_count", lambda _, x: Comparison([]).shared_by(x)),
    "against mids": ("mids", lambda _, x: Comparison([]).against([x])),
    "neighbours min_score": (
        "min_score",
        lambda _, x: Comparison([]).neighbours(min_score=x),
    ),
    "neighbours k": ("k", lambda _, x: Comparison([]).neighbours(x)),
    "similarity k": ("k", lambda _, x: Comparison([]).similarity(k=x)),
    "endpoint max_page_size": (
        "max_page_size",
        lambda _, x: ListEndpoint("/x", "x", Following, max_page_size=x),
    ),
}
# An age that nothing reaches is an age.
_HUGE = {"run refresh_after"}


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize(
    "value",
    ABSURD,
    ids=lambda value: f"{value:.3}" if type(value) is float else f"2**{value.bit_length()}",
)
async def test_an_absurd_number_is_a_usage_error(client, fake_bilibili, number, value):
    """10**400 and 1e-320 are UsageErrors, whichever number they are given for."""
    name, call = NUMBERS[number]
    if value == 1e300 and number in _HUGE:
        return

    async def give():
        told = call(client, value)
        return await told if inspect.isawaitable(told) else told

    with pytest.raises(UsageError, match=rf"\b{name}\b") as caught:
        await give()
    assert len(str(caught.value)) < 300
    assert fake_bilibili.requests == 0


# Where no number is wanted at all.
PLACES = {
    "on_bad_record": lambda c, x: c.iter_same_followings(2, on_bad_record=x),
    "on_page": lambda c, x: c.iter_same_followings(2, on_page=x),
    "params": lambda c, x: c.iter_list(SAME_FOLLOWINGS, x),
    "on_progress": lambda c, x: c.compare_same_followings([2], on_progress=x),
    "vmids": lambda c, x: c.compare_same_followings(x),
    "store": lambda c, x: c.compare_same_followings([2], store=x),
    "account": lambda _, x: Credential(sessdata="s", account=x),
    "base_url": lambda _, x: Client(_KEY, base_url=x),
    "pace": lambda _, x: Client(_KEY, pace=x),
    "pace_name": lambda _, x: Client(_KEY, pace_name=x),
    "on_pace_loss": lambda _, x: Client(_KEY, on_pace_loss=x),
    "path": lambda _, x: FilePace(x),
    "create": lambda _, x: RunStore("x", create=x),
    "cursor": lambda _, x: Cursor.loads(x),
    "endpoint": lambda _, x: Cursor(vmid=2, endpoint=x),
    "measure": lambda _, x: Comparison([]).similarity(x),
    "caller_follows": lambda _, x: Comparison([]).against([1], caller_follows=x),
    **{
        name: lambda _, x, name=name: ListEndpoint(
            **{"path": "/x", "noun": "x", "record": Following, name: x}
        )
        for name in ("noun", "record", "key", "items", "total", "has_more", "codes")
    },
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "value", [10**5000, 0, -0.0, 1.5, True, b"x", object(), _async_hook], ids=type
)
def test_what_is_no_such_thing_is_a_usage_error(client, place, value):
    """A number that Python cannot write is told as any other wrong value, in one line."""
    if place == "create" and value is True:
        return

    with pytest.raises(UsageError, match=rf"\b{place}\b") as caught:
        PLACES[place](client, value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "hook",
    [_async_hook, _AsyncHook(), partial(_async_hook)],
    ids=["function", "callable", "partial"],
)
async def test_an_async_hook_is_refused(client, hook):
    """What nobody would await is told at the call, not by a warning when it is dropped."""
    for name, call in PLACES.items():
        if name in {"on_page", "on_progress", "record", "key"}:
            with pytest.raises(UsageError, match=rf"{name} must be a plain function"):
                call(client, hook)


@pytest.mark.parametrize("path", ["", ":memory:", "a\0b"])
def test_a_file_that_is_none_is_told(path):
    """SQLite's names for no file are no place for a pace, nor for a store."""
    with pytest.raises(UsageError, match="path must be the path of a file"):
        FilePace(path)
    with pytest.raises(UsageError, match="store must be the path of a file"):
        RunStore(path)


async def test_nobody_awaits_or_loops_over_a_pager(client):
    """`await pager` and `for x in pager` name async for and collect()."""
    pager = client.iter_same_followings(2)
    with pytest.raises(TypeError, match=r"async for.*collect\(\)"):
        await pager
    with pytest.raises(TypeError, match=r"async for.*collect\(\)"):
        for _ in pager:
            pass


async def test_a_flag_of_compare_is_true_or_false(client, fake_bilibili):
    """compare_same_followings refuses a text for a flag, at the call."""
    with pytest.raises(UsageError, match="ordered"):
        client.compare_same_followings([2], ordered="false")
    assert fake_bilibili.requests == 0
