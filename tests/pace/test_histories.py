"""The rules over random histories, beside a naive account of what they promise."""

# ruff: noqa: ARG005 - faults take what the rules take

from __future__ import annotations

import attrs
import pytest

from bili_common.pace import (
    FilePace,
    LocalPace,
    PaceState,
    RedisPace,
    _breaker,
    _decisions,
    _speed,
)
from bili_common.pace._decisions import Grant, Refused
from bili_common.pace._settings import PaceSettings
from bili_common.pace._state import FULL_SPEED, QUOTA
from bili_common.testing.pace_conformance import PaceHistory

from .test_stores import needs_redis, server


__all__ = ["server"]


class Promises:
    """What was granted and told so far, and so what the next reply has to be."""

    def __init__(self, settings):
        self.settings = settings
        self.grants = []
        self.last = 0
        # The rest: its end, which tickets end it, and the probe that is out.
        self.until = None
        self.throttles_from = self.blocks_from = 0
        self.probe, self.lease = None, 0
        self.speed, self.quota = FULL_SPEED, QUOTA
        self.refuses = False

    def check(self, history, reply):
        if history.act == "ask":
            self.asked(history.now, reply)
        elif history.act == "retry":
            assert reply == (self.quota > 0)
            self.quota -= reply
        else:
            self.told(history.ticket, history.now, history.told)
            assert reply.state.speed == self.speed
            assert reply.state.quota == self.quota
            assert reply.until == self.until

    def asked(self, now, reply):
        resting = self.until is not None and now < self.until
        probing = self.probe is not None and now < self.lease
        if isinstance(reply, Grant):
            assert not resting, "a request in a rest"
            assert not (self.until and probing), "two probes"
            self.grants.append(now)
            self.bound(now)
            self.last = reply.ticket
            if self.until is not None:
                self.probe, self.lease = reply.ticket, now + self.settings.lease
        elif isinstance(reply, Refused):
            assert resting, "refused without a rest"
            assert self.refuses
        else:
            assert not (resting and self.refuses), "waits for a rest that is too long"
            since = max(self.until or 0, self.grants[-1] if self.grants else 0)
            # The slowest pace is a twentieth; three clients may come first.
            patience = (30 if self.until is not None else 100) * self.settings.interval
            assert resting or probing or now < since + patience, "waits for nothing"

    def bound(self, now):
        for back, begin in enumerate(reversed(self.grants[-40:]), 1):
            assert back <= self.settings.burst + (now - begin) / self.settings.interval + 1e-9

    def told(self, ticket, now, told):
        if ticket == self.probe:
            self.probe = None
        is_news = ticket >= self.throttles_from
        if told.kind == "succeeded":
            self.quota = min(self.quota + 1, QUOTA)
            if is_news:
                self.speed = min(self.speed + FULL_SPEED // 20, FULL_SPEED)
            if is_news and self.until is not None:
                self.until, self.probe, self.refuses = None, None, False
        elif told.kind != "released":
            self.rest(ticket, now, told, is_news)

    def rest(self, ticket, now, told, is_news):
        if is_news and told.kind != "held":
            self.speed = max(self.speed // 2, FULL_SPEED // 20)
        counts = ticket >= self.blocks_from if told.kind == "blocked" else is_news
        if counts:
            self.throttles_from, self.refuses = self.last + 1, False
            if told.kind == "blocked":
                self.blocks_from = self.last + 1
        elif told.retry_after is None and self.until is None:
            return
        rests = [told.retry_after or 0]
        if told.kind == "throttled" and told.retry_after is None:
            rests.append(self.settings.cool_down)
        if told.kind == "blocked":
            waits = self.settings.risk_control_waits
            rests.append(waits[0] if waits else self.settings.breaker)
            self.refuses |= not waits or max(rests) > self.settings.max_wait
        self.refuses |= rests[0] > self.settings.max_wait
        least = max(self.until or 0, now + max(rests))
        # Each strike in a row may make it longer, which test_turns.py counts.
        self.until = Minimum(least)


class Minimum(int):
    """A moment, or a later one."""

    def __eq__(self, other):
        return other >= int(self)

    __hash__ = int.__hash__


def play(seed, steps, promises=True):
    """Play a history in memory; return what each client was told."""
    history = PaceHistory(seed, steady=promises)
    state, replies = PaceState(), []
    kept = Promises(history.settings)
    for _ in range(steps):
        state, reply = history.move()(state, 0)
        if promises:
            kept.check(history, reply)
            if kept.until is not None:
                # The strikes so far are taken from the state: they only lengthen.
                kept.until = state.breaker.until
                kept.refuses |= state.breaker.refusal is not None
        history.note(reply)
        replies.append(reply)
    return replies


def play_many(seeds):
    for seed in seeds:
        play(seed, 300)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(4))
def test_the_promises_are_kept(block):
    """120,000 random steps: the bound, no request in a rest, one probe, and no standstill."""
    play_many(range(100 * block, 100 * block + 100))


def test_the_promises_are_kept_at_a_glance():
    """The same for the first 3,000 steps."""
    play_many(range(10))


FAULTS = {
    "a turn costs too little": (
        _decisions,
        "PaceState",
        lambda paid, *rest: PaceState(paid - 50_000, *rest),
    ),
    "a slowed turn takes for ever": (PaceSettings, "interval_at", lambda *_: 10**10),
    "no turn is a probe": (_decisions, "probe", lambda breaker, *_: breaker),
    "a lease never ends": (
        _decisions,
        "probe",
        lambda breaker, ticket, now, settings: attrs.evolve(
            breaker, probe=ticket, lease=now + 10**12
        ),
    ),
    "a probe is not released": (_breaker, "release", lambda breaker, ticket: breaker),
    "a rest is never over": (_breaker, "close", lambda breaker, ticket: breaker),
    "any answer ends a rest": (_breaker, "close", lambda breaker, ticket: _breaker.Breaker()),
    "a later answer shortens a rest": (
        _breaker,
        "_open",
        lambda breaker, until: attrs.evolve(breaker, until=until),
    ),
    "all answers are news": (_breaker, "is_news", lambda breaker, ticket: True),
    "no throttle slows down": (_speed, "slow_down", lambda state, settings, now: state),
    "no success speeds up": (_speed, "speed_up", lambda state, settings, now: state),
    "retries have no end": (_decisions, "QUOTA", 10**6),
    "no rest is too long": (PaceSettings, "is_too_long", lambda self, rest: False),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_rules_is_caught(monkeypatch, fault):
    """Whichever rule is broken, a promise is."""
    monkeypatch.setattr(*FAULTS[fault])
    with pytest.raises(AssertionError):
        play_many(range(60))


async def replay(store, seed, steps):
    """Play a history in *store*; return what each client was told."""
    history, replies = PaceHistory(seed), []
    name = f"history-{seed}"
    await store.change(name, lambda _state, _now: (PaceState(), None))
    for _ in range(steps):
        reply = await store.change(name, history.move())
        history.note(reply)
        replies.append(reply)
    return replies


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["local", "file", pytest.param("redis", marks=needs_redis)])
async def test_each_store_decides_alike(kind, tmp_path, request):
    """Clocks that go back and states that are lost included, each store tells the same."""
    if kind == "redis":
        store = RedisPace(request.getfixturevalue("server").url)
    else:
        store = FilePace(tmp_path / "pace.sqlite") if kind == "file" else LocalPace()
    for seed in range(10):
        assert await replay(store, seed, 300) == play(seed, 300, promises=False)
    await store.aclose()
