"""What every field type keeps, run over the registry: a new type needs one file and no new test."""

import io
import json
from html.parser import HTMLParser
from typing import Any

import jsonschema
import jsonschema_rs
import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from formloom.metadata.database import Database
from formloom.metadata.errors import ValueRefused
from formloom.metadata.fieldtype import FIELD_TYPES, FieldType
from formloom.metadata.model import Field
from formloom.metadata.reading import read_field
from formloom.metadata.wording import LANGUAGES, say
from tests.metadata.kitchen import ZONE

MOST_METHODS = 14
DRAWING = {"viewbox", "width", "height", "fill"}
EVIL = '<script>alert("x")</script>'
NAMES = sorted(FIELD_TYPES)


def field_of(name: str) -> Field:
    return read_field(
        "kitchen", {"key": "x", "type": name, "label": "X", **FIELD_TYPES[name].examples.options}, {}
    )


def valid(name: str) -> list[tuple[Any, Any]]:
    return list(FIELD_TYPES[name].examples.valid)


def values(name: str) -> list[Any]:
    return [value for _, value in valid(name) if value is not None]


def test_the_base_stays_small():
    methods = [name for name, member in vars(FieldType).items() if callable(member) and not name.startswith("_")]

    assert len(methods) <= MOST_METHODS, methods


@pytest.mark.parametrize("name", NAMES)
def test_valid_raws_give_their_values(name: str):
    field = field_of(name)

    for raw, value in valid(name):
        parsed = field.behaviour.parse(field, raw)
        assert (type(parsed), parsed) == (type(value), value), raw


@pytest.mark.parametrize("name", NAMES)
def test_invalid_raws_are_refused_with_their_code_and_a_sentence(name: str):
    field = field_of(name)

    for raw, code in FIELD_TYPES[name].examples.invalid:
        with pytest.raises(ValueRefused) as refused:
            field.behaviour.parse(field, raw)
        assert refused.value.code == code, raw
        assert all(refused.value.at("x").message(lang) for lang in LANGUAGES)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_dumped_is_read_back_as_the_same_value(name: str):
    field = field_of(name)

    for value in values(name):
        dumped = json.loads(json.dumps(field.behaviour.dump(field, value)))
        assert field.behaviour.parse(field, dumped) == value


@pytest.mark.parametrize("name", NAMES)
def test_the_schema_accepts_what_is_dumped_and_refuses_other_json(name: str):
    field = field_of(name)
    schema = field.behaviour.json_schema(field)
    jsonschema.Draft202012Validator.check_schema(schema)
    fast, thorough = jsonschema_rs.Draft202012Validator(schema), jsonschema.Draft202012Validator(schema)

    dumped = [field.behaviour.dump(field, value) for value in values(name)]
    assert [d for d in dumped if not fast.is_valid(d) or not thorough.is_valid(d)] == []
    wrong = FIELD_TYPES[name].examples.invalid_json
    assert [w for w in wrong if fast.is_valid(w) or thorough.is_valid(w)] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_column_of_raws_is_parsed_as_each_raw_is(name: str):
    field = field_of(name)
    raws = [raw for raw, _ in valid(name)] + [raw for raw, _ in FIELD_TYPES[name].examples.invalid]

    parsed, refused = field.behaviour.parse_column(field, [*raws, *raws])

    expected = [value for _, value in valid(name)]
    expected += [None] * (len(raws) - len(expected))
    assert parsed == [*expected, *expected]
    first = len(valid(name))
    assert {n: r.code for n, r in refused.items() if n < len(raws)} == {
        first + n: code for n, (_, code) in enumerate(FIELD_TYPES[name].examples.invalid)
    }


