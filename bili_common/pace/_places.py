"""The places of the clients that were told to wait: nobody is passed over for ever."""

from __future__ import annotations

from typing import Final

import attrs

from ._settings import MICROSECONDS
from ._state import PaceState


__all__ = ["Places", "ahead", "living", "queued", "without"]

# Clients in the order in which they came, and until when each keeps its place.
Places = tuple[tuple[int, int], ...]

# For how long after its moment a client keeps its place: it may be late, or dead.
_GRACE: Final = MICROSECONDS


def living(places: Places, now: int) -> Places:
    """Return *places* without those that were given up."""
    return tuple(place for place in places if place[1] > now)


def ahead(places: Places, client: int, now: int) -> int:
    """
    Return how many turns *client* has to leave to others.

    Those who let their moment pass keep their place and are waited for no longer.
    """
    turns = 0
    for other, until in places:
        if other == client:
            break

        turns += until > now + _GRACE
    return turns


def queued(state: PaceState, now: int, places: Places, client: int, due: int) -> PaceState:
    """Return *state* with a place for *client*, kept until a little after *due*."""
    place = (client, due + _GRACE)
    if any(other == client for other, _ in places):
        waiting = tuple(place if kept[0] == client else kept for kept in places)
    else:
        waiting = (*places, place)
    return attrs.evolve(state, seen=now, waiting=waiting)


def without(places: Places, client: int) -> Places:
    """Return *places* without that of *client*, who had its turn."""
    return tuple(place for place in places if place[0] != client)
