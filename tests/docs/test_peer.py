"""README's table against another library is true of the version that it names."""

from __future__ import annotations

import ast
import importlib.metadata
import json
import re

from pathlib import Path

import pytest


ROOT = Path(__file__).parents[2]
PEER = "bilibili-api-python"


def test_versions_are_the_same():
    """The READMEs, the page on moving and the benchmark speak of one version of the peer."""
    texts = [
        (ROOT / name).read_text(encoding="utf-8")
        for name in (
            *("README.md", "README.zh-CN.md", "pyproject.toml"),
            *("docs/jobs/moving.md", "docs/jobs/moving.zh.md"),
        )
    ]
    named = [re.findall(r"\b17\.\d+\.\d+\b", text) for text in texts]

    assert all(named)
    assert len({version for versions in named for version in versions}) == 1


@pytest.fixture
def peer():
    """Return the peer's files; it is installed for the benchmark alone, and never imported."""
    try:
        found = importlib.metadata.distribution(PEER)
    except importlib.metadata.PackageNotFoundError:
        pytest.skip(f"{PEER} is not installed: see the group bench")
    [named] = set(re.findall(r"(17\.\d+\.\d+), as", (ROOT / "README.md").read_text("utf-8")))
    assert found.version == named
    return found


def test_peer_is_as_the_table_says(peer):
    """One page a call as a dict, unsigned, retried for signatures only, as a browser, GPL."""
    user, network = (
        peer.locate_file(f"bilibili_api/{name}.py").read_text(encoding="utf-8")
        for name in ("user", "utils/network")
    )
    entry = json.loads(
        peer.locate_file("bilibili_api/data/api/user.json").read_text(encoding="utf-8")
    )["info"]["get_same_followings"]
    [method] = [
        node
        for node in ast.walk(ast.parse(user))
        if isinstance(node, ast.AsyncFunctionDef) and node.name == "get_self_same_followers"
    ]

    assert ast.unparse(method.args) == "self, pn: int=1, ps: int=50"
    assert ast.unparse(method.returns) == "dict"
    assert not {"wbi", "dm", "sign"} & entry.keys()
    assert re.findall(r"e\.code == (-\d+) and self\.wbi", network) == ["-403"]
    assert "self.__enable_auto_buvid = True" in network
    assert re.search(r'"User-Agent": "Mozilla/', network)
    assert peer.metadata["License"] == "GPL-3.0-or-later"
