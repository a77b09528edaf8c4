"""One small set of documents per finding: every check can be provoked, and nothing else is reported."""

from __future__ import annotations

from typing import Any

import pytest

from formloom.metadata import checks, documents
from formloom.metadata.checks.shape import validate
from tests.metadata.rule_cases import RULE_CASES
from tests.metadata.sample import entity, field

Document = dict[str, Any]

A = entity(
    "account", field("size", "integer"), field("signed_on", "date"), field("lines", "subtable", target="line")
)
LINE = entity("line", field("qty", "integer"), parent="account")
LINES = {"key": "n", "entity": "line", "by": "account"}
OPTION = {"key": "a", "label": "A"}
UP = field("up", "relation", target="thing")
UPS = field("ups", "multi_relation", target="thing")
OTHER_UP = field("up", "relation", target="other")
FORMULA = field("x", "formula", formula="1", result="integer")
COUNT = field("x", "rollup", function="count", of="thing", by="up")
YEAR = field("y", "formula", formula="YEAR(TODAY())", result="integer")
THIS_DAY = {"unit": "day", "from": 0, "to": 0}


def of(kind: str, key: str, **more: Any) -> Document:
    return {"kind": kind, "key": key, "label": key, **more}


def with_field(*fields: Document) -> list[Document]:
    return [entity("thing", *fields)]


def layout(**more: Any) -> list[Document]:
    return [A, LINE, of("list", "account.all", entity="account", **{"columns": ["name"], **more})]


def form(*fields: Any, key: str = "main") -> Document:
    return of("form", "account.form", entity="account", sections=[{"key": key, "label": "x", "fields": [*fields]}])


def detail(**more: Any) -> list[Document]:
    return [A, LINE, of("detail", "account.detail", entity="account", **more)]


def card(**more: Any) -> list[Document]:
    widget = {
        "key": "w",
        "type": "metric",
        "label": "w",
        "entity": "account",
        "measures": [{"op": "count"}],
        **more,
    }
    return [
        A,
        LINE,
        of("list", "line.all", entity="line", columns=["qty"]),
        of("dashboard", "d", widgets=[widget]),
    ]


def grant(**more: Any) -> list[Document]:
    everyone = {"members": [{"everyone": True}], "operations": {"view": "all"}, "entity": "account"}
    return [A, LINE, of("grant", "account.all", **{**everyone, **more})]


