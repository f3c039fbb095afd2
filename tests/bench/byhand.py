"""
By hand: the loops that a program without this library would write, and its constructors.

Two more are floors: one that only reads bytes from a socket, and one that decodes a body
straight into structs, which keeps no unknown key and gives no second chance to an odd value.
"""

from __future__ import annotations

import asyncio

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from bili_common import ContractInfo, Following, OfficialVerify, Vip, VipLabel


HEADERS = {
    "Accept": "application/json",
    "Cookie": "SESSDATA=bench",
    "Referer": "https://www.bilibili.com/",
    "User-Agent": "by-hand/1",
}


LABEL = (
    *("path", "text", "label_theme", "text_color"),
    *("bg_style", "bg_color", "border_color"),
)
VIP = (
    *("vipType", "vipDueDate", "dueRemark", "accessStatus", "vipStatus", "vipStatusWarn"),
    *("themeType", "avatar_subscript", "nickname_color", "avatar_subscript_url"),
)
LATER = ("face_nft", "nft_icon", "rec_reason", "track_id", "follow_time")


def build(obj: dict[str, Any]) -> Following:
    """Construct the record of the server's object: no check, no unknown key, nothing shared."""
    verify, vip, contract = obj["official_verify"], obj["vip"], obj.get("contract_info")
    label = vip["label"]
    return Following(
        mid=obj["mid"],
        attribute=obj["attribute"],
        mtime=obj["mtime"],
        tag=tuple(obj["tag"] or ()),
        special=obj["special"],
        contract_info=None
        if contract is None
        else ContractInfo(
            is_contract=contract.get("is_contract"),
            is_contractor=contract.get("is_contractor"),
            ts=contract.get("ts"),
            user_attr=contract.get("user_attr"),
        ),
        uname=obj["uname"],
        face=obj["face"],
        sign=obj["sign"],
        official_verify=OfficialVerify(type=verify["type"], desc=verify["desc"]),
        vip=Vip(
            vip_type=vip["vipType"],
            vip_due_date=vip["vipDueDate"],
            due_remark=vip["dueRemark"],
            access_status=vip["accessStatus"],
            vip_status=vip["vipStatus"],
            vip_status_warn=vip["vipStatusWarn"],
            theme_type=vip["themeType"],
            label=VipLabel(
                path=label["path"],
                text=label.get("text"),
                label_theme=label.get("label_theme"),
                text_color=label.get("text_color"),
                bg_style=label.get("bg_style"),
                bg_color=label.get("bg_color"),
                border_color=label.get("border_color"),
            ),
            avatar_subscript=vip.get("avatar_subscript"),
            nickname_color=vip.get("nickname_color"),
            avatar_subscript_url=vip.get("avatar_subscript_url"),
        ),
        face_nft=obj.get("face_nft"),
        nft_icon=obj.get("nft_icon"),
        rec_reason=obj.get("rec_reason"),
        track_id=obj.get("track_id"),
        follow_time=obj.get("follow_time"),
    )


async def pages(base_url: str, vmid: int):
    """Yield the list of each page as dicts, until `total` is reached."""
    url = f"{base_url}/x/relation/same/followings"
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        pn, total = 1, 1
        while (pn - 1) * 50 < total:
            params = {"vmid": vmid, "ps": 50, "pn": pn}
            async with session.get(url, params=params) as response:
                envelope = orjson.loads(await response.read())
            if envelope["code"] != 0:
                raise RuntimeError(envelope["message"])
            total = envelope["data"]["total"]
            yield envelope["data"]["list"]
            pn += 1


async def count_dicts(base_url: str, vmid: int) -> int:
    """Walk a list, and keep each page's records as dicts."""
    seen = 0
    async for page in pages(base_url, vmid):
        for obj in page:
            seen += obj["mid"] > 0
    return seen


async def count_records(base_url: str, vmid: int) -> int:
    """Walk a list, and construct our own records by hand."""
    seen = 0
    async for page in pages(base_url, vmid):
        for record in map(build, page):
            seen += record.mid > 0
    return seen


async def count_at_once(base_url: str, asked: Iterable[tuple[int, int]], at_once: int) -> int:
    """Ask for each (vmid, pn), so many at a time, and construct our records by hand."""
    url, left, seen = f"{base_url}/x/relation/same/followings", iter(asked), 0

    async def work(session: aiohttp.ClientSession) -> None:
        nonlocal seen
        for vmid, pn in left:
            async with session.get(url, params={"vmid": vmid, "ps": 50, "pn": pn}) as response:
                envelope = orjson.loads(await response.read())
            seen += len([build(obj) for obj in envelope["data"]["list"]])

    async with aiohttp.ClientSession(headers=HEADERS) as session:
        await asyncio.gather(*(work(session) for _ in range(at_once)))
    return seen


async def count_bytes(base_url: str, vmid: int, pages: int) -> int:
    """Ask for *pages* pages by a bare socket, and look at none of their bytes."""
    where = urlsplit(base_url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    seen = 0
    for pn in range(1, pages + 1):
        path = f"/x/relation/same/followings?vmid={vmid}&ps=50&pn={pn}"
        writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        seen += len(await reader.readexactly(length))
    writer.close()
    return seen


def make_struct_decoder() -> Any:
    """Return what decodes a body into structs that hold what our records hold."""
    import msgspec  # noqa: PLC0415 - the group bench may be missing

    def struct(name: str, *keys: str, **nested: Any) -> Any:
        optional = [(key, Any, None) for key in keys]
        return msgspec.defstruct(name, [*optional, *((k, t, None) for k, t in nested.items())])

    label = struct("Label", *LABEL)
    vip = struct("Vip", *VIP, label=label)
    verify = struct("Verify", type=int, desc=str)
    contract = struct("Contract", "is_contract", "is_contractor", "ts", "user_attr")
    record = msgspec.defstruct(
        "Record",
        [
            ("mid", int),
            *((key, int, 0) for key in ("attribute", "mtime", "special")),
            *((key, str, "") for key in ("uname", "face", "sign")),
            ("tag", list[int] | None, None),
            ("contract_info", contract | None, None),
            ("official_verify", verify | None, None),
            ("vip", vip | None, None),
            *((key, Any, None) for key in LATER),
        ],
    )
    data = msgspec.defstruct("Data", [("list", list[record]), ("total", int)])
    envelope = msgspec.defstruct("Envelope", [("code", int), ("data", data)])
    return msgspec.json.Decoder(envelope)


async def count_structs(base_url: str, vmid: int, decoder: Any) -> int:
    """Walk a list, and decode each body straight into structs."""
    url = f"{base_url}/x/relation/same/followings"
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        seen, pn, total = 0, 1, 1
        while (pn - 1) * 50 < total:
            params = {"vmid": vmid, "ps": 50, "pn": pn}
            async with session.get(url, params=params) as response:
                data = decoder.decode(await response.read()).data
            total = data.total
            for record in data.list:
                seen += record.mid > 0
            pn += 1
    return seen
