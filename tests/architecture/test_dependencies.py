"""The product runs with what it declares: nothing it imports is there only because the tests need it."""

import json
import subprocess
import sys
from importlib import metadata

from packaging.requirements import Requirement

from tests.architecture.tree import ROOT, sources

PROGRAM = """
import json, sys
from importlib import import_module

missing, modules = json.loads(sys.argv[1])

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in missing:
            raise ModuleNotFoundError(f"{name} is not declared", name=name)

sys.meta_path.insert(0, NotInstalled())
for module in modules:
    import_module(module)
"""


def declared(asked: Requirement, seen: dict[str, set[str]] | None = None) -> set[str]:
    """The names of a distribution and of all it needs, with the extras it is asked for with."""
    seen = {} if seen is None else seen
    name, extras = normal(asked.name), asked.extras or {""}
    if extras <= seen.get(name, set()):
        return set(seen)
    seen[name] = seen.get(name, set()) | extras
    for below in map(Requirement, metadata.requires(name) or ()):
        if below.marker is None or any(below.marker.evaluate({"extra": extra}) for extra in extras):
            declared(below, seen)
    return set(seen)


def normal(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")


def test_the_product_imports_only_what_it_declares():
    wanted = declared(Requirement("formloom[postgres,s3,speed]"))
    owners = metadata.packages_distributions()
    missing = [module for module, names in owners.items() if wanted.isdisjoint(map(normal, names))]
    modules = sorted(source.module for source in sources() if not source.path.endswith("__main__.py"))

    given = json.dumps([missing, modules])
    asked = subprocess.run(
        [sys.executable, "-c", PROGRAM, given], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert "pytest" in missing and "sqlalchemy" not in missing
    assert asked.returncode == 0, asked.stderr[-2000:]