CASES: list[tuple[str, list[Any]]] = [
    ("M101", [{"kind": "report", "key": "x"}]),
    ("M101", [{"key": "x"}]),
    ("M101", ["text"]),
    ("M102", [of("role", "x", description="x" * 1_000_001)]),
    ("M103", [{"kind": "role", "key": "x"}]),
    ("M103", with_field({"key": "x", "label": "X"})),
    ("M103", with_field(field("x", "relation"))),
    ("M104", [of("role", "x", colour="red")]),
    ("M104", with_field(field("x", "date", max_length=3))),
    ("M105", [of("role", "x", home=3)]),
    ("M106", with_field(field("x", "blob"))),
    ("M107", [of("role", "X")]),
    ("M107", [of("role", "x\n")]),
    ("M107", with_field(field("名称"))),
    ("M107", with_field(field("x" * 49))),
    ("M107", with_field(field("__table__"))),
    ("M108", [{**of("role", "x"), "label": "x" * 201}]),
    ("M108", [entity("thing", *(field(f"f{n}") for n in range(500)))]),
    ("M109", [of("menu", "main", items=[{"entity": "x", "list": "y"}])]),
    ("M110", [of("role", "x"), of("role", "x")]),
    ("M201", [entity("user")]),
    ("M201", [entity("select")]),
    ("M202", with_field(field("owner"))),
    ("M202", with_field(field("id"))),
    ("M202", with_field(field("x_3_name"))),
    ("M203", with_field(field("select"))),
    ("M204", with_field(field("x"), field("x"))),
    ("M204", [A, entity("line", field("account"), parent="account")]),
    ("M205", [{**entity("thing"), "title": "nothing"}]),
    ("M206", [{**entity("thing", field("up", "relation", target="thing")), "title": "up"}]),
    ("M208", [of("option_set", "x", options=[OPTION, OPTION])]),
    ("M208", with_field(field("x", "select", options=[OPTION, OPTION]))),
    ("M210", with_field(field("x", "subtable", target="thing"))),
    ("M211", [A, LINE, entity("part", parent="line")]),
    ("M212", [entity("a", parent="b"), entity("b", parent="a")]),
    ("M213", with_field({**COUNT, "required": True}, UP)),
    (
        "M213",
        [entity("other", field("x", "subtable", target="part", unique=True)), entity("part", parent="other")],
    ),
    ("M214", with_field(field("x", "integer", default="many"))),
    ("M214", with_field(field("x", "select", options=[OPTION], default="b"))),
    ("M215", with_field(field("x", "date", default="2026-01-01", default_formula="TODAY()"))),
    ("M216", with_field(field("x", "relation", target="thing", required=True, on_delete="set_null"))),
    ("M217", with_field(field("x", "integer", min=3, max=2))),
    ("M218", with_field(field("x", pattern="^(a+)+$"))),
    ("M218", with_field(field("x", pattern="("))),
    ("M219", with_field(*(field(f"f{n}", indexed=True) for n in range(61)))),
    ("M220", with_field(FORMULA | {"formula": "nothing + 1"})),
    ("M220", with_field(FORMULA | {"formula": "".join("9**9" for _ in range(9))})),
    ("M220", with_field(FORMULA | {"formula": "SUM(1"})),
    ("M220", with_field(FORMULA | {"formula": "name & 1", "result": "date"})),
    ("M221", with_field(field("x", "integer", default_formula="EXEC(1)"))),
    ("M222", with_field(FORMULA | {"formula": "x + 1"})),
    ("M222", with_field(FORMULA | {"formula": "y + 1"}, FORMULA | {"key": "y", "formula": "x + 1"})),
    ("M222", with_field(FORMULA | {"formula": "IF(ME() = owner, 1, 2)"})),
    (
        "M222",
        with_field(COUNT | {"function": "sum", "of": "thing.y"}, UP, FORMULA | {"key": "y", "formula": "x + 1"}),
    ),
    ("M223", with_field({**COUNT, "function": "sum", "of": "thing.name"}, UP)),
    ("M224", layout(filter={"field": "size", "op": "contains", "value": "1"})),
    ("M225", with_field(field("x"), field("y", was=["x"]))),
    ("M225", [entity("thing", was=["other"]), entity("other")]),
    ("M226", with_field(COUNT | {"where": {"field": "created_at", "op": "within", "value": THIS_DAY}}, UP)),
    ("M226", with_field(COUNT | {"where": {"field": "y", "op": "gt", "value": 1}}, UP, YEAR)),
    ("M226", with_field(COUNT | {"function": "max", "of": "thing.y"}, UP, YEAR)),
    ("M227", with_field(COUNT | {"branch": True}, UP)),
    ("M228", with_field(field("x", "lookup", path="up.ups"), UP, UPS)),
    ("M302", with_field(field("x", "lookup", path="ups.name"), UPS)),
    ("M302", with_field(field("x", "lookup", path="up.gone"), UP)),
    ("M222", with_field(field("x", "lookup", path="up.y"), field("y", "formula", formula="x", result="text"), UP)),
    ("M302", [*with_field(UPS), of("list", "thing.all", entity="thing", columns=["ups.name"])]),
    ("M229", [*with_field({**COUNT, "of": "other"}), entity("other", OTHER_UP)]),
    ("M224", layout(filter={"field": "size", "op": "gt", "value": "many"})),
    ("M224", grant(operations={"view": {"where": {"field": "signed_on", "op": "within", "value": 3}}})),
    ("M224", with_field({**COUNT, "where": {"field": "name", "op": "gt", "value": []}}, UP)),
    ("M224", with_field({**UP, "filter": {"field": "name", "op": "nothing", "value": "x"}})),
    ("M301", with_field(field("x", "relation", target="gone"))),
    ("M301", [entity("line", parent="gone")]),
    ("M301", [of("menu", "main", items=[{"label": "x", "items": [{"entity": "gone"}]}])]),
    ("M301", [of("grant", "x", entity="gone", members=[{"everyone": True}], operations={"view": "all"})]),
    ("M302", layout(columns=["name", "gone"])),
    ("M302", layout(columns=["lines.qty"])),
    ("M302", layout(sort=["-gone"])),
    ("M302", layout(quick_filters=["gone"])),
    ("M302", layout(filter={"any": [{"not": {"field": "gone", "op": "is_empty"}}]})),
    ("M302", layout(filter={"some": "lines", "where": {"field": "gone", "op": "is_empty"}})),
    ("M302", layout(filter={"none": "line.gone", "where": {"field": "qty", "op": "is_empty"}})),
    ("M302", [A, LINE, form("name", "gone")]),
    ("M302", [A, LINE, form({"field": "lines", "columns": ["gone"]})]),
    ("M302", detail(highlights=["gone"])),
    ("M302", detail(related=[{"entity": "line", "by": "account", "columns": ["gone"]}])),
    ("M302", card(measures=[{"op": "sum", "field": "gone"}])),
    ("M302", card(group_by=[{"field": "account.gone"}])),
    ("M302", grant(fields={"gone": "view"})),
    ("M302", grant(fields={"lines.gone": "view"})),
    ("M302", with_field(field("x", "rollup", function="count", of="gone"))),
    ("M302", with_field({**COUNT, "by": "gone"}, UP)),
    ("M303", with_field(field("x", "select", options="gone"))),
    ("M304", grant(members=[{"role": "gone"}])),
    ("M304", [of("role", "x", includes=["gone"])]),
    ("M305", card(list="gone")),
    ("M306", [of("role", "x", home="gone")]),
    ("M310", [*layout(default=True), of("list", "account.b", entity="account", columns=["name"], default=True)]),
    ("M311", [A, LINE, {**form("name"), "sections": [{"key": "s", "label": "s", "fields": []}] * 2}]),
    ("M311", [A, LINE, {**form("name"), "tabs": [{"key": "t", "label": "t"}] * 2}]),
    ("M312", [A, LINE, form("name", {"field": "name"})]),
    ("M313", layout(sort=["lines"])),
    ("M313", layout(group="lines")),
    ("M314", detail(stage="name")),
    ("M314", layout(kanban={"by": "name"})),
    ("M315", [*detail(related=[{"entity": "b", "by": "up"}]), entity("b", field("up", "relation", target="b"))]),
    (
        "M315",
        [
            *detail(composer={"entity": "b", "by": "up", "fields": ["up"]}),
            entity("b", field("up", "relation", target="b")),
        ],
    ),
    (
        "M315",
        [
            *detail(statistics=[{"key": "n", "entity": "b", "by": "up"}]),
            entity("b", field("up", "relation", target="b")),
        ],
    ),
    ("M316", detail(statistics=[{**LINES, "measure": {"op": "sum"}}])),
    ("M302", detail(statistics=[{**LINES, "measure": {"op": "sum", "field": "gone"}}])),
    ("M302", detail(statistics=[{**LINES, "filter": {"field": "gone", "op": "is_empty"}}])),
    ("M311", detail(statistics=[LINES, LINES])),
    ("M224", detail(statistics=[{**LINES, "filter": {"field": "qty", "op": "nothing"}}])),
    ("M316", card(measures=[{"op": "sum", "field": "name"}])),
    ("M316", card(measures=[{"op": "sum"}])),
    ("M316", layout(totals=[{"field": "name", "op": "sum"}])),
    ("M317", card(group_by=[{"field": "size", "bucket": "month"}])),
    ("M317", layout(calendar={"start": "name"})),
    ("M317", card(date_field="size")),
    ("M318", [A, LINE, form("name"), {**form("name"), "key": "account.other"}]),
    ("M319", card(measures=[])),
    ("M319", card(type="table", measures=[])),
    ("M320", card(x=8, w=6)),
    ("M321", card(list="line.all")),
    ("M322", layout(view="kanban")),
    ("M324", layout(tree=True)),
    ("M323", [A, LINE, {**form("name"), "sections": [{"key": "s", "label": "s", "tab": "gone", "fields": []}]}]),
    ("M401", [of("role", "a", includes=["b"]), of("role", "b", includes=["a"])]),
    ("M402", grant(entity="line")),
    ("M403", grant(operations={"view": {"where": {"field": "size", "op": "not_in", "value": []}}})),
    ("M403", grant(operations={"view": ["own", {"where": {"all": []}}]})),
    ("M404", grant(operations={"view": []})),
    ("M405", grant(members=[])),
    ("M406", grant(operations={})),
    (
        "M407",
        [
            *grant(fields={"x": "edit"})[2:],
            entity("account", {**UP, "target": "account"}, {**COUNT, "of": "account"}),
            entity("thing"),
        ],
    ),
    *RULE_CASES,
]


