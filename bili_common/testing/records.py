"""Records as the server sent them in 2020, 2021 and 2025, made up from a mid."""

from __future__ import annotations

from typing import Any, Literal

from .names import CIRCLES, sign, uname, verified_desc


__all__ = ["Shape", "index_of", "make_record", "mid_of", "mix"]

Shape = Literal["mixed", "2020", "2021", "2025"]

# The group of the caller's special followings.
_SPECIAL = -10
_MASK = (1 << 64) - 1

# Mids of synthetic UPs lie where the site has given out none, half way between
# its ten-digit and its sixteen-digit accounts. One in nine needs 53 bits.
_BASE = 3_000_000_000
_SPAN = 800_000_000
_STEP = 739_391_119
_BACK = pow(_STEP, -1, _SPAN)
_LONG = 7_000_000_000_000_000


def mix(number: int) -> int:
    """Return 64 well-stirred bits of *number*, the same in every process."""
    word = (number * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & _MASK
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
    return word ^ (word >> 31)


def mid_of(index: int) -> int:
    """Return the mid of the synthetic UP *index*, counted from 0."""
    mid = _BASE + index * _STEP % _SPAN
    return mid + _LONG if index % 9 == 4 else mid  # noqa: PLR2004 - one in nine


def index_of(mid: int) -> int:
    """Return the index of a synthetic UP, or *mid* itself for any other."""
    offset = mid % _LONG - _BASE
    if not 0 <= offset < _SPAN:
        return mid
    return offset * _BACK % _SPAN


def make_record(mid: int, *, shape: Shape = "mixed", **fields: Any) -> dict[str, Any]:
    """
    Return one record of a list, as the server's JSON object.

    Everything in it follows from *mid*, *tag* and *mtime* too: they say how the
    caller follows the UP, so they are the same in every user's list.

    Args:
        mid: Of the UP.

        shape: Which year's keys; "mixed" takes one of the three for each mid.

        fields: Replace keys, or add them.
    """
    bits = mix(mid)
    index = index_of(mid)
    era = shape if shape != "mixed" else ("2020", "2021", "2025")[bits % 3]
    tag = _tag(bits >> 2)
    record: dict[str, Any] = {
        "mid": mid,
        "attribute": 2 if (bits >> 8) % 7 else 6,
        "mtime": 1_420_000_000 + (bits >> 11) % 330_000_000,
        "tag": tag,
        "special": int(tag is not None and _SPECIAL in tag),
    }
    if era != "2020":
        record["contract_info"] = _contract_info(era, bits >> 20)
    record["uname"] = uname(index, bits >> 24)
    record["face"] = f"http://i{bits % 3}.hdslb.com/bfs/face/{bits:016x}{index:024x}.jpg"
    record["sign"] = sign(bits >> 32)
    if era == "2025":
        record["face_nft"] = int((bits >> 36) % 20 == 0)
    kind = (-1, -1, 0, 0, 1)[(bits >> 40) % 5]
    record["official_verify"] = {
        "type": kind,
        "desc": verified_desc(kind, CIRCLES[index % len(CIRCLES)]),
    }
    record["vip"] = _vip(era, bits >> 44)
    if era == "2025":
        record |= {
            "name_render": {},
            "nft_icon": "",
            "rec_reason": "",
            "track_id": "",
            "follow_time": "",
        }
    return record | fields


def _tag(bits: int) -> list[int] | None:
    """Return the caller's group ids: mostly none, -10 for a special following."""
    return (None, None, None, [15021], None, [82801, 20037], None, [207542, _SPECIAL])[bits % 8]


def _contract_info(era: str, bits: int) -> dict[str, Any]:
    """Return a charging contract, which the newer server often leaves empty."""
    signed = bits % 16 == 0
    since = 1_600_000_000 + bits % 50_000_000 if signed else 0
    if era == "2021":
        return {"is_contractor": signed, "ts": since}
    if bits & 1:
        return {}
    return {
        "is_contract": signed,
        "is_contractor": signed,
        "ts": since,
        "user_attr": int(signed),
    }


def _vip(era: str, bits: int) -> dict[str, Any]:
    """Return a membership: none, a lapsed one, a monthly or a yearly one."""
    kind = (0, 0, 1, 2, 2)[bits % 5]
    active = kind and (bits >> 3) % 4
    vip: dict[str, Any] = {
        "vipType": kind,
        # Milliseconds at midnight in China, as the server has it.
        "vipDueDate": (1_577_808_000 + (bits >> 5) % 3000 * 86_400) * 1000 if kind else 0,
        "dueRemark": "",
        "accessStatus": 0,
        "vipStatus": int(active > 0),
        "vipStatusWarn": "",
        "themeType": 0,
        "label": {"path": ""},
    }
    if era == "2025":
        vip["label"] = _label(kind if active else 0)
        vip["avatar_subscript"] = int(active > 0)
        vip["nickname_color"] = "#FB7299" if active else ""
        vip["avatar_subscript_url"] = ""
    return vip


def _label(kind: int) -> dict[str, Any]:
    """Return the badge beside a name, with colours since 2021."""
    return {
        "path": "",
        "text": ("", "大会员", "年度大会员")[kind],
        "label_theme": ("", "vip", "annual_vip")[kind],
        "text_color": "#FFFFFF" if kind else "",
        "bg_style": 1 if kind else 0,
        "bg_color": "#FB7299" if kind else "",
        "border_color": "",
    }
