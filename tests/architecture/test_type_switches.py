"""What differs by field type is asked of the field type; nobody else compares type names."""

import ast

import formloom.metadata.fields  # noqa: F401  (fills the registry)
from formloom.metadata.fieldtype import FIELD_TYPES
from tests.architecture.tree import Source, sources

FIELDS = "platform/metadata/fields/"
PLANTED = """
a = field.type == "money"
b = field.type.key in ("date", "datetime")
c = x["type"] != "text"
match field.type:
    case "integer": pass
d = widget.type == "bar"
"""


def test_no_code_outside_the_field_types_compares_type_names():
    others = [source for source in sources() if not source.path.startswith(FIELDS)]

    assert [f"{source.path}:{line}" for source in others for line in switches(source)] == []


def test_the_search_finds_what_it_is_for():
    planted = Source("x.py", "x", PLANTED, ast.parse(PLANTED))

    assert switches(planted) == [2, 3, 4, 5]


def switches(source: Source) -> list[int]:
    """The lines that compare something's `type` with a field type's name."""
    nodes = [node for node in ast.walk(source.tree) if isinstance(node, ast.Compare | ast.Match)]
    return sorted(node.lineno for node in nodes if _compares_types(node))


def _compares_types(node: ast.Compare | ast.Match) -> bool:
    operands = [node.subject] if isinstance(node, ast.Match) else [node.left, *node.comparators]
    names = {part.value for part in ast.walk(node) if isinstance(part, ast.Constant)}
    return any(map(_is_type, operands)) and not names.isdisjoint(FIELD_TYPES)


def _is_type(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr == "type" or (node.attr in ("key", "name") and _is_type(node.value))
    return isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant) and node.slice.value == "type"
