"""Print the modules that exactly one other module imports, and which one that is.

    python tools/importers.py [CHECKOUT]

A name that a package loads later counts for the package. One importer is no fault: a part
that was given a module of its own has one. Many of them side by side are a question.
"""

from __future__ import annotations

import ast
import sys

from collections import Counter, defaultdict
from pathlib import Path


NAME = "bili_common"
# The floors that the first edition had too.
CORE = ("_wire", "_paging", "_transport", "client", "endpoints", "_records", "pace")


def modules_of(checkout: Path) -> dict[str, Path]:
    found = {}
    for path in sorted((checkout / NAME).rglob("*.py")):
        parts = path.relative_to(checkout).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def imported(module: str, path: Path, known: dict[str, Path]) -> set[str]:
    is_package = path.name == "__init__.py"
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = module.split(".")
            above = parts[: len(parts) - node.level + is_package] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                below = f"{base}.{alias.name}"
                found.add(below if below in known else base)
        elif isinstance(node, ast.AnnAssign) and getattr(node.target, "id", "") == "_HOMES":
            found.update(f"{module}.{home}" for home in ast.literal_eval(node.value))
    return found & known.keys() - {module}


def main() -> None:
    checkout = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent)
    known = modules_of(checkout)
    importers = defaultdict(set)
    for module, path in known.items():
        for other in imported(module, path, known):
            importers[other].add(module)

    single = {
        module: next(iter(by)).removeprefix(f"{NAME}.")
        for module, by in sorted(importers.items())
        if len(by) == 1 and known[module].name != "__init__.py"
    }
    for module, by in single.items():
        lines = len(known[module].read_text(encoding="utf-8").splitlines())
        print(f"{module.removeprefix(f'{NAME}.'):32} {by:32} {lines:4} lines")
    floors = Counter(module.split(".")[1] for module in single)
    core = sum(floors[floor] for floor in CORE)
    print(", ".join(f"{floor} {count}" for floor, count in floors.most_common()))
    print(f"{len(single)} of {len(known)} modules, {core} of them on {', '.join(CORE)}")


if __name__ == "__main__":
    main()
