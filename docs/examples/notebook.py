"""A notebook: `await` at the top level, as in Jupyter or `python -m asyncio`."""

# %% The account: the cookie's value is in BILI_SESSDATA.
from bili_common import Client


client = Client.from_env()

# %% One user: a list, and whether it is all.
pager = client.iter_same_followings(293793435)
followings = await pager.collect()  # noqa: F704, PLE1142 - notebooks allow it
f"{len(followings)} of {await pager.count()}"  # noqa: F704, PLE1142

# %% A table: frozen attrs records turn into plain dicts.
table = [
    {"mid": f.mid, "name": f.uname, "verified": f.official_verify.desc} for f in followings
]
table[:5]

# %% The end: a notebook has no `async with` around its cells.
await client.aclose()  # noqa: F704, PLE1142
