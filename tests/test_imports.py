"""The modules that `import bili_common` loads, and the work that it leaves for later."""

from __future__ import annotations

import json

import pytest

from .checkout import isolated


DEPENDENCIES = "aiohttp, attrs, cattrs, orjson, tenacity"

# Of the standard library, beside what the dependencies load themselves.
STANDARD = {"_queue", "concurrent.futures.thread", "hmac", "queue"}

# Below the package's name; a trailing dot admits the modules of a package.
OURS = """
    _paging _paging. _records _records. _transport _transport. _util _util. _version _wire
    _wire. client compare compare. credentials endpoints errors models pace pace.
""".split()  # noqa: SIM905 - a line for each word reads worse

# These need what a program that only walks a list does not: a database, a page, an exporter.
LATER = ("cli", "testing", "compare._store.database", "compare.tables", "report")


def _run(code: str) -> set[str]:
    """Return the names that *code* prints as JSON, in a fresh and isolated interpreter."""
    return set(json.loads(isolated(f"import json, linecache, sys\n{code}")))


@pytest.fixture(scope="module")
def loaded():
    """What `import bili_common` loads beyond its dependencies."""
    shown = "print(json.dumps(sorted(sys.modules)))"
    return _run(f"import bili_common\n{shown}") - _run(f"import {DEPENDENCIES}\n{shown}")


def test_only_listed_modules_of_others_are_loaded(loaded):
    """Beside what the five dependencies load there is next to nothing."""
    others = {name for name in loaded if name.split(".")[0] != "bili_common"}
    assert others <= STANDARD


def test_only_listed_modules_of_ours_are_loaded(loaded):
    """A module that is not on the list is loaded by those who use it."""
    nouns = {name.removeprefix("bili_common.") for name in loaded if "bili_common." in name}
    packages = tuple(noun for noun in OURS if noun.endswith("."))
    assert {
        noun for noun in nouns if noun not in OURS and not noun.startswith(packages)
    } == set()


@pytest.mark.parametrize("noun", LATER)
def test_what_few_need_is_loaded_later(loaded, noun):
    """The command line, the fake server, the database and the exports wait for their users."""
    name = f"bili_common.{noun}"
    assert {other for other in loaded if f"{other}.".startswith(f"{name}.")} == set()


def test_no_conversion_code_is_generated_at_import():
    """The functions that convert records are generated when the first record comes."""
    shown = (
        "print(json.dumps([name for name in linecache.cache if 'cattrs generated' in name]))"
    )
    assert _run(f"import bili_common\n{shown}") == set()

    record = "bili_common.Following.from_wire({'mid': 1})"
    assert _run(f"import bili_common\n{record}\n{shown}") != set()
