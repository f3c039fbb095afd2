"""Records: what of an account is shown, and what only when it is asked for."""

from __future__ import annotations

import json

from typing import Any, Final

from ..models import Following


__all__ = ["PRIVATE", "badge", "columns", "relation", "row", "wire_object"]

PRIVATE: Final = ("attribute", "mtime", "tag", "special")
"""The fields that tell of the caller, not of the account."""

# Named and ordered as in the export of a run.
_PUBLIC: Final = (
    "mid",
    "uname",
    "face",
    "sign",
    "official_verify_type",
    "official_verify_desc",
    "vip_type",
    "vip_status",
    "vip_due_date",
)
_VIP_TYPES = {1: "monthly", 2: "yearly"}


def columns(*, private: bool) -> tuple[str, ...]:
    """Return the names of the columns of a CSV file."""
    return _PUBLIC + PRIVATE if private else _PUBLIC


def row(following: Following, *, private: bool) -> tuple[Any, ...]:
    """Return the values of `columns`."""
    verify, vip = following.official_verify, following.vip
    public = (
        following.mid,
        following.uname,
        following.face,
        following.sign,
        verify.type,
        verify.desc,
        vip.vip_type,
        vip.vip_status,
        vip.vip_due_date,
    )
    if not private:
        return public

    tag = json.dumps(following.tag)
    return (*public, following.attribute, following.mtime, tag, following.special)


def wire_object(following: Following, *, private: bool) -> dict[str, Any]:
    """Return the server's object, without the caller's fields unless *private*."""
    found = following.to_wire()
    return found if private else {key: found[key] for key in found if key not in PRIVATE}


def badge(following: Following) -> str:
    """Return what an active membership is called, or ``""``."""
    vip = following.vip
    return _VIP_TYPES.get(vip.vip_type, f"type {vip.vip_type}") if vip.is_active else ""


def relation(following: Following) -> tuple[str, ...]:
    """Return the caller's relation: of which kind, since when, in which groups."""
    kinds = {"mutual": following.is_mutual, "special": following.is_special}
    since = following.followed_at
    return (
        " ".join(kind for kind, holds in kinds.items() if holds),
        since.strftime("%Y-%m-%d") if since else "",
        " ".join(map(str, following.tag)),
    )
