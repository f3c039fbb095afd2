"""The places of the clients that were told to wait: nobody is passed over for ever."""

from __future__ import annotations

from typing import Final

import attrs

from ._settings import MICROSECONDS
from ._state import PaceState


__all__ = ["Places", "ahead", "living", "queued", "without"]

# Clients in the order in which they came, and until when each keeps its place.
Places = tuple[tuple[int, int], ...]

# For how long after its moment a client keeps its place. One that was killed
# costs the others a turn now and then, until this is over.
_GRACE: Final = MICROSECONDS


def living(places: Places, now: int) -> Places:
    """Return *places* without those that were given up."""
    return tuple(place for place in places if place[1] > now)


def ahead(places: Places, client: int) -> int:
    """Return how many come before *client*: all of them, if it has no place yet."""
    for index, (other, _) in enumerate(places):
        if other == client:
            return index

    return len(places)


def queued(state: PaceState, now: int, places: Places, client: int, due: int) -> PaceState:
    """Return *state* with a place for *client*, kept until a little after *due*."""
    place = (client, due + _GRACE)
    index = ahead(places, client)
    return attrs.evolve(state, seen=now, waiting=(*places[:index], place, *places[index + 1 :]))


def without(places: Places, client: int) -> Places:
    """Return *places* without that of *client*, who had its turn."""
    return tuple(place for place in places if place[0] != client)
