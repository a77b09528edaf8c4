"""Imports point one way, and each large library has one door."""

import pytest

from tests.architecture.tree import Source, sources

LAYERS = ("formloom.metadata", "formloom.rbac", "formloom.runtime", "formloom.importers")
COMPOSITION_ROOT = "formloom.runtime.asgi"
DOORS = {
    "casbin": "platform/rbac/policy.py",
    "sqladmin": "platform/runtime/console",
    "jinja2": "platform/runtime/render.py",
    "pandas": "importers/",
    "argon2": "platform/rbac/passwords.py",
    "python_calamine": "importers/",
    "openpyxl": "importers/",
    "xlsxwriter": "importers/",
    "lark": "platform/metadata/formula/",
    "PIL": "platform/runtime/files/pictures.py",
    "obstore": "platform/runtime/files/objects.py",
    "nh3": "platform/metadata/fields/richtext.py",
    "segno": "platform/metadata/fields/symbols.py",
    "alembic": "platform/metadata/",
}
"""Library -> where the single file that imports it lives."""
MANY_FILES = {"openpyxl", "xlsxwriter", "alembic"}
"""Libraries that stay in their place but may be imported by more than one file of it."""
KEPT_OUT_OF = {
    "formloom.metadata": {"starlette", "casbin", "pandas", "jinja2", "uvicorn"},
    "formloom.rbac": {"starlette", "pandas", "jinja2", "uvicorn"},
}


def layer(module: str) -> int | None:
    """The place of a module in the order of layers; None for what is no layer."""
    return next((at for at, name in enumerate(LAYERS) if module == name or module.startswith(f"{name}.")), None)


def test_lower_layers_do_not_import_higher_ones():
    offending = [
        f"{source.path} imports {name}"
        for source in sources()
        for name in source.imports()
        if (own := layer(source.module)) is not None and (other := layer(name)) is not None and other > own
        if source.module != COMPOSITION_ROOT
    ]

    assert offending == []


def test_the_composition_root_only_calls_the_importers_registration():
    root = [source for source in sources() if source.module == COMPOSITION_ROOT]
    names = {name for source in root for name in source.imports() if name.startswith("formloom.importers")}

    assert names <= {"formloom.importers.register"}


def test_inside_the_product_imports_are_relative():
    offending = [
        source.path
        for source in sources()
        if source.path.startswith("platform/")
        and ("from formloom" in source.text or "import formloom" in source.text)
    ]

    assert offending == []


@pytest.mark.parametrize("library", DOORS)
def test_a_library_is_imported_through_one_door(library: str):
    users = [source for source in sources() if uses(source, library)]

    assert [source.path for source in users if not source.path.startswith(DOORS[library])] == []
    assert library in MANY_FILES or len(users) <= 1, [source.path for source in users]


@pytest.mark.parametrize("package", KEPT_OUT_OF)
def test_a_layer_does_not_know_what_is_above_it(package: str):
    offending = [
        f"{source.path} imports {library}"
        for source in sources()
        if source.module.startswith(package)
        for library in KEPT_OUT_OF[package]
        if uses(source, library)
    ]

    assert offending == []


def uses(source: Source, library: str) -> bool:
    """True when the file imports the library or a part of it."""
    return any(name == library or name.startswith(f"{library}.") for name in source.imports())
