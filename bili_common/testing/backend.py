"""Backend: all that the fake server knows and says, without a socket."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping

import attrs

from .._util.clock import SystemClock
from .account import NAV, RELATIONS, logged_out, nav_of, relations_of
from .answers import Answer, refusal
from .directory import Directory
from .distortions import Distortions
from .fake_list import FakeList
from .lies import Lie
from .records import Shape
from .rules import Asked, ServerClock
from .scenarios import Scenarios


__all__ = ["PATH", "Backend", "Seen"]

PATH = "/x/relation/same/followings"

_MAX_PS = 50
_MAX_FIDS = 40
_MAX_INT = (1 << 63) - 1

_NOT_LOGGED_IN = refusal("not_logged_in", -101)
_BAD_REQUEST = refusal("bad_request", -400)
_GONE = refusal("gone", -404)
_PRIVATE = refusal("private", 22115)
_NO_SUCH_PATH = Answer("no_such_path", b"404 page not found\n", 404, "text/plain")


@attrs.frozen
class Seen:
    """
    One request that the fake server saw; of its credential only whether it had one.

    Attributes:
        number: Of the request, counted from 1.

        path: As it was asked for.

        vmid: As it was asked for, or None if it was no whole number from 1.

        pn: The page asked for, 1 by default; None like *vmid*, and where no list
            is asked for.

        ps: The page size asked for, 50 by default; None like *vmid*.

        kind: What was answered: "ok", "private", "throttle", "ban", "reset" ...

        at: The clock's monotonic seconds.

        has_credential: Whether a SESSDATA or an access_key came.
    """

    number: int
    path: str
    vmid: int | None
    pn: int | None
    ps: int | None
    kind: str
    at: float
    has_credential: bool


class Backend(Directory, Distortions, Scenarios):
    """
    The endpoint's rules over synthetic users, and the scenarios that break them.

    Args:
        shape: Which year's records: "2020", "2021", "2025" or "mixed".

        clock: Times the log and the bans; the machine's own by default.

        log_size: How many requests `log` holds at most.

        day: Of the demo world: 1, or 2 when users and account have changed.

    Attributes:
        requests: How many requests came since the start or the last `reset`.

        answers: How many of them were answered how, by the names in the log.
    """

    requests: int
    answers: Counter[str]

    def __init__(
        self,
        *,
        shape: Shape = "mixed",
        clock: ServerClock | None = None,
        log_size: int = 10_000,
        day: int = 1,
    ) -> None:
        clock = clock or SystemClock()
        Directory.__init__(self, shape=shape, day=day, now=clock.time())
        Distortions.__init__(self)
        Scenarios.__init__(self, clock=clock)
        self.requests = 0
        self.answers = Counter()
        self._log: deque[Seen] = deque(maxlen=log_size)

    @property
    def log(self) -> tuple[Seen, ...]:
        """The latest requests, oldest first."""
        return tuple(self._log)

    def reset(self) -> None:
        """End every scenario, undo the shifts and count from 0; added users stay."""
        self.end_scenarios()
        self.end_distortions()
        self.undo_shifts()
        self.requests = 0
        self.answers.clear()
        self._log.clear()

    def answer(self, path: str, query: Mapping[str, str], *, login: bytes | None) -> Answer:
        """
        Return the answer to one GET request, counted and logged.

        Args:
            path: Of the request.

            query: Its parameters.

            login: Tells its credential from others; None if it has none.
        """
        asked = _read(path, query)
        answer = self._choose(asked, login)
        self.requests += 1
        self.answers[answer.kind] += 1
        self._log.append(
            Seen(
                number=self.requests,
                path=path,
                vmid=asked.vmid,
                pn=asked.pn,
                ps=asked.ps,
                kind=answer.kind,
                at=self._clock.monotonic(),
                has_credential=login is not None,
            )
        )
        return answer

    def _choose(self, asked: Asked, login: bytes | None) -> Answer:
        """Return the first answer that applies, in the order of a real front end."""
        added = self._added_list(asked)
        if asked.path not in {PATH, NAV, RELATIONS} and added is None:
            return _NO_SUCH_PATH
        fault = self._intercept(asked, lambda: self._peek(asked))
        if fault is not None:
            return fault
        if not self._is_logged_in(login):
            return logged_out() if asked.path == NAV else _NOT_LOGGED_IN
        if added is not None:
            return self._turn(added, asked)
        return self._look_up(asked) if asked.path == PATH else self._about_account(asked)

    def _peek(self, asked: Asked) -> bytes:
        """Return the body that is due, for a fault to break; nothing comes of it."""
        added = self._added_list(asked)
        if added is not None:
            return added.page(asked.pn or 1, asked.ps or _MAX_PS, self._honest, self._render)
        if asked.path != PATH:
            return self._about_account(asked).body
        return self._list(asked.vmid or 1, asked.pn or 1, asked.ps or _MAX_PS, self._honest)

    def _added_list(self, asked: Asked) -> FakeList | None:
        """Return the list of another endpoint that is asked for, the latest first."""
        fitting = (one for one in self._lists if one.endpoint.path == asked.path)
        return next((one for one in fitting if one.is_meant(asked.query)), None)

    def _turn(self, added: FakeList, asked: Asked) -> Answer:
        """Return a page of such a list, once the due shifts are made."""
        if asked.pn is None or asked.ps is None:
            return _BAD_REQUEST
        for shift in self._due_shifts(added, asked.pn):
            self._shift(added, shift)
        lie = self._lie_about(added)
        return Answer("ok", added.page(asked.pn, asked.ps, lie, self._render))

    def _about_account(self, asked: Asked) -> Answer:
        """Return who the account is, or its relation to others."""
        if asked.path == NAV:
            return nav_of(self.account)
        mids = [_number(text) for text in asked.query.get("fids", "").split(",")]
        known = [mid for mid in mids if mid is not None]
        if len(known) < len(mids) or len(mids) > _MAX_FIDS:
            return _BAD_REQUEST
        return relations_of(self.account, known, set(filter(self.follows, known)))

    def _look_up(self, asked: Asked) -> Answer:
        """Return a page, or why there is none, once the due shifts are made."""
        vmid, pn, ps = asked.vmid, asked.pn, asked.ps
        if vmid is None or pn is None or ps is None:
            return _BAD_REQUEST
        for shift in self._due_shifts(vmid, pn):
            self._shift(vmid, shift)
        user = self.user(vmid)
        if user.gone:
            return _GONE
        if user.private:
            return _PRIVATE
        return Answer("ok", self._list(vmid, pn, ps, self._lie_about(vmid)))

    def _list(self, vmid: int, pn: int, ps: int, lie: Lie) -> bytes:
        """Return the body of one page, as *lie* bends it."""
        followings = self._shared(vmid)
        size = min(ps, lie.clamp or _MAX_PS, _MAX_PS)
        first = 0 if lie.ignore_pn else (pn - 1) * size
        items = () if lie.is_empty(pn) else followings[first : first + size]
        return self._page(
            vmid,
            filter(lie.keeps, items),
            total=len(followings) if lie.total is None else lie.total,
            null=lie.null_list,
        )


def _read(path: str, query: Mapping[str, str]) -> Asked:
    """Return what is asked for; only a list has pages."""
    if path in {NAV, RELATIONS}:
        return Asked(path, query)
    return Asked(
        path,
        query,
        vmid=_number(query.get("vmid", "")),
        pn=_number(query.get("pn", "1")),
        ps=_number(query.get("ps", "50")),
    )


def _number(text: str) -> int | None:
    """Return a whole number from 1 to 63 bits, or None: the server takes no other."""
    if not (text.isascii() and text.isdecimal()) or len(text) > len(str(_MAX_INT)):
        return None
    number = int(text)
    return number if 1 <= number <= _MAX_INT else None
