"""Records: what of an account is shown, and what only when it is asked for."""

from __future__ import annotations

import json

from typing import Any

from ...compare._flat import (
    PRIVATE_COLUMNS,
    RECORD_COLUMNS,
    private_values,
    public_values,
)
from ...models import Following
from ..language import tr


__all__ = ["badge", "columns", "relation", "row", "wire_object"]


def columns(*, private: bool) -> tuple[str, ...]:
    """Return the names of the columns of a CSV file."""
    return RECORD_COLUMNS + PRIVATE_COLUMNS if private else RECORD_COLUMNS


def row(following: Following, *, private: bool) -> tuple[Any, ...]:
    """Return the values of `columns`."""
    if not private:
        return public_values(following)

    attribute, mtime, tag, special = private_values(following)
    return (*public_values(following), attribute, mtime, json.dumps(tag), special)


def wire_object(following: Following, *, private: bool) -> dict[str, Any]:
    """Return the server's object, without the caller's fields unless *private*."""
    found = following.to_wire()
    return (
        found if private else {key: found[key] for key in found if key not in PRIVATE_COLUMNS}
    )


def badge(following: Following) -> str:
    """Return what an active membership is called, or ``""``."""
    vip = following.vip
    if not vip.is_active:
        return ""

    names = {1: tr("monthly"), 2: tr("yearly")}
    return names.get(vip.vip_type, tr("type {number}", number=vip.vip_type))


def relation(following: Following) -> tuple[str, ...]:
    """Return the caller's relation: of which kind, since when, in which groups."""
    kinds = {tr("mutual"): following.is_mutual, tr("special"): following.is_special}
    since = following.followed_at
    return (
        " ".join(kind for kind, holds in kinds.items() if holds),
        since.strftime("%Y-%m-%d") if since else "",
        " ".join(map(str, following.tag)),
    )
