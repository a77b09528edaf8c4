"""The project's own Python, parsed: which file is which module, and what it imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = {"platform": "formloom", "importers": "formloom.importers", "templates_crm": "formloom.templates_crm"}
FRONTEND = ROOT / "platform" / "runtime" / "frontend"


@dataclass(frozen=True)
class Source:
    """One Python file. `path` is relative to the root, `module` its import name."""

    path: str
    module: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The package its relative imports start from."""
        return self.module if self.path.endswith("__init__.py") else self.module.rpartition(".")[0]

    def imports(self) -> Iterator[str]:
        """Every module it imports, absolute; `from a import b` gives `a.b`, which may be a module or a name."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                yield from (f"{base}.{alias.name}" for alias in node.names)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        parts = self.package.split(".")
        base = parts[: len(parts) - node.level + 1]
        return ".".join([*base, node.module] if node.module else base)


@cache
def sources() -> tuple[Source, ...]:
    """Every Python file of the product; the front-end build, which is no part of a package, is left out."""
    return tuple(
        _source(path, folder, name)
        for folder, name in FOLDERS.items()
        for path in sorted((ROOT / folder).rglob("*.py"))
        if FRONTEND not in path.parents
    )


def _source(path: Path, folder: str, name: str) -> Source:
    inner = path.relative_to(ROOT / folder).with_suffix("").parts
    parts = [name, *(inner[:-1] if inner[-1] == "__init__" else inner)]
    text = path.read_text(encoding="utf-8")
    return Source(path.relative_to(ROOT).as_posix(), ".".join(parts), text, ast.parse(text))
