"""The floors: what may import what, what each module says of itself, what an import costs."""

from __future__ import annotations

import ast
import functools
import graphlib
import importlib
import importlib.util
import json
import re

from pathlib import Path

import pytest

import bili_common

from .checkout import isolated


PACKAGE = Path(bili_common.__file__).parent
NAME = "bili_common"

# From the roof to the ground. A module imports its own floor and those below it.
FLOORS = (
    # Hooks: they name modules to a builder, and import none.
    ("_pyinstaller",),
    ("__main__",),
    ("cli",),
    ("report", "dask"),
    ("__init__",),
    ("client",),
    ("testing",),
    ("compare",),
    ("_paging",),
    ("_transport",),
    ("pace",),
    ("_wire",),
    ("endpoints",),
    ("models",),
    ("_records",),
    ("credentials",),
    ("_util",),
    ("errors",),
    ("_version",),
)
RANKS = {noun: rank for rank, nouns in enumerate(FLOORS) for noun in nouns}

# No I/O and no loop here: these are tested without a server and reused without asyncio.
PURE = (
    "_wire",
    "endpoints",
    "models",
    "_records",
    "credentials",
    "_util.arguments",
    "_util.cookie_text",
    "_util.secret",
    "_util.text",
    "errors",
    "pace._breaker",
    "pace._recovery",
    "pace._places",
    "pace._speed",
    "pace._decisions",
    "pace._settings",
    "pace._settlement",
    "pace._state",
    "_paging.cursor",
    "_paging.planner",
)
IMPURE = {
    "aiohttp",
    "asyncio",
    "selectors",
    "socket",
    "sqlite3",
    "ssl",
    "tenacity",
    "threading",
}

# Modules over 250 lines, each with the reason why it is one noun all the same.
MAX_LINES = 250
ALLOWANCE = {
    "bili_common._paging.planner": "the state machine of one walk, read top to bottom",
    "bili_common.client": "the facade, two thirds of it docstrings of the public methods",
    "bili_common.compare.comparison": "the facade of all answers, mostly docstrings",
    "bili_common.compare.store": "the facade of a store, two thirds of it docstrings",
    "bili_common.errors": "the whole tree in one view, mostly docstrings",
    "bili_common.models": "the records of one body, with their fields in its order",
}

PUBLIC = [
    "Account",
    "AccountBlockedError",
    "Against",
    "ApiError",
    "BadRequestError",
    "BiliCommonError",
    "BudgetSpentError",
    "Change",
    "Client",
    "ClientClosedError",
    "Comparison",
    "ComparisonRun",
    "ContractInfo",
    "Credential",
    "Cursor",
    "FilePace",
    "Following",
    "IncompleteWalkError",
    "ListEndpoint",
    "LocalPace",
    "Membership",
    "NotLoggedInError",
    "OfficialVerify",
    "Outcome",
    "PaceError",
    "PaceStore",
    "Page",
    "Pager",
    "PrivacyError",
    "RateLimit",
    "RedisPace",
    "Relation",
    "RequestTimeoutError",
    "ResponseError",
    "RetryPolicy",
    "RiskControlError",
    "RunStoppedError",
    "RunStore",
    "RunSummary",
    "SAME_FOLLOWINGS",
    "SchemaError",
    "ServerBusyError",
    "ServerError",
    "Stats",
    "Status",
    "StopReason",
    "StoreError",
    "ThrottledError",
    "TransportError",
    "UsageError",
    "UserNotFoundError",
    "Verdict",
    "Vip",
    "VipLabel",
    "Walk",
    "WalkReport",
]

HEAVY = {
    "bili_common.cli",
    "bili_common.testing",
    "jinja2",
    "polars",
    "rich",
    "redis",
    "sqlite3",
    "typer",
}


def _module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return ".".join((NAME, *parts)).removesuffix(".__init__")


MODULES = {_module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}


@functools.cache
def _tree(module: str) -> ast.Module:
    return ast.parse(MODULES[module].read_text(encoding="utf-8"))


def _is_package(module: str) -> bool:
    return MODULES[module].name == "__init__.py"


def _noun(module: str) -> str:
    """Return what the floors call *module*: the first name below the package."""
    return "__init__" if module == NAME else module.split(".")[1]


def _base(module: str, node: ast.ImportFrom) -> str:
    """Return the absolute name of what stands between `from` and `import`."""
    if not node.level:
        return node.module or ""
    here = module.split(".") if _is_package(module) else module.split(".")[:-1]
    parts = here[: len(here) - node.level + 1]
    return ".".join([*parts, node.module] if node.module else parts)


