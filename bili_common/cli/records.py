"""Records: what of an account is shown, and what only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from ..models import Following


__all__ = ["PRIVATE", "badge", "columns", "relation", "wire_object"]

PRIVATE: Final = ("attribute", "mtime", "tag", "special")
"""The fields that tell of the caller, not of the account."""

_VIP_TYPES = {1: "monthly", 2: "yearly"}

_PUBLIC_COLUMNS: Mapping[str, Callable[[Following], Any]] = MappingProxyType(
    {
        "mid": lambda it: it.mid,
        "uname": lambda it: it.uname,
        "official_verify_type": lambda it: it.official_verify.type,
        "official_verify_desc": lambda it: it.official_verify.desc,
        "vip_type": lambda it: it.vip.vip_type,
        "vip_status": lambda it: it.vip.vip_status,
        "sign": lambda it: it.sign,
        "face": lambda it: it.face,
    }
)
_PRIVATE_COLUMNS: Mapping[str, Callable[[Following], Any]] = MappingProxyType(
    {
        "attribute": lambda it: it.attribute,
        "mtime": lambda it: it.mtime,
        "tag": lambda it: " ".join(map(str, it.tag)),
        "special": lambda it: it.special,
    }
)


def columns(*, private: bool) -> Mapping[str, Callable[[Following], Any]]:
    """Return the columns of a CSV file: their names, and how to fill them."""
    return {**_PUBLIC_COLUMNS, **_PRIVATE_COLUMNS} if private else _PUBLIC_COLUMNS


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