def test_columns_give_back_what_was_stored(blank: Database):
    stored = {
        name: kind for name in NAMES if (kind := field_of(name).behaviour.column(field_of(name))) is not None
    }
    table = sa.Table("kept", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    for name, kind in stored.items():
        table.append_column(sa.Column(name, kind))
    rows = [
        {"id": n, **{name: (values(name) + [None])[n % (len(values(name)) + 1)] for name in stored}}
        for n in range(16)
    ]

    with blank.writing() as conn:
        table.create(conn)
        conn.execute(sa.insert(table), rows)
        found = [dict(row) for row in conn.execute(sa.select(table).order_by(table.c.id)).mappings()]

    assert found == rows
    for row, kept in zip(rows, found, strict=True):
        assert {k: type(v) for k, v in kept.items()} == {k: type(v) for k, v in row.items()}


@pytest.mark.parametrize("name", [n for n in NAMES if not (FIELD_TYPES[n].target or FIELD_TYPES[n].several)])
def test_a_workbook_gives_back_what_was_exported(name: str):
    field = field_of(name)
    if field.behaviour.column(field) is None:
        pytest.skip("nothing is stored, so nothing is exported in one cell")
    if not field.behaviour.imported:
        pytest.skip("a cell only names it")
    kept = values(name)

    cells = written_and_read([field.behaviour.to_excel(field, value, "zh") for value in kept], field)

    read = [field.behaviour.parse(field, cell) for cell in cells]
    # A sheet keeps time to the millisecond at best; ours are typed to the second.
    assert [str(value)[:19] for value in read] == [str(value)[:19] for value in kept]


def written_and_read(cells: list[Any], field: Field) -> list[Any]:
    buffer = io.BytesIO()
    book = Workbook(buffer, {"strings_to_formulas": False, "strings_to_urls": False})
    sheet, style = (
        book.add_worksheet(),
        book.add_format({"num_format": field.behaviour.excel(field).number_format}),
    )
    for row, cell in enumerate(cells):
        if isinstance(cell, str):
            sheet.write_string(row, 0, cell, style)
        else:
            sheet.write(row, 0, cell, style)
    book.close()
    buffer.seek(0)
    return [row[0] for row in CalamineWorkbook.from_filelike(buffer).get_sheet_by_index(0).to_python()]


@pytest.mark.parametrize("name", NAMES)
def test_cells_are_safe_html_and_words_are_in_both_languages(name: str):
    field = field_of(name)
    evil = read_field(
        "kitchen",
        {"key": "x", "type": name, "label": EVIL, **FIELD_TYPES[name].examples.options}
        | {"options": [{"key": key, "label": EVIL, "color": EVIL} for key in ("small", "big")], "target": EVIL},
        {},
    )
    for lang in LANGUAGES:
        for value in [*values(name), *values("text")[:2]] if field.behaviour.kind == "text" else values(name):
            shown = evil.behaviour.cell(evil, lang, ZONE)(value, EVIL)
            assert tags(shown) <= {"a", "span", "time", "svg", "rect"}, shown
            assert isinstance(field.behaviour.plain(field, value, lang, EVIL), str)
        assert field.behaviour.cell(field, lang, ZONE)(None, None) == ""
        assert field.behaviour.plain(field, None, lang) == ""
        offered = field.behaviour.excel(field).choices
        assert offered is None or all(field.behaviour.parse(field, word) is not None for word in offered(lang))


def tags(html: str) -> set[str]:
    """The elements of a piece of HTML. Attributes that run something fail here."""
    found = set()

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            found.add(tag)
            names = {name for name, _ in attributes}
            assert names <= {
                "class",
                "href",
                "title",
                "datetime",
                "target",
                "rel",
                "role",
                "aria-label",
                "aria-hidden",
                *DRAWING,
            }

    Reader().feed(html)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_operator_has_a_name_in_both_languages(name: str):
    operators = field_of(name).behaviour.operators

    assert len({operator.name for operator in operators}) == len(operators)
    assert all(say(f"op.{operator.name}", lang) for operator in operators for lang in LANGUAGES)


@pytest.mark.parametrize("name", NAMES)
def test_the_settings_of_a_type_are_a_json_schema(name: str):
    schema = {"type": "object", "properties": dict(FIELD_TYPES[name].options_schema)}
    schema["$defs"] = {"option": {"type": "object"}}
    jsonschema.Draft202012Validator.check_schema(schema)

    jsonschema.validate(dict(FIELD_TYPES[name].examples.options), schema)


def test_a_type_cannot_be_defined_twice():
    with pytest.raises(TypeError, match="defined twice"):
        type("Again", (FieldType,), {"name": "text"})
    with pytest.raises(TypeError, match="lacks"):
        type("Bare", (FieldType,), {"name": "bare"})