def _dynamic_import(module: str, node: ast.Call) -> str | None:
    """Return the name in `import_module("...")`, the way around the import statement."""
    func = node.func
    called = func.attr if isinstance(func, ast.Attribute) else getattr(func, "id", None)
    if called not in {"import_module", "__import__"}:
        return None

    # The one loader of lazy names: what its tables name is in `_lazy_homes`.
    if module == f"{NAME}._util.lazy":
        return None

    target = node.args[0]
    if isinstance(target, ast.JoinedStr) and _is_package(module):
        # A package may look names up in a table, in its own modules: f".{name}".
        start = target.values[0]
        assert isinstance(start, ast.Constant), f"{module}:{node.lineno} hides what it imports"
        assert re.match(r"\.(?!\.)", start.value), f"{module}:{node.lineno} leaves its package"
        return None

    assert isinstance(target, ast.Constant), f"{module}:{node.lineno} hides what it imports"
    package = module if _is_package(module) else module.rpartition(".")[0]
    return importlib.util.resolve_name(str(target.value), package)


def _lazy_homes(module: str) -> set[str]:
    """Return the modules that a package's table of lazy names leads to."""
    for node in _tree(module).body:
        if isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "_HOMES":
            assert node.value is not None
            return {f"{module}.{home}" for home in ast.literal_eval(node.value)}
    return set()


def _imports(module: str) -> set[str]:
    """Return every module named by an import anywhere in *module*, at whatever depth."""
    found: set[str] = set()
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(module, node)
            # `from . import x` may name a module or something in the package's `__init__`.
            below = {f"{base}.{alias.name}" for alias in node.names}
            found |= below & MODULES.keys()
            if not below <= MODULES.keys():
                found.add(base)
        elif isinstance(node, ast.Call) and (name := _dynamic_import(module, node)):
            found.add(name)
    return found


def _inner_imports(module: str) -> set[str]:
    """Return the modules of this package that *module* needs, parent packages too."""
    found = {name for name in _imports(module) if name in MODULES}
    for name in tuple(found):
        parts = name.split(".")
        parents = {".".join(parts[:length]) for length in range(2, len(parts))}
        # Its own parents are already being imported when *module* runs.
        found |= {parent for parent in parents if not f"{module}.".startswith(f"{parent}.")}
    return found


def _public_order(name: str) -> tuple[int, str]:
    """Sort as ruff's RUF022 does: constants, then classes, then the rest."""
    constant = name.isupper() and len(name) > 1
    return (0 if constant else 1 if name[0].isupper() else 2), name


def _declared(module: str) -> list[str] | None:
    for node in _tree(module).body:
        targets = (
            node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        )
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return ast.literal_eval(node.value)
    return None


def _is_type_variable(node: ast.stmt) -> bool:
    value = getattr(node, "value", None)
    called = getattr(getattr(value, "func", None), "id", "")
    return called in {"ParamSpec", "TypeVar", "TypeVarTuple"}


def _defined(module: str) -> set[str]:
    """Return the public names that *module* defines, not those that it imports."""
    names: set[str] = set()
    for node in _tree(module).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign) and not _is_type_variable(node):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return {name for name in names if not name.startswith("_")}


def _re_exported(module: str) -> set[str]:
    """Return the names that a package's `__init__` brings up from below."""
    return {
        alias.asname or alias.name
        for node in _tree(module).body
        if isinstance(node, ast.ImportFrom)
        and _base(module, node).startswith(NAME)
        # A tool, which is used here and not handed on.
        and _base(module, node) != f"{NAME}._util.lazy"
        for alias in node.names
        if not (alias.asname or alias.name).startswith("_")
    }


each_module = pytest.mark.parametrize("module", MODULES)
each_lazy = pytest.mark.parametrize("package", [*filter(_lazy_homes, MODULES)])


@each_module
def test_every_module_stands_on_a_floor(module):
    """A new top-level module is given its place in the list before it is imported."""
    assert _noun(module) in RANKS


@each_module
def test_imports_go_down(module):
    """No module imports a floor above its own, in a function or for types neither."""
    rank = RANKS[_noun(module)]
    up = {name for name in _inner_imports(module) if RANKS[_noun(name)] < rank}
    assert not up, f"{module} imports upwards: {sorted(up)}"


def test_no_import_cycle():
    """Every module can be imported after all that it imports, so each can be read alone."""
    graph = {module: _inner_imports(module) for module in MODULES}
    graphlib.TopologicalSorter(graph).prepare()


