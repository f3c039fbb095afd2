"""Distortions: lists that move while they are read, and pages that are not true."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence

from .checks import at_least, check_items
from .fake_list import FakeList
from .lies import Lie, Shift
from .users import Item


__all__ = ["Distortions"]


class Distortions:
    """The shifts and lies in force, by the list that they concern."""

    def __init__(self) -> None:
        self._shifts: dict[int | FakeList, list[Shift]] = {}
        self._lies: dict[int | FakeList, Lie] = {}
        self._honest = Lie()

    def end_distortions(self) -> None:
        """Forget every shift to come and every lie."""
        self._shifts.clear()
        self._lies.clear()

    def shift(
        self,
        vmid: int | FakeList,
        *,
        before_request: int | None = None,
        pn: int | None = None,
        insert: int | Sequence[Item] = (),
        remove: int | Collection[int] = (),
        at: int = 0,
    ) -> None:
        """
        Change a list while it is being read, once.

        Args:
            vmid: Whose list, or what `FakeBilibili.add_list` returned.

            before_request: Before the so-manyth request that reaches this list
                from now on, counted from 1.

            pn: Before the next request for this page. Without either: before the
                next request.

            insert: Records to put in, or how many new ones.

            remove: Mids to take out, or how many from *at* on.

            at: Where, counted from 0; the head by default.
        """
        at_least(1, vmid=_number(vmid), before_request=before_request, pn=pn)
        at_least(0, at=at)
        if isinstance(insert, int):
            at_least(0, insert=insert)
        else:
            check_items("insert", insert)
        if isinstance(remove, int):
            at_least(0, remove=remove)
        shift = Shift(insert, remove, at, before_request, pn)
        self._shifts.setdefault(vmid, []).append(shift)

    def lie(
        self,
        vmid: int | FakeList,
        *,
        total: int | None = None,
        clamp: int | None = None,
        ignore_pn: bool = False,
        filter: Callable[[int], bool] | None = None,  # noqa: A002 - says it best
        empty_pages: Collection[int] | Mapping[int, int] = (),
        null_list: bool = False,
    ) -> None:
        """
        Answer for *vmid* with pages that are not true; replaces an earlier lie.

        Args:
            vmid: Whose list, or what `FakeBilibili.add_list` returned.

            total: Said instead of the true number.

            clamp: No page holds more, whatever ``ps`` says.

            ignore_pn: Every page is page 1.

            filter: Only mids for which it is true are sent; the pages come out
                short, and the total still counts all.

            empty_pages: Pages that come out empty, for ever, or as many times as
                a mapping says.

            null_list: ``list`` is null where it would be empty.
        """
        at_least(1, vmid=_number(vmid), clamp=clamp)
        # Below zero is for ever: the count goes down and never meets zero.
        times: dict[int, int] = dict.fromkeys(empty_pages, -1)
        if isinstance(empty_pages, Mapping):
            # pyright forgets the value type where it joins the two kinds.
            times.update(empty_pages)  # pyright: ignore[reportUnknownArgumentType]
        self._lies[vmid] = Lie(total, clamp, ignore_pn, filter, Counter(times), null_list)

    def _due_shifts(self, vmid: int | FakeList, pn: int) -> list[Shift]:
        """Return, and forget, the shifts of a list that come before this request."""
        waiting = self._shifts.get(vmid)
        if not waiting:
            return []
        due = [shift for shift in waiting if shift.is_due(pn)]
        self._shifts[vmid] = [shift for shift in waiting if shift not in due]
        return due

    def _lie_about(self, vmid: int | FakeList) -> Lie:
        return self._lies.get(vmid, self._honest)


def _number(vmid: int | FakeList) -> int | None:
    return vmid if isinstance(vmid, int) else None