@pytest.mark.parametrize(("wanted", "documents"), CASES, ids=[f"{n}-{case[0]}" for n, case in enumerate(CASES)])
def test_a_check_finds_what_it_is_for(wanted: str, documents: list[Any]):
    findings = checks.check(documents)

    assert {finding.id for finding in findings} == {wanted}
    for finding in findings:
        for language in ("zh", "en"):
            assert finding.message(language) and finding.hint(language)


def test_every_check_is_provoked_above_or_where_its_subject_is():
    assert checks.MEANING.keys() - {case[0] for case in CASES} == {"M111"}


def test_sound_documents_have_no_findings():
    assert checks.check(card(filter={"field": "size", "op": "gt", "value": 3}, date_field="signed_on")) == []
    assert (
        checks.check(
            grant(
                operations={
                    "view": {"where": {"some": "lines", "where": {"field": "qty", "op": "gt", "value": 1}}}
                }
            )
        )
        == []
    )


def test_findings_point_at_the_node():
    [finding] = checks.check(layout(columns=["name", {"field": "gone", "width": 90}]))

    assert (finding.document, finding.path) == (("list", "account.all"), "/columns/1/field")
    assert finding.dump("en") == {
        "id": "M302",
        "severity": "error",
        "kind": "list",
        "key": "account.all",
        "path": "/columns/1/field",
        "message": "“account” has no field “gone”",
        "hint": "Check the path, or add the field.",
    }