def test_no_module_is_dead():
    """Every module is used: by another, by the command's name, or by programs."""
    used = {name for module in MODULES for name in _imports(module) - {module}}
    used |= {home for module in MODULES for home in _lazy_homes(module)}
    unused = {module for module in MODULES if module not in used and not _is_package(module)}
    # A command is loaded by its verb, a hook by PyInstaller.
    loaded = (f"{NAME}.cli.commands.", f"{NAME}._pyinstaller.")
    unused = {name for name in unused if not name.startswith(loaded)}
    assert unused == {f"{NAME}.__main__"}


@pytest.mark.parametrize("pure", PURE)
def test_pure_floors_know_no_loop_and_no_socket(pure):
    """What decides is apart from what waits: here is neither asyncio nor aiohttp."""
    for module in MODULES:
        if f"{module}.".startswith(f"{NAME}.{pure}."):
            roots = {name.split(".")[0] for name in _imports(module)}
            assert not roots & IMPURE, module


@each_module
def test_no_import_for_types_only(module):
    """Nothing hides from the runtime behind TYPE_CHECKING."""
    names = {node.id for node in ast.walk(_tree(module)) if isinstance(node, ast.Name)}
    assert "TYPE_CHECKING" not in names


@each_module
def test_module_says_what_it_is(module):
    """Every module begins with a docstring."""
    assert ast.get_docstring(_tree(module))


@each_module
def test_all_is_sorted(module):
    """`__all__` is in the order that ruff keeps, without a name twice."""
    declared = _declared(module) or []
    assert declared == sorted(set(declared), key=_public_order)


@each_module
def test_all_is_what_the_module_defines(module):
    """`__all__` names the public definitions, and in a package what it re-exports."""
    declared = set(_declared(module) or ())
    defined = _defined(module)
    if not _is_package(module):
        assert declared - {"__version__"} == defined
        return

    # A package may offer more by a lazy `__getattr__`, so the rest is looked up.
    assert defined | _re_exported(module) <= declared
    loaded = importlib.import_module(module)
    assert [name for name in declared if not hasattr(loaded, name)] == []


@each_module
def test_module_is_small_or_says_why(module):
    """A module over 250 lines is a design question, which the allowance answers."""
    lines = len(MODULES[module].read_text(encoding="utf-8").splitlines())
    assert (lines > MAX_LINES) == (module in ALLOWANCE), f"{lines} lines"


def test_one_word_is_one_module():
    """No two modules share a name, a leading underscore apart."""
    names = [name.rpartition(".")[2].lstrip("_") for name in MODULES if not _is_package(name)]
    assert {name for name in names if names.count(name) > 1} == set()


def test_one_word_is_one_class():
    """No two classes share a name, a leading underscore apart."""
    names = [
        node.name.lstrip("_")
        for module in MODULES
        for node in ast.walk(_tree(module))
        if isinstance(node, ast.ClassDef)
    ]
    assert {name for name in names if names.count(name) > 1} == set()


@each_lazy
def test_lazy_names_are_in_their_own_package(package):
    """A table of lazy names leads to modules below its package, and nowhere else."""
    assert _lazy_homes(package) <= MODULES.keys()


@each_lazy
def test_type_checkers_see_the_same_face(package):
    """The stub beside an `__init__` names all of it, the lazy names from their homes."""
    stub = ast.parse(MODULES[package].with_suffix(".pyi").read_text(encoding="utf-8"))
    told = {
        (node.module, alias.name)
        for node in stub.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    loaded = importlib.import_module(package)
    homes = {(home, name) for home, names in loaded._HOMES.items() for name in names}
    assert homes <= told
    assert sorted(name for _, name in told) == sorted(loaded.__all__)


def test_allowance_names_modules():
    """No allowance outlives its module."""
    assert ALLOWANCE.keys() <= MODULES.keys()


def test_no_placeholder_has_a_number():
    """Python 3.14 refuses a row for `?1`, which Python 3.11 takes without a word."""
    sources = PACKAGE.rglob("*.py")
    assert [path for path in sources if re.search(r"\?\d", path.read_text("utf-8"))] == []


def test_public_face():
    """The top level exports the names of the contract and no other."""
    assert sorted(set(bili_common.__all__) - {"__version__"}) == PUBLIC


def test_every_error_is_at_the_top():
    """Whoever catches an error of this library imports it from the top level."""
    errors = importlib.import_module("bili_common.errors")
    assert set(errors.__all__) <= set(bili_common.__all__)


def test_import_is_light_and_touches_nothing():
    """`import bili_common` loads nothing optional and configures no logging."""
    code = """if True:
        import json, logging, sys
        import bili_common
        handlers = len(logging.getLogger().handlers)
        print(json.dumps({"modules": sorted(sys.modules), "handlers": handlers}))
    """
    seen = json.loads(isolated(code))
    assert seen["handlers"] == 0
    assert sorted(HEAVY & set(seen["modules"])) == []