def test_what_names_a_broken_document_is_not_called_dangling():
    broken = {**A, "colour": "red"}

    assert [f.id for f in checks.check([broken, LINE, *layout()[2:]])] == ["M104"]


def test_nothing_is_reported_twice():
    findings = checks.check(with_field({"key": "x"}))

    assert [finding.id for finding in findings] == ["M103"] * len(findings)
    assert len({(f.path, str(f.data)) for f in findings}) == len(findings)


def test_only_changed_documents_are_checked_by_themselves():
    broken = {**of("role", "x"), "colour": "red"}

    assert checks.check([broken], changed=[("role", "y")]) == []
    assert checks.check([broken], changed=[("role", "x")]) != []
    assert checks.check([{"kind": "role"}], changed=[]) != []


@pytest.mark.parametrize("kind", documents.KINDS)
def test_schemas_are_valid_complete_and_described(kind: str):
    schema = documents.schema(kind)

    assert schema["$id"].endswith(f"/{kind}.json")
    assert schema["title"] and schema["description"] and schema["additionalProperties"] is False
    assert "common.json" not in str({name: part for name, part in schema.items() if name != "$id"})
    assert schema["properties"]["kind"] == {"const": kind}


def test_the_schema_of_entities_knows_the_settings_of_every_type():
    parts = documents.schema("entity")["$defs"]

    assert "max_length" in parts["field_text"]["properties"]
    assert "target" in parts["field_relation"]["required"]
    assert "max_length" not in parts["field_date"]["properties"]


def test_depth_is_limited():
    nested: Any = {"field": "a", "op": "is_empty"}
    for _ in range(50):
        nested = {"not": nested}

    assert [f.id for f in validate(of("list", "x", entity="x", columns=["a"], filter=nested))] == ["M102"]


def test_json_is_read_strictly():
    assert documents.loads('{"a": 1}') == {"a": 1}
    for text in ('{"a": 1, "a": 2}', '{"a": NaN}', "[1e400]", "{", "[" * 100_000):
        with pytest.raises(documents.InvalidInput):
            documents.loads(text)
